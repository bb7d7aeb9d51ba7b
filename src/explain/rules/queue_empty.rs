//! A receiver waits for a message in an empty queue.

use crate::explain::{Finding, Severity, prose};
use crate::world::{Access, FdNumber, Object, Process, Queue, State, World};

pub(super) const NAME: &str = "queue-empty";

/// A process that waits at a queue.
pub(super) struct Wait<'w> {
    pub(super) process: &'w Process,
    pub(super) fd: FdNumber,
    pub(super) object: &'w Object,
    pub(super) queue: &'w Queue,
    /// The others that have it open for what would help: `q by fd 3`.
    pub(super) others: Vec<String>,
    /// The first of them that can be told to.
    pub(super) idle: Option<(String, FdNumber)>,
}

/// Everyone blocked in this call on a queue, with those that have it open for what would help.
pub(super) fn blocked<'w>(world: &'w World, call: &'static str, helps: Access) -> impl Iterator<Item = Wait<'w>> {
    world.processes.iter().filter_map(move |process| {
        let fd = process.state.blocked_in().filter(|b| b.call == call)?.fd?;
        let object = world.object_at(&process.name, fd)?;
        let queue = object.queue()?;
        let able = |access: Access| if helps == Access::Read { access.reads() } else { access.writes() };
        let others = object.holders.iter().filter(|h| able(h.access) && h.pid != process.pid);
        let idle = others.clone().find(|h| world.process(&h.process).is_some_and(|p| p.state == State::Idle));
        Some(Wait {
            process,
            fd,
            object,
            queue,
            idle: idle.map(|h| (h.process.clone(), h.fd)),
            others: others.map(|h| format!("{} by fd {}", prose::plain(&h.process), h.fd)).collect(),
        })
    })
}

/// Everyone blocked in mq_receive.
pub(super) fn find(world: &World) -> Vec<Finding> {
    blocked(world, "mq_receive", Access::Write)
        .map(|wait| {
            let (who, label) = (prose::plain(&wait.process.name), wait.object.label());
            let can = match wait.others.is_empty() {
                true => "Nobody else has it open for sending, yet that is no end of file: by its name one may open it.".to_owned(),
                false => format!("{} can send.", prose::list_or(&wait.others)),
            };
            Finding {
                rule: NAME.into(),
                severity: Severity::Waiting,
                process: wait.process.name.clone(),
                fd: Some(wait.fd),
                object: Some(wait.object.id.0.clone()),
                holders: Vec::new(),
                text: format!("{who} waits in mq_receive on fd {}: {label} is empty. {can}", wait.fd),
                fix: match wait.idle {
                    Some((name, fd)) => format!("{name}: mq_send({fd}, \"x\", 0)"),
                    None => String::new(),
                },
                long: vec![
                    "A queue has no ends (mq_overview(7)): the kernel does not count who could still send, and so never says \
                     that nothing will come. Who wants an end sends a message that means it."
                        .to_owned(),
                ],
            }
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::explain::build::stage;
    use crate::world::{BlockedIn, Body, Known, ObjectKind};

    /// `p` waits in a call on a queue at 3; `q` has it open, too, or nobody has.
    pub(in crate::explain::rules) fn world(call: &str, other: bool) -> World {
        let blocked =
            BlockedIn { call: call.into(), fd: Some(3), child: None, path: None, count: Some(32), opens: None };
        let mut stage = stage().process("p").holds(3, "/jobs", Access::ReadWrite).state(State::Blocked(blocked));
        if other {
            stage = stage.process("q").holds(3, "/jobs", Access::ReadWrite);
        }
        let mut world = stage.world();
        let n = if call == "mq_send" { 2 } else { 0 };
        let waiting = Known::No(Queue::UNSEEN.into());
        let queue = Queue { messages: Known::Yes(n), most: Known::Yes(2), size: Known::Yes(32), waiting };
        world.objects[0].kind = ObjectKind::Queue;
        world.objects[0].body = Body::Queue(queue);
        world
    }

    #[test]
    fn who_could_send_is_named_and_nobody_is_no_end() {
        let found = find(&world("mq_receive", true));
        assert_eq!(found[0].text, "p waits in mq_receive on fd 3: jobs is empty. q by fd 3 can send.");
        assert_eq!(found[0].fix, "q: mq_send(3, \"x\", 0)");
        assert!(find(&world("mq_receive", false))[0].text.contains("no end of file"));
        assert_eq!(find(&world("mq_send", true)), []);
    }
}
