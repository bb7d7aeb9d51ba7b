//! The few system calls that no safe library offers here; the only `unsafe` of this floor.

use nix::errno::Errno;
use nix::libc;
use std::cmp::Ordering;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// `pidfd_open(2)`: a descriptor that means this process and never a later one of the same pid. Close-on-exec.
pub(super) fn pidfd_open(pid: i32) -> nix::Result<OwnedFd> {
    // SAFETY: takes two integers, touches no memory of ours.
    let raw = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    owned(raw)
}

/// `pidfd_getfd(2)`: a descriptor of ours for the open file description of another process. Close-on-exec.
pub(super) fn pidfd_getfd(pidfd: BorrowedFd<'_>, fd: RawFd) -> nix::Result<OwnedFd> {
    // SAFETY: takes three integers, touches no memory of ours.
    let raw = unsafe { libc::syscall(libc::SYS_pidfd_getfd, pidfd.as_raw_fd(), fd, 0) };
    owned(raw)
}

/// `kcmp(2)` with `KCMP_VM`: whether two processes have one memory, as after vfork(2) until the exec. Errors: EPERM without the
/// right to look into both, ENOSYS where the kernel has no such call.
pub(super) fn same_memory(one: i32, other: i32) -> nix::Result<bool> {
    kcmp(one, other, 1).map(|order| order == Some(Ordering::Equal))
}

/// `kcmp(2)` with `KCMP_FILES`: whether two processes have one table of descriptors (`CLONE_FILES`) and, where they have not, the
/// order in which the kernel keeps theirs. `None`: it keeps none. Errors as in [`same_memory`].
pub(super) fn compare_tables(one: i32, other: i32) -> nix::Result<Option<Ordering>> {
    kcmp(one, other, 2)
}

/// The numbers of what is compared are those of linux/kcmp.h.
fn kcmp(one: i32, other: i32, what: libc::c_int) -> nix::Result<Option<Ordering>> {
    // SAFETY: takes five integers, touches no memory of ours.
    let order = unsafe { libc::syscall(libc::SYS_kcmp, one, other, what, 0, 0) };
    Errno::result(order).map(|order| match order {
        0 => Some(Ordering::Equal),
        1 => Some(Ordering::Less),
        2 => Some(Ordering::Greater),
        _ => None,
    })
}

/// `tee(2)` without waiting: copy at the most `len` bytes between two pipes, and consume nothing.
pub(super) fn tee(from: impl AsFd, to: impl AsFd, len: usize) -> nix::Result<usize> {
    // SAFETY: both descriptors are borrowed and open; no memory of ours is passed.
    let copied =
        unsafe { libc::tee(from.as_fd().as_raw_fd(), to.as_fd().as_raw_fd(), len, libc::SPLICE_F_NONBLOCK as _) };
    Errno::result(copied).map(|n| n.unsigned_abs())
}

/// `ioctl(FIONREAD)`: how many bytes wait in a pipe.
pub(super) fn bytes_waiting(fd: impl AsFd) -> nix::Result<u64> {
    let mut count: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int, and `count` is one that outlives the call.
    let result = unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), libc::FIONREAD, &raw mut count) };
    Errno::result(result).map(|_| u64::from(count.unsigned_abs()))
}

/// `ioctl(SIOCOUTQ)`: how much a socket has sent that has not arrived, in bytes (TCP) or in memory.
pub(super) fn unsent(socket: impl AsFd) -> nix::Result<u64> {
    let mut count: libc::c_int = 0;
    // SAFETY: SIOCOUTQ, which has the number of TIOCOUTQ, writes one int, and `count` is one that outlives the call.
    let result = unsafe { libc::ioctl(socket.as_fd().as_raw_fd(), libc::TIOCOUTQ, &raw mut count) };
    Errno::result(result).map(|_| u64::from(count.unsigned_abs()))
}

/// `process_vm_readv(2)`: copy from another process's memory; how many bytes could be had.
pub(super) fn read_memory(pid: i32, address: u64, into: &mut [u8]) -> nix::Result<usize> {
    let address = usize::try_from(address).map_err(|_| Errno::EFAULT)?;
    let local = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
    let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: into.len() };
    // SAFETY: `local` describes exactly `into`, which is borrowed mutably for the whole call; `remote` is an address
    // in the other process, which the kernel checks and we never follow.
    let copied = unsafe { libc::process_vm_readv(pid, &raw const local, 1, &raw const remote, 1, 0) };
    Errno::result(copied).map(|n| n.unsigned_abs())
}

/// `getsockopt(2)` of an option whose value is an int, or four bytes.
pub(super) fn socket_option(socket: impl AsFd, level: i32, option: i32) -> nix::Result<i32> {
    let mut value: libc::c_int = 0;
    let mut length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes to `value`, which outlives the call as `length` does.
    let result = unsafe {
        libc::getsockopt(socket.as_fd().as_raw_fd(), level, option, (&raw mut value).cast(), &raw mut length)
    };
    Errno::result(result).map(|_| value)
}

/// `setsockopt(2)` of an option whose value is an int.
pub(super) fn set_socket_option(socket: impl AsFd, level: i32, option: i32, value: i32) -> nix::Result<()> {
    let length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the kernel reads `length` bytes from `value`, which outlives the call.
    let result =
        unsafe { libc::setsockopt(socket.as_fd().as_raw_fd(), level, option, (&raw const value).cast(), length) };
    Errno::result(result).map(drop)
}

/// Whether a socket has joined a group on the interface with this index: `getsockopt(MCAST_MSFILTER)`, `ip(7)`, which answers
/// EADDRNOTAVAIL where it has not.
pub(super) fn has_joined(socket: impl AsFd, group: std::net::IpAddr, interface: u32) -> nix::Result<bool> {
    // `struct group_filter` of linux/in.h without room for sources: interface, padding, a sockaddr_storage, mode, number of sources.
    let mut filter = [0_u8; 144];
    let (level, family, octets, place) = match group {
        std::net::IpAddr::V4(group) => (libc::IPPROTO_IP, libc::AF_INET, group.octets().to_vec(), 12),
        // `struct sockaddr_in6` has its port and a flow label before the address.
        std::net::IpAddr::V6(group) => (libc::IPPROTO_IPV6, libc::AF_INET6, group.octets().to_vec(), 16),
    };
    let family = u16::try_from(family).unwrap_or(0).to_ne_bytes();
    for (at, bytes) in [(0, interface.to_ne_bytes().as_slice()), (8, &family), (place, &octets)] {
        if let Some(place) = filter.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }
    let mut length = filter.len() as libc::socklen_t;
    // SAFETY: the kernel reads and writes at most `length` bytes of `filter`, which outlives the call as `length` does.
    let result = unsafe {
        libc::getsockopt(socket.as_fd().as_raw_fd(), level, MCAST_MSFILTER, filter.as_mut_ptr().cast(), &raw mut length)
    };
    match Errno::result(result) {
        Ok(_) => Ok(true),
        Err(Errno::EADDRNOTAVAIL) => Ok(false),
        Err(errno) => Err(errno),
    }
}

/// linux/in.h.
const MCAST_MSFILTER: i32 = 48;

/// What a file is, as `statx(2)` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    /// Type and permissions, as `st_mode`.
    pub(super) mode: u32,
    /// Its inode number.
    pub(super) inode: u64,
    /// Its size in bytes.
    pub(super) size: u64,
    /// The device that the inode number belongs to: major, minor.
    pub(super) device: (u32, u32),
}

/// `statx(2)` of what a link leads to, without asking a server: a dead network mount must not hang the look.
pub(super) fn file_id(dir: impl AsFd, name: &std::ffi::CStr) -> nix::Result<FileId> {
    let mut buffer = std::mem::MaybeUninit::<libc::statx>::zeroed();
    // SAFETY: `name` ends in NUL, `buffer` is one statx that the kernel fills in; both outlive the call.
    let result = unsafe {
        libc::statx(
            dir.as_fd().as_raw_fd(),
            name.as_ptr(),
            libc::AT_STATX_DONT_SYNC,
            libc::STATX_TYPE | libc::STATX_INO | libc::STATX_SIZE,
            buffer.as_mut_ptr(),
        )
    };
    Errno::result(result)?;
    // SAFETY: zeroed before, filled in by a call that succeeded; every bit pattern of its integers is valid.
    let stat = unsafe { buffer.assume_init() };
    Ok(FileId {
        mode: u32::from(stat.stx_mode),
        inode: stat.stx_ino,
        size: stat.stx_size,
        device: (stat.stx_dev_major, stat.stx_dev_minor),
    })
}

/// `mq_getattr(3)`: flags, the most messages, the size of one, how many wait.
pub(super) fn queue_attributes(fd: impl AsFd) -> nix::Result<[i64; 4]> {
    let mut attributes = [0_i64; 8];
    let none = std::ptr::null::<libc::c_void>();
    // SAFETY: no new attributes are given; the kernel fills in one `struct mq_attr`, eight longs, which outlive the call.
    let result =
        unsafe { libc::syscall(libc::SYS_mq_getsetattr, fd.as_fd().as_raw_fd(), none, attributes.as_mut_ptr()) };
    Errno::result(result)?;
    let [flags, most, size, messages, ..] = attributes;
    Ok([flags, most, size, messages])
}

/// `semctl(2)` of one System V semaphore: a command that only asks, such as `GETVAL`.
pub(super) fn ask_semaphore(set: i32, number: i32, command: i32) -> nix::Result<i32> {
    // SAFETY: commands without a fourth argument take three integers and touch no memory of ours.
    Errno::result(unsafe { libc::semctl(set, number, command) })
}

/// `struct procmap_query`, linux/fs.h.
#[repr(C)]
#[derive(Debug, Default)]
pub(super) struct AreaQuery {
    size: u64,
    flags: u64,
    address: u64,
    /// The first address of the area, and the one after its last.
    pub(super) start: u64,
    pub(super) end: u64,
    /// What it may be used for, and whether it is shared: `PROCMAP_QUERY_VMA_FLAGS`.
    pub(super) may: u64,
    page_size: u64,
    /// Where in the file it begins.
    pub(super) offset: u64,
    /// Of the file, or 0.
    pub(super) inode: u64,
    /// Of the file: major and minor.
    pub(super) device: [u32; 2],
    name_size: u32,
    build_id_size: u32,
    name: u64,
    build_id: u64,
}

/// `PROCMAP_QUERY`, linux/fs.h, since Linux 6.11: the area of a process's memory that holds an address, asked of its `/proc/PID/maps`.
/// Errors: ENOENT where nothing is mapped there, ESRCH where the memory is given up, ENOTTY where the kernel has no such question.
pub(super) fn area_at(maps: impl AsFd, address: u64) -> nix::Result<AreaQuery> {
    let size = size_of::<AreaQuery>() as u64;
    let mut query = AreaQuery { size, address, ..AreaQuery::default() };
    // `_IOWR('f', 17, struct procmap_query)`.
    let request: u64 = 3 << 30 | size << 16 | u64::from(b'f') << 8 | 17;
    // SAFETY: the kernel reads and writes the `size` bytes of `query`, which outlives the call; no room for names is given.
    let result = unsafe { libc::ioctl(maps.as_fd().as_raw_fd(), request as _, &raw mut query) };
    Errno::result(result).map(|_| query)
}

/// `msgget(2)` or `semget(2)` without `IPC_CREAT`: the identifier of what has this key. Errors: ENOENT where nothing has.
pub(super) fn find_system_v(queue: bool, key: i32) -> nix::Result<i32> {
    // SAFETY: both take integers and touch no memory of ours; without IPC_CREAT they only look for the key.
    Errno::result(unsafe { if queue { libc::msgget(key, 0) } else { libc::semget(key, 0, 0) } })
}

/// `msgctl(2)`: what the kernel says of a System V queue, by `IPC_STAT`; where its permissions forbid that, by `MSG_STAT_ANY`, which
/// they do not concern (Linux 4.17). Errors: EINVAL and EIDRM where it was removed.
pub(super) fn message_queue(id: i32) -> nix::Result<libc::msqid_ds> {
    let ask = |id: i32, command: i32| {
        let mut seen = std::mem::MaybeUninit::<libc::msqid_ds>::zeroed();
        // SAFETY: both commands only ask, and fill in one msqid_ds, which outlives the call.
        let result = unsafe { libc::msgctl(id, command, seen.as_mut_ptr()) };
        // SAFETY: zeroed before; every bit pattern of its integers is valid.
        Errno::result(result).map(|found| (found, unsafe { seen.assume_init() }))
    };
    stat_system_v(id, MSG_STAT_ANY, ask)
}

/// Ask with `IPC_STAT` and, where permissions forbid that, by the place in the kernel's list with `any`, which they do not concern. `ask`
/// takes the identifier or that place, and the command; it answers the identifier of what was found, and what the kernel says of it.
fn stat_system_v<T>(id: i32, any: i32, ask: impl Fn(i32, i32) -> nix::Result<(i32, T)>) -> nix::Result<T> {
    match ask(id, libc::IPC_STAT) {
        Err(Errno::EACCES) => match ask(id & INDEX, any) {
            Ok((found, seen)) if found == id => Ok(seen),
            _ => Err(Errno::EACCES),
        },
        other => other.map(|(_, seen)| seen),
    }
}

/// linux/msg.h
const MSG_STAT_ANY: i32 = 13 | (libc::IPC_STAT & 0x100);
/// The place of a System V object in the kernel's list is in these bits of its identifier (`IPCMNI_SHIFT` of ipc/util.h), unless the
/// machine was started with `ipcmni_extend`: what is found there is believed only where it has that identifier.
const INDEX: i32 = 0x7fff;

/// `semctl(2)`: what the kernel says of a set of System V semaphores, as [`message_queue`] has it of a queue.
pub(super) fn semaphore_set(id: i32) -> nix::Result<libc::semid_ds> {
    let ask = |id: i32, command: i32| {
        let mut seen = std::mem::MaybeUninit::<libc::semid_ds>::zeroed();
        // SAFETY: both commands only ask; the fourth argument is a union of which they use a pointer to one semid_ds, which they
        // fill in and which outlives the call.
        let result = unsafe { libc::semctl(id, 0, command, seen.as_mut_ptr()) };
        // SAFETY: zeroed before; every bit pattern of its integers is valid.
        Errno::result(result).map(|found| (found, unsafe { seen.assume_init() }))
    };
    stat_system_v(id, libc::SEM_STAT_ANY, ask)
}

/// `semctl(2)` with `GETALL`: the values of a set that has so many semaphores. Errors: EACCES without permission to read it.
pub(super) fn semaphore_values(id: i32, count: usize) -> nix::Result<Vec<u16>> {
    let mut values = vec![0_u16; count];
    // SAFETY: the kernel writes as many numbers of 16 bits as the set has semaphores, and no set changes its size; the list has room
    // for that many and outlives the call. An identifier is not given to another set before 32768 more were made.
    Errno::result(unsafe { libc::semctl(id, 0, libc::GETALL, values.as_mut_ptr()) })?;
    Ok(values)
}

fn owned(raw: libc::c_long) -> nix::Result<OwnedFd> {
    let raw = RawFd::try_from(Errno::result(raw)?).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made this descriptor for us and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}
