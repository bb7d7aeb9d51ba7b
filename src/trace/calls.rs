//! The calls that stop a traced thread: those that make, copy, close, move or send through descriptors, make or end processes,
//! wait, lock files, and send signals; and the wish to trace, which a program that is traced cannot have. By their numbers on this machine.

use nix::libc;

/// On every architecture.
const COMMON: [i64; 87] = [
    libc::SYS_pipe2,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_preadv2,
    libc::SYS_pwritev2,
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_connect,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_shutdown,
    libc::SYS_sendto,
    libc::SYS_recvfrom,
    libc::SYS_sendmsg,
    libc::SYS_recvmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvmmsg,
    libc::SYS_memfd_create,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_eventfd2,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_epoll_ctl,
    libc::SYS_signalfd4,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    libc::SYS_inotify_init1,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    libc::SYS_mq_timedsend,
    libc::SYS_mq_timedreceive,
    libc::SYS_splice,
    libc::SYS_tee,
    libc::SYS_vmsplice,
    libc::SYS_sendfile,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_tgkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_mknodat,
    libc::SYS_unlinkat,
    libc::SYS_restart_syscall,
    libc::SYS_io_uring_setup,
    libc::SYS_exit_group,
    libc::SYS_ptrace,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_flock,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_rt_sigsuspend,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_io_uring_enter,
    libc::SYS_msgget,
    libc::SYS_msgsnd,
    libc::SYS_msgrcv,
    libc::SYS_msgctl,
    libc::SYS_semget,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_semctl,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_shmdt,
    libc::SYS_shmctl,
];

/// What older architectures have beside.
#[cfg(target_arch = "x86_64")]
const OLDER: [i64; 16] = [
    libc::SYS_pipe,
    libc::SYS_dup2,
    libc::SYS_open,
    libc::SYS_creat,
    libc::SYS_eventfd,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_signalfd,
    libc::SYS_inotify_init,
    libc::SYS_poll,
    libc::SYS_select,
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_mknod,
    libc::SYS_unlink,
    libc::SYS_pause,
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: [i64; 0] = [];

const fn joined() -> [i64; COMMON.len() + OLDER.len()] {
    let mut all = [0; COMMON.len() + OLDER.len()];
    let mut at = 0;
    while at < COMMON.len() {
        all[at] = COMMON[at];
        at += 1;
    }
    while at < all.len() {
        all[at] = OLDER[at - COMMON.len()];
        at += 1;
    }
    all
}

/// All of them but for `fcntl(2)`, `rt_sigaction(2)` and `mmap(2)`, of which only some stop: the filter says which.
pub(super) const TRACED: &[i64] = &joined();

/// Those on ordinary files and their paths alone, which stop a program only where such calls are asked for.
pub(super) const FILES: &[i64] = &[
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_preadv,
    libc::SYS_pwritev,
    libc::SYS_copy_file_range,
    libc::SYS_lseek,
    libc::SYS_truncate,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_linkat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_link,
];

#[cfg(test)]
mod tests {
    use super::{FILES, TRACED};
    use crate::notation::traced_summary;
    use syscalls::Sysno;

    /// The names under which calls are told of that the kernel calls otherwise.
    const TOLD: &[(&str, &str)] = &[
        ("preadv2", "preadv"),
        ("pwritev2", "pwritev"),
        ("eventfd2", "eventfd"),
        ("epoll_pwait", "epoll_wait"),
        ("epoll_pwait2", "epoll_wait"),
        ("signalfd4", "signalfd"),
        ("ppoll", "poll"),
        ("pselect6", "select"),
        ("clone3", "clone"),
        ("execveat", "exec"),
        ("wait4", "waitpid"),
        ("mknod", "mkfifo"),
        ("mknodat", "mkfifo"),
        ("unlinkat", "unlink"),
        ("exit_group", "_exit"),
        ("openat2", "openat"),
        ("pread64", "pread"),
        ("pwrite64", "pwrite"),
        ("renameat2", "renameat"),
        ("creat", "open"),
        ("rt_sigsuspend", "sigsuspend"),
        ("rt_sigtimedwait", "sigtimedwait"),
    ];

    #[test]
    fn what_each_does_can_be_said() {
        for number in TRACED.iter().chain(FILES) {
            let name = Sysno::new(usize::try_from(*number).unwrap()).unwrap().name();
            let told = TOLD.iter().find(|(kernels, _)| *kernels == name).map_or(name, |(_, told)| told);
            // The kernel's own, after a signal: no program makes it.
            let own = name == "restart_syscall";
            assert!(own || !traced_summary(told).is_empty(), "{name}");
        }
    }
}
