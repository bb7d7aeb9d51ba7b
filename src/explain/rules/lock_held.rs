//! A lock in shared memory is waited for, and its owner lives.

use crate::explain::locks::waits;
use crate::explain::{Finding, Severity, prose};
use crate::world::{State, World};

pub(super) const NAME: &str = "lock-held";

/// Everyone who waits for a lock that a living process of the stage has.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let mut out = Vec::new();
    for wait in waits(world) {
        let Some(owner) = world.process_by_pid(wait.owner).filter(|p| p.state.is_alive()) else { continue };
        let (who, has) = (prose::plain(&wait.process.name), prose::plain(&owner.name));
        let place = wait.place();
        let itself = owner.pid == wait.process.pid;
        let doing = match &owner.state {
            State::Idle => String::new(),
            _ => format!(" {has} is {}.", prose::doing(owner)),
        };
        let rest = match itself {
            true => format!(
                "{who} has it already, and sleeps in futex until {who} itself gives it back: never. A lock like this counts no owner twice."
            ),
            false => format!(
                "with the bit that says that somebody waits. {who} sleeps in futex until {has} gives it back.{doing}"
            ),
        };
        out.push(Finding {
            rule: NAME.into(),
            severity: if itself { Severity::Stuck } else { Severity::Waiting },
            process: wait.process.name.clone(),
            fd: None,
            object: wait.object.map(|o| o.id.0.clone()),
            holders: Vec::new(),
            text: format!(
                "{who} waits for the lock at ({place}): the word holds {}, the pid of {has}{} {rest}",
                owner.pid,
                if itself { ":" } else { "," }
            ),
            fix: if itself { String::new() } else { format!("{has}: unlock({place})") },
            long: vec![
                "A lock is a word that all agree to keep to (futex(7)): 0 is free, else it holds the owner's pid, and one bit \
                 more while somebody waits. Taking a free one needs no call of the kernel; only who finds it taken calls \
                 futex, and sleeps until the owner wakes it."
                    .to_owned(),
            ],
        });
    }
    out
}
