//! What is wrong in a lesson file, and where.

use std::fmt;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// So many characters of a line are shown before the place that is marked, and after it.
const AROUND: usize = 70;

/// One thing that is wrong in a lesson file. Shown as `file:line:column: message`; see [`LessonError::report`] for more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LessonError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
    /// How many characters are wrong; at least 1, and none beyond the line.
    pub width: usize,
    /// What is wrong.
    pub message: String,
    /// What may have been meant, or what would be right.
    pub help: Option<String>,
    /// The whole line.
    pub text: String,
}

impl fmt::Display for LessonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl std::error::Error for LessonError {}

impl LessonError {
    /// The message, the line with a mark under the place, and the help, as lines for a terminal without colours.
    pub fn report(&self) -> String {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let (shown, before, marked) = self.excerpt();
        let mut out =
            format!("{self}\n  {number} | {shown}\n  {gutter} | {}{}", " ".repeat(before), "^".repeat(marked));
        if let Some(help) = &self.help {
            out.push_str(&format!("\n  {gutter} = {help}"));
        }
        out
    }

    /// The line, or the part of it around the place; and in columns how far in the mark begins and how long it is.
    fn excerpt(&self) -> (String, usize, usize) {
        let plain = |c: char| if c.width().is_none() { ' ' } else { c };
        let start = self.column.saturating_sub(1);
        let from = start.saturating_sub(AROUND);
        let width = self.width.min(AROUND);
        let cut: String = self.text.chars().skip(from).map(plain).take(start - from + width + AROUND).collect();
        let before: String = cut.chars().take(start - from).collect();
        let marked: String = cut.chars().skip(start - from).take(width).collect();
        let lead = if from > 0 { "..." } else { "" };
        let rest = if self.text.chars().count() > from + cut.chars().count() { "..." } else { "" };
        (format!("{lead}{cut}{rest}"), lead.len() + before.width(), marked.width().max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str, column: usize, width: usize) -> LessonError {
        let (message, help) = ("wrong".to_string(), Some("do this".to_string()));
        LessonError { file: "a.toml".into(), line: 12, column, width, message, help, text: text.into() }
    }

    #[test]
    fn the_mark_stands_under_the_place() {
        let said = error("call = 'x: clos(4)'", 12, 4).report();
        assert_eq!(said, "a.toml:12:12: wrong\n  12 | call = 'x: clos(4)'\n     |            ^^^^\n     = do this");
    }

    #[test]
    fn wide_letters_and_tabs_keep_the_mark_in_place() {
        let said = error("\t日本 x", 5, 1).report();
        assert!(said.contains("\n  12 |  日本 x\n     |       ^\n"), "{said}");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}HERE{}", "a".repeat(5000), "b".repeat(5000));
        let said = error(&text, 5001, 4).report();
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[1].len() < 200, "{said}");
        assert_eq!(lines[1].find("HERE"), lines[2].find('^'));
    }
}
