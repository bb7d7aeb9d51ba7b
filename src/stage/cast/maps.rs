//! The mappings that a process's calls made, by name.

use crate::world::MapName;

/// The size of a page, in which the kernel maps.
pub(in crate::stage) const PAGE: u64 = 4096;

/// The mappings of one process. A fork copies it.
#[derive(Debug, Clone, Default)]
pub(in crate::stage) struct Maps {
    all: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    start: u64,
    length: u64,
    /// It was not given up.
    there: bool,
}

impl Maps {
    /// Take in what an mmap returned; its name.
    pub(in crate::stage) fn made(&mut self, start: u64, length: u64) -> MapName {
        self.all.push(Entry { start, length, there: true });
        MapName(u32::try_from(self.all.len()).unwrap_or(u32::MAX))
    }

    /// Take in that it was given up.
    pub(in crate::stage) fn given_up(&mut self, name: MapName) {
        if let Some(entry) = self.index(name).and_then(|i| self.all.get_mut(i)) {
            entry.there = false;
        }
    }

    /// Where it lies, or lay: address and length.
    pub(in crate::stage) fn place(&self, name: MapName) -> Option<(u64, u64)> {
        self.all.get(self.index(name)?).map(|e| (e.start, e.length))
    }

    /// Those that were not given up: name, address and length.
    pub(in crate::stage) fn there(&self) -> impl Iterator<Item = (MapName, u64, u64)> {
        let named = self.all.iter().zip(1..).filter(|(entry, _)| entry.there);
        named.map(|(entry, n)| (MapName(n), entry.start, entry.length.next_multiple_of(PAGE)))
    }

    fn index(&self, name: MapName) -> Option<usize> {
        usize::try_from(name.0).ok()?.checked_sub(1)
    }
}
