//! Paragraphs of text for a terminal.

use unicode_width::UnicodeWidthStr;

/// The columns that plain text is made for.
pub(super) const COLUMNS: usize = 80;

/// A paragraph in lines of at most [`COLUMNS`] columns, each begun with `indent` spaces. A word that is longer has a line
/// of its own.
pub(super) fn wrap(text: &str, indent: usize) -> String {
    let mut out = String::new();
    wrap_into(&mut out, text, indent);
    out
}

/// The same, at the end of what is there.
pub(super) fn wrap_into(out: &mut String, text: &str, indent: usize) {
    let blank = |out: &mut String| out.extend(std::iter::repeat_n(' ', indent));
    if is_one_line(text, indent) {
        blank(out);
        out.push_str(text);
        out.push('\n');
        return;
    }
    let mut width = 0;
    for word in text.split_ascii_whitespace() {
        let wide = word.width();
        if width > 0 && width + 1 + wide <= COLUMNS {
            out.push(' ');
            width += 1 + wide;
        } else {
            if width > 0 {
                out.push('\n');
            }
            blank(out);
            width = indent + wide;
        }
        out.push_str(word);
    }
    if width > 0 {
        out.push('\n');
    }
}

/// Short words of plain letters with a space between each: no width need be counted. Most lines of a long list are so.
fn is_one_line(text: &str, indent: usize) -> bool {
    let bytes = text.as_bytes();
    let edges = bytes.first().zip(bytes.last()).is_some_and(|(first, last)| *first != b' ' && *last != b' ');
    edges
        && indent + bytes.len() <= COLUMNS
        && bytes.iter().all(|b| (b' '..=b'~').contains(b))
        && !bytes.windows(2).any(|two| two == b"  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_long_words_stand_alone() {
        let text = wrap(&"word ".repeat(40), 4);
        assert!(text.lines().all(|l| l.starts_with("    word") && l.width() <= COLUMNS));
        let long = "x".repeat(100);
        assert_eq!(wrap(&format!("a {long} b"), 2), format!("  a\n  {long}\n  b\n"));
        assert_eq!(wrap("", 2), "");
        for text in ["a b", " a b", "a b ", "a  b", "a\tb"] {
            assert_eq!(wrap(text, 2), "  a b\n", "{text:?}");
        }
        let full = "x".repeat(COLUMNS - 4);
        assert_eq!(wrap(&format!("{full} b"), 2), format!("  {full} b\n"));
        assert_eq!(wrap(&format!("{full} bc"), 2), format!("  {full}\n  bc\n"));
    }
}
