//! What a program is refused because it is traced: the kernel gives no more rights to a program that somebody can steer, ptrace(2),
//! execve(2), capabilities(7).

use super::sys;
use crate::world::Pid;
use nix::libc;
use std::fs;
use std::os::unix::fs::MetadataExt;

/// Why a debugger fails.
pub(super) const ONE_TRACER: &str =
    "a process can have one tracer, and here that is pipescope: strace and gdb do nothing under it";

/// What the file that a process has begun to run would have given it, and did not; `None`: nothing.
pub(super) fn withheld(pid: Pid) -> Option<String> {
    let program = format!("/proc/{pid}/exe");
    let file = fs::metadata(&program).ok()?;
    let status = || fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let rights = match () {
        () if file.mode() & libc::S_ISUID != 0 => {
            let lost = effective(&status(), "Uid:").is_some_and(|uid| uid != file.uid());
            lost.then(|| format!("set-user-ID of {} has no effect", user(file.uid())))
        }
        // Without the right to execute it is another mark, of mandatory locks.
        () if file.mode() & libc::S_ISGID != 0 && file.mode() & libc::S_IXGRP != 0 => {
            let lost = effective(&status(), "Gid:").is_some_and(|gid| gid != file.gid());
            lost.then(|| format!("set-group-ID of group {} has no effect", file.gid()))
        }
        () if sys::has_capabilities(&program) => {
            has_none(&status()).then(|| "the file's capabilities have no effect".to_owned())
        }
        () => None,
    };
    rights.map(|rights| {
        format!("{rights}: a traced program gets no more rights than its tracer has (as root, pipescope traces it with them)")
    })
}

/// The effective id: the second of the four in a line of `/proc/PID/status`.
fn effective(status: &str, field: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// No capability is permitted.
fn has_none(status: &str) -> bool {
    let line = status.lines().find_map(|line| line.strip_prefix("CapPrm:"));
    line.is_some_and(|line| line.trim().bytes().all(|b| b == b'0'))
}

fn user(uid: u32) -> String {
    if uid == 0 { "root".to_owned() } else { format!("user {uid}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_capabilities_are_read_as_the_kernel_writes_them() {
        let status = "Name:\tping\nUid:\t1000\t1001\t1000\t1000\nGid:\t5\t6\t5\t5\nCapPrm:\t0000000000000000\n";
        assert_eq!((effective(status, "Uid:"), effective(status, "Gid:")), (Some(1001), Some(6)));
        assert!(has_none(status));
        assert!(!has_none("CapPrm:\t0000000000002000\n"));
        assert_eq!(effective("", "Uid:"), None);
    }

    #[test]
    fn an_ordinary_program_is_refused_nothing() {
        assert_eq!(withheld(Pid::try_from(std::process::id()).unwrap()), None);
    }
}
