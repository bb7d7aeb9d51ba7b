//! The ends of a pipe: which live descriptors hold it, and where each came from.

use super::Culprit;
use super::prose;
use crate::world::{Access, Fd, FdNumber, Holder, Object, Origin, Process, World};

/// One open end: a descriptor, with all that may be said about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct End<'w> {
    /// The descriptor, as the object lists it.
    pub holder: &'w Holder,
    /// The process on the stage that holds it; `None` for one from outside.
    pub process: Option<&'w Process>,
}

/// The direction that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Bytes can be taken out.
    Read,
    /// Bytes can be put in.
    Write,
}

/// The open ends of `object` on one side. What the dead held is closed, whatever the list says.
pub(super) fn ends<'w>(world: &'w World, object: &'w Object, side: Side) -> Vec<End<'w>> {
    each(world, object, side).collect()
}

/// As [`ends`], one by one: whoever needs but the first looks for no other.
pub(super) fn each<'w>(world: &'w World, object: &'w Object, side: Side) -> impl Iterator<Item = End<'w>> {
    let fits = move |h: &&Holder| match side {
        Side::Read => h.access.reads(),
        Side::Write => h.access.writes(),
    };
    // Holders stand in the order of the processes: each is looked for where the one before was found.
    let mut ahead = world.processes.as_slice();
    object.holders.iter().filter(fits).filter_map(move |holder| {
        let here = |p: &Process| p.pid == holder.pid && p.state.is_alive();
        let found = if holder.outside { None } else { ahead.iter().position(here) };
        match found.and_then(|at| ahead.get(at..)) {
            Some(rest) => {
                ahead = rest;
                Some(End { holder, process: rest.first() })
            }
            None => end(world, holder),
        }
    })
}

/// Some process may hold both sides, going by who is in the list alone.
pub(super) fn may_be_held_by_both(object: &Object) -> bool {
    let both = |of_one: &[Holder]| of_one.iter().any(|h| h.access.reads()) && of_one.iter().any(|h| h.access.writes());
    object.holders.chunk_by(|a, b| a.pid == b.pid).any(both)
}

fn end<'w>(world: &'w World, holder: &'w Holder) -> Option<End<'w>> {
    if holder.outside {
        return Some(End { holder, process: None });
    }
    match world.processes.iter().rev().find(|p| p.pid == holder.pid) {
        Some(process) if process.state.is_alive() => Some(End { holder, process: Some(process) }),
        Some(_) => None,
        None => Some(End { holder, process: None }),
    }
}

impl<'w> End<'w> {
    /// Held by this process.
    pub fn is_of(&self, process: &Process) -> bool {
        self.process.is_some_and(|p| p.pid == process.pid)
    }

    /// The entry in its process's table.
    pub fn entry(&self) -> Option<&'w Fd> {
        self.process?.fd(self.holder.fd)
    }

    /// The calls that made it, where they were seen.
    pub fn origin(&self) -> Option<&'w Origin> {
        self.entry()?.origin.as_ref()
    }

    /// As a culprit of a finding.
    pub fn culprit(&self) -> Culprit {
        Culprit {
            process: self.holder.process.clone(),
            pid: self.holder.pid,
            fd: self.holder.fd,
            access: self.holder.access,
            origin: self.origin().cloned(),
        }
    }

    /// The holder's name, for a sentence: `parent`, or `cat (pid 77, outside)`.
    pub fn who(&self) -> String {
        let name = prose::plain(&self.holder.process);
        match self.process {
            Some(_) => name,
            None => format!("{name} (pid {}, outside)", self.holder.pid),
        }
    }

    /// The end, for a sentence: `parent's fd 4`; `child's own fd 4` when `about` is its holder.
    pub fn whose(&self, about: Option<&Process>) -> String {
        let own = if about.is_some_and(|p| self.is_of(p)) { "own " } else { "" };
        // A socket always is.
        let socket = self.entry().and_then(|fd| fd.target.object()).is_some_and(|id| id.0.starts_with("socket:["));
        let both =
            if self.holder.access == Access::ReadWrite && !socket { " (open for reading and writing)" } else { "" };
        match self.process {
            Some(p) => format!("{}'s {own}fd {}{both}", prose::plain(&p.name), self.holder.fd),
            None => format!("fd {}{both} of {}", self.holder.fd, self.who()),
        }
    }

    /// [`End::whose`] and, after a comma, where it came from.
    pub fn whose_and_whence(&self, about: Option<&Process>) -> String {
        match self.origin() {
            Some(origin) => format!("{}, {}", self.whose(about), prose::origin_short(origin)),
            None => self.whose(about),
        }
    }

    /// A paragraph for the long form: who holds it, since when, and what it is doing now.
    pub fn provenance(&self, about: Option<&Process>) -> String {
        let whence = match (self.process, self.origin()) {
            (None, _) => "where it came from was not seen".to_owned(),
            (Some(_), Some(origin)) => prose::origin_long(origin),
            (Some(_), None) => "it was there when the process began".to_owned(),
        };
        let doing = match self.process {
            Some(p) => format!(" {} is {}.", prose::plain(&p.name), prose::doing(p)),
            None => " What that process does is not known here.".to_owned(),
        };
        format!("{}: {whence}.{doing}", self.whose(about))
    }

    /// The call that closes it, in the notation; `None` for one that no process of the stage holds.
    pub fn close(&self) -> Option<String> {
        let process = self.process?;
        Some(format!("{}: close({})", process.name, self.holder.fd))
    }
}

/// The ends, as they are named in a sentence; beyond three, how many more there are.
pub(super) fn named(ends: &[End<'_>], say: impl Fn(&End<'_>) -> String) -> String {
    let mut names: Vec<String> = ends.iter().take(3).map(say).collect();
    if let Some(more) = ends.len().checked_sub(3).filter(|n| *n > 0) {
        names.push(format!("{} more", prose::number(more)));
    }
    prose::list(&names)
}

/// The closes of all these ends, in the notation, one a line.
pub(super) fn closes(ends: &[End<'_>]) -> String {
    ends.iter().filter_map(End::close).collect::<Vec<_>>().join("\n")
}

/// The ends of each process, processes in the order in which they first hold one.
pub(super) fn by_process<'w>(ends: &[End<'w>]) -> Vec<(String, Vec<FdNumber>)> {
    let mut out: Vec<(i32, String, Vec<FdNumber>)> = Vec::new();
    for end in ends {
        match out.iter_mut().find(|(pid, ..)| *pid == end.holder.pid) {
            Some((.., fds)) => fds.push(end.holder.fd),
            None => out.push((end.holder.pid, end.who(), vec![end.holder.fd])),
        }
    }
    out.into_iter().map(|(_, who, fds)| (who, fds)).collect()
}

/// Living processes whose tables could not be read, each with the reason: any of them may hold an end unseen.
pub(super) fn unreadable(world: &World) -> Vec<(&Process, &str)> {
    world.living().filter_map(|p| Some((p, p.fds_unreadable.as_deref()?))).collect()
}

/// Ends of this object may be open that nobody here can see.
pub(super) fn may_be_unseen(world: &World, object: &Object) -> bool {
    !unreadable(world).is_empty() || world.unseen_at(&object.id) > 0
}

/// A paragraph about holders of an object that cannot be seen; `None` where every table was read.
pub(super) fn unseen(world: &World, object: &Object) -> Option<String> {
    let mut whose: Vec<String> =
        unreadable(world).iter().map(|(p, why)| format!("{} ({})", prose::plain(&p.name), prose::plain(why))).collect();
    let others = world.unseen_at(&object.id) > 0;
    if others {
        whose.push("those of processes that may not be read here".to_owned());
    }
    if whose.is_empty() {
        return None;
    }
    let way_out = if others { " Root may read more of them." } else { "" };
    Some(format!("Not every table could be read: {}. More ends may be open there.{way_out}", prose::list(&whose)))
}
