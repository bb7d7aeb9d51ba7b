//! The live stage of a session: makes calls on it, and reads from the kernel what they did.

use super::check::check;
use super::counters::Counters;
use super::flows::Ways;
use super::origins::Origins;
use super::queues::Queues;
use super::refused;
use super::terminal::TerminalLog;
use super::{Cause, Moment, Script};
use crate::explain;
use crate::notation::{Completion, Directed, Expect, Outcome};
use crate::observe::{self, Look};
use crate::stage::{Options, Refusal, Settled, Stage, StageError};
use crate::world::{Death, ObjectKind, Pid, State, World, diff};
use std::time::Duration;

/// So many of the waiting bytes of one pipe are copied for show.
const PEEKED: usize = 4096;

/// A call to make, why, and what is expected of it.
pub(super) struct Act {
    pub call: Directed,
    pub cause: Cause,
    pub expect: Vec<Expect>,
}

/// The live stage, and what was learnt from the calls seen on it.
pub struct Live {
    stage: Stage,
    origins: Origins,
    ways: Ways,
    queues: Queues,
    counters: Counters,
    terminal: TerminalLog,
    signature: u64,
}

impl Live {
    /// A new stage with the script's first process, and the moment before the first step.
    pub(super) fn open(script: &Script, options: &Options, deadline: Duration) -> Result<(Live, Moment), StageError> {
        let mut stage = Stage::start(options)?;
        if let Some(first) = &script.first {
            stage.start_process(first).map_err(|refusal| StageError(refusal.to_string()))?;
            stage.settle(deadline);
        }
        let mut live = Live {
            stage,
            origins: Origins::default(),
            ways: Ways::default(),
            queues: Queues::default(),
            counters: Counters::default(),
            terminal: TerminalLog::default(),
            signature: 0,
        };
        let world = live.look(None);
        let findings = explain::findings(&world);
        let start = Moment {
            step: 0,
            cause: Cause::Start,
            call: None,
            own: None,
            resumed: Vec::new(),
            changes: diff(&World::default(), &world),
            world,
            flows: Vec::new(),
            findings,
            checks: Vec::new(),
            terminal: live.terminal.total(),
            traced: None,
            source: None,
        };
        Ok((live, start))
    }

    /// What the stage's terminal has shown.
    pub fn terminal(&self) -> &TerminalLog {
        &self.terminal
    }

    /// The stage itself.
    pub fn stage(&mut self) -> &mut Stage {
        &mut self.stage
    }

    /// Take in what the processes wrote to their terminal; true where there was something.
    pub fn hear(&mut self) -> bool {
        let bytes = self.stage.terminal_output();
        self.terminal.push(&bytes);
        !bytes.is_empty()
    }

    /// Make a call and come to rest.
    pub(super) fn perform(
        &mut self,
        last: &Moment,
        step: usize,
        act: &Act,
        deadline: Duration,
    ) -> Result<Moment, Refusal> {
        self.stage.issue(&act.call)?;
        let settled = self.stage.settle(deadline);
        let mut moment = self.moment(last, step, act.cause, settled);
        moment.call = Some(act.call.clone());
        // Only the end of what was shown can matter, and all of it may be a lot.
        let shown = self.terminal.upto(usize::MAX);
        let recent = shown.get(shown.len().saturating_sub(1 << 16)..).unwrap_or_default();
        moment.checks = act.expect.iter().map(|e| check(e, &moment, recent)).collect();
        Ok(moment)
    }

    /// Make a past moment's call once more, on this stage. What changed without a step is brought about
    /// again where it was a signal from outside; anything else comes by itself.
    pub(super) fn again(
        &mut self,
        last: &Moment,
        past: &Moment,
        script: &Script,
        deadline: Duration,
    ) -> Result<Option<Moment>, Refusal> {
        let expect = match past.cause {
            Cause::Start => return Ok(None),
            Cause::Noticed => return Ok(self.again_noticed(last, past, deadline)),
            Cause::Traced => return Ok(None),
            Cause::Script(index) => script.steps.get(index).map(|s| s.expect.clone()).unwrap_or_default(),
            Cause::Free => Vec::new(),
        };
        let Some(call) = past.call.clone() else { return Ok(None) };
        let act = Act { call, cause: past.cause, expect };
        self.perform(last, past.step, &act, deadline).map(Some)
    }

    fn again_noticed(&mut self, last: &Moment, past: &Moment, deadline: Duration) -> Option<Moment> {
        let mut sent = false;
        for ended in &past.resumed {
            let Outcome::Died(Death::Killed(signal)) = ended.outcome else { continue };
            if self.stage.signal_from_outside(&ended.process, signal) {
                sent = true;
            }
        }
        if !sent {
            return self.notice(last);
        }
        let settled = self.stage.settle(deadline);
        Some(self.moment(last, last.step, Cause::Noticed, settled))
    }

    /// What changed without a step, as a moment; `None` where nothing did.
    pub(super) fn notice(&mut self, last: &Moment) -> Option<Moment> {
        let noticed = self.stage.notice();
        let heard = self.hear();
        let signature = observe::signature(&self.stage.subjects(), Some(&last.world));
        if !noticed.stirred && !heard && signature == self.signature {
            return None;
        }
        let settled = Settled { own: None, resumed: noticed.completions };
        let moment = self.moment(last, last.step, Cause::Noticed, settled);
        let same = moment.resumed.is_empty() && moment.world == last.world;
        (!same).then_some(moment)
    }

    fn moment(&mut self, last: &Moment, step: usize, cause: Cause, settled: Settled) -> Moment {
        self.hear();
        for completion in settled.own.iter().chain(&settled.resumed) {
            if let Some(pid) = self.pid_of(&completion.process) {
                self.origins.learn(step, pid, completion);
            }
        }
        let mut world = self.look(Some(&last.world));
        let ended = settled.own.iter().chain(&settled.resumed).find_map(|done| refused::of(done, &world));
        world.refused = match &settled.own {
            // Where nothing was called, what was told still holds.
            None => ended.or_else(|| last.world.refused.clone()),
            Some(_) => ended,
        };
        let calls: Vec<&Completion> = settled.own.iter().chain(&settled.resumed).collect();
        self.queues.fill(Some(&last.world), &mut world, &calls);
        self.counters.fill(&last.world, &mut world, &calls);
        let flows = self.ways.flows(&last.world, &world, &calls);
        Moment {
            step,
            cause,
            call: None,
            changes: diff(&last.world, &world),
            findings: explain::findings(&world),
            own: settled.own,
            resumed: settled.resumed,
            world,
            flows,
            checks: Vec::new(),
            terminal: self.terminal.total(),
            traced: None,
            source: None,
        }
    }

    fn pid_of(&self, name: &str) -> Option<Pid> {
        self.stage.subjects().iter().rev().find(|s| s.name == name).map(|s| s.pid)
    }

    /// Read the world. Waiting bytes are copied only while nothing on the stage runs: a process on its way
    /// to a write must not find a reader that is ours.
    fn look(&mut self, last: Option<&World>) -> World {
        let subjects = self.stage.subjects();
        // A FIFO has a path: anyone on the machine may have it open.
        let outsiders = last.is_some_and(|w| w.objects.iter().any(|o| o.kind == ObjectKind::Fifo));
        let peek = !self.stage.is_busy();
        let mut world = observe::read(&subjects, &Look { peek, peek_bytes: PEEKED, outsiders });
        self.signature = observe::signature(&subjects, Some(&world));
        self.origins.fill(&mut world);
        keep_reaped(&mut world, last);
        world
    }
}

/// A process that is gone keeps the way it ended where an earlier world knew it.
fn keep_reaped(world: &mut World, last: Option<&World>) {
    let Some(last) = last else { return };
    for process in &mut world.processes {
        let State::Gone(Death::Unknown) = process.state else { continue };
        let before = last.processes.iter().find(|p| p.pid == process.pid && p.name == process.name);
        if let Some(death) = before.and_then(|p| p.state.death()) {
            process.state = State::Gone(death);
        }
    }
}
