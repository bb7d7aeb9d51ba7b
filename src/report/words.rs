//! The words a process was started with, behind its name.

use unicode_width::UnicodeWidthChar;

/// So many columns of them are shown: enough to tell one worker from another.
const COLUMNS: usize = 48;

/// `` `python3 worker.py --queue mail` `` with a space before it: without the folder of the program, cut where it is longer;
/// what would move a cursor is escaped.
pub(super) fn words(command: &str) -> String {
    let mut out = String::from(" `");
    let mut width = 0;
    let (program, rest) = command.split_at(command.find(' ').unwrap_or(command.len()));
    let program = program.rsplit('/').next().unwrap_or_default();
    for c in program.chars().chain(rest.chars()) {
        let shown: String = if c.is_control() { c.escape_default().collect() } else { c.to_string() };
        width += shown.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>();
        if width > COLUMNS {
            out.push_str("...");
            break;
        }
        out.push_str(&shown);
    }
    out.push('`');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_are_cut_and_no_cursor_moves() {
        assert_eq!(words("python3 a.py"), " `python3 a.py`");
        assert_eq!(words("/usr/bin/python3 /tmp/a.py"), " `python3 /tmp/a.py`");
        assert_eq!(words(&"x".repeat(48)), format!(" `{}`", "x".repeat(48)));
        assert_eq!(words(&"x".repeat(49)), format!(" `{}...`", "x".repeat(48)));
        assert_eq!(words(&"\u{4e00}".repeat(25)), format!(" `{}...`", "\u{4e00}".repeat(24)));
        assert_eq!(words("a\x1b[2J\nb"), " `a\\u{1b}[2J\\nb`");
    }
}
