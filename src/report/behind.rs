//! A writer whose writing is done by a thread of its own, many lines at a time: whoever hands it a line waits for no disk.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// So many bytes wait at the most; whoever has more waits himself.
const MOST: usize = 4 << 20;
/// How long bytes wait at the most before they are written, where not so many come that they are written at once.
const PAUSE: Duration = Duration::from_millis(20);

/// What is written to it is in the file within a fiftieth of a second, in pieces that end where a write ended.
#[derive(Debug)]
pub struct Behind(Arc<Shared>);

/// The thread that writes. It ends with this, when all is written.
#[derive(Debug)]
pub struct Writing {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// For the thread: there is something to do.
    work: Condvar,
    /// For the others: there is room again, or it has failed.
    room: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    /// The thread sleeps until it is told.
    idle: bool,
    ended: bool,
    /// What went wrong, until somebody is told.
    failed: Option<io::Error>,
    broken: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_all(&self, mut out: impl Write) {
        let mut bytes = Vec::new();
        loop {
            let mut state = self.lock();
            while state.waiting.is_empty() && !state.ended {
                state.idle = true;
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.idle = false;
            if state.waiting.is_empty() {
                return;
            }
            std::mem::swap(&mut state.waiting, &mut bytes);
            drop(state);
            self.room.notify_all();
            let written = out.write_all(&bytes).and_then(|()| out.flush());
            bytes.clear();
            let mut state = self.lock();
            if let Err(error) = written {
                (state.failed, state.broken) = (Some(error), true);
                self.room.notify_all();
                return;
            }
            let few = |state: &mut State| !state.ended && state.waiting.len() < MOST / 2;
            drop(self.work.wait_timeout_while(state, PAUSE, few));
        }
    }
}

impl Behind {
    /// Begin to write to `out`.
    pub fn new(out: impl Write + Send + 'static) -> (Behind, Writing) {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let thread = Some(std::thread::spawn(move || of_thread.write_all(out)));
        (Behind(Arc::clone(&shared)), Writing { shared, thread })
    }
}

impl Writing {
    /// Write all that waits.
    ///
    /// # Errors
    /// What the writing met and nobody has been told of.
    pub fn finish(&mut self) -> io::Result<()> {
        self.shared.lock().ended = true;
        self.shared.work.notify_all();
        self.thread.take().map(JoinHandle::join);
        self.shared.lock().failed.take().map_or(Ok(()), Err)
    }
}

impl Write for Behind {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.0.lock();
        while state.waiting.len() >= MOST && !state.broken {
            state = self.0.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.broken {
            return Err(state.failed.take().unwrap_or_else(|| io::ErrorKind::BrokenPipe.into()));
        }
        let before = state.waiting.len();
        state.waiting.extend_from_slice(bytes);
        // It is woken where it sleeps for good, and where it should not sleep on.
        let many = before < MOST / 2 && state.waiting.len() >= MOST / 2;
        if std::mem::take(&mut state.idle) || many {
            self.0.work.notify_one();
        }
        Ok(bytes.len())
    }

    /// It is written soon.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let _ = self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Tells of each write that comes.
    struct Told(mpsc::Sender<Vec<u8>>);

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(|_| io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn all_of_it_arrives_in_order_and_without_being_asked_for() {
        let (sender, receiver) = mpsc::channel();
        let (mut behind, mut writing) = Behind::new(Told(sender));
        behind.write_all(b"first\n").unwrap();
        assert_eq!(receiver.recv().unwrap(), b"first\n", "nobody has flushed");
        let mut expected = Vec::new();
        for number in 0..100_000 {
            let line = format!("line {number} {}\n", "x".repeat(number % 200));
            behind.write_all(line.as_bytes()).unwrap();
            expected.extend(line.into_bytes());
        }
        writing.finish().unwrap();
        let all: Vec<u8> = receiver.try_iter().flatten().collect();
        assert!(all == expected);
    }

    #[test]
    fn what_went_wrong_is_told_once() {
        let (sender, receiver) = mpsc::channel();
        let (mut behind, mut writing) = Behind::new(Told(sender));
        drop(receiver);
        behind.write_all(b"into nothing\n").unwrap();
        assert_eq!(writing.finish().unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(writing.finish().is_ok());
        assert!(behind.write_all(b"more").is_err());
    }

    #[test]
    fn whoever_writes_on_hears_of_it() {
        let (sender, receiver) = mpsc::channel();
        let (mut behind, _writing) = Behind::new(Told(sender));
        drop(receiver);
        let line = [b'x'; 1 << 16];
        let error = std::iter::repeat_with(|| behind.write_all(&line)).find_map(Result::err).unwrap();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
