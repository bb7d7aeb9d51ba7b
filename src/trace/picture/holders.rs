//! Who holds what: kept with each entry that comes and goes.

use super::super::edits::OfObject;
use super::Picture;
use crate::observe;
use crate::world::{Change, Fd, FdNumber, Holder, Object, ObjectId, Pid, World};

impl Picture {
    /// An object that an entry refers to: into the world where it is new.
    pub(super) fn known(&mut self, object: Option<Object>) {
        let Some(object) = object else { return };
        if !self.places.contains_key(&object.id) {
            let place = self.world.objects.len();
            self.mark_object(place, OfObject::Whole);
            self.places.insert(object.id.clone(), place);
            self.world.objects.push(object);
        }
    }

    /// One more entry refers to its object.
    pub(super) fn hold(&mut self, pid: Pid, fd: &Fd) {
        let Some(place) = fd.target.object().and_then(|id| self.places.get(id)).copied() else { return };
        let process = self.name(pid);
        self.mark_object(place, OfObject::Whole);
        let World { processes, objects, .. } = &mut self.world;
        let Some(object) = objects.get_mut(place) else { return };
        let new = Holder { process, pid, fd: fd.number, access: fd.access, outside: false };
        // Those that are there are in order: one of many is put in its place, and the others are not looked at.
        let rank = |h: &Holder| (h.outside, processes.iter().rposition(|p| p.pid == h.pid), h.fd);
        let of_new = rank(&new);
        let at = object.holders.partition_point(|h| rank(h) <= of_new);
        object.holders.insert(at, new);
        // Of those outside it is only known that they stand last.
        let outside = object.holders.partition_point(|h| !h.outside);
        object.holders.get_mut(outside..).unwrap_or_default().sort_by_key(|h| h.fd);
    }

    /// An entry is gone; with the last one the object is.
    pub(super) fn release(&mut self, pid: Pid, fd: &Fd) {
        let Some(id) = fd.target.object() else { return };
        let Some(place) = self.places.get(id).copied() else { return };
        self.mark_object(place, OfObject::Whole);
        let Some(object) = self.world.objects.get_mut(place) else { return };
        object.holders.retain(|h| h.outside || h.pid != pid || h.fd != fd.number);
        self.gone_if_unused(place);
    }

    /// Nobody who is traced has it open or mapped any more. Whoever is not traced may hold it still; nobody here can see it.
    pub(super) fn gone_if_unused(&mut self, place: usize) {
        let Some(object) = self.world.objects.get(place) else { return };
        let mapped = object.memory().is_some_and(|m| !m.maps.is_empty());
        if mapped || object.holders.iter().any(|h| !h.outside) || self.segments.contains(&object.id) {
            return;
        }
        let gone = self.remove_object(place);
        self.forget_files(&gone.id);
        self.doubtful.remove(&gone.id);
        self.set_unseen(vec![gone.id.clone()], 0);
        self.version += 1;
        if gone.holders.is_empty() && !gone.is_inherited() {
            self.changed(Change::Vanished(gone.id));
        }
    }

    /// Take an object out of the world.
    pub(super) fn remove_object(&mut self, place: usize) -> Object {
        let gone = self.world.objects.remove(place);
        self.marks.as_mut().into_iter().for_each(|m| m.object_gone(place));
        self.places.remove(&gone.id);
        self.places.values_mut().filter(|at| **at > place).for_each(|at| *at -= 1);
        gone
    }

    /// Whoever of the traced processes is on its way out may hold nothing any more: look at the other holders of an object.
    pub(in super::super) fn verify_holders(&mut self, id: &ObjectId, but: Pid) {
        let Some(object) = self.object(id) else { return };
        let others: Vec<(Pid, FdNumber)> =
            object.holders.iter().filter(|h| h.pid != but && !h.outside).map(|h| (h.pid, h.fd)).collect();
        for (pid, fd) in others {
            let link = self.beside.get(&pid).and_then(|b| b.table.as_ref()).and_then(|t| t.link(fd));
            if link.is_none() {
                self.refresh(pid, &[fd], None);
            }
        }
    }

    /// Look through all of /proc for holders that are not traced, of these objects or of all.
    pub(in super::super) fn look_outside(&mut self, only: Option<&ObjectId>) {
        let traced: Vec<Pid> = self.world.processes.iter().filter(|p| p.state.is_alive()).map(|p| p.pid).collect();
        let wanted = |o: &Object| o.is_pipe() && only.is_none_or(|id| o.id == *id);
        let mut ids = Vec::new();
        for (place, object) in self.world.objects.iter().enumerate().filter(|(_, o)| wanted(o)) {
            self.marks.as_mut().into_iter().for_each(|m| m.object(place, OfObject::Whole));
            ids.push(object.id.clone());
        }
        let unseen = observe::outside_holders(self.world.objects.iter_mut().filter(|o| wanted(o)), &traced);
        self.set_unseen(ids, unseen);
        self.version += 1;
    }
}

impl Picture {
    /// As [`Picture::look_outside`], for an object that somebody outside was seen to hold.
    pub(in super::super) fn look_outside_again(&mut self, id: &ObjectId) {
        if self.object(id).is_some_and(|o| o.holders.iter().any(|h| h.outside)) {
            self.look_outside(Some(id));
        }
    }
}
