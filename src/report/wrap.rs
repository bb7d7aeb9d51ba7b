//! Paragraphs of text for a terminal.

use unicode_width::UnicodeWidthStr;

/// The columns that plain text is made for.
pub(super) const COLUMNS: usize = 80;

/// A paragraph in lines of at most [`COLUMNS`] columns, each begun with `indent` spaces. A word that is longer has a line
/// of its own.
pub(super) fn wrap(text: &str, indent: usize) -> String {
    let mut out = String::new();
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
            out.push_str(&" ".repeat(indent));
            width = indent + wide;
        }
        out.push_str(word);
    }
    if width > 0 {
        out.push('\n');
    }
    out
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
    }
}
