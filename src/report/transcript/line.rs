//! One line at a time, made safe for a terminal.

use std::borrow::Cow;
use std::io::{self, Write};

/// Writes lines that hold nothing a terminal could take for an order.
#[derive(Debug)]
pub(super) struct Lines<W> {
    out: W,
    ascii: bool,
    begun: bool,
}

impl<W: Write> Lines<W> {
    pub(super) fn new(out: W, ascii: bool) -> Lines<W> {
        Lines { out, ascii, begun: false }
    }

    /// A line, so many spaces in.
    pub(super) fn line(&mut self, indent: usize, text: &str) -> io::Result<()> {
        self.begun = true;
        /// At most so far in, without being put together.
        const SPACES: &[u8; 16] = b"                ";
        let text = safe(text, self.ascii);
        self.out.write_all(SPACES.get(..indent).unwrap_or(SPACES))?;
        self.out.write_all(text.trim_end().as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// An empty line, except at the very top.
    pub(super) fn blank(&mut self) -> io::Result<()> {
        if self.begun { writeln!(self.out) } else { Ok(()) }
    }

    pub(super) fn out(&mut self) -> &mut W {
        &mut self.out
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Control characters, and those that change the order or hide in a text, become escapes as in C.
pub(super) fn safe(text: &str, ascii: bool) -> Cow<'_, str> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out += "\\n",
            '\t' => out += "\\t",
            '\r' => out += "\\r",
            ' '..='~' => out.push(c),
            _ if c.is_control() || is_invisible(c) => octal(c, &mut out),
            _ if !ascii => out.push(c),
            _ => match plain(c) {
                Some(plain) => out += plain,
                None => octal(c, &mut out),
            },
        }
    }
    Cow::Owned(out)
}

/// Marks of direction, joiners, separators of lines, tags: what Unicode calls format characters, and the like.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The bytes of a character, each as three octal digits: what follows cannot be taken for a part of it.
fn octal(c: char, out: &mut String) {
    let mut bytes = [0; 4];
    for byte in c.encode_utf8(&mut bytes).bytes() {
        *out += &format!("\\{byte:03o}");
    }
}

/// The nearest ASCII for marks of ours; nothing for what may be data.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        '→' => "->",
        '←' => "<-",
        '↔' => "<->",
        '↳' => "\\_",
        '▶' | '▸' => ">",
        '◀' | '◂' => "<",
        '─' | '╌' | '–' => "-",
        '═' => "=",
        '│' => "|",
        '—' => "--",
        '…' => "...",
        '·' | '•' => "*",
        '×' => "x",
        '“' | '”' => "\"",
        '‘' | '’' => "'",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn orders_become_words() {
        for (text, want, ascii) in [
            ("a\x1b[2Jb", "a\\033[2Jb", "a\\033[2Jb"),
            ("one\ntwo\t3\r", "one\\ntwo\\t3\\r", "one\\ntwo\\t3\\r"),
            ("\u{9b}1m", "\\302\\2331m", "\\302\\2331m"),
            ("a\u{202E}b", "a\\342\\200\\256b", "a\\342\\200\\256b"),
            ("é → …", "é → …", "\\303\\251 -> ..."),
            ("parent ═══▶ “x”", "parent ═══▶ “x”", "parent ===> \"x\""),
        ] {
            assert_eq!(safe(text, false), want);
            assert_eq!(safe(text, true), ascii);
        }
    }

    proptest! {
        #[test]
        fn nothing_but_print_comes_out(text in any::<String>()) {
            prop_assert!(!safe(&text, false).chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert!(safe(&text, true).bytes().all(|b| (b' '..=b'~').contains(&b)));
        }
    }
}
