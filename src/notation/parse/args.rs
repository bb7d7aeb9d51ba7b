//! The arguments between a call's parentheses, one after the other.

use super::super::calls::CallSpec;
use super::cursor::Cursor;
use super::{ParseError, Parsed};

/// The arguments of one call, from behind its opening parenthesis.
pub(super) struct Args<'c, 'a> {
    pub cursor: &'c mut Cursor<'a>,
    pub spec: &'static CallSpec,
    first: bool,
}

impl<'c, 'a> Args<'c, 'a> {
    /// The arguments of `spec`; the cursor is behind the opening parenthesis.
    pub fn new(cursor: &'c mut Cursor<'a>, spec: &'static CallSpec) -> Args<'c, 'a> {
        Args { cursor, spec, first: true }
    }

    /// Whether another argument follows; the comma before it is taken.
    pub fn more(&mut self) -> Parsed<bool> {
        if self.cursor.peek() == Some(')') {
            return Ok(false);
        }
        if std::mem::take(&mut self.first) || self.cursor.eat(',') {
            return Ok(true);
        }
        Err(self.cursor.unexpected("`,` or `)`"))
    }

    /// Another argument must follow: `what`, with its article.
    pub fn need(&mut self, what: &str) -> Parsed<()> {
        if self.more()? {
            return Ok(());
        }
        let message = format!("{} needs {what} here", self.spec.name);
        Err(ParseError::new(self.cursor.pos()..self.cursor.pos() + 1, message))
    }

    /// No argument follows; the closing parenthesis is taken.
    pub fn finish(&mut self) -> Parsed<()> {
        if self.more()? {
            return Err(self.excess());
        }
        self.cursor.eat(')');
        Ok(())
    }

    /// An argument stands here where there is none to be.
    pub fn excess(&mut self) -> ParseError {
        let error = self.cursor.unexpected("`)`");
        if self.cursor.at_end() {
            return error;
        }
        let more = if self.spec.arguments.is_empty() { "arguments" } else { "more arguments" };
        ParseError::new(error.at, format!("{} takes no {more}", self.spec.name))
    }

    /// Step over what says that a result is not wanted, or where it goes: `NULL`, `0`, `&status`, `...`.
    pub fn skip_pointer(&mut self) -> bool {
        if self.cursor.eat_text("...") || self.cursor.eat_keyword("NULL") {
            return true;
        }
        let mut ahead = self.cursor.clone();
        let skipped = if ahead.eat('&') {
            ahead.word().is_some()
        } else {
            ahead.number_word().is_some_and(|word| word.text == "0")
        };
        if skipped {
            *self.cursor = ahead;
        }
        skipped
    }

    /// Step over the variable that C has a call fill, or what a transcript prints in its place: `buf`, `[3, 4]`,
    /// where `then` follows.
    pub fn skip_variable(&mut self, then: char) -> bool {
        let mut ahead = self.cursor.clone();
        let known = if ahead.eat('[') {
            while ahead.number_word().is_some() && ahead.eat(',') {}
            ahead.eat(']')
        } else {
            ahead.eat('&');
            ahead.eat_text("...") || ahead.word().is_some_and(|w| w.text.starts_with(|c: char| !c.is_ascii_digit()))
        };
        let skipped = known && ahead.peek() == Some(then);
        if skipped {
            *self.cursor = ahead;
        }
        skipped
    }
}
