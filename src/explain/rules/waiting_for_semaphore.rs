//! A process waits in semop until System V semaphores have the values that it asks for.

use crate::explain::Finding;
use crate::explain::prose;
use crate::explain::system_v::{Wait, waits};
use crate::world::{User, Wants, World};

pub(super) const NAME: &str = "waiting-for-semaphore";

/// Everyone blocked in semop.
pub(super) fn find(world: &World) -> Vec<Finding> {
    waits(world, &["semop", "semtimedop"]).map(|wait| wait.finding(NAME, text(&wait), LONG)).collect()
}

fn text(wait: &Wait<'_>) -> String {
    let (who, label) = (prose::plain(&wait.process.name), wait.object.label());
    let found = match (&wait.sleeper.wants, wait.object.semaphores()) {
        (Wants::Operations(all), Some(set)) => set.hinders(all).map(|(operation, value)| (operation, value, all.len())),
        _ => None,
    };
    let Some((operation, value, count)) = found else {
        return format!("{who} waits in {} on {label}. {}", wait.call(), wait.helpers("raised or set", raised));
    };
    let all =
        if count > 1 { format!(" It wants {count} operations at once, and gets all or none.") } else { String::new() };
    let (verb, times): (_, fn(&User) -> u64) = match operation.change {
        0 => ("taken from", |user| user.takes),
        _ => ("raised or set", raised),
    };
    format!(
        "{who} waits in {} on {label} for semaphore {} {}: it is {value}.{all} {}",
        wait.call(),
        operation.number,
        operation.condition(),
        wait.helpers(verb, times)
    )
}

fn raised(user: &User) -> u64 {
    user.puts + user.sets
}

const LONG: &str = "A semaphore has no owner (semop(2)): the kernel does not know who is to add to it, and whoever has its key or its \
                    identifier, and the permission, may. What a process has taken is given back at its end only where it took it with \
                    SEM_UNDO.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::rules::waiting_for_message::tests::world;
    use crate::world::{Body, Known, ObjectKind, Operation, Semaphore};

    #[test]
    fn the_semaphore_that_hinders_is_named_with_who_could_change_it() {
        let all = vec![Operation { number: 0, change: -1 }, Operation { number: 1, change: -2 }];
        let mut world = world("semop", ObjectKind::Semaphores, Wants::Operations(all));
        let of = |value| Semaphore { value, last: 0, wait_to_grow: 1, wait_for_zero: 0 };
        if let Body::Semaphores(set) = &mut world.objects[0].body {
            set.values = Known::Yes(vec![of(1), of(1)]);
        }
        assert_eq!(
            find(&world)[0].text,
            "p waits in semop on sem 40 for semaphore 1 to be 2 at least: it is 1. It wants 2 operations at once, and gets all or none. \
             q has raised or set it before, and is idle; r has raised or set it before, and has ended."
        );
    }
}
