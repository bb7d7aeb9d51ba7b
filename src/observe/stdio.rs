//! What printf(3) has kept in the memory of a process: the buffer of C's `stdout`, read from outside.
//!
//! The kernel knows nothing of these bytes. They are seen as a debugger sees them, by process_vm_readv(2), in the
//! layout that the GNU C library gives a stream (`struct _IO_FILE`, bits/types/struct_FILE.h, unchanged for decades
//! because programs depend on it).

use super::sys;
use crate::world::{Buffered, Buffering, Contents, Known, Pid};
use nix::errno::Errno;

/// `_flags` of struct_FILE.h: the first eight words are it and the pointers.
const WORDS: usize = 9;
/// `_IO_UNBUFFERED` and `_IO_LINE_BUF` of libio.h.
const UNBUFFERED: u64 = 0x2;
const LINE: u64 = 0x200;
/// A buffer larger than this is none: the memory is not what we take it for.
const LARGEST: u64 = 1 << 26;

/// The buffer of the stream at `address` of process `pid`; `None` where the process has printed nothing yet.
pub(super) fn read(pid: Pid, address: u64, limit: usize) -> Option<Known<Buffered>> {
    if address == 0 {
        return None;
    }
    match stream(pid, address, limit) {
        Ok(buffered) => buffered.map(Known::Yes),
        Err(errno) => Some(Known::No(format!("its memory cannot be read ({errno:?})"))),
    }
}

fn stream(pid: Pid, address: u64, limit: usize) -> nix::Result<Option<Buffered>> {
    let mut bytes = [0; WORDS * 8];
    fill(pid, address, &mut bytes)?;
    let mut words = bytes.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap_or_default()));
    let mut next = || words.next().unwrap_or(0);
    let flags = next() & 0xffff_ffff;
    let [_read, _read_end, _read_base, from, to, _end, base, end] = std::array::from_fn(|_| next());
    if base == 0 {
        return Ok(None);
    }
    let (Some(size), Some(kept)) = (end.checked_sub(base), to.checked_sub(from)) else { return Err(Errno::EFAULT) };
    if size > LARGEST || kept > size {
        return Err(Errno::EFAULT);
    }
    let shown = usize::try_from(kept).unwrap_or(limit).min(limit);
    let mut head = vec![0; shown];
    fill(pid, from, &mut head)?;
    let mode = match (flags & UNBUFFERED, flags & LINE) {
        (0, 0) => Buffering::Full,
        (0, _) => Buffering::Line,
        _ => Buffering::None,
    };
    Ok(Some(Buffered {
        bytes: kept,
        size,
        mode,
        contents: Contents { head, cut: kept > shown as u64, ..Contents::default() },
    }))
}

fn fill(pid: Pid, address: u64, into: &mut [u8]) -> nix::Result<()> {
    if into.is_empty() || sys::read_memory(pid, address, into)? == into.len() { Ok(()) } else { Err(Errno::EFAULT) }
}
