//! What the stage's terminal has shown, kept so that one can look back at it.

/// At most so many bytes are kept; a flood drops the oldest.
const KEPT: usize = 1 << 20;

/// The bytes the stage's terminal has shown, oldest first.
#[derive(Debug, Clone, Default)]
pub struct TerminalLog {
    bytes: Vec<u8>,
    dropped: usize,
}

impl TerminalLog {
    /// Append what was just shown.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        // Twice the limit before anything moves: dropping costs a copy of what stays.
        if self.bytes.len() > 2 * KEPT {
            let surplus = self.bytes.len() - KEPT;
            self.bytes.drain(..surplus);
            self.dropped += surplus;
        }
    }

    /// How many bytes were shown in all.
    pub fn total(&self) -> usize {
        self.dropped + self.bytes.len()
    }

    /// What had been shown when `total` said `upto`; without what was dropped since.
    pub fn upto(&self, upto: usize) -> &[u8] {
        let end = upto.saturating_sub(self.dropped).min(self.bytes.len());
        &self.bytes[..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_drops_the_oldest_and_keeps_count() {
        let mut log = TerminalLog::default();
        for _ in 0..40 {
            log.push(&[b'x'; 100_000]);
        }
        assert_eq!(log.total(), 4_000_000);
        assert!(log.upto(4_000_000).len() <= 2 * KEPT);
        assert!(log.upto(0).is_empty());
    }
}
