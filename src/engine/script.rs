//! A script: what a session is to play, wherever it came from.

use crate::lesson::{Lesson, LessonStep, Variant};
use crate::notation::{Call, Line, ParseError, STAGE, ScriptError, parse_script};
use crate::world::ProcName;
use std::collections::BTreeMap;

/// The name of the first process where nothing else was said.
pub const FIRST: &str = "parent";

/// What a session is to play: the name of its first process, and the steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The heading.
    pub title: String,
    /// Where it came from: a lesson's name, a file, `lab`.
    pub source: String,
    /// The process that is there before the first step; `None` where the script begins with `stage: start(...)`.
    pub first: Option<ProcName>,
    /// The steps, in order.
    pub steps: Vec<LessonStep>,
}

impl Script {
    /// No steps at all: the sandbox.
    pub fn lab() -> Script {
        Script { title: "sandbox".into(), source: "lab".into(), first: Some(FIRST.into()), steps: Vec::new() }
    }

    /// A lesson, or one of its variants.
    pub fn of_lesson(lesson: &Lesson, variant: Option<&Variant>) -> Script {
        Script {
            title: lesson.title.clone(),
            source: lesson.slug.clone(),
            first: lesson.first.clone(),
            steps: variant.map_or_else(|| lesson.steps.clone(), |v| v.steps.clone()),
        }
    }

    /// A program that the script runs and this machine does not have.
    pub fn missing(&self) -> Option<&str> {
        self.steps.iter().find_map(|step| crate::stage::missing(&step.call.call))
    }

    /// The variant that a lesson opens as here, and where it is not the one it prefers, which program is missing.
    pub fn opens_as(lesson: &Lesson) -> (Option<usize>, Option<String>) {
        let preferred = lesson.prefer.and_then(|index| lesson.variants.get(index));
        let missing = preferred.and_then(|v| Script::of_lesson(lesson, Some(v)).missing().map(str::to_owned));
        match missing {
            Some(program) => (None, Some(program)),
            None => (lesson.prefer, None),
        }
    }

    /// Lines of the notation, one call a line. `source` is the file's name.
    ///
    /// # Errors
    /// Every line that cannot be understood, with its place.
    pub fn of_text(source: &str, text: &str) -> Result<Script, Vec<ScriptError>> {
        let mut steps: Vec<LessonStep> = Vec::new();
        for line in parse_script(text)? {
            match line.line {
                Line::Call(call) => steps.push(bare(call)),
                Line::Expect(clauses) => match steps.last_mut() {
                    Some(step) => step.expect.extend(clauses),
                    None => return Err(vec![nothing_to_expect(line.number)]),
                },
            }
        }
        let first = match steps.first().map(|s| &s.call) {
            Some(call) if call.process == STAGE && matches!(call.call, Call::Start { .. }) => None,
            Some(call) => Some(call.process.clone()),
            None => Some(FIRST.into()),
        };
        Ok(Script { title: source.into(), source: source.into(), first, steps })
    }
}

fn bare(call: crate::notation::Directed) -> LessonStep {
    LessonStep { id: None, call, say: String::new(), expect: Vec::new(), predict: None, marks: BTreeMap::new() }
}

fn nothing_to_expect(line: usize) -> ScriptError {
    ScriptError {
        line,
        error: ParseError {
            at: 0..6,
            message: "there is no call before this expect".into(),
            help: Some("expect speaks of the call in the line above it".into()),
        },
    }
}
