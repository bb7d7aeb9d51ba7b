//! Locks in shared memory: a word that holds the process id of its owner, laid out as the kernel's robust ones are.

use crate::world::{Known, MapName, Object, Pid, Process, World, lock};

/// A process that waits for a lock that somebody has.
#[derive(Debug, Clone)]
pub(super) struct Wait<'w> {
    pub(super) process: &'w Process,
    pub(super) name: Option<MapName>,
    pub(super) offset: u64,
    pub(super) object: Option<&'w Object>,
    pub(super) owner: Pid,
}

impl Wait<'_> {
    /// `m1, 16`: the place as the calls have it.
    pub(super) fn place(&self) -> String {
        let name = self.name.map_or_else(|| "?".to_owned(), |name| name.to_string());
        format!("{name}, {}", self.offset)
    }
}

/// Everyone asleep in `futex` at a word that says that it is locked and waited for.
pub(super) fn waits(world: &World) -> Vec<Wait<'_>> {
    let one = |process| wait(world, process);
    world.processes.iter().filter_map(one).collect()
}

/// What this process waits for, where that is a lock.
pub(super) fn wait<'w>(world: &'w World, process: &'w Process) -> Option<Wait<'w>> {
    process.state.blocked_in().filter(|b| b.call == "futex")?;
    let (mapping, offset) = process.space.waits_in()?;
    let Known::Yes(words) = &mapping.words else { return None };
    let word = *words.get(usize::try_from(offset / 8).ok()?)?;
    let owner = lock::contended(word)?;
    let object = mapping.object.as_ref().and_then(|id| world.object(id));
    Some(Wait { process, name: mapping.name, offset, object, owner })
}
