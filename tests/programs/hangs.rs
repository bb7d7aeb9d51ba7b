//! Programs that hang, compiled once for a run of tests, and what each says of the processes it is made of.

use crate::folder::Folder;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_pipescope");

/// A program that hangs, with all its processes; they end when this is dropped.
pub struct Hang {
    child: Child,
    processes: Vec<(String, i32)>,
    /// Those it has of its own, as options of unshare(1) and nsenter(1).
    namespaces: Vec<&'static str>,
    _folder: Folder,
}

impl Hang {
    /// Start it; `None`, said aloud, where nothing can be compiled, or nobody may look at it.
    pub fn start(name: &str) -> Option<Hang> {
        if !can_be_looked_at() {
            return None;
        }
        let folder = Folder::new();
        let mut command = Command::new(built()?);
        command.args([name, &folder.file(name)]);
        Some(Hang::run(command, folder))
    }

    /// Start it where there is nobody else: in a pid namespace and a network of its own, whose /proc [`Hang::inside`] sees. Pids
    /// are those there. `None`, said aloud, where there can be none.
    #[allow(dead_code, reason = "not every test file asks there")]
    pub fn start_alone(name: &str) -> Option<Hang> {
        let kinds = ["--user", "--map-root-user", "--net", "--pid", "--mount"];
        Hang::apart(&kinds, "mount -t proc proc /proc", name)
    }

    /// Start it where /proc hides the processes of others from everyone but root: one of its own, in a pid namespace of its own. For
    /// root alone. `None`, said aloud, elsewhere.
    #[allow(dead_code, reason = "not every test file asks there")]
    pub fn start_hidden(name: &str) -> Option<Hang> {
        if !nix::unistd::geteuid().is_root() {
            eprintln!("skipped: only root can hide processes");
            return None;
        }
        Hang::apart(&["--pid", "--mount"], "mount -t proc -o hidepid=2 proc /proc", name)
    }

    /// In namespaces of these kinds, where `mount` gives it a /proc that nobody else has.
    fn apart(kinds: &[&'static str], mount: &str, name: &str) -> Option<Hang> {
        let folder = Folder::new();
        let unshare = |script: &str| {
            let mut command = Command::new("unshare");
            command.args(kinds).args(["--fork", "--kill-child", "--", "sh", "-c", script, "sh"]);
            command
        };
        if !unshare(mount).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            eprintln!("skipped: no such namespaces can be made here");
            return None;
        }
        let mut command = unshare(&format!("{mount} && exec \"$@\""));
        command.args([built()?, name, &folder.file(name)]);
        let mut hang = Hang::run(command, folder);
        hang.namespaces = kinds.to_vec();
        Some(hang)
    }

    /// The program under test, in the namespaces that this has of its own.
    #[allow(dead_code, reason = "not every test file asks there")]
    pub fn inside(&self, args: &[&str]) -> std::process::Output {
        let mut command = self.enter();
        command.arg("--preserve-credentials").arg(PROGRAM).args(args).output().unwrap()
    }

    /// The same as nobody.
    #[allow(dead_code, reason = "not every test file asks there")]
    pub fn inside_as_nobody(&self, args: &[&str]) -> std::process::Output {
        let (_folder, path) = for_anyone();
        self.enter().args(["--setuid", "65534", "--setgid", "65534"]).arg(path).args(args).output().unwrap()
    }

    fn enter(&self) -> Command {
        let file = |kind: &&str| match *kind {
            "--user" => Some("user"),
            "--net" => Some("net"),
            "--pid" => Some("pid_for_children"),
            "--mount" => Some("mnt"),
            _ => None,
        };
        let of = |kind: &&str| Some(format!("{kind}=/proc/{}/ns/{}", self.child.id(), file(kind)?));
        let mut command = Command::new("nsenter");
        command.args(self.namespaces.iter().filter_map(of));
        command
    }

    /// A Python program and its argument; `None`, said aloud, where there is no Python.
    pub fn python(file: &str, argument: &str) -> Option<Hang> {
        let source = format!("{}/tests/programs/hangs/{file}", env!("CARGO_MANIFEST_DIR"));
        if !can_be_looked_at() {
            return None;
        }
        if !Command::new("python3").arg("--version").output().is_ok_and(|o| o.status.success()) {
            eprintln!("skipped: there is no python3 here");
            return None;
        }
        let mut command = Command::new("python3");
        command.args(["-B", &source, argument]);
        Some(Hang::run(command, Folder::new()))
    }

    fn run(mut command: Command, folder: Folder) -> Hang {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.process_group(0).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut processes: Vec<(String, i32)> =
            words.chunks_exact(2).map(|pair| (pair[0].to_owned(), pair[1].parse().unwrap())).collect();
        let first = i32::try_from(child.id()).unwrap();
        if !processes.iter().any(|(_, pid)| *pid == first) {
            processes.push(("parent".into(), first));
        }
        Hang { child, processes, namespaces: Vec::new(), _folder: folder }
    }

    /// It could not even begin.
    pub fn ended(&self) -> bool {
        self.processes.len() == 1 && self.processes[0].0 == "parent"
    }

    /// Its first process, and the group of all of them.
    pub fn group(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    /// The process that it calls so.
    pub fn pid(&self, name: &str) -> i32 {
        self.processes.iter().find(|(n, _)| n == name).unwrap().1
    }

    /// None of its processes runs, as far as their first threads tell.
    #[allow(dead_code, reason = "not every test file asks")]
    pub fn is_asleep(&self) -> bool {
        let runs = |pid: &i32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('R'))
        };
        !self.processes.iter().any(|(_, pid)| runs(pid))
    }

    /// What it calls this process.
    pub fn name(&self, pid: i32) -> String {
        self.processes.iter().find(|(_, p)| *p == pid).map_or_else(|| format!("stranger {pid}"), |(n, _)| n.clone())
    }
}

impl Drop for Hang {
    fn drop(&mut self) {
        let _ = killpg(Pid::from_raw(self.group()), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}

/// In which call a process sleeps, and on what, an ordinary user may read of processes that are not its own descendants only where Yama
/// lets it (Documentation/admin-guide/LSM/Yama.rst): what we start beside the program under test is none of its.
fn can_be_looked_at() -> bool {
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    let can = nix::unistd::geteuid().is_root() || matches!(scope.trim(), "" | "0");
    if !can {
        eprintln!("skipped: Yama lets an ordinary user look at its own descendants alone");
    }
    can
}

/// The compiled program; built once, beside what cargo builds for tests.
fn built() -> Option<&'static str> {
    static BUILT: OnceLock<Option<String>> = OnceLock::new();
    let build = || {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/hangs");
        let sources = ["hangs.c", "in_flight.c", "waits.c", "woken.c"].map(|file| format!("{folder}/{file}"));
        // Another test may build it at the same time: each into a file of its own, put into place whole.
        let place = format!("{}/hangs", env!("CARGO_TARGET_TMPDIR"));
        let own = format!("{place}.{}", std::process::id());
        let cc =
            Command::new("cc").args(["-g", "-O1", "-w", "-o", &own]).args(sources).args(["-lpthread", "-lrt"]).status();
        let Ok(status) = cc else {
            eprintln!("skipped: there is no C compiler here");
            return None;
        };
        assert!(status.success(), "the programs that hang do not compile");
        std::fs::rename(own, &place).unwrap();
        Some(place)
    };
    BUILT.get_or_init(build).as_deref()
}

/// The program under test where any user can reach it, in a folder that is gone with the value.
pub fn for_anyone() -> (Folder, String) {
    let folder = Folder::new();
    let path = folder.file("pipescope");
    // Not by this process: a child that another test forks meanwhile would hold the file open for writing (ETXTBSY).
    assert!(Command::new("cp").args([PROGRAM, &path]).status().unwrap().success());
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    (folder, path)
}
