//! A place in a line, and the tokens that can be read there.

use super::super::escape;
use super::{LINE_LIMIT, ParseError, Parsed};
use std::ops::Range;

/// A run of letters and digits, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Word<'a> {
    pub text: &'a str,
    pub at: Range<usize>,
}

/// A place in a line. A comment is as good as the end of the line, wherever quotes do not make it text.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    pos: usize,
}

impl<'a> Cursor<'a> {
    /// The start of a line. What is too long, or more than a line, is an error.
    pub fn new(text: &'a str) -> Parsed<Cursor<'a>> {
        if text.len() > LINE_LIMIT {
            let from = (0..=LINE_LIMIT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let message = format!("this line is longer than {} KiB", LINE_LIMIT / 1024);
            return Err(
                ParseError::new(from..text.len(), message).with_help("write long data as a repetition: \"x\" * 100000")
            );
        }
        let indent = text.len() - text.trim_start().len();
        if let Some(at) = text.trim().find('\n').map(|at| indent + at) {
            return Err(ParseError::new(at..at + 1, "the line ends here; one call or one expectation a line")
                .with_help("a line feed within quotes is written \\n"));
        }
        // Some editors put a byte order mark before the first line.
        let pos = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Ok(Cursor { text, pos })
    }

    /// The byte the cursor is at.
    pub fn pos(&self) -> usize {
        self.pos
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    /// The next character as it stands, within quotes.
    pub fn raw(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Take the next character as it stands.
    pub fn take_raw(&mut self) -> Option<char> {
        let next = self.raw()?;
        self.pos += next.len_utf8();
        Some(next)
    }

    /// The next character that is no space; none at the end and before a comment.
    pub fn peek(&mut self) -> Option<char> {
        let rest = self.rest();
        self.pos += rest.len() - rest.trim_start().len();
        self.raw().filter(|c| *c != '#')
    }

    /// Nothing more but spaces and a comment.
    pub fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Take `expected` where it comes next.
    pub fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.pos += expected.len_utf8();
        }
        found
    }

    /// Take `expected` where it comes next; more than one character of it at once.
    pub fn eat_text(&mut self, expected: &str) -> bool {
        let found = self.peek().is_some() && self.rest().starts_with(expected);
        if found {
            self.pos += expected.len();
        }
        found
    }

    /// Take `keyword` where it is the whole next word, and no colon makes it a name.
    pub fn eat_keyword(&mut self, keyword: &str) -> bool {
        let mut ahead = self.clone();
        let Some(word) = ahead.name().filter(|word| word.text == keyword) else { return false };
        if ahead.peek() == Some(':') {
            return false;
        }
        self.pos = word.at.end;
        true
    }

    /// Take what is left of the line as it stands.
    pub fn take_rest(&mut self) -> &'a str {
        let rest = self.rest();
        self.pos = self.text.len();
        rest
    }

    /// Take a C identifier or a number: letters, digits and `_`.
    pub fn word(&mut self) -> Option<Word<'a>> {
        self.run(|c| c.is_alphanumeric() || c == '_')
    }

    /// Take a name: letters, digits, `_` and `-`.
    pub fn name(&mut self) -> Option<Word<'a>> {
        self.run(|c| c.is_alphanumeric() || c == '_' || c == '-')
    }

    /// Take a number and what is stuck to it, its sign included.
    pub fn number_word(&mut self) -> Option<Word<'a>> {
        self.peek()?;
        let sign = usize::from(self.rest().starts_with(['-', '+']));
        let digits = self.rest().get(sign..).unwrap_or_default();
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let length = digits.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(digits.len());
        Some(self.take(sign + length))
    }

    fn run(&mut self, belongs: impl Fn(char) -> bool) -> Option<Word<'a>> {
        self.peek()?;
        let length = self.rest().find(|c| !belongs(c)).unwrap_or(self.rest().len());
        (length > 0).then(|| self.take(length))
    }

    fn take(&mut self, length: usize) -> Word<'a> {
        let at = self.pos..self.pos + length;
        self.pos = at.end;
        Word { text: self.text.get(at.clone()).unwrap_or_default(), at }
    }

    /// That something else stands here than `expected`.
    pub fn unexpected(&self, expected: &str) -> ParseError {
        let mut ahead = self.clone();
        match ahead.peek() {
            None => {
                let end = self.text.get(..ahead.pos).unwrap_or_default().trim_end().len();
                ParseError::new(end..end, format!("expected {expected}, but the line ends here"))
            }
            Some(c) => {
                let start = ahead.pos;
                let at = match ahead.number_word().or_else(|| ahead.name()) {
                    Some(word) => word.at,
                    None => start..start + c.len_utf8(),
                };
                let found = quote(self.text.get(at.clone()).unwrap_or_default());
                ParseError::new(at, format!("expected {expected}, found {found}"))
            }
        }
    }
}

/// A piece of the line as a message may hold it: in back quotes, cut where long, nothing in it that a terminal obeys.
pub(super) fn quote(text: &str) -> String {
    if matches!(text, "\"" | "\\") {
        return format!("`{text}`");
    }
    let (shown, cut) = escape(text.as_bytes(), 40);
    format!("`{shown}{}`", if cut { "..." } else { "" })
}
