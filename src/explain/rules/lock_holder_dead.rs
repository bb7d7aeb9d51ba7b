//! A lock in shared memory is waited for, and its owner is dead.

use crate::explain::locks::waits;
use crate::explain::{Finding, Severity, prose};
use crate::world::World;

pub(super) const NAME: &str = "lock-holder-dead";

/// Everyone who waits for a lock whose owner has ended with it.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let mut out = Vec::new();
    for wait in waits(world) {
        let Some(owner) = world.process_by_pid(wait.owner).filter(|p| !p.state.is_alive()) else { continue };
        let (who, had) = (prose::plain(&wait.process.name), prose::plain(&owner.name));
        let place = wait.place();
        out.push(Finding {
            rule: NAME.into(),
            severity: Severity::Stuck,
            process: wait.process.name.clone(),
            fd: None,
            object: wait.object.map(|o| o.id.0.clone()),
            holders: Vec::new(),
            text: format!(
                "{who} waits for the lock at ({place}), and {had} (pid {}), which has it, has ended: nobody is left to give it \
                 back.",
                owner.pid
            ),
            fix: format!("{had}: unlock({place})"),
            long: vec![
                "The word in shared memory still holds the dead process's pid: the kernel closes descriptors when a process \
                 ends, and knows nothing of a word. A robust lock (set_robust_list(2)) is one that the kernel was told of: it \
                 then marks the word and wakes a waiter."
                    .to_owned(),
            ],
        });
    }
    out
}
