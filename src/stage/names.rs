//! The names that a stage gives to shared memory and message queues.
//!
//! Both live in one space for the whole machine, where anyone's may be. So what a call names `/counter` is
//! `pipescope-AbCdEf.counter` there, after the stage's folder: no script can reach what is not its own, and the warden, which has
//! a list of all that were asked for, removes them with the folder.

use super::memory::Memory;
use crate::notation::{Call, MemoryCall, QueueCall};
use nix::libc;
use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// Where shared memory lies, `shm_overview(7)`.
const FOLDER: &str = "/dev/shm";

/// A name as a call has it, without its slash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named<'n> {
    /// Of `shm_open`.
    Memory(&'n str),
    /// Of `mq_open`.
    Queue(&'n str),
}

impl<'n> Named<'n> {
    /// The name that a call may bring into being.
    pub(super) fn made_by(call: &'n Call) -> Option<Named<'n>> {
        match call {
            Call::Memory(MemoryCall::ShmOpen { name, flags, .. }) if flags & libc::O_CREAT != 0 => {
                Some(Named::Memory(name.trim_start_matches('/')))
                    .filter(|_| !name.trim_start_matches('/').contains('/'))
            }
            Call::Queue(QueueCall::Open { name, flags, .. }) if flags & libc::O_CREAT != 0 => {
                Some(Named::Queue(name.strip_prefix('/')?))
            }
            _ => None,
        }
    }

    /// What it is called on the machine: a path, or for a queue a name as the kernel takes it.
    pub(super) fn place(self, scratch: &Path) -> String {
        let stage = scratch.file_name().map(|n| n.to_string_lossy()).unwrap_or_default();
        match self {
            Named::Memory(name) => format!("{FOLDER}/{stage}.{name}"),
            Named::Queue("") => String::new(),
            Named::Queue(name) => format!("{stage}.{name}"),
        }
    }

    /// As an entry of the list of names.
    pub(super) fn entry(self) -> Vec<u8> {
        let (kind, name) = match self {
            Named::Memory(name) => (b'm', name),
            Named::Queue(name) => (b'q', name),
        };
        [&[kind], name.as_bytes(), &[0]].concat()
    }

    fn of_entry(entry: &'n [u8]) -> Option<Named<'n>> {
        let (kind, name) = entry.split_first()?;
        let name = std::str::from_utf8(name).ok()?;
        Some(if *kind == b'm' { Named::Memory(name) } else { Named::Queue(name) })
    }

    fn remove(self, scratch: &Path) {
        let Ok(place) = CString::new(self.place(scratch)) else { return };
        // SAFETY: a NUL-terminated text that outlives the call. Where there is no such name, nothing happens.
        unsafe {
            match self {
                Named::Memory(_) => libc::unlink(place.as_ptr()).into(),
                Named::Queue(_) => libc::syscall(libc::SYS_mq_unlink, place.as_ptr()),
            }
        };
    }
}

/// Remove everything that the calls on this stage may have named.
pub(super) fn remove_all(memory: &Memory) {
    let scratch = PathBuf::from(OsString::from_vec(memory.path()));
    if !scratch.is_absolute() {
        return;
    }
    let names = memory.names();
    for named in names.split(|b| *b == 0).filter_map(Named::of_entry) {
        named.remove(&scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_its_stage() {
        let scratch = Path::new("/run/user/0/pipescope-aB3dEf");
        assert_eq!(Named::Memory("counter").place(scratch), "/dev/shm/pipescope-aB3dEf.counter");
        assert_eq!(Named::Queue("jobs").place(scratch), "pipescope-aB3dEf.jobs");
        for named in [Named::Memory("counter"), Named::Queue("jobs")] {
            let entry = named.entry();
            assert_eq!(Named::of_entry(&entry[..entry.len() - 1]), Some(named));
        }
        let path = Named::Memory("counter").place(scratch);
        assert_eq!(crate::world::stage_name(&path), Some("counter"));
    }
}
