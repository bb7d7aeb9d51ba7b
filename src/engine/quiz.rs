//! The quiz: a question before a step, and the kernel's answer after it.

use super::check::check;
use super::{Moment, Script};
use crate::lesson::Prediction;
use std::collections::BTreeMap;

/// What was said before a step, and what the kernel made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The option that was committed to; `None` where the step was made without asking.
    pub said: Option<usize>,
    /// The options that the kernel made right.
    pub right: Vec<usize>,
}

/// The answers given so far, by the index of the step in the script.
#[derive(Debug, Clone, Default)]
pub struct Quiz {
    given: BTreeMap<usize, Answered>,
}

impl Quiz {
    /// What was said and what the kernel did at the step with this index.
    pub fn answered(&self, index: usize) -> Option<&Answered> {
        self.given.get(&index)
    }

    /// The question before the step with this index, where it was not answered yet.
    pub fn open<'a>(&self, script: &'a Script, index: usize) -> Option<&'a Prediction> {
        let ask = script.steps.get(index)?.predict.as_ref()?;
        self.given.get(&index).is_none_or(|a| a.said.is_none()).then_some(ask)
    }

    /// Take down what the kernel did, after the step with this index was made.
    pub(super) fn judge(&mut self, script: &Script, index: usize, said: Option<usize>, moment: &Moment, shown: &[u8]) {
        let Some(ask) = script.steps.get(index).and_then(|s| s.predict.as_ref()) else { return };
        self.given.insert(index, Answered { said, right: right(ask, moment, shown) });
    }
}

/// The options whose every condition the kernel met.
fn right(ask: &Prediction, moment: &Moment, shown: &[u8]) -> Vec<usize> {
    let holds = |when: &[crate::notation::Expect]| {
        !when.is_empty() && when.iter().all(|expect| check(expect, moment, shown).met)
    };
    (0..ask.options.len()).filter(|i| ask.options.get(*i).is_some_and(|o| holds(&o.when))).collect()
}
