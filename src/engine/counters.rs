//! What was added to the words of shared memory, from the increments that were seen to finish.
//!
//! A word that was counted up by several has to be what it was, plus what each added. That is told only while nothing else
//! was seen to store there; a word that was stored to begins anew.

use crate::notation::{Call, Completion, MemoryCall, Outcome, Place};
use crate::world::{Added, Body, ProcName, State, World};
use std::collections::BTreeMap;

/// The additions to each word, by the inode of its memory and the offset in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Counters {
    words: BTreeMap<(u64, u64), Added>,
}

impl Counters {
    /// Take the calls that completed between two worlds into account, and tell `after` what was added.
    pub(super) fn fill(&mut self, before: &World, after: &mut World, calls: &[&Completion]) {
        // What somebody adds at this moment is in the word already, and nobody knows how much it is.
        let quiet = !before.processes.iter().any(|p| p.state == State::Running);
        for done in calls {
            self.follow((before, after), done, quiet);
        }
        for object in &mut after.objects {
            let inode = object.inode;
            let Body::Memory(memory) = &mut object.body else { continue };
            memory.added = self.words.range((inode, 0)..=(inode, u64::MAX)).map(|(_, added)| added.clone()).collect();
        }
    }

    fn follow(&mut self, (before, after): (&World, &World), done: &Completion, quiet: bool) {
        match (&done.call, &done.outcome) {
            (Some(Call::Memory(call)), Outcome::Returned(0)) => match call {
                MemoryCall::Increment { place, times, .. } | MemoryCall::AtomicIncrement { place, times, .. } => {
                    self.add((before, after), &done.process, *place, *times, quiet);
                }
                MemoryCall::Store { place, .. } | MemoryCall::Lock { place } | MemoryCall::Unlock { place } => {
                    if let Some((inode, offset, _)) = word((before, after), &done.process, *place) {
                        self.words.remove(&(inode, offset));
                    }
                }
                MemoryCall::Ftruncate { .. } => self.words.clear(),
                _ => {}
            },
            // Memory has a descriptor, through which it can be written; and who died in an increment has made a part of it.
            (Some(call), Outcome::Returned(_)) if call.puts().is_some() => self.words.clear(),
            (_, Outcome::Died(_)) => self.words.clear(),
            _ => {}
        }
    }

    fn add(&mut self, worlds: (&World, &World), who: &ProcName, place: Place, times: u64, quiet: bool) {
        let Some((inode, offset, was)) = word(worlds, who, place) else { return };
        let added = match self.words.entry((inode, offset)) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => match was.filter(|_| quiet) {
                Some(from) => entry.insert(Added { offset, from, sum: 0, by: Vec::new() }),
                None => return,
            },
        };
        added.sum = added.sum.saturating_add(times);
        if !added.by.contains(who) {
            added.by.push(who.clone());
        }
    }
}

/// The memory that a place is in and its offset there, with the word that stood there before; nothing where it is private.
fn word((before, after): (&World, &World), who: &ProcName, place: Place) -> Option<(u64, u64, Option<u64>)> {
    let found = [before, after].into_iter().find_map(|world| {
        let mapping = world.process(who)?.space.named(place.map).filter(|m| m.shared)?;
        let object = world.object(mapping.object.as_ref()?)?;
        Some((object, mapping.offset + place.offset))
    });
    let (object, offset) = found?;
    let words = before.same_object(object).and_then(|o| o.memory()?.words.value());
    let was = usize::try_from(offset / 8).ok().and_then(|i| words?.get(i).copied());
    Some((object.inode, offset, was))
}
