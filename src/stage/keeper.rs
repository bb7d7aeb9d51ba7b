//! Who stays at a terminal when we leave it to processes that live on.

use nix::libc;
use std::os::fd::RawFd;

/// Fork a process that holds our end of a terminal, reads it, and ends when nobody holds the other end. It is in no session of ours.
pub(super) fn start(master: RawFd) {
    // SAFETY: the child calls nothing but system calls until it ends: no allocation, no lock.
    if unsafe { libc::fork() } == 0 {
        stay(master)
    }
}

fn stay(master: RawFd) -> ! {
    let mut bytes = [0_u8; 4096];
    // SAFETY: system calls on descriptors of this process and on memory of its own; `_exit` ends it without running anything of ours.
    unsafe {
        libc::setsid();
        libc::prctl(libc::PR_SET_NAME, c"pipescope-keeps".as_ptr());
        let _ = libc::chdir(c"/".as_ptr());
        for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM, libc::SIGALRM] {
            libc::signal(signal, libc::SIG_DFL);
        }
        let mut none = std::mem::zeroed::<libc::sigset_t>();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
        libc::dup2(master, 0);
        libc::syscall(libc::SYS_close_range, 1, libc::c_uint::MAX, 0);
        loop {
            let mut readable = libc::pollfd { fd: 0, events: libc::POLLIN, revents: 0 };
            libc::poll(&raw mut readable, 1, -1);
            match libc::read(0, bytes.as_mut_ptr().cast(), bytes.len()) {
                n if n > 0 => {}
                -1 if matches!(*libc::__errno_location(), libc::EAGAIN | libc::EINTR) => {}
                // EIO: nobody holds the other end.
                _ => libc::_exit(0),
            }
        }
    }
}
