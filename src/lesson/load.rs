//! From the text of a lesson file to a lesson, or to everything that is wrong with it.

use super::fields::{Reader, Table};
use super::listing::{LARGEST as LARGEST_PROGRAM, Programs};
use super::nearest::offer;
use super::program::program;
use super::source::Source;
use super::step::Parts;
use super::variant::ReadVariant;
use super::{Lesson, LessonError};
use crate::notation::{Call, STAGE};
use std::io::Read;
use std::path::Path;
use toml::de::DeTable;

/// A lesson file larger than this (bytes) is none.
const LARGEST: usize = 1 << 20;
/// A story of more steps than this is none to follow.
const MOST_STEPS: usize = 500;
/// The name of the first process where the lesson gives none.
const FIRST: &str = "parent";

/// What a lesson file may say.
const KEYS: [&str; 12] =
    ["title", "summary", "learn", "intro", "first", "prefer", "needs", "trace", "step", "variant", "code", "goal"];

/// Read a lesson from the text of the file at `path`; its programs are read from the folder of the file, and where
/// there is none of the name, it is the course's own: a lesson of the course may be copied without them.
///
/// # Errors
/// Everything that is wrong, in the order of the file.
pub fn load_file(path: &Path, text: &str) -> Result<Lesson, Vec<LessonError>> {
    let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let programs = move |file: &str| program_beside(&folder.join(file), file);
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    load(&path.display().to_string(), &stem, text, &programs)
}

fn program_beside(path: &Path, name: &str) -> Result<String, String> {
    let open = std::fs::metadata(path).and_then(|meta| match meta.is_file() {
        // A FIFO or a device would be waited for.
        true => std::fs::File::open(path),
        false => Err(std::io::Error::other("it is not a file")),
    });
    let mut text = String::new();
    let read = open.and_then(|file| file.take(LARGEST_PROGRAM + 1).read_to_string(&mut text));
    match read {
        Ok(n) if n as u64 > LARGEST_PROGRAM => Err(format!("{name} is larger than {} KiB", LARGEST_PROGRAM / 1024)),
        Ok(_) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => match program(name) {
            Some(own) => Ok(own.into()),
            None => Err(format!("there is no file {name} beside the lesson")),
        },
        Err(e) => Err(format!("{name} cannot be read: {e}")),
    }
}

/// Read a lesson called `slug` from `text`; `file` names it in messages, `programs` gives the programs it shows.
///
/// # Errors
/// Everything that is wrong, in the order of the file.
pub fn load(file: &str, slug: &str, text: &str, programs: &Programs<'_>) -> Result<Lesson, Vec<LessonError>> {
    if text.len() > LARGEST {
        let message = "this file is larger than 1 MiB; that is no lesson";
        return Err(vec![Source::new(file, "").error(0..0, message, None)]);
    }
    let source = Source::new(file, text);
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader::new(source);
    if !errors.is_empty() {
        // What the file says is not sure then; more would only be noise.
        for e in errors {
            reader.wrong(e.span().unwrap_or(0..0), format!("this is not TOML: {}", e.message()), None);
        }
        return Err(reader.into_errors());
    }
    let lesson = reader.lesson(&Table::root(root.get_ref()), slug, programs);
    let errors = reader.into_errors();
    match lesson {
        Some(lesson) if errors.is_empty() => Ok(lesson),
        _ => Err(errors),
    }
}

impl Reader<'_> {
    fn lesson(&mut self, root: &Table<'_>, slug: &str, programs: &Programs<'_>) -> Option<Lesson> {
        self.keys(root, &KEYS);
        let title = self.need_sentence(root, "title", "\"One pipe, three steps\"");
        let summary = self.need_sentence(root, "summary", "\"What it is about, for the list.\"");
        let intro = self.need_sentence(root, "intro", "\"What is said before the first step.\"");
        let learn = self.texts(root, "learn").unwrap_or_default();
        let learn = learn.into_iter().filter_map(|text| self.sentence(Some(text), "learn")).collect();
        let code = self.listings(root, programs);
        let trace = self.traced(root, programs);
        let steps = self.steps(root);
        let first = self.first(root, &steps);
        let variants = self.variants(root, &steps, programs);
        let prefer = self.preferred(root, &variants);
        let without_network = self.needs(root, &variants);
        let goal = self.table(root, "goal", "goal").and_then(|table| self.goal(&table, &steps, &variants));

        let name = first.as_deref();
        self.flow(name, &steps, None);
        self.check_marks(&steps, &code);
        for variant in &variants {
            self.flow(name, &variant.story(), None);
            self.check_marks(&variant.story(), if variant.code.is_empty() { &code } else { &variant.code });
        }
        if let Some(goal) = &goal {
            self.flow(name, &goal.start, Some(goal));
            self.check_marks(&goal.start, &code);
        }
        Some(Lesson {
            slug: slug.into(),
            number: None,
            title: title?,
            summary: summary?,
            learn,
            intro: intro?,
            without_network,
            first,
            prefer,
            trace,
            steps: steps.iter().map(Parts::step).collect::<Option<Vec<_>>>()?,
            code,
            variants: variants.iter().map(ReadVariant::variant).collect::<Option<Vec<_>>>()?,
            goal: match goal {
                Some(goal) => Some(goal.goal()?),
                None => None,
            },
        })
    }

    fn steps(&mut self, root: &Table<'_>) -> Vec<Parts> {
        let tables = self.tables(root, "step", "step");
        if tables.is_empty() && root.get("step").is_none_or(|v| v.get_ref().is_array()) {
            let help = "a step is begun by [[step]] and has a `call` and a `say`";
            self.wrong(0..0, "this lesson has no steps", Some(help.into()));
        }
        if let Some(beyond) = tables.get(MOST_STEPS) {
            let message = format!("a lesson has at most {MOST_STEPS} steps; this has {}", tables.len());
            self.wrong(beyond.span.clone(), message, None);
        }
        let steps: Vec<Parts> = tables.iter().take(MOST_STEPS).map(|table| self.step(table, &[])).collect();
        for (i, parts) in steps.iter().enumerate() {
            let Some(id) = &parts.id else { continue };
            let before = steps.iter().take(i).position(|p| p.id.as_ref().is_some_and(|o| o.value == id.value));
            if let Some(before) = before {
                let message = format!("step {} has the id `{}` already", before + 1, id.value);
                self.wrong(id.span.clone(), message, None);
            }
        }
        steps
    }

    /// The variant that the lesson opens as where its programs are there.
    fn preferred(&mut self, root: &Table<'_>, variants: &[ReadVariant]) -> Option<usize> {
        let slug = self.text(root, "prefer")?;
        let found = variants.iter().position(|v| v.slug.value == slug.value);
        if found.is_none() {
            let help = Some(offer(&slug.value, variants.iter().map(|v| v.slug.value.as_str())));
            self.wrong(slug.span, format!("there is no variant `{}`", slug.value), help);
        }
        found
    }

    /// The first process: as `first` says, else `parent`; nobody where the story begins with `stage: start(...)`.
    fn first(&mut self, root: &Table<'_>, steps: &[Parts]) -> Option<String> {
        let said = self.text(root, "first");
        let starts = steps
            .first()
            .and_then(|p| p.call.as_ref())
            .is_some_and(|(_, directed)| directed.process == STAGE && matches!(directed.call, Call::Start { .. }));
        let Some(said) = said else { return (!starts).then(|| FIRST.into()) };
        let mut letters = said.value.chars();
        let good = letters.next().is_some_and(|c| c.is_ascii_alphabetic())
            && letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
            && said.value.len() <= 32
            && said.value != STAGE;
        if !good {
            let help = Some("letters, digits, _ and -, a letter first: `shell`".into());
            self.wrong(said.span, format!("`{}` is no name for a process", said.value.escape_debug()), help);
            return Some(FIRST.into());
        }
        Some(said.value)
    }

    /// `needs = { network = "VARIANT" }`: what the machine must allow, and the variant that does without.
    fn needs(&mut self, root: &Table<'_>, variants: &[ReadVariant]) -> Option<String> {
        let table = self.table(root, "needs", "needs")?;
        self.keys(&table, &["network"]);
        let named = self.need(&table, "network", "\"one-machine\"");
        let named = self.slug(named, "network")?;
        let there = || variants.iter().map(|v| v.slug.value.as_str());
        if !there().any(|slug| slug == named.value) {
            let message = format!("there is no variant `{}` to play without a network of its own", named.value);
            self.wrong(named.span, message, Some(offer(&named.value, there())));
            return None;
        }
        Some(named.value)
    }

    fn variants(&mut self, root: &Table<'_>, steps: &[Parts], programs: &Programs<'_>) -> Vec<ReadVariant> {
        let tables = self.tables(root, "variant", "variant");
        let mut variants: Vec<ReadVariant> = Vec::new();
        for table in &tables {
            let Some(variant) = self.variant(table, steps, programs) else { continue };
            if variants.iter().any(|v| v.slug.value == variant.slug.value) {
                let message = format!("there is a variant `{}` already", variant.slug.value);
                self.wrong(variant.slug.span.clone(), message, None);
            }
            variants.push(variant);
        }
        variants
    }
}

#[cfg(test)]
mod tests;
