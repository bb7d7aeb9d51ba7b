//! The board: a session with everything that a frame of it is drawn from.

use super::sentence::sentence;
use super::shown::{Lines, Tape};
use crate::engine::{Cause, Forward, Session, StepError};
use crate::lesson::{Lesson, Listing, Variant};
use crate::notation::STAGE;
use crate::view::{LessonRow, Say, Scene, Ui};

/// A session with everything that a frame of it is drawn from.
pub struct Board {
    /// What is played.
    pub session: Session,
    /// The lesson it is, where it is one.
    pub lesson: Option<Lesson>,
    /// The variant of it that is on.
    pub variant: Option<usize>,
    /// The lessons there are to choose from.
    pub lessons: Vec<LessonRow>,
    /// The state of the screen.
    pub ui: Ui,
    /// The steps go by themselves.
    pub playing: bool,
    /// The answer that the person leans to.
    pub chosen: Option<usize>,
    /// A line for the person.
    pub notice: Option<String>,
    tape: Tape,
    terminal: Lines,
    sentence: String,
}

impl Board {
    /// A board for a session.
    pub fn new(session: Session, lesson: Option<Lesson>, variant: Option<usize>, ui: Ui) -> Board {
        let mut board = Board {
            session,
            lesson,
            variant,
            lessons: Vec::new(),
            ui,
            playing: false,
            chosen: None,
            notice: None,
            tape: Tape::default(),
            terminal: Lines::default(),
            sentence: String::new(),
        };
        board.follow();
        board
    }

    /// Another session takes the place of this one; the screen stays as it is set.
    pub fn replace(&mut self, session: Session, lesson: Option<Lesson>, variant: Option<usize>) {
        self.session = session;
        self.lesson = lesson;
        self.variant = variant;
        self.playing = false;
        self.tape = Tape::default();
        self.terminal = Lines::default();
        self.begin_again();
    }

    /// What belongs to the story that is over is forgotten.
    pub fn begin_again(&mut self) {
        self.chosen = None;
        self.ui.selection = Default::default();
        self.ui.filter = Default::default();
        self.ui.messages_scroll = 0;
        self.ui.stage_scroll = 0;
        self.ui.stage_follows = true;
        self.follow();
    }

    /// The variant that is on.
    pub fn variant_on(&self) -> Option<&Variant> {
        self.lesson.as_ref()?.variants.get(self.variant?)
    }

    /// One step forward, and select who made it.
    ///
    /// # Errors
    /// As [`Session::forward`].
    pub fn forward(&mut self) -> Result<Forward, StepError> {
        let went = match self.chosen.take() {
            Some(said) if self.session.question().is_some() => self.session.answer(said)?,
            _ => self.session.forward()?,
        };
        self.select_actor();
        Ok(went)
    }

    /// Bring up to date what is kept ready to draw. To be called after every change of the session.
    pub fn follow(&mut self) {
        self.session.ask_questions(self.ui.predict);
        if self.session.question().is_none() {
            self.chosen = None;
        }
        self.tape.follow(&self.session);
        self.terminal.follow(&self.session);
        self.sentence = sentence(&self.session, self.lesson.as_ref(), self.variant_on());
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
            self.ui.selection.process = Some(name);
            self.ui.selection.fd = None;
        }
        self.ui.stage_follows = true;
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
            off_script: session.off_script(),
            say: self.say(),
            tape: self.tape.upto(session.shown()),
            terminal: self.terminal.lines(),
            code: self.code(),
            playing: self.playing,
            lessons: &self.lessons,
            notice: self.notice.as_deref(),
            ui: &self.ui,
        }
    }

    fn say(&self) -> Say<'_> {
        if let Some(ask) = self.session.question() {
            return Say::Question { ask, chosen: self.chosen };
        }
        let reveal = self.step_shown().and_then(|index| self.session.question_of(index)).and_then(|(ask, answered)| {
            let answered = answered?;
            let (said, right, sentence) = (answered.said?, answered.right.as_slice(), self.sentence.as_str());
            Some(Say::Reveal { ask, said, right, sentence })
        });
        reveal.unwrap_or(Say::Sentence(&self.sentence))
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
        let code = &self.lesson.as_ref()?.code;
        let listing = code.iter().find(|l| l.language == self.ui.language).or_else(|| code.first())?;
        let done = self.session.progress();
        let index = if self.session.question().is_some() { Some(done) } else { done.checked_sub(1) };
        let step = index.and_then(|i| self.session.script().steps.get(i));
        Some((listing, step.and_then(|s| s.marks.get(&listing.language)).copied()))
    }
}
