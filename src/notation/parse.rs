//! Parsing the notation.
//!
//! One descent over one line: [`cursor`] finds tokens and their places, [`value`] and [`string`] read what stands
//! between parentheses, [`args`] its order, [`calls`] and [`expects`] the two kinds of lines, [`script`] many of them.

mod args;
mod calls;
mod cursor;
mod exec;
mod expects;
mod measure;
mod memory;
mod net;
mod queue;
mod script;
mod socket;
mod stdio;
mod string;
#[cfg(test)]
mod tests;
mod value;

pub use script::{ScriptError, ScriptLine, parse_script};

use super::{Directed, Expect, Line};
use cursor::Cursor;
use std::ops::Range;

/// The longest line that is read, in bytes.
pub const LINE_LIMIT: usize = 64 * 1024;
/// The most bytes that one `"x" * N` may stand for.
pub const DATA_LIMIT: u64 = 64 * 1024 * 1024;
/// The longest name of a process, in bytes: what `PR_SET_NAME` keeps (`prctl(2)`).
pub const NAME_LIMIT: usize = 15;

/// A line that cannot be understood: where, what was expected, and what may have been meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// The place, in bytes from the start of the text that was parsed.
    pub at: Range<usize>,
    /// What is wrong and what was expected.
    pub message: String,
    /// The nearest name, or an example that would be understood.
    pub help: Option<String>,
}

impl ParseError {
    fn new(at: Range<usize>, message: impl Into<String>) -> ParseError {
        ParseError { at, message: message.into(), help: None }
    }

    fn with_help(mut self, help: impl Into<String>) -> ParseError {
        self.help = Some(help.into());
        self
    }

    /// Help for an error that has none yet: what was found nearer to the error is the better help.
    fn or_help(mut self, help: impl FnOnce() -> String) -> ParseError {
        self.help.get_or_insert_with(help);
        self
    }
}

/// What a part of the parser found.
type Parsed<T> = Result<T, ParseError>;

/// Parse one line: a call, an `expect`, or nothing (blank, or a comment alone).
pub fn parse_line(text: &str) -> Result<Option<Line>, ParseError> {
    let mut cursor = Cursor::new(text)?;
    if cursor.at_end() {
        return Ok(None);
    }
    if cursor.eat_keyword("expect") {
        return expects::clauses(&mut cursor).map(|clauses| Some(Line::Expect(clauses)));
    }
    calls::directed(&mut cursor, None).map(|directed| Some(Line::Call(directed)))
}

/// Parse `process: call(...)`. Where `default` is given, the process may be left out.
pub fn parse_directed(text: &str, default: Option<&str>) -> Result<Directed, ParseError> {
    calls::directed(&mut Cursor::new(text)?, default)
}

/// Parse the clauses of an `expect` line, without the word `expect`.
pub fn parse_expects(text: &str) -> Result<Vec<Expect>, ParseError> {
    expects::clauses(&mut Cursor::new(text)?)
}

/// Check the name of a process: letters, digits, `_` and `-`, a letter first, at most [`NAME_LIMIT`] bytes, and
/// neither `stage` nor `expect`. The error says what is wrong with it.
pub fn check_name(name: &str) -> Result<(), String> {
    value::name_fault(name).map_or(Ok(()), Err)
}
