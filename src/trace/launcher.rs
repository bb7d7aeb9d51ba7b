//! A script that finds the real program and becomes it, as the `python3` of pyenv does: none of its steps matters to what follows.
//!
//! Where nobody steps by hand, its steps are held back until it is known what it was. They are told after all where it leaves
//! something, uses what it was given, or takes long.

use super::memory::Memory;
use super::picture::Picture;
use super::tracer::{Ended, Flow, Tracer};
use crate::notation::escape;
use crate::world::{Fd, ObjectId, Pid};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

/// Fewer steps than these are looked past by eye.
const MANY: usize = 10;
/// How it is said that a launcher's steps are over.
pub(super) const BEGINS: &str = "the program begins here";
/// So many are held back at the most, and so long.
const MOST: usize = 4000;
const LONGEST: Duration = Duration::from_secs(2);

/// What is known of the main program: whether it is a launcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Launcher {
    /// It has not begun.
    Unknown,
    /// A program runs that was named itself; a shell, for one, may become another yet.
    Program,
    /// A script runs; `looked_for`: `env` looks for its interpreter first, which is the next program and no other one.
    Script { looked_for: bool },
    /// The program runs.
    Over,
}

/// When the steps of a launcher began to be held back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since(Instant);

impl Since {
    pub(super) fn now() -> Since {
        Since(Instant::now())
    }

    /// So many steps are held back: enough.
    pub(super) fn is_enough(self, steps: usize) -> bool {
        steps >= MOST || self.0.elapsed() > LONGEST
    }
}

impl Tracer<'_> {
    /// A process has become another program: what to say of that where it is the main one, and was a launcher before.
    pub(super) fn launched(&mut self, tid: Pid, pid: Pid) -> ControlFlow<Ended, Option<String>> {
        if pid != self.main || self.interest.all || self.launcher == Launcher::Over {
            return ControlFlow::Continue(None);
        }
        let first = self.launcher == Launcher::Unknown;
        if let Some(interpreter) = script_of(self.picture.memory(pid, tid)) {
            let looked_for = interpreter.ends_with("/env");
            self.launcher = Launcher::Script { looked_for };
            if first && self.holding.is_some() {
                let hint = "this is a script: where it only starts another program, `u program` runs on to that";
                return ControlFlow::Continue(Some(hint.into()));
            }
            if first {
                self.moments.hold_back();
                self.picture.watch_for_use();
            }
            return ControlFlow::Continue(None);
        }
        let before = std::mem::replace(&mut self.launcher, Launcher::Over);
        if before == (Launcher::Script { looked_for: true }) {
            self.launcher = Launcher::Script { looked_for: false };
            return ControlFlow::Continue(None);
        }
        if before == Launcher::Unknown {
            self.launcher = Launcher::Program;
            return ControlFlow::Continue(None);
        }
        let steps = self.moments.next() - 1;
        if steps < MANY || leaves_something(&self.picture, pid) {
            self.tell_all()?;
            return ControlFlow::Continue(None);
        }
        ControlFlow::Continue(match self.moments.drop_held_back() {
            Some(steps) => {
                self.picture.begin_anew();
                Some(format!(
                    "{BEGINS}: {steps} steps of a launcher, which left no child and no channel, are left \
                     out; --all tells them"
                ))
            }
            None => remark(pid, steps),
        })
    }

    /// Steps that are held back for long, or by a script that is no launcher, are told.
    pub(super) fn look_at_launcher(&mut self) -> Flow {
        if self.moments.has_held_back_enough() || self.moments.holds_back() && self.picture.is_used() {
            return self.tell_all();
        }
        ControlFlow::Continue(())
    }

    /// Whatever is held back is told now.
    pub(super) fn tell_all(&mut self) -> Flow {
        self.picture.watch_no_more();
        let taken = self.moments.tell_held_back();
        self.told(taken)
    }
}

/// What to say where the steps have been told.
fn remark(pid: Pid, steps: usize) -> Option<String> {
    let program = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    let (path, cut) = escape(program.as_os_str().as_bytes(), usize::MAX);
    (!cut).then(|| {
        format!(
            "{BEGINS}: the {steps} steps before are a launcher's, which left no child and no channel; trace \
             {path} to begin with this"
        )
    })
}

/// The interpreter that runs, where the file that was to be run is a script: the kernel runs another one for it, execve(2). The name of
/// the file is what `AT_EXECFN` says, getauxval(3).
fn script_of(memory: Memory<'_>) -> Option<String> {
    let pid = memory.process;
    let auxiliary = std::fs::read(format!("/proc/{pid}/auxv")).ok()?;
    let words: Vec<u64> = auxiliary.as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word)).collect();
    let pairs = words.as_chunks::<2>().0;
    let [_, at] = pairs.iter().find(|[kind, _]| *kind == nix::libc::AT_EXECFN)?;
    let name = memory.string(*at)?;
    let named = match name.starts_with('/') {
        true => std::fs::metadata(format!("/proc/{pid}/root{name}")),
        false => std::fs::metadata(format!("/proc/{pid}/cwd/{name}")),
    };
    let runs = std::fs::metadata(format!("/proc/{pid}/exe")).ok()?;
    let named = named.ok()?;
    if (named.dev(), named.ino()) == (runs.dev(), runs.ino()) {
        return None;
    }
    Some(std::fs::read_link(format!("/proc/{pid}/exe")).ok()?.to_string_lossy().into_owned())
}

fn leaves_something(picture: &Picture, pid: Pid) -> bool {
    let world = picture.world();
    let others = world.living().any(|process| process.pid != pid);
    // What somebody outside holds, whoever gave it to the program for one, was there before; what is closed by this exec is no more.
    let ours = |id: &ObjectId| picture.object(id).is_some_and(|o| !o.holders.iter().any(|h| h.outside));
    let made = |fd: &Fd| fd.origin.is_some() && !fd.cloexec && fd.target.object().is_some_and(ours);
    others || picture.process(pid).is_some_and(|process| process.fds.iter().any(made))
}
