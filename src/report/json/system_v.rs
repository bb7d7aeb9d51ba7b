//! System V queues and semaphores, in the shapes of schema 1.

use super::convert::LIMIT;
use crate::notation::escape;
use crate::world::{self, Body, Known, PRIVATE_KEY, Pid, Wants};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Queue<'a> {
    id: i32,
    #[serde(flatten)]
    key: Key<'a>,
    messages: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages_unknown: Option<&'a str>,
    last_sender: Option<Pid>,
    last_receiver: Option<Pid>,
    /// The messages, oldest first.
    waiting: Option<Vec<Post<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_unknown: Option<&'a str>,
    #[serde(flatten)]
    usage: Usage<'a>,
}

#[derive(Serialize)]
pub(super) struct Semaphores<'a> {
    id: i32,
    #[serde(flatten)]
    key: Key<'a>,
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count_unknown: Option<&'a str>,
    /// The first of them, by number.
    values: Option<Vec<Semaphore>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values_unknown: Option<&'a str>,
    #[serde(flatten)]
    usage: Usage<'a>,
}

/// In hexadecimal, as ipcs(1) has it; `null` for `IPC_PRIVATE`.
#[derive(Serialize)]
struct Key<'a> {
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_unknown: Option<&'a str>,
}

#[derive(Serialize)]
struct Post<'a> {
    r#type: i64,
    length: u64,
    data: String,
    data_cut: bool,
    from: &'a str,
}

#[derive(Serialize)]
struct Semaphore {
    value: u16,
    last: Option<Pid>,
    wait_to_grow: u32,
    wait_for_zero: u32,
}

#[derive(Serialize)]
struct Usage<'a> {
    made_by: Option<&'a str>,
    users: Vec<User<'a>>,
    more_ended: u64,
    sleepers: Vec<Sleeper<'a>>,
}

#[derive(Serialize)]
struct User<'a> {
    process: &'a str,
    pid: Pid,
    puts: u64,
    takes: u64,
    sets: u64,
    ended: bool,
}

/// Of what it waits for, what is not `null` holds.
#[derive(Serialize)]
struct Sleeper<'a> {
    process: &'a str,
    pid: Pid,
    thread: Pid,
    r#type: Option<i64>,
    except: bool,
    room: Option<u64>,
    operations: Option<Vec<[i32; 2]>>,
    served: bool,
}

/// The message that a call put in or took out.
#[derive(Serialize)]
pub(super) struct Letter<'a> {
    pub(super) r#type: i64,
    pub(super) from: Option<&'a str>,
}

pub(super) fn queue(body: &Body) -> Option<Queue<'_>> {
    let Body::PostQueue(queue) = body else { return None };
    Some(Queue {
        id: queue.id,
        key: key(&queue.key),
        messages: queue.messages.value().copied(),
        messages_unknown: queue.messages.reason(),
        last_sender: Some(queue.last_sender).filter(|pid| *pid != 0),
        last_receiver: Some(queue.last_receiver).filter(|pid| *pid != 0),
        waiting: queue.waiting.value().map(|all| all.iter().map(post).collect()),
        waiting_unknown: queue.waiting.reason(),
        usage: usage(&queue.usage),
    })
}

pub(super) fn semaphores(body: &Body) -> Option<Semaphores<'_>> {
    let Body::Semaphores(set) = body else { return None };
    let one = |s: &world::Semaphore| Semaphore {
        value: s.value,
        last: Some(s.last).filter(|pid| *pid != 0),
        wait_to_grow: s.wait_to_grow,
        wait_for_zero: s.wait_for_zero,
    };
    Some(Semaphores {
        id: set.id,
        key: key(&set.key),
        count: set.count.value().copied(),
        count_unknown: set.count.reason(),
        values: set.values.value().map(|all| all.iter().map(one).collect()),
        values_unknown: set.values.reason(),
        usage: usage(&set.usage),
    })
}

fn key(key: &Known<i32>) -> Key<'_> {
    let shown = key.value().filter(|key| **key != PRIVATE_KEY).map(|key| format!("{key:#x}"));
    Key { key: shown, key_unknown: key.reason() }
}

fn post(post: &world::Post) -> Post<'_> {
    let (data, long) = escape(&post.head, LIMIT);
    let data_cut = long || (post.head.len() as u64) < post.length;
    Post { r#type: post.kind, length: post.length, data, data_cut, from: &post.from }
}

fn usage(usage: &world::Usage) -> Usage<'_> {
    Usage {
        made_by: usage.made_by.as_deref(),
        users: usage.users.iter().map(user).collect(),
        more_ended: usage.more_ended,
        sleepers: usage.sleepers.iter().map(sleeper).collect(),
    }
}

fn user(user: &world::User) -> User<'_> {
    let world::User { process, pid, puts, takes, sets, ended } = user;
    User { process, pid: *pid, puts: *puts, takes: *takes, sets: *sets, ended: *ended }
}

fn sleeper(sleeper: &world::Sleeper) -> Sleeper<'_> {
    let mut out = Sleeper {
        process: &sleeper.process,
        pid: sleeper.pid,
        thread: sleeper.thread,
        r#type: None,
        except: false,
        room: None,
        operations: None,
        served: sleeper.served,
    };
    match &sleeper.wants {
        Wants::Message(kind, except) => (out.r#type, out.except) = (Some(*kind), *except),
        Wants::Room(bytes) => out.room = Some(*bytes),
        Wants::Operations(all) => {
            out.operations = Some(all.iter().map(|o| [i32::from(o.number), i32::from(o.change)]).collect());
        }
    }
    out
}
