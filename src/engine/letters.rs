//! Who sent the messages that wait in message queues, from the calls that were seen.
//!
//! The kernel says how many wait, not whose. What was seen going in is believed while that number agrees, and given up where it
//! does not.

use super::{Flow, FlowEnd, Flowed};
use crate::notation::{Call, Completion, Detail, Outcome, QueueCall};
use crate::world::{Object, ObjectId, World};
use std::collections::BTreeMap;

/// How many bytes of a message are kept for show.
const HEAD: usize = 256;

/// One message that waits.
#[derive(Debug, Clone)]
struct Letter {
    from: FlowEnd,
    priority: u32,
    what: Flowed,
}

/// The messages of each queue in the order in which they were sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Letters {
    waiting: BTreeMap<ObjectId, Vec<Letter>>,
}

impl Letters {
    /// What this call moved into a queue, or out of one.
    pub(super) fn flow(&mut self, before: &World, after: &World, done: &Completion) -> Option<Flow> {
        let (Some(Call::Queue(call)), Outcome::Returned(_)) = (&done.call, &done.outcome) else { return None };
        let (QueueCall::Send { fd, .. } | QueueCall::Receive { fd, .. }) = call else { return None };
        let at =
            |world: &World| world.object_at(&done.process, *fd).filter(|o| o.queue().is_some()).map(|o| o.id.clone());
        let object = at(before).or_else(|| at(after))?;
        let end = Some((done.process.clone(), Some(*fd)));
        match (call, &done.detail) {
            (QueueCall::Send { data, priority, .. }, _) => {
                let shown = usize::try_from(data.len()).unwrap_or(usize::MAX).min(HEAD);
                let what = Flowed::Bytes(data.len(), data.unit.iter().copied().cycle().take(shown).collect());
                let letter =
                    Letter { from: (done.process.clone(), Some(*fd)), priority: *priority, what: what.clone() };
                self.waiting.entry(object.clone()).or_default().push(letter);
                Some(Flow { from: end, object, to: None, what })
            }
            (_, Detail::Message(data, priority)) => {
                let what = Flowed::Bytes(data.len() as u64, data.iter().copied().take(HEAD).collect());
                let from = self.take(&object, *priority, &what);
                Some(Flow { from, object, to: end, what })
            }
            _ => None,
        }
    }

    /// The sender of the message that is received: the oldest of its priority, and it must be this one.
    fn take(&mut self, object: &ObjectId, priority: u32, what: &Flowed) -> Option<FlowEnd> {
        let waiting = self.waiting.get_mut(object)?;
        let at = waiting.iter().position(|letter| letter.priority == priority)?;
        let letter = waiting.remove(at);
        (letter.what == *what).then_some(letter.from)
    }

    /// Forget every queue that does not hold as many messages as the kernel says; calls on those in `busy` have not returned.
    pub(super) fn reconcile(&mut self, world: &World, busy: &[ObjectId]) {
        let held = |object: &Object| object.queue()?.messages.value().copied();
        self.waiting.retain(|id, letters| match world.object(id) {
            Some(object) => busy.contains(id) || held(object).is_none_or(|held| held == letters.len() as u64),
            None => false,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::parse_directed;
    use crate::world::{Access, Body, Fd, Holder, Known, ObjectKind, Process, Queue, State, Target};

    /// `a` and `b` have a queue at 3 in which so many messages wait.
    fn world(messages: u64) -> World {
        let id = ObjectId("/jobs".into());
        let process = |name: &str, pid| Process {
            stdout: None,
            name: name.into(),
            pid,
            ppid: 1,
            program: None,
            state: State::Idle,
            fds: vec![Fd {
                number: 3,
                target: Target::Object(id.clone()),
                access: Access::ReadWrite,
                cloexec: true,
                nonblock: false,
                origin: None,
            }],
            fds_unreadable: None,
            space: Default::default(),
            threads: Vec::new(),
        };
        let holder =
            |name: &str, pid| Holder { process: name.into(), pid, fd: 3, access: Access::ReadWrite, outside: false };
        let waiting = Known::No(Queue::UNSEEN.into());
        let queue = Queue { messages: Known::Yes(messages), most: Known::Yes(9), size: Known::Yes(32), waiting };
        let object = Object {
            id: id.clone(),
            kind: ObjectKind::Queue,
            inode: 5,
            bytes: Known::Yes(0),
            capacity: Known::No("a queue".into()),
            contents: Known::No("a queue".into()),
            socket: None,
            holders: vec![holder("a", 10), holder("b", 11)],
            body: Body::Queue(queue),
        };
        World { processes: vec![process("a", 10), process("b", 11)], objects: vec![object], ..World::default() }
    }

    fn sent(line: &str) -> Completion {
        let directed = parse_directed(line, None).unwrap();
        let (process, call) = (directed.process, Some(directed.call));
        Completion { process, call, outcome: Outcome::Returned(0), detail: Detail::None }
    }

    fn received(process: &str, text: &str, priority: u32) -> Completion {
        let call = parse_directed(&format!("{process}: mq_receive(3, 32)"), None).unwrap().call;
        let detail = Detail::Message(text.into(), priority);
        let outcome = Outcome::Returned(text.len() as i64);
        Completion { process: process.into(), call: Some(call), outcome, detail }
    }

    fn from(flow: Option<Flow>) -> Option<String> {
        flow.unwrap().from.map(|(name, _)| name)
    }

    #[test]
    fn a_message_keeps_its_sender_past_those_with_a_higher_priority() {
        let mut letters = Letters::default();
        let calls = ["a: mq_send(3, \"low\", 1)", "b: mq_send(3, \"high\", 9)", "b: mq_send(3, \"late\", 1)"];
        for (n, line) in calls.iter().enumerate() {
            letters.flow(&world(n as u64), &world(n as u64 + 1), &sent(line));
            letters.reconcile(&world(n as u64 + 1), &[]);
        }
        for (left, text, priority, sender) in [(2, "high", 9, "b"), (1, "low", 1, "a"), (0, "late", 1, "b")] {
            let flow = letters.flow(&world(left + 1), &world(left), &received("a", text, priority));
            letters.reconcile(&world(left), &[]);
            assert_eq!(from(flow).as_deref(), Some(sender), "{text}");
        }
    }

    #[test]
    fn of_what_somebody_else_sent_no_sender_is_told() {
        let mut letters = Letters::default();
        letters.flow(&world(0), &world(2), &sent("a: mq_send(3, \"mine\", 1)"));
        // The kernel says that two wait, and one was seen.
        letters.reconcile(&world(2), &[]);
        assert_eq!(from(letters.flow(&world(2), &world(1), &received("b", "mine", 1))), None);
        letters.flow(&world(0), &world(1), &sent("a: mq_send(3, \"mine\", 1)"));
        assert_eq!(from(letters.flow(&world(1), &world(0), &received("b", "other", 1))), None);
    }

    #[test]
    fn a_failed_call_moves_nothing() {
        let failed = Completion { outcome: Outcome::Error(nix::libc::EAGAIN), ..sent("a: mq_send(3, \"x\", 1)") };
        assert_eq!(Letters::default().flow(&world(0), &world(0), &failed), None);
    }
}
