//! How far a picture of who holds an object reaches.

use super::{ObjectId, World};
use serde::{Deserialize, Serialize};

/// An object that processes may hold which could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// The object.
    pub object: ObjectId,
    /// How many processes, none of them of the stage, have tables that may not be read.
    pub processes: usize,
}

impl World {
    /// So many processes that could not be looked at may hold this object; 0 where all could, or where nobody else can have it.
    pub fn unseen_at(&self, id: &ObjectId) -> usize {
        self.unseen.iter().find(|unseen| unseen.object == *id).map_or(0, |unseen| unseen.processes)
    }

    /// What was found out of that for these objects, in place of what was known before.
    pub fn set_unseen(&mut self, ids: impl Iterator<Item = ObjectId>, processes: usize) {
        for id in ids {
            self.unseen.retain(|unseen| unseen.object != id);
            if processes > 0 {
                self.unseen.push(Unseen { object: id, processes });
            }
        }
    }
}
