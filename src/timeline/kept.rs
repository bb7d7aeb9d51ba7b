//! A moment taken out of a run, and not decoded yet.

use super::store::TimelineError;
use super::{Entry, block};
use crate::lesson::Listing;
use std::sync::Arc;

/// A moment as it is kept, with those before it.
#[derive(Debug)]
pub struct Kept {
    block: Arc<Vec<u8>>,
    /// Its place in the block.
    at: u32,
    /// The block is the first of all.
    first: bool,
}

impl Kept {
    pub(super) fn new(block: Arc<Vec<u8>>, at: u32, first: bool) -> Kept {
        Kept { block, at, first }
    }

    /// Decode it; `text` finds the source text with a number.
    ///
    /// # Errors
    /// Where the file is not as it was.
    pub fn entry(&self, text: impl FnOnce(u32) -> Option<Arc<Listing>>) -> Result<Entry, TimelineError> {
        let (mut entry, number) = block::entry(&self.block, self.at, self.first)?;
        if let Some(source) = &mut entry.moment.source {
            source.listing = number.and_then(text);
        }
        Ok(entry)
    }
}
