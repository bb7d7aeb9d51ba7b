//! Listings: the programs shown beside the stage, and the lines that are marked in them.

use super::Listing;
use super::fields::{Reader, Table};
use super::nearest::offer;
use super::step::Parts;
use std::path::{Component, Path};

/// The languages a listing may be in.
const LANGUAGES: [&str; 2] = ["c", "python"];

/// A program longer than this (bytes) is none to show beside a stage.
pub const LARGEST: u64 = 256 * 1024;

/// Gives the text of a program by the name a lesson uses, or says why not.
pub type Programs<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

impl Reader<'_> {
    /// The listings of a lesson.
    pub fn listings(&mut self, root: &Table<'_>, programs: &Programs<'_>) -> Vec<Listing> {
        let Some(code) = self.table(root, "code", "set of listings") else { return Vec::new() };
        self.keys(&code, &LANGUAGES);
        let mut out = Vec::new();
        for (language, value) in code.entries() {
            if !LANGUAGES.contains(&language.value.as_str()) {
                continue;
            }
            let Some(table) = self.table_of(value, &language.value, "listing") else { continue };
            self.keys(&table, &["file"]);
            let Some(file) = self.need(&table, "file", "\"one_pipe.c\"") else { continue };
            match program(&file.value, programs) {
                Ok(text) => out.push(Listing { language: language.value, file: file.value, text }),
                Err(why) => self.wrong(file.span, why, None),
            }
        }
        out
    }

    /// The program to trace, in the language that its name ends in.
    pub fn traced(&mut self, root: &Table<'_>, programs: &Programs<'_>) -> Option<Listing> {
        let file = self.text(root, "trace")?;
        let language = match file.value.rsplit_once('.') {
            Some((_, "c")) => "c",
            Some((_, "py")) => "python",
            _ => {
                let help = Some("a program in C or Python: `my_pipe.py`".into());
                self.wrong(file.span, format!("`{}` cannot be traced", file.value.escape_debug()), help);
                return None;
            }
        };
        match program(&file.value, programs) {
            Ok(text) => Some(Listing { language: language.into(), file: file.value, text }),
            Err(why) => {
                self.wrong(file.span, why, None);
                None
            }
        }
    }

    /// Every mark must lie within a listing there is.
    pub fn check_marks(&mut self, steps: &[Parts], listings: &[Listing]) {
        let all = steps.iter().filter_map(|s| s.marks.as_ref()).flatten();
        for (language, ((_, last), span)) in all {
            let Some(listing) = listings.iter().find(|l| l.language == *language) else {
                let help = Some(offer(language, listings.iter().map(|l| l.language.as_str())));
                self.wrong(span.clone(), format!("this lesson has no listing in `{language}`"), help);
                continue;
            };
            let lines = listing.text.lines().count();
            if usize::try_from(*last).map_or(true, |last| last > lines) {
                let message = format!("line {last} is beyond the end of {}, which has {lines} lines", listing.file);
                self.wrong(span.clone(), message, None);
            }
        }
    }
}

/// A lesson from a stranger may show the files beside it, no others.
fn program(file: &str, programs: &Programs<'_>) -> Result<String, String> {
    let inside = !file.is_empty() && Path::new(file).components().all(|c| matches!(c, Component::Normal(_)));
    if !inside {
        return Err(format!("`{}` must be a path below the lesson file, without ..", file.escape_debug()));
    }
    let text = programs(file)?;
    match text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r')) {
        Some(c) => Err(format!("{file} holds a control character (U+{:04X}); it is no program text", u32::from(c))),
        None => Ok(text),
    }
}
