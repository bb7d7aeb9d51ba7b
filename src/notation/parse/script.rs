//! Scripts: many lines.

use super::super::Line;
use super::{ParseError, parse_line};

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

/// Parse a whole script; every line that is wrong is reported, not only the first.
pub fn parse_script(text: &str) -> Result<Vec<ScriptLine>, Vec<ScriptError>> {
    let mut lines = Vec::new();
    let mut errors = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let number = index + 1;
        match parse_line(text) {
            Ok(Some(line)) => lines.push(ScriptLine { number, line }),
            Ok(None) => {}
            Err(error) => errors.push(ScriptError { line: number, error }),
        }
    }
    if errors.is_empty() { Ok(lines) } else { Err(errors) }
}
