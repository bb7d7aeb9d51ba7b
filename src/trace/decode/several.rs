//! Calls that wait for several descriptors: poll, select, epoll.

use super::super::memory::Memory;
use super::{Caller, Show, Then, Verdict, seconds, seen};
use crate::notation::{Call, SocketCall, epoll_command_name, epoll_events_name};
use crate::world::FdNumber;
use nix::libc;

/// So many descriptors of a select are looked at: glibc's `fd_set` has no more.
const SELECTED: u64 = 1024;
/// So many results of an epoll_wait.
const RESULTS: u64 = 64;
/// `struct epoll_event`, packed on x86-64 alone, linux/eventpoll.h: its size, and where the program's number is.
#[cfg(target_arch = "x86_64")]
const EPOLL_EVENT: (u64, u64) = (12, 4);
#[cfg(not(target_arch = "x86_64"))]
const EPOLL_EVENT: (u64, u64) = (16, 8);

pub(super) fn decode(c: &mut Caller<'_>, name: &str) -> Option<Verdict> {
    match name {
        "poll" | "ppoll" => poll(c, name),
        "select" | "pselect6" => select(c, name),
        "epoll_wait" | "epoll_pwait" | "epoll_pwait2" => epoll_wait(c, name),
        "epoll_ctl" => epoll_ctl(c),
        _ => None,
    }
}

fn poll(c: &Caller<'_>, name: &str) -> Option<Verdict> {
    let bytes = c.memory().bytes(c.arg(0), c.arg(1).min(64) * 8);
    let one = |b: &[u8; 8]| (i32::from_ne_bytes([b[0], b[1], b[2], b[3]]), i16::from_ne_bytes([b[4], b[5]]));
    let fds = bytes.as_chunks::<8>().0.iter().map(one).collect();
    let timeout = match name {
        "poll" => c.int(2),
        // Whole milliseconds.
        _ => c.memory().timespec(c.arg(2)).map_or(-1, |(seconds, nanoseconds)| {
            i32::try_from(seconds.saturating_mul(1000).saturating_add(nanoseconds / 1_000_000)).unwrap_or(i32::MAX)
        }),
    };
    let call = Call::Socket(SocketCall::Poll { fds, timeout });
    c.shown(call, Then::Polled(c.arg(0), c.arg(1)), Show::IfBlocked)
}

/// What poll(2) has found ready.
pub(in super::super) fn ready(memory: Memory<'_>, at: u64, count: u64) -> Vec<(i32, libc::c_short)> {
    let bytes = memory.bytes(at, count.min(64) * 8);
    let one = |b: &[u8; 8]| (i32::from_ne_bytes([b[0], b[1], b[2], b[3]]), i16::from_ne_bytes([b[6], b[7]]));
    bytes.as_chunks::<8>().0.iter().map(one).filter(|(_, events)| *events != 0).collect()
}

/// The descriptors in an `fd_set`, select(2).
fn set(memory: Memory<'_>, at: u64, count: u64) -> Vec<FdNumber> {
    let count = count.min(SELECTED);
    let bytes = if at == 0 { Vec::new() } else { memory.bytes(at, count.div_ceil(64) * 8) };
    let has = |fd: &FdNumber| {
        let at = usize::try_from(*fd).unwrap_or(usize::MAX);
        let word = bytes.get(at / 64 * 8..).and_then(|b| b.first_chunk()).map_or(0, |b| u64::from_ne_bytes(*b));
        word >> (at % 64) & 1 != 0
    };
    (0..FdNumber::try_from(count).unwrap_or(0)).filter(has).collect()
}

/// `nfds=5, read=[3], write=[4], 0.1 s`: the first number is no descriptor.
fn select(c: &Caller<'_>, name: &str) -> Option<Verdict> {
    let (count, sets) = (c.arg(0) & 0xffff_ffff, [c.arg(1), c.arg(2), c.arg(3)]);
    let mut text = format!("nfds={count}");
    for (name, at) in ["read", "write", "except"].into_iter().zip(sets).filter(|(_, at)| *at != 0) {
        text += &format!(", {name}={:?}", set(c.memory(), at, count));
    }
    text += &match c.memory().timespec(c.arg(4)) {
        // NULL.
        None => ", no limit".to_owned(),
        // A struct timeval has microseconds.
        Some((whole, part)) if name == "select" => format!(", {}", seconds(whole, part.saturating_mul(1000))),
        Some((whole, part)) => format!(", {}", seconds(whole, part)),
    };
    c.shown(seen("select", text), Then::Selected(count, sets), Show::IfBlocked)
}

/// What select(2) has left in its sets, as poll(2) would say it.
pub(in super::super) fn selected(memory: Memory<'_>, count: u64, sets: [u64; 3]) -> Vec<(FdNumber, libc::c_short)> {
    let mut found: Vec<(FdNumber, libc::c_short)> = Vec::new();
    for (at, event) in sets.into_iter().zip([libc::POLLIN, libc::POLLOUT, libc::POLLPRI]) {
        for fd in set(memory, at, count) {
            match found.iter_mut().find(|(known, _)| *known == fd) {
                Some((_, events)) => *events |= event,
                None => found.push((fd, event)),
            }
        }
    }
    found.sort_unstable();
    found
}

/// `6, 4, -1`: the instance, how many results there is room for, the limit.
fn epoll_wait(c: &Caller<'_>, name: &str) -> Option<Verdict> {
    let limit = match name {
        "epoll_pwait2" => c.memory().timespec(c.arg(3)).map_or_else(|| "-1".to_owned(), |(s, n)| seconds(s, n)),
        _ => c.int(3).to_string(),
    };
    let call = seen("epoll_wait", format!("{}, {}, {limit}", c.int(0), c.int(2)));
    c.shown(call, Then::Epolled(c.int(0), c.arg(1)), Show::IfBlocked)
}

fn epoll_ctl(c: &Caller<'_>) -> Option<Verdict> {
    let events = match c.int(1) {
        libc::EPOLL_CTL_DEL => String::new(),
        _ => {
            c.memory().int(c.arg(3)).map_or_else(String::new, |e| format!(", {}", epoll_events_name(e.cast_unsigned())))
        }
    };
    let text = format!("{}, {}, {}{events}", c.int(0), epoll_command_name(c.int(1)), c.int(2));
    c.follow(seen("epoll_ctl", text), Then::Nothing)
}

/// What epoll_wait(2) has found: the events and the number that the program chose for the descriptor.
pub(in super::super) fn epolled(memory: Memory<'_>, at: u64, count: u64) -> Vec<(u32, u64)> {
    let (size, data) = EPOLL_EVENT;
    let bytes = memory.bytes(at, count.min(RESULTS) * size);
    let one = |b: &[u8]| {
        let events = u32::from_ne_bytes(*b.first_chunk()?);
        Some((events, u64::from_ne_bytes(*b.get(usize::try_from(data).ok()?..)?.first_chunk()?)))
    };
    bytes.chunks_exact(usize::try_from(size).unwrap_or(1)).filter_map(one).collect()
}
