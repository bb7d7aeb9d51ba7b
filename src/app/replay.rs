//! A saved run with everything that a frame of it is drawn from. Nothing of it is alive, so nothing can be called.

use super::colours::Colours;
use super::sentence::described;
use super::shown::Lines;
use crate::engine::Moment;
use crate::engine::tape::TapeLine;
use crate::lesson::Listing;
use crate::timeline::{self, Aim, Entry, Forwards, Timeline, TimelineError};
use crate::view::{Filter, Follow, Recorded, Say, Scene, Ui};

/// So many lines of the tape are at hand beyond those that are scrolled to.
const AT_HAND: usize = 400;

/// A saved run, one moment of it shown.
pub struct Replay {
    timeline: Timeline,
    at: usize,
    last_step: usize,
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
    tape: Vec<TapeLine>,
    earlier: bool,
    /// For which moment, filter and scroll the tape was fetched.
    fetched: Option<(usize, Filter, u16)>,
    terminal: Lines,
    pub(super) colours: Colours,
}

impl Replay {
    /// At its beginning.
    ///
    /// # Errors
    /// Where the first moment cannot be had.
    pub fn new(timeline: Timeline, ui: Ui) -> Result<Replay, TimelineError> {
        let Entry { moment, note, terminal, .. } = timeline.get(0)?;
        let last_step = timeline.get(timeline.len().saturating_sub(1)).map_or(0, |entry| entry.moment.step);
        let mut replay = Replay {
            at: 0,
            last_step,
            ui,
            playing: false,
            notice: timeline.flaw().map(|flaw| flaw.to_string()),
            words: String::new(),
            say: String::new(),
            moment,
            before: None,
            note,
            tape: Vec::new(),
            earlier: false,
            fetched: None,
            terminal: Lines::of(&terminal),
            colours: Colours::begin(timeline.about().code.clone()),
            timeline,
        };
        replay.arrived();
        Ok(replay)
    }

    /// The run.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The number of the moment that is shown, from 0.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The last moment is shown.
    pub fn at_end(&self) -> bool {
        self.at + 1 >= self.timeline.len()
    }

    /// Show the moment with this number; where that is too high, the last.
    ///
    /// # Errors
    /// Where it cannot be had; the one that was shown stays.
    pub fn go(&mut self, number: usize) -> Result<(), TimelineError> {
        let number = number.min(self.timeline.len().saturating_sub(1));
        let (entry, before) = match number.checked_sub(1) {
            // Stepping on, what was shown is the one before.
            Some(before) if before == self.at => (self.timeline.get(number)?, Some(self.moment.clone())),
            Some(before) => (self.timeline.get(number)?, Some(self.timeline.get(before)?.moment)),
            None => (self.timeline.get(number)?, None),
        };
        self.at = number;
        self.moment = entry.moment;
        self.note = entry.note;
        self.before = before;
        self.terminal = Lines::of(&entry.terminal);
        self.arrived();
        Ok(())
    }

    /// Show the first moment of this step.
    ///
    /// # Errors
    /// As [`Replay::go`].
    pub fn go_to_step(&mut self, step: usize) -> Result<(), TimelineError> {
        self.go(self.timeline.at_step(step)?)
    }

    /// Show the next moment that is what is looked for; false where there is none.
    ///
    /// # Errors
    /// As [`Replay::go`].
    pub fn seek(&mut self, way: Forwards, aim: &Aim) -> Result<bool, TimelineError> {
        match self.timeline.find(self.at, way, aim)? {
            Some(number) => self.go(number).map(|()| true),
            None => Ok(false),
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

    /// Another moment is shown: what is selected and said goes with it.
    fn arrived(&mut self) {
        self.say = if self.note.say.is_empty() { described(&self.moment) } else { self.note.say.clone() };
        let actor = self.moment.call.as_ref().map(|c| c.process.clone());
        let lives = |name: &String| self.moment.world.process(name).is_some_and(|p| p.state.is_alive());
        if let Some(name) = actor.filter(lives).filter(|name| self.ui.selection.process.as_ref() != Some(name)) {
            self.ui.selection.process = Some(name);
            self.ui.selection.fd = None;
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
        match self.timeline.tape(self.at, lines, usize::from(wanted.2) + AT_HAND) {
            Ok((tape, earlier)) => (self.tape, self.earlier) = (tape, earlier),
            Err(error) => self.notice = Some(error.to_string()),
        }
        self.fetched = Some(wanted);
    }

    /// Everything that a frame is drawn from.
    pub fn scene(&self) -> Scene<'_> {
        let about = self.timeline.about();
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
            say: Say::Sentence(&self.say),
            tape: &self.tape,
            terminal: self.terminal.lines(),
            code: self.code(),
            coloured: self.code().and_then(|(listing, _)| self.colours.of(listing)),
            in_task: false,
            playing: self.playing,
            lessons: &[],
            notice: self.notice.as_deref(),
            recorded: Some(Recorded { languages: about.code.len(), earlier: self.earlier }),
            ui: &self.ui,
        }
    }

    fn code(&self) -> Option<(&Listing, Option<(u32, u32)>)> {
        let code = &self.timeline.about().code;
        let listing = code.iter().find(|l| l.language == self.ui.language).or_else(|| code.first())?;
        Some((listing, self.note.marks.get(&listing.language).copied()))
    }

    /// Show the program in the next language.
    pub(super) fn next_language(&mut self) {
        let code = &self.timeline.about().code;
        let now = code.iter().position(|l| l.language == self.ui.language).unwrap_or(0);
        if let Some(next) = code.get((now + 1) % code.len().max(1)) {
            self.ui.language = next.language.clone();
        }
    }
}
