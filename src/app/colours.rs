//! The colours of the programs beside the stage: found on a thread of their own, for that takes longer than a frame.

use super::allocator::give_back;
use crate::lesson::{Lesson, Listing};
use crate::view::{Coloured, colour};
use crossbeam_channel::{Receiver, bounded, never};
use std::sync::Arc;

/// So many listings are coloured for one run.
const MOST: usize = 32;

/// What is known of the listings of the lesson that is open.
#[derive(Debug)]
pub(super) struct Colours {
    known: Vec<Coloured>,
    coming: Option<Receiver<Vec<Coloured>>>,
    /// Those that were asked for one by one.
    asked: Vec<Arc<Listing>>,
}

impl Colours {
    /// Begin to look at a lesson's listings.
    pub(super) fn of_lesson(lesson: Option<&Lesson>) -> Colours {
        let all = lesson.into_iter().flat_map(|l| l.code.iter().chain(l.variants.iter().flat_map(|v| &v.code)));
        let mut listings: Vec<Listing> = Vec::new();
        for listing in all {
            if !listings.iter().any(|known| known.file == listing.file) {
                listings.push(listing.clone());
            }
        }
        Colours::begin(listings)
    }

    /// Begin to look at these listings. Where there can be no thread, they stay as they are.
    pub(super) fn begin(listings: Vec<Listing>) -> Colours {
        if listings.is_empty() {
            return Colours { known: Vec::new(), coming: None, asked: Vec::new() };
        }
        let (send, coming) = bounded(1);
        // Where another lesson was opened meanwhile, nobody listens any more, and nothing is lost.
        let find = move || {
            drop(send.send(colour(&listings)));
            // The grammars took some 10 MB, which are of no more use.
            give_back();
        };
        let thread = std::thread::Builder::new().name("colours".into()).spawn(find);
        Colours { known: Vec::new(), coming: thread.is_ok().then_some(coming), asked: Vec::new() }
    }

    /// Begin to look at one more listing, where nobody has.
    pub(super) fn also(&mut self, listing: &Arc<Listing>) {
        if self.asked.iter().any(|asked| Arc::ptr_eq(asked, listing)) || self.asked.len() >= MOST {
            return;
        }
        self.asked.push(Arc::clone(listing));
        let all = self.asked.iter().map(|listing| Listing::clone(listing)).collect();
        // What is known stays until it comes again.
        self.coming = Colours::begin(all).coming;
    }

    /// Where the colours come from, for whoever waits for something else as well.
    pub(super) fn coming(&self) -> Receiver<Vec<Coloured>> {
        self.coming.clone().unwrap_or_else(never)
    }

    /// They have come, or never will.
    pub(super) fn take(&mut self, found: Option<Vec<Coloured>>) {
        self.known.splice(0..0, found.unwrap_or_default());
        self.known.truncate(2 * MOST);
        self.coming = None;
    }

    /// Wait for them.
    pub(super) fn wait(&mut self) {
        if let Some(coming) = self.coming.take() {
            self.take(coming.recv().ok());
        }
    }

    /// Those of a listing, where they are known.
    pub(super) fn of(&self, listing: &Listing) -> Option<&Coloured> {
        self.known.iter().find(|c| c.file == listing.file)
    }
}
