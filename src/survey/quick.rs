//! Hashing of the kernel's numbers, which nobody chooses so that they collide: some multiplications in place of the
//! library's defence against that.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A map whose keys are made of pids and inode numbers.
pub type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;
/// A set of the same.
pub(super) type QuickSet<K> = HashSet<K, BuildHasherDefault<Quick>>;

/// Each word is mixed in by a multiplication, whose upper half, the better one, comes back to the lower at the end.
#[derive(Debug, Default, Clone, Copy)]
pub struct Quick(u64);

impl Quick {
    fn mix(&mut self, word: u64) {
        // 2^64 divided by the golden ratio, made odd: neighbours come to lie far apart.
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.mix(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, n: u32) {
        self.mix(u64::from(n));
    }

    fn write_i32(&mut self, n: i32) {
        self.mix(u64::from(n.cast_unsigned()));
    }

    fn write_u64(&mut self, n: u64) {
        self.mix(n);
    }

    fn write_isize(&mut self, n: isize) {
        self.mix(n.unsigned_abs() as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::Thing;
    use std::hash::{BuildHasher, BuildHasherDefault};

    #[test]
    fn inodes_one_after_the_other_do_not_collide() {
        let hash = |thing: &Thing| BuildHasherDefault::<Quick>::default().hash_one(thing);
        let things = (1..10_000).flat_map(|n| [Thing::Pipe(n), Thing::Socket(n), Thing::Fifo(n, (8, 1))]);
        // The lowest bits choose the place in a table of some thousand, the highest seven tell neighbours apart.
        let all: Vec<u64> = things.map(|thing| hash(&thing)).collect();
        let distinct = |of: fn(u64) -> u64| all.iter().map(|h| of(*h)).collect::<HashSet<_>>().len();
        assert_eq!(distinct(|h| h), all.len());
        assert!(distinct(|h| h & 0xffff) > 20_000, "of 29 997 at random about 24 000 places would be taken");
        assert_eq!(distinct(|h| h >> 57), 128);
    }
}
