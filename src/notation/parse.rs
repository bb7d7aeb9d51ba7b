//! Parsing the notation.

use super::{Directed, Expect, Line};
use std::ops::Range;

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

/// A line of a script that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptError {
    /// Line number, from 1.
    pub line: usize,
    /// What is wrong with it; its place is within that line.
    pub error: ParseError,
}

/// A meaningful line of a script, with its number from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptLine {
    /// Line number, from 1.
    pub number: usize,
    /// What it says.
    pub line: Line,
}

/// Parse one line: a call, an `expect`, or nothing (blank, or a comment alone).
pub fn parse_line(text: &str) -> Result<Option<Line>, ParseError> {
    let _ = text;
    Ok(None)
}

/// Parse `process: call(...)`. Where `default` is given, the process may be left out.
pub fn parse_directed(text: &str, default: Option<&str>) -> Result<Directed, ParseError> {
    let _ = (text, default);
    Err(ParseError { at: 0..0, message: "not yet".into(), help: None })
}

/// Parse the clauses of an `expect` line, without the word `expect`.
pub fn parse_expects(text: &str) -> Result<Vec<Expect>, ParseError> {
    let _ = text;
    Ok(Vec::new())
}

/// Parse a whole script; every line that is wrong is reported, not only the first.
pub fn parse_script(text: &str) -> Result<Vec<ScriptLine>, Vec<ScriptError>> {
    let _ = text;
    Ok(Vec::new())
}
