//! The program to trace, started by hand: stopped before its first instruction, in the hand of the tracer, with the filter on.
//!
//! A child that asks to be traced itself can never be seized, so the tracer seizes it: the child waits at a pipe until that is
//! done. It closes both ends of that pipe before it puts the filter on, so no call and no descriptor of ours is seen.

use super::decode::Interest;
use super::filter;
use super::sys;
use crate::world::Pid;
use nix::errno::Errno;
use nix::libc;
use std::ffi::{CString, OsStr, OsString};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Every child and every thread is traced from its first instruction; all end when we do.
const OPTIONS: i32 = libc::PTRACE_O_EXITKILL
    | libc::PTRACE_O_TRACESYSGOOD
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACEVFORKDONE
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEEXEC;

/// Why the program could not be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failed {
    /// There is no such program, or it cannot be run.
    Program(String),
    /// A system call of ours, and what the kernel said.
    Call(&'static str, Errno),
}

/// Where the program's own output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Where it would go without us.
    Inherited,
    /// What it writes to standard output goes to standard error, for the trace is on standard output.
    ToError,
    /// To a terminal of its own, in a session of its own; this is our descriptor of the program's end, open until the program has
    /// begun.
    Terminal(RawFd),
}

/// A program that was started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Started {
    /// The program.
    pub(super) pid: Pid,
    /// The leader of its session, where it has one of its own: a child of ours that is not traced.
    pub(super) leader: Option<Pid>,
}

/// Start it; it is stopped at nothing yet, and its first call will be `execve(2)`. With a filter for what is of interest; without
/// one it is stopped before that, and its first calls are those of ours before the exec.
pub(super) fn start(
    command: &[OsString],
    folder: Option<&Path>,
    output: Output,
    filter: Option<Interest>,
) -> Result<Started, Failed> {
    let path = find(command.first().map_or(OsStr::new(""), OsString::as_os_str))?;
    let text =
        |s: &OsStr| CString::new(s.as_bytes()).map_err(|_| Failed::Program("an argument holds a NUL byte".into()));
    let path = text(path.as_os_str())?;
    let folder = folder.map(|folder| text(folder.as_os_str())).transpose()?;
    let arguments = command.iter().map(|a| text(a)).collect::<Result<Vec<_>, _>>()?;
    let variables = std::env::vars_os().map(|(name, value)| {
        let mut both = name;
        both.push("=");
        both.push(value);
        text(&both)
    });
    let variables = variables.collect::<Result<Vec<_>, _>>()?;
    let pointers = |all: &[CString]| all.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect::<Vec<_>>();
    let (arguments, variables) = (pointers(&arguments), pointers(&variables));
    let mut program = filter.map(|interest| filter::program(interest.files_too()));
    let pipe = || nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC).map_err(|e| Failed::Call("pipe2", e));
    let ((wait, go), (hear, tell)) = (pipe()?, pipe()?);
    let mut child = Child {
        wait: wait.as_raw_fd(),
        go: go.as_raw_fd(),
        tell: tell.as_raw_fd(),
        output,
        path: &path,
        folder: folder.as_ref(),
        arguments,
        variables,
        filter: program.as_mut(),
        // SAFETY: takes nothing.
        parent: unsafe { libc::getpid() },
    };
    // SAFETY: the child calls nothing but system calls until it runs another program: no allocation, no lock.
    let pid = match unsafe { libc::fork() } {
        -1 => return Err(Failed::Call("fork", Errno::last())),
        0 => child.run(),
        pid => pid,
    };
    drop((wait, tell));
    let started = match output {
        Output::Terminal(_) => {
            Started { pid: told(&hear).map_err(|errno| gone(pid, "setsid", errno))?, leader: Some(pid) }
        }
        _ => Started { pid, leader: None },
    };
    seize(started, go, filter.is_some())
}

/// What the leader says of the program that it has forked.
fn told(hear: &OwnedFd) -> nix::Result<Pid> {
    let mut bytes = [0; size_of::<Pid>()];
    loop {
        match nix::unistd::read(hear, &mut bytes) {
            Ok(n) if n == bytes.len() => return Ok(Pid::from_ne_bytes(bytes)),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
            Ok(_) => return Err(Errno::EIO),
        }
    }
}

/// End a child of ours that is of no use.
fn gone(pid: Pid, call: &'static str, errno: Errno) -> Failed {
    let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
    let _ = nix::sys::wait::waitpid(nix::unistd::Pid::from_raw(pid), None);
    Failed::Call(call, errno)
}

fn seize(started: Started, go: OwnedFd, filtered: bool) -> Result<Started, Failed> {
    // Where nothing comes through the pipe, the program ends by itself; its leader does not.
    let fails = |call, errno| gone(started.leader.unwrap_or(started.pid), call, errno);
    // A filter of the program's own does what it would without us.
    let options = if filtered { OPTIONS | libc::PTRACE_O_TRACESECCOMP } else { OPTIONS };
    sys::seize(started.pid, options).map_err(|errno| fails("ptrace", errno))?;
    if !filtered {
        sys::interrupt(started.pid).map_err(|errno| fails("ptrace", errno))?;
    }
    nix::unistd::write(&go, &[1]).map_err(|errno| fails("write", errno))?;
    Ok(started)
}

/// The path that execvp(3) would run.
fn find(name: &OsStr) -> Result<PathBuf, Failed> {
    let runs = |path: &Path| std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
    let shown = name.to_string_lossy();
    if name.as_bytes().contains(&b'/') {
        return match std::fs::metadata(name) {
            Ok(_) if runs(Path::new(name)) => Ok(name.into()),
            Ok(_) => Err(Failed::Program(format!("{shown} is not a program that may be run"))),
            Err(error) => Err(Failed::Program(format!("{shown}: {error}"))),
        };
    }
    if name.is_empty() {
        return Err(Failed::Program("the program has no name: the first word is empty".to_owned()));
    }
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    let found = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|path| runs(path));
    let what = if shown.starts_with('-') {
        "no option of trace, and no such program in PATH"
    } else {
        "no such program in PATH"
    };
    found.ok_or_else(|| Failed::Program(format!("{shown}: {what}")))
}

/// What the child needs, made ready before the fork.
struct Child<'a> {
    wait: RawFd,
    go: RawFd,
    tell: RawFd,
    parent: Pid,
    output: Output,
    path: &'a CString,
    folder: Option<&'a CString>,
    arguments: Vec<*const libc::c_char>,
    variables: Vec<*const libc::c_char>,
    /// The filter to put on; `None`: it must be able to live on without a tracer.
    filter: Option<&'a mut Vec<libc::sock_filter>>,
}

/// The exit codes of a child that could not begin, as a shell has them.
const NOT_BEGUN: i32 = 126;
const NOT_RUN: i32 = 127;

impl Child<'_> {
    fn run(&mut self) -> ! {
        if let Output::Terminal(terminal) = self.output {
            self.lead(terminal);
        }
        let mut byte = 0_u8;
        // SAFETY: all of these are system calls on descriptors of this process and on memory made ready before the fork, which
        // this process has its own copy of; `_exit` ends it without running anything of ours.
        unsafe {
            libc::close(self.go);
            while libc::read(self.wait, (&raw mut byte).cast(), 1) < 0 && Errno::last() == Errno::EINTR {}
            libc::close(self.wait);
            if byte != 1 {
                libc::_exit(NOT_BEGUN);
            }
            if self.output == Output::ToError && libc::dup2(2, 1) < 0 {
                libc::_exit(NOT_BEGUN);
            }
            if self.folder.is_some_and(|folder| libc::chdir(folder.as_ptr()) < 0) {
                libc::_exit(NOT_BEGUN);
            }
            // Rust ignores SIGPIPE, and exec keeps that.
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            let mut none = std::mem::zeroed::<libc::sigset_t>();
            libc::sigemptyset(&raw mut none);
            libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
            if !self.put_filter() {
                libc::_exit(NOT_BEGUN);
            }
            libc::execve(self.path.as_ptr(), self.arguments.as_ptr(), self.variables.as_ptr());
            libc::_exit(NOT_RUN)
        }
    }

    /// Begin a session on this terminal, and fork the program into it as its foreground job, as a shell does: whoever leads a session
    /// takes its terminal along at its end, and that must not be the program. Returns in the program alone.
    fn lead(&self, terminal: RawFd) {
        // SAFETY: as in `run`; the number that is written is on this stack.
        unsafe {
            // Where the program may live on without us, it does: then the terminal's end is its own.
            if self.filter.is_some() {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::c_ulong::from(libc::SIGKILL.unsigned_abs()));
            }
            if libc::getppid() != self.parent
                || libc::setsid() < 0
                || libc::ioctl(terminal, libc::TIOCSCTTY as _, 0) < 0
            {
                libc::_exit(NOT_BEGUN);
            }
            let pid = libc::fork();
            if pid == 0 {
                libc::setpgid(0, 0);
                // From the background it would be stopped for taking the terminal.
                libc::signal(libc::SIGTTOU, libc::SIG_IGN);
                let taken = libc::tcsetpgrp(terminal, libc::getpid());
                libc::signal(libc::SIGTTOU, libc::SIG_DFL);
                if taken < 0 || (0..3).any(|number| libc::dup2(terminal, number) < 0) {
                    libc::_exit(NOT_BEGUN);
                }
                return;
            }
            if pid < 0 || libc::write(self.tell, (&raw const pid).cast(), size_of::<Pid>()) < 0 {
                libc::_exit(NOT_BEGUN);
            }
            // It holds nothing, reaps the program, and is gone with us or with the terminal.
            libc::signal(libc::SIGCHLD, libc::SIG_IGN);
            for signal in [libc::SIGHUP, libc::SIGTERM, libc::SIGINT] {
                libc::signal(signal, libc::SIG_DFL);
            }
            libc::syscall(libc::SYS_close_range, 0, libc::c_uint::MAX, 0);
            loop {
                libc::pause();
            }
        }
    }

    /// Who is not root may put a filter on only after giving up that set-user-id programs do (`no_new_privs`).
    fn put_filter(&mut self) -> bool {
        let Some(filter) = &mut self.filter else { return true };
        let program = libc::sock_fprog { len: u16::try_from(filter.len()).unwrap_or(0), filter: filter.as_mut_ptr() };
        let mode = libc::c_ulong::from(libc::SECCOMP_MODE_FILTER);
        let (one, zero): (libc::c_ulong, libc::c_ulong) = (1, 0);
        // SAFETY: `program` describes exactly the instructions; the kernel copies them.
        unsafe {
            if libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program) == 0 {
                return true;
            }
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, one, zero, zero, zero) == 0
                && libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program) == 0
        }
    }
}
