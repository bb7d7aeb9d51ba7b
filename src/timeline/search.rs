//! Finding moments: by what happened, by who, by words.

use crate::engine::Moment;
use crate::engine::tape::{self, TapeKind, TapeLine};
use crate::notation::{Completion, Outcome, errno_number, signal_number};
use crate::world::{Death, Pid};
use serde::{Deserialize, Serialize};
use std::ops::BitOr;

/// What happens in a moment, or in several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kinds(pub(super) u8);

impl Kinds {
    /// End of file arrives.
    pub const EOF: Kinds = Kinds(1);
    /// A write finds no reader: EPIPE, or death by SIGPIPE.
    pub const EPIPE: Kinds = Kinds(2);
    /// A call blocks.
    pub const BLOCKS: Kinds = Kinds(4);
    /// A process ends.
    pub const DEATH: Kinds = Kinds(8);
    /// A call fails.
    pub const ERROR: Kinds = Kinds(16);

    /// The two have one in common.
    pub fn meets(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }

    fn of(moment: &Moment) -> Kinds {
        moment.own.iter().chain(&moment.resumed).map(Kinds::of_one).fold(Kinds::default(), BitOr::bitor)
    }

    fn of_one(done: &Completion) -> Kinds {
        match done.outcome {
            _ if done.is_eof() => Kinds::EOF,
            Outcome::Error(errno) if Some(errno) == errno_number("EPIPE") => Kinds::EPIPE | Kinds::ERROR,
            Outcome::Error(_) => Kinds::ERROR,
            Outcome::Blocked(_) => Kinds::BLOCKS,
            Outcome::Died(Death::Killed(signal)) if Some(signal) == signal_number("SIGPIPE") => {
                Kinds::EPIPE | Kinds::DEATH
            }
            Outcome::Signal(signal, _) if Some(signal) == signal_number("SIGPIPE") => Kinds::EPIPE,
            Outcome::Died(_) => Kinds::DEATH,
            _ => Kinds::default(),
        }
    }
}

impl BitOr for Kinds {
    type Output = Kinds;

    fn bitor(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }
}

/// A moment in short: what the message pane shows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    /// The number of the step.
    pub step: u64,
    /// What happened.
    pub kinds: Kinds,
    /// Of a traced program: the thread.
    pub thread: Option<Pid>,
    /// Its lines of the tape.
    pub lines: Vec<TapeLine>,
}

impl Brief {
    pub(super) fn of(moment: &Moment) -> Brief {
        let mut lines = tape::lines(moment);
        if let Some(thread) = other_thread(moment) {
            let calls = lines.iter_mut().filter(|line| !matches!(line.kind, TapeKind::Data | TapeKind::Failed));
            calls.for_each(|line| line.text = format!("thread {thread}: {}", line.text));
        }
        let thread = moment.traced.map(|traced| traced.thread);
        Brief { step: moment.step as u64, kinds: Kinds::of(moment), thread, lines }
    }

    /// The processes and objects that it names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().flat_map(|line| {
            let people = line.process.iter().chain(&line.from).map(String::as_str);
            people.chain(line.object.as_ref().map(|id| id.0.as_str()))
        })
    }
}

/// The thread that a moment of a traced program is about, where that is not the first of its process.
fn other_thread(moment: &Moment) -> Option<Pid> {
    let thread = moment.traced?.thread;
    let done = moment.own.iter().chain(&moment.resumed).next()?;
    moment.world.process(&done.process).filter(|process| process.pid != thread).map(|_| thread)
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aim {
    /// A moment in which one of these happens.
    Kind(Kinds),
    /// A moment in which this process has a part.
    Process(String),
    /// A moment of this thread of this process.
    Thread(String, Pid),
    /// A moment with a line that has these words in it, small or capital.
    Text(String),
}

impl Aim {
    /// Whether a moment is what is looked for.
    pub fn hits(&self, brief: &Brief) -> bool {
        match self {
            Aim::Kind(kinds) => brief.kinds.meets(*kinds),
            Aim::Process(name) => brief.lines.iter().any(|l| of_process(l, name)),
            Aim::Thread(name, tid) => brief.thread == Some(*tid) && brief.lines.iter().any(|l| of_process(l, name)),
            Aim::Text(words) => brief.lines.iter().any(|l| {
                let within = |text: &str| contains(text.as_bytes(), words.as_bytes());
                within(&l.text) || l.process.as_deref().is_some_and(within)
            }),
        }
    }
}

fn of_process(line: &TapeLine, name: &str) -> bool {
    line.process.as_deref() == Some(name) || line.from.as_deref() == Some(name)
}

/// Whether `text` has `words` in it, ASCII letters small or capital. No words are everywhere.
pub(super) fn contains(text: &[u8], words: &[u8]) -> bool {
    let Some(first) = words.first() else { return true };
    let (small, capital) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let mut rest = text;
    while let Some(at) = rest.iter().position(|b| *b == small || *b == capital) {
        match rest.get(at..at + words.len()) {
            Some(here) if here.eq_ignore_ascii_case(words) => return true,
            Some(_) => rest = rest.get(at + 1..).unwrap_or_default(),
            None => return false,
        }
    }
    false
}

/// Which lines of the tape are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines<'a> {
    /// All.
    All,
    /// Those in which this process has a part.
    Process(&'a str),
    /// Those about this object.
    Object(&'a str),
}

impl Lines<'_> {
    /// Whether it is one of them.
    pub fn wants(&self, line: &TapeLine) -> bool {
        match self {
            Lines::All => true,
            Lines::Process(name) => of_process(line, name),
            Lines::Object(id) => line.object.as_ref().is_some_and(|o| o.0 == *id),
        }
    }

    /// The name that must be in a block for it to have any.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Lines::All => None,
            Lines::Process(name) | Lines::Object(name) => Some(name),
        }
    }
}

/// Which way to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forwards {
    /// To later moments.
    Yes,
    /// To earlier ones.
    No,
}
