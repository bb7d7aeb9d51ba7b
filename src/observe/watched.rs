//! Calls that wait for several descriptors: which, and until when. What poll and select were given lies in the process's
//! memory, what epoll watches in its fdinfo.

use super::blocked::Memory;
use super::proc_dir::{ProcDir, entry};
use crate::world::{Access, FdNumber, Pid};
use nix::fcntl::OFlag;
use nix::libc;
use syscalls::Sysno;

/// At the most so many descriptors of one call are looked at.
const MOST: usize = 1024;

/// A descriptor that a call waits for together with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// The descriptor.
    pub fd: FdNumber,
    /// In which direction; `None`: for exceptional conditions alone, as the third set of select(2) asks.
    pub access: Access,
    /// `EPOLLET` of epoll(7): it wakes for what happens there, not for what is so already.
    pub edge: bool,
}

impl Watched {
    fn level((fd, access): (FdNumber, Access)) -> Watched {
        Watched { fd, access, edge: false }
    }
}

/// The descriptors that a call waits for, each with the direction.
pub(super) fn watched(process: &ProcDir, number: Sysno, arguments: [u64; 6], memory: Memory<'_>) -> Vec<Watched> {
    match number.name() {
        "poll" | "ppoll" => polled(arguments, memory).into_iter().map(Watched::level).collect(),
        "select" | "pselect6" => selected(arguments, memory).into_iter().map(Watched::level).collect(),
        "epoll_wait" | "epoll_pwait" | "epoll_pwait2" => {
            let fd = i32::try_from(arguments[0] & 0xffff_ffff).unwrap_or(-1);
            epolled(process, fd)
        }
        _ => Vec::new(),
    }
}

/// It returns by itself after some time.
pub(super) fn is_limited(number: Sysno, arguments: [u64; 6]) -> bool {
    let milliseconds = |register: u64| i32::from_ne_bytes(low(register).to_ne_bytes()) >= 0;
    match number.name() {
        "poll" => milliseconds(arguments[2]),
        "ppoll" => arguments[2] != 0,
        "select" | "pselect6" => arguments[4] != 0,
        "epoll_wait" | "epoll_pwait" => milliseconds(arguments[3]),
        "epoll_pwait2" => arguments[3] != 0,
        // With FUTEX_WAIT and FUTEX_WAIT_BITSET the fourth is a time limit.
        "futex" => arguments[3] != 0,
        "mq_timedsend" | "mq_timedreceive" => arguments[4] != 0,
        "semtimedop" => arguments[3] != 0,
        "rt_sigtimedwait" => arguments[2] != 0,
        "nanosleep" | "clock_nanosleep" => true,
        _ => false,
    }
}

/// What a wait for a child waits for, wait(2); nothing of another call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes {
    /// It ends.
    pub ends: bool,
    /// It is stopped by a signal.
    pub stops: bool,
    /// It goes on after that.
    pub goes_on: bool,
}

/// The options of wait4(2), which always waits for an end, and of waitid(2).
pub(super) fn changes(number: Sysno, arguments: [u64; 6]) -> Changes {
    let options = match number.name() {
        "wait4" => low(arguments[2]) | libc::WEXITED.unsigned_abs(),
        "waitid" => low(arguments[3]),
        _ => 0,
    };
    let has = |option: i32| options & option.unsigned_abs() != 0;
    Changes { ends: has(libc::WEXITED), stops: has(libc::WSTOPPED), goes_on: has(libc::WCONTINUED) }
}

/// Of an open: which access it asks for.
pub(super) fn open_for(number: Sysno, arguments: [u64; 6], memory: Memory<'_>) -> Access {
    let flags = match number.name() {
        "open" => low(arguments[1]),
        "openat2" => {
            // The first field of struct open_how, linux/openat2.h.
            let mut bytes = [0; 8];
            match memory(arguments[2], &mut bytes) {
                Some(8) => low(u64::from_ne_bytes(bytes)),
                _ => return Access::None,
            }
        }
        _ => low(arguments[2]),
    };
    match i32::from_ne_bytes(flags.to_ne_bytes()) & OFlag::O_ACCMODE.bits() {
        libc::O_RDONLY => Access::Read,
        libc::O_WRONLY => Access::Write,
        _ => Access::ReadWrite,
    }
}

/// So many bytes of memory, at the most 128 (a `struct sockaddr_storage`).
pub(super) fn bytes_at(address: u64, length: u64, memory: Memory<'_>) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0).min(128)];
    let got = memory(address, &mut bytes).unwrap_or(0);
    bytes.truncate(got);
    bytes
}

fn low(register: u64) -> u32 {
    u32::try_from(register & 0xffff_ffff).unwrap_or(0)
}

/// `struct pollfd`: int fd, short events, short revents.
fn polled([address, count, ..]: [u64; 6], memory: Memory<'_>) -> Vec<(FdNumber, Access)> {
    let count = usize::try_from(count).unwrap_or(0).min(MOST);
    let mut bytes = vec![0; count * 8];
    let got = memory(address, &mut bytes).unwrap_or(0);
    let entries = bytes.get(..got).unwrap_or_default().as_chunks::<8>().0;
    let one = |b: &[u8; 8]| {
        let fd = i32::from_ne_bytes([b[0], b[1], b[2], b[3]]);
        let events = i32::from(i16::from_ne_bytes([b[4], b[5]]));
        (fd >= 0).then_some((fd, direction(events)))
    };
    entries.iter().filter_map(one).collect()
}

/// `POLLIN` and `POLLOUT`; epoll's have the same numbers.
fn direction(events: i32) -> Access {
    let (read, write) = (i32::from(libc::POLLIN | libc::POLLPRI), i32::from(libc::POLLOUT));
    match (events & read != 0, events & write != 0) {
        (true, true) => Access::ReadWrite,
        (false, true) => Access::Write,
        // Asked for nothing, a call still hears of the end and of errors.
        _ => Access::Read,
    }
}

/// Three sets of bits, each of which may be left out: to read, to write, for exceptional conditions (select(2)). The kernel puts its
/// answer there only when the call returns.
fn selected([count, reads, writes, exceptions, ..]: [u64; 6], memory: Memory<'_>) -> Vec<(FdNumber, Access)> {
    let count = usize::try_from(count).unwrap_or(0).min(MOST);
    let set = |address: u64| {
        let mut bytes = vec![0; count.div_ceil(64) * 8];
        let got = if address == 0 { 0 } else { memory(address, &mut bytes).unwrap_or(0) };
        bytes.truncate(got);
        bytes
    };
    let (reads, writes, exceptions) = (set(reads), set(writes), set(exceptions));
    let has = |set: &[u8], fd: usize| {
        let word = set.get(fd / 64 * 8..).and_then(|b| b.first_chunk()).map_or(0, |b| u64::from_ne_bytes(*b));
        word >> (fd % 64) & 1 != 0
    };
    let one = |fd: usize| {
        let access = match (has(&reads, fd), has(&writes, fd)) {
            (true, true) => Access::ReadWrite,
            (true, false) => Access::Read,
            (false, true) => Access::Write,
            (false, false) if has(&exceptions, fd) => Access::None,
            (false, false) => return None,
        };
        Some((FdNumber::try_from(fd).ok()?, access))
    };
    (0..count).filter_map(one).collect()
}

/// `tfd:        5 events:       19 data: …`, proc_pid_fdinfo(5).
fn epolled(process: &ProcDir, fd: FdNumber) -> Vec<Watched> {
    of_each(process, fd, epoll_line)
}

/// The descriptors that an epoll instance of this process watches: one may be watched itself (epoll(7)). Empty where it cannot be read.
pub fn watched_by(pid: Pid, fd: FdNumber) -> Vec<Watched> {
    ProcDir::showing(pid).map(|process| epolled(&process, fd)).unwrap_or_default()
}

/// What is on the list of this epoll instance: each descriptor, and the number that `epoll_wait(2)` gives for it, which the
/// program chose. Empty where it cannot be read.
pub fn epoll_list(pid: Pid, fd: FdNumber) -> Vec<(FdNumber, u64)> {
    ProcDir::showing(pid).map(|process| of_each(&process, fd, epoll_data)).unwrap_or_default()
}

fn of_each<T>(process: &ProcDir, fd: FdNumber, one: impl Fn(&str) -> Option<T>) -> Vec<T> {
    let mut buffer = vec![0; 64 << 10];
    let info = process.inside(c"fdinfo");
    let text = info.and_then(|info| info.read(&entry(fd), &mut buffer).map(|text| String::from_utf8_lossy(text)));
    text.map(|text| text.lines().filter_map(one).take(MOST).collect()).unwrap_or_default()
}

fn epoll_data(line: &str) -> Option<(FdNumber, u64)> {
    let mut words = line.strip_prefix("tfd:")?.split_ascii_whitespace();
    let fd = words.next()?.parse().ok()?;
    let data = words.skip_while(|word| *word != "data:").nth(1)?;
    Some((fd, u64::from_str_radix(data, 16).ok()?))
}

/// `None` too for one that has told once and is not to tell again before it is asked for anew (`EPOLLONESHOT`): nothing is left of its
/// events but how they were to be told, not even the errors and ends that every other hears of (`EP_PRIVATE_BITS` in fs/eventpoll.c).
fn epoll_line(line: &str) -> Option<Watched> {
    const EDGE: u32 = 1 << 31;
    const PRIVATE: u32 = 0xf << 28;
    let mut words = line.strip_prefix("tfd:")?.split_ascii_whitespace();
    let fd = words.next()?.parse().ok()?;
    let events = u32::from_str_radix(words.nth(1)?, 16).ok()?;
    let access = direction(i32::from_ne_bytes(events.to_ne_bytes()));
    (events & !PRIVATE != 0).then_some(Watched { fd, access, edge: events & EDGE != 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_poll_was_given() {
        let mut bytes = Vec::new();
        for (fd, events) in [(3_i32, libc::POLLIN), (-1, libc::POLLIN), (4, libc::POLLOUT), (5, 0)] {
            bytes.extend(fd.to_ne_bytes());
            bytes.extend(events.to_ne_bytes());
            bytes.extend([0, 0]);
        }
        let memory = |_: u64, into: &mut [u8]| {
            into.copy_from_slice(&bytes);
            Some(into.len())
        };
        let found = polled([0x1000, 4, 0, 0, 0, 0], &memory);
        assert_eq!(found, [(3, Access::Read), (4, Access::Write), (5, Access::Read)]);
    }

    #[test]
    fn what_select_was_given() {
        let memory = |address: u64, into: &mut [u8]| {
            into.copy_from_slice(if address == 1 {
                &[0b1000, 0, 0, 0, 0, 0, 0, 0]
            } else {
                &[0b11000, 0, 0, 0, 0, 0, 0, 0]
            });
            Some(8)
        };
        assert_eq!(selected([5, 1, 2, 0, 0, 0], &memory), [(3, Access::ReadWrite), (4, Access::Write)]);
        assert_eq!(selected([5, 1, 0, 0, 0, 0], &memory), [(3, Access::Read)]);
        assert_eq!(selected([5, 1, 0, 2, 0, 0], &memory), [(3, Access::Read), (4, Access::None)]);
    }

    #[test]
    fn what_epoll_watches() {
        let line = "tfd:        5 events:       19 data:                5  pos:0 ino:61af sdev:7";
        assert_eq!(epoll_line(line), Some(Watched { fd: 5, access: Access::Read, edge: false }));
        let both = epoll_line("tfd: 6 events: 8000001d data: 6");
        assert_eq!(both, Some(Watched { fd: 6, access: Access::ReadWrite, edge: true }));
        assert_eq!(epoll_line("tfd: 6 events: 40000000 data: 6"), None, "it has told, once");
        assert_eq!(epoll_data(line), Some((5, 5)));
        assert_eq!(epoll_data("tfd: 6 events: 8000001d data: 7ffd0000beef"), Some((6, 0x7ffd_0000_beef)));
        for bad in ["", "pos:\t0", "tfd: x events: 1", "tfd: 5"] {
            assert_eq!(epoll_line(bad), None);
            assert_eq!(epoll_data(bad), None);
        }
    }

    #[test]
    fn what_a_wait_is_for() {
        let of = |number, arguments| {
            let Changes { ends, stops, goes_on } = changes(number, arguments);
            (ends, stops, goes_on)
        };
        assert_eq!(of(Sysno::wait4, [4242, 0, 0, 0, 0, 0]), (true, false, false));
        assert_eq!(of(Sysno::wait4, [4242, 0, 2 | 8, 0, 0, 0]), (true, true, true));
        assert_eq!(of(Sysno::waitid, [1, 4242, 0, 4, 0, 0]), (true, false, false));
        assert_eq!(of(Sysno::waitid, [1, 4242, 0, 2, 0, 0]), (false, true, false));
        assert_eq!(of(Sysno::read, [3, 0, 2, 4, 0, 0]), (false, false, false));
    }

    #[test]
    fn limits_of_time() {
        let minus_one = u64::from(u32::MAX);
        let table = [
            (Sysno::ppoll, [1, 1, 0, 0, 0, 0], false),
            (Sysno::ppoll, [1, 1, 0x1000, 0, 0, 0], true),
            (Sysno::epoll_pwait, [3, 0, 8, minus_one, 0, 0], false),
            (Sysno::epoll_pwait, [3, 0, 8, 5, 0, 0], true),
            (Sysno::futex, [1, 0, 0, 0, 0, 0], false),
            (Sysno::read, [3, 0, 8, 5, 0, 0], false),
            (Sysno::clock_nanosleep, [0; 6], true),
        ];
        for (number, arguments, expected) in table {
            assert_eq!(is_limited(number, arguments), expected, "{number:?} {arguments:?}");
        }
    }

    #[test]
    fn an_open_asks_for_an_end() {
        let none = |_: u64, _: &mut [u8]| None;
        assert_eq!(open_for(Sysno::openat, [0, 0, 0, 0, 0, 0], &none), Access::Read);
        assert_eq!(open_for(Sysno::openat, [0, 0, 0o2000001, 0, 0, 0], &none), Access::Write);
    }
}
