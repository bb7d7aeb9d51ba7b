//! A run that is recorded, saved or still going on, with everything that a frame of it is drawn from.

use super::colours::Colours;
use super::sentence::described;
use super::shown::Lines;
use crate::engine::Moment;
use crate::engine::tape::TapeLine;
use crate::lesson::Listing;
use crate::timeline::{self, About, Aim, Entry, Forwards, Timeline, TimelineError};
use crate::trace::{Going, Stand};
use crate::view::{Filter, Follow, Live, Recorded, Say, Scene, Terminal, Ui};
use crate::world::World;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many lines of the tape are at hand beyond those that are scrolled to.
const AT_HAND: usize = 400;

/// A run that may still be growing.
pub type Growing = Arc<Mutex<Timeline>>;

/// A recorded run, one moment of it shown.
pub struct Replay {
    timeline: Growing,
    about: About,
    at: usize,
    /// So many moments are known of.
    len: usize,
    last_step: usize,
    /// How the trace stands that it is the run of.
    stand: Option<Stand>,
    /// The state of the screen.
    pub ui: Ui,
    /// The moments go by themselves.
    pub playing: bool,
    /// A line for the person.
    pub notice: Option<String>,
    /// The words that were looked for last.
    words: String,
    moment: Moment,
    before: Option<Moment>,
    note: timeline::Note,
    say: String,
    /// The same, with what would come next.
    said: String,
    tape: Vec<TapeLine>,
    earlier: bool,
    /// For which moment, filter and scroll the tape was fetched.
    fetched: Option<(usize, Filter, u16)>,
    pub(super) terminal: Lines,
    /// Whoever reads there takes key by key.
    pub(super) takes_keys: bool,
    /// What the terminal had shown at the moment that is shown.
    shown: Vec<u8>,
    /// The source text that is shown, where a moment spoke of one: it stays beside those that speak of none.
    beside: Option<Arc<Listing>>,
    pub(super) colours: Colours,
}

impl Replay {
    /// At its beginning.
    ///
    /// # Errors
    /// Where the first moment cannot be had.
    pub fn new(timeline: Timeline, ui: Ui) -> Result<Replay, TimelineError> {
        Replay::of(Arc::new(Mutex::new(timeline)), ui)
    }

    /// One that may still be growing, at its beginning.
    ///
    /// # Errors
    /// As [`Replay::new`].
    pub fn of(growing: Growing, ui: Ui) -> Result<Replay, TimelineError> {
        let timeline = growing.lock().unwrap_or_else(PoisonError::into_inner);
        let Entry { moment, note, terminal, .. } = timeline.get(0)?;
        let len = timeline.len();
        let last_step = timeline.get(len.saturating_sub(1)).map_or(0, |entry| entry.moment.step);
        let (about, flaw, beside) = (timeline.about().clone(), timeline.flaw(), timeline.first_text());
        drop(timeline);
        let mut replay = Replay {
            at: 0,
            len,
            last_step,
            stand: None,
            ui,
            playing: false,
            notice: flaw.map(|flaw| flaw.to_string()),
            words: String::new(),
            say: String::new(),
            said: String::new(),
            moment,
            before: None,
            note,
            tape: Vec::new(),
            earlier: false,
            fetched: None,
            terminal: Lines::of(&terminal),
            takes_keys: false,
            shown: terminal,
            colours: Colours::begin(about.code.clone()),
            beside,
            timeline: growing,
            about,
        };
        replay.arrived();
        Ok(replay)
    }

    /// The run; nothing can be added to it while this is held.
    pub fn timeline(&self) -> MutexGuard<'_, Timeline> {
        self.timeline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the run was.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// How many moments are known of: those that there were at the last [`Replay::grow`].
    pub fn len(&self) -> usize {
        self.len
    }

    /// There is always one.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Take in that there may be more moments now, how the trace stands, and what its terminal has shown since the last of them.
    ///
    /// # Errors
    /// As [`Replay::go`].
    pub fn grow(&mut self, stand: Stand, since: &[u8]) -> Result<(), TimelineError> {
        let ended = |tid| stand.threads.iter().any(|since| Some(since.tid) == tid && since.now.is_none());
        if self.ui.selection.thread.is_some() && ended(self.ui.selection.thread) {
            self.ui.selection.thread = None;
        }
        self.stand = Some(stand);
        let timeline = self.timeline.lock().unwrap_or_else(PoisonError::into_inner);
        if timeline.len() != self.len {
            self.len = timeline.len();
            self.last_step = timeline.last_step()?;
            self.fetched = None;
        }
        drop(timeline);
        self.look_ahead();
        if self.at_end() {
            self.terminal = Lines::of(&[&self.shown, since].concat());
        }
        Ok(())
    }

    /// The number of the moment that is shown, from 0.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The last moment is shown.
    pub fn at_end(&self) -> bool {
        self.at + 1 >= self.len
    }

    /// Show the moment with this number; where that is too high, the last.
    ///
    /// # Errors
    /// Where it cannot be had; the one that was shown stays.
    pub fn go(&mut self, number: usize) -> Result<(), TimelineError> {
        let number = number.min(self.len.saturating_sub(1));
        let (entry, before) = match number.checked_sub(1) {
            // Stepping on, what was shown is the one before.
            Some(before) if before == self.at => (self.entry(number)?, Some(self.moment.clone())),
            Some(before) => (self.entry(number)?, Some(self.entry(before)?.moment)),
            None => (self.entry(number)?, None),
        };
        self.at = number;
        self.moment = entry.moment;
        self.note = entry.note;
        self.before = before;
        self.terminal = Lines::of(&entry.terminal);
        self.shown = entry.terminal;
        self.arrived();
        Ok(())
    }

    /// Whoever adds to the run meanwhile does not wait until it is decoded.
    fn entry(&self, number: usize) -> Result<Entry, TimelineError> {
        let kept = self.timeline().fetch(number)?;
        kept.entry(|text| self.timeline().text(text))
    }

    /// Show the first moment of this step.
    ///
    /// # Errors
    /// As [`Replay::go`].
    pub fn go_to_step(&mut self, step: usize) -> Result<(), TimelineError> {
        let number = self.timeline().at_step(step)?;
        self.go(number)
    }

    /// Show the next moment that is what is looked for; false where there is none.
    ///
    /// # Errors
    /// As [`Replay::go`].
    pub fn seek(&mut self, way: Forwards, aim: &Aim) -> Result<bool, TimelineError> {
        let found = self.timeline().find(self.at, way, aim)?;
        match found {
            // What came meanwhile is found once it is known of.
            Some(number) if number < self.len => self.go(number).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Take down what is looked for; what was looked for last, where nothing is said.
    pub fn look_for(&mut self, words: &str) {
        if !words.is_empty() {
            self.words = words.to_owned();
        }
    }

    /// What is looked for.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// Wait until the program beside the picture has its colours.
    pub fn settle_colours(&mut self) {
        self.colours.wait();
    }

    /// Where everybody is held, what is said tells who would go next.
    fn look_ahead(&mut self) {
        self.said.clone_from(&self.say);
        let held = self.stand.as_ref().filter(|stand| stand.going == Going::Held && self.at_end());
        if let Some(next) = held.and_then(|stand| stand.waiting.first()) {
            let thread = if next.tid == next.pid { String::new() } else { format!("thread {} of ", next.tid) };
            self.said.push_str(&format!(" Next: {thread}{}", next.call));
        }
    }

    /// Another moment is shown: what is selected and said goes with it.
    fn arrived(&mut self) {
        self.say = if self.note.say.is_empty() { described(&self.moment) } else { self.note.say.clone() };
        self.look_ahead();
        self.show_source();
        let actor = self.moment.call.as_ref().map(|c| c.process.clone());
        let lives = |name: &String| self.moment.world.process(name).is_some_and(|p| p.state.is_alive());
        if let Some(name) = actor.filter(lives).filter(|name| self.ui.selection.process.as_ref() != Some(name)) {
            self.ui.selection.take(Some(name));
        }
        self.ui.selection.settle(&self.moment.world);
        self.ui.stage_follows = Follow::Step;
        self.ui.messages_scroll = 0;
        self.follow();
    }

    /// Fetch the lines of the tape that can be seen. To be called after every change of filter and scroll.
    pub fn follow(&mut self) {
        let wanted = (self.at, self.ui.filter.clone(), self.ui.messages_scroll);
        if self.fetched.as_ref() == Some(&wanted) {
            return;
        }
        let lines = match &wanted.1 {
            Filter::All => timeline::Lines::All,
            Filter::Process(name) => timeline::Lines::Process(name),
            Filter::Object(id) => timeline::Lines::Object(&id.0),
        };
        let found = self.timeline().tape(self.at, lines, usize::from(wanted.2) + AT_HAND);
        match found {
            Ok((tape, earlier)) => (self.tape, self.earlier) = (tape, earlier),
            Err(error) => self.notice = Some(error.to_string()),
        }
        self.fetched = Some(wanted);
    }

    /// The world of the moment that is shown; of the newest one with the threads as they are now.
    pub(super) fn world_now(&self) -> World {
        let mut world = self.moment.world.clone();
        for since in self.stand.iter().filter(|_| self.at_end()).flat_map(|stand| &stand.threads) {
            let process = world.processes.iter_mut().rev().find(|p| p.pid == since.pid);
            process.into_iter().for_each(|p| p.put_thread(since.tid, since.now.clone()));
        }
        world
    }

    /// Everything that a frame is drawn from.
    pub fn scene(&self) -> Scene<'_> {
        let about = &self.about;
        let live = self.stand.as_ref().map(|stand| Live {
            going: stand.going,
            waiting: &stand.waiting,
            threads: &stand.threads,
        });
        Scene {
            lesson: None,
            title: &about.title,
            variant: None,
            moment: &self.moment,
            before: self.before.as_ref(),
            live: self.at_end(),
            progress: (self.moment.step, self.last_step),
            next: None,
            off_script: false,
            say: Say::Sentence(&self.said),
            tape: &self.tape,
            terminal: Terminal { lines: self.terminal.lines(), cursor: self.terminal.cursor(), keys: self.takes_keys },
            code: self.code(),
            code_near: None,
            coloured: self.code().and_then(|(listing, _)| self.colours.of(listing)),
            in_task: false,
            playing: self.playing,
            lessons: &[],
            notice: self.notice.as_deref(),
            recorded: Some(Recorded { languages: about.code.len(), earlier: self.earlier, live }),
            ui: &self.ui,
        }
    }

    /// The text that the moment speaks of stands beside it.
    fn show_source(&mut self) {
        if let Some(text) = self.moment.source.as_ref().and_then(|source| source.listing.as_ref()) {
            self.beside = Some(Arc::clone(text));
        }
        if let Some(text) = &self.beside {
            self.colours.also(text);
        }
    }

    fn code(&self) -> Option<(&Listing, Option<(u32, u32)>)> {
        if let Some(text) = &self.beside {
            let source = self.moment.source.as_ref().filter(|source| source.listing.is_some());
            return Some((text, source.map(|source| (source.line, source.line))));
        }
        let code = &self.about.code;
        let listing = code.iter().find(|l| l.language == self.ui.language).or_else(|| code.first())?;
        Some((listing, self.note.marks.get(&listing.language).copied()))
    }

    /// Show the program in the next language.
    pub(super) fn next_language(&mut self) {
        let code = &self.about.code;
        let now = code.iter().position(|l| l.language == self.ui.language).unwrap_or(0);
        if let Some(next) = code.get((now + 1) % code.len().max(1)) {
            self.ui.language = next.language.clone();
        }
    }
}
