//! A sender waits for room in a System V queue. Its findings have the name of those about POSIX queues.

use super::queue_full::NAME;
use crate::explain::Finding;
use crate::explain::prose;
use crate::explain::system_v::{messages, waits};
use crate::world::World;

/// Everyone blocked in msgsnd.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let one = |wait: crate::explain::system_v::Wait<'_>| {
        let queue = wait.object.post_queue()?;
        let holds = match (queue.messages.value(), wait.object.bytes.value(), wait.object.capacity.value()) {
            (Some(n), Some(bytes), Some(room)) => {
                let fill = if *n == 1 { "fills" } else { "fill" };
                format!("{} {fill} {bytes} of {room} bytes", messages(*n))
            }
            _ => "how full it is is not known".to_owned(),
        };
        let text = format!(
            "{} waits in msgsnd on {} for {}: {holds}. {}",
            prose::plain(&wait.process.name),
            wait.object.label(),
            wait.sleeper.wants.message(),
            wait.helpers("received from", |user| user.takes)
        );
        Some(wait.finding(NAME, text, LONG))
    };
    waits(world, &["msgsnd"]).filter_map(one).collect()
}

const LONG: &str = "A System V queue takes msg_qbytes bytes, and as many messages of no bytes (msgsnd(2)). A sender then waits until one \
                    is received, or the queue is removed; with IPC_NOWAIT, msgsnd fails with EAGAIN instead.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::rules::waiting_for_message::tests::world;
    use crate::world::{Body, Known, ObjectKind, Wants};

    #[test]
    fn who_has_received_before_is_named() {
        let mut world = world("msgsnd", ObjectKind::PostQueue, Wants::Room(4));
        let object = &mut world.objects[0];
        (object.bytes, object.capacity) = (Known::Yes(16), Known::Yes(16));
        if let Body::PostQueue(queue) = &mut object.body {
            queue.messages = Known::Yes(2);
        }
        let found = find(&world);
        assert_eq!(found[0].rule, "queue-full");
        assert_eq!(
            found[0].text,
            "p waits in msgsnd on msq 40 for room for 4 bytes: 2 messages fill 16 of 16 bytes. q has received from it before, and is \
             idle; r has received from it before, and has ended."
        );
    }
}
