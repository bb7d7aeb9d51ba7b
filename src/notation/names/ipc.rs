//! Flags and numbers of calls that traced programs make and the stage does not: `eventfd(2)`, `epoll_ctl(2)`,
//! `timerfd_create(2)`, `signalfd(2)`, `renameat2(2)`, `linkat(2)`.

use super::flags::{join, one};

const EVENTFD: &[(&str, i32)] =
    &[("EFD_SEMAPHORE", libc::EFD_SEMAPHORE), ("EFD_NONBLOCK", libc::EFD_NONBLOCK), ("EFD_CLOEXEC", libc::EFD_CLOEXEC)];

const TIMERFD: &[(&str, i32)] = &[("TFD_NONBLOCK", libc::TFD_NONBLOCK), ("TFD_CLOEXEC", libc::TFD_CLOEXEC)];
const TIMER: &[(&str, i32)] =
    &[("TFD_TIMER_ABSTIME", libc::TFD_TIMER_ABSTIME), ("TFD_TIMER_CANCEL_ON_SET", libc::TFD_TIMER_CANCEL_ON_SET)];
const SIGNALFD: &[(&str, i32)] = &[("SFD_NONBLOCK", libc::SFD_NONBLOCK), ("SFD_CLOEXEC", libc::SFD_CLOEXEC)];
const EPOLL: &[(&str, i32)] = &[("EPOLL_CLOEXEC", libc::EPOLL_CLOEXEC)];
const INOTIFY: &[(&str, i32)] = &[("IN_NONBLOCK", libc::IN_NONBLOCK), ("IN_CLOEXEC", libc::IN_CLOEXEC)];

/// linux/fs.h
const RENAME: &[(&str, i32)] = &[("RENAME_NOREPLACE", 1), ("RENAME_EXCHANGE", 2), ("RENAME_WHITEOUT", 4)];
const LINK: &[(&str, i32)] = &[("AT_SYMLINK_FOLLOW", libc::AT_SYMLINK_FOLLOW), ("AT_EMPTY_PATH", libc::AT_EMPTY_PATH)];

/// Without `EPOLLET`, which is the sign.
const EPOLL_EVENTS: &[(&str, i32)] = &[
    ("EPOLLIN", libc::EPOLLIN),
    ("EPOLLPRI", libc::EPOLLPRI),
    ("EPOLLOUT", libc::EPOLLOUT),
    ("EPOLLERR", libc::EPOLLERR),
    ("EPOLLHUP", libc::EPOLLHUP),
    ("EPOLLRDNORM", libc::EPOLLRDNORM),
    ("EPOLLRDBAND", libc::EPOLLRDBAND),
    ("EPOLLWRNORM", libc::EPOLLWRNORM),
    ("EPOLLWRBAND", libc::EPOLLWRBAND),
    ("EPOLLMSG", libc::EPOLLMSG),
    ("EPOLLRDHUP", libc::EPOLLRDHUP),
    ("EPOLLEXCLUSIVE", libc::EPOLLEXCLUSIVE),
    ("EPOLLWAKEUP", libc::EPOLLWAKEUP),
    ("EPOLLONESHOT", libc::EPOLLONESHOT),
];

const CLOCKS: &[(&str, i32)] = &[
    ("CLOCK_REALTIME", libc::CLOCK_REALTIME),
    ("CLOCK_MONOTONIC", libc::CLOCK_MONOTONIC),
    ("CLOCK_BOOTTIME", libc::CLOCK_BOOTTIME),
    ("CLOCK_REALTIME_ALARM", libc::CLOCK_REALTIME_ALARM),
    ("CLOCK_BOOTTIME_ALARM", libc::CLOCK_BOOTTIME_ALARM),
];

const EPOLL_COMMANDS: &[(&str, i32)] = &[
    ("EPOLL_CTL_ADD", libc::EPOLL_CTL_ADD),
    ("EPOLL_CTL_MOD", libc::EPOLL_CTL_MOD),
    ("EPOLL_CTL_DEL", libc::EPOLL_CTL_DEL),
];

/// The flags of `eventfd(2)`: `EFD_SEMAPHORE|EFD_NONBLOCK`, or `0`.
pub fn eventfd_flags_name(flags: i32) -> String {
    join(flags, None, EVENTFD)
}

/// The flags of `timerfd_create(2)`.
pub fn timerfd_flags_name(flags: i32) -> String {
    join(flags, None, TIMERFD)
}

/// The flags of `timerfd_settime(2)`.
pub fn timer_flags_name(flags: i32) -> String {
    join(flags, None, TIMER)
}

/// The flags of `signalfd(2)`.
pub fn signalfd_flags_name(flags: i32) -> String {
    join(flags, None, SIGNALFD)
}

/// The flags of `epoll_create1(2)`.
pub fn epoll_flags_name(flags: i32) -> String {
    join(flags, None, EPOLL)
}

/// The flags of `inotify_init1(2)`.
pub fn inotify_flags_name(flags: i32) -> String {
    join(flags, None, INOTIFY)
}

/// The flags of `renameat2(2)`.
pub fn rename_flags_name(flags: i32) -> String {
    join(flags, None, RENAME)
}

/// The flags of `linkat(2)`.
pub fn link_flags_name(flags: i32) -> String {
    join(flags, None, LINK)
}

/// What `epoll_ctl(2)` waits for and `epoll_wait(2)` finds: `EPOLLIN|EPOLLET`, or `0`.
pub fn epoll_events_name(events: u32) -> String {
    let (low, edge) = ((events & 0x7fff_ffff).cast_signed(), events & 0x8000_0000 != 0);
    match (low, edge) {
        (0, true) => "EPOLLET".to_owned(),
        (_, true) => format!("{}|EPOLLET", join(low, None, EPOLL_EVENTS)),
        (_, false) => join(low, None, EPOLL_EVENTS),
    }
}

/// What `epoll_ctl(2)` is to do: `EPOLL_CTL_ADD`.
pub fn epoll_command_name(command: i32) -> String {
    one(command, EPOLL_COMMANDS)
}

/// A clock of `timerfd_create(2)`: `CLOCK_MONOTONIC`.
pub fn clock_name(clock: i32) -> String {
    one(clock, CLOCKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_names_of_their_own_call() {
        let table = [
            (eventfd_flags_name(0), "0"),
            (eventfd_flags_name(libc::EFD_SEMAPHORE | libc::EFD_NONBLOCK), "EFD_SEMAPHORE|EFD_NONBLOCK"),
            (eventfd_flags_name(libc::EFD_CLOEXEC | 4), "EFD_CLOEXEC|0x4"),
            (timerfd_flags_name(libc::TFD_NONBLOCK), "TFD_NONBLOCK"),
            (timer_flags_name(3), "TFD_TIMER_ABSTIME|TFD_TIMER_CANCEL_ON_SET"),
            (signalfd_flags_name(libc::SFD_CLOEXEC), "SFD_CLOEXEC"),
            (epoll_flags_name(libc::EPOLL_CLOEXEC), "EPOLL_CLOEXEC"),
            (inotify_flags_name(libc::IN_NONBLOCK), "IN_NONBLOCK"),
            (rename_flags_name(3), "RENAME_NOREPLACE|RENAME_EXCHANGE"),
            (link_flags_name(libc::AT_SYMLINK_FOLLOW | 8), "AT_SYMLINK_FOLLOW|0x8"),
            (epoll_events_name(0), "0"),
            (epoll_events_name(0x8000_0000), "EPOLLET"),
            (epoll_events_name(0xc000_0019), "EPOLLIN|EPOLLERR|EPOLLHUP|EPOLLONESHOT|EPOLLET"),
            (epoll_command_name(libc::EPOLL_CTL_DEL), "EPOLL_CTL_DEL"),
            (epoll_command_name(9), "9"),
            (clock_name(libc::CLOCK_MONOTONIC), "CLOCK_MONOTONIC"),
        ];
        for (printed, expected) in table {
            assert_eq!(printed, expected);
        }
    }
}
