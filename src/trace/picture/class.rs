//! What a descriptor is to whoever follows a program: something to talk through, or not.

use super::Picture;
use crate::world::{FdNumber, ObjectKind, Pid, Target};

/// What is known of a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Class {
    /// Something that processes talk through.
    Channel,
    /// A terminal.
    Terminal,
    /// An ordinary file, a folder, a device.
    File,
    /// It is not open.
    Closed,
}

impl Picture {
    /// What a descriptor is. One that nobody has asked about is looked up, and is in the picture from then on.
    pub(in super::super) fn class(&mut self, pid: Pid, number: FdNumber) -> Class {
        if let Some(class) = self.known_class(pid, number) {
            return class;
        }
        self.refresh(pid, &[number], None);
        self.known_class(pid, number).unwrap_or(Class::Closed)
    }

    /// As [`Picture::class`], where it was asked about already.
    pub(in super::super) fn known_class(&self, pid: Pid, number: FdNumber) -> Option<Class> {
        if self.beside.get(&pid)?.hidden.contains(&number) {
            return Some(Class::File);
        }
        let process = self.process(pid)?;
        let at = process.fds.binary_search_by_key(&number, |fd| fd.number).ok()?;
        let fd = process.fds.get(at)?;
        Some(match &fd.target {
            Target::Terminal => Class::Terminal,
            Target::Object(id) if self.object(id).is_some_and(|o| o.kind == ObjectKind::File) => Class::File,
            Target::Object(_) => Class::Channel,
            Target::Other(link) if link.starts_with("anon_inode:") => Class::Channel,
            Target::Other(_) => Class::File,
        })
    }

    /// What the link of a descriptor says.
    pub(in super::super) fn link(&self, pid: Pid, number: FdNumber) -> Option<String> {
        self.beside.get(&pid)?.table.as_ref()?.link(number)
    }

    /// Whether something that is shown had this number before.
    pub(in super::super) fn had(&self, pid: Pid, number: FdNumber) -> bool {
        self.beside.get(&pid).is_some_and(|b| b.had.contains(&number))
    }

    /// An ordinary file's number is given up.
    pub(in super::super) fn forget_file(&mut self, pid: Pid, number: FdNumber) {
        self.beside.get_mut(&pid).map(|b| b.hidden.remove(&number));
    }
}
