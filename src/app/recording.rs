//! Recording a session while it is used: what the terminal is sent also goes to a cast.

use crate::record::{CastWriter, Tap};
use std::time::Instant;

/// A cast that is being written.
pub struct Recording {
    cast: CastWriter,
    tap: Tap,
    began: Instant,
    /// The size that the cast says the terminal has.
    size: (u16, u16),
    /// Why nothing more is written.
    failed: Option<String>,
}

impl Recording {
    /// Write to `cast` what `tap` sees from now on.
    pub fn new(cast: CastWriter, tap: Tap) -> Recording {
        let size = cast.size();
        Recording { cast, tap, began: Instant::now(), size, failed: None }
    }

    /// A step is about to be shown.
    pub fn marker(&mut self, label: &str) {
        let at = self.began.elapsed();
        self.write(|cast| cast.marker(at, label));
    }

    /// A frame of this size (columns and rows) was drawn. Why nothing more is written, the first time it is so.
    ///
    /// The size is the frame's own: the word of a new size may come before or after the first frame that has it.
    pub fn frame(&mut self, size: (u16, u16)) -> Option<String> {
        let (at, text) = (self.began.elapsed(), self.tap.take());
        if self.failed.is_some() || text.is_empty() {
            return None;
        }
        if size != self.size {
            self.size = size;
            self.write(|cast| cast.resize(at, size.0, size.1));
        }
        self.write(|cast| cast.output(at, &text));
        self.failed.clone()
    }

    /// The session has ended.
    pub fn end(&mut self, status: i32) {
        self.frame(self.size);
        let at = self.began.elapsed();
        self.write(|cast| cast.exit(at, status));
    }

    /// Where it is written, and why it is incomplete where it is.
    pub fn report(&self) -> String {
        let path = self.cast.path().display();
        match &self.failed {
            Some(why) => format!("the recording {path} is incomplete: {why}"),
            None => format!("recorded to {path}: asciinema play {path}"),
        }
    }

    fn write(&mut self, act: impl FnOnce(&mut CastWriter) -> Result<(), crate::record::CastError>) {
        if self.failed.is_none()
            && let Err(error) = act(&mut self.cast)
        {
            self.failed = Some(error.to_string());
        }
    }
}
