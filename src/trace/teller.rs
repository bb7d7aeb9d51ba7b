//! From what happened to moments, handed to whoever wants them.

use super::moments::Sink;
use super::until::Until;
use crate::engine::{Cause, Moment, Source, Traced, Ways};
use crate::explain::{self, Finding};
use crate::notation::{Completion, Directed};
use crate::world::{Change, ObjectId, Pid, World};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use std::time::Duration;

/// What happened: all that a moment of it needs beside the world.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct News {
    pub(super) kind: Kind,
    pub(super) step: usize,
    pub(super) thread: Pid,
    /// What came of the call; `None` at the start.
    pub(super) done: Option<Completion>,
    /// Where the call was made.
    pub(super) source: Option<Source>,
    /// What others have calls on that have not returned.
    pub(super) busy: Vec<ObjectId>,
    pub(super) changes: Vec<Change>,
    /// So many calls before it are not told of.
    pub(super) left_out: u64,
    /// How long after the start of the trace.
    pub(super) after: Duration,
    /// Of tables and states: worlds of one version differ at the most in bytes.
    pub(super) version: u64,
}

/// What kind of news it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// The program is about to begin.
    Start,
    /// A call has returned, blocks, or has ended its process.
    Call,
    /// A call that was told of as blocked has ended, or something happened to a process by itself.
    Released,
}

/// Makes moments and hands them on.
pub(super) struct Teller<'s> {
    sink: Sink<'s>,
    ways: Ways,
    found: Vec<(u64, Waiting, Vec<Finding>)>,
    again: explain::Again,
    /// What is waited for.
    pub(super) until: Option<Until>,
    /// It has come about.
    pub(super) met: Option<Until>,
}

/// Of each object: the bytes that wait in it, and those that have not arrived at another.
type Waiting = Vec<[Option<u64>; 2]>;

/// So many sets of findings are kept, for a program that goes back and forth.
const KEPT: usize = 4;

impl<'s> Teller<'s> {
    pub(super) fn new(sink: Sink<'s>) -> Teller<'s> {
        Teller { sink, ways: Ways::default(), found: Vec::new(), again: Default::default(), until: None, met: None }
    }

    /// Tell of it. The world is lent to the moment while it is looked at: a copy for each call would cost more than all the rest.
    pub(super) fn tell(&mut self, news: News, world: &mut World) -> ControlFlow<()> {
        let News { kind, step, thread, done, source, busy, changes, left_out, after, version } = news;
        let findings = self.findings(version, world);
        let flows = done.as_ref().map(|done| self.ways.flows_beside(world, world, &[done], &busy)).unwrap_or_default();
        let directed = |done: &Completion| Some(Directed { process: done.process.clone(), call: done.call.clone()? });
        let (call, own, resumed) = match kind {
            Kind::Start => (None, None, Vec::new()),
            Kind::Call => (done.as_ref().and_then(directed), done, Vec::new()),
            Kind::Released => (None, None, done.into_iter().collect()),
        };
        let mut moment = Moment {
            step,
            cause: if kind == Kind::Start { Cause::Start } else { Cause::Traced },
            call,
            own,
            resumed,
            world: std::mem::take(world),
            changes,
            flows,
            findings,
            checks: Vec::new(),
            terminal: 0,
            traced: Some(Traced { thread, after, left_out }),
            source,
        };
        let taken = (self.sink)(&moment);
        self.met = self.until.take_if(|until| until.reached(&moment));
        std::mem::swap(&mut moment.world, world);
        if let Some((.., found)) = self.found.last_mut() {
            *found = moment.findings;
        }
        taken
    }

    /// Findings depend on tables, states, and the bytes in each object: what was found for the same is found again. They are lent to
    /// the moment as the world is, out of the last place of those that are kept.
    fn findings(&mut self, version: u64, world: &World) -> Vec<Finding> {
        let bytes = || waiting(world);
        match self.found.iter().position(|(of, had, _)| *of == version && had.iter().copied().eq(bytes())) {
            Some(at) => {
                let same = self.found.remove(at);
                self.found.push(same);
            }
            None => {
                // Those of another version are asked for no more.
                let before = self.found.pop_if(|(of, ..)| *of != version).map(|(.., found)| found);
                self.found.retain(|(of, ..)| *of == version);
                if self.found.len() >= KEPT {
                    self.found.remove(0);
                }
                let mut found = self.again.findings(world, before);
                debug_assert!(found == explain::findings(world), "other findings than those of the world alone");
                found.retain(|finding| !explain::is_passing(finding, world));
                self.found.push((version, bytes().collect(), found));
            }
        }
        self.found.last_mut().map(|(.., found)| std::mem::take(found)).unwrap_or_default()
    }
}

/// What the findings may depend on beside tables and states.
fn waiting(world: &World) -> impl Iterator<Item = [Option<u64>; 2]> {
    let unsent = |o: &crate::world::Object| o.as_socket().and_then(|s| s.unsent.value().copied());
    world.objects.iter().map(move |o| [o.bytes.value().copied(), unsent(o)])
}
