//! Waits for a lock in shared memory: its owner alone gives it back.

use super::{Wait, Want};
use crate::explain::locks;
use crate::world::{Process, World};

/// The wait of a process that sleeps in `futex` at a lock that somebody has; `None`: it sleeps at something else.
pub(super) fn wait_of<'w>(world: &'w World, process: &'w Process) -> Option<Wait<'w>> {
    let lock = locks::wait(world, process)?;
    let owner = world.processes.iter().rposition(|p| p.pid == lock.owner && p.state.is_alive());
    Some(Wait {
        // Its owner has died, or is not of the stage: nobody here can say what comes.
        unsure: owner.is_none(),
        want: Want::Lock(lock),
        releasers: owner.into_iter().collect(),
        strangers: Vec::new(),
    })
}
