//! From what was seen to news, which are told at once or by another thread.

use super::letters::Writer;
use super::picture::Picture;
use super::teller::{Kind, News, Teller};
use super::until::Until;
use crate::engine::{Moment, Source};
use crate::notation::{Completion, Outcome};
use crate::world::{ObjectId, Pid};
use std::ops::ControlFlow;
use std::time::Instant;

/// Who takes the moments; `Break` ends the trace.
pub type Sink<'s> = &'s mut dyn FnMut(&Moment) -> ControlFlow<()>;

/// The story so far: its number of steps, and who tells it.
pub(super) struct Moments<'s> {
    telling: Telling<'s>,
    step: usize,
    left_out: u64,
    began: Instant,
}

/// Who tells of what happened.
pub(super) enum Telling<'s> {
    /// This thread, before anything else happens.
    Here(Box<Teller<'s>>),
    /// Another, some time later: it keeps a copy of the world.
    Behind(Writer<'s>),
}

impl<'s> Moments<'s> {
    pub(super) fn new(telling: Telling<'s>) -> Moments<'s> {
        Moments { telling, step: 0, left_out: 0, began: Instant::now() }
    }

    /// The number that the next step will have.
    pub(super) fn next(&self) -> usize {
        self.step + 1
    }

    /// A call was seen and is not told of.
    pub(super) fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// What is waited for: nothing where another thread tells.
    pub(super) fn wait_for(&mut self, until: Option<Until>) {
        if let Telling::Here(teller) = &mut self.telling {
            teller.until = until;
        }
    }

    /// What was waited for and has come about since this was last asked.
    pub(super) fn met(&mut self) -> Option<Until> {
        match &mut self.telling {
            Telling::Here(teller) => teller.met.take(),
            Telling::Behind(_) => None,
        }
    }

    /// The program is about to begin.
    pub(super) fn start(&mut self, picture: &mut Picture, thread: Pid) -> ControlFlow<()> {
        let mut news = self.news(picture, Kind::Start, thread);
        // What was closed by the time it begins was ours, for its start.
        news.changes.clear();
        self.deliver(picture, news)
    }

    /// Something of this kind happened in a thread. `source`: where its call was made; `busy`: what others have calls on that have not
    /// returned.
    pub(super) fn step(
        &mut self,
        picture: &mut Picture,
        kind: Kind,
        thread: Pid,
        done: Completion,
        source: Option<Source>,
        busy: Vec<ObjectId>,
    ) -> ControlFlow<()> {
        self.step += 1;
        let news = News { done: Some(done), source, busy, ..self.news(picture, kind, thread) };
        self.deliver(picture, news)
    }

    fn news(&mut self, picture: &mut Picture, kind: Kind, thread: Pid) -> News {
        picture.settle();
        News {
            kind,
            step: self.step,
            thread,
            done: None,
            source: None,
            busy: Vec::new(),
            changes: picture.take_changes(),
            left_out: std::mem::take(&mut self.left_out),
            after: self.began.elapsed(),
            version: picture.version(),
        }
    }

    fn deliver(&mut self, picture: &mut Picture, news: News) -> ControlFlow<()> {
        match &mut self.telling {
            Telling::Here(teller) => teller.tell(news, picture.world_mut()),
            Telling::Behind(writer) => {
                let sent = writer.send(&news, picture);
                picture.give_back(news.changes);
                sent
            }
        }
    }
}

/// A completion that is no call: a signal that arrived, a death.
pub(super) fn by_itself(process: String, outcome: Outcome) -> Completion {
    Completion { process, call: None, outcome, detail: crate::notation::Detail::None }
}
