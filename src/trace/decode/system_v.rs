//! System V queues and semaphores, sysvipc(7). No descriptor refers to them: they are told of, and not drawn.

use super::super::memory::KEPT;
use super::descriptors::text;
use super::{Caller, Then, Verdict, seen};
use nix::libc;

pub(super) fn decode(c: &mut Caller<'_>, name: &str) -> Option<Verdict> {
    let id = c.int(0);
    let arguments = match name {
        "msgget" | "semget" => {
            let middle = if name == "semget" { format!(", {}", c.int(1)) } else { String::new() };
            let flags = c.int(if name == "msgget" { 1 } else { 2 });
            format!("{}{middle}, {}", key(id), made(flags))
        }
        "msgsnd" => {
            let data = c.memory().data(c.arg(1).wrapping_add(8), c.arg(2).min(KEPT));
            let kind = c.memory().long(c.arg(1)).map_or(0, u64::cast_signed);
            format!("{id}, type {kind}, {}, {}{}", text(&data), c.arg(2), no_wait(c.int(3)))
        }
        "msgrcv" => {
            let text = format!("{id}, {}, type {}{}", c.arg(2), c.arg(3).cast_signed(), no_wait(c.int(4)));
            // The text stands behind the type, which is a long.
            return c.follow(seen(name, text), Then::Filled(c.arg(1).wrapping_add(8)));
        }
        "semop" | "semtimedop" => format!("{id}, {}", operations(c)),
        "msgctl" => format!("{id}, {}", command(c.int(1))),
        "semctl" => format!("{id}, {}, {}", c.int(1), semaphore_command(c)),
        _ => return None,
    };
    c.follow(seen(name, arguments), Then::Nothing)
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
    // The C library adds IPC_64, linux/ipc.h.
    match command & !0x100 {
        libc::IPC_RMID => "IPC_RMID".to_owned(),
        libc::IPC_SET => "IPC_SET".to_owned(),
        libc::IPC_STAT => "IPC_STAT".to_owned(),
        other => other.to_string(),
    }
}

fn semaphore_command(c: &Caller<'_>) -> String {
    match c.int(2) & !0x100 {
        libc::SETVAL => format!("SETVAL, {}", c.int(3)),
        libc::GETVAL => "GETVAL".to_owned(),
        libc::SETALL => "SETALL".to_owned(),
        libc::GETALL => "GETALL".to_owned(),
        _ => command(c.int(2)),
    }
}
