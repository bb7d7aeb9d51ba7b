//! Reading the goal: the task at a lesson's end.

use super::Goal;
use super::fields::{Reader, Table};
use super::nearest::offer;
use super::step::{Clauses, Parts, number};
use super::variant::ReadVariant;
use crate::notation::Expect;
use toml::de::DeValue;

/// A goal as the file has it.
pub struct ReadGoal {
    /// The calls that lead to its start.
    pub start: Vec<Parts>,
    /// What is to be reached, with the places.
    pub reach: Clauses,
    /// The same in words.
    pub say: String,
    hints: Vec<String>,
    best: u32,
}

impl ReadGoal {
    /// The goal, where each step of its start is whole.
    pub fn goal(&self) -> Option<Goal> {
        Some(Goal {
            say: self.say.clone(),
            reach: self.reach.iter().flat_map(|(_, expects)| expects.iter().cloned()).collect(),
            hints: self.hints.clone(),
            start: self.start.iter().map(Parts::step).collect::<Option<Vec<_>>>()?,
            best: self.best,
        })
    }
}

impl Reader<'_> {
    /// The goal. Its start is its own steps, or the story of a variant, or with `until` alone that of the lesson;
    /// with none of them a new stage.
    pub fn goal(&mut self, table: &Table<'_>, steps: &[Parts], variants: &[ReadVariant]) -> Option<ReadGoal> {
        self.keys(table, &["say", "reach", "best", "hints", "step", "variant", "until"]);
        let say = self.need_sentence(table, "say", "\"Bring the child its end of file.\"");
        if table.get("reach").is_none() {
            self.missing(table, "reach", "'child: eof, child is idle'");
        }
        let reach = self.clauses(table, "reach");
        self.owners(reach.as_ref());
        let hints = self.texts(table, "hints").unwrap_or_default();
        let hints = hints.into_iter().filter_map(|hint| self.sentence(Some(hint), "hints")).collect();
        let best = self.best(table);
        let start = self.start(table, steps, variants);
        Some(ReadGoal { start: start?, reach: reach?, say: say?, hints, best: best? })
    }

    /// Any call of one's own choice may reach it, so whose it is must be said.
    fn owners(&mut self, reach: Option<&Clauses>) {
        for (text, expects) in reach.into_iter().flatten() {
            if expects.iter().any(|e| matches!(e, Expect::Own(_))) {
                let help = Some("say whose call it is: `child: eof`".into());
                self.wrong(text.span.clone(), "a goal is not about one call", help);
            }
        }
    }

    fn best(&mut self, table: &Table<'_>) -> Option<u32> {
        let Some(value) = table.get("best") else {
            self.missing(table, "best", "1");
            return None;
        };
        let best = match value.get_ref() {
            DeValue::Integer(n) => number(n).filter(|n| (1..=100).contains(n)),
            _ => None,
        };
        if best.is_none() {
            self.kind(value, "best", "the fewest calls that reach it, a number from 1 to 100");
        }
        best
    }

    fn start(&mut self, table: &Table<'_>, steps: &[Parts], variants: &[ReadVariant]) -> Option<Vec<Parts>> {
        let own: Vec<Parts> = self.tables(table, "step", "step").iter().map(|t| self.step(t, &[])).collect();
        let variant = self.text(table, "variant");
        let mut start = match (variant, own.is_empty()) {
            (Some(name), false) => {
                self.wrong(name.span, "a goal starts from `variant` or from its own steps, not from both", None);
                return None;
            }
            (Some(name), true) => match variants.iter().find(|v| v.slug.value == name.value) {
                Some(variant) => variant.story(),
                None => {
                    let help = offer(&name.value, variants.iter().map(|v| v.slug.value.as_str()));
                    self.wrong(name.span, format!("there is no variant `{}`", name.value), Some(help));
                    return None;
                }
            },
            (None, true) if table.get("until").is_some() => steps.to_vec(),
            (None, _) => own,
        };
        if let Some(id) = self.text(table, "until") {
            match start.iter().position(|p| p.id.as_ref().is_some_and(|own| own.value == id.value)) {
                Some(index) => start.truncate(index + 1),
                None => {
                    let ids: Vec<&str> = start.iter().filter_map(|p| p.id.as_ref()).map(|i| i.value.as_str()).collect();
                    let help = Some(offer(&id.value, ids));
                    self.wrong(id.span, format!("there is no step with the id `{}`", id.value), help);
                }
            }
        }
        Some(start)
    }
}
