//! The text of a lesson file: offsets to lines and columns, and places inside its strings.

use super::LessonError;
use std::ops::Range;

/// A lesson file's text.
#[derive(Debug)]
pub struct Source<'t> {
    file: String,
    text: &'t str,
    /// Where each line begins.
    starts: Vec<usize>,
}

/// A string of the file, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What it says, escapes carried out.
    pub value: String,
    /// Where it stands, quotes included.
    pub span: Range<usize>,
}

impl<'t> Source<'t> {
    /// Number the lines of `text`.
    pub fn new(file: &str, text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        Source { file: file.into(), text, starts }
    }

    /// An error at these bytes of the file.
    pub fn error(&self, span: Range<usize>, message: impl Into<String>, help: Option<String>) -> LessonError {
        let start = self.floor(span.start);
        let index = self.starts.partition_point(|s| *s <= start).saturating_sub(1);
        let line_start = self.starts.get(index).copied().unwrap_or(0);
        let line = self.text.get(line_start..).unwrap_or("").lines().next().unwrap_or("");
        // An end of file, or a newline, is a place one beyond the line's last letter.
        let start = start.min(line_start + line.len());
        let end = self.floor(span.end).clamp(start, line_start + line.len());
        let count = |range: Range<usize>| self.text.get(range).map_or(0, |s| s.chars().count());
        LessonError {
            file: self.file.clone(),
            line: index + 1,
            column: count(line_start..start) + 1,
            width: count(start..end).max(1),
            message: message.into(),
            help,
            text: line.into(),
        }
    }

    /// The bytes of the file that a range of a string's value comes from.
    pub fn inside(&self, text: &Text, range: &Range<usize>) -> Range<usize> {
        let raw = self.text.get(text.span.clone()).unwrap_or("");
        let at = |offset| text.span.start + raw_offset(raw, offset);
        let (start, end) = (at(range.start), at(range.end.max(range.start)));
        start..end.max(start)
    }

    /// The nearest start of a character at or before `offset`.
    fn floor(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        (0..=offset).rev().find(|i| self.text.is_char_boundary(*i)).unwrap_or(0)
    }
}

/// The offset in `raw`, a TOML string with its quotes, of the byte at `value_offset` of what it says.
fn raw_offset(raw: &str, value_offset: usize) -> usize {
    let (quote, literal) = match raw {
        _ if raw.starts_with("'''") => (3, true),
        _ if raw.starts_with("\"\"\"") => (3, false),
        _ => (1, raw.starts_with('\'')),
    };
    let mut at = quote.min(raw.len());
    let rest = |at: usize| raw.get(at..).unwrap_or("");
    if quote == 3 {
        // A newline right after the opening quotes is no part of the value.
        at += ["\r\n", "\n"].iter().find(|nl| rest(at).starts_with(**nl)).map_or(0, |nl| nl.len());
    }
    let end = raw.len().saturating_sub(quote).max(at);
    let mut value = 0;
    while value < value_offset && at < end {
        let (took, gave) = if literal { plain(rest(at)) } else { escaped(rest(at)) };
        if took == 0 {
            break;
        }
        at += took;
        value += gave;
    }
    // A line that ends in a backslash gives nothing: what comes after it is what is meant.
    while !literal && at < end && matches!(escaped(rest(at)), (took, 0) if took > 0) {
        at += escaped(rest(at)).0;
    }
    at.min(end)
}

/// How many bytes the first character takes in the file, and how many it gives.
fn plain(rest: &str) -> (usize, usize) {
    let len = rest.chars().next().map_or(0, char::len_utf8);
    (len, len)
}

fn escaped(rest: &str) -> (usize, usize) {
    let Some(after) = rest.strip_prefix('\\') else { return plain(rest) };
    let hex = |digits: usize| {
        let code = after.get(1..=digits).and_then(|d| u32::from_str_radix(d, 16).ok()).and_then(char::from_u32);
        (digits + 2, code.map_or(1, char::len_utf8))
    };
    match after.chars().next() {
        Some('x') => hex(2),
        Some('u') => hex(4),
        Some('U') => hex(8),
        Some(c) if c.is_whitespace() => (1 + after.len() - after.trim_start().len(), 0),
        Some(c) => (1 + c.len_utf8(), 1),
        None => (1, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_inside_strings() {
        // The raw string, the offset in its value, and what stands there in the file.
        let table: &[(&str, usize, &str)] = &[
            ("'abc'", 1, "bc'"),
            ("'abc'", 3, "'"),
            ("\"abc\"", 2, "c\""),
            (r#""a\"bc""#, 2, "bc\""),
            (r#""a\u00e9bc""#, 3, "bc\""),
            (r#""a\U0001F600bc""#, 5, "bc\""),
            (r#""a\x41bc""#, 2, "bc\""),
            ("'''\nabc'''", 1, "bc'''"),
            ("\"\"\"\r\nabc\"\"\"", 1, "bc\"\"\""),
            ("\"\"\"a\\\n   bc\"\"\"", 1, "bc\"\"\""),
            ("\"é\u{1}x\"", 2, "\u{1}x\""),
            ("'abc'", 99, "'"),
            ("'", 5, ""),
            ("", 5, ""),
        ];
        for (raw, offset, there) in table {
            assert_eq!(raw.get(raw_offset(raw, *offset)..), Some(*there), "{raw} at {offset}");
        }
    }

    #[test]
    fn lines_and_columns_count_characters() {
        let source = Source::new("f", "é = 1\nab\n");
        let place = |at: Range<usize>| {
            let e = source.error(at, "", None);
            (e.line, e.column, e.width)
        };
        assert_eq!(place(0..2), (1, 1, 1));
        assert_eq!(place(5..6), (1, 5, 1));
        assert_eq!(place(7..9), (2, 1, 2));
        // Inside a character, at a newline, at the end, beyond it.
        assert_eq!(place(1..1), (1, 1, 1));
        assert_eq!(place(6..20), (1, 6, 1));
        assert_eq!(place(10..10), (3, 1, 1));
        assert_eq!(place(99..200), (3, 1, 1));
    }
}
