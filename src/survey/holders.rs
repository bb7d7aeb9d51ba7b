//! Who holds what, as one list with an index: a machine has tens of thousands of ends, and every question goes through them.

use super::machine::Holder;
use super::quick::QuickMap;
use crate::observe::{Held, ProcessInfo, Thing};
use crate::world::Pid;

/// Every descriptor that refers to a thing, those of one thing together.
#[derive(Debug, Default)]
pub(super) struct Holders {
    /// The place of each thing in the order in which one is first held.
    places: QuickMap<Thing, usize>,
    /// Where the holders of each begin, and where the last end.
    starts: Vec<usize>,
    /// In the order of the pids and, within one, of its table.
    all: Vec<Holder>,
}

impl Holders {
    /// Of these processes but one, whose descriptors are nobody's trouble.
    pub(super) fn of(processes: &[ProcessInfo], but: Pid) -> Holders {
        let ends = || processes.iter().filter(|p| p.pid != but).flat_map(|p| p.held.iter().map(|held| (p.pid, *held)));
        let count = ends().count();
        let mut places: QuickMap<Thing, usize> = QuickMap::default();
        places.reserve(count);
        let mut counts: Vec<usize> = Vec::new();
        let mut at = Vec::with_capacity(count);
        for (_, held) in ends() {
            let new = places.len();
            let place = *places.entry(held.thing).or_insert(new);
            if place == new {
                counts.push(0);
            }
            if let Some(count) = counts.get_mut(place) {
                *count += 1;
            }
            at.push(place);
        }
        let mut starts = vec![0];
        starts.extend(counts.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        }));
        let mut next = starts.clone();
        let none = Holder { pid: 0, fd: 0, access: crate::world::Access::None };
        let mut all = vec![none; count];
        for ((pid, Held { fd, access, .. }), place) in ends().zip(at) {
            let Some(slot) = next.get_mut(place) else { continue };
            if let Some(holder) = all.get_mut(*slot) {
                *holder = Holder { pid, fd, access };
            }
            *slot += 1;
        }
        Holders { places, starts, all }
    }

    /// The place of a thing among all, in the order in which one is first held; `None`: nobody holds it.
    pub(super) fn place(&self, thing: Thing) -> Option<usize> {
        self.places.get(&thing).copied()
    }

    /// How many things are held.
    pub(super) fn things(&self) -> usize {
        self.places.len()
    }

    /// Those of one thing.
    pub(super) fn at(&self, thing: Thing) -> &[Holder] {
        let range = self.place(thing).and_then(|place| Some(*self.starts.get(place)?..*self.starts.get(place + 1)?));
        range.and_then(|range| self.all.get(range)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Access;

    fn process(pid: Pid, held: &[(i32, u64)]) -> ProcessInfo {
        let held = held.iter().map(|&(fd, inode)| Held { fd, access: Access::Read, thing: Thing::Pipe(inode) });
        ProcessInfo { pid, held: held.collect(), ..ProcessInfo::default() }
    }

    #[test]
    fn those_of_one_thing_are_together_and_in_order() {
        let all =
            [process(3, &[(0, 7), (1, 8), (5, 7)]), process(4, &[(9, 9)]), process(5, &[(2, 7)]), process(6, &[])];
        let holders = Holders::of(&all, 4);
        let at = |inode| holders.at(Thing::Pipe(inode)).iter().map(|h| (h.pid, h.fd)).collect::<Vec<_>>();
        assert_eq!(at(7), [(3, 0), (3, 5), (5, 2)]);
        assert_eq!((at(8), at(9), at(10)), (vec![(3, 1)], vec![], vec![]));
        assert_eq!(Holders::default().at(Thing::Pipe(7)), []);
    }
}
