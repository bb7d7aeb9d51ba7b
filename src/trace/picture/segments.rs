//! System V memory, sysvipc(7): no descriptor refers to it, and it stays when nobody has it mapped, until somebody removes it.

use super::Picture;
use crate::observe;
use crate::world::{Body, Known, Pid};

impl Picture {
    /// A program has found a piece of it, or made it: it is in the picture from now on.
    pub(in super::super) fn segment(&mut self, pid: Pid, number: u64) {
        // Of another IPC namespace than ours nothing is to be had.
        let Some(segment) = observe::segment(number).filter(|_| observe::in_our_namespace(pid)) else { return };
        let id = observe::segment_name(segment.key, number);
        if !self.places.contains_key(&id) {
            self.known(Some(observe::unseen_memory(id.clone(), number)));
            self.body_changed(&id);
        }
        let place = self.places.get(&id).and_then(|place| self.world.objects.get_mut(*place));
        if let Some(Body::Memory(memory)) = place.map(|o| &mut o.body) {
            memory.size = Known::Yes(segment.size);
        }
        self.segments.insert(id.clone());
        if segment.untouched {
            self.set_fresh(&id);
        }
    }

    /// It may have been removed: by this call, by another's, or as the last who had it mapped gave it up.
    pub(in super::super) fn segment_may_be_gone(&mut self, number: u64) {
        let end = format!(" [{number}]");
        let ids = self.world.objects.iter().map(|o| &o.id);
        let Some(id) = ids.filter(|id| id.0.starts_with("/SYSV")).find(|id| id.0.ends_with(&end)).cloned() else {
            return;
        };
        if self.segments.contains(&id) && observe::segment(number).is_some_and(|segment| !segment.removed) {
            return;
        }
        self.segments.remove(&id);
        if let Some(place) = self.places.get(&id).copied() {
            self.gone_if_unused(place);
        }
    }
}
