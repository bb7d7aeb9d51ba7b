//! A writer that passes the screen's bytes on and keeps a copy for the recording.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Stands between the terminal's backend and the terminal; its [`Tap`] yields what went through.
#[derive(Debug)]
pub struct Tee<W> {
    inner: W,
    copy: Option<Arc<Mutex<Vec<u8>>>>,
}

impl<W: Write> Tee<W> {
    /// Pass everything to `inner` and keep a copy until the tap is asked for it.
    pub fn new(inner: W) -> (Tee<W>, Tap) {
        let copy = Arc::new(Mutex::new(Vec::new()));
        (Tee { inner, copy: Some(Arc::clone(&copy)) }, Tap { copy })
    }

    /// Pass everything to `inner` and keep nothing: the same type where nothing is recorded.
    pub fn plain(inner: W) -> Tee<W> {
        Tee { inner, copy: None }
    }
}

impl<W: Write> Write for Tee<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.inner.write(bytes)?;
        if let Some(copy) = &self.copy {
            // A thread that panicked here left whole bytes behind: the copy is as good as before.
            copy.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes.iter().take(taken));
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The other side of a [`Tee`].
#[derive(Debug)]
pub struct Tap {
    copy: Arc<Mutex<Vec<u8>>>,
}

impl Tap {
    /// What went through since the last call, as text for one event of a cast.
    ///
    /// A character whose last bytes have not come yet waits for the next call; bytes that can be no
    /// character become U+FFFD.
    pub fn take(&self) -> String {
        let mut copy = self.copy.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = copy.len() - unfinished(&copy);
        let rest = copy.split_off(whole);
        let whole = std::mem::replace(&mut *copy, rest);
        drop(copy);
        match String::from_utf8(whole) {
            Ok(text) => text,
            Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
        }
    }
}

/// How many bytes at the end begin a character without finishing it: 0 to 3.
fn unfinished(bytes: &[u8]) -> usize {
    let Some(back) = bytes.iter().rev().take(4).position(|b| b & 0xC0 != 0x80) else { return 0 };
    let tail = bytes.get(bytes.len() - back - 1..).unwrap_or_default();
    match std::str::from_utf8(tail) {
        Err(e) if e.error_len().is_none() => tail.len() - e.valid_up_to(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn passes_on_what_the_terminal_took_and_no_more() {
        struct Three(Vec<u8>);
        impl Write for Three {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.extend(bytes.iter().take(3));
                Ok(bytes.len().min(3))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (mut tee, tap) = Tee::new(Three(Vec::new()));
        tee.write_all(b"seven b").unwrap();
        assert_eq!(tee.inner.0, b"seven b");
        assert_eq!(tap.take(), "seven b");
        assert_eq!(tap.take(), "");
    }

    #[test]
    fn a_dead_terminal_is_an_error_and_is_not_recorded() {
        struct Dead;
        impl Write for Dead {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (mut tee, tap) = Tee::new(Dead);
        assert!(tee.write_all(b"x").is_err());
        assert_eq!(tap.take(), "");
    }

    #[test]
    fn bytes_that_are_no_text_become_replacement_characters() {
        for (bytes, now, waiting) in [
            (&b"a\xFFb"[..], "a\u{FFFD}b", 0),
            (b"a\xC3", "a", 1),
            (b"a\xF0\x9F\x98", "a", 3),
            (b"a\xE2\x94", "a", 2),
            (b"a\x80\x80\x80\x80\x80", "a\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}", 0),
            ("é".as_bytes(), "é", 0),
            (b"", "", 0),
        ] {
            let (mut tee, tap) = Tee::new(io::sink());
            tee.write_all(bytes).unwrap();
            assert_eq!(tap.take(), now);
            assert_eq!(tap.copy.lock().unwrap().len(), waiting);
        }
    }

    proptest! {
        #[test]
        fn text_cut_anywhere_comes_back_whole(text in any::<String>(), cuts in prop::collection::vec(1_usize..7, 0..40)) {
            let (mut tee, tap) = Tee::new(io::sink());
            let mut rest = text.as_bytes();
            let mut back = String::new();
            for cut in cuts {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                tee.write_all(now).unwrap();
                back += &tap.take();
                rest = later;
            }
            tee.write_all(rest).unwrap();
            back += &tap.take();
            prop_assert_eq!(back, text);
        }
    }
}
