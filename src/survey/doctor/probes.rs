//! Permissions, tried on processes of our own that end at once.

use super::Check;
use crate::observe::{probe as tried, sockdiag};
use crate::world::Pid;
use nix::errno::Errno;
use std::io::Read;
use std::process::{Child, Command, Stdio};

/// What a probe is asked to do: the hidden command's first argument. Its exit code is 0 or the errno.
pub fn probe(what: &str, pid: Option<Pid>) -> u8 {
    let result = match (what, pid) {
        ("wait", _) => {
            // Until the one who asked closes the other end, or ends.
            let _ = std::io::stdin().read(&mut [0]);
            Ok(())
        }
        ("filter", _) => tried::try_filter(),
        ("user", _) => tried::try_namespaces(false),
        ("network", _) => tried::try_namespaces(true),
        ("call", Some(pid)) => tried::try_call(pid),
        ("trace", Some(pid)) => tried::try_trace(pid),
        _ => Err(Errno::EINVAL),
    };
    result.map_or_else(|errno| u8::try_from(errno as i32).unwrap_or(u8::MAX), |()| 0)
}

/// A child that waits to be looked at; ended when dropped.
struct Patient(Child);

impl Patient {
    fn start() -> Option<Patient> {
        start("wait", None, Stdio::piped()).map(Patient)
    }

    fn pid(&self) -> Pid {
        Pid::try_from(self.0.id()).unwrap_or(0)
    }
}

impl Drop for Patient {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(what: &str, pid: Option<Pid>, stdin: Stdio) -> Option<Child> {
    let mut command = Command::new("/proc/self/exe");
    command.args(["probe", what]).args(pid.map(|pid| pid.to_string()));
    command.stdin(stdin).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
}

/// The result of a probe in a child; `None`: it could not be started, or was killed.
fn in_child(what: &str, pid: Option<Pid>) -> Option<Result<(), Errno>> {
    let status = start(what, pid, Stdio::null())?.wait().ok()?;
    match status.code()? {
        0 => Some(Ok(())),
        code => Some(Err(Errno::from_raw(code))),
    }
}

fn check(name: &'static str, result: Option<Result<(), Errno>>, without: &'static str) -> Check {
    let (ok, found) = match result {
        Some(Ok(())) => (Some(true), "tried: works".to_owned()),
        Some(Err(errno)) => (Some(false), format!("tried: {errno:?}, {}", errno.desc())),
        None => (None, "could not be tried: no child could be started, or it was killed".to_owned()),
    };
    Check { name, ok, found, without }
}

pub(super) fn checks() -> Vec<Check> {
    let patient = Patient::start();
    let pid = patient.as_ref().map(Patient::pid);
    // Whom we trace nobody else can: another one for that.
    let second = Patient::start();
    let on = |f: fn(Pid) -> nix::Result<()>| pid.map(f);
    vec![
        check(
            "descriptors of own processes",
            on(|pid| std::fs::read_link(format!("/proc/{pid}/fd/0")).map(drop).map_err(|e| errno(&e))),
            "nothing can be said of who holds which end",
        ),
        check("calls of own children", on(tried::try_call), "why and lessons cannot tell which call blocks"),
        check(
            "calls of other own processes",
            pid.and_then(|pid| in_child("call", Some(pid))),
            "why names a call by where in the kernel it sleeps, and mostly not its descriptor; sudo helps",
        ),
        check(
            "memory of own processes",
            on(tried::try_memory),
            "which descriptors poll and select wait for, and the path of an open, cannot be told",
        ),
        check(
            "copies of descriptors",
            on(|pid| tried::try_descriptor(pid, 0)),
            "bytes that wait cannot be shown everywhere (pidfd_getfd)",
        ),
        check(
            "ptrace of own children",
            on(tried::try_trace),
            "no program of your own can be stepped; lessons, why and graph work",
        ),
        check(
            "ptrace of other own processes",
            second.as_ref().and_then(|second| in_child("trace", Some(second.pid()))),
            "debuggers cannot attach to what already runs; why and graph do not need it",
        ),
        yama(),
        check(
            "filters of system calls",
            in_child("filter", None),
            "tracing would be slow; nothing else needs them (seccomp)",
        ),
        filtered(),
        check("user namespaces", in_child("user", None), "an ordinary user can have no network namespace of his own"),
        check("network namespaces", in_child("network", None), "lessons with a network of their own cannot be played"),
        check("socket diagnostics", Some(diagnostics()), "the other end of a UNIX socket cannot be named (sock_diag)"),
        check(
            "pseudo-terminals",
            Some(nix::pty::openpty(None, None).map(drop)),
            "no stage can be set up: lessons do not start",
        ),
    ]
}

fn errno(error: &std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}

fn diagnostics() -> Result<(), Errno> {
    let netlink = sockdiag::open()?;
    sockdiag::ask(std::os::fd::AsFd::as_fd(&netlink), sockdiag::Part::Unix).map(drop)
}

/// `ptrace_scope`, Documentation/admin-guide/LSM/Yama.rst.
fn yama() -> Check {
    let value = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").ok();
    let (ok, found) = match value.as_deref().map(str::trim) {
        None => (true, "not in this kernel".to_owned()),
        Some("0") => (true, "ptrace_scope 0: own processes".to_owned()),
        Some("1") => (false, "ptrace_scope 1: descendants only".to_owned()),
        Some("2") => (false, "ptrace_scope 2: root only".to_owned()),
        Some(other) => (false, format!("ptrace_scope {other}: nobody")),
    };
    Check {
        name: "Yama",
        ok: Some(ok),
        found,
        without: "own processes that are no descendants are looked at as far as it lets us",
    }
}

/// Whether somebody put a filter on us, as container engines do.
fn filtered() -> Check {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mode = status.lines().find_map(|l| l.strip_prefix("Seccomp:")).map(str::trim);
    let (ok, found) = match mode {
        Some("0") => (Some(true), "none on us"),
        Some(_) => (Some(false), "we run under one, as in a container"),
        None => (None, "the kernel does not tell"),
    };
    let without = "some calls may be refused for no other reason";
    Check { name: "no filter on ourselves", ok, found: found.into(), without }
}
