//! The part of a lesson process: take a command, make that one system call, tell what came of it.
//!
//! Single-threaded, with default signals, and without a descriptor of ours. It allocates nothing.

mod measure;
mod memory;
mod net;
mod prepared;
mod queue;
mod stdio;

pub(super) use measure::{MOST_ROUNDS, MeasureOp};
pub(super) use memory::MemoryOp;
pub(super) use net::{BEFORE_MESSAGE, LINK_NAME, REPLY, REPLY_ROOM};
pub(super) use prepared::layout;
pub(super) use queue::{ATTRIBUTES, BEFORE_DATA, QueueOp};

use super::memory::{AREA, Memory, Slot, wait};
use nix::libc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long an idle process sleeps before it makes sure that its stage is still there.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most that one read or write moves, `MAX_RW_COUNT` of linux/fs.h, and a page.
const MOST: usize = 1 << 31;

/// The calls as a mailbox names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Op {
    /// flags
    Pipe2 = 1,
    /// index of the child's mailbox
    Fork,
    /// fd
    Close,
    /// fd
    Dup,
    /// from, to
    Dup2,
    /// from, to, flags
    Dup3,
    /// fd, count
    Read,
    /// fd, length of the unit, how often; the unit lies in the area
    Write,
    /// flags, mode; the path lies in the area
    Open,
    /// mode; the path lies in the area
    Mkfifo,
    /// the path lies in the area
    Unlink,
    /// fd, command, argument
    Fcntl,
    /// signal, disposition
    Signal,
    /// pid, signal
    Kill,
    /// pid, options
    Wait4,
    /// number of arguments, number of variables; path, arguments and variables lie in the area, each with its NUL
    Execve,
    /// code, whether stdio is flushed first
    Exit,
    /// unused, length of the unit, how often; the unit lies in the area
    Printf,
    /// nothing
    Fflush,
    /// mode
    Setvbuf,
    /// see `MemoryOp`
    Memory,
    /// see `QueueOp`
    Queue,
    /// see `MeasureOp`
    Measure,
    /// number; arguments and what they point at lie in the area, see [`layout`]
    Prepared,
    /// flags
    Unshare,
    /// length of the request, where in it the number of the link goes; name and request lie in the area
    Netlink,
}

const OPS: [Op; 26] = [
    Op::Pipe2,
    Op::Fork,
    Op::Close,
    Op::Dup,
    Op::Dup2,
    Op::Dup3,
    Op::Read,
    Op::Write,
    Op::Open,
    Op::Mkfifo,
    Op::Unlink,
    Op::Fcntl,
    Op::Signal,
    Op::Kill,
    Op::Wait4,
    Op::Execve,
    Op::Exit,
    Op::Printf,
    Op::Fflush,
    Op::Setvbuf,
    Op::Memory,
    Op::Queue,
    Op::Measure,
    Op::Prepared,
    Op::Unshare,
    Op::Netlink,
];

/// Where the arguments of the command line lie, which `ps` shows: overwritten with the process's name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Title {
    /// The address of the first byte; 0 where it is not known.
    pub(super) start: usize,
    /// How many bytes.
    pub(super) length: usize,
}

/// What a call did: value (or -1) and errno.
type Answer = (i64, i32);

/// Obey the mailbox `index`, and after a fork the child's own, until told to end.
pub(super) fn serve(memory: &Memory, title: Title, index: usize) -> ! {
    let mut index = index;
    let mut last = 0;
    enter(memory, title, index);
    loop {
        let slot = memory.slot(index);
        last = next_command(memory, slot, last);
        let op = slot.op.load(Ordering::Relaxed);
        let Some(op) = OPS.iter().copied().find(|known| *known as u32 == op) else {
            answer(memory, slot, last, (-1, libc::ENOSYS));
            continue;
        };
        let result = perform(memory, index, op);
        if op == Op::Fork && result.0 == 0 {
            index = usize::try_from(argument(slot, 0)).unwrap_or(0);
            last = 0;
            enter(memory, title, index);
        } else {
            answer(memory, slot, last, result);
        }
    }
}

/// Take the name, and tell that we are there.
fn enter(memory: &Memory, title: Title, index: usize) {
    let slot = memory.slot(index);
    let name = slot.name_bytes();
    // SAFETY: the name is NUL-terminated; the kernel copies its first 15 bytes.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
    if title.start != 0 && title.length > 0 {
        let length = title.length.min(name.len());
        // SAFETY: the kernel said that the command line's arguments lie there, in this process's own stack; they
        // were read at its start for the last time, and the last byte stays NUL.
        unsafe {
            std::ptr::write_bytes(title.start as *mut u8, 0, title.length);
            std::ptr::copy_nonoverlapping(name.as_ptr(), title.start as *mut u8, length.saturating_sub(1));
        }
    }
    slot.stdout.store(stdio::address(), Ordering::Relaxed);
    // SAFETY: no arguments, cannot fail.
    slot.pid.store(unsafe { libc::getpid() }, Ordering::Release);
    memory.announce();
}

fn next_command(memory: &Memory, slot: &Slot, last: u32) -> u32 {
    loop {
        let command = slot.command.load(Ordering::Acquire);
        if command != last {
            return command;
        }
        if !memory.warden_lives() {
            exit_now(0);
        }
        wait(&slot.command, last, PATIENCE);
    }
}

fn answer(memory: &Memory, slot: &Slot, command: u32, (value, errno): Answer) {
    slot.value.store(value, Ordering::Relaxed);
    slot.errno.store(errno, Ordering::Relaxed);
    slot.stamp.store(memory.header().event.load(Ordering::Acquire), Ordering::Relaxed);
    slot.done.store(command, Ordering::Release);
    memory.announce();
}

fn argument(slot: &Slot, index: usize) -> i64 {
    slot.args.get(index).map_or(0, |a| a.load(Ordering::Relaxed))
}

/// A system call, as it is.
fn ask(number: libc::c_long, arguments: [i64; 4]) -> Answer {
    let [a, b, c, d] = arguments;
    ask6(number, [a, b, c, d, 0, 0])
}

/// A system call of up to six arguments.
fn ask6(number: libc::c_long, [a, b, c, d, e, f]: [i64; 6]) -> Answer {
    // SAFETY: every pointer among the arguments was made by `perform` and leads into this process's mailbox or a
    // mapping of its own, of the size that it says; descriptors and numbers may be wrong, which the kernel answers.
    let value = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    match value {
        -1 => (-1, std::io::Error::last_os_error().raw_os_error().unwrap_or(0)),
        value => (value, 0),
    }
}

fn exit_now(code: i64) -> ! {
    // SAFETY: ends this process and touches nothing.
    unsafe { libc::_exit(code as i32) }
}

fn perform(memory: &Memory, index: usize, op: Op) -> Answer {
    let slot = memory.slot(index);
    let arg = |n| argument(slot, n);
    let area = memory.area(index) as i64;
    let extra = slot.extra.as_ptr() as i64;
    let here = i64::from(libc::AT_FDCWD);
    match op {
        Op::Pipe2 => ask(libc::SYS_pipe2, [extra, arg(0), 0, 0]),
        Op::Fork => fork(),
        Op::Close => ask(libc::SYS_close, [arg(0), 0, 0, 0]),
        Op::Dup => ask(libc::SYS_dup, [arg(0), 0, 0, 0]),
        Op::Dup2 => dup2(arg(0), arg(1)),
        Op::Dup3 => ask(libc::SYS_dup3, [arg(0), arg(1), arg(2), 0]),
        Op::Read => read(memory, index, arg(0), arg(1)),
        Op::Write => write(memory, index, arg(0), arg(1), arg(2)),
        Op::Open => ask(libc::SYS_openat, [here, area, arg(0), arg(1)]),
        Op::Mkfifo => ask(libc::SYS_mknodat, [here, area, i64::from(libc::S_IFIFO) | arg(0), 0]),
        Op::Unlink => ask(libc::SYS_unlinkat, [here, area, 0, 0]),
        Op::Fcntl => ask(libc::SYS_fcntl, [arg(0), arg(1), arg(2), 0]),
        Op::Signal => signal(arg(0), arg(1)),
        Op::Kill => ask(libc::SYS_kill, [arg(0), arg(1), 0, 0]),
        Op::Wait4 => ask(libc::SYS_wait4, [arg(0), extra, arg(1), 0]),
        Op::Execve => execve(memory, index, arg(0), arg(1)),
        Op::Exit => {
            if arg(1) != 0 {
                // exit(3) does so too, and does not ask what came of it.
                stdio::fflush();
            }
            exit_now(arg(0))
        }
        Op::Printf => printf(memory, index, arg(1), arg(2)),
        Op::Fflush => stdio::fflush(),
        Op::Setvbuf => stdio::setvbuf(arg(0)),
        Op::Memory => memory::perform(memory, index),
        Op::Queue => queue::perform(memory, index),
        Op::Measure => measure::perform(memory, index),
        Op::Prepared => prepared::perform(memory, index, arg(0)),
        Op::Unshare => ask(libc::SYS_unshare, [arg(0), 0, 0, 0]),
        Op::Netlink => net::perform(memory, index),
    }
}

fn fork() -> Answer {
    // SAFETY: this process has one thread, and the child goes on as a lesson process itself.
    match unsafe { libc::fork() } {
        -1 => (-1, std::io::Error::last_os_error().raw_os_error().unwrap_or(0)),
        pid => (i64::from(pid), 0),
    }
}

#[cfg(target_arch = "x86_64")]
fn dup2(from: i64, to: i64) -> Answer {
    ask(libc::SYS_dup2, [from, to, 0, 0])
}

/// Newer architectures have dup3(2) alone, which refuses two equal numbers where dup2(2) only looks.
#[cfg(not(target_arch = "x86_64"))]
fn dup2(from: i64, to: i64) -> Answer {
    if from != to {
        return ask(libc::SYS_dup3, [from, to, 0, 0]);
    }
    match ask(libc::SYS_fcntl, [from, i64::from(libc::F_GETFD), 0, 0]) {
        (-1, errno) => (-1, errno),
        _ => (to, 0),
    }
}

/// The kernel's own `struct sigaction`: handler, flags, restorer, mask of 64 signals.
fn signal(signal: i64, disposition: i64) -> Answer {
    let action = [disposition, 0, 0, 0];
    ask(libc::SYS_rt_sigaction, [signal, action.as_ptr() as i64, 0, 8])
}

/// The real count reaches the kernel, so the buffer must be as large; what is not used takes no memory.
fn read(memory: &Memory, index: usize, fd: i64, count: i64) -> Answer {
    let area = memory.area(index);
    let Some(large) = larger_than_area(count.cast_unsigned()) else {
        return ask(libc::SYS_read, [fd, area as i64, count, 0]);
    };
    let Some(buffer) = Buffer::new(large) else { return (-1, libc::ENOMEM) };
    let answer = ask(libc::SYS_read, [fd, buffer.at as i64, count, 0]);
    let got = usize::try_from(answer.0).unwrap_or(0).min(AREA);
    // SAFETY: the kernel has written `got` bytes to the buffer, and the area is at least as long.
    unsafe { std::ptr::copy_nonoverlapping(buffer.at, area, got) };
    answer
}

fn write(memory: &Memory, index: usize, fd: i64, unit: i64, times: i64) -> Answer {
    with_data(memory, index, unit, times, |at, total| ask(libc::SYS_write, [fd, at as i64, total as i64, 0]))
}

fn printf(memory: &Memory, index: usize, unit: i64, times: i64) -> Answer {
    with_data(memory, index, unit, times, stdio::print)
}

/// Lay the data out, the unit so often, and do something with it: where it begins, and how long it is.
fn with_data(
    memory: &Memory,
    index: usize,
    unit: i64,
    times: i64,
    with: impl Fn(*const u8, usize) -> Answer,
) -> Answer {
    let area = memory.area(index);
    let unit = usize::try_from(unit).unwrap_or(0).min(AREA);
    let total = unit.saturating_mul(usize::try_from(times).unwrap_or(0)).min(MOST);
    let Some(large) = larger_than_area(total as u64) else {
        repeat(area, area, unit, total);
        return with(area, total);
    };
    let Some(buffer) = Buffer::new(large) else { return (-1, libc::ENOMEM) };
    repeat(area, buffer.at, unit, total);
    with(buffer.at, total)
}

fn larger_than_area(count: u64) -> Option<usize> {
    (count > AREA as u64).then(|| usize::try_from(count).unwrap_or(MOST).min(MOST))
}

/// Fill `total` bytes at `to` with the `unit` bytes at `from`, over and over; each round copies all there is.
fn repeat(from: *mut u8, to: *mut u8, unit: usize, total: usize) {
    let mut filled = unit.min(total);
    // SAFETY: callers give places of at least `total` bytes (`to`) and `unit` bytes (`from`), the same one or
    // different mappings; each copy goes from the filled part to the part behind it.
    unsafe {
        if from != to {
            std::ptr::copy_nonoverlapping(from, to, filled);
        }
        while filled < total && filled > 0 {
            let more = filled.min(total - filled);
            std::ptr::copy_nonoverlapping(to, to.add(filled), more);
            filled += more;
        }
    }
}

/// A mapping for one call.
struct Buffer {
    at: *mut u8,
    length: usize,
}

impl Buffer {
    fn new(length: usize) -> Option<Buffer> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping at a place that the kernel chooses.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), length, protection, flags, -1, 0) };
        (at != libc::MAP_FAILED).then(|| Buffer { at: at.cast(), length })
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: the mapping that `new` made; the pointer is used nowhere else.
        unsafe { libc::munmap(self.at.cast(), self.length) };
    }
}

/// Make the lists of pointers behind the strings, in the area, and leave.
fn execve(memory: &Memory, index: usize, arguments: i64, variables: i64) -> Answer {
    let area = memory.area(index) as usize;
    let (arguments, variables) = (arguments.unsigned_abs() as usize, variables.unsigned_abs() as usize);
    let mut cursor = Strings { at: area, end: area + AREA };
    let Some(path) = cursor.next() else { return (-1, libc::EFAULT) };
    let mut counting = Strings { at: cursor.at, end: cursor.end };
    for _ in 0..arguments + variables {
        if counting.next().is_none() {
            return (-1, libc::E2BIG);
        }
    }
    let lists = counting.at.next_multiple_of(align_of::<usize>());
    let words = arguments + variables + 2;
    if lists + words * size_of::<usize>() > area + AREA {
        return (-1, libc::E2BIG);
    }
    for word in 0..words {
        let value = if word == arguments || word + 1 == words { 0 } else { cursor.next().unwrap_or(0) };
        // SAFETY: aligned, and all the words lie within the area, as was just made sure of.
        unsafe { ((lists + word * size_of::<usize>()) as *mut usize).write(value) };
    }
    let environment = lists + (arguments + 1) * size_of::<usize>();
    ask(libc::SYS_execve, [path as i64, lists as i64, environment as i64, 0])
}

/// Walks over NUL-terminated strings that lie one behind the other.
struct Strings {
    at: usize,
    end: usize,
}

impl Strings {
    /// The address of the next one.
    fn next(&mut self) -> Option<usize> {
        let start = self.at;
        for at in start..self.end {
            // SAFETY: `at` lies within the area, which only the director writes, and not while a command is carried out.
            if unsafe { (at as *const u8).read() } == 0 {
                self.at = at + 1;
                return Some(start);
            }
        }
        None
    }
}
