//! A receiver waits at a System V queue in which there is no message for it.

use crate::explain::Finding;
use crate::explain::prose;
use crate::explain::system_v::{messages, waits};
use crate::world::{Wants, World};

pub(super) const NAME: &str = "waiting-for-message";

/// Everyone blocked in msgrcv.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let one = |wait: crate::explain::system_v::Wait<'_>| {
        let queue = wait.object.post_queue()?;
        let holds = match queue.messages.value() {
            Some(0) => "the queue is empty".to_owned(),
            Some(n) if matches!(wait.sleeper.wants, Wants::Message(0, _)) => {
                format!("the queue holds {}", messages(*n))
            }
            Some(1) => "the queue holds 1 message, and it is of another type".to_owned(),
            Some(n) => format!("the queue holds {n} messages, all of other types"),
            None => "what the queue holds is not known".to_owned(),
        };
        let text = format!(
            "{} waits in msgrcv on {} for {}: {holds}. {}",
            prose::plain(&wait.process.name),
            wait.object.label(),
            wait.sleeper.wants.message(),
            wait.helpers("sent to", |user| user.puts)
        );
        Some(wait.finding(NAME, text, LONG))
    };
    waits(world, &["msgrcv"]).filter_map(one).collect()
}

const LONG: &str = "A System V queue has no ends and no holders (sysvipc(7)): the kernel does not count who could still send, and so \
                    never says that nothing will come. Whoever has its key or its identifier, and the permission, may send. Who wants \
                    an end sends a message that means it, or removes the queue: then every msgrcv that sleeps fails with EIDRM.";

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::explain::build::stage;
    use crate::world::{BlockedIn, Body, Known, Object, ObjectKind, Sleeper, State, Usage, User};

    /// `p` sleeps in this call; `q` has used the object before, and `r`, which has ended.
    pub(in crate::explain::rules) fn world(call: &str, kind: ObjectKind, wants: Wants) -> World {
        let blocked = BlockedIn { call: call.into(), fd: None, child: None, path: None, count: None, opens: None };
        let mut world = stage().process("p").state(State::Blocked(blocked)).process("q").world();
        let pid = |name: &str| world.process(name).map_or(99, |p| p.pid);
        let user =
            |name: &str, puts, takes, ended| User { process: name.into(), pid: pid(name), puts, takes, sets: 0, ended };
        let users = vec![user("r", 1, 1, true), user("p", 1, 0, false), user("q", 2, 2, false)];
        let sleepers = vec![Sleeper { process: "p".into(), pid: pid("p"), thread: pid("p"), wants, served: false }];
        let mut object = Object::system_v(kind, 40);
        if let Some(usage) = object.usage_mut() {
            *usage = Usage { made_by: None, users, more_ended: 0, sleepers };
        }
        world.objects.push(object);
        world
    }

    fn holding(world: &mut World, n: u64) -> String {
        if let Body::PostQueue(queue) = &mut world.objects[0].body {
            queue.messages = Known::Yes(n);
        }
        find(world)[0].text.clone()
    }

    #[test]
    fn who_has_sent_before_is_named_and_messages_of_other_types_do_not_help() {
        let mut world = world("msgrcv", ObjectKind::PostQueue, Wants::Message(2, false));
        assert_eq!(
            holding(&mut world, 0),
            "p waits in msgrcv on msq 40 for a message of type 2: the queue is empty. q has sent to it before, and is idle; r has \
             sent to it before, and has ended."
        );
        assert!(holding(&mut world, 3).contains("the queue holds 3 messages, all of other types. q"));
        // One was handed over: it is about to wake.
        world.objects[0].usage_mut().unwrap().sleepers[0].served = true;
        assert_eq!(find(&world), []);
    }

    #[test]
    fn that_nobody_has_is_said() {
        let mut world = world("msgrcv", ObjectKind::PostQueue, Wants::Message(0, false));
        world.objects[0].usage_mut().unwrap().users.retain(|user| user.process == "p");
        assert!(holding(&mut world, 0).ends_with("Nobody else here was seen to have sent to it."));
    }
}
