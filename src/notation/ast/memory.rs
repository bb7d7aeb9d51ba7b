//! Calls that concern shared memory.

use crate::world::{FdNumber, MapName};
use serde::{Deserialize, Serialize};

/// The mode that `shm_open` and `mq_open` ask for where none is said.
pub const PRIVATE_MODE: u32 = 0o600;

/// A call that concerns memory that processes share.
///
/// The names of `shm_open` are the stage's own. Addresses are not written: a mapping is called `m1`, and a place in it is an
/// offset in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the line above each variant names its fields")]
pub enum MemoryCall {
    /// `memfd_create(name[, flags])`
    MemfdCreate { name: String, flags: i32 },
    /// `shm_open(name, flags[, mode])`
    ShmOpen { name: String, flags: i32, mode: u32 },
    /// `shm_unlink(name)`
    ShmUnlink { name: String },
    /// `ftruncate(fd, length)`
    Ftruncate { fd: FdNumber, length: i64 },
    /// `mmap(length, prot, flags[, fd[, offset]])`; the kernel picks the address.
    Mmap { length: u64, prot: i32, flags: i32, fd: FdNumber, offset: i64 },
    /// `munmap(m1)`: all of it.
    Munmap { map: MapName },
    /// `load(m1, offset)`: no system call; the process loads a word of 64 bits.
    Load { place: Place },
    /// `store(m1, offset, value)`: no system call; the process stores a word of 64 bits.
    Store { place: Place, value: i64 },
    /// `increment(m1, offset, times[, gate])`: load, add 1, store, that many times. With a gate it waits first (in
    /// `futex`) while the word at that offset is 0.
    Increment { place: Place, times: u64, gate: Option<u64> },
    /// As `increment`, with one instruction that nobody else's can come between.
    AtomicIncrement { place: Place, times: u64, gate: Option<u64> },
    /// `lock(m1, offset)`: take the lock in the low half of a word, which then holds the process's pid; wait (in `futex`)
    /// while another has it.
    Lock { place: Place },
    /// `unlock(m1, offset)`: give it back; `EPERM` where somebody else has it, as for an error-checking mutex.
    Unlock { place: Place },
    /// `futex_wake(m1, offset[, count])`: wake those that sleep at a word, all unless said.
    FutexWake { place: Place, count: i32 },
}

/// A word in a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The mapping.
    pub map: MapName,
    /// Bytes from its start.
    pub offset: u64,
}

impl MemoryCall {
    /// Its name in C, or here where C has none.
    pub fn name(&self) -> &'static str {
        match self {
            MemoryCall::MemfdCreate { .. } => "memfd_create",
            MemoryCall::ShmOpen { .. } => "shm_open",
            MemoryCall::ShmUnlink { .. } => "shm_unlink",
            MemoryCall::Ftruncate { .. } => "ftruncate",
            MemoryCall::Mmap { .. } => "mmap",
            MemoryCall::Munmap { .. } => "munmap",
            MemoryCall::Load { .. } => "load",
            MemoryCall::Store { .. } => "store",
            MemoryCall::Increment { .. } => "increment",
            MemoryCall::AtomicIncrement { .. } => "atomic_increment",
            MemoryCall::Lock { .. } => "lock",
            MemoryCall::Unlock { .. } => "unlock",
            MemoryCall::FutexWake { .. } => "futex_wake",
        }
    }
}
