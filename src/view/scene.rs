//! The scene: everything one frame is drawn from, as references. The view asks for nothing else.

use super::{Coloured, Ui};
use crate::engine::Moment;
use crate::engine::tape::TapeLine;
use crate::lesson::{Lesson, Listing, Prediction};
use crate::notation::Directed;
use crate::trace::{AtCall, Going, Since};

/// Everything one frame is drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The lesson that is played; `None` in the sandbox and for a script.
    pub lesson: Option<&'a Lesson>,
    /// The heading where there is no lesson: `sandbox`, a script's name.
    pub title: &'a str,
    /// The variant that is on: its title.
    pub variant: Option<&'a str>,
    /// The moment that is shown.
    pub moment: &'a Moment,
    /// The moment before it, for what the last step changed.
    pub before: Option<&'a Moment>,
    /// Whether `moment` is the newest (LIVE) or a look back (PAST).
    pub live: bool,
    /// Number of steps of the script done at `moment`, and how many there are in all.
    pub progress: (usize, usize),
    /// The call that the next step of the script makes; `None` at its end, off its path, and in the sandbox.
    pub next: Option<&'a Directed>,
    /// Free calls were made: the stage is no longer where the script left it.
    pub off_script: bool,
    /// What is said now.
    pub say: Say<'a>,
    /// The tape up to `moment`.
    pub tape: &'a [TapeLine],
    /// The stage's terminal up to `moment`.
    pub terminal: Terminal<'a>,
    /// The program beside the stage: the listing, and its marked lines (first, last), from 1.
    pub code: Option<(&'a Listing, Option<(u32, u32)>)>,
    /// Where no line is marked: the lines that were last, which stay in view.
    pub code_near: Option<(u32, u32)>,
    /// The parts of speech of that listing, where they are known.
    pub coloured: Option<&'a Coloured>,
    /// The lesson's task is being done.
    pub in_task: bool,
    /// The steps go by themselves.
    pub playing: bool,
    /// Names for the list of lessons.
    pub lessons: &'a [LessonRow],
    /// A line for the person: an answer to the last key, an error, where a file was saved.
    pub notice: Option<&'a str>,
    /// It is a run that was recorded: nothing of it can be acted on, but a program that is traced be let go on.
    pub recorded: Option<Recorded<'a>>,
    /// The state of the screen itself.
    pub ui: &'a Ui,
}

/// The terminal that the processes are in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terminal<'a> {
    /// Its lines, oldest first, safe to draw.
    pub lines: &'a [String],
    /// Where its cursor is, row and column from 0; `None` where it is hidden.
    pub cursor: Option<(usize, usize)>,
    /// Whoever reads there takes key by key, as an editor does: Esc is one of its keys.
    pub keys: bool,
}

/// What is to be known of a run that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded<'a> {
    /// In how many languages its program is there.
    pub languages: usize,
    /// There are lines of the tape before those that are given.
    pub earlier: bool,
    /// The program is traced now.
    pub live: Option<Live<'a>>,
}

/// A program that is traced now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live<'a> {
    /// What it does.
    pub going: Going,
    /// Who waits at its next call, the longest first.
    pub waiting: &'a [AtCall],
    /// What threads have done since the newest moment.
    pub threads: &'a [Since],
}

/// What is said now.
#[derive(Debug, Clone, Copy)]
pub enum Say<'a> {
    /// The sentence of this moment.
    Sentence(&'a str),
    /// The question before the next step, and the option (from 0) that is chosen but not yet committed.
    Question {
        /// What is asked.
        ask: &'a Prediction,
        /// The option the person leans to.
        chosen: Option<usize>,
    },
    /// After the step: what was said, and what the kernel did.
    Reveal {
        /// What was asked.
        ask: &'a Prediction,
        /// The option that was committed to.
        said: Option<usize>,
        /// The options that the kernel made right.
        right: &'a [usize],
        /// The sentence of this moment.
        sentence: &'a str,
    },
}

/// A row in the list of lessons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonRow {
    /// Its place in the course.
    pub number: Option<u32>,
    /// The short name.
    pub slug: String,
    /// The heading.
    pub title: String,
    /// One or two sentences.
    pub summary: String,
    /// What one knows afterwards, a sentence each.
    pub learn: Vec<String>,
    /// Played to its end.
    pub done: bool,
    /// The step that was reached last, where it was left before its end.
    pub step: usize,
}
