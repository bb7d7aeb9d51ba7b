//! What waits in a message queue, from the calls that were seen.
//!
//! The kernel shows no message before it is received, only how many wait and how many bytes they have. What was seen going
//! in is told while both numbers agree with it, and given up where they do not.

use crate::notation::{Call, Completion, Detail, Outcome, QueueCall};
use crate::world::{Body, FdNumber, Known, Object, QueueMessage, World};
use std::collections::BTreeMap;

/// So many bytes of a message are kept for show.
const HEAD: usize = 256;

/// The messages of each queue, by its inode, in the order in which they will come.
#[derive(Debug, Clone, Default)]
pub(super) struct Queues {
    seen: BTreeMap<u64, Vec<QueueMessage>>,
}

impl Queues {
    /// Take the calls that completed between two worlds into account, and tell `after` what waits.
    pub(super) fn fill(&mut self, before: Option<&World>, after: &mut World, calls: &[&Completion]) {
        for completion in calls {
            self.follow(before, after, completion);
        }
        let there: Vec<u64> = after.objects.iter().filter(|o| o.queue().is_some()).map(|o| o.inode).collect();
        self.seen.retain(|inode, _| there.contains(inode));
        for object in &mut after.objects {
            self.tell(object);
        }
    }

    fn follow(&mut self, before: Option<&World>, after: &World, done: &Completion) {
        let (Some(Call::Queue(call)), Outcome::Returned(_)) = (&done.call, &done.outcome) else { return };
        let inode = |fd: FdNumber| {
            let at = |w: &World| w.object_at(&done.process, fd).filter(|o| o.queue().is_some()).map(|o| o.inode);
            before.and_then(at).or_else(|| at(after))
        };
        match call {
            QueueCall::Send { fd, data, priority } => {
                let Some(waiting) = inode(*fd).and_then(|inode| self.seen.get_mut(&inode)) else { return };
                let length = data.unit.len() as u64 * data.times;
                let shown = usize::try_from(length).unwrap_or(usize::MAX).min(HEAD);
                let head = data.unit.iter().copied().cycle().take(shown).collect();
                let at = waiting.partition_point(|m| m.priority >= *priority);
                waiting.insert(at, QueueMessage { priority: *priority, head, length });
            }
            QueueCall::Receive { fd, .. } => {
                let Some(inode) = inode(*fd) else { return };
                let Some(waiting) = self.seen.get_mut(&inode) else { return };
                let Detail::Message(data, priority) = &done.detail else { return };
                let is_it = |m: &QueueMessage| m.priority == *priority && data.starts_with(&m.head);
                // Somebody who is not of the stage may have put it there.
                match waiting.iter().position(is_it) {
                    Some(at) => drop(waiting.remove(at)),
                    None => drop(self.seen.remove(&inode)),
                }
            }
            QueueCall::Open { .. } | QueueCall::Unlink { .. } | QueueCall::Getattr { .. } => {}
        }
    }

    fn tell(&mut self, object: &mut Object) {
        let (inode, bytes) = (object.inode, object.bytes.value().copied());
        let Body::Queue(queue) = &mut object.body else { return };
        let Some(held) = queue.messages.value().copied() else { return };
        if held == 0 {
            self.seen.insert(inode, Vec::new());
        }
        let agrees = |waiting: &&Vec<QueueMessage>| {
            waiting.len() as u64 == held && Some(waiting.iter().map(|m| m.length).sum()) == bytes
        };
        match self.seen.get(&inode).filter(agrees) {
            Some(waiting) => queue.waiting = Known::Yes(waiting.clone()),
            None => drop(self.seen.remove(&inode)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::parse_directed;
    use crate::world::{Access, Contents, Holder, ObjectId, ObjectKind, Queue, Target};

    /// One process, `p`, with a queue at 3 that holds so many messages and bytes.
    fn world(messages: u64, bytes: u64) -> World {
        let id = ObjectId("/jobs".into());
        let fd = crate::world::Fd {
            number: 3,
            target: Target::Object(id.clone()),
            access: Access::ReadWrite,
            cloexec: true,
            nonblock: false,
            origin: None,
        };
        let process = crate::world::Process {
            name: "p".into(),
            pid: 7,
            ppid: 1,
            program: None,
            state: crate::world::State::Idle,
            fds: vec![fd],
            fds_unreadable: None,
            stdout: None,
            space: Default::default(),
            threads: Vec::new(),
        };
        let holder = Holder { process: "p".into(), pid: 7, fd: 3, access: Access::ReadWrite, outside: false };
        let (most, size) = (Known::Yes(4), Known::Yes(32));
        let queue = Queue { messages: Known::Yes(messages), most, size, waiting: Known::No("not shown".into()) };
        let object = Object {
            id,
            kind: ObjectKind::Queue,
            inode: 5,
            bytes: Known::Yes(bytes),
            capacity: Known::No("a queue".into()),
            contents: Known::Yes(Contents::default()),
            socket: None,
            holders: vec![holder],
            body: Body::Queue(queue),
        };
        World { processes: vec![process], objects: vec![object], ..World::default() }
    }

    fn done(call: &str, detail: Detail) -> Completion {
        let directed = parse_directed(call, None).unwrap();
        Completion { process: directed.process, call: Some(directed.call), outcome: Outcome::Returned(0), detail }
    }

    fn waiting(world: &World) -> Option<Vec<(u32, String)>> {
        let shown = world.objects[0].queue().unwrap().waiting.value()?;
        Some(shown.iter().map(|m| (m.priority, String::from_utf8_lossy(&m.head).into_owned())).collect())
    }

    #[test]
    fn messages_stand_in_the_order_in_which_they_will_come_while_the_kernel_agrees() {
        let mut queues = Queues::default();
        let mut step = |call: Option<Completion>, messages, bytes| {
            let mut after = world(messages, bytes);
            queues.fill(None, &mut after, &call.iter().collect::<Vec<_>>());
            waiting(&after)
        };
        let one = |p, text: &str| (p, text.to_owned());
        assert_eq!(step(None, 0, 0), Some(vec![]));
        assert_eq!(step(Some(done("p: mq_send(3, \"low\", 1)", Detail::None)), 1, 3), Some(vec![one(1, "low")]));
        let high = done("p: mq_send(3, \"high\", 9)", Detail::None);
        assert_eq!(step(Some(high), 2, 7), Some(vec![one(9, "high"), one(1, "low")]));
        let more = done("p: mq_send(3, \"x\", 1)", Detail::None);
        assert_eq!(step(Some(more), 3, 8), Some(vec![one(9, "high"), one(1, "low"), one(1, "x")]));
        let got = done("p: mq_receive(3, 32)", Detail::Message(b"high".to_vec(), 9));
        assert_eq!(step(Some(got), 2, 4), Some(vec![one(1, "low"), one(1, "x")]));
        // A stranger has put one in: nobody knows what it says, until the queue is empty.
        assert_eq!(step(None, 3, 9), None);
        assert_eq!(step(None, 2, 4), None);
        assert_eq!(step(None, 0, 0), Some(vec![]));
    }
}
