//! The warden: parent of every process that the stage starts, and the one who buries the orphans.
//!
//! The program run again with a hidden argument. It leads the terminal's session, is the subreaper of all that
//! descends from it, and ends everything when the director is gone, however that came about. One thread, no more.

use super::kernel;
use super::memory::{Memory, REAPED};
use super::names;
use super::perform::{self, Title};
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{Pid, setsid};
use std::ffi::OsString;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// The hidden argument.
pub(super) const ARGUMENT: &str = "__warden";
/// What the warden is called in `ps`, and how much room a lesson process's name has there.
pub(super) const TITLE: &str = "pipescope: warden of a stage";
/// How long to sleep between two rounds of ending everything, where a round found somebody still dying, in ms.
const ROUND: u16 = 5;

/// This program was started to be a stage's warden: main must call [`warden_main`] at once, before anything else.
pub fn is_warden() -> bool {
    std::env::args_os().nth(1).is_some_and(|a| a == ARGUMENT)
}

/// Be the warden of the stage whose director started this process; ends with it.
pub fn warden_main() -> ! {
    let code = match Warden::set_up() {
        Ok(warden) => {
            warden.watch();
            0
        }
        Err(error) => {
            eprintln!("pipescope: this command is for the program itself, which did not start it: {error}");
            70
        }
    };
    std::process::exit(code)
}

struct Warden {
    memory: Memory,
    director: UnixStream,
    signals: SignalFd,
    title: Title,
    /// The process group of the lesson, as a shell would make one for a job; 0: none yet.
    group: libc::pid_t,
}

impl Warden {
    /// The director gave its socket as descriptor 0, the memory as 1, the terminal as 2.
    fn set_up() -> io::Result<Warden> {
        let memory = Memory::map(borrow(1))?;
        let director = UnixStream::from(borrow(0).try_clone_to_owned()?);
        setsid()?;
        take_terminal(2)?;
        // SIGCHLD is read from the signalfd; the others are for the processes, not for the warden.
        let mask = SigSet::all();
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&mask), None)?;
        let mut children = SigSet::empty();
        children.add(Signal::SIGCHLD);
        let signals = SignalFd::with_flags(&children, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        nix::sys::prctl::set_child_subreaper(true)?;
        nix::sys::prctl::set_name(c"stage-warden")?;
        // A process killed by SIGQUIT or SIGSEGV is to leave nothing behind either.
        nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0)?;
        nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o022));
        memory.hold_life()?;
        // Made here and not by the director: from now on it is removed, whenever and however the director ends.
        let place = PathBuf::from(OsString::from_vec(memory.path()));
        let scratch = nix::unistd::mkdtemp(&place.join("pipescope-XXXXXX"))?;
        memory
            .set_path(scratch.as_os_str().as_bytes())
            .and_then(|()| std::env::set_current_dir(&scratch))
            .inspect_err(|_| {
                let _ = std::fs::remove_dir(&scratch);
            })?;
        memory.header().warden.store(std::process::id().cast_signed(), Ordering::Release);
        memory.announce();
        Ok(Warden { memory, director, signals, title: title(), group: 0 })
    }

    /// Carry out orders and bury the dead until the director is gone; then end everything.
    fn watch(mut self) {
        loop {
            let mut ready = [
                PollFd::new(self.director.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut ready, PollTimeout::NONE) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(_) => break,
            }
            let [director, signals] = ready.map(|r| r.any().unwrap_or(false));
            if signals {
                while let Ok(Some(_)) = self.signals.read_signal() {}
                self.bury();
            }
            if director && !self.obey() {
                break;
            }
        }
        self.end();
    }

    /// Carry out one order: the index of a mailbox, for which a process is wanted. False: there will be no more.
    fn obey(&mut self) -> bool {
        let mut order = [0];
        match self.director.read(&mut order) {
            Ok(0) => false,
            Ok(_) => {
                self.start(usize::from(order[0]));
                true
            }
            Err(error) => error.kind() == io::ErrorKind::Interrupted,
        }
    }

    fn start(&mut self, index: usize) {
        // SAFETY: this process has one thread; the child goes on as a lesson process and never comes back.
        match unsafe { libc::fork() } {
            -1 => {
                self.memory.slot(index).pid.store(-Errno::last_raw(), Ordering::Release);
                self.memory.announce();
            }
            0 => {
                join_group(0, self.group);
                become_clean();
                perform::serve(&self.memory, self.title, index)
            }
            // Here too: whichever comes first, so that neither finds it undone.
            child => self.group = join_group(child, self.group),
        }
    }

    /// Take the wait status of every dead child and orphan, and report it.
    fn bury(&self) {
        while let Some((pid, status)) = reap() {
            self.report(pid, status);
        }
    }

    fn report(&self, pid: i32, status: i32) {
        let header = self.memory.header();
        let count = header.reaped_count.load(Ordering::Relaxed);
        if let Some((at_pid, at_status)) = header.reaped.get(count as usize % REAPED) {
            at_pid.store(pid, Ordering::Relaxed);
            at_status.store(status, Ordering::Relaxed);
        }
        header.reaped_count.store(count.wrapping_add(1), Ordering::Release);
        self.memory.announce();
    }

    /// End every process of the stage and remove its folder.
    fn end(self) {
        let own = std::process::id().cast_signed();
        loop {
            for pid in kernel::descendants(own) {
                let _ = nix::sys::signal::kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
            self.bury();
            if !has_children() {
                break;
            }
            let mut ready = [PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
            let _ = poll(&mut ready, PollTimeout::from(ROUND));
            while let Ok(Some(_)) = self.signals.read_signal() {}
        }
        names::remove_all(&self.memory);
        let scratch = PathBuf::from(OsString::from_vec(self.memory.path()));
        if scratch.is_absolute() {
            let _ = std::fs::remove_dir_all(scratch);
        }
    }
}

fn borrow(fd: RawFd) -> BorrowedFd<'static> {
    // SAFETY: 0, 1 and 2 are open: Rust's runtime opens those that are not; whoever closes them does not use this again.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

/// Make the terminal at `fd` the session's own, and the descriptors 0, 1 and 2.
fn take_terminal(fd: RawFd) -> io::Result<()> {
    // SAFETY: integers only; dup2 replaces 0 and 1, of which this process holds copies where it needs them.
    let done = unsafe { libc::ioctl(fd, libc::TIOCSCTTY, 0) == 0 && libc::dup2(fd, 0) == 0 && libc::dup2(fd, 1) == 1 };
    if done { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Put a new process (0: this one) into the group of the lesson, or, where that has died out, at the head of a new one,
/// and give that the terminal. A group apart from the warden's is what a shell's job has: Ctrl-C and Ctrl-Z reach it, and
/// when the warden dies the kernel hangs it up, the stopped ones included (`kill_orphaned_pgrp` in kernel/exit.c).
fn join_group(process: libc::pid_t, group: libc::pid_t) -> libc::pid_t {
    // SAFETY: numbers only. SIGTTOU is blocked, so that a process in the background may give the terminal away.
    unsafe {
        if group == 0 || libc::setpgid(process, group) != 0 {
            libc::setpgid(process, 0);
        }
        let group = libc::getpgid(process);
        libc::tcsetpgrp(0, group);
        group
    }
}

/// In a new child: default signals, nothing blocked, no descriptor but 0, 1 and 2, and no life without the warden.
fn become_clean() {
    // SAFETY: plain system calls with numbers; nothing in this process uses a descriptor above 2 any more, and the
    // owners of those descriptors are never dropped here.
    unsafe {
        // The kernel's own structure and call: libc keeps two signals to itself that may be ignored all the same.
        let default = [0u64; 4];
        for signal in 1..=64 {
            libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), 0, 8);
        }
        libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0);
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
    }
    let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None);
}

/// The next dead child: pid and wait status.
fn reap() -> Option<(i32, i32)> {
    let mut status = 0;
    // SAFETY: the status outlives the call.
    let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
    (pid > 0).then_some((pid, status))
}

fn has_children() -> bool {
    // SAFETY: no pointers that are written to; WNOWAIT leaves the child as it is.
    let result =
        unsafe { libc::waitid(libc::P_ALL, 0, std::ptr::null_mut(), libc::WEXITED | libc::WNOHANG | libc::WNOWAIT) };
    !(result == -1 && Errno::last() == Errno::ECHILD)
}

/// Where the command line's arguments lie: fields 48 and 49 of `/proc/self/stat`.
fn title() -> Title {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<usize> = text
        .rsplit_once(')')
        .map(|(_, rest)| rest.split_ascii_whitespace().map(|f| f.parse().unwrap_or(0)).collect())
        .unwrap_or_default();
    match (fields.get(48 - 3), fields.get(49 - 3)) {
        (Some(&start), Some(&end)) if start != 0 && end > start && end - start < 4096 => {
            Title { start, length: end - start }
        }
        _ => Title::default(),
    }
}
