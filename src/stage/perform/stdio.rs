//! C's standard output, as every program on the machine has it: the C library's own `stdout`, whose buffer lies in the
//! memory of the process that prints.

use super::Answer;
use nix::libc;

unsafe extern "C" {
    /// The C library's stream of descriptor 1, stdio(3).
    static stdout: *mut libc::FILE;
}

/// The address of the stream, for whoever wants to look into its buffer from outside; 0 where the C library is not
/// the one whose layout is known (`observe/stdio.rs`).
pub(super) fn address() -> u64 {
    if cfg!(all(target_env = "gnu", target_pointer_width = "64")) { stream() as u64 } else { 0 }
}

fn stream() -> *mut libc::FILE {
    // SAFETY: the C library sets this variable before main, and nothing of ours ever writes it.
    unsafe { stdout }
}

/// As `printf("%.*s")` would, which hands its bytes to the stream in the same way: how many were taken.
pub(super) fn print(at: *const u8, length: usize) -> Answer {
    // SAFETY: callers give `length` readable bytes at `at`; the stream is the library's own, and this process has one
    // thread.
    let taken = unsafe { libc::fwrite(at.cast(), 1, length, stream()) };
    if taken == length { (i64::try_from(length).unwrap_or(i64::MAX), 0) } else { failed() }
}

/// `fflush(stdout)`, fflush(3).
pub(super) fn fflush() -> Answer {
    // SAFETY: the stream is the library's own, and this process has one thread.
    if unsafe { libc::fflush(stream()) } == 0 { (0, 0) } else { failed() }
}

/// `setvbuf(stdout, NULL, mode, 0)`, setvbuf(3): the library keeps the buffer that it has or will make.
pub(super) fn setvbuf(mode: i64) -> Answer {
    let mode = libc::c_int::try_from(mode).unwrap_or(-1);
    // SAFETY: without a buffer of ours there is nothing that could be too short or end too early.
    let result = unsafe { libc::setvbuf(stream(), std::ptr::null_mut(), mode, 0) };
    if result == 0 { (0, 0) } else { failed() }
}

/// What the system call behind it said. The stream's own mark is taken off, so that the next call is told apart.
fn failed() -> Answer {
    let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO);
    // SAFETY: the stream is the library's own.
    unsafe { libc::clearerr(stream()) };
    (-1, errno)
}
