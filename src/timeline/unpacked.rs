//! Parts of blocks that were unpacked, kept for a while.

use std::sync::Arc;

/// So many blocks are kept unpacked, so that going back and forth costs nothing.
const UNPACKED: usize = 4;

/// The parts of blocks that were unpacked last, each by where it is in the file, the newest last.
#[derive(Debug, Default)]
pub(super) struct Unpacked(Vec<(u64, Arc<Vec<u8>>)>);

impl Unpacked {
    pub(super) fn get(&self, at: u64) -> Option<Arc<Vec<u8>>> {
        self.0.iter().find(|(there, _)| *there == at).map(|(_, bytes)| Arc::clone(bytes))
    }

    pub(super) fn keep(&mut self, at: u64, bytes: Arc<Vec<u8>>) {
        if self.0.len() >= 2 * UNPACKED {
            self.0.remove(0);
        }
        self.0.push((at, bytes));
    }
}
