//! What was shown so far, kept ready to draw: the tape's lines, and the lines of the stage's terminal.

use crate::engine::Session;
use crate::engine::tape::{self, TapeLine};
use std::num::NonZeroU16;

/// Of what the stage's terminal showed so much is looked at, to find the lines on it at a past moment.
const LOOKED_AT: usize = 64 << 10;
/// The size of the stage's terminal: rows, columns.
pub const STAGE_TERMINAL: (u16, u16) = (24, 80);

/// The tape's lines of every moment.
#[derive(Debug, Default)]
pub struct Tape {
    lines: Vec<TapeLine>,
    /// The number of lines up to each moment.
    ends: Vec<usize>,
    branch: u64,
}

impl Tape {
    /// Take in what is new.
    pub fn follow(&mut self, session: &Session) {
        if self.branch != session.branch_number() {
            *self = Tape { branch: session.branch_number(), ..Tape::default() };
        }
        // The newest moment may have been brought up to date.
        if let Some(newest) = self.ends.len().checked_sub(1) {
            self.ends.pop();
            let end = newest.checked_sub(1).and_then(|i| self.ends.get(i)).copied().unwrap_or(0);
            self.lines.truncate(end);
        }
        for moment in session.history().iter().skip(self.ends.len()) {
            self.lines.extend(tape::lines(moment));
            self.ends.push(self.lines.len());
        }
    }

    /// The lines up to the moment with this index.
    pub fn upto(&self, moment: usize) -> &[TapeLine] {
        let end = self.ends.get(moment).copied().unwrap_or(self.lines.len());
        self.lines.get(..end).unwrap_or_default()
    }
}

/// The lines on the stage's terminal.
pub struct Lines {
    parser: vt100::Parser,
    /// How many bytes the parser has seen or skipped.
    seen: usize,
    branch: u64,
    lines: Vec<String>,
}

impl Default for Lines {
    fn default() -> Lines {
        let size = |n| NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN);
        let parser = vt100::Parser::new(size(STAGE_TERMINAL.0), size(STAGE_TERMINAL.1), 0);
        Lines { parser, seen: 0, branch: 0, lines: Vec::new() }
    }
}

impl Lines {
    /// Take in what is new, or go back to what there was.
    pub fn follow(&mut self, session: &Session) {
        let (bytes, total) = (session.terminal(), session.terminal_total());
        let same = self.branch == session.branch_number();
        if same && total == self.seen {
            return;
        }
        let news = total.checked_sub(self.seen).filter(|n| same && *n <= LOOKED_AT);
        let news = news.unwrap_or_else(|| {
            *self = Lines { branch: session.branch_number(), ..Lines::default() };
            LOOKED_AT
        });
        self.take(bytes.get(bytes.len().saturating_sub(news)..).unwrap_or_default());
        self.seen = total;
    }

    /// The lines that these bytes alone leave on a terminal.
    pub fn of(bytes: &[u8]) -> Lines {
        let mut lines = Lines::default();
        lines.take(bytes);
        lines
    }

    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.lines = self.parser.screen().rows(0, STAGE_TERMINAL.1).map(|l| l.trim_end().to_string()).collect();
        let used = self.lines.iter().rposition(|l| !l.is_empty()).map_or(0, |i| i + 1);
        // One empty line says that there was something, as after a program that took the whole screen and gave it back.
        self.lines.truncate(if bytes.is_empty() { used } else { used.max(1) });
    }

    /// Where its cursor is, row and column from 0; `None` where it is hidden.
    pub fn cursor(&self) -> Option<(usize, usize)> {
        let screen = self.parser.screen();
        let (row, column) = screen.cursor_position();
        (!screen.hide_cursor()).then(|| (usize::from(row), usize::from(column)))
    }

    /// The arrow keys are to send what they send in application mode (DECCKM).
    pub fn application_cursor(&self) -> bool {
        self.parser.screen().application_cursor()
    }

    /// The lines, oldest first; a single empty one where all that was written has been cleared.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_was_cleared_is_not_one_that_nobody_wrote_to() {
        assert!(Lines::of(b"").lines().is_empty());
        assert_eq!(Lines::of(b"hello\r\n").lines(), ["hello"]);
        // As less and vim do: the other screen, and back.
        assert_eq!(Lines::of(b"\x1b[?1049h\x1b[2Jtext\x1b[?1049l").lines(), [""]);
    }
}
