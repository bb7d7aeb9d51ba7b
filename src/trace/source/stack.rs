//! A thread's stack, read in a few pieces.

use crate::trace::memory::Memory;

/// Read at once; frames of callers stand close together.
const PIECE: u64 = 2048;
/// So many pieces are read at the most.
const PIECES: usize = 24;

/// What has been read of one.
pub(super) struct Stack<'m> {
    memory: Memory<'m>,
    pieces: Vec<(u64, Vec<u8>)>,
}

impl<'m> Stack<'m> {
    /// The stack of a stopped thread, from its top.
    pub(super) fn of(memory: Memory<'m>, top: u64) -> Stack<'m> {
        let mut stack = Stack { memory, pieces: Vec::new() };
        stack.read(top);
        stack
    }

    fn read(&mut self, from: u64) {
        self.pieces.push((from, self.memory.bytes(from, PIECE)));
    }

    fn known(&self, at: u64) -> Option<u64> {
        self.pieces.iter().find_map(|(from, bytes)| {
            let offset = usize::try_from(at.checked_sub(*from)?).ok()?;
            bytes.get(offset..)?.first_chunk().map(|word| u64::from_ne_bytes(*word))
        })
    }

    /// The word at an address.
    pub(super) fn word(&mut self, at: u64) -> Result<u64, ()> {
        if let Some(word) = self.known(at) {
            return Ok(word);
        }
        if self.pieces.len() >= PIECES {
            return Err(());
        }
        self.read(at);
        self.known(at).ok_or(())
    }
}
