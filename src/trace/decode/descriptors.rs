//! Calls that make, copy, change and close descriptors.

use super::{Caller, Class, Show, Then, Verdict, seen};
use crate::notation::{Call, Fcntl, MemoryCall, escape};
use nix::libc;

pub(super) fn decode(c: &mut Caller<'_>, name: &str) -> Option<Verdict> {
    match name {
        "pipe" => c.follow(Call::Pipe, Then::Pair(c.arg(0))),
        "pipe2" if c.int(1) == 0 => c.follow(Call::Pipe, Then::Pair(c.arg(0))),
        "pipe2" => c.follow(Call::Pipe2 { flags: c.int(1) }, Then::Pair(c.arg(0))),
        "close" => Some(close(c)),
        "close_range" => close_range(c),
        "dup" => copy(c, Call::Dup { fd: c.int(0) }),
        "dup2" => copy(c, Call::Dup2 { from: c.int(0), to: c.int(1) }),
        "dup3" => copy(c, Call::Dup3 { from: c.int(0), to: c.int(1), flags: c.int(2) }),
        "fcntl" => fcntl(c),
        "memfd_create" => {
            let name = c.memory().string(c.arg(0)).unwrap_or_default();
            c.follow(Call::Memory(MemoryCall::MemfdCreate { name, flags: c.int(1) }), Then::New)
        }
        "pidfd_open" => c.follow(seen(name, c.picture.name(c.int(0))), Then::New),
        "pidfd_getfd" => c.follow(seen(name, format!("{}, {}", c.int(0), c.int(1))), Then::New),
        // What a program puts into the ring never passes a call that stops it.
        "io_uring_setup" => c.follow(seen(name, format!("{}: what goes through it is not seen", c.int(0))), Then::New),
        _ => None,
    }
}

fn close(c: &mut Caller<'_>) -> Verdict {
    let fd = c.int(0);
    // Asking about every number that is closed would cost more than it brings: one that is not known is none of interest.
    let known = c.picture.known_class(c.pid, fd);
    let told = match known {
        Some(Class::Channel) => true,
        Some(Class::File | Class::Terminal) => c.interest.files || c.interest.all,
        Some(Class::Closed) | None if c.picture.had(c.pid, fd) => {
            return c.shown(Call::Close { fd }, Then::Closed(fd), Show::OnlyIf(libc::EBADF)).unwrap_or(Verdict::Ignore);
        }
        Some(Class::Closed) | None => c.interest.all,
    };
    if told || known == Some(Class::Terminal) {
        let show = if told { Show::Always } else { Show::IfBlocked };
        return c.shown(Call::Close { fd }, Then::Closed(fd), show).unwrap_or(Verdict::Ignore);
    }
    c.picture.forget_file(c.pid, fd);
    Verdict::LeaveOut
}

fn close_range(c: &mut Caller<'_>) -> Option<Verdict> {
    let last = if c.arg(1) & 0xffff_ffff == 0xffff_ffff { "~0U".to_owned() } else { c.int(1).to_string() };
    c.follow(seen("close_range", format!("{}, {last}, {}", c.int(0), c.int(2))), Then::Table)
}

fn copy(c: &mut Caller<'_>, call: Call) -> Option<Verdict> {
    let from = c.int(0);
    let to = match call {
        Call::Dup2 { to, .. } | Call::Dup3 { to, .. } => c.picture.class(c.pid, to),
        _ => Class::Closed,
    };
    let told = match (c.of_interest(from), to) {
        (Ok(()), _) | (_, Class::Channel) => true,
        // Who holds which terminal is in the picture, and a file may come to stand in its place.
        (Err(Verdict::LeaveOut), _) => false,
        (Err(verdict), _) => return Some(verdict),
    };
    c.shown(call, Then::Copied, if told { c.show } else { Show::IfBlocked })
}

fn fcntl(c: &mut Caller<'_>) -> Option<Verdict> {
    let (fd, value) = (c.int(0), c.int(2));
    // Runtimes try number after number until one is not open.
    if c.picture.class(c.pid, fd) == Class::Closed && !c.picture.had(c.pid, fd) && !c.interest.all {
        return Some(Verdict::Ignore);
    }
    if let Err(verdict) = c.of_interest(fd) {
        return Some(verdict);
    }
    let (command, then) = match c.int(1) {
        libc::F_DUPFD => (Fcntl::DupFd(value), Then::Copied),
        libc::F_DUPFD_CLOEXEC => (Fcntl::DupFdCloexec(value), Then::Copied),
        libc::F_SETFD => (Fcntl::SetFd(value), Then::Flags(fd)),
        libc::F_SETFL => (Fcntl::SetFl(value & !libc::O_ACCMODE & !libc::O_LARGEFILE), Then::Flags(fd)),
        libc::F_SETPIPE_SZ => (Fcntl::SetPipeSize(value), Then::Size(fd)),
        _ => return Some(Verdict::Ignore),
    };
    c.follow(Call::Fcntl { fd, command }, then)
}

/// Text from the program's memory, as it may stand on a line.
pub(in super::super) fn text(bytes: &[u8]) -> String {
    let (text, cut) = escape(bytes, 32);
    format!("\"{text}\"{}", if cut { "..." } else { "" })
}
