//! Memory: addresses, and words that hold process ids, which locks are.

use super::{ADDRESS, Stable};
use crate::world::{Body, Known, Mapped, Mapping, Memory, PostQueue, Semaphores, Space, Usage, lock};

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
        let memory = match body {
            Body::Memory(memory) => memory,
            Body::PostQueue(queue) => {
                return Body::PostQueue(PostQueue {
                    last_sender: self.pid(queue.last_sender),
                    last_receiver: self.pid(queue.last_receiver),
                    usage: self.usage(&queue.usage),
                    ..queue.clone()
                });
            }
            Body::Semaphores(set) => {
                return Body::Semaphores(Semaphores { usage: self.usage(&set.usage), ..set.clone() });
            }
            other => return other.clone(),
        };
        Body::Memory(Memory {
            words: self.words(&memory.words),
            maps: memory.maps.iter().map(|m| Mapped { pid: self.pid(m.pid), ..m.clone() }).collect(),
            ..memory.clone()
        })
    }

    fn usage(&mut self, usage: &Usage) -> Usage {
        let mut usage = usage.clone();
        usage.users.iter_mut().for_each(|user| user.pid = self.pid(user.pid));
        for sleeper in &mut usage.sleepers {
            (sleeper.pid, sleeper.thread) = (self.pid(sleeper.pid), self.pid(sleeper.thread));
        }
        usage
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
