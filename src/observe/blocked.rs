//! The call that a process sleeps in: `/proc/PID/syscall`, proc_pid_syscall(5).

use super::proc_dir::ProcDir;
use super::{places, sys};
use crate::world::{Access, BlockedIn, FdNumber, Pid};
use nix::libc;
use std::os::unix::fs::FileExt;
use syscalls::Sysno;

/// The call by which the kernel takes up some others again, restart_syscall(2).
const RESTART: &str = "restart_syscall";

/// What `/proc/PID/syscall` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asleep {
    /// `running`: it does not sleep.
    Not,
    /// `-1 …`: it sleeps, but not in a call.
    Elsewhere,
    /// In this call with these arguments.
    In(Sysno, [u64; 6]),
}

impl Asleep {
    /// Read it; a call that was taken up again after a stop is the call that it was. Errors: EACCES or EPERM where one may not look; ENOENT where the kernel has no such file.
    pub(super) fn read(dir: &ProcDir) -> nix::Result<Asleep> {
        let mut buffer = [0; 512];
        let text = dir.read(c"syscall", &mut buffer)?;
        let asleep = Asleep::parse(text).ok_or(nix::errno::Errno::ENOSYS)?;
        Ok(match asleep {
            Asleep::In(number, arguments) if number.name() == RESTART => {
                let place = places::of(dir).unwrap_or_default();
                Asleep::In(places::taken_up(&place, arguments[0]).unwrap_or(number), arguments)
            }
            other => other,
        })
    }

    /// The mailbox's wait: a futex, or a futex taken up again after a stop. A wait of the lesson's own is of another kind:
    /// `FUTEX_WAIT_BITSET`, as the C library's semaphores have it.
    pub(super) fn at_mailbox(self) -> bool {
        match self {
            Asleep::In(number, [_, operation, ..]) => match name(number) {
                "futex" => int(operation) == libc::FUTEX_WAIT,
                other => other == RESTART,
            },
            _ => false,
        }
    }

    /// The address of the word that it sleeps at.
    pub(super) fn word(self) -> Option<u64> {
        match self {
            Asleep::In(number, [address, ..]) if name(number) == "futex" => Some(address),
            _ => None,
        }
    }

    fn parse(text: &[u8]) -> Option<Asleep> {
        let mut words = std::str::from_utf8(text).ok()?.split_ascii_whitespace();
        let first = words.next()?;
        if first == "running" {
            return Some(Asleep::Not);
        }
        let number: i64 = first.parse().ok()?;
        let Ok(number) = usize::try_from(number) else { return Some(Asleep::Elsewhere) };
        let mut arguments = [0; 6];
        for argument in &mut arguments {
            *argument = u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok()?;
        }
        Some(Asleep::In(Sysno::new(number)?, arguments))
    }
}

/// One name for calls that differ in their number and not in their meaning.
fn name(number: Sysno) -> &'static str {
    match number.name() {
        "wait4" | "waitid" => "wait",
        "open" | "openat" | "openat2" => "open",
        "poll" | "ppoll" => "poll",
        "select" | "pselect6" => "select",
        "nanosleep" | "clock_nanosleep" => "sleep",
        "epoll_wait" | "epoll_pwait" | "epoll_pwait2" => "epoll_wait",
        "accept" | "accept4" => "accept",
        "futex" | "futex_wait" | "futex_waitv" => "futex",
        "clone" | "clone3" | "vfork" => "vfork",
        "rt_sigsuspend" => "sigsuspend",
        "rt_sigtimedwait" => "sigtimedwait",
        "mq_timedsend" => "mq_send",
        "mq_timedreceive" => "mq_receive",
        "pread64" => "pread",
        "pwrite64" => "pwrite",
        other => other,
    }
}

/// A way to a process's memory: address, buffer; how many bytes could be had.
pub(super) type Memory<'m> = &'m dyn Fn(u64, &mut [u8]) -> Option<usize>;

/// The call in the words of the picture. `memory` is asked for what arguments point at.
pub(super) fn describe(number: Sysno, arguments: [u64; 6], memory: Memory<'_>) -> BlockedIn {
    let [first, second, third, ..] = arguments;
    // send(2) and recv(2) are these calls without an address, and the C library's semop is one without a limit.
    let call = match (name(number), arguments) {
        ("recvfrom", [.., 0, _]) => "recv",
        ("sendto", [.., 0, _]) => "send",
        ("semtimedop", [_, _, _, 0, ..]) => "semop",
        (call, _) => call,
    };
    let mut blocked = BlockedIn { call: call.to_owned(), fd: None, child: None, path: None, count: None, opens: None };
    match call {
        "read" | "write" | "mq_send" | "mq_receive" | "pread" | "pwrite" | "recv" | "send" | "recvfrom" | "sendto" => {
            blocked.fd = descriptor(first);
            blocked.count = Some(third);
        }
        "readv" | "writev" | "preadv" | "pwritev" | "preadv2" | "pwritev2" | "recvmsg" | "sendmsg" | "recvmmsg"
        | "sendmmsg" | "accept" | "connect" | "fcntl" | "flock" | "ioctl" | "epoll_wait" | "splice" | "tee"
        | "vmsplice" | "mq_timedsend" | "mq_timedreceive" => blocked.fd = descriptor(first),
        "poll" if second == 1 => blocked.fd = only_polled(first, memory),
        "wait" => blocked.child = child(number, first, second),
        "open" => {
            let pointer = if number.name() == "open" { first } else { second };
            blocked.path = string_at(pointer, memory);
            // openat2(2) has its flags in memory, and few use it.
            let flags = [("open", second), ("openat", third)].into_iter().find(|(name, _)| *name == number.name());
            blocked.opens = flags.and_then(|(_, flags)| Access::of_flags(int(flags)));
        }
        _ => {}
    }
    blocked
}

/// Registers are 64 bits wide and a descriptor is an int: the upper half may hold anything.
fn int(register: u64) -> i32 {
    let [a, b, c, d, ..] = register.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

fn descriptor(register: u64) -> Option<FdNumber> {
    Some(int(register)).filter(|&fd| fd >= 0)
}

fn child(number: Sysno, first: u64, second: u64) -> Option<Pid> {
    let pid = match number.name() {
        "waitid" if int(first).unsigned_abs() == libc::P_PID => int(second),
        "waitid" => return None,
        _ => int(first),
    };
    Some(pid).filter(|&pid| pid > 0)
}

/// The descriptor of a `struct pollfd`, where the call waits on only that one.
fn only_polled(address: u64, memory: Memory<'_>) -> Option<FdNumber> {
    let mut bytes = [0; 4];
    (memory(address, &mut bytes)? == bytes.len()).then(|| i32::from_le_bytes(bytes)).filter(|&fd| fd >= 0)
}

/// A C string, up to PATH_MAX. Read page by page: what follows its page may not be mapped.
fn string_at(address: u64, memory: Memory<'_>) -> Option<String> {
    const PAGE: u64 = 4096;
    let mut text = Vec::new();
    let mut at = address;
    while text.len() < 4096 {
        let mut page = [0; PAGE as usize];
        let room = usize::try_from(PAGE - at % PAGE).ok()?;
        let got = memory(at, page.get_mut(..room)?)?;
        let got = page.get(..got)?;
        if let Some(end) = got.iter().position(|&b| b == 0) {
            text.extend_from_slice(got.get(..end)?);
            return Some(String::from_utf8_lossy(&text).into_owned());
        }
        if got.len() < room {
            return None;
        }
        text.extend_from_slice(got);
        at = at.checked_add(got.len() as u64)?;
    }
    None
}

/// The memory of a live process: process_vm_readv(2), and `/proc/PID/mem` where that is refused.
pub(super) fn memory_of(pid: Pid, dir: &ProcDir) -> impl Fn(u64, &mut [u8]) -> Option<usize> {
    move |address, into| match sys::read_memory(pid, address, into) {
        Ok(n) => Some(n),
        Err(_) => {
            let file = std::fs::File::from(dir.file(c"mem").ok()?);
            file.read_at(into, address).ok()
        }
    }
}

#[cfg(test)]
#[path = "blocked_tests.rs"]
mod tests;
