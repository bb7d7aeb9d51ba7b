//! Calls that move bytes through descriptors.

use super::super::memory::KEPT;
use super::descriptors::text;
use super::{Caller, Class, Show, Then, Verdict, seen};
use crate::notation::{Call, Data, Seen};
use smallvec::smallvec;

pub(super) fn decode(c: &mut Caller<'_>, name: &str) -> Option<Verdict> {
    match name {
        "read" | "write" | "readv" | "writev" | "preadv" | "pwritev" | "preadv2" | "pwritev2" | "pread64"
        | "pwrite64" => {
            c.picture.note_use(c.pid, c.int(0));
            if let Err(verdict) = c.of_interest(c.int(0)) {
                let typed = name == "read" && c.picture.class(c.pid, c.int(0)) == Class::Terminal;
                return if typed { from_terminal(c) } else { Some(verdict) };
            }
            match name {
                "read" => c.follow(
                    Call::Read { fd: c.int(0), count: c.arg(2) },
                    Then::Took(c.int(0), smallvec![(c.arg(1), c.arg(2))]),
                ),
                "write" => write(c),
                "pread64" => read_at(c),
                "pwrite64" => write_at(c),
                _ => vector(c, name),
            }
        }
        "splice" => moved(c, name, [0, 2], (c.int(0), c.int(2)), c.arg(4)),
        "tee" => moved(c, name, [0, 1], (c.int(0), c.int(1)), c.arg(2)),
        "copy_file_range" => moved(c, name, [0, 2], (c.int(0), c.int(2)), c.arg(4)),
        // It names first where the bytes go, sendfile(2).
        "sendfile" => moved(c, name, [0, 1], (c.int(1), c.int(0)), c.arg(3)),
        "vmsplice" => {
            if let Err(verdict) = c.of_interest(c.int(0)) {
                return Some(verdict);
            }
            c.follow(seen(name, format!("{}, ..., {}", c.int(0), c.arg(2))), Then::Put(c.int(0)))
        }
        _ => None,
    }
}

/// It is told of where it waits for somebody to type.
fn from_terminal(c: &Caller<'_>) -> Option<Verdict> {
    let call = Call::Read { fd: c.int(0), count: c.arg(2) };
    c.shown(call, Then::Took(c.int(0), smallvec![(c.arg(1), c.arg(2))]), Show::IfBlocked)
}

/// The bytes as they stand where all are kept; else the first of them, with the length beside.
fn write(c: &Caller<'_>) -> Option<Verdict> {
    let (fd, length) = (c.int(0), c.arg(2));
    let data = Data { unit: c.memory().data(c.arg(1), length), times: 1 };
    let call = match length <= KEPT && data.unit.len() as u64 == length {
        true => Call::Write { fd, data },
        false => put("write", fd, data, format!(", {length}")),
    };
    c.follow(call, Then::Put(fd))
}

/// A call that puts bytes in and of which only the first are kept.
pub(super) fn put(name: &str, fd: i32, data: Data, rest: String) -> Call {
    let quoted = text(&data.unit);
    let quoted = if quoted.ends_with("...") { quoted } else { format!("{quoted}...") };
    let seen = Seen::new(name, format!("{fd}, {quoted}{rest}"));
    Call::Seen(Box::new(Seen { puts: Some((fd, data)), ..seen }))
}

/// `pread(3, 5, 6)`: the descriptor, how many, from where on.
fn read_at(c: &Caller<'_>) -> Option<Verdict> {
    let (fd, count) = (c.int(0), c.arg(2));
    let seen = Seen::new("pread", format!("{fd}, {count}, {}", c.arg(3).cast_signed()));
    let pieces = smallvec![(c.arg(1), count)];
    c.follow(Call::Seen(Box::new(Seen { takes: Some((fd, count)), ..seen })), Then::Took(fd, pieces))
}

fn write_at(c: &Caller<'_>) -> Option<Verdict> {
    let (fd, length) = (c.int(0), c.arg(2));
    let data = Data { unit: c.memory().data(c.arg(1), length), times: 1 };
    let more = if (data.unit.len() as u64) < length && data.unit.len() <= 32 { "..." } else { "" };
    let seen = Seen::new("pwrite", format!("{fd}, {}{more}, {length}, {}", text(&data.unit), c.arg(3).cast_signed()));
    c.follow(Call::Seen(Box::new(Seen { puts: Some((fd, data)), ..seen })), Then::Put(fd))
}

fn vector(c: &Caller<'_>, name: &str) -> Option<Verdict> {
    let fd = c.int(0);
    let pieces = c.memory().vectors(c.arg(1), c.arg(2));
    let total = pieces.iter().fold(0_u64, |sum, (_, n)| sum.saturating_add(*n));
    let mut seen = Seen::new(name.trim_end_matches('2'), String::new());
    // -1 stands for the offset of the description, preadv2(2).
    let at = match c.arg(3).cast_signed() {
        at if name.starts_with('p') && at >= 0 => format!(", {at}"),
        _ => String::new(),
    };
    if name.contains("read") {
        seen.arguments = format!("{fd}, {total}{at}");
        seen.takes = Some((fd, total));
        return c.follow(Call::Seen(Box::new(seen)), Then::Took(fd, pieces.into()));
    }
    let data = Data { unit: c.memory().gather(&pieces, total), times: 1 };
    let more = if (data.unit.len() as u64) < total { "..." } else { "" };
    seen.arguments = format!("{fd}, {}{more}, {total}{at}", text(&data.unit));
    seen.puts = Some((fd, data));
    c.follow(Call::Seen(Box::new(seen)), Then::Put(fd))
}

/// The descriptors are told in the order of the call's own arguments, which `places` are.
fn moved(c: &mut Caller<'_>, name: &str, places: [usize; 2], (from, to): (i32, i32), length: u64) -> Option<Verdict> {
    [from, to].into_iter().for_each(|fd| c.picture.note_use(c.pid, fd));
    let verdicts = [c.of_interest(from), c.of_interest(to)];
    if let [Err(_), Err(verdict)] = verdicts {
        return Some(verdict);
    }
    let [one, other] = places.map(|n| c.int(n));
    c.follow(seen(name, format!("{one}, {other}, {length}")), Then::Moved(from, to))
}
