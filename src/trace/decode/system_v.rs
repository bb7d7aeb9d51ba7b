//! System V queues and semaphores, sysvipc(7). No descriptor refers to them.

use super::super::memory::{KEPT, Memory};
use super::descriptors::text;
use super::{Caller, Then, Verdict, seen};
use crate::observe;
use crate::world::{ObjectId, ObjectKind, Operation, Wants};
use nix::libc;

/// A call on a System V queue or on semaphores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct SystemV {
    /// Whether on a queue or on semaphores.
    pub(in super::super) kind: ObjectKind,
    /// The identifier; `None` where the call returns it.
    pub(in super::super) id: Option<i32>,
    /// What it does with it.
    pub(in super::super) does: Does,
}

/// What a call does with a System V object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Does {
    /// Ask for it by its key; whether that makes it.
    Get { makes: bool },
    /// Send a message: its type, its first bytes, its length.
    Send(i64, Vec<u8>, u64),
    /// Receive one to this address, of the type that is asked for. A copy, with `MSG_COPY`, stays in the queue.
    Receive { at: u64, wants: Wants, copies: bool },
    /// Change values, or wait for them.
    Operate(Vec<Operation>),
    /// Set values.
    Set,
    /// Ask about it, or change its permissions or limits.
    Ask,
    /// Remove it.
    Remove,
}

impl SystemV {
    /// What it brings comes from somebody else's call.
    pub(in super::super) fn takes(&self) -> bool {
        match &self.does {
            Does::Receive { .. } => true,
            Does::Operate(all) => all.iter().any(|operation| operation.change <= 0),
            _ => false,
        }
    }

    /// What it sleeps for, where it does.
    pub(in super::super) fn wants(&self) -> Option<Wants> {
        match &self.does {
            Does::Send(_, _, length) => Some(Wants::Room(*length)),
            Does::Receive { wants, .. } => Some(wants.clone()),
            Does::Operate(all) => Some(Wants::Operations(all.clone())),
            _ => None,
        }
    }

    /// It may be about the same object as that one.
    pub(in super::super) fn meets(&self, other: &SystemV) -> bool {
        self.kind == other.kind && (self.id.is_none() || other.id.is_none() || self.id == other.id)
    }
}

pub(super) fn decode(c: &mut Caller<'_>, name: &str) -> Option<Verdict> {
    let id = c.int(0);
    // The C library's semop is this call without a limit.
    let name = if name == "semtimedop" && c.arg(3) == 0 { "semop" } else { name };
    let arguments = match name {
        "msgget" | "semget" => {
            let middle = if name == "semget" { format!(", {}", c.int(1)) } else { String::new() };
            let flags = c.int(if name == "msgget" { 1 } else { 2 });
            format!("{}{middle}, {}", key(id), made(flags))
        }
        "msgsnd" => {
            let (kind, data) = letter(c.memory(), c.arg(1), c.arg(2));
            let text = format!("{id}, type {kind}, {}, {}{}", text(&data), c.arg(2), no_wait(c.int(3)));
            let head = data.into_iter().take(SHOWN).collect();
            let does = Does::Send(kind, head, c.arg(2));
            let call = SystemV { kind: ObjectKind::PostQueue, id: Some(id), does };
            return c.follow(seen(name, text), Then::SystemV(Box::new(call)));
        }
        "msgrcv" => {
            let text = format!("{id}, {}, type {}{}", c.arg(2), c.arg(3).cast_signed(), no_wait(c.int(4)));
            let call = seen(name, text);
            return c.follow(call, system_v(c, name));
        }
        "semop" | "semtimedop" => format!("{id}, {}", operations(c)),
        "msgctl" if told(c.int(1)) == libc::IPC_SET => format!("{id}, IPC_SET{}", limit(c)),
        "msgctl" => format!("{id}, {}", command(c.int(1))),
        "semctl" => format!("{id}, {}, {}", c.int(1), semaphore_command(c)),
        _ => return None,
    };
    let then = system_v(c, name);
    c.follow(seen(name, arguments), then)
}

/// A message that lies there: its type, a long, and the first bytes of its text, which stands behind that.
pub(in super::super) fn letter(memory: Memory<'_>, at: u64, length: u64) -> (i64, Vec<u8>) {
    let mut bytes = memory.bytes(at, TYPE as u64 + length.min(KEPT));
    let data = if bytes.len() > TYPE { bytes.split_off(TYPE) } else { Vec::new() };
    (bytes.first_chunk().map_or(0, |kind| i64::from_ne_bytes(*kind)), data)
}

/// The size of a message's type.
const TYPE: usize = 8;

/// What is to be done where the call has returned; nothing for memory, and for what is about no object of its own.
fn system_v(c: &Caller<'_>, name: &str) -> Then {
    let kind = if name.starts_with("msg") { ObjectKind::PostQueue } else { ObjectKind::Semaphores };
    let does = match name {
        "msgget" | "semget" => {
            let (key, flags) = (c.int(0), c.int(if name == "msgget" { 1 } else { 2 }));
            let asked = flags & libc::IPC_CREAT != 0;
            let makes = key == libc::IPC_PRIVATE || asked && !observe::system_v_is_there(kind, key);
            return Then::SystemV(Box::new(SystemV { kind, id: None, does: Does::Get { makes } }));
        }
        "msgrcv" => {
            let flags = c.int(4);
            let wants = Wants::Message(c.arg(3).cast_signed(), flags & libc::MSG_EXCEPT != 0);
            Does::Receive { at: c.arg(1), wants, copies: flags & MSG_COPY != 0 }
        }
        "semop" | "semtimedop" => Does::Operate(list(c, SEMOPM)),
        "msgctl" => match told(c.int(1)) {
            libc::IPC_RMID => Does::Remove,
            libc::IPC_STAT | libc::IPC_SET => Does::Ask,
            _ => return Then::Nothing,
        },
        "semctl" => match told(c.int(2)) {
            libc::IPC_RMID => Does::Remove,
            libc::SETVAL | libc::SETALL => Does::Set,
            libc::IPC_STAT | libc::IPC_SET | libc::GETPID..=libc::GETZCNT => Does::Ask,
            _ => return Then::Nothing,
        },
        _ => return Then::Nothing,
    };
    Then::SystemV(Box::new(SystemV { kind, id: Some(c.int(0)), does }))
}

/// So many bytes of a message are kept while it waits.
const SHOWN: usize = 256;
/// So many values of a set are told in a call.
const FEW: u64 = 16;
/// So many operations of one call are kept: what a machine allows unless it was told otherwise (`SEMOPM`, semop(2)).
const SEMOPM: u64 = 500;
/// linux/msg.h
const MSG_COPY: i32 = 0o40000;

/// A command without what the C library adds: `IPC_64`, linux/ipc.h.
fn told(command: i32) -> i32 {
    command & !0x100
}

pub(super) fn key(key: i32) -> String {
    if key == libc::IPC_PRIVATE { "IPC_PRIVATE".to_owned() } else { format!("0x{key:x}") }
}

pub(super) fn made(flags: i32) -> String {
    let names = [(libc::IPC_CREAT, "IPC_CREAT"), (libc::IPC_EXCL, "IPC_EXCL")];
    let mut words: Vec<String> =
        names.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| (*name).to_owned()).collect();
    words.push(format!("0{:o}", flags & 0o777));
    words.join("|")
}

fn no_wait(flags: i32) -> &'static str {
    if flags & libc::IPC_NOWAIT == 0 { "" } else { ", IPC_NOWAIT" }
}

/// The first `most` of a list of `struct sembuf`.
fn list(c: &Caller<'_>, most: u64) -> Vec<Operation> {
    let bytes = c.memory().bytes(c.arg(1), c.arg(2).min(most) * 6);
    let one =
        |b: &[u8; 6]| Operation { number: u16::from_ne_bytes([b[0], b[1]]), change: i16::from_ne_bytes([b[2], b[3]]) };
    bytes.as_chunks::<6>().0.iter().map(one).collect()
}

/// A list of `struct sembuf`: number, what is added, flags, each of 16 bits.
fn operations(c: &Caller<'_>) -> String {
    let bytes = c.memory().bytes(c.arg(1), c.arg(2).min(8) * 6);
    let one = |b: &[u8; 6]| {
        let (number, add) = (u16::from_ne_bytes([b[0], b[1]]), i16::from_ne_bytes([b[2], b[3]]));
        let flags = i32::from(i16::from_ne_bytes([b[4], b[5]]));
        let undo = if flags & 0x1000 == 0 { "" } else { " SEM_UNDO" };
        format!("{number}: {add:+}{undo}{}", if flags & libc::IPC_NOWAIT == 0 { "" } else { " IPC_NOWAIT" })
    };
    format!("[{}]", bytes.as_chunks::<6>().0.iter().map(one).collect::<Vec<_>>().join(", "))
}

pub(super) fn command(command: i32) -> String {
    match told(command) {
        libc::IPC_RMID => "IPC_RMID".to_owned(),
        libc::IPC_SET => "IPC_SET".to_owned(),
        libc::IPC_STAT => "IPC_STAT".to_owned(),
        other => other.to_string(),
    }
}

/// How many bytes a queue is to take from now on.
fn limit(c: &Caller<'_>) -> String {
    let at = c.arg(2).checked_add(std::mem::offset_of!(libc::msqid_ds, msg_qbytes) as u64);
    at.and_then(|at| c.memory().long(at)).map_or_else(String::new, |bytes| format!(", msg_qbytes {bytes}"))
}

/// The values that a set is given, where it is known how many there are.
fn all_values(c: &Caller<'_>) -> String {
    let set = c.picture.object(&ObjectId::system_v(ObjectKind::Semaphores, c.int(0)));
    let Some(count) = set.and_then(|set| set.semaphores()?.count.value().copied()) else { return String::new() };
    let bytes = c.memory().bytes(c.arg(3), count.min(FEW) * 2);
    let values = bytes.as_chunks::<2>().0.iter().map(|b| u16::from_ne_bytes(*b).to_string());
    let more = if count > FEW { ", ..." } else { "" };
    format!(", [{}{more}]", values.collect::<Vec<_>>().join(", "))
}

fn semaphore_command(c: &Caller<'_>) -> String {
    match told(c.int(2)) {
        libc::SETVAL => format!("SETVAL, {}", c.int(3)),
        libc::GETVAL => "GETVAL".to_owned(),
        libc::SETALL => format!("SETALL{}", all_values(c)),
        libc::GETALL => "GETALL".to_owned(),
        _ => command(c.int(2)),
    }
}
