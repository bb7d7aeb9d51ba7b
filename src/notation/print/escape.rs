//! Bytes as text that nothing obeys.

use unicode_width::UnicodeWidthChar;

/// Bytes as a C string literal without its quotes: printable UTF-8 as it is, everything else escaped as in C.
/// At most `limit` characters; the flag says whether something was left off.
///
/// An escape or a character is never cut in two. Printable is what shows on its own, as itself: no control, format,
/// bidirectional or zero-width characters, no space but U+0020, no blank that is called a letter, nothing private or
/// unassigned, and not U+FFFD, which would read as a decoding error. Numbers are octal, which ends after three
/// digits, and so is the same to C, to Python and to `printf(1)` whatever follows.
pub fn escape(bytes: &[u8], limit: usize) -> (String, bool) {
    // A character has at most four bytes, so none behind this window is reached; it keeps long data cheap.
    let window = bytes.get(..limit.saturating_add(1).saturating_mul(4)).unwrap_or(bytes);
    let mut out = Limited { text: String::new(), left: limit };
    for chunk in window.utf8_chunks() {
        let valid = chunk.valid();
        for (at, c) in valid.char_indices() {
            let next = valid.as_bytes().get(at + c.len_utf8()).or(chunk.invalid().first());
            if !out.put_char(c, next.copied()) {
                return (out.text, true);
            }
        }
        for byte in chunk.invalid() {
            if !out.put(&octal(*byte)) {
                return (out.text, true);
            }
        }
    }
    (out.text, window.len() < bytes.len())
}

/// A name that came from elsewhere, fit for a line.
pub(super) fn plain(name: &str) -> String {
    escape(name.as_bytes(), 256).0
}

struct Limited {
    text: String,
    left: usize,
}

impl Limited {
    /// Whole or not at all.
    fn put(&mut self, piece: &str) -> bool {
        let length = piece.chars().count();
        if length > self.left {
            return false;
        }
        self.left -= length;
        self.text.push_str(piece);
        true
    }

    fn put_char(&mut self, c: char, next: Option<u8>) -> bool {
        let simple = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\t' => "\\t",
            '\r' => "\\r",
            '\x07' => "\\a",
            '\x08' => "\\b",
            '\x0b' => "\\v",
            '\x0c' => "\\f",
            '\0' if !next.is_some_and(|b| b.is_ascii_digit()) => "\\0",
            _ if is_printable(c) => return self.put(c.encode_utf8(&mut [0; 4])),
            _ => {
                let bytes: String = c.encode_utf8(&mut [0; 4]).bytes().map(octal).collect();
                return self.put(&bytes);
            }
        };
        self.put(simple)
    }
}

fn octal(byte: u8) -> String {
    format!("\\{byte:03o}")
}

fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return c == ' ' || c.is_ascii_graphic();
    }
    // The standard library knows what is unassigned, private, a control, a format character or a space.
    let shown = c.escape_debug().count() == 1;
    let blank = matches!(c, '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{fffc}' | '\u{fffd}');
    shown && !blank && UnicodeWidthChar::width(c).is_some_and(|width| width > 0)
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn text_stays_text_and_the_rest_is_escaped() {
        let table: &[(&[u8], &str)] = &[
            (b"hello", "hello"),
            (b"", ""),
            ("größe → 日本 🎉".as_bytes(), "größe → 日本 🎉"),
            (b"a\"b\\c", "a\\\"b\\\\c"),
            (b"\n\t\r\x07\x08\x0b\x0c", "\\n\\t\\r\\a\\b\\v\\f"),
            (b"\0", "\\0"),
            (b"\0x", "\\0x"),
            (b"\x001", "\\0001"),
            (b"\x01f", "\\001f"),
            (b"\x1b[2J", "\\033[2J"),
            (b"\x7f", "\\177"),
            (b"\xff\xfe", "\\377\\376"),
            (b"\xc3", "\\303"),
            (b"\xc3\xa9\xc3", "é\\303"),
            ("\u{9b}2J".as_bytes(), "\\302\\2332J"),
            ("\u{202e}".as_bytes(), "\\342\\200\\256"),
            ("\u{200b}".as_bytes(), "\\342\\200\\213"),
            ("\u{feff}".as_bytes(), "\\357\\273\\277"),
            ("\u{fffd}".as_bytes(), "\\357\\277\\275"),
            ("\u{ad}".as_bytes(), "\\302\\255"),
            ("e\u{301}".as_bytes(), "e\\314\\201"),
            ("\u{a0}".as_bytes(), "\\302\\240"),
            ("\u{2028}".as_bytes(), "\\342\\200\\250"),
            ("\u{e000}".as_bytes(), "\\356\\200\\200"),
            ("\u{3164}".as_bytes(), "\\343\\205\\244"),
        ];
        for (bytes, expected) in table {
            assert_eq!(escape(bytes, usize::MAX), ((*expected).to_owned(), false), "{bytes:?}");
        }
    }

    #[test]
    fn a_cut_splits_nothing() {
        let table: &[(&[u8], usize, &str, bool)] = &[
            (b"hello", 5, "hello", false),
            (b"hello", 4, "hell", true),
            (b"hello", 0, "", true),
            (b"", 0, "", false),
            (b"a\x01", 4, "a", true),
            (b"a\x01", 5, "a\\001", false),
            (b"a\nb", 2, "a", true),
            ("日本語".as_bytes(), 2, "日本", true),
            ("日本".as_bytes(), 2, "日本", false),
            ("\u{202e}".as_bytes(), 11, "", true),
        ];
        for (bytes, limit, expected, cut) in table {
            assert_eq!(escape(bytes, *limit), ((*expected).to_owned(), *cut), "{bytes:?} {limit}");
        }
        assert_eq!(escape(&vec![b'x'; 1 << 20], 3), ("xxx".to_owned(), true));
    }
}
