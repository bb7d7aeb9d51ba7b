//! Calls that wait for something else than bytes: locks of files, time, signals, rings. They are told of where they do wait.

use super::{Caller, Show, Then, Verdict, seen};
use nix::libc;

pub(super) fn decode(c: &mut Caller<'_>, name: &str) -> Option<Verdict> {
    let (call, arguments) = match name {
        "flock" => (name, format!("{}, {}", c.int(0), lock(c.int(1)))),
        "fcntl" => ("fcntl", locked(c)?),
        "nanosleep" => ("nanosleep", seconds(c, c.arg(0))),
        "clock_nanosleep" if c.int(1) == 0 => ("nanosleep", seconds(c, c.arg(2))),
        "clock_nanosleep" => ("clock_nanosleep", "TIMER_ABSTIME".to_owned()),
        "pause" => ("pause", String::new()),
        "rt_sigsuspend" => ("sigsuspend", "...".to_owned()),
        "rt_sigtimedwait" => ("sigtimedwait", signals(c, c.arg(0))),
        "io_uring_enter" => (name, format!("{}, {} to submit, {} to await", c.int(0), c.int(1), c.int(2))),
        _ => return None,
    };
    let always = c.interest.files && matches!(name, "flock" | "fcntl");
    c.shown(seen(call, arguments), Then::Nothing, if always { Show::Always } else { Show::IfBlocked })
}

/// What flock(2) is asked for.
fn lock(operation: i32) -> String {
    let kind = match operation & !libc::LOCK_NB {
        libc::LOCK_SH => "LOCK_SH",
        libc::LOCK_EX => "LOCK_EX",
        libc::LOCK_UN => "LOCK_UN",
        _ => return operation.to_string(),
    };
    format!("{kind}{}", if operation & libc::LOCK_NB == 0 { "" } else { "|LOCK_NB" })
}

/// What fcntl(2) is to lock, where it waits for that: `struct flock` begins with type, whence, start and length.
fn locked(c: &Caller<'_>) -> Option<String> {
    let command = match c.int(1) {
        libc::F_SETLKW => "F_SETLKW",
        libc::F_OFD_SETLKW => "F_OFD_SETLKW",
        _ => return None,
    };
    let kind = c.memory().number::<2>(c.arg(2)).map(i16::from_ne_bytes).map(i32::from);
    let kind = match kind {
        Some(kind) if kind == i32::from(libc::F_RDLCK as i16) => "F_RDLCK",
        Some(kind) if kind == i32::from(libc::F_WRLCK as i16) => "F_WRLCK",
        Some(kind) if kind == i32::from(libc::F_UNLCK as i16) => "F_UNLCK",
        _ => "...",
    };
    let part = |at: u64| c.memory().long(c.arg(2) + at).map_or(0, u64::cast_signed);
    let length = match part(16) {
        0 => "to the end".to_owned(),
        length => format!("{length} bytes"),
    };
    Some(format!("{}, {command}, {kind}, {length} from {}", c.int(0), part(8)))
}

/// A `struct timespec`.
fn seconds(c: &Caller<'_>, at: u64) -> String {
    let (whole, part) = c.memory().timespec(at).unwrap_or_default();
    super::seconds(whole, part % 1_000_000_000)
}

/// A set of signals, one bit each.
fn signals(c: &Caller<'_>, at: u64) -> String {
    let names: Vec<String> = super::signals_of(c.memory().long(at).unwrap_or(0)).collect();
    format!("[{}]", if names.len() > 8 { "...".to_owned() } else { names.join(" ") })
}
