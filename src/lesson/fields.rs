//! Reading the tables of a TOML file field by field, so that everything wrong is found in one pass.

use super::LessonError;
use super::nearest::offer;
use super::source::{Source, Text};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A text longer than this (in characters) is no sentence and would not fit on the screen.
const LONGEST: usize = 600;

/// A table of the file, with its place.
#[derive(Clone)]
pub struct Table<'a> {
    /// What it is, for messages: `step`.
    pub what: &'static str,
    /// Where it stands: its header, or its braces.
    pub span: Range<usize>,
    entries: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    /// The file itself.
    pub fn root(entries: &'a DeTable<'a>) -> Self {
        Table { what: "lesson", span: 0..0, entries }
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.entries.get(key)
    }

    /// Every key with its place, in the order of the file, and its value.
    pub fn entries(&self) -> Vec<(Text, &'a Spanned<DeValue<'a>>)> {
        let mut all: Vec<(Text, &'a Spanned<DeValue<'a>>)> = self
            .entries
            .iter()
            .map(|(k, v)| (Text { value: k.get_ref().clone().into_owned(), span: k.span() }, v))
            .collect();
        all.sort_by_key(|(key, _)| key.span.start);
        all
    }
}

/// What reads a file: its text, and all that was found wrong so far.
pub struct Reader<'t> {
    /// The text.
    pub source: Source<'t>,
    errors: Vec<LessonError>,
}

impl<'t> Reader<'t> {
    /// Nothing is wrong yet.
    pub fn new(source: Source<'t>) -> Self {
        Reader { source, errors: Vec::new() }
    }

    /// Everything that was wrong, in the order of the file, each thing once.
    pub fn into_errors(mut self) -> Vec<LessonError> {
        self.errors.sort_by_key(|e| (e.line, e.column));
        let mut kept: Vec<LessonError> = Vec::new();
        for error in self.errors {
            let again = |k: &LessonError| (k.line, k.column, &k.message) == (error.line, error.column, &error.message);
            if !kept.iter().any(again) {
                kept.push(error);
            }
        }
        kept
    }

    /// Something is wrong at these bytes of the file.
    pub fn wrong(&mut self, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        self.errors.push(self.source.error(span, message, help));
    }

    /// Something is wrong at these bytes of a string's value.
    pub fn wrong_inside(
        &mut self,
        text: &Text,
        range: &Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.wrong(self.source.inside(text, range), message, help);
    }

    /// Every key must be one of `keys`.
    pub fn keys(&mut self, table: &Table<'_>, keys: &[&str]) {
        for (key, _) in table.entries() {
            if !keys.contains(&key.value.as_str()) {
                let message = format!("unknown key `{}` in this {}", key.value.escape_debug(), table.what);
                self.wrong(key.span, message, Some(offer(&key.value, keys.iter().copied())));
            }
        }
    }

    /// The string under `key`, where there is one.
    pub fn text(&mut self, table: &Table<'_>, key: &str) -> Option<Text> {
        let value = table.get(key)?;
        self.string(value, key)
    }

    /// The string under `key`, which must be there; `example` says how it may look.
    pub fn need(&mut self, table: &Table<'_>, key: &str, example: &str) -> Option<Text> {
        if table.get(key).is_none() {
            self.missing(table, key, example);
        }
        self.text(table, key)
    }

    /// There is no such key, and there must be.
    pub fn missing(&mut self, table: &Table<'_>, key: &str, example: &str) {
        let message = format!("this {} has no `{key}`", table.what);
        self.wrong(table.span.clone(), message, Some(format!("for example: {key} = {example}")));
    }

    /// The strings under `key`: a list of them, or one alone.
    pub fn texts(&mut self, table: &Table<'_>, key: &str) -> Option<Vec<Text>> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Array(items) => Some(items.iter().filter_map(|item| self.string(item, key)).collect()),
            _ => Some(self.string(value, key).into_iter().collect()),
        }
    }

    fn string(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<Text> {
        match value.get_ref() {
            DeValue::String(text) => Some(Text { value: text.clone().into_owned(), span: value.span() }),
            _ => {
                self.kind(value, key, "a text in quotes");
                None
            }
        }
    }

    /// The value under `key` is of another kind than it must be.
    pub fn kind(&mut self, value: &Spanned<DeValue<'_>>, key: &str, wanted: &str) {
        let is = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.wrong(value.span(), format!("`{key}` must be {wanted}; this is {is}"), None);
    }

    /// A text for people: its lines joined by single spaces, not empty, of no more length than the screen can hold.
    pub fn sentence(&mut self, text: Option<Text>, key: &str) -> Option<String> {
        let text = text?;
        let joined = text.value.split_whitespace().collect::<Vec<_>>().join(" ");
        if joined.is_empty() {
            self.wrong(text.span, format!("`{key}` is empty"), None);
            return None;
        }
        if let Some((at, c)) = joined.char_indices().find(|(_, c)| c.is_control()) {
            let code = u32::from(c);
            let at = text.value.find(c).unwrap_or(at);
            let message = format!("`{key}` holds a control character (U+{code:04X}); a terminal would obey it");
            self.wrong_inside(&text, &(at..at + c.len_utf8()), message, None);
            return None;
        }
        let length = joined.chars().count();
        if length > LONGEST {
            let help = Some("two or three lines of 78 letters are read; the rest belongs into another step".into());
            self.wrong(text.span, format!("`{key}` has {length} characters; at most {LONGEST} fit"), help);
            return None;
        }
        Some(joined)
    }

    /// [`Reader::need`] and [`Reader::sentence`].
    pub fn need_sentence(&mut self, table: &Table<'_>, key: &str, example: &str) -> Option<String> {
        let text = self.need(table, key, example);
        self.sentence(text, key)
    }

    /// A short name of small letters, digits and hyphens, as it is typed on a command line.
    pub fn slug(&mut self, text: Option<Text>, key: &str) -> Option<Text> {
        let text = text?;
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let bad = text.value.char_indices().find(|(_, c)| !good(*c));
        let help = || Some("small letters, digits and hyphens: `child-keeps-4`".to_string());
        match bad {
            Some((at, c)) => {
                let message = format!("`{key}` cannot hold `{}`", c.escape_debug());
                self.wrong_inside(&text, &(at..at + c.len_utf8()), message, help());
                None
            }
            None if text.value.is_empty() || text.value.len() > 60 => {
                self.wrong(text.span, format!("`{key}` must have 1 to 60 characters"), help());
                None
            }
            None => Some(text),
        }
    }

    /// The tables under `key`: `[[key]]`, `[key]`, or a list of `{ ... }`.
    pub fn tables<'a>(&mut self, table: &Table<'a>, key: &str, what: &'static str) -> Vec<Table<'a>> {
        let Some(value) = table.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(|item| self.table_of(item, key, what)).collect(),
            _ => {
                self.kind(value, key, &format!("a list of tables, each begun by [[{key}]]"));
                Vec::new()
            }
        }
    }

    /// The table under `key`.
    pub fn table<'a>(&mut self, table: &Table<'a>, key: &str, what: &'static str) -> Option<Table<'a>> {
        self.table_of(table.get(key)?, key, what)
    }

    /// This value, which must be a table.
    pub fn table_of<'a>(
        &mut self,
        value: &'a Spanned<DeValue<'a>>,
        key: &str,
        what: &'static str,
    ) -> Option<Table<'a>> {
        match value.get_ref() {
            DeValue::Table(entries) => Some(Table { what, span: value.span(), entries }),
            _ => {
                self.kind(value, key, "a table");
                None
            }
        }
    }
}
