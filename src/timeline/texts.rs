//! The texts of the source files that moments speak of, each kept once.

use super::file;
use crate::lesson::Listing;
use std::io;
use std::sync::Arc;

/// So many are kept of one run; a moment that speaks of one more has its line without text.
const MOST: usize = 128;
/// No text that was written by us is longer (bytes), with its name.
const LARGEST: u32 = 512 << 10;

/// All of a run.
#[derive(Debug, Default)]
pub(super) struct Texts(Vec<Arc<Listing>>);

/// What a text is to a run.
pub(super) enum Place {
    /// It is kept, under this number.
    Kept(u32),
    /// It is not yet: as a chunk, and the number that it then has.
    New(Vec<u8>, u32),
    /// There is no room for it.
    None,
}

impl Texts {
    /// Where a text is kept, or how.
    ///
    /// # Errors
    /// Where it cannot be encoded.
    pub(super) fn place(&self, text: &Arc<Listing>) -> io::Result<Place> {
        let same = |kept: &Arc<Listing>| Arc::ptr_eq(kept, text) || kept == text;
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        if let Some(at) = self.0.iter().position(same) {
            return Ok(Place::Kept(number(at)));
        }
        let raw = postcard::to_allocvec(&**text).map_err(io::Error::other)?;
        match u32::try_from(raw.len()).ok().filter(|length| *length <= LARGEST && self.0.len() < MOST) {
            Some(length) => {
                let rest = [&length.to_le_bytes()[..], &lz4_flex::block::compress(&raw)].concat();
                Ok(Place::New(file::chunk(file::TEXT, &rest)?, number(self.0.len())))
            }
            None => Ok(Place::None),
        }
    }

    /// One more, the last.
    pub(super) fn add(&mut self, text: Arc<Listing>) {
        self.0.push(text);
    }

    /// The text of a chunk, whose rest this is; false where it is none.
    pub(super) fn read(&mut self, rest: &[u8]) -> bool {
        let text = || {
            let (raw, stored) = rest.split_at_checked(4)?;
            let length = Some(file::u32_at(raw, 0)).filter(|length| *length <= LARGEST)?;
            postcard::from_bytes::<Listing>(&file::unpack(stored, length)?).ok()
        };
        let Some(text) = text().filter(|_| self.0.len() < MOST) else { return false };
        self.0.push(Arc::new(super::open::clean(text)));
        true
    }

    /// The one with this number.
    pub(super) fn get(&self, number: u32) -> Option<Arc<Listing>> {
        self.0.get(usize::try_from(number).ok()?).cloned()
    }

    /// The first of them.
    pub(super) fn first(&self) -> Option<&Arc<Listing>> {
        self.0.first()
    }
}
