//! Who holds what, as one list with an index: a machine has tens of thousands of ends, and every question goes through them.

use super::quick::QuickMap;
use crate::observe::{Held, ProcessInfo, Thing};
use crate::world::{Access, FdNumber, Pid};

/// One process's way to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// The process.
    pub pid: Pid,
    /// Its descriptor; `None` for memory that it has mapped.
    pub fd: Option<FdNumber>,
    /// In which directions it may be used.
    pub access: Access,
}

/// Every descriptor that refers to a thing, those of one thing together.
#[derive(Debug, Default)]
pub(super) struct Holders {
    /// The place of each thing in the order in which one is first held.
    places: QuickMap<Thing, usize>,
    /// Where the holders of each begin, and where the last end.
    starts: Vec<usize>,
    /// In the order of the pids and, within one, of its table.
    all: Vec<End>,
    /// The places of what the processes hold, in the order of their tables.
    held: Vec<usize>,
    /// Where those of each process begin, and where the last end.
    tables: Vec<usize>,
}

impl Holders {
    /// Of these processes but one, whose descriptors are nobody's trouble.
    pub(super) fn of(processes: &[ProcessInfo], but: Pid) -> Holders {
        let table = |p: &ProcessInfo| if p.pid == but { 0 } else { p.held.len() };
        let tables = sums(processes.iter().map(table));
        let count = tables.last().copied().unwrap_or(0);
        let ends = || processes.iter().filter(|p| p.pid != but).flat_map(|p| p.held.iter().map(|held| (p.pid, *held)));
        let mut places: QuickMap<Thing, usize> = QuickMap::default();
        places.reserve(count);
        let mut counts: Vec<usize> = Vec::with_capacity(count);
        let mut held = Vec::with_capacity(count);
        for (_, Held { thing, .. }) in ends() {
            let new = places.len();
            let place = *places.entry(thing).or_insert(new);
            if place == new {
                counts.push(0);
            }
            if let Some(count) = counts.get_mut(place) {
                *count += 1;
            }
            held.push(place);
        }
        let starts = sums(counts.into_iter());
        let mut next = starts.clone();
        let mut all = vec![End { pid: 0, fd: None, access: Access::None }; count];
        for ((pid, Held { fd, access, .. }), place) in ends().zip(&held) {
            let Some(slot) = next.get_mut(*place) else { continue };
            if let Some(end) = all.get_mut(*slot) {
                *end = End { pid, fd: Some(fd), access };
            }
            *slot += 1;
        }
        Holders { places, starts, all, held, tables }
    }

    /// What the process with this index holds, each with its place.
    pub(super) fn table<'h>(&'h self, index: usize, process: &'h ProcessInfo) -> impl Iterator<Item = (Thing, usize)> {
        let places = between(&self.tables, index).and_then(|range| self.held.get(range)).unwrap_or_default();
        process.held.iter().map(|held| held.thing).zip(places.iter().copied())
    }

    /// The place of a thing among all, in the order in which one is first held; `None`: nobody holds it.
    pub(super) fn place(&self, thing: Thing) -> Option<usize> {
        self.places.get(&thing).copied()
    }

    /// Everything that is held, in no order.
    pub(super) fn all_things(&self) -> impl Iterator<Item = Thing> {
        self.places.keys().copied()
    }

    /// How many things are held.
    pub(super) fn things(&self) -> usize {
        self.places.len()
    }

    /// Those of one thing.
    pub(super) fn at(&self, thing: Thing) -> &[End] {
        self.place(thing).map_or(&[], |place| self.at_place(place))
    }

    /// Those of the thing at this place.
    pub(super) fn at_place(&self, place: usize) -> &[End] {
        between(&self.starts, place).and_then(|range| self.all.get(range)).unwrap_or_default()
    }
}

/// Where the parts of a list with these lengths begin, and where the last ends.
fn sums(lengths: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut sum = 0;
    let ends = lengths.map(|length| {
        sum += length;
        sum
    });
    std::iter::once(0).chain(ends).collect()
}

fn between(sums: &[usize], index: usize) -> Option<std::ops::Range<usize>> {
    Some(*sums.get(index)?..*sums.get(index + 1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: Pid, held: &[(i32, u64)]) -> ProcessInfo {
        let held = held.iter().map(|&(fd, inode)| Held { fd, access: Access::Read, thing: Thing::Pipe(inode) });
        ProcessInfo { pid, held: held.collect(), ..ProcessInfo::default() }
    }

    #[test]
    fn those_of_one_thing_are_together_and_in_order() {
        let all =
            [process(3, &[(0, 7), (1, 8), (5, 7)]), process(4, &[(9, 9)]), process(5, &[(2, 7)]), process(6, &[])];
        let holders = Holders::of(&all, 4);
        let at = |inode| holders.at(Thing::Pipe(inode)).iter().map(|e| (e.pid, e.fd.unwrap())).collect::<Vec<_>>();
        assert_eq!(at(7), [(3, 0), (3, 5), (5, 2)]);
        assert_eq!((at(8), at(9), at(10)), (vec![(3, 1)], vec![], vec![]));
        let table = |index: usize| holders.table(index, &all[index]).map(|(_, place)| place).collect::<Vec<_>>();
        assert_eq!((table(0), table(1), table(2), table(3)), (vec![0, 1, 0], vec![], vec![0], vec![]));
        assert_eq!(Holders::default().at(Thing::Pipe(7)), []);
    }
}
