//! What each process has mapped of memory that processes share. It comes with calls that stop the program; what goes stops nobody, as a
//! program gives up private memory as often as it likes, so the kernel is asked before each moment whether what is known is there still.

use super::super::edits::{OfObject, OfProcess};
use super::super::unmapped::Turn;
use super::Picture;
use crate::observe::{self, Addresses, Area, FileKey};
use crate::world::{Body, Change, FdNumber, Known, MapName, Mapped, Mapping, ObjectId, ObjectKind, Pid, Space};

/// Of so many processes what tells of their addresses is kept open.
const OPEN: usize = 64;

/// What is kept of one process's mappings beside what the world shows.
#[derive(Debug, Default)]
pub(super) struct Ground {
    /// So many have had a name.
    named: u32,
    pub(super) addresses: Option<Addresses>,
}

impl Ground {
    /// As a fork hands it on.
    pub(super) fn inherited(&self) -> Ground {
        Ground { named: self.named, addresses: None }
    }
}

impl Picture {
    /// Somebody has mapped memory that is shared.
    pub(in super::super) fn any_mapped(&self) -> bool {
        self.mapped > 0
    }

    /// Those who have.
    pub(in super::super) fn who_mapped(&self) -> Vec<Pid> {
        let all = self.world.living().filter(|p| !p.space.mappings.is_empty());
        all.map(|p| p.pid).collect()
    }

    /// What a living process has mapped.
    pub(in super::super) fn mappings(&self, pid: Pid) -> &[Mapping] {
        self.process(pid).map_or(&[], |p| &p.space.mappings)
    }

    /// The mapping that begins at an address.
    pub(in super::super) fn mapping_at(&self, pid: Pid, start: u64) -> Option<&Mapping> {
        self.mappings(pid).iter().find(|m| m.start == start)
    }

    /// Have what tells of a process's addresses open; `false` where that cannot be had.
    pub(super) fn open_addresses(&mut self, pid: Pid) -> bool {
        match self.beside.get(&pid) {
            None => return false,
            Some(beside) if beside.ground.addresses.is_some() => return true,
            Some(_) => {}
        }
        let mut open = self.beside.values_mut().filter(|b| b.ground.addresses.is_some());
        let surplus = open.next().filter(|_| open.count() + 1 >= OPEN);
        surplus.into_iter().for_each(|b| b.ground.addresses = None);
        let addresses = Addresses::of(pid).ok();
        let found = addresses.is_some();
        if let Some(beside) = self.beside.get_mut(&pid) {
            beside.ground.addresses = addresses;
        }
        found
    }

    /// What tells of a process's addresses, where it is open.
    pub(super) fn addresses(&self, pid: Pid) -> Option<&Addresses> {
        self.beside.get(&pid)?.ground.addresses.as_ref()
    }

    /// All areas of a process that are shared; `None` where they cannot be had, or its memory is given up.
    pub(super) fn shared_areas(&mut self, pid: Pid) -> Option<Vec<Area>> {
        self.open_addresses(pid);
        self.addresses(pid)?.shared().ok()?
    }

    /// A call has mapped memory: this much of it, at this address, through this descriptor where there was one. The name it has now.
    pub(in super::super) fn map(&mut self, pid: Pid, start: u64, length: u64, fd: Option<FdNumber>) -> Option<MapName> {
        self.open_addresses(pid);
        let (area, page) = (self.addresses(pid)?.at(start).ok()??, self.addresses(pid)?.page());
        let behind = fd.and_then(|fd| self.behind(pid, fd)).map(|object| object.id.clone());
        let id = match behind {
            Some(id) => {
                self.inodes.insert(area.file(), id.clone());
                id
            }
            None => self.object_of(pid, &area)?,
        };
        self.become_memory(&id);
        let most = area.end.saturating_sub(start);
        // System V memory is mapped whole: 0.
        let length = if length == 0 { most } else { length.next_multiple_of(page).min(most) };
        let replaced = self.make_room(pid, start, start + length);
        let name = self.next_name(pid);
        let offset = area.offset + (start - area.start);
        let unnamed = fd.is_none() && id.0.starts_with("anonymous:");
        self.put_mapping(pid, mapping(name, (start, length), &area, offset, id.clone()));
        if unnamed {
            self.set_fresh(&id);
        }
        replaced.iter().for_each(|id| self.recount(id));
        name
    }

    /// A new mapping may stand where others stood, as with MAP_FIXED: what they were of, which may be mapped by nobody now.
    fn make_room(&mut self, pid: Pid, start: u64, end: u64) -> Vec<ObjectId> {
        let over = |m: &&Mapping| m.start < end && start < m.start + m.length;
        let replaced: Vec<Mapping> = self.mappings(pid).iter().filter(over).cloned().collect();
        for old in &replaced {
            self.take_out(pid, old.start);
            if old.start < start {
                self.put_mapping(pid, Mapping { length: start - old.start, ..old.clone() });
            }
            if end < old.start + old.length {
                let (offset, length) = (old.offset + (end - old.start), old.start + old.length - end);
                let name = if old.start < start { self.next_name(pid) } else { old.name };
                self.put_mapping(pid, Mapping { name, start: end, length, offset, ..old.clone() });
            }
        }
        replaced.into_iter().filter_map(|old| old.object).collect()
    }

    /// shmdt(2) has unmapped what began at an address.
    pub(in super::super) fn detached(&mut self, pid: Pid, start: u64) {
        self.take_mapping(pid, start);
    }

    fn next_name(&mut self, pid: Pid) -> Option<MapName> {
        let ground = &mut self.beside.get_mut(&pid)?.ground;
        ground.named += 1;
        Some(MapName(ground.named))
    }

    /// The object that an area shows, in the world from now on. `None` where its name is needed for that and cannot be had.
    pub(super) fn object_of(&mut self, pid: Pid, area: &Area) -> Option<ObjectId> {
        if let Some(id) = self.inodes.get(&area.file()) {
            return Some(id.clone());
        }
        let named = self.shared_areas(pid)?.into_iter().find(|other| other.file() == area.file())?;
        let id = named.object();
        if !self.places.contains_key(&id) {
            self.known(Some(observe::unseen_memory(id.clone(), area.inode)));
        }
        self.inodes.insert(area.file(), id.clone());
        Some(id)
    }

    /// An object is mapped: a file of the program's is memory from then on.
    fn become_memory(&mut self, id: &ObjectId) {
        let Some(place) = self.places.get(id).copied() else { return };
        if self.world.objects.get(place).is_some_and(|o| o.kind != ObjectKind::Memory) {
            self.mark_object(place, OfObject::Whole);
            self.world.objects.get_mut(place).into_iter().for_each(|o| o.become_memory(None));
            self.look(id, true);
        }
    }

    /// A mapping is there that was not.
    pub(super) fn put_mapping(&mut self, pid: Pid, mapping: Mapping) {
        let Some(process) = self.process_mut(pid, OfProcess::Space) else { return };
        let (name, object) = (process.name.clone(), mapping.object.clone());
        let (all, named) = (&mut process.space.mappings, mapping.name);
        let at = all.partition_point(|m| m.start < mapping.start);
        all.insert(at, mapping);
        self.mapped += 1;
        self.addresses(pid).into_iter().for_each(Addresses::forget_touched);
        if let Some(named) = named {
            self.changed(Change::Mapped(name, named));
        }
        object.into_iter().for_each(|id| self.recount(&id));
    }

    /// A mapping is gone.
    pub(super) fn take_mapping(&mut self, pid: Pid, start: u64) {
        let object = self.take_out(pid, start);
        object.into_iter().for_each(|id| self.recount(&id));
    }

    /// The same, before it is asked who maps what it was of.
    fn take_out(&mut self, pid: Pid, start: u64) -> Option<ObjectId> {
        let process = self.process_mut(pid, OfProcess::Space)?;
        let at = process.space.mappings.iter().position(|m| m.start == start)?;
        let (name, old) = (process.name.clone(), process.space.mappings.remove(at));
        self.mapped = self.mapped.saturating_sub(1);
        let object = old.object.clone();
        self.changed(Change::Unmapped(name, old));
        self.doubtful.extend(object.clone());
        object
    }

    /// The memory that a process had is given up, by exec or with its end; `told`: each mapping is.
    pub(super) fn drop_space(&mut self, pid: Pid, told: bool) {
        self.beside.get_mut(&pid).into_iter().for_each(|b| b.ground = Ground::default());
        if self.mappings(pid).is_empty() {
            return;
        }
        let Some(process) = self.process_mut(pid, OfProcess::Space) else { return };
        let (name, gone) = (process.name.clone(), std::mem::take(&mut process.space).mappings);
        self.mapped = self.mapped.saturating_sub(gone.len());
        let mut ids: Vec<ObjectId> = gone.iter().filter_map(|m| m.object.clone()).collect();
        if told {
            gone.into_iter().for_each(|old| self.changed(Change::Unmapped(name.clone(), old)));
        }
        ids.sort_unstable();
        ids.dedup();
        self.doubtful.extend(ids.iter().cloned());
        ids.iter().for_each(|id| self.recount(id));
    }

    /// A fork copies what is mapped, but for what madvise(2) has kept from it.
    pub(super) fn inherit_space(&mut self, pid: Pid, space: &Space) {
        if space.mappings.is_empty() {
            return;
        }
        self.open_addresses(pid);
        let copied: Vec<Mapping> =
            space.mappings.iter().filter(|m| self.is_there(pid, m) != Some(false)).cloned().collect();
        if copied.is_empty() {
            return;
        }
        let mut ids: Vec<ObjectId> = copied.iter().filter_map(|m| m.object.clone()).collect();
        self.mapped += copied.len();
        self.process_mut(pid, OfProcess::Space).into_iter().for_each(|p| p.space.mappings.clone_from(&copied));
        ids.sort_unstable();
        ids.dedup();
        ids.iter().for_each(|id| self.recount(id));
    }

    /// Who maps an object is to be found anew. Where nobody does, and nobody has it open, it is gone.
    fn recount(&mut self, id: &ObjectId) {
        let Some(place) = self.places.get(id).copied() else { return };
        let of = |m: &&Mapping| m.object.as_ref() == Some(id);
        let living = self.world.processes.iter().filter(|p| p.state.is_alive());
        let maps = living.flat_map(|p| p.space.mappings.iter().filter(of).map(move |m| (p, m)));
        let maps: Vec<Mapped> = maps
            .map(|(p, m)| Mapped { process: p.name.clone(), pid: p.pid, name: m.name, access: m.access, shared: true })
            .collect();
        self.mark_object(place, OfObject::Body);
        let Some(object) = self.world.objects.get_mut(place) else { return };
        let Body::Memory(memory) = &mut object.body else { return };
        if memory.maps == maps {
            return;
        }
        let nobody = maps.is_empty();
        memory.maps = maps;
        self.size_by_mappings(place);
        self.body_changed(id);
        if nobody {
            self.is_mapped_no_more(place);
        }
    }

    /// Memory without a name is as long as the mapping that made it.
    fn size_by_mappings(&mut self, place: usize) {
        let Some(object) = self.world.objects.get_mut(place) else { return };
        if !object.id.0.starts_with("anonymous:") {
            return;
        }
        let of = |m: &&Mapping| m.object.as_ref() == Some(&object.id);
        let living = self.world.processes.iter().filter(|p| p.state.is_alive());
        let end = living.flat_map(|p| p.space.mappings.iter().filter(of)).map(|m| m.offset + m.length).max();
        if let (Body::Memory(memory), Some(end)) = (&mut object.body, end) {
            memory.size = Known::Yes(end.max(memory.size.value().copied().unwrap_or(0)));
        }
    }

    /// A file that nobody has mapped any more is a file again.
    fn is_mapped_no_more(&mut self, place: usize) {
        let Some(object) = self.world.objects.get_mut(place) else { return };
        let (id, inode) = (object.id.0.clone(), object.inode);
        let memory = ["memfd:", "/dev/shm/", "anonymous:", "/SYSV", "/anon_hugepage"].iter().any(|p| id.starts_with(p));
        if !memory {
            object.kind = ObjectKind::File;
            object.body = Body::Plain;
            self.mark_object(place, OfObject::Whole);
        }
        match id.starts_with("/SYSV") {
            true => self.segment_may_be_gone(inode),
            false => self.gone_if_unused(place),
        }
        // Who still has it open may be looked through.
        self.look(&ObjectId(id), false);
    }

    /// Whether a process has all of a mapping as it is known; `None`: its memory is given up, or the kernel does not say.
    fn is_there(&self, pid: Pid, mapping: &Mapping) -> Option<bool> {
        let (mut at, end) = (mapping.start, mapping.start + mapping.length);
        while at < end {
            match self.addresses(pid)?.at(at) {
                Ok(Some(area)) if self.is_part(mapping, &area) && area.access == mapping.access => at = area.end,
                Ok(_) => return Some(false),
                Err(_) => return None,
            }
        }
        Some(true)
    }

    /// An area shows what a mapping does, where they overlap.
    fn is_part(&self, mapping: &Mapping, area: &Area) -> bool {
        let begins = i128::from(area.offset) - i128::from(area.start);
        area.shared
            && self.inodes.get(&area.file()) == mapping.object.as_ref()
            && begins == i128::from(mapping.offset) - i128::from(mapping.start)
    }

    /// In what a process's mappings are others than they are known to be; the kernel is asked.
    pub(in super::super) fn turns(&mut self, pid: Pid) -> Vec<Turn> {
        if !self.open_addresses(pid) {
            return Vec::new();
        }
        // Where its memory is given up, its end or its next program will be told of.
        let there = || self.mappings(pid).iter().all(|mapping| self.is_there(pid, mapping) != Some(false));
        if self.addresses(pid).is_some_and(Addresses::answers) && there() {
            return Vec::new();
        }
        let Some(areas) = self.shared_areas(pid) else { return Vec::new() };
        let known = self.mappings(pid).to_vec();
        let known_file = |area: &Area| self.inodes.contains_key(&area.file());
        let areas: Vec<Area> = areas.into_iter().filter(|a| a.is_memory() || known_file(a)).collect();
        Turn::between(&known, &areas, |mapping, area| self.is_part(mapping, area))
    }

    /// Take one of them in.
    pub(in super::super) fn take_turn(&mut self, pid: Pid, turn: Turn) {
        match turn {
            Turn::Gone(old) => self.take_mapping(pid, old.start),
            Turn::Other { old, now, .. } => {
                self.replace_mapping(pid, &old, now);
            }
            Turn::New(area) => {
                if let Some(id) = self.object_of(pid, &area) {
                    let name = self.next_name(pid);
                    let length = area.end - area.start;
                    self.put_mapping(pid, mapping(name, (area.start, length), &area, area.offset, id));
                }
            }
        }
    }

    fn replace_mapping(&mut self, pid: Pid, old: &Mapping, now: Mapping) {
        let Some(process) = self.process_mut(pid, OfProcess::Space) else { return };
        process.space.mappings.retain(|m| m.start != old.start);
        self.mapped = self.mapped.saturating_sub(1);
        self.put_mapping(pid, now);
    }

    /// What was known by this file is no more.
    pub(super) fn forget_files(&mut self, id: &ObjectId) {
        self.inodes.retain(|_, known| known != id);
    }

    /// The object that is known by this file, where it is: it may be called otherwise now.
    pub(super) fn by_file(&self, file: Option<FileKey>) -> Option<&ObjectId> {
        self.inodes.get(&file?)
    }
}

fn mapping(name: Option<MapName>, (start, length): (u64, u64), area: &Area, offset: u64, id: ObjectId) -> Mapping {
    let words = Known::No("nobody has looked".into());
    Mapping { name, start, length, access: area.access, shared: true, object: Some(id), offset, words }
}
