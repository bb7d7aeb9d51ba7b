//! Who is on the stage: every process there ever was, and what it was told to do.

mod maps;

pub(super) use maps::{Maps, PAGE};

use super::Refusal;
use super::kernel::{self, Stat};
use super::memory::SLOTS;
use super::permit::PYTHON;
use super::pidfd::PidFd;
use crate::notation::{Call, STAGE};
use crate::world::{Death, Pid, ProcName};
use std::time::Instant;

/// A process of the stage.
#[derive(Debug)]
pub(super) struct Actor {
    pub(super) name: ProcName,
    pub(super) pid: Pid,
    pub(super) start_time: u64,
    pub(super) ppid: Pid,
    /// Its mailbox, while it obeys.
    pub(super) slot: Option<usize>,
    /// The call it was given and has not come back from.
    pub(super) given: Option<Given>,
    /// The program it has become by exec.
    pub(super) program: Option<String>,
    /// That program came with pipescope, or forked from one that did.
    pub(super) brought: bool,
    /// How it ended, once it has.
    pub(super) death: Option<Death>,
    /// The wait status that whoever reaped it saw.
    pub(super) status: Option<i32>,
    /// Since when it is gone without anybody having said how.
    pub(super) missing: Option<Instant>,
    /// It did not come to rest in time once, and is not waited for any more.
    pub(super) running: bool,
    /// How it slept at the last look.
    pub(super) asleep: Option<Asleep>,
    /// It was stopped at the last look.
    pub(super) stopped: bool,
    /// What was seen of it at the last look, in short.
    pub(super) glance: String,
    /// The mappings that its calls made.
    pub(super) maps: Maps,
    handle: Option<PidFd>,
}

/// A process seen asleep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asleep {
    /// `/proc/PID/syscall`, where it may be read.
    pub(super) syscall: Option<String>,
    /// See [`kernel::turns`].
    pub(super) turns: Option<String>,
}

/// A call on its way.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) call: Call,
    /// How much of the mailbox's area it may have touched.
    pub(super) used: usize,
    /// For a fork: the child's mailbox and name.
    pub(super) child: Option<(usize, ProcName)>,
}

impl Actor {
    /// A process that has just appeared.
    pub(super) fn new(name: ProcName, pid: Pid, ppid: Pid, slot: usize) -> Actor {
        Actor {
            name,
            pid,
            start_time: kernel::stat(pid).map_or(0, |s| s.start_time),
            ppid,
            slot: Some(slot),
            given: None,
            program: None,
            brought: false,
            death: None,
            status: None,
            missing: None,
            running: false,
            asleep: None,
            stopped: false,
            glance: String::new(),
            maps: Maps::default(),
            handle: PidFd::open(pid),
        }
    }

    /// Neither dead nor a zombie.
    pub(super) fn alive(&self) -> bool {
        self.death.is_none()
    }

    /// Look at it; `None` where it is gone, even where another process has got its number.
    pub(super) fn stat(&self) -> Option<Stat> {
        kernel::stat(self.pid).filter(|s| self.start_time == 0 || s.start_time == self.start_time)
    }

    /// Its number is still its own: it lives or is a zombie.
    pub(super) fn there(&self) -> bool {
        self.status.is_none() && self.stat().is_some()
    }

    /// The wait status, from whoever knows it.
    pub(super) fn known_status(&self) -> Option<i32> {
        self.status.or_else(|| self.handle.as_ref()?.status())
    }

    /// It is dead: nothing of it is needed any more but its name and fate.
    pub(super) fn bury(&mut self, death: Death) {
        self.death = Some(death);
        self.given = None;
        self.asleep = None;
        self.running = false;
        self.handle = None;
    }

    /// Send it a signal, and no other that has got its number; false where it cannot get it.
    pub(super) fn signal(&self, signal: i32) -> bool {
        match &self.handle {
            Some(handle) => handle.signal(signal),
            None if self.alive() && self.there() => nix::sys::signal::Signal::try_from(signal)
                .is_ok_and(|s| nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.pid), s).is_ok()),
            None => false,
        }
    }

    /// Kill it, and no other that has got its number.
    pub(super) fn kill(&self) {
        if let Some(handle) = &self.handle {
            handle.kill();
        } else if self.alive() && self.there() {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.pid), nix::sys::signal::SIGKILL);
        }
    }
}

/// All of them, and which mailboxes are taken.
#[derive(Debug, Default)]
pub(super) struct Cast {
    pub(super) actors: Vec<Actor>,
    /// Mailboxes given to processes that have not shown themselves yet: mailbox, name, parent's pid.
    pub(super) expected: Vec<(usize, ProcName, Pid)>,
}

impl Cast {
    /// The living process with this name.
    ///
    /// # Errors
    /// [`Refusal::NoSuchProcess`], saying so where it is dead.
    pub(super) fn living(&self, name: &str) -> Result<usize, Refusal> {
        let Some(index) = self.actors.iter().rposition(|a| a.name == name) else {
            let known: Vec<&str> = self.actors.iter().filter(|a| a.alive()).map(|a| a.name.as_str()).collect();
            let there =
                if known.is_empty() { "there is none yet".into() } else { format!("there is {}", known.join(", ")) };
            return Err(Refusal::NoSuchProcess(format!("there is no process called {name}: {there}")));
        };
        match self.actors.get(index).and_then(|a| a.death) {
            None => Ok(index),
            Some(death) => Err(Refusal::NoSuchProcess(format!("{name} is dead: {}", fate(death)))),
        }
    }

    /// A process has appeared. A child has its parent's mappings.
    pub(super) fn enter(&mut self, name: ProcName, pid: Pid, parent: Pid, slot: usize) {
        let maps = self.numbered(parent).map(|p| p.maps.clone()).unwrap_or_default();
        self.actors.push(Actor { maps, ..Actor::new(name, pid, parent, slot) });
    }

    /// Take in the children that a program which pipescope brought along has forked: they obey nobody here, and are shown.
    /// True where there was one.
    pub(super) fn adopt(&mut self) -> bool {
        let parents: Vec<Pid> = self.actors.iter().filter(|a| a.alive() && a.brought).map(|a| a.pid).collect();
        let children = parents.iter().flat_map(|parent| kernel::children(*parent).map(move |pid| (*parent, pid)));
        let found: Vec<(Pid, Pid)> = children.filter(|(_, pid)| !self.knows(*pid)).collect();
        for (parent, pid) in &found {
            let actor = Actor::new(self.pick_name(), *pid, *parent, 0);
            self.actors.push(Actor { slot: None, program: Some(PYTHON.to_owned()), brought: true, ..actor });
        }
        !found.is_empty()
    }

    /// It is on the stage, or has been; or it is gone already.
    fn knows(&self, pid: Pid) -> bool {
        let Some(stat) = kernel::stat(pid) else { return true };
        self.actors.iter().any(|a| a.pid == pid && a.start_time == stat.start_time)
    }

    /// The latest process with this name, dead or alive.
    pub(super) fn named(&self, name: &str) -> Option<&Actor> {
        self.actors.iter().rev().find(|a| a.name == name)
    }

    /// The latest process with this number.
    pub(super) fn numbered(&mut self, pid: Pid) -> Option<&mut Actor> {
        self.actors.iter_mut().rev().find(|a| a.pid == pid)
    }

    /// A process is being made that has not shown itself yet (nor has its parent died over it).
    pub(super) fn awaits_birth(&self) -> bool {
        let died = |pid: Pid| self.actors.iter().rev().find(|a| a.pid == pid).is_some_and(|a| !a.alive());
        self.expected.iter().any(|(_, _, parent)| !died(*parent))
    }

    /// A mailbox that nobody uses.
    ///
    /// # Errors
    /// [`Refusal::Impossible`] where all are taken.
    pub(super) fn free_slot(&self) -> Result<usize, Refusal> {
        let taken =
            |slot| self.actors.iter().any(|a| a.slot == Some(slot)) || self.expected.iter().any(|(s, ..)| *s == slot);
        let living = self.actors.iter().filter(|a| a.alive()).count();
        (0..SLOTS).find(|slot| !taken(*slot)).filter(|_| living < SLOTS).ok_or_else(|| {
            Refusal::Impossible(format!(
                "there are {SLOTS} processes already, which is as many as fit: let one exit first"
            ))
        })
    }

    /// Is this a name that a new process may have?
    ///
    /// # Errors
    /// [`Refusal::Impossible`], with the way out.
    pub(super) fn check_name(&self, name: &str) -> Result<(), Refusal> {
        let fit = !name.is_empty()
            && name.len() <= 31
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        let why = if !fit {
            format!("{name:?} is no name for a process: letters, digits, _ - and . will do, at most 31")
        } else if name == STAGE {
            format!("{STAGE} is the name of the stage itself: choose another")
        } else if self.expected.iter().any(|(_, n, _)| n == name) {
            format!("a process called {name} is just being made: choose another name")
        } else {
            match self.named(name) {
                Some(actor) if actor.alive() => {
                    format!("there is a process called {name} already: choose another name")
                }
                Some(actor) if actor.there() => {
                    format!("{name} is a zombie that still has the name: wait for it first, or choose another name")
                }
                _ => return Ok(()),
            }
        };
        Err(Refusal::Impossible(why))
    }

    /// A name for a child that was given none: child, child2, child3, never one that was used before.
    pub(super) fn pick_name(&self) -> ProcName {
        let used = |name: &str| self.named(name).is_some() || self.expected.iter().any(|(_, n, _)| n == name);
        (1..)
            .map(|n| if n == 1 { "child".to_owned() } else { format!("child{n}") })
            .find(|n| !used(n))
            .unwrap_or_default()
    }
}

/// How it ended, in words.
fn fate(death: Death) -> String {
    match death {
        Death::Exited(code) => format!("it exited with {code}"),
        Death::Killed(signal) => match nix::sys::signal::Signal::try_from(signal) {
            Ok(signal) => format!("it was killed by {signal}"),
            Err(_) => format!("it was killed by signal {signal}"),
        },
        Death::Unknown => "how it ended is not known".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        let cast = Cast { expected: vec![(0, "coming".into(), 1)], ..Cast::default() };
        for good in ["parent", "child2", "a_b-c.d", "größe"] {
            assert_eq!(cast.check_name(good), Ok(()), "{good}");
        }
        for bad in ["", "a b", "stage", "x\n", "a/b", "coming", &"x".repeat(32)] {
            assert!(matches!(cast.check_name(bad), Err(Refusal::Impossible(_))), "{bad:?}");
        }
    }

    #[test]
    fn mailboxes_run_out() {
        let mut cast = Cast::default();
        for n in 0..SLOTS {
            let slot = cast.free_slot().unwrap();
            assert_eq!(slot, n);
            cast.expected.push((slot, format!("p{n}"), 1));
        }
        assert!(matches!(cast.free_slot(), Err(Refusal::Impossible(_))));
    }
}
