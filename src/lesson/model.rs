//! What a lesson is, once read.

use crate::notation::{Directed, Expect};
use crate::world::ProcName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A lesson: a story of calls, each with the sentence to say and what the kernel must do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lesson {
    /// The short name it is called by: `one-pipe`.
    pub slug: String,
    /// Its place in the course, from 1; none for a lesson of one's own.
    pub number: Option<u32>,
    /// The heading.
    pub title: String,
    /// One or two sentences for the list.
    pub summary: String,
    /// What one has learnt afterwards, a sentence each.
    pub learn: Vec<String>,
    /// What is said before the first step.
    pub intro: String,
    /// It takes networks of its own: the variant (its slug) to play where the machine allows none.
    pub without_network: Option<String>,
    /// The process that is there before the first step; `None` where the lesson begins with `stage: start(...)`.
    pub first: Option<ProcName>,
    /// The variant that it opens as where the programs that it runs are there: its index.
    pub prefer: Option<usize>,
    /// The program that is traced where somebody asks for the real one; `None`: that of `code`.
    pub trace: Option<Listing>,
    /// The steps, in order.
    pub steps: Vec<LessonStep>,
    /// The program this lesson is, in each language there is.
    pub code: Vec<Listing>,
    /// The switches it has.
    pub variants: Vec<Variant>,
    /// The task at its end, where it has one.
    pub goal: Option<Goal>,
}

impl Lesson {
    /// The program shown beside a variant (its index), or beside the lesson's own story, in each language there is.
    pub fn code_of(&self, variant: Option<usize>) -> &[Listing] {
        let own = variant.and_then(|index| self.variants.get(index)).map(|v| v.code.as_slice());
        own.filter(|code| !code.is_empty()).unwrap_or(&self.code)
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonStep {
    /// A name by which variants can refer to the step.
    pub id: Option<String>,
    /// The call to make.
    pub call: Directed,
    /// The sentence to say once it was made.
    pub say: String,
    /// What the kernel must do.
    pub expect: Vec<Expect>,
    /// The question before the call is made.
    pub predict: Option<Prediction>,
    /// The lines of each listing that this step is (first, last), from 1, by language.
    pub marks: BTreeMap<String, (u32, u32)>,
}

/// A question before a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction {
    /// The question.
    pub question: String,
    /// The answers to choose from, in the order of their digit keys.
    pub options: Vec<Answer>,
}

/// One answer to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it says.
    pub text: String,
    /// What the kernel must do for this answer to be the right one.
    pub when: Vec<Expect>,
    /// Why it is right, or why it tempts and is wrong.
    pub why: String,
}

/// A program shown beside the stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// `c` or `python`.
    pub language: String,
    /// The file's name.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// A switch of a lesson: the same story with a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// The short name it is called by.
    pub slug: String,
    /// What differs, in a few words.
    pub title: String,
    /// What is said before its first step, beside the lesson's own.
    pub say: String,
    /// The program that this variant is, in each language there is; empty: the lesson's own.
    pub code: Vec<Listing>,
    /// The whole story with the difference made.
    pub steps: Vec<LessonStep>,
    /// Which of `steps` differ from the lesson's own (indices into `steps`).
    pub differs: Vec<usize>,
    /// The lesson's own steps that it leaves out, each with the index in `steps` of the one it would stand before.
    pub dropped: Vec<(usize, LessonStep)>,
}

/// A task: bring about a state from a given start, by calls of one's own choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// What is to be reached, in words.
    pub say: String,
    /// What the kernel must have done by then. `NAME: clause` is met by any call of that process that
    /// ended since the start; it is never said without a name.
    pub reach: Vec<Expect>,
    /// Hints, to be shown one after the other on demand.
    pub hints: Vec<String>,
    /// The calls that lead to the start, on a new stage.
    pub start: Vec<LessonStep>,
    /// The fewest calls that reach it from there.
    pub best: u32,
}
