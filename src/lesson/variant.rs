//! Variants: a lesson's story with steps left out, changed or put in.

use super::fields::{Reader, Table};
use super::listing::Programs;
use super::nearest::offer;
use super::source::Text;
use super::step::{KEYS, Parts};
use super::{LessonStep, Listing, Variant};

/// A step of a variant's story, and whether it differs from the lesson's own.
#[derive(Debug, Clone)]
pub struct Told {
    /// The step.
    pub parts: Parts,
    /// It was changed or put in.
    pub differs: bool,
    /// It is left out.
    dropped: bool,
}

/// A variant as the file has it.
#[derive(Debug)]
pub struct ReadVariant {
    /// Its name.
    pub slug: Text,
    title: String,
    say: String,
    /// The program that it is; empty: the lesson's.
    pub code: Vec<Listing>,
    told: Vec<Told>,
}

impl ReadVariant {
    /// The story as it is told, without what is left out.
    pub fn story(&self) -> Vec<Parts> {
        self.told.iter().filter(|t| !t.dropped).map(|t| t.parts.clone()).collect()
    }

    /// The variant, where each of its steps is whole.
    pub fn variant(&self) -> Option<Variant> {
        let (mut steps, mut differs, mut dropped) = (Vec::new(), Vec::new(), Vec::<(usize, LessonStep)>::new());
        for told in &self.told {
            let step = told.parts.step()?;
            if told.dropped {
                dropped.push((steps.len(), step));
                continue;
            }
            if told.differs {
                differs.push(steps.len());
            }
            steps.push(step);
        }
        let (slug, title, say) = (self.slug.value.clone(), self.title.clone(), self.say.clone());
        Some(Variant { slug, title, say, code: self.code.clone(), steps, differs, dropped })
    }
}

impl Reader<'_> {
    /// A variant of the story `steps`.
    pub fn variant(&mut self, table: &Table<'_>, steps: &[Parts], programs: &Programs<'_>) -> Option<ReadVariant> {
        self.keys(table, &["slug", "title", "say", "code", "drop", "replace", "insert"]);
        let slug = self.need(table, "slug", "\"child-keeps-4\"");
        let slug = self.slug(slug, "slug");
        let title = self.need_sentence(table, "title", "\"The child forgets close(4)\"");
        let say = self.need_sentence(table, "say", "\"What is different, and what to watch.\"");
        let code = self.listings(table, programs);
        let own = |parts: &Parts| Told { parts: parts.clone(), differs: false, dropped: false };
        let mut told: Vec<Told> = steps.iter().map(own).collect();
        self.drops(table, &mut told);
        self.replacements(table, &mut told);
        self.insertions(table, &mut told);
        if ["drop", "replace", "insert"].iter().all(|key| table.get(key).is_none()) {
            let help = Some("say what it leaves out (drop), changes (replace) or puts in (insert)".into());
            self.wrong(table.span.clone(), "this variant does not differ from the lesson", help);
        }
        if told.iter().all(|t| t.dropped) && !told.is_empty() {
            self.wrong(table.span.clone(), "this variant leaves no step", None);
        }
        Some(ReadVariant { slug: slug?, title: title?, say: say?, code, told })
    }

    fn drops(&mut self, table: &Table<'_>, told: &mut [Told]) {
        for id in self.texts(table, "drop").unwrap_or_default() {
            let Some(index) = self.index(&id, told) else { continue };
            if let Some(step) = told.get_mut(index) {
                step.dropped = true;
            }
        }
    }

    fn replacements(&mut self, table: &Table<'_>, told: &mut [Told]) {
        let Some(replace) = self.table(table, "replace", "set of replacements") else { return };
        for (id, value) in replace.entries() {
            let Some(with) = self.table_of(value, "replace", "replacement") else { continue };
            self.keys(&with, &KEYS[1..]);
            let parts = self.parts(&with);
            let Some(index) = self.index(&id, told) else { continue };
            let Some(step) = told.get_mut(index) else { continue };
            if step.dropped {
                self.wrong(id.span, format!("step `{}` is both left out and replaced", id.value), None);
                continue;
            }
            step.parts = step.parts.overlaid(&parts);
            step.differs = true;
        }
    }

    fn insertions(&mut self, table: &Table<'_>, told: &mut Vec<Told>) {
        // Several after one step stand in the order in which they are written.
        let mut after: Vec<(String, usize)> = Vec::new();
        for insert in self.tables(table, "insert", "inserted step") {
            let parts = self.step(&insert, &["after", "before"]);
            let place = match (self.text(&insert, "after"), self.text(&insert, "before")) {
                (Some(id), None) => self.index(&id, told).map(|i| {
                    let written = after.iter().filter(|(other, _)| *other == id.value).count();
                    after.push((id.value, i));
                    i + 1 + written
                }),
                (None, Some(id)) => self.index(&id, told),
                _ => {
                    let help = Some("after = \"ID\", or before = \"ID\", with the id of a step".into());
                    self.wrong(insert.span.clone(), "an inserted step needs one of `after` and `before`", help);
                    None
                }
            };
            if let Some(id) = parts.id.as_ref().filter(|id| told.iter().any(|t| is(t, id))) {
                self.wrong(id.span.clone(), format!("there is a step `{}` already", id.value), None);
            }
            if let Some(place) = place {
                told.insert(place.min(told.len()), Told { parts, differs: true, dropped: false });
            }
        }
    }

    /// The step with this id.
    fn index(&mut self, id: &Text, told: &[Told]) -> Option<usize> {
        let found = told.iter().position(|t| is(t, id));
        if found.is_none() {
            let ids = told.iter().filter_map(|t| t.parts.id.as_ref()).map(|id| id.value.as_str());
            let help = Some(offer(&id.value, ids));
            self.wrong(id.span.clone(), format!("there is no step with the id `{}`", id.value), help);
        }
        found
    }
}

fn is(told: &Told, id: &Text) -> bool {
    told.parts.id.as_ref().is_some_and(|own| own.value == id.value)
}
