//! Descriptors that bring news as numbers: counters, timers, signals, the lists of epoll.

use super::{Caller, Then, Verdict, seconds, seen, signals_of};
use crate::notation::{
    Call, Data, Seen, clock_name, epoll_flags_name, eventfd_flags_name, inotify_flags_name, signalfd_flags_name,
    timer_flags_name, timerfd_flags_name,
};
use crate::world::{FdNumber, Process, Target};
use nix::libc;

/// What is read from such a descriptor, or written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Notice {
    /// eventfd(2): a number of 64 bits.
    Counter,
    /// timerfd_create(2): how often it has expired.
    Expirations,
    /// signalfd(2): `struct signalfd_siginfo`, one or more.
    Signals,
}

impl Notice {
    /// What this descriptor brings, by the name that the kernel gives it, proc_pid_fd(5).
    pub(in super::super) fn of(process: &Process, fd: FdNumber) -> Option<Notice> {
        match &process.fd(fd)?.target {
            Target::Other(link) => match link.strip_prefix("anon_inode:")? {
                "[eventfd]" => Some(Notice::Counter),
                "[timerfd]" => Some(Notice::Expirations),
                "[signalfd]" => Some(Notice::Signals),
                _ => None,
            },
            _ => None,
        }
    }
}

pub(super) fn decode(c: &mut Caller<'_>, name: &str) -> Option<Verdict> {
    let text = match name {
        "eventfd" => format!("{}, 0", c.int(0)),
        "eventfd2" => format!("{}, {}", c.int(0), eventfd_flags_name(c.int(1))),
        "epoll_create" => c.int(0).to_string(),
        "epoll_create1" => epoll_flags_name(c.int(0)),
        "inotify_init" => String::new(),
        "inotify_init1" => inotify_flags_name(c.int(0)),
        "timerfd_create" => format!("{}, {}", clock_name(c.int(0)), timerfd_flags_name(c.int(1))),
        "timerfd_settime" => return c.follow(seen(name, timer(c)), Then::Nothing),
        "signalfd" => format!("{}, {}, 0", c.int(0), signals(c)),
        "signalfd4" => format!("{}, {}, {}", c.int(0), signals(c), signalfd_flags_name(c.int(3))),
        "write" => return written(c),
        _ => return None,
    };
    let name = match name {
        "eventfd2" => "eventfd",
        "signalfd4" => "signalfd",
        other => other,
    };
    c.follow(seen(name, text), Then::New)
}

/// `3, 0, first 0.1 s, then every 0.1 s`
fn timer(c: &Caller<'_>) -> String {
    let (fd, flags, at) = (c.int(0), c.int(1), c.arg(2));
    // `struct itimerspec`: one of each.
    let known = || Some((c.memory().timespec(at)?, c.memory().timespec(at.checked_add(16)?)?));
    let when = match known() {
        None => "...".to_owned(),
        Some((_, (0, 0))) => "disarmed".to_owned(),
        Some((every, first)) => {
            let at = if flags & libc::TFD_TIMER_ABSTIME != 0 { "first at " } else { "first " };
            let then = match every {
                (0, 0) => "once".to_owned(),
                (whole, part) => format!("then every {}", seconds(whole, part)),
            };
            format!("{at}{}, {then}", seconds(first.0, first.1))
        }
    };
    format!("{fd}, {}, {when}", timer_flags_name(flags))
}

/// `[SIGUSR1, SIGCHLD]`; where it is most of them, those that are not in it: `all but [SIGINT]`.
fn signals(c: &Caller<'_>) -> String {
    let mask = c.memory().long(c.arg(1)).unwrap_or(0);
    let names = |mask: u64| format!("[{}]", signals_of(mask).collect::<Vec<_>>().join(", "));
    if mask.count_ones() > 32 { format!("all but {}", names(!mask)) } else { names(mask) }
}

/// A number that is added to a counter.
fn written(c: &mut Caller<'_>) -> Option<Verdict> {
    let (fd, length) = (c.int(0), c.arg(2));
    let notice = c.picture.process(c.pid).and_then(|p| Notice::of(p, fd));
    if notice != Some(Notice::Counter) || length != 8 {
        return None;
    }
    c.picture.note_use(c.pid, fd);
    let bytes: [u8; 8] = c.memory().number(c.arg(1))?;
    let text = format!("{fd}, [{}], 8", u64::from_ne_bytes(bytes));
    let puts = Some((fd, Data { unit: bytes.to_vec(), times: 1 }));
    c.follow(Call::Seen(Box::new(Seen { puts, ..Seen::new("write", text) })), Then::Put(fd))
}
