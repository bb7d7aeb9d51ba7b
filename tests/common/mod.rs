//! A stage for tests, in few words, and a look at /proc that shares no code with the program.
#![allow(dead_code, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

pub mod family;
pub mod proc_reading;
pub mod story;
pub mod tty;

use pipescope::notation::{Call, Completion, Data, Detail, Directed, Disposition, Fcntl, Outcome, Target};
use pipescope::stage::{Options, Refusal, Settled, Stage};
use pipescope::world::{BlockedIn, Death};
use std::time::{Duration, Instant};

/// Long enough for the slowest machine; nothing waits so long unless it fails.
pub const LIMIT: Duration = Duration::from_secs(120);

pub fn options() -> Options {
    Options {
        allow_exec: false,
        allow_files: false,
        allow_network: false,
        terminal: (24, 80),
        warden: Some(env!("CARGO_BIN_EXE_pipescope").into()),
    }
}

/// A stage with one process, `parent`.
pub struct Play {
    pub stage: Stage,
}

impl Play {
    pub fn new() -> Play {
        Play::with(&options())
    }

    pub fn with(options: &Options) -> Play {
        let mut stage = Stage::start(options).unwrap();
        stage.start_process("parent").unwrap();
        Play { stage }
    }

    /// A call, and all that came of it.
    pub fn step(&mut self, process: &str, call: Call) -> Settled {
        self.refusable(process, call).unwrap()
    }

    pub fn refusable(&mut self, process: &str, call: Call) -> Result<Settled, Refusal> {
        self.stage.issue(&Directed { process: process.into(), call: call.clone() })?;
        let settled = self.stage.settle(LIMIT);
        let own = settled.own.as_ref().unwrap();
        assert_eq!(own.call.as_ref(), Some(&call));
        assert_eq!(own.process, process);
        Ok(settled)
    }

    /// A call, and what became of it; nothing else must have happened.
    pub fn did(&mut self, process: &str, call: Call) -> Outcome {
        let settled = self.step(process, call);
        assert_eq!(settled.resumed, []);
        settled.own.unwrap().outcome
    }

    /// The same with what it brought.
    pub fn brought(&mut self, process: &str, call: Call) -> (Outcome, Detail) {
        let settled = self.step(process, call);
        assert_eq!(settled.resumed, []);
        let own = settled.own.unwrap();
        (own.outcome, own.detail)
    }

    /// pipe() and fork(child).
    pub fn pipe_and_fork(&mut self) {
        assert_eq!(self.brought("parent", Call::Pipe), (Outcome::Returned(0), Detail::Pair(3, 4)));
        self.fork("parent", "child");
    }

    pub fn fork(&mut self, parent: &str, child: &str) -> i32 {
        let (outcome, detail) = self.brought(parent, Call::Fork { name: Some(child.into()) });
        let Detail::Child(name, pid) = detail else { panic!("{outcome:?} {detail:?}") };
        assert_eq!((name.as_str(), outcome), (child, Outcome::Returned(pid.into())));
        pid
    }

    pub fn pid(&self, name: &str) -> i32 {
        self.stage.subjects().iter().rev().find(|s| s.name == name).unwrap().pid
    }

    /// What it holds, as `ls -l /proc/PID/fd` says.
    pub fn table(&self, name: &str) -> Vec<(i32, String)> {
        table(self.pid(name))
    }

    pub fn numbers(&self, name: &str) -> Vec<i32> {
        self.table(name).into_iter().map(|(n, _)| n).collect()
    }

    /// Notice until something has ended.
    pub fn noticed(&mut self) -> Vec<Completion> {
        let mut all = Vec::new();
        until(|| {
            all = self.stage.notice().completions;
            !all.is_empty()
        });
        all
    }

    /// The terminal's output, until it holds the text.
    pub fn shown(&mut self, text: &str) -> String {
        let mut all = String::new();
        until(|| {
            all.push_str(&String::from_utf8_lossy(&self.stage.terminal_output()));
            all.contains(text)
        });
        all
    }
}

pub fn table(pid: i32) -> Vec<(i32, String)> {
    let mut all: Vec<(i32, String)> = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let link = std::fs::read_link(entry.path()).unwrap();
            (entry.file_name().to_str().unwrap().parse().unwrap(), link.to_str().unwrap().to_owned())
        })
        .collect();
    all.sort();
    all
}

pub fn until(mut done: impl FnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    while !done() {
        assert!(Instant::now() < end, "it does not happen");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// It is neither gone nor a zombie.
pub fn lives(pid: i32) -> bool {
    state(pid).is_some_and(|s| s != 'Z' && s != 'X')
}

pub fn state(pid: i32) -> Option<char> {
    let text = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    text.rsplit_once(") ")?.1.chars().next()
}

pub fn status_line(pid: i32, key: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    text.lines().find_map(|l| l.strip_prefix(key)).unwrap().trim_start_matches(':').trim().to_owned()
}

/// The living processes of the session that this process leads.
pub fn session(leader: i32) -> Vec<i32> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<i32>().ok()) else { continue };
        let Ok(text) = std::fs::read(format!("/proc/{pid}/stat")) else { continue };
        let text = String::from_utf8_lossy(&text).into_owned();
        let Some((_, rest)) = text.rsplit_once(") ") else { continue };
        let fields: Vec<&str> = rest.split(' ').collect();
        if fields[0] != "Z" && fields[0] != "X" && fields[3] == leader.to_string() {
            all.push(pid);
        }
    }
    all
}

pub fn signal(pid: i32, signal: i32) {
    assert!(pid > 1);
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::try_from(signal).unwrap())
        .unwrap();
}

pub fn ended(process: &str, call: Option<Call>, outcome: Outcome) -> Completion {
    Completion { process: process.into(), call, outcome, detail: Detail::None }
}

pub fn brought(process: &str, call: Call, value: i64, detail: Detail) -> Completion {
    Completion { process: process.into(), call: Some(call), outcome: Outcome::Returned(value), detail }
}

pub fn exited(code: i32) -> Outcome {
    Outcome::Died(Death::Exited(code))
}

pub fn killed(signal: i32) -> Outcome {
    Outcome::Died(Death::Killed(signal))
}

pub fn blocked(call: &str, fd: Option<i32>, count: Option<u64>) -> Outcome {
    Outcome::Blocked(BlockedIn { call: call.into(), fd, child: None, path: None, count, opens: None })
}

pub fn data(text: &str) -> Detail {
    Detail::Data(text.as_bytes().to_vec())
}

pub fn close(fd: i32) -> Call {
    Call::Close { fd }
}

pub fn dup2(from: i32, to: i32) -> Call {
    Call::Dup2 { from, to }
}

pub fn read(fd: i32, count: u64) -> Call {
    Call::Read { fd, count }
}

pub fn write(fd: i32, text: &str) -> Call {
    bulk(fd, text, 1)
}

pub fn bulk(fd: i32, text: &str, times: u64) -> Call {
    Call::Write { fd, data: Data { unit: text.as_bytes().to_vec(), times } }
}

pub fn open(path: &str, flags: i32) -> Call {
    Call::Open { path: path.into(), flags, mode: 0o600 }
}

pub fn mkfifo(path: &str) -> Call {
    Call::Mkfifo { path: path.into(), mode: 0o600 }
}

pub fn unlink(path: &str) -> Call {
    Call::Unlink { path: path.into() }
}

pub fn fcntl(fd: i32, command: Fcntl) -> Call {
    Call::Fcntl { fd, command }
}

pub fn ignore(signal: i32) -> Call {
    Call::Signal { signal, disposition: Disposition::Ignore }
}

pub fn kill(name: &str, signal: i32) -> Call {
    Call::Kill { target: Target::Name(name.into()), signal }
}

pub fn kill_number(pid: i32, signal: i32) -> Call {
    Call::Kill { target: Target::Number(pid), signal }
}

pub fn waitpid(name: &str, options: i32) -> Call {
    Call::Waitpid { target: Target::Name(name.into()), options }
}

pub fn exec(line: &str) -> Call {
    Call::Exec { argv: line.split(' ').map(str::to_owned).collect() }
}

pub fn exit(code: i32) -> Call {
    Call::Exit { code }
}

/// A queue can be had here: the kernel knows them, and this user has not used up what he may.
pub fn has_queues() -> bool {
    let mut play = Play::new();
    let open = pipescope::notation::parse_directed("parent: mq_open(\"/trial\", O_RDWR|O_CREAT, 0600, 4, 32)", None);
    matches!(play.did("parent", open.unwrap().call), Outcome::Returned(_))
}
