//! The memory that director, warden and lesson processes share: a mailbox a process.
//!
//! A memfd mapped `MAP_SHARED` before the first fork. A fork inherits the mapping, so that a new
//! process needs no descriptor to be spoken to; an exec leaves it behind.

use nix::libc;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// How many processes can obey at once.
pub(super) const SLOTS: usize = 64;
/// Bytes that one mailbox can hold: paths, arguments, data. Sparse: what is not touched takes no memory.
pub(super) const AREA: usize = 4 << 20;
/// What stays of an area between two calls; the rest is given back to the kernel.
const KEPT: usize = 64 << 10;
/// Deaths that the warden has reported and the director has not read yet, at the most.
pub(super) const REAPED: usize = 512;
/// The memfd's name; `/proc/PID/maps` of a process that still obeys shows it.
pub(super) const MEMFD_NAME: &str = "pipescope-stage";
const MAGIC: u64 = u64::from_le_bytes(*b"pscope01");
const PAGE: usize = 4096;
const HEADER: usize = 4 * PAGE;
const TOTAL: usize = HEADER + SLOTS * PAGE + SLOTS * AREA;
const PATH: usize = 1024;
/// Bytes for the names that calls of this stage gave to memory and queues.
const NAMES: usize = 8192;

/// What concerns the whole stage.
#[repr(C)]
pub(super) struct Header {
    magic: AtomicU64,
    /// Goes up by one with everything that the director may want to know; a futex.
    pub(super) event: AtomicU32,
    /// The warden's pid once it is ready.
    pub(super) warden: AtomicI32,
    /// The warden's sign of life, see [`Life`].
    pub(super) life: Life,
    /// How many deaths the warden ever reported.
    pub(super) reaped_count: AtomicU32,
    path_length: AtomicU32,
    /// The reports: pid, wait status.
    pub(super) reaped: [(AtomicI32, AtomicI32); REAPED],
    path: [AtomicU8; PATH],
    names_length: AtomicU32,
    names: [AtomicU8; NAMES],
}

/// A robust futex, get_robust_list(2), that the warden holds all its life: however it dies, the kernel
/// marks it, so that even a process that nobody is left to tell can see that its stage is gone.
#[repr(C)]
pub(super) struct Life {
    next: AtomicU64,
    word: AtomicU32,
}

/// `struct robust_list_head` of linux/futex.h.
#[repr(C)]
struct RobustList {
    next: u64,
    offset: i64,
    pending: u64,
}

/// The mailbox of one process.
#[repr(C)]
pub(super) struct Slot {
    /// The number of the last command given; a futex.
    pub(super) command: AtomicU32,
    /// The number of the last command carried out.
    pub(super) done: AtomicU32,
    /// The process's pid once it is there; a negative errno where it could not be made.
    pub(super) pid: AtomicI32,
    /// The value of the event counter when it answered: which answer came first.
    pub(super) stamp: AtomicU32,
    /// Which call to make; see `perform::Op`.
    pub(super) op: AtomicU32,
    /// The errno it failed with, or 0.
    pub(super) errno: AtomicI32,
    /// What it returned.
    pub(super) value: AtomicI64,
    /// Its arguments.
    pub(super) args: [AtomicI64; 4],
    /// What it brought beside its value: two descriptors, a wait status.
    pub(super) extra: [AtomicI32; 4],
    /// Where in its memory the process keeps C's `stdout`; 0 where that is of no use.
    pub(super) stdout: AtomicU64,
    /// The process's name, NUL-padded, as `PR_SET_NAME` takes it but longer.
    pub(super) name: [AtomicU64; 4],
}

impl Slot {
    /// Make ready for a new process with this name.
    pub(super) fn reset(&self, name: &str) {
        for word in [&self.command, &self.done, &self.stamp, &self.op] {
            word.store(0, Ordering::Relaxed);
        }
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().take(31).zip(name.bytes()) {
            *to = from;
        }
        for (word, bytes) in self.name.iter().zip(bytes.chunks_exact(8)) {
            word.store(u64::from_ne_bytes(bytes.try_into().unwrap_or_default()), Ordering::Relaxed);
        }
        self.stdout.store(0, Ordering::Relaxed);
        self.pid.store(0, Ordering::Release);
    }

    /// The name as bytes, NUL-padded; the last one is always NUL.
    pub(super) fn name_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (word, bytes) in self.name.iter().zip(bytes.chunks_exact_mut(8)) {
            bytes.copy_from_slice(&word.load(Ordering::Relaxed).to_ne_bytes());
        }
        bytes
    }
}

/// The mapping. Whoever holds it may use it; it is unmapped when dropped.
pub(super) struct Memory {
    base: NonNull<u8>,
}

// SAFETY: the mapping belongs to no thread; everything in it is atomics, or bytes whose turn the atomics tell.
unsafe impl Send for Memory {}

impl Memory {
    /// Make a new one, for a stage whose folder is to lie in `place`, and the descriptor through which another process can
    /// map it.
    pub(super) fn create(place: &[u8]) -> io::Result<(Memory, OwnedFd)> {
        let mut name = [0u8; 32];
        for (to, from) in name.iter_mut().take(31).zip(MEMFD_NAME.bytes()) {
            *to = from;
        }
        // SAFETY: the name is a NUL-terminated array that outlives the call.
        let raw = unsafe { libc::memfd_create(name.as_ptr().cast(), libc::MFD_CLOEXEC) };
        if raw < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call above made this descriptor, and nothing else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(raw) };
        nix::unistd::ftruncate(&fd, TOTAL as i64)?;
        let memory = Memory::over(&fd)?;
        memory.set_path(place)?;
        memory.header().magic.store(MAGIC, Ordering::Release);
        Ok((memory, fd))
    }

    /// Say where the stage's folder is to lie, or once it is there: where it is.
    pub(super) fn set_path(&self, path: &[u8]) -> io::Result<()> {
        if path.len() >= PATH {
            return Err(io::Error::other("the path of the stage's folder is too long"));
        }
        let header = self.header();
        header.path_length.store(u32::try_from(path.len()).unwrap_or(0), Ordering::Relaxed);
        for (to, from) in header.path.iter().zip(path) {
            to.store(*from, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Map the memory of a stage. Errors: the descriptor is something else.
    pub(super) fn map(fd: BorrowedFd<'_>) -> io::Result<Memory> {
        let size = nix::sys::stat::fstat(fd)?.st_size;
        let strange = || io::Error::other("this is no stage's memory");
        if usize::try_from(size) != Ok(TOTAL) {
            return Err(strange());
        }
        let memory = Memory::over(&fd)?;
        (memory.header().magic.load(Ordering::Acquire) == MAGIC).then_some(memory).ok_or_else(strange)
    }

    fn over(fd: &impl AsRawFd) -> io::Result<Memory> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at a place that the kernel chooses; it overlays nothing.
        let at = unsafe { libc::mmap(std::ptr::null_mut(), TOTAL, protection, libc::MAP_SHARED, fd.as_raw_fd(), 0) };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        NonNull::new(at.cast()).map(|base| Memory { base }).ok_or_else(|| io::Error::other("mapped at zero"))
    }

    /// What concerns the whole stage.
    pub(super) fn header(&self) -> &Header {
        const { assert!(size_of::<Header>() <= HEADER) };
        // SAFETY: the mapping begins with a header, is aligned to a page, lives as long as self, and starts as zeros,
        // which every field allows; all that changes later are atomics.
        unsafe { self.base.cast::<Header>().as_ref() }
    }

    /// The folder of the stage, or before there is one, where it is to lie.
    pub(super) fn path(&self) -> Vec<u8> {
        let header = self.header();
        let length = (header.path_length.load(Ordering::Relaxed) as usize).min(PATH);
        header.path.iter().take(length).map(|b| b.load(Ordering::Relaxed)).collect()
    }

    /// Put a name, its NUL included, on the list of those to be removed with the stage; false where the list is full. The
    /// director alone does this, before the call that may make it.
    pub(super) fn remember(&self, entry: &[u8]) -> bool {
        let known = self.names();
        if known.split_inclusive(|b| *b == 0).any(|k| k == entry) {
            return true;
        }
        let header = self.header();
        let end = known.len() + entry.len();
        if end > NAMES {
            return false;
        }
        for (to, from) in header.names.iter().skip(known.len()).zip(entry) {
            to.store(*from, Ordering::Relaxed);
        }
        header.names_length.store(u32::try_from(end).unwrap_or(0), Ordering::Release);
        true
    }

    /// The list of names, each with its NUL.
    pub(super) fn names(&self) -> Vec<u8> {
        let header = self.header();
        let length = (header.names_length.load(Ordering::Acquire) as usize).min(NAMES);
        header.names.iter().take(length).map(|b| b.load(Ordering::Relaxed)).collect()
    }

    /// The mailbox with this index; an index past the end is taken round.
    pub(super) fn slot(&self, index: usize) -> &Slot {
        const { assert!(size_of::<Slot>() <= PAGE) };
        let offset = HEADER + (index % SLOTS) * PAGE;
        // SAFETY: within the mapping and aligned to a page; the fields are atomics, for which all bytes are valid.
        unsafe { self.base.add(offset).cast::<Slot>().as_ref() }
    }

    /// The address of a mailbox's data area, [`AREA`] bytes long.
    pub(super) fn area(&self, index: usize) -> *mut u8 {
        let offset = HEADER + SLOTS * PAGE + (index % SLOTS) * AREA;
        // SAFETY: the offset lies within the mapping.
        unsafe { self.base.add(offset).as_ptr() }
    }

    /// Lay bytes into a data area, from `offset` on; what does not fit is left off.
    pub(super) fn put(&self, index: usize, offset: usize, bytes: &[u8]) {
        let offset = offset.min(AREA);
        let length = bytes.len().min(AREA - offset);
        // SAFETY: both ends lie within the area; its process reads it only after the next command is given, and the
        // source is a Rust slice, which the area is never lent as.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.area(index).add(offset), length) };
    }

    /// The first `length` bytes of a data area.
    pub(super) fn get(&self, index: usize, length: usize) -> Vec<u8> {
        let length = length.min(AREA);
        let mut bytes = vec![0; length];
        // SAFETY: within the area; its process writes it only while it carries out a command, and this is called after.
        unsafe { std::ptr::copy_nonoverlapping(self.area(index), bytes.as_mut_ptr(), length) };
        bytes
    }

    /// Give back what a large call left in a data area.
    pub(super) fn trim(&self, index: usize, used: usize) {
        if used > KEPT {
            // SAFETY: page-aligned and within the mapping; no process uses the area between two commands.
            unsafe { libc::madvise(self.area(index).add(KEPT).cast(), AREA - KEPT, libc::MADV_REMOVE) };
        }
    }

    /// Say that something happened; returns the number of this event.
    pub(super) fn announce(&self) -> u32 {
        let event = &self.header().event;
        let number = event.fetch_add(1, Ordering::AcqRel);
        wake(event);
        number
    }

    /// Hold the sign of life, until this process dies. The warden alone does this.
    pub(super) fn hold_life(&self) -> io::Result<()> {
        let life = &self.header().life;
        let entry = std::ptr::from_ref(life) as u64;
        let offset = std::mem::offset_of!(Life, word) as i64;
        let head = Box::leak(Box::new(RobustList { next: entry, offset, pending: 0 }));
        life.next.store(std::ptr::from_ref(head) as u64, Ordering::Relaxed);
        // SAFETY: gettid has no arguments; set_robust_list is given a leaked head of the size that the kernel wants.
        let result = unsafe {
            life.word.store(libc::gettid().cast_unsigned(), Ordering::Release);
            libc::syscall(libc::SYS_set_robust_list, std::ptr::from_mut(head), size_of::<RobustList>())
        };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// The warden has not died.
    pub(super) fn warden_lives(&self) -> bool {
        self.header().life.word.load(Ordering::Acquire) & libc::FUTEX_OWNER_DIED == 0
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the mapping that `over` made, all of it; every reference into it borrows self.
        unsafe { libc::munmap(self.base.as_ptr().cast(), TOTAL) };
    }
}

/// Sleep while `word` is `expected`, at most for `limit`, or until woken; may return early.
pub(super) fn wait(word: &AtomicU32, expected: u32, limit: Duration) {
    let limit = libc::timespec {
        tv_sec: libc::time_t::try_from(limit.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::from(limit.subsec_nanos().cast_signed()),
    };
    // SAFETY: the word and the limit outlive the call; the futex is shared between processes, hence not PRIVATE.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, expected, &raw const limit) };
}

/// Wake whoever sleeps on `word`.
pub(super) fn wake(word: &AtomicU32) {
    // SAFETY: the word outlives the call, and waking touches nothing else.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, i32::MAX) };
}
