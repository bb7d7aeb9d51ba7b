//! Messages of Python's multiprocessing, found in bytes: a length of 4 bytes, big-endian, and a pickle
//! (`Connection._send_bytes`, Lib/multiprocessing/connection.py; the opcodes, Lib/pickletools.py).
//!
//! Only what parses to its very end is told. Nothing in a pickle is carried out: the library refuses what would need it.

use crate::notation::escape;
use serde_pickle::{DeOptions, Value};

/// The bytes of the length.
const HEADER: usize = 4;
/// Longer pickles are not looked into.
const LONGEST: usize = 1024;
/// So many messages one behind the other are told.
const MOST: usize = 4;
/// So many containers may be in one: whoever reads them goes as deep.
const NESTED: usize = 24;
/// So many characters of one value are told.
const SHOWN: usize = 40;
/// `PROTO`, with which every pickle since protocol 2 begins, and `STOP`, with which it ends.
const PROTO: u8 = 0x80;
const STOP: u8 = b'.';

/// What the bytes are, where they are whole messages or one whole pickle: `17+pickle "hi"`, `pickle "hi"`.
pub fn framing(bytes: &[u8]) -> Option<String> {
    if let Some(value) = pickle(bytes) {
        return Some(format!("pickle {value}"));
    }
    let mut told: Vec<String> = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (length, behind) = header(rest)?;
        let value = pickle(behind.get(..length)?)?;
        told.push(format!("{length}+pickle {value}"));
        rest = behind.get(length..)?;
        if told.len() > MOST {
            return None;
        }
    }
    (!told.is_empty()).then(|| told.join(", "))
}

/// The length that these bytes are, where the pickle that it announces is what waits `behind` them.
pub fn announced(bytes: &[u8], behind: &[u8]) -> Option<String> {
    let (length, []) = header(bytes)? else { return None };
    pickle(behind.get(..length)?).map(|_| format!("the length {length} of the pickle behind it"))
}

fn header(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest) = bytes.split_at_checked(HEADER)?;
    let length = u32::from_be_bytes(length.try_into().ok()?);
    Some((usize::try_from(length).ok()?, rest))
}

fn pickle(bytes: &[u8]) -> Option<String> {
    let [PROTO, protocol, .., STOP] = bytes else { return None };
    if !(2..=5).contains(protocol) || bytes.len() > LONGEST || !plain(bytes) {
        return None;
    }
    let value = serde_pickle::value_from_slice(bytes, DeOptions::new()).ok()?;
    let text = match value {
        Value::String(text) => text,
        // Its quotes are already the value's own.
        other => return Some(cut(&other.to_string()).replace("\\\"", "\"")),
    };
    Some(format!("\"{}\"", cut(&text)))
}

/// Only numbers, text and containers, few of them, and nothing that stands for something said before: a small pickle can
/// stand for a value too large for any memory.
fn plain(bytes: &[u8]) -> bool {
    let (mut rest, mut containers) = (bytes, 0);
    while let [opcode, behind @ ..] = rest {
        let byte = || behind.first().map(|n| 1 + usize::from(*n));
        let word = || behind.first_chunk().map(|n| u32::from_le_bytes(*n) as usize).and_then(|n| n.checked_add(4));
        let arguments = match opcode {
            // MEMOIZE, STOP, NONE, NEWTRUE, NEWFALSE, APPEND(S), SETITEM(S)
            0x94 | b'.' | b'N' | 0x88 | 0x89 | b'a' | b'e' | b's' | b'u' => Some(0),
            // EMPTY_LIST, EMPTY_DICT, EMPTY_TUPLE, MARK, TUPLE, TUPLE1 to TUPLE3
            b']' | b'}' | b')' | b'(' | b't' | 0x85..=0x87 => {
                containers += 1;
                Some(0)
            }
            // PROTO, BINPUT, BININT1; BININT2; BININT, LONG_BINPUT; BINFLOAT, FRAME
            &PROTO | b'q' | b'K' => Some(1),
            b'M' => Some(2),
            b'J' | b'r' => Some(4),
            b'G' | 0x95 => Some(8),
            // LONG1, SHORT_BINUNICODE, SHORT_BINBYTES; BINUNICODE, BINBYTES
            0x8a | 0x8c | b'C' => byte(),
            b'X' | b'B' => word(),
            _ => None,
        };
        let Some(next) = arguments.and_then(|n| behind.get(n..)) else { return false };
        rest = next;
    }
    containers <= NESTED
}

fn cut(text: &str) -> String {
    let (text, cut) = escape(text.as_bytes(), SHOWN);
    if cut { format!("{text}...") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HI: &[u8] = b"\x80\x04\x95\x06\0\0\0\0\0\0\0\x8c\x02hi\x94.";

    fn framed(pickle: &[u8]) -> Vec<u8> {
        [&(pickle.len() as u32).to_be_bytes()[..], pickle].concat()
    }

    #[test]
    fn whole_messages_are_told_and_nothing_else() {
        let two = [framed(HI), framed(b"\x80\x04K*.")].concat();
        let table: &[(&[u8], Option<&str>)] = &[
            (&framed(HI), Some("17+pickle \"hi\"")),
            (HI, Some("pickle \"hi\"")),
            (&two, Some("17+pickle \"hi\", 5+pickle 42")),
            (&framed(b"\x80\x04N."), Some("4+pickle None")),
            (&framed(b"\x80\x04\x95\x0b\0\0\0\0\0\0\0]\x94(\x8c\x01x\x94K\x01e."), Some("22+pickle [\"x\", 1]")),
            (&framed(HI)[..20], None),
            (&framed(HI)[..4], None),
            (b"", None),
            (b"hello", None),
            (b"\0\0\0\x02hi", None),
            (b"\0\0\0\0", None),
            (b"\x80\x04.", None),
            (b"\x80\x04cos\nsystem\n(S'x'\ntR.", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(framing(bytes).as_deref(), *expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_length_is_one_where_its_pickle_follows() {
        assert_eq!(announced(&[0, 0, 0, 17], HI).as_deref(), Some("the length 17 of the pickle behind it"));
        for (bytes, behind) in [(&[0, 0, 0, 16][..], HI), (&[0, 0, 0, 17, 0], HI), (&[0, 0, 0, 17], b"hi"), (b"", HI)] {
            assert_eq!(announced(bytes, behind), None, "{bytes:?}");
        }
    }

    #[test]
    fn deep_ones_do_no_harm() {
        let lists = |n: usize| [&b"\x80\x04"[..], &b"]".repeat(n), &b"a".repeat(n - 1), b"."].concat();
        assert!(framing(&lists(10)).is_some());
        assert_eq!(framing(&lists(500)), None);
        let tuples = [&b"\x80\x04)"[..], &b"\x85".repeat(900), b"."].concat();
        assert_eq!(framing(&tuples), None);
        // Each pair is twice the one before.
        let pairs: Vec<u8> = (0..100).flat_map(|n| [b'h', n, b'h', n, 0x86, 0x94]).collect();
        assert_eq!(framing(&[&b"\x80\x04K\x01\x94"[..], &pairs, b"."].concat()), None);
    }

    proptest! {
        #[test]
        fn any_bytes_will_do(bytes in prop::collection::vec(any::<u8>(), 0..200), protocol in 2..6_u8) {
            framing(&bytes);
            let pickle = [&[PROTO, protocol][..], &bytes, &[STOP]].concat();
            framing(&pickle);
            framing(&framed(&pickle));
        }
    }
}
