//! A System V queue or semaphores that nobody who lives was seen to use: they stay until somebody removes them.

use crate::explain::{Finding, Severity, prose, system_v};
use crate::world::{Object, Usage, World};

pub(super) const NAME: &str = "left-behind";

/// Every one of them, in order of appearance.
pub(super) fn find(world: &World) -> Vec<Finding> {
    world.objects.iter().filter_map(|object| left(object, object.usage()?)).collect()
}

fn left(object: &Object, usage: &Usage) -> Option<Finding> {
    // What was there before belongs to somebody who is not seen.
    let last = usage.users.last().filter(|_| usage.is_left() && usage.made_by.is_some())?;
    let (label, removal) = (object.label(), object.removal()?);
    let holds = match object.post_queue().and_then(|queue| queue.messages.value()) {
        None | Some(0) => String::new(),
        Some(n) => format!(" with {}", system_v::messages(*n)),
    };
    let who = match usage.users.len() as u64 + usage.more_ended {
        1 => format!("{} has used it and has ended", prose::plain(&last.process)),
        2 => "both who were seen to use it have ended".to_owned(),
        n => format!("all {n} who were seen to use it have ended"),
    };
    let call = if object.semaphores().is_some() { "semctl" } else { "msgctl" };
    Some(Finding {
        rule: NAME.into(),
        severity: Severity::Note,
        process: last.process.clone(),
        fd: None,
        object: Some(object.id.0.clone()),
        holders: Vec::new(),
        text: format!(
            "{label} stays{holds}: {who}, and none has removed it. It lasts until {call}(IPC_RMID), or until the machine is shut down."
        ),
        fix: removal,
        long: vec![
            "System V objects belong to no process (sysvipc(7)): no close and no exit gives one back. ipcs(1) lists them, and ipcrm(1) \
             removes one that its program has forgotten. A program removes its own with IPC_RMID once everybody is done."
                .to_owned(),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::rules::waiting_for_message::tests::world;
    use crate::world::{Body, Known, ObjectKind, Wants};

    #[test]
    fn what_outlives_its_users_is_told_with_the_command_that_removes_it() {
        let mut world = world("msgrcv", ObjectKind::PostQueue, Wants::Message(0, false));
        assert_eq!(find(&world), []);
        world.objects[0].usage_mut().unwrap().users.iter_mut().for_each(|user| user.ended = true);
        if let Body::PostQueue(queue) = &mut world.objects[0].body {
            queue.messages = Known::Yes(1);
        }
        // It was there before, and is somebody else's affair.
        assert_eq!(find(&world), []);
        world.objects[0].usage_mut().unwrap().made_by = Some("p".into());
        let found = find(&world);
        assert!(
            found[0].text.starts_with("msq 40 stays with 1 message: all 3 who were seen to use it have ended"),
            "{found:?}"
        );
        assert_eq!(found[0].fix, "ipcrm -q 40");
        assert!(found[0].fix_now(&world));
    }
}
