//! A program in a process group of its own: how it ends, or where it sleeps for ever. Nothing of it stays behind.

use crate::common::{LIMIT, until};
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Looks that must show the same before it is believed that nothing moves.
const LOOKS: usize = 5;

/// Programs count on 3 being free, which whoever started the tests may have left open.
const BARE: &str = "exec \"$@\" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-";

pub struct Group {
    leader: Pid,
    status: Option<WaitStatus>,
    output: PathBuf,
}

impl Group {
    /// Start `command` in `dir`; what it says on 1 and 2 goes to the file `output` there.
    #[allow(clippy::zombie_processes, reason = "the whole group is waited for, its leader among them")]
    pub fn start(program: &Command, dir: &Path, output: &str) -> Group {
        // The children of a program that has ended become ours, to be reaped.
        nix::sys::prctl::set_child_subreaper(true).unwrap();
        let output = dir.join(output);
        let file = std::fs::File::create(&output).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", BARE, "sh"]).arg(program.get_program()).args(program.get_args());
        command.current_dir(dir).env("LC_ALL", "C").process_group(0);
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        Group { leader: Pid::from_raw(child.id().cast_signed()), status: None, output }
    }

    pub fn says(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap()
    }

    /// The exit code; a death by a signal is 128 and its number, as in a shell. Every process has ended then.
    pub fn end(&mut self) -> i32 {
        let started = Instant::now();
        while self.reap() {
            assert!(started.elapsed() < LIMIT, "it does not end: {:?}; it said {:?}", self.look(), self.says());
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        match self.status {
            Some(WaitStatus::Exited(_, code)) => code,
            Some(WaitStatus::Signaled(_, signal, _)) => 128 + signal as i32,
            other => panic!("it ended as {other:?}"),
        }
    }

    /// Wait until every process of it sleeps in one of these calls, and none has run between several looks.
    pub fn hangs_in(&mut self, calls: &[&str]) {
        let started = Instant::now();
        let mut seen: Vec<BTreeMap<i32, Asleep>> = Vec::new();
        while seen.len() < LOOKS {
            assert!(self.reap(), "it has ended: {:?}; it said {:?}", self.status, self.says());
            let look = self.look();
            let mut found: Vec<&str> = look.values().map(|a| a.call.as_str()).collect();
            found.sort_unstable();
            assert!(started.elapsed() < LIMIT, "it is at {found:?}, not at {calls:?}; it said {:?}", self.says());
            if found != calls || seen.last().is_some_and(|last| *last != look) {
                seen.clear();
            }
            if found == calls {
                seen.push(look);
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }

    /// Whether any process of the group lives; those that have ended are taken off the table.
    fn reap(&mut self) -> bool {
        loop {
            match waitpid(Pid::from_raw(-self.leader.as_raw()), Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => return true,
                Ok(status) if status.pid() == Some(self.leader) => self.status = Some(status),
                Ok(_) | Err(Errno::EINTR) => {}
                // None of ours; those whose parents live are not ours.
                Err(_) => return !self.look().is_empty(),
            }
        }
    }

    /// The living processes of the group, and what each sleeps in.
    fn look(&self) -> BTreeMap<i32, Asleep> {
        let pids = std::fs::read_dir("/proc").unwrap().flatten();
        let pids = pids.filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok());
        pids.filter(|pid| group_of(*pid) == Some(self.leader.as_raw())).map(|pid| (pid, Asleep::of(pid))).collect()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.reap() {
            let _ = killpg(self.leader, Signal::SIGKILL);
        }
        let started = Instant::now();
        while self.reap() && started.elapsed() < LIMIT {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let left = self.look();
        assert!(left.is_empty() || std::thread::panicking(), "processes stayed behind: {left:?}");
    }
}

/// A process as two looks must find it alike: were it switched to between them, the number would have grown.
#[derive(Debug, PartialEq, Eq)]
struct Asleep {
    call: String,
    switches: String,
}

impl Asleep {
    fn of(pid: i32) -> Asleep {
        let text =
            |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_else(|e| e.to_string());
        let status = text("status");
        let switches = status.lines().filter(|l| l.contains("ctxt_switches")).collect::<Vec<_>>().join(" ");
        Asleep { call: call(&text("syscall")), switches }
    }
}

/// `0 0x3 …` of proc_pid_syscall(5) as `read 3`.
fn call(line: &str) -> String {
    let mut words = line.split_whitespace();
    let number: Option<i64> = words.next().and_then(|n| n.parse().ok());
    let first = words.next().and_then(|a| i32::from_str_radix(a.trim_start_matches("0x"), 16).ok());
    match number {
        Some(libc::SYS_read) => format!("read {}", first.unwrap_or(-1)),
        Some(libc::SYS_write) => format!("write {}", first.unwrap_or(-1)),
        Some(libc::SYS_wait4 | libc::SYS_waitid) => "wait".into(),
        Some(libc::SYS_openat) => "open".into(),
        _ => line.trim().into(),
    }
}

/// The group of a process that is neither a zombie nor gone.
fn group_of(pid: i32) -> Option<i32> {
    let text = String::from_utf8_lossy(&std::fs::read(format!("/proc/{pid}/stat")).ok()?).into_owned();
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    let group = fields.nth(1)?.parse().ok()?;
    (state != "Z" && state != "X").then_some(group)
}

/// Wait until the group has said this.
pub fn until_said(group: &Group, text: &str) {
    until(|| group.says().contains(text));
}
