//! A script that finds the real program and becomes it, as the `python3` of pyenv does: none of its steps matters to what follows.

use super::picture::Picture;
use crate::notation::escape;
use crate::world::{Fd, ObjectId, Pid};
use std::os::unix::ffi::OsStrExt;

/// Fewer steps than these are looked past by eye.
const MANY: usize = 10;

/// What to say at the exec by which the main process becomes another program, after so many steps. `None` where they are few, or
/// where they left something: a child that is alive, or a channel that one of them made.
pub(super) fn remark(picture: &Picture, pid: Pid, steps: usize) -> Option<String> {
    if steps < MANY || leaves_something(picture, pid) {
        return None;
    }
    let program = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    let (path, cut) = escape(program.as_os_str().as_bytes(), usize::MAX);
    (!cut).then(|| {
        format!(
            "the program begins here: the {steps} steps before are a launcher's, which left no child and no channel; trace \
             {path} to begin with this"
        )
    })
}

fn leaves_something(picture: &Picture, pid: Pid) -> bool {
    let world = picture.world();
    let others = world.living().any(|process| process.pid != pid);
    // What somebody outside holds, whoever gave it to the program for one, was there before; what is closed by this exec is no more.
    let ours = |id: &ObjectId| picture.object(id).is_some_and(|o| !o.holders.iter().any(|h| h.outside));
    let made = |fd: &Fd| fd.origin.is_some() && !fd.cloexec && fd.target.object().is_some_and(ours);
    others || picture.process(pid).is_some_and(|process| process.fds.iter().any(made))
}
