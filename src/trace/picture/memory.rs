//! What lies in memory that is shared, how long it is, and what it is called.
//!
//! Who stores there makes no call: the first words are read again for each moment, through a process that has touched them. That takes
//! nothing from anybody and waits for nobody. A page that none of them has touched holds what it held, and is not looked at, for a look
//! would bring it into being; but where somebody who had it has unmapped it since, it may hold something else.

use super::super::edits::{OfObject, OfProcess};
use super::Picture;
use crate::observe;
use crate::world::{Body, Change, Known, Mapping, ObjectId, ObjectKind, Pid};
use smallvec::SmallVec;

/// So many words are shown, of 64 bits.
const WORDS: usize = 8;
type Words = SmallVec<[u64; WORDS]>;

/// Why they are not known.
fn untouched() -> Known<Vec<u64>> {
    Known::No("it has not touched them yet".into())
}

impl Picture {
    /// The words of all memory that is mapped, as they are now.
    pub(in super::super) fn look_at_mapped(&mut self) {
        if self.mapped == 0 {
            return;
        }
        for pid in self.who_mapped() {
            self.open_addresses(pid);
        }
        for place in 0..self.world.objects.len() {
            let object = self.world.objects.get(place);
            if object.and_then(|o| o.memory()).is_some_and(|m| !m.maps.is_empty()) {
                if let Some(words) = self.words_through_mappings(place) {
                    self.put_words(place, &words);
                }
                self.words_of_mappings(place);
            }
        }
    }

    /// Memory after a call on it: how long it is, and its words.
    pub(super) fn look_at_memory(&mut self, place: usize) {
        let Some(object) = self.world.objects.get(place) else { return };
        let id = object.id.clone();
        let size = object
            .holders
            .iter()
            .filter(|h| !h.outside)
            .find_map(|h| self.beside.get(&h.pid)?.table.as_ref()?.size(h.fd));
        let words = self.words_through_mappings(place);
        self.mark_object(place, OfObject::Body);
        let Picture { world, looker, .. } = self;
        let Some(object) = world.objects.get_mut(place) else { return };
        let before = object.body.clone();
        if let (Body::Memory(memory), Some(size)) = (&mut object.body, size) {
            memory.size = Known::Yes(size);
        }
        if words.is_none() {
            let known = object.memory().map(|m| m.words.clone());
            looker.body(object);
            // Nobody may look through a descriptor, and what was seen is there still.
            if let (Body::Memory(memory), Some(known @ Known::Yes(_))) = (&mut object.body, known)
                && memory.words.value().is_none()
            {
                memory.words = known;
            }
        }
        if before != object.body {
            self.body_changed(&id);
        }
        if let Some(words) = words {
            self.put_words(place, &words);
        }
        self.words_of_mappings(place);
    }

    /// Its first words, through the first process that has it mapped from its start and has touched them.
    fn words_through_mappings(&mut self, place: usize) -> Option<Words> {
        let id = &self.world.objects.get(place)?.id;
        let from_start = |m: &&Mapping| m.offset == 0 && m.object.as_ref() == Some(id);
        let living = self.world.processes.iter().filter(|p| p.state.is_alive());
        let mut ways = living.flat_map(|p| p.space.mappings.iter().filter(from_start).map(|m| (p.pid, m.start)));
        let first = ways.clone().next();
        let touched = ways.find_map(|(pid, start)| self.words_at(pid, start));
        if self.doubtful.is_empty() {
            return touched;
        }
        let id = id.clone();
        let unseen = self.doubtful.remove(&id);
        touched.or_else(|| first.filter(|_| unseen).and_then(|(pid, start)| self.words_there(pid, start)))
    }

    /// Words that a process has touched.
    fn words_at(&self, pid: Pid, address: u64) -> Option<Words> {
        self.addresses(pid).filter(|addresses| addresses.has_touched(address))?;
        self.words_there(pid, address)
    }

    fn words_there(&self, pid: Pid, address: u64) -> Option<Words> {
        let mut bytes = [0; WORDS * 8];
        let got = self.memory(pid, pid).into(address, &mut bytes);
        let words = bytes.get(..got)?.as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word)).collect();
        Some(words).filter(|words: &Words| !words.is_empty())
    }

    fn put_words(&mut self, place: usize, words: &[u64]) {
        let Some(object) = self.world.objects.get_mut(place) else { return };
        let Body::Memory(memory) = &mut object.body else { return };
        // What lies behind the end reads as zeros in the last page, and is no part of it.
        let size = memory.size.value().copied().unwrap_or(u64::MAX);
        let words = words.get(..usize::try_from(size.div_ceil(8)).unwrap_or(WORDS)).unwrap_or(words);
        if memory.words.value().map(Vec::as_slice) != Some(words) {
            memory.words = Known::Yes(words.to_vec());
            let id = object.id.clone();
            self.mark_object(place, OfObject::Body);
            self.body_changed(&id);
        }
    }

    /// What each mapping of an object begins with: from its start on, that is what the object does.
    fn words_of_mappings(&mut self, place: usize) {
        let Some(object) = self.world.objects.get(place) else { return };
        let Some(words) = object.memory().map(|m| &m.words) else { return };
        let mut others = Vec::new();
        for (at, process) in self.world.processes.iter().enumerate().filter(|(_, p)| p.state.is_alive()) {
            for (nth, mapping) in process.space.mappings.iter().enumerate() {
                if mapping.object.as_ref() != Some(&object.id) || mapping.offset == 0 && mapping.words == *words {
                    continue;
                }
                let now = match mapping.offset {
                    0 => words.clone(),
                    _ => self.words_at(process.pid, mapping.start).map_or_else(untouched, |w| Known::Yes(w.to_vec())),
                };
                if now != mapping.words {
                    others.push((at, nth, now));
                }
            }
        }
        for (at, nth, now) in others {
            self.mark_process(at, OfProcess::Space);
            let mapping = self.world.processes.get_mut(at).and_then(|p| p.space.mappings.get_mut(nth));
            mapping.into_iter().for_each(|m| m.words.clone_from(&now));
        }
    }

    /// Memory that nobody can have stored to yet, as a call has just made it.
    pub(super) fn set_fresh(&mut self, id: &ObjectId) {
        let Some(place) = self.places.get(id).copied() else { return };
        let fresh = |words: &Known<Vec<u64>>| words.value().is_none();
        if self.world.objects.get(place).and_then(|o| o.memory()).is_some_and(|m| fresh(&m.words)) {
            self.put_words(place, &[0; WORDS]);
        }
    }

    /// Its words, its size or those who map it are others.
    pub(super) fn body_changed(&mut self, id: &ObjectId) {
        let change = Change::Body(id.clone());
        if !self.changes.contains(&change) {
            self.changed(change);
        }
    }

    /// A name has come or gone: memory that is open or mapped may be called otherwise from now on.
    pub(in super::super) fn rename_memory(&mut self) {
        let known: Vec<ObjectId> = self.inodes.values().filter(|id| id.0.starts_with('/')).cloned().collect();
        for id in known {
            let Some(now) = self.name_of_memory(&id).filter(|now| *now != id) else { continue };
            let Some(place) = self.places.remove(&id) else { continue };
            self.places.insert(now.clone(), place);
            self.inodes.values_mut().filter(|known| **known == id).for_each(|known| known.clone_from(&now));
            self.mark_object(place, OfObject::Whole);
            self.world.objects.get_mut(place).into_iter().for_each(|o| o.id.clone_from(&now));
            self.refer_anew(&id, &now);
            self.body_changed(&now);
        }
    }

    /// What the kernel calls it, by the first that has it open, else by the first that maps it.
    fn name_of_memory(&mut self, id: &ObjectId) -> Option<ObjectId> {
        let object = self.object(id)?;
        let holder = object.holders.iter().find(|h| !h.outside).map(|h| (h.pid, h.fd));
        if let Some((pid, fd)) = holder {
            return self.beside.get(&pid)?.table.as_ref()?.entry(fd)?.fd.target.object().cloned();
        }
        let pid = object.memory()?.maps.first()?.pid;
        self.shared_areas(pid)?.iter().find(|area| self.inodes.get(&area.file()) == Some(id)).map(observe::Area::object)
    }

    /// All that refers to an object does so by its new name.
    fn refer_anew(&mut self, old: &ObjectId, now: &ObjectId) {
        let mut changed = Vec::new();
        for (place, process) in self.world.processes.iter_mut().enumerate() {
            let fds = process.fds.iter_mut().filter_map(|fd| match &mut fd.target {
                crate::world::Target::Object(id) => Some(id),
                _ => None,
            });
            let mappings = process.space.mappings.iter_mut().filter_map(|m| m.object.as_mut());
            let all: Vec<&mut ObjectId> = fds.chain(mappings).filter(|id| **id == *old).collect();
            if !all.is_empty() {
                changed.push(place);
                all.into_iter().for_each(|id| id.clone_from(now));
            }
        }
        changed.into_iter().for_each(|place| self.mark_process(place, OfProcess::Whole));
    }

    /// It is memory.
    pub(super) fn is_memory(&self, id: &ObjectId) -> bool {
        self.object(id).is_some_and(|o| o.kind == ObjectKind::Memory)
    }
}
