//! Waiting until the stage has come to rest, and noticing what happens to it.
//!
//! It is at rest when each process sleeps at its mailbox, is dead or stopped, or has been seen twice asleep in the
//! same call without having had a processor in between. A call that wakes another process does so before it returns
//! (the woken one is runnable by then), so a look at all of them after the last answer misses nobody.

use super::cast::Asleep;
use super::complete::{blocked, completion, rank};
use super::kernel::{self, Stat};
use super::memory::{REAPED, wait};
use super::{Noticed, Settled, Stage, permit};
use crate::notation::{Call, Completion, Detail, Outcome, STAGE};
use crate::world::Death;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How often to look again at once before sleeping between looks.
const EAGER: u32 = 4;
/// The sleep between looks, ended early by any answer.
const SLICE: Duration = Duration::from_micros(200);
/// How long to wait for the word of whoever reaped a process before saying that nobody knows how it ended.
const HEARSAY: Duration = Duration::from_millis(50);

/// How long Python may take at least: to begin, and to go on to its next line.
const INTERPRETED: Duration = Duration::from_secs(2);

impl Stage {
    /// Wait until each process is idle, dead, stopped, or seen twice asleep in a call, at most until the deadline.
    /// What does not rest by then is running, and is not waited for in later steps until it was seen at rest.
    pub fn settle(&mut self, deadline: Duration) -> Settled {
        let slow = self
            .own
            .and_then(|index| self.cast.actors.get(index)?.given.as_ref())
            .is_some_and(|given| matches!(&given.call, Call::Exec { argv } if permit::brought(argv).is_some()));
        let end = Instant::now() + if slow || self.typed() { deadline.max(INTERPRETED) } else { deadline };
        let mut found = Vec::new();
        let mut pass = 0;
        self.look_after_warden();
        for actor in &mut self.cast.actors {
            actor.asleep = None;
        }
        loop {
            let event = self.memory.header().event.load(Ordering::Acquire);
            self.terminal.drain();
            if self.pass(&mut found) {
                break;
            }
            let now = Instant::now();
            if now >= end {
                self.give_up();
                break;
            }
            pass += 1;
            if pass <= EAGER {
                std::thread::yield_now();
            } else {
                wait(&self.memory.header().event, event, SLICE.min(end - now));
            }
        }
        self.terminal.drain();
        self.stirred();
        let own = self.own_outcome();
        found.sort_by_key(rank);
        Settled { own, resumed: found }
    }

    /// What ended since the last look, without a step. Cheap enough for several times a second.
    pub fn notice(&mut self) -> Noticed {
        let mut completions = Vec::new();
        self.look_after_warden();
        self.terminal.drain();
        self.pass(&mut completions);
        completions.sort_by_key(rank);
        let stirred = self.stirred() || !completions.is_empty();
        Noticed { completions, stirred }
    }

    /// Some process has a processor, or wants one.
    pub fn is_busy(&self) -> bool {
        self.cast.actors.iter().filter(|a| a.alive()).any(|a| a.stat().is_some_and(|s| s.state == 'R'))
    }

    /// One look at everything; true: all is at rest.
    fn pass(&mut self, found: &mut Vec<Completion>) -> bool {
        self.hear_of_reaped();
        self.welcome();
        self.take_answers(found);
        let mut rest = !self.cast.adopt() && !self.cast.awaits_birth();
        let told = |stage: &Stage, found: &[Completion]| (found.len(), stage.own_done.is_some());
        let before = told(self, found);
        for index in 0..self.cast.actors.len() {
            rest &= self.look_at(index, found);
        }
        // A death or an exec wakes others, perhaps some that this pass had looked at already.
        rest && before == told(self, found)
    }

    /// Take the wait statuses that the warden reported.
    fn hear_of_reaped(&mut self) {
        let header = self.memory.header();
        let count = header.reaped_count.load(Ordering::Acquire);
        let news = count.wrapping_sub(self.reaped_seen).min(REAPED as u32);
        for number in (0..news).map(|back| count.wrapping_sub(news).wrapping_add(back)) {
            let Some((pid, status)) = header.reaped.get(number as usize % REAPED) else { continue };
            let (pid, status) = (pid.load(Ordering::Relaxed), status.load(Ordering::Relaxed));
            if let Some(actor) = self.cast.numbered(pid) {
                actor.status.get_or_insert(status);
            }
        }
        self.reaped_seen = count;
    }

    /// Take in the processes that have shown themselves.
    fn welcome(&mut self) {
        for (slot, name, parent) in std::mem::take(&mut self.cast.expected) {
            let pid = self.memory.slot(slot).pid.load(Ordering::Acquire);
            if pid == 0 {
                self.cast.expected.push((slot, name, parent));
                continue;
            }
            let started = self.starting.as_ref().is_some_and(|(s, _)| *s == slot);
            if pid > 0 {
                self.cast.enter(name.clone(), pid, parent, slot);
            }
            if started {
                let call = self.starting.take().map(|(_, call)| call);
                let (outcome, detail) = match pid {
                    1.. => (Outcome::Returned(i64::from(pid)), Detail::Child(name, pid)),
                    _ => (Outcome::Error(-pid), Detail::None),
                };
                self.own_done = Some(Completion { process: STAGE.to_owned(), call, outcome, detail });
            }
        }
    }

    /// Take the answers that lie in the mailboxes, in the order in which they were given.
    fn take_answers(&mut self, found: &mut Vec<Completion>) {
        let mut answers: Vec<(u32, usize)> = Vec::new();
        for (index, actor) in self.cast.actors.iter().enumerate() {
            if let (Some(slot), Some(_)) = (actor.slot, &actor.given) {
                let slot = self.memory.slot(slot);
                if slot.done.load(Ordering::Acquire) == slot.command.load(Ordering::Relaxed) {
                    answers.push((slot.stamp.load(Ordering::Relaxed), index));
                }
            }
        }
        let base = self.last_stamp;
        answers.sort_by_key(|(stamp, _)| stamp.wrapping_sub(base));
        for (stamp, index) in answers {
            self.last_stamp = stamp;
            self.take_answer(index, found);
        }
    }

    fn take_answer(&mut self, index: usize, found: &mut Vec<Completion>) {
        let Some(actor) = self.cast.actors.get_mut(index) else { return };
        let (Some(slot), Some(given)) = (actor.slot, actor.given.take()) else { return };
        actor.asleep = None;
        actor.running = false;
        let (name, parent) = (actor.name.clone(), actor.pid);
        let done = completion(&self.memory, &mut self.cast, &name, slot, &given);
        if let Some((child_slot, child)) = given.child
            && let Some(at) = self.cast.expected.iter().position(|(s, ..)| *s == child_slot)
        {
            self.cast.expected.remove(at);
            if let Outcome::Returned(pid) = done.outcome {
                let pid = i32::try_from(pid).unwrap_or(0);
                self.cast.enter(child, pid, parent, child_slot);
            }
        }
        self.tell(index, done, found);
    }

    /// Put a completion where it belongs: it is the issued call's, or another's.
    fn tell(&mut self, index: usize, done: Completion, found: &mut Vec<Completion>) {
        if self.own == Some(index) && self.own_done.is_none() && done.call.is_some() {
            self.own_done = Some(done);
        } else {
            found.push(done);
        }
    }

    /// Look at one process: has it died, has it left by exec, does it rest?
    fn look_at(&mut self, index: usize, found: &mut Vec<Completion>) -> bool {
        let warden = self.warden_pid();
        let Some(actor) = self.cast.actors.get_mut(index) else { return true };
        if !actor.alive() {
            // The warden buries its own at once: they are no zombies that anyone could wait for.
            return !actor.there() || actor.stat().is_none_or(|s| s.ppid != warden);
        }
        let stat = actor.stat();
        match &stat {
            Some(stat) if !matches!(stat.state, 'Z' | 'X' | 'x') => {
                if actor.start_time == 0 {
                    actor.start_time = stat.start_time;
                }
                actor.ppid = stat.ppid;
            }
            _ => return self.look_at_dead(index, stat.as_ref(), found),
        }
        let Some(stat) = stat else { return true };
        if matches!(&actor.given, Some(given) if matches!(given.call, Call::Exec { .. }))
            && kernel::has_memory(actor.pid) == Some(false)
        {
            self.exec_done(index, found);
        }
        self.rests(index, &stat)
    }

    fn rests(&mut self, index: usize, stat: &Stat) -> bool {
        let Some(actor) = self.cast.actors.get_mut(index) else { return true };
        let before = actor.asleep.take();
        actor.stopped &= matches!(stat.state, 'T' | 't');
        match stat.state {
            // A stop wakes its parent for a moment, perhaps after that was looked at.
            'T' | 't' => return std::mem::replace(&mut actor.stopped, true),
            'S' if actor.given.is_none() && actor.program.is_none() => {
                actor.running = false;
                return true;
            }
            'S' => {}
            // D is a page or a block on its way from a disk: that comes by itself.
            _ => return actor.running,
        }
        let syscall = kernel::syscall(actor.pid);
        // With a command in its mailbox it is about to take it, or has answered a moment ago.
        let at_mailbox = actor.program.is_none() && syscall.as_deref().is_some_and(kernel::at_mailbox);
        if syscall.as_deref() == Some("running") || at_mailbox || actor.given.is_none() && actor.program.is_none() {
            return actor.running;
        }
        let now = Asleep { syscall, turns: kernel::turns(actor.pid) };
        let twice = before.as_ref() == Some(&now);
        actor.asleep = Some(now);
        if twice {
            actor.running = false;
        }
        twice || actor.running
    }

    /// The call has become a program.
    fn exec_done(&mut self, index: usize, found: &mut Vec<Completion>) {
        let Some(actor) = self.cast.actors.get_mut(index) else { return };
        let Some(given) = actor.given.take() else { return };
        let program = match &given.call {
            Call::Exec { argv } => argv.first().cloned().unwrap_or_default(),
            _ => String::new(),
        };
        actor.brought = matches!(&given.call, Call::Exec { argv } if permit::brought(argv).is_some());
        actor.program = Some(program);
        actor.maps = super::cast::Maps::default();
        actor.asleep = None;
        if let Some(slot) = actor.slot.take() {
            self.memory.trim(slot, given.used);
        }
        let process = actor.name.clone();
        let outcome = Outcome::Returned(0);
        self.tell(index, Completion { process, call: Some(given.call), outcome, detail: Detail::None }, found);
    }

    /// It is a zombie (then `stat` is there) or gone: how did it end? False: that is not known yet.
    fn look_at_dead(&mut self, index: usize, stat: Option<&Stat>, found: &mut Vec<Completion>) -> bool {
        // What it answered before it died, and what a parent that reaped it was told.
        self.take_answers(found);
        self.hear_of_reaped();
        let Some(actor) = self.cast.actors.get_mut(index) else { return true };
        let status = stat.and_then(|s| s.exit_code).or_else(|| actor.known_status());
        let death = match status.and_then(kernel::death) {
            Some(death) => death,
            None if actor.missing.get_or_insert_with(Instant::now).elapsed() < HEARSAY => return false,
            None => Death::Unknown,
        };
        // Whoever exits while it is in exec has become the program: no call of ours makes it exit there.
        let execed = matches!(&actor.given, Some(given) if matches!(given.call, Call::Exec { .. }))
            && (matches!(death, Death::Exited(_))
                || stat.is_none_or(|s| !actor.name.as_bytes().starts_with(s.comm.as_bytes())));
        if execed {
            self.exec_done(index, found);
        }
        let Some(actor) = self.cast.actors.get_mut(index) else { return true };
        let call = actor.given.take().map(|given| given.call);
        let process = actor.name.clone();
        actor.slot = None;
        actor.bury(death);
        if stat.is_none() {
            actor.status.get_or_insert(status.unwrap_or(0));
        }
        self.tell(index, Completion { process, call, outcome: Outcome::Died(death), detail: Detail::None }, found);
        true
    }

    /// The deadline has passed: what does not rest now runs.
    fn give_up(&mut self) {
        for index in 0..self.cast.actors.len() {
            let Some(actor) = self.cast.actors.get(index).filter(|a| a.alive()) else { continue };
            let Some(stat) = actor.stat() else { continue };
            let rests = self.rests(index, &stat);
            if let Some(actor) = self.cast.actors.get_mut(index) {
                actor.running |= !rests;
            }
        }
    }

    /// The issued call typed a line, and a program that came with pipescope may read it.
    fn typed(&self) -> bool {
        let typed = self.own_done.as_ref().is_some_and(|done| matches!(done.call, Some(Call::Type { .. })));
        typed && self.cast.actors.iter().any(|a| a.alive() && a.brought)
    }

    /// What became of the issued call so far.
    fn own_outcome(&mut self) -> Option<Completion> {
        let index = self.own.take();
        if let Some(done) = self.own_done.take() {
            return Some(done);
        }
        if let Some((_, call)) = &self.starting {
            let (process, call) = (STAGE.to_owned(), Some(call.clone()));
            return Some(Completion { process, call, outcome: Outcome::Running, detail: Detail::None });
        }
        let actor = self.cast.actors.get(index?)?;
        let given = actor.given.as_ref()?;
        let outcome = match &actor.asleep {
            Some(asleep) if !actor.running => Outcome::Blocked(blocked(&given.call, asleep.syscall.as_deref())),
            _ => Outcome::Running,
        };
        let (process, call) = (actor.name.clone(), Some(given.call.clone()));
        Some(Completion { process, call, outcome, detail: Detail::None })
    }

    /// Has any process another state, call or number of descriptors than at the last look?
    fn stirred(&mut self) -> bool {
        let mut stirred = false;
        for actor in self.cast.actors.iter_mut() {
            let state =
                if actor.death.is_some() && actor.status.is_some() { None } else { actor.stat().map(|s| s.state) };
            let mut glance = state.map_or_else(|| "gone".to_owned(), |s| s.to_string());
            if actor.alive() && (actor.given.is_some() || actor.program.is_some()) {
                let syscall = kernel::syscall(actor.pid).unwrap_or_default();
                glance.push_str(syscall.as_str());
            }
            if actor.alive() && actor.program.is_some() {
                let turns = kernel::turns(actor.pid).unwrap_or_default();
                glance.push_str(&format!(" {turns} {}", kernel::open_fds(actor.pid)));
            }
            // A program on a processor changes things between any two looks.
            stirred |= glance != actor.glance || actor.program.is_some() && state == Some('R');
            actor.glance = glance;
        }
        stirred
    }
}
