//! What waits in objects, read after each call on them.

use super::Picture;
use crate::world::{Change, FdNumber, Known, ObjectId, ObjectKind, Peer, Pid};

/// So many of the waiting bytes of one object are copied for show.
const COPIED: usize = 1024;

impl Picture {
    /// The program begins with it. What is waiting in a pipe or socket concerns nobody here before a call names it.
    pub(in super::super) fn given(&mut self, id: &ObjectId) {
        let Some(object) = self.places.get(id).and_then(|place| self.world.objects.get_mut(*place)) else { return };
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
        let Some(place) = self.places.get(id).copied() else { return };
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
                    changes.push(Change::Bytes(id.clone(), b, *a));
                }
            }
            ObjectKind::Socket => self.look_at_sockets(std::slice::from_ref(id)),
            ObjectKind::Queue | ObjectKind::Memory => looker.body(object),
            ObjectKind::File => {}
        }
    }

    /// Everything the kernel tells of these sockets and of those at their other ends.
    pub(in super::super) fn look_at_sockets(&mut self, ids: &[ObjectId]) {
        let mut all: Vec<ObjectId> = ids.to_vec();
        for id in ids {
            let peer = self.object(id).and_then(|o| o.as_socket()?.peer.value().copied());
            if let Some(Peer::Socket(inode)) = peer {
                all.push(ObjectId(format!("socket:[{inode}]")));
            }
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
                changes.push(Change::Socket(old.id));
                self.version += 1;
            }
        }
    }

    /// What the findings may depend on beside tables and states: the bytes in each pipe.
    pub(in super::super) fn bytes(&self) -> Vec<Option<u64>> {
        self.world.objects.iter().map(|o| o.bytes.value().copied()).collect()
    }
}
