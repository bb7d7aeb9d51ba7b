//! What somebody needs who keeps a copy of the world.

use super::super::edits::{Lent, Marks, OfObject, OfProcess};
use super::Picture;
use crate::world::{ObjectId, World};

impl Picture {
    /// Hand over what has changed since this was last asked; nothing where nobody keeps a copy. The world that it is of.
    pub(in super::super) fn edits<'w>(&'w mut self, take: impl FnMut(Lent<'w>)) -> &'w World {
        if let Some(marks) = &mut self.marks {
            marks.edits(&self.world, take);
        }
        &self.world
    }

    /// So many processes that could not be looked at may hold these objects.
    pub(super) fn set_unseen(&mut self, ids: Vec<ObjectId>, processes: usize) {
        self.world.set_unseen(ids.into_iter(), processes);
        self.marks.as_mut().into_iter().for_each(Marks::unseen);
    }

    /// A process is about to change.
    pub(super) fn mark_process(&mut self, place: usize, part: OfProcess) {
        self.marks.as_mut().into_iter().for_each(|marks| marks.process(place, part));
    }

    /// An object is about to change.
    pub(super) fn mark_object(&mut self, place: usize, part: OfObject) {
        self.marks.as_mut().into_iter().for_each(|marks| marks.object(place, part));
    }
}
