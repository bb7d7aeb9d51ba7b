//! What waits in objects, read after each call on them.

use super::super::edits::OfObject;
use super::Picture;
use crate::observe::Moved;
use crate::world::{Change, FdNumber, Known, Object, ObjectId, ObjectKind, Peer, Pid, Socket, SocketState};

/// So many of the waiting bytes of one object are copied for show.
const COPIED: usize = 1024;

impl Picture {
    /// The program begins with it. What is waiting in a pipe or socket concerns nobody here before a call names it.
    pub(in super::super) fn given(&mut self, id: &ObjectId) {
        let Some(place) = self.places.get(id).copied() else { return };
        self.mark_object(place, OfObject::Inside);
        let Some(object) = self.world.objects.get_mut(place) else { return };
        match object.kind {
            ObjectKind::Pipe | ObjectKind::Fifo | ObjectKind::Socket => object.set_inherited(),
            _ => self.look(id, true),
        }
    }

    /// A call names this descriptor: from now on what it refers to is the program's concern.
    pub(in super::super) fn used(&mut self, pid: Pid, number: FdNumber) {
        let unused = self.behind(pid, number).filter(|o| o.is_inherited()).map(|o| o.id.clone());
        if let Some(id) = unused {
            self.look(&id, true);
        }
    }

    /// Look into an object anew, and into the socket at its other end. `sizes`: its capacity may have changed too.
    pub(in super::super) fn look(&mut self, id: &ObjectId, sizes: bool) {
        if let Some(place) = self.places.get(id) {
            self.look_there(*place, sizes);
        }
    }

    /// As [`Picture::look`], into what this descriptor refers to.
    pub(in super::super) fn look_behind(&mut self, pid: Pid, number: FdNumber, sizes: bool) {
        if let Some(place) = self.place_behind(pid, number) {
            self.look_there(place, sizes);
        }
    }

    /// As [`Picture::look_behind`], where a call did this and nothing else.
    pub(in super::super) fn look_at_what(&mut self, moved: Moved, pid: Pid, number: FdNumber) {
        let Some(place) = self.place_behind(pid, number) else { return };
        let socket = self.world.objects.get(place).is_some_and(|o| o.kind == ObjectKind::Socket);
        if !socket || !self.look_at_way(place, moved) {
            self.look_there(place, false);
        }
    }

    /// Into the one direction of a connection that a call through the socket there has moved bytes in. `false`: more may have changed.
    fn look_at_way(&mut self, place: usize, moved: Moved) -> bool {
        let Some(other) = self.other_end(place) else { return false };
        let (receiver, sender) = match moved {
            Moved::Put(_) => (other, place),
            Moved::Taken(_) => (place, other),
        };
        self.mark_object(receiver, OfObject::Inside);
        self.mark_object(sender, OfObject::Inside);
        let Picture { world, looker, beside, .. } = self;
        let Ok([receiver, sender]) = world.objects.get_disjoint_mut([receiver, sender]) else { return false };
        let before = [&*receiver, &*sender].map(Inside::of);
        let steady = |pid: Pid| beside.get(&pid).is_some_and(|b| b.closing == 0);
        if !looker.moved_so([receiver, sender], moved, COPIED, steady) {
            return false;
        }
        let [one, two] = before;
        let now = [(one, &*receiver), (two, &*sender)]
            .map(|(before, object)| (before, object.id.clone(), Inside::of(object)));
        now.into_iter().for_each(|(before, id, now)| self.note(id, before, now));
        true
    }

    /// What differs in a socket that was looked into.
    fn note(&mut self, id: ObjectId, before: Inside, now: Inside) {
        if let (Some(b), Some(a)) = (before.bytes, now.bytes)
            && b != a
        {
            self.changes.push(Change::Bytes(id.clone(), b, a));
        }
        self.version += u64::from(before.in_flight != now.in_flight);
        if (before.unsent, before.in_flight) != (now.unsent, now.in_flight) {
            self.changes.push(Change::Socket(id));
        }
    }

    /// The socket that this one is connected with, where both are here: then neither is closed unseen.
    fn other_end(&self, place: usize) -> Option<usize> {
        let peer = |o: &Object| o.as_socket().and_then(|s| s.peer.value()?.inode());
        let object = self.world.objects.get(place)?;
        let inode = peer(object)?;
        let other = self.world.objects.iter().position(|o| o.is_socket_with(inode))?;
        (self.world.objects.get(other).and_then(peer) == Some(object.inode)).then_some(other)
    }

    fn look_there(&mut self, place: usize, sizes: bool) {
        self.mark_object(place, OfObject::Inside);
        let Picture { world, looker, beside, changes, .. } = self;
        let steady = |pid: Pid| beside.get(&pid).is_some_and(|b| b.closing == 0);
        let Some(object) = world.objects.get_mut(place) else { return };
        let sizes = sizes || object.is_inherited();
        match object.kind {
            ObjectKind::Pipe | ObjectKind::Fifo => {
                let before = object.bytes.value().copied();
                looker.pipe(object, COPIED, sizes, steady);
                if let (Some(b), Known::Yes(a)) = (before, &object.bytes)
                    && b != *a
                {
                    changes.push(Change::Bytes(object.id.clone(), b, *a));
                }
            }
            ObjectKind::Socket => self.look_at_moved(place),
            ObjectKind::Memory => self.look_at_memory(place),
            ObjectKind::Queue => {
                looker.body(object);
                self.mark_object(place, OfObject::Whole);
            }
            ObjectKind::File | ObjectKind::PostQueue | ObjectKind::Semaphores => {}
        }
    }

    /// A call has moved bytes through this socket, and did nothing else.
    fn look_at_moved(&mut self, place: usize) {
        let Some(object) = self.world.objects.get(place) else { return };
        let id = object.id.clone();
        let pair = self.other_end(place).map(|other| [place.min(other), place.max(other)]);
        if !pair.is_some_and(|pair| pair.into_iter().all(|place| self.look_again(place))) {
            self.look_at_sockets(&[id]);
        }
    }

    /// Into one end of a connection. `false`: more may have changed than what waits.
    fn look_again(&mut self, place: usize) -> bool {
        self.mark_object(place, OfObject::Inside);
        let Picture { world, looker, beside, .. } = self;
        let Some(object) = world.objects.get_mut(place) else { return false };
        let before = Inside::of(object);
        if !looker.moved(object, COPIED, |pid| beside.get(&pid).is_some_and(|b| b.closing == 0)) {
            return false;
        }
        let (id, now) = (object.id.clone(), Inside::of(object));
        self.note(id, before, now);
        true
    }

    /// Everything the kernel tells of these sockets and of those at their other ends.
    pub(in super::super) fn look_at_sockets(&mut self, ids: &[ObjectId]) {
        let before = self.other_ends(ids);
        self.look_at_these([ids, &before].concat());
        // A connection that was accepted is known to be one only now.
        let now = self.other_ends(ids).into_iter().filter(|id| !before.contains(id) && !ids.contains(id));
        let now: Vec<ObjectId> = now.collect();
        if !now.is_empty() {
            self.look_at_these(now);
        }
    }

    /// Somebody has connected: one of those that listen here may have one more who waits to be accepted.
    pub(in super::super) fn look_at_listeners(&mut self) {
        let listens = |o: &&Object| o.as_socket().is_some_and(|s| s.state == SocketState::Listen);
        let all: Vec<ObjectId> = self.world.objects.iter().filter(listens).map(|o| o.id.clone()).collect();
        if !all.is_empty() {
            self.look_at_these(all);
        }
    }

    /// The sockets that these are connected with, as far as is known.
    fn other_ends(&self, ids: &[ObjectId]) -> Vec<ObjectId> {
        let peer = |id| match self.object(id).and_then(|o| o.as_socket()?.peer.value().copied()) {
            Some(Peer::Socket(inode)) => Some(ObjectId(format!("socket:[{inode}]"))),
            _ => None,
        };
        ids.iter().filter_map(peer).collect()
    }

    fn look_at_these(&mut self, all: Vec<ObjectId>) {
        for place in all.iter().filter_map(|id| self.places.get(id)) {
            self.marks.as_mut().into_iter().for_each(|m| m.object(*place, OfObject::Inside));
        }
        let Picture { world, looker, beside, changes, .. } = self;
        let steady: Vec<Pid> = beside.iter().filter(|(_, b)| b.closing == 0).map(|(pid, _)| *pid).collect();
        let before: Vec<_> = world.objects.iter().filter(|o| all.contains(&o.id)).cloned().collect();
        looker.sockets(world.objects.iter_mut().filter(|o| all.contains(&o.id)), COPIED, &steady);
        for old in before {
            let Some(now) = world.objects.iter().find(|o| o.id == old.id) else { continue };
            if let (Known::Yes(b), Known::Yes(a)) = (&old.bytes, &now.bytes)
                && a != b
            {
                changes.push(Change::Bytes(old.id.clone(), *b, *a));
            }
            if old.socket != now.socket {
                self.version += u64::from(!same_but_for_unsent(&old, now));
                changes.push(Change::Socket(old.id));
            }
        }
    }
}

/// What a call that moves bytes changes in a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Inside {
    bytes: Option<u64>,
    unsent: Option<u64>,
    in_flight: Option<u64>,
}

impl Inside {
    fn of(object: &Object) -> Inside {
        let socket = object.as_socket();
        Inside {
            bytes: object.bytes.value().copied(),
            unsent: socket.and_then(|s| s.unsent.value().copied()),
            in_flight: socket.and_then(|s| s.in_flight),
        }
    }
}

/// Two sockets that differ at the most in how much of what was sent has arrived.
fn same_but_for_unsent(one: &Object, other: &Object) -> bool {
    let (Some(one), Some(other)) = (one.as_socket(), other.as_socket()) else { return false };
    Socket { unsent: other.unsent.clone(), ..one.clone() } == *other
}
