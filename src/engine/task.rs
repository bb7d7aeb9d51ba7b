//! Tasks: a state to bring about by calls of one's own, from a start that the lesson gives.

use super::check::{check, did_it};
use super::{Cause, Moment, Script};
use crate::lesson::{Goal, Lesson};
use crate::notation::Expect;

impl Script {
    /// The way to the start of a lesson's task: its calls are made before the person gets the stage.
    pub fn to_task(lesson: &Lesson, goal: &Goal) -> Script {
        Script { steps: goal.start.clone(), ..Script::of_lesson(lesson, None) }
    }
}

/// Whether the goal is reached at the last of `since`, the moments from its start on; `terminal` is what the stage's
/// terminal has shown.
pub fn reached(goal: &Goal, since: &[Moment], terminal: &[u8]) -> bool {
    let Some(last) = since.last() else { return false };
    goal.reach.iter().all(|expect| match expect {
        // What a process did counts whenever it did it.
        Expect::Other(name, did) => {
            let ends = since.iter().skip(1).flat_map(|m| m.own.iter().chain(&m.resumed));
            ends.filter(|c| c.process == *name).any(|c| did_it(did, c))
        }
        expect => check(expect, last, terminal).met,
    })
}

/// The calls that were made by hand among `since`.
pub fn calls(since: &[Moment]) -> usize {
    since.iter().skip(1).filter(|m| m.cause == Cause::Free).count()
}
