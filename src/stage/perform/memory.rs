//! Calls that concern shared memory, made by a lesson process itself.

use super::{Answer, argument, ask, ask6};
use crate::stage::memory::{Memory, Slot};
use nix::libc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Which of them; the second argument of the order and those behind it are each one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub(in crate::stage) enum MemoryOp {
    /// errno: what the C library answers without asking the kernel
    Fail = 1,
    /// flags; the name lies in the area
    MemfdCreate,
    /// flags, mode; the path lies in the area
    ShmOpen,
    /// the path lies in the area
    ShmUnlink,
    /// fd, length
    Ftruncate,
    /// length, prot, flags; fd and offset lie in the area
    Mmap,
    /// address, length
    Munmap,
    /// address
    Load,
    /// address, value
    Store,
    /// address, times, address of the gate or 0
    Increment,
    /// address, times, address of the gate or 0
    AtomicIncrement,
    /// address
    Lock,
    /// address
    Unlock,
    /// address, count
    FutexWake,
}

const OPS: [MemoryOp; 14] = [
    MemoryOp::Fail,
    MemoryOp::MemfdCreate,
    MemoryOp::ShmOpen,
    MemoryOp::ShmUnlink,
    MemoryOp::Ftruncate,
    MemoryOp::Mmap,
    MemoryOp::Munmap,
    MemoryOp::Load,
    MemoryOp::Store,
    MemoryOp::Increment,
    MemoryOp::AtomicIncrement,
    MemoryOp::Lock,
    MemoryOp::Unlock,
    MemoryOp::FutexWake,
];

/// Perform the one that the mailbox names.
pub(super) fn perform(memory: &Memory, index: usize) -> Answer {
    let slot = memory.slot(index);
    let area = memory.area(index) as i64;
    let [which, a, b, c] = [0, 1, 2, 3].map(|n| argument(slot, n));
    let Some(op) = OPS.into_iter().find(|op| *op as i64 == which) else { return (-1, libc::ENOSYS) };
    let here = i64::from(libc::AT_FDCWD);
    match op {
        MemoryOp::Fail => (-1, i32::try_from(a).unwrap_or(libc::EINVAL)),
        MemoryOp::MemfdCreate => ask(libc::SYS_memfd_create, [area, a, 0, 0]),
        MemoryOp::ShmOpen => ask(libc::SYS_openat, [here, area, a, b]),
        MemoryOp::ShmUnlink => ask(libc::SYS_unlinkat, [here, area, 0, 0]),
        MemoryOp::Ftruncate => ask(libc::SYS_ftruncate, [a, b, 0, 0]),
        MemoryOp::Mmap => {
            let [fd, offset] = numbers(memory, index);
            ask6(libc::SYS_mmap, [0, a, b, c, fd, offset])
        }
        MemoryOp::Munmap => ask(libc::SYS_munmap, [a, b, 0, 0]),
        MemoryOp::Load => (load(a), 0),
        MemoryOp::Store => {
            store(a, b);
            (0, 0)
        }
        MemoryOp::Increment | MemoryOp::AtomicIncrement => match wait_for_gate(slot) {
            0 => {
                if op == MemoryOp::Increment {
                    increment(a, b)
                } else {
                    atomic_increment(a, b)
                }
                (0, 0)
            }
            errno => (-1, errno),
        },
        MemoryOp::Lock => lock(a),
        MemoryOp::Unlock => unlock(a),
        MemoryOp::FutexWake => wake(a, b),
    }
}

/// Two numbers that lie in the area.
fn numbers(memory: &Memory, index: usize) -> [i64; 2] {
    let at = memory.area(index).cast::<i64>();
    // SAFETY: the area is aligned to a page and longer than this; the director wrote it before it gave the command.
    unsafe { [at.read(), at.add(1).read()] }
}

/// The address of a word in a mapping of this process, as the director took it from what mmap returned: aligned, and within
/// the mapping. Where the mapping is gone, or its page is, the kernel answers with SIGSEGV or SIGBUS, which is what was asked for.
fn word(address: i64) -> *mut u64 {
    address as usize as *mut u64
}

fn load(address: i64) -> i64 {
    // SAFETY: see `word`; volatile, as others store there.
    unsafe { word(address).read_volatile() }.cast_signed()
}

fn store(address: i64, value: i64) {
    // SAFETY: see `word`; volatile, as others load from there.
    unsafe { word(address).write_volatile(value.cast_unsigned()) }
}

/// A load, an addition and a store, each time: what `x++` is. Others may come in between, which is the point.
fn increment(address: i64, times: i64) {
    let word = word(address);
    for _ in 0..times.cast_unsigned() {
        // SAFETY: see `word`; volatile, so that each round really loads and stores.
        unsafe { word.write_volatile(word.read_volatile().wrapping_add(1)) };
    }
}

fn atomic_increment(address: i64, times: i64) {
    // SAFETY: see `word`; for the time of the loop everybody's use of the word is atomic or volatile.
    let word = unsafe { AtomicU64::from_ptr(word(address)) };
    for _ in 0..times.cast_unsigned() {
        word.fetch_add(1, Ordering::SeqCst);
    }
}

/// The half of a word that a futex is: its low one.
fn half<'w>(address: i64) -> &'w AtomicU32 {
    let low = if cfg!(target_endian = "big") { 4 } else { 0 };
    // SAFETY: see `word`: within the mapping, and aligned to more than it needs.
    unsafe { AtomicU32::from_ptr((address + low) as usize as *mut u32) }
}

/// Sleep while the half is `expected`; 0, or an errno that no new try would cure.
///
/// `FUTEX_WAIT_BITSET` as the C library's semaphores have it, and without a limit: that tells this sleep from the mailbox's.
fn sleep(half: &AtomicU32, expected: u32) -> i32 {
    let any = i64::from(libc::FUTEX_BITSET_MATCH_ANY.cast_unsigned());
    let number = i64::from(libc::FUTEX_WAIT_BITSET);
    match ask6(libc::SYS_futex, [half.as_ptr() as i64, number, i64::from(expected), 0, 0, any]) {
        (_, libc::EAGAIN | libc::EINTR) => 0,
        (_, errno) => errno,
    }
}

/// Wait while the gate, where there is one, is 0.
fn wait_for_gate(slot: &Slot) -> i32 {
    let gate = argument(slot, 3);
    while gate != 0 && half(gate).load(Ordering::SeqCst) == 0 {
        match sleep(half(gate), 0) {
            0 => {}
            errno => return errno,
        }
    }
    0
}

fn me() -> u32 {
    // SAFETY: no arguments, cannot fail.
    unsafe { libc::getpid() }.cast_unsigned()
}

/// A lock as the kernel's robust ones are laid out (linux/futex.h): the owner's number, and a bit where somebody waits.
fn lock(address: i64) -> Answer {
    let half = half(address);
    let free = |waiters| half.compare_exchange(0, me() | waiters, Ordering::SeqCst, Ordering::SeqCst);
    if free(0).is_ok() {
        return (0, 0);
    }
    loop {
        let seen = half.load(Ordering::SeqCst);
        if seen == 0 {
            // There may be others behind us, of whom nobody else knows any more.
            if free(libc::FUTEX_WAITERS).is_ok() {
                return (0, 0);
            }
            continue;
        }
        let wanted = seen | libc::FUTEX_WAITERS;
        if seen != wanted && half.compare_exchange(seen, wanted, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            continue;
        }
        match sleep(half, wanted) {
            0 => {}
            errno => return (-1, errno),
        }
    }
}

fn unlock(address: i64) -> Answer {
    let half = half(address);
    if half.load(Ordering::SeqCst) & libc::FUTEX_TID_MASK != me() {
        return (-1, libc::EPERM);
    }
    if half.swap(0, Ordering::SeqCst) & libc::FUTEX_WAITERS != 0 {
        wake(address, 1);
    }
    (0, 0)
}

fn wake(address: i64, count: i64) -> Answer {
    let number = i64::from(libc::FUTEX_WAKE);
    ask(libc::SYS_futex, [half(address).as_ptr() as i64, number, count, 0])
}
