//! Memory: addresses, and words that hold process ids, which locks are.

use super::{ADDRESS, Stable};
use crate::world::{Body, Known, Mapped, Mapping, Memory, Space, lock};

impl Stable {
    pub(super) fn space(&mut self, space: &Space) -> Space {
        Space {
            mappings: space.mappings.iter().map(|m| self.mapping(m)).collect(),
            unreadable: space.unreadable.as_ref().map(|why| self.text(why)),
            waits_at: space.waits_in().map(|(_, offset)| ADDRESS.unsigned_abs() + offset),
        }
    }

    pub(super) fn mapping(&mut self, mapping: &Mapping) -> Mapping {
        Mapping {
            start: ADDRESS.unsigned_abs(),
            object: mapping.object.as_ref().map(|id| self.id(id)),
            words: self.words(&mapping.words),
            ..mapping.clone()
        }
    }

    pub(super) fn body(&mut self, body: &Body) -> Body {
        let Body::Memory(memory) = body else { return body.clone() };
        Body::Memory(Memory {
            words: self.words(&memory.words),
            maps: memory.maps.iter().map(|m| Mapped { pid: self.pid(m.pid), ..m.clone() }).collect(),
            ..memory.clone()
        })
    }

    fn words(&mut self, words: &Known<Vec<u64>>) -> Known<Vec<u64>> {
        match words {
            Known::Yes(words) => Known::Yes(words.iter().map(|w| self.word(*w)).collect()),
            Known::No(why) => Known::No(self.text(why)),
        }
    }

    /// A lock holds the process id of its owner.
    fn word(&self, word: u64) -> u64 {
        lock::with_owner(word, |pid| self.pids.get(&pid).copied()).unwrap_or(word)
    }
}
