//! System V message queues and sets of semaphores, sysvipc(7).
//!
//! No descriptor refers to them and the kernel keeps no list of who has them in use: they stay until somebody removes them. Who has
//! used one, and the messages in it, are known from the calls that were seen.

use super::World;
use super::object::{Object, ObjectId, ObjectKind};
use super::process::{Known, Pid, ProcName, Process};
use serde::{Deserialize, Serialize};

/// The calls that sleep at System V objects.
const WAITS: [&str; 4] = ["msgsnd", "msgrcv", "semop", "semtimedop"];

/// The key of what was made without one, `IPC_PRIVATE`: no other call can ask for it.
pub const PRIVATE_KEY: i32 = 0;

/// A System V message queue. Its bytes and how many it takes (`msg_qbytes`) are those of the object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostQueue {
    /// Its identifier, as msgget(2) returns it.
    pub id: i32,
    /// The key that it is found by.
    pub key: Known<i32>,
    /// How many messages wait.
    pub messages: Known<u64>,
    /// Who sent last; 0 for nobody.
    pub last_sender: Pid,
    /// Who received last; 0 for nobody.
    pub last_receiver: Pid,
    /// The messages, oldest first. The kernel shows none before it is received: they are known from the calls that were seen, as
    /// long as their number and bytes are the kernel's.
    pub waiting: Known<Vec<Post>>,
    /// Who has used it and who sleeps at it.
    pub usage: Usage,
}

impl PostQueue {
    /// Why its messages are not known where nobody saw them being sent.
    pub const UNSEEN: &'static str = "the kernel shows a message to the one who receives it";
}

/// A message in a System V queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// Its type (`mtype`), 1 or more.
    pub kind: i64,
    /// Its first bytes.
    pub head: Vec<u8>,
    /// How many bytes it has.
    pub length: u64,
    /// Who has sent it.
    pub from: ProcName,
}

/// A set of System V semaphores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Semaphores {
    /// Its identifier, as semget(2) returns it.
    pub id: i32,
    /// The key that it is found by.
    pub key: Known<i32>,
    /// How many there are.
    pub count: Known<u64>,
    /// The first of them, by number.
    pub values: Known<Vec<Semaphore>>,
    /// Who has used the set and who sleeps at it.
    pub usage: Usage,
}

/// One semaphore of a set, as semctl(2) tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Semaphore {
    /// Its value.
    pub value: u16,
    /// Who changed it last; 0 for nobody.
    pub last: Pid,
    /// How many threads of the machine sleep until it has grown.
    pub wait_to_grow: u32,
    /// How many sleep until it is 0.
    pub wait_for_zero: u32,
}

/// One operation of semop(2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The semaphore's number in its set.
    pub number: u16,
    /// What is added to it; 0: wait until it is 0.
    pub change: i16,
}

impl Operation {
    /// The value that it waits for, in words: `to be 2 at least`.
    pub fn condition(self) -> String {
        match self.change {
            0 => "to be 0".to_owned(),
            change => format!("to be {} at least", change.unsigned_abs()),
        }
    }
}

impl Semaphores {
    /// These operations are waited for by nobody any more, as the kernel counts who waits at each semaphore.
    pub fn is_served(&self, operations: &[Operation]) -> bool {
        let waited = |operation: &Operation| {
            let semaphore = self.values.value()?.get(usize::from(operation.number))?;
            Some(if operation.change == 0 { semaphore.wait_for_zero } else { semaphore.wait_to_grow } > 0)
        };
        operations.iter().all(|operation| waited(operation) == Some(false))
    }

    /// The first of these operations that cannot be done as the values are, and the value that hinders it: all are done or none.
    pub fn hinders(&self, operations: &[Operation]) -> Option<(Operation, i64)> {
        let known = self.values.value()?;
        let mut values: Vec<i64> = known.iter().map(|s| i64::from(s.value)).collect();
        operations.iter().find_map(|operation| {
            let value = values.get_mut(usize::from(operation.number))?;
            let now = *value;
            *value += i64::from(operation.change);
            let hinders = if operation.change == 0 { now != 0 } else { *value < 0 };
            hinders.then_some((*operation, now))
        })
    }
}

/// Who has used one of them by a call that was seen, and who sleeps at it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Whose call has made it; `None` where it was there before any call on it was seen.
    pub made_by: Option<ProcName>,
    /// Those who have, in the order of their first call. No descriptor ties them to it, and their end changes nothing for it.
    pub users: Vec<User>,
    /// So many more have used it and have ended.
    pub more_ended: u64,
    /// Who sleeps at it.
    pub sleepers: Vec<Sleeper>,
}

impl Usage {
    /// Those who have used it and live.
    pub fn living(&self) -> impl Iterator<Item = &User> {
        self.users.iter().filter(|user| !user.ended)
    }

    /// Everyone who has used it has ended.
    pub fn is_left(&self) -> bool {
        self.living().next().is_none()
    }
}

/// A process that has used one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its name.
    pub process: ProcName,
    /// Its process id.
    pub pid: Pid,
    /// Messages that it has sent; calls that have added to semaphores.
    pub puts: u64,
    /// Messages that it has received; calls that have taken from semaphores.
    pub takes: u64,
    /// Calls that have set semaphores.
    pub sets: u64,
    /// It has ended.
    pub ended: bool,
}

/// A thread that sleeps in a call on one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sleeper {
    /// The process it belongs to.
    pub process: ProcName,
    /// That process's id.
    pub pid: Pid,
    /// The thread's id, as gettid(2) has it.
    pub thread: Pid,
    /// What for.
    pub wants: Wants,
    /// It was given that, as the kernel counts: it is about to wake.
    pub served: bool,
}

/// What somebody sleeps for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wants {
    /// A message, by the type that msgrcv(2) was given; the flag `MSG_EXCEPT`: any but that.
    Message(i64, bool),
    /// Room for a message of so many bytes.
    Room(u64),
    /// That all of these can be done.
    Operations(Vec<Operation>),
}

impl Wants {
    /// A message of this type is one that it waits for, msgrcv(2).
    pub fn takes(&self, kind: i64) -> bool {
        match self {
            Wants::Message(0, _) => true,
            Wants::Message(wanted, true) => kind != *wanted,
            Wants::Message(wanted @ 1.., false) => kind == *wanted,
            Wants::Message(wanted, false) => kind.unsigned_abs() <= wanted.unsigned_abs(),
            Wants::Room(_) | Wants::Operations(_) => false,
        }
    }

    /// The message that is waited for, in words: `a message of type 3`.
    pub fn message(&self) -> String {
        match self {
            Wants::Message(0, _) => "a message".to_owned(),
            Wants::Message(kind, true) => format!("a message of another type than {kind}"),
            Wants::Message(kind @ 1.., false) => format!("a message of type {kind}"),
            Wants::Message(kind, false) => format!("a message of type {} or lower", kind.unsigned_abs()),
            Wants::Room(bytes) => format!("room for {bytes} bytes"),
            Wants::Operations(_) => "a change of its semaphores".to_owned(),
        }
    }
}

impl ObjectKind {
    /// It is of System V: it has an identifier, and no descriptors.
    pub fn is_system_v(self) -> bool {
        matches!(self, ObjectKind::PostQueue | ObjectKind::Semaphores)
    }
}

impl ObjectId {
    /// What stands for the System V object with this identifier: `msq 40`, `sem 5`.
    pub fn system_v(kind: ObjectKind, id: i32) -> ObjectId {
        let word = if kind == ObjectKind::PostQueue { QUEUE } else { SET };
        ObjectId(format!("{word}{id}"))
    }

    /// It stands for one.
    pub fn is_system_v(&self) -> bool {
        [QUEUE, SET].iter().any(|word| self.0.strip_prefix(word).is_some_and(|id| id.parse::<i32>().is_ok()))
    }
}

const QUEUE: &str = "msq ";
const SET: &str = "sem ";

impl World {
    /// The System V object that a process sleeps at, and its sleep.
    pub fn system_v_sleeper(&self, process: &Process) -> Option<(&Object, &Sleeper)> {
        process.state.blocked_in().filter(|blocked| WAITS.contains(&blocked.call.as_str()))?;
        self.objects.iter().find_map(|object| {
            let mut sleepers = object.usage()?.sleepers.iter();
            Some((object, sleepers.find(|sleeper| sleeper.pid == process.pid)?))
        })
    }
}

impl Object {
    /// The System V queue or semaphores with this identifier, of which nothing is known yet.
    pub fn system_v(kind: ObjectKind, id: i32) -> Object {
        let no = || "nobody has looked".to_owned();
        let usage = Usage::default();
        let (body, bytes) = match kind {
            ObjectKind::PostQueue => {
                let queue = PostQueue {
                    id,
                    key: Known::No(no()),
                    messages: Known::No(no()),
                    last_sender: 0,
                    last_receiver: 0,
                    waiting: Known::No(PostQueue::UNSEEN.into()),
                    usage,
                };
                (super::Body::PostQueue(queue), no())
            }
            _ => {
                let set =
                    Semaphores { id, key: Known::No(no()), count: Known::No(no()), values: Known::No(no()), usage };
                (super::Body::Semaphores(set), "semaphores hold no bytes".to_owned())
            }
        };
        Object {
            id: ObjectId::system_v(kind, id),
            kind,
            inode: u64::from(id.unsigned_abs()),
            bytes: Known::No(bytes.clone()),
            capacity: Known::No(bytes),
            contents: Known::No("it holds no bytes that belong to no message".into()),
            socket: None,
            holders: Vec::new(),
            body,
        }
    }

    /// The System V queue that it is, where it is one.
    pub fn post_queue(&self) -> Option<&PostQueue> {
        match &self.body {
            super::Body::PostQueue(queue) => Some(queue),
            _ => None,
        }
    }

    /// The semaphores that it is, where it is some.
    pub fn semaphores(&self) -> Option<&Semaphores> {
        match &self.body {
            super::Body::Semaphores(set) => Some(set),
            _ => None,
        }
    }

    /// A message of so many bytes fits into the queue that it is, msgsnd(2); `None`: it is none, or nobody knows.
    pub fn has_room(&self, length: u64) -> Option<bool> {
        let messages = *self.post_queue()?.messages.value()?;
        let (bytes, most) = (self.bytes.value()?, *self.capacity.value()?);
        Some(bytes.saturating_add(length) <= most && messages < most)
    }

    /// Who has used it, where no descriptor says who does.
    pub fn usage(&self) -> Option<&Usage> {
        self.post_queue().map(|q| &q.usage).or_else(|| self.semaphores().map(|s| &s.usage))
    }

    /// Who has used it, to be changed.
    pub fn usage_mut(&mut self) -> Option<&mut Usage> {
        match &mut self.body {
            super::Body::PostQueue(queue) => Some(&mut queue.usage),
            super::Body::Semaphores(set) => Some(&mut set.usage),
            _ => None,
        }
    }

    /// The key it is found by: `key 0x1234`, `private`.
    pub fn key(&self) -> Option<String> {
        let key = self.post_queue().map(|q| &q.key).or_else(|| self.semaphores().map(|s| &s.key))?;
        Some(match key.value()? {
            &PRIVATE_KEY => "private".to_owned(),
            key => format!("key {key:#x}"),
        })
    }

    /// The command that removes it, ipcrm(1).
    pub fn removal(&self) -> Option<String> {
        match &self.body {
            super::Body::PostQueue(queue) => Some(format!("ipcrm -q {}", queue.id)),
            super::Body::Semaphores(set) => Some(format!("ipcrm -s {}", set.id)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_says_which_messages_are_waited_for() {
        for (kind, except, three, five) in
            [(0, false, true, true), (3, false, true, false), (3, true, false, true), (-4, false, true, false)]
        {
            let wants = Wants::Message(kind, except);
            assert_eq!((wants.takes(3), wants.takes(5)), (three, five), "{kind} {except}");
        }
        assert!(!Wants::Room(3).takes(3));
    }

    #[test]
    fn operations_are_done_all_or_none() {
        let of = |value| Semaphore { value, last: 0, wait_to_grow: 0, wait_for_zero: 0 };
        let set = Semaphores {
            id: 5,
            key: Known::Yes(0),
            count: Known::Yes(2),
            values: Known::Yes(vec![of(1), of(0)]),
            usage: Usage::default(),
        };
        let op = |number, change| Operation { number, change };
        assert_eq!(set.hinders(&[op(0, -1)]), None);
        // What the first has taken the second finds gone.
        assert_eq!(set.hinders(&[op(0, -1), op(0, -1)]), Some((op(0, -1), 0)));
        assert_eq!(set.hinders(&[op(0, -1), op(0, 0)]), None);
        assert_eq!(set.hinders(&[op(0, 0)]), Some((op(0, 0), 1)));
        assert_eq!(set.hinders(&[op(1, 1), op(1, -2)]), Some((op(1, -2), 1)));
        assert_eq!(set.hinders(&[op(9, -1)]), None);
        assert_eq!((op(1, -2).condition(), op(0, 0).condition()), ("to be 2 at least".into(), "to be 0".into()));
    }

    #[test]
    fn a_queue_is_full_by_bytes_and_by_messages_of_none() {
        let mut object = Object::system_v(ObjectKind::PostQueue, 40);
        assert_eq!(object.has_room(1), None);
        for (messages, bytes, length, room) in
            [(1, 12, 4, true), (1, 12, 5, false), (15, 0, 0, true), (16, 0, 0, false)]
        {
            (object.bytes, object.capacity) = (Known::Yes(bytes), Known::Yes(16));
            if let crate::world::Body::PostQueue(queue) = &mut object.body {
                queue.messages = Known::Yes(messages);
            }
            assert_eq!(object.has_room(length), Some(room), "{messages} {bytes} {length}");
        }
    }

    #[test]
    fn an_identifier_is_told_from_a_link() {
        assert_eq!(ObjectId::system_v(ObjectKind::PostQueue, 40).0, "msq 40");
        for (id, is) in
            [("msq 40", true), ("sem 5", true), ("msq x", false), ("pipe:[5]", false), ("/tmp/sem 5", false)]
        {
            assert_eq!(ObjectId(id.into()).is_system_v(), is, "{id}");
        }
    }
}
