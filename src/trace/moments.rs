//! From what was seen to moments, handed on one by one.

use super::picture::Picture;
use super::until::Until;
use crate::engine::{Cause, Moment, Source, Traced, Ways};
use crate::explain::{self, Finding};
use crate::notation::{Completion, Directed, Outcome};
use crate::world::{ObjectId, Pid};
use std::ops::ControlFlow;
use std::time::Instant;

/// Who takes the moments; `Break` ends the trace.
pub type Sink<'s> = &'s mut dyn FnMut(&Moment) -> ControlFlow<()>;

/// The story so far: its number of steps, and the moment that is made again and again in place.
pub(super) struct Moments<'s> {
    sink: Sink<'s>,
    step: usize,
    left_out: u64,
    began: Instant,
    ways: Ways,
    found: Vec<(u64, Waiting, Vec<Finding>)>,
    /// What is waited for.
    pub(super) until: Option<Until>,
    /// It has come about.
    pub(super) met: Option<Until>,
}

/// Of each object: the bytes that wait in it, and those that have not arrived at another.
type Waiting = Vec<[Option<u64>; 2]>;

/// So many sets of findings are kept, for a program that goes back and forth.
const KEPT: usize = 4;

impl<'s> Moments<'s> {
    pub(super) fn new(sink: Sink<'s>) -> Moments<'s> {
        Moments {
            sink,
            step: 0,
            left_out: 0,
            began: Instant::now(),
            ways: Ways::default(),
            found: Vec::new(),
            until: None,
            met: None,
        }
    }

    /// The number that the next step will have.
    pub(super) fn next(&self) -> usize {
        self.step + 1
    }

    /// A call was seen and is not told of.
    pub(super) fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// The program is about to begin.
    pub(super) fn start(&mut self, picture: &mut Picture, thread: Pid) -> ControlFlow<()> {
        let mut moment = self.moment(picture, Cause::Start, thread);
        // What was closed by the time it begins was ours, for its start.
        moment.changes.clear();
        self.deliver(picture, &mut moment)
    }

    /// A call has returned, blocks, or has ended its process. `source`: where it was made; `busy`: what others have calls on that have
    /// not returned.
    pub(super) fn call(
        &mut self,
        picture: &mut Picture,
        thread: Pid,
        done: Completion,
        source: Option<Source>,
        busy: &[ObjectId],
    ) -> ControlFlow<()> {
        self.step += 1;
        let mut moment = self.moment(picture, Cause::Traced, thread);
        moment.call = done.call.clone().map(|call| Directed { process: done.process.clone(), call });
        moment.flows = self.ways.flows_beside(picture.world(), picture.world(), &[&done], busy);
        moment.own = Some(done);
        moment.source = source;
        self.deliver(picture, &mut moment)
    }

    /// A call that was told of as blocked has ended, or something happened to a process by itself.
    pub(super) fn released(
        &mut self,
        picture: &mut Picture,
        thread: Pid,
        done: Completion,
        source: Option<Source>,
        busy: &[ObjectId],
    ) -> ControlFlow<()> {
        self.step += 1;
        let mut moment = self.moment(picture, Cause::Traced, thread);
        moment.flows = self.ways.flows_beside(picture.world(), picture.world(), &[&done], busy);
        moment.resumed = vec![done];
        moment.source = source;
        self.deliver(picture, &mut moment)
    }

    fn moment(&mut self, picture: &mut Picture, cause: Cause, thread: Pid) -> Moment {
        picture.settle();
        let left_out = std::mem::take(&mut self.left_out);
        Moment {
            step: self.step,
            cause,
            call: None,
            own: None,
            resumed: Vec::new(),
            world: crate::world::World::default(),
            changes: picture.take_changes(),
            flows: Vec::new(),
            findings: self.findings(picture),
            checks: Vec::new(),
            terminal: 0,
            traced: Some(Traced { thread, after: self.began.elapsed(), left_out }),
            source: None,
        }
    }

    /// The world is lent to the moment while it is looked at: a copy for each call would cost more than all the rest.
    fn deliver(&mut self, picture: &mut Picture, moment: &mut Moment) -> ControlFlow<()> {
        std::mem::swap(&mut moment.world, picture.world_mut());
        let taken = (self.sink)(moment);
        self.met = self.until.take_if(|until| until.reached(moment));
        std::mem::swap(&mut moment.world, picture.world_mut());
        if let Some((.., found)) = self.found.last_mut() {
            *found = std::mem::take(&mut moment.findings);
        }
        taken
    }

    /// Findings depend on tables, states, and the bytes in each object: what was found for the same is found again. They are lent to
    /// the moment as the world is, out of the last place of those that are kept.
    fn findings(&mut self, picture: &Picture) -> Vec<Finding> {
        let (version, bytes) = (picture.version(), picture.bytes());
        match self.found.iter().position(|(of, had, _)| *of == version && *had == bytes) {
            Some(at) => {
                let same = self.found.remove(at);
                self.found.push(same);
            }
            None => {
                if self.found.len() >= KEPT {
                    self.found.remove(0);
                }
                self.found.push((version, bytes, explain::findings(picture.world())));
            }
        }
        self.found.last_mut().map(|(.., found)| std::mem::take(found)).unwrap_or_default()
    }
}

/// A completion that is no call: a signal that arrived, a death.
pub(super) fn by_itself(process: String, outcome: Outcome) -> Completion {
    Completion { process, call: None, outcome, detail: crate::notation::Detail::None }
}
