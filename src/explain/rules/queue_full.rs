//! A sender waits for room in a full message queue.

use crate::explain::{Finding, Severity, prose};
use crate::world::{Access, World};

pub(super) const NAME: &str = "queue-full";

/// Everyone blocked in mq_send, or in msgsnd.
pub(super) fn find(world: &World) -> Vec<Finding> {
    super::queue_empty::blocked(world, "mq_send", Access::Read)
        .map(|wait| {
            let (who, label) = (prose::plain(&wait.process.name), wait.object.label());
            let count = wait.queue.most.value().map_or_else(|| "?".to_owned(), u64::to_string);
            let room = wait.queue.size.value().copied();
            let can = match wait.others.is_empty() {
                true => "Nobody else has it open for receiving, but by its name one may open it.".to_owned(),
                false => format!("{} can receive one, and so make room.", prose::list_or(&wait.others)),
            };
            Finding {
                rule: NAME.into(),
                severity: Severity::Waiting,
                process: wait.process.name.clone(),
                fd: Some(wait.fd),
                object: Some(wait.object.id.0.clone()),
                holders: Vec::new(),
                text: format!("{who} waits in mq_send on fd {}: {label} holds {count} of {count} messages. {can}", wait.fd),
                fix: match (wait.idle, room) {
                    (Some((name, fd)), Some(room)) => format!("{name}: mq_receive({fd}, {room})"),
                    _ => String::new(),
                },
                long: vec![
                    "A queue takes mq_maxmsg messages, whatever their length (mq_overview(7)). A sender then waits until one \
                     is received; with O_NONBLOCK, mq_send fails with EAGAIN instead."
                        .to_owned(),
                ],
            }
        })
        .chain(super::system_v_full::find(world))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::rules::queue_empty::tests::world;

    #[test]
    fn who_can_make_room_is_named() {
        let found = find(&world("mq_send", true));
        assert_eq!(
            found[0].text,
            "p waits in mq_send on fd 3: jobs holds 2 of 2 messages. q by fd 3 can receive one, and so make room."
        );
        assert_eq!(found[0].fix, "q: mq_receive(3, 32)");
        assert!(find(&world("mq_send", false))[0].text.ends_with("by its name one may open it."));
    }
}
