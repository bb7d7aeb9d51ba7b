//! The board: a session with everything that a frame of it is drawn from.

use super::colours::Colours;
use super::keep::Given;
use super::sentence::sentence;
use super::shown::{Lines, Tape};
use super::task::Task;
use crate::engine::{Cause, Forward, Guess, Session, StepError};
use crate::lesson::{Goal, Lesson, Listing, Prediction, Variant};
use crate::notation::{Directed, STAGE};
use crate::view::{Follow, LessonRow, Predict, Say, Scene, Terminal, Ui};

/// A session with everything that a frame of it is drawn from.
pub struct Board {
    /// What is played.
    pub session: Session,
    /// The lesson it is, where it is one.
    pub lesson: Option<Lesson>,
    /// The variant of it that is on.
    pub variant: Option<usize>,
    /// The lesson's task, while somebody is at it.
    pub task: Option<Task>,
    /// The lessons there are to choose from.
    pub lessons: Vec<LessonRow>,
    /// The state of the screen.
    pub ui: Ui,
    /// The steps go by themselves.
    pub playing: bool,
    /// The answer that the person leans to.
    pub chosen: Option<usize>,
    /// Nobody is there to answer: what came of a question is told all the same.
    pub unattended: bool,
    /// A line for the person.
    pub notice: Option<String>,
    pending: Option<Pending>,
    guessed: Option<Guessed>,
    tape: Tape,
    terminal: Lines,
    colours: Colours,
    sentence: String,
}

/// A call that waits for a guess about it.
struct Pending {
    guess: Guess,
    call: Directed,
    /// It is not the script's next.
    free: bool,
}

/// A guess, and what became of it.
struct Guessed {
    ask: Prediction,
    said: usize,
    right: Vec<usize>,
    /// The branch, and the moment in it, that the call led to.
    at: (u64, usize),
}

impl Board {
    /// A board for a session.
    pub fn new(session: Session, lesson: Option<Lesson>, variant: Option<usize>, ui: Ui) -> Board {
        let mut board = Board {
            colours: Colours::of_lesson(lesson.as_ref()),
            session,
            lesson,
            variant,
            task: None,
            lessons: Vec::new(),
            ui,
            playing: false,
            chosen: None,
            unattended: false,
            notice: None,
            pending: None,
            guessed: None,
            tape: Tape::default(),
            terminal: Lines::default(),
            sentence: String::new(),
        };
        board.follow();
        board
    }

    /// Another session takes the place of this one; the screen stays as it is set.
    pub fn replace(&mut self, session: Session, lesson: Option<Lesson>, variant: Option<usize>) {
        self.colours = Colours::of_lesson(lesson.as_ref());
        self.session = session;
        self.lesson = lesson;
        self.variant = variant;
        self.task = None;
        self.playing = false;
        self.tape = Tape::default();
        self.terminal = Lines::default();
        self.begin_again();
    }

    /// What belongs to the story that is over is forgotten.
    pub fn begin_again(&mut self) {
        self.chosen = None;
        self.pending = None;
        self.guessed = None;
        self.ui.selection = Default::default();
        self.ui.filter = Default::default();
        self.ui.messages_scroll = 0;
        self.ui.stage_scroll = 0;
        self.ui.stage_follows = Follow::Step;
        self.ui.veiled = false;
        self.follow();
    }

    /// The variant that is on.
    pub fn variant_on(&self) -> Option<&Variant> {
        self.lesson.as_ref()?.variants.get(self.variant?)
    }

    /// The goal of the task that somebody is at.
    pub fn goal(&self) -> Option<&Goal> {
        self.task.as_ref().and(self.lesson.as_ref()?.goal.as_ref())
    }

    /// The question that stands: nothing moves until it is answered.
    pub fn question(&self) -> Option<&Prediction> {
        match &self.pending {
            Some(pending) => Some(&pending.guess.ask),
            None => self.session.question(),
        }
    }

    /// Withdraw the call that waits for a guess; true where there was one.
    pub fn withdraw(&mut self) -> bool {
        self.chosen = None;
        self.pending.take().is_some()
    }

    /// One step forward, and select who made it.
    ///
    /// # Errors
    /// As [`Session::forward`].
    pub fn forward(&mut self) -> Result<Forward, StepError> {
        let went = self.go()?;
        self.select_actor();
        Ok(went)
    }

    fn go(&mut self) -> Result<Forward, StepError> {
        let guess = match self.session.next() {
            Some(call) if self.pending.is_none() && self.session.question().is_none() => {
                let call = call.clone();
                self.ask(call, false)
            }
            _ => false,
        };
        if guess || (self.question().is_some() && self.chosen.is_none()) {
            return Ok(Forward::Asks);
        }
        let said = self.chosen.take().unwrap_or_default();
        match self.pending.take() {
            Some(pending) => self.commit(pending, said),
            None if self.session.question().is_some() => {
                self.ui.veiled = self.ui.present;
                self.session.answer(said)
            }
            None => self.session.forward(),
        }
    }

    /// Ask about this call first, where every call is asked about; true where a question now stands.
    fn ask(&mut self, call: Directed, free: bool) -> bool {
        if self.ui.predict != Predict::Every || !self.session.is_live() {
            return false;
        }
        let Some(guess) = Guess::of(&call) else { return false };
        self.pending = Some(Pending { guess, call, free });
        true
    }

    fn commit(&mut self, pending: Pending, said: usize) -> Result<Forward, StepError> {
        if pending.free {
            self.session.free(pending.call)?;
        } else if self.session.forward()? != Forward::Stepped {
            return Ok(Forward::AtEnd);
        }
        let right = pending.guess.judge(self.session.moment().own.as_ref());
        let at = (self.session.branch_number(), self.session.shown());
        self.guessed = Some(Guessed { ask: pending.guess.ask, said, right, at });
        self.ui.veiled = self.ui.present;
        Ok(Forward::Stepped)
    }

    /// A call made by hand: where it is the very one that the script makes next, it is the script's step.
    ///
    /// # Errors
    /// As [`Session::free`].
    pub fn call(&mut self, call: Directed) -> Result<(), StepError> {
        self.withdraw();
        let next = self.session.is_live() && self.session.next() == Some(&call) && self.session.question().is_none();
        if self.ask(call.clone(), !next) {
            return Ok(());
        }
        if next { self.session.forward().map(|_| ()) } else { self.session.free(call) }
    }

    /// Bring up to date what is kept ready to draw. To be called after every change of the session.
    pub fn follow(&mut self) {
        self.session.ask_questions(self.ui.predict != Predict::Off);
        if !self.session.is_live() {
            self.pending = None;
        }
        if self.question().is_none() {
            self.chosen = None;
        }
        self.tape.follow(&self.session);
        self.terminal.follow(&self.session);
        self.sentence = sentence(&self.session, self.lesson.as_ref(), self.variant_on());
        let goal = self.lesson.as_ref().and_then(|l| l.goal.as_ref());
        if let (Some(task), Some(goal)) = (&mut self.task, goal) {
            task.follow(goal, &self.session);
            self.sentence = task.text(goal, &self.session);
        }
        self.ui.selection.settle(&self.session.moment().world);
    }

    /// The eye should be where something happened.
    pub fn select_actor(&mut self) {
        let moment = self.session.moment();
        let actor = moment.call.as_ref().map(|c| c.process.as_str()).filter(|name| *name != STAGE);
        let lives = |name: &&str| moment.world.process(name).is_some_and(|p| p.state.is_alive());
        if let Some(name) = actor.filter(lives).map(str::to_owned)
            && self.ui.selection.process.as_ref() != Some(&name)
        {
            self.ui.selection.take(Some(name));
        }
        self.ui.stage_follows = Follow::Step;
    }

    /// The answer that was just given, to be kept.
    pub fn answer_given(&self) -> Option<Given> {
        let Say::Reveal { ask, said: Some(said), right, .. } = self.say() else { return None };
        let lesson = self.lesson.as_ref().map_or("lab", |l| l.slug.as_str()).to_owned();
        let said_text = ask.options.get(said).map(|o| o.text.clone()).unwrap_or_default();
        let (step, question) = (self.session.moment().step, ask.question.clone());
        Some(Given { lesson, step, question, said: said_text, right: right.contains(&said) })
    }

    /// Wait until the program beside the stage has its colours: a film or a still must not depend on the clock.
    pub fn settle_colours(&mut self) {
        self.colours.wait();
    }

    /// Where the colours of the program come from.
    pub(super) fn colours(&mut self) -> &mut Colours {
        &mut self.colours
    }

    /// A program on the stage's terminal has asked for the arrow keys as such.
    pub(super) fn application_cursor(&self) -> bool {
        self.terminal.application_cursor()
    }

    /// Everything that a frame is drawn from.
    pub fn scene(&self) -> Scene<'_> {
        let session = &self.session;
        Scene {
            lesson: self.lesson.as_ref(),
            title: &session.script().title,
            variant: self.variant_on().map(|v| v.title.as_str()),
            moment: session.moment(),
            before: session.before(),
            live: session.is_live(),
            progress: (session.progress(), session.script().steps.len()),
            next: session.next(),
            off_script: session.off_script() && self.task.is_none(),
            say: self.say(),
            tape: self.tape.upto(session.shown()),
            terminal: Terminal { lines: self.terminal.lines(), cursor: self.terminal.cursor(), keys: false },
            code: self.code(),
            code_near: self.code_near(),
            coloured: self.code().and_then(|(listing, _)| self.colours.of(listing)),
            in_task: self.task.is_some(),
            playing: self.playing,
            lessons: &self.lessons,
            notice: self.notice.as_deref(),
            recorded: None,
            ui: &self.ui,
        }
    }

    fn say(&self) -> Say<'_> {
        if let Some(ask) = self.question() {
            return Say::Question { ask, chosen: self.chosen };
        }
        let sentence = self.sentence.as_str();
        let here = (self.session.branch_number(), self.session.shown());
        if let Some(Guessed { ask, said, right, .. }) = self.guessed.as_ref().filter(|g| g.at == here) {
            return Say::Reveal { ask, said: Some(*said), right, sentence };
        }
        let reveal = self.step_shown().and_then(|index| self.session.question_of(index)).and_then(|(ask, answered)| {
            let answered = answered?;
            let told = answered.said.is_some() || self.unattended;
            told.then_some(Say::Reveal { ask, said: answered.said, right: &answered.right, sentence })
        });
        reveal.unwrap_or(Say::Sentence(sentence))
    }

    /// The script's step that led to the moment shown.
    fn step_shown(&self) -> Option<usize> {
        match self.session.told().cause {
            Cause::Script(index) => Some(index),
            _ => None,
        }
    }

    /// The listing in the language that is preferred, and the lines of the step shown; where a question stands, those of
    /// the step it is about.
    fn code(&self) -> Option<(&Listing, Option<(u32, u32)>)> {
        if self.task.is_some() {
            return None;
        }
        let code = self.lesson.as_ref()?.code_of(self.variant);
        let listing = code.iter().find(|l| l.language == self.ui.language).or_else(|| code.first())?;
        let done = self.session.progress();
        let index = if self.question().is_some() { Some(done) } else { done.checked_sub(1) };
        let step = index.and_then(|i| self.session.script().steps.get(i));
        Some((listing, step.and_then(|s| s.marks.get(&listing.language)).copied()))
    }

    /// The lines of the last step before this one that any are marked for: a step that no line of the program makes does not
    /// turn the pages.
    fn code_near(&self) -> Option<(u32, u32)> {
        let (listing, _) = self.code()?;
        let done = self.session.script().steps.get(..self.session.progress())?;
        done.iter().rev().find_map(|step| step.marks.get(&listing.language)).copied()
    }
}
