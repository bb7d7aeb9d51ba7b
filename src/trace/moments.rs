//! From what was seen to news, which are told at once or by another thread.

use super::launcher::Since;
use super::letters::Writer;
use super::picture::Picture;
use super::teller::{Kind, News, Teller};
use super::until::Until;
use crate::engine::{Moment, Source};
use crate::notation::{Completion, Outcome};
use crate::world::{ObjectId, Pid, World};
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
    /// Steps that are not told yet, each with its world.
    held_back: Option<(Since, Vec<(News, World)>)>,
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
        Moments { telling, step: 0, left_out: 0, began: Instant::now(), held_back: None }
    }

    /// The number that the next step will have.
    pub(super) fn next(&self) -> usize {
        self.step + 1
    }

    /// A call was seen and is not told of.
    pub(super) fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// From now on nothing is told before somebody says whether it is to be.
    pub(super) fn hold_back(&mut self) {
        self.held_back = Some((Since::now(), Vec::new()));
    }

    /// Steps are held back.
    pub(super) fn holds_back(&self) -> bool {
        self.held_back.is_some()
    }

    /// They are as many, or as old, as they should become.
    pub(super) fn has_held_back_enough(&self) -> bool {
        self.held_back.as_ref().is_some_and(|(since, held)| since.is_enough(held.len()))
    }

    /// Nobody is ever told of them: the next step is the first again. How many there were; `None`: nothing was held back.
    pub(super) fn drop_held_back(&mut self) -> Option<usize> {
        let (_, held) = self.held_back.take()?;
        self.left_out += held.iter().map(|(news, _)| news.left_out + 1).sum::<u64>();
        self.step = 0;
        self.whole_next();
        Some(held.len())
    }

    /// Tell of them after all.
    pub(super) fn tell_held_back(&mut self) -> ControlFlow<()> {
        let Some((_, held)) = self.held_back.take() else { return ControlFlow::Continue(()) };
        for (news, mut world) in held {
            match &mut self.telling {
                Telling::Here(teller) => teller.tell(news, &mut world)?,
                Telling::Behind(writer) => writer.send_whole(&news, &world)?,
            }
        }
        self.whole_next();
        ControlFlow::Continue(())
    }

    fn whole_next(&mut self) {
        if let Telling::Behind(writer) = &mut self.telling {
            writer.whole_next();
        }
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
        picture.look_at_mapped();
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
        if let Some((_, held)) = &mut self.held_back {
            held.push((news, picture.world().clone()));
            return ControlFlow::Continue(());
        }
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
