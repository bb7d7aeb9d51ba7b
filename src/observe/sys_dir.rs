//! Reading a directory of /proc into buffers that are used again: the system calls themselves, since a machine may have
//! hundreds of tables to go through and the library's way allocates for each entry. And the one call that a probe needs.

use nix::errno::Errno;
use nix::libc;
use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd};

/// `readlinkat(2)` into a buffer: how many bytes the link has, at the most as many as fit.
pub(super) fn readlink(dir: impl AsFd, name: &CStr, into: &mut [u8]) -> nix::Result<usize> {
    // SAFETY: `name` ends in NUL; the kernel writes at most `into.len()` bytes into `into`, borrowed for the call.
    let n = unsafe { libc::readlinkat(dir.as_fd().as_raw_fd(), name.as_ptr(), into.as_mut_ptr().cast(), into.len()) };
    Errno::result(n).map(isize::unsigned_abs)
}

/// `getdents64(2)`: some more entries of a directory, one after the other as [`Entries`] reads them; 0 at its end.
pub(super) fn getdents(dir: impl AsFd, into: &mut [u8]) -> nix::Result<usize> {
    // SAFETY: the kernel writes at most `into.len()` bytes into `into`, borrowed for the call.
    let n = unsafe { libc::syscall(libc::SYS_getdents64, dir.as_fd().as_raw_fd(), into.as_mut_ptr(), into.len()) };
    usize::try_from(Errno::result(n)?).map_err(|_| Errno::EIO)
}

/// The type and permissions of an entry itself, `st_mode`: a link is not followed.
pub(super) fn mode_of_link(dir: impl AsFd, name: &CStr) -> nix::Result<u32> {
    let mut stat = std::mem::MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: `name` ends in NUL, `stat` is one struct stat that the kernel fills in; both outlive the call.
    let result =
        unsafe { libc::fstatat(dir.as_fd().as_raw_fd(), name.as_ptr(), stat.as_mut_ptr(), libc::AT_SYMLINK_NOFOLLOW) };
    Errno::result(result)?;
    // SAFETY: zeroed before, filled in by a call that succeeded; every bit pattern of its integers is valid.
    Ok(unsafe { stat.assume_init() }.st_mode)
}

/// `seccomp(2)`: put a filter on this process that allows every call. It stays for its life.
pub(super) fn filter_nothing() -> nix::Result<()> {
    // BPF_RET | BPF_K with SECCOMP_RET_ALLOW, linux/filter.h.
    let mut allow = libc::sock_filter { code: 0x06, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW };
    let program = libc::sock_fprog { len: 1, filter: &raw mut allow };
    // A variadic call: the kernel reads a whole register.
    let filter = libc::c_ulong::from(libc::SECCOMP_MODE_FILTER);
    // SAFETY: `program` describes exactly one instruction; both outlive the call, which copies them.
    let result = unsafe { libc::prctl(libc::PR_SET_SECCOMP, filter, &raw const program) };
    Errno::result(result).map(drop)
}

/// The names in what [`getdents`] brought, each with its NUL, and before it the place in the list of what comes next.
pub(super) struct Entries<'b> {
    rest: &'b [u8],
}

impl<'b> Entries<'b> {
    /// Of the bytes that were brought.
    pub(super) fn of(bytes: &'b [u8]) -> Entries<'b> {
        Entries { rest: bytes }
    }
}

impl<'b> Iterator for Entries<'b> {
    type Item = (i64, &'b CStr);

    /// `struct linux_dirent64`: inode 8 bytes, offset 8, length 2, type 1, and the name.
    fn next(&mut self) -> Option<(i64, &'b CStr)> {
        let length = usize::from(u16::from_ne_bytes(*self.rest.get(16..)?.first_chunk()?));
        let entry = self.rest.get(..length)?;
        self.rest = self.rest.get(length..)?;
        let place = i64::from_ne_bytes(*entry.get(8..)?.first_chunk()?);
        Some((place, CStr::from_bytes_until_nul(entry.get(19..)?).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_one_after_the_other() {
        let mut bytes = Vec::new();
        for name in ["3", "12"] {
            let mut entry = vec![0; 8];
            entry.extend(77_i64.to_ne_bytes());
            entry.resize(18, 0);
            entry.push(10);
            entry.extend(name.as_bytes());
            entry.resize(24, 0);
            entry[16..18].copy_from_slice(&24_u16.to_ne_bytes());
            bytes.extend(entry);
        }
        let names: Vec<_> = Entries::of(&bytes).map(|(place, n)| (place, n.to_str().unwrap().to_owned())).collect();
        assert_eq!(names, [(77, "3".to_owned()), (77, "12".to_owned())]);
        assert_eq!(Entries::of(bytes.get(..30).unwrap()).count(), 1, "half an entry is none");
        assert_eq!(Entries::of(&[]).count(), 0);
    }
}
