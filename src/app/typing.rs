//! Keys as the bytes that a terminal sends for them, for typing into the stage's terminal.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What an xterm sends for this key; empty where it sends nothing. `application`: a program has asked for the arrow keys as
/// such (DECCKM).
pub fn bytes(key: KeyEvent, application: bool) -> Vec<u8> {
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let mut out = Vec::new();
    if key.modifiers.contains(KeyModifiers::ALT) {
        out.push(0x1b);
    }
    let arrow = |last| [0x1b, if application { b'O' } else { b'[' }, last];
    match key.code {
        KeyCode::Char(c) if ctrl => match control(c) {
            Some(byte) => out.push(byte),
            None => return Vec::new(),
        },
        KeyCode::Char(c) => out.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
        KeyCode::Enter => out.push(b'\r'),
        KeyCode::Tab => out.push(b'\t'),
        KeyCode::Esc => out.push(0x1b),
        KeyCode::BackTab => out.extend(b"\x1b[Z"),
        KeyCode::Backspace => out.push(0x7f),
        KeyCode::Up => out.extend(arrow(b'A')),
        KeyCode::Down => out.extend(arrow(b'B')),
        KeyCode::Right => out.extend(arrow(b'C')),
        KeyCode::Left => out.extend(arrow(b'D')),
        KeyCode::Home => out.extend(arrow(b'H')),
        KeyCode::End => out.extend(arrow(b'F')),
        KeyCode::Delete => out.extend(b"\x1b[3~"),
        KeyCode::PageUp => out.extend(b"\x1b[5~"),
        KeyCode::PageDown => out.extend(b"\x1b[6~"),
        _ => return Vec::new(),
    }
    out
}

/// Ctrl with a letter or one of the signs beside it: ascii(7).
fn control(c: char) -> Option<u8> {
    let upper = u8::try_from(c.to_ascii_uppercase()).ok()?;
    match upper {
        b'@'..=b'_' => Some(upper & 0x1f),
        // The bytes of Ctrl with \ ] ^ _, which are read as Ctrl with these.
        b'4'..=b'7' => Some(upper - b'4' + 0x1c),
        b' ' => Some(0),
        b'?' => Some(0x7f),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_what_a_terminal_sends() {
        let table: [(KeyCode, KeyModifiers, &[u8]); 12] = [
            (KeyCode::Esc, KeyModifiers::NONE, b"\x1b"),
            (KeyCode::Char('4'), KeyModifiers::CONTROL, b"\x1c"),
            (KeyCode::Char('\\'), KeyModifiers::CONTROL, b"\x1c"),
            (KeyCode::Char('a'), KeyModifiers::NONE, b"a"),
            (KeyCode::Char('c'), KeyModifiers::CONTROL, b"\x03"),
            (KeyCode::Char('D'), KeyModifiers::CONTROL, b"\x04"),
            (KeyCode::Char('é'), KeyModifiers::NONE, "é".as_bytes()),
            (KeyCode::Char('x'), KeyModifiers::ALT, b"\x1bx"),
            (KeyCode::Enter, KeyModifiers::NONE, b"\r"),
            (KeyCode::Up, KeyModifiers::NONE, b"\x1b[A"),
            (KeyCode::F(5), KeyModifiers::NONE, b""),
            (KeyCode::Char('é'), KeyModifiers::CONTROL, b""),
        ];
        for (code, modifiers, wanted) in table {
            assert_eq!(bytes(KeyEvent::new(code, modifiers), false), wanted, "{code:?}");
        }
        assert_eq!(bytes(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE), true), b"\x1bOA");
    }
}
