//! However it ends, nothing is left.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
use common::*;
use nix::libc;
use pipescope::notation::{Call, Outcome};
use pipescope::stage::{Options, Refusal, Stage};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The stage that is to lose its director: blocked, ignoring, stopped, orphaned, flooding and sleeping processes.
fn crowd(play: &mut Play) {
    play.did("parent", Call::Pipe);
    for name in ["reader", "ignores", "stopped", "yes", "sleeper", "idle"] {
        play.fork("parent", name);
    }
    play.did("reader", read(3, 1));
    for signal in [libc::SIGHUP, libc::SIGTERM, libc::SIGINT, libc::SIGPIPE] {
        play.did("ignores", ignore(signal));
    }
    play.fork("ignores", "grandchild");
    play.fork("ignores", "ignoring-sleeper");
    play.step("ignoring-sleeper", exec("sleep 1000"));
    play.step("parent", kill("stopped", libc::SIGSTOP));
    play.step("sleeper", exec("sleep 1000"));
    play.stage.issue(&pipescope::notation::Directed { process: "yes".into(), call: exec("yes") }).unwrap();
    play.stage.settle(std::time::Duration::from_millis(20));
    // Everybody is an orphan now.
    play.step("parent", exit(0));
}

/// Not a test: the program that the tests below start and kill.
#[test]
#[ignore = "it is the director that other tests kill"]
fn director() {
    if std::env::var_os("PIPESCOPE_TEST_DIRECTOR").is_none() {
        return;
    }
    let mut play = Play::new();
    crowd(&mut play);
    println!("warden {}", play.stage.warden_pid());
    println!("scratch {}", play.stage.scratch().display());
    println!("ready");
    loop {
        play.stage.terminal_output();
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

struct Director {
    child: Child,
    warden: i32,
    scratch: PathBuf,
}

impl Director {
    fn start() -> Director {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "director", "--ignored", "--nocapture", "--test-threads=1"])
            .env("PIPESCOPE_TEST_DIRECTOR", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let (mut warden, mut scratch) = (0, PathBuf::new());
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            // The test harness may have begun the first line.
            if let Some((_, pid)) = line.rsplit_once("warden ") {
                warden = pid.parse().unwrap();
            } else if let Some(path) = line.strip_prefix("scratch ") {
                scratch = path.into();
            } else if line == "ready" {
                break;
            }
        }
        assert!(warden > 1 && scratch.is_dir());
        let director = Director { child, warden, scratch };
        assert_eq!(session(warden).len(), 9, "the warden and eight");
        director
    }

    fn gone(&self) {
        until(|| session(self.warden).is_empty() && !lives(self.warden));
    }
}

#[test]
fn killing_the_director_leaves_nothing() {
    let mut director = Director::start();
    director.child.kill().unwrap();
    director.child.wait().unwrap();
    director.gone();
    until(|| !director.scratch.exists());
}

#[test]
fn killing_the_director_and_its_warden_at_once_leaves_no_process() {
    let mut director = Director::start();
    signal(director.child.id().cast_signed(), libc::SIGSTOP);
    signal(director.warden, libc::SIGKILL);
    director.child.kill().unwrap();
    director.child.wait().unwrap();
    // What ignores SIGHUP and is idle ends by itself; a program that ignores it, nobody is left to end.
    until(|| session(director.warden).iter().all(|pid| status_line(*pid, "Name") == "sleep"));
    for pid in session(director.warden) {
        assert_ne!(status_line(pid, "SigIgn"), "0000000000000000");
        signal(pid, libc::SIGKILL);
    }
    std::fs::remove_dir_all(&director.scratch).unwrap();
}

#[test]
fn killing_the_warden_ends_the_stage_and_says_so() {
    let mut play = Play::new();
    crowd(&mut play);
    let warden = play.stage.warden_pid();
    let living = play.stage.subjects().iter().filter(|s| s.death.is_none()).count();
    assert_eq!(living, 8);
    signal(warden, libc::SIGKILL);
    let mut deaths = 0;
    until(|| {
        deaths += play.stage.notice().completions.iter().filter(|c| matches!(c.outcome, Outcome::Died(_))).count();
        deaths == living
    });
    assert!(play.stage.is_lost());
    assert!(session(warden).is_empty());
    let refused = play.stage.start_process("more").unwrap_err();
    assert!(matches!(&refused, Refusal::Impossible(text) if text.contains("warden")), "{refused}");
    let scratch = play.stage.scratch().to_owned();
    drop(play);
    assert!(!scratch.exists());
}

#[test]
fn dropping_a_crowded_stage_leaves_nothing() {
    let mut play = Play::new();
    crowd(&mut play);
    let (warden, scratch) = (play.stage.warden_pid(), play.stage.scratch().to_owned());
    std::fs::write(scratch.join("file"), "x").unwrap();
    drop(play);
    assert!(session(warden).is_empty());
    assert_eq!(state(warden), None);
    assert!(!scratch.exists());
}

/// What a process holds on to.
fn holdings() -> (usize, usize) {
    let fds = table(std::process::id().cast_signed()).len();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    (fds, maps.matches("/memfd:pipescope").count())
}

fn restarts(times: usize) {
    // In a process of its own, where no other test opens anything meanwhile.
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "restarting", "--ignored", "--test-threads=1"])
        .env("PIPESCOPE_TEST_RESTARTS", times.to_string())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

/// Not a test: what the tests below run in a process of its own.
#[test]
#[ignore = "other tests run it"]
fn restarting() {
    let Ok(times) = std::env::var("PIPESCOPE_TEST_RESTARTS") else { return };
    let mut before = None;
    let mut folders: Vec<PathBuf> = Vec::new();
    let start = std::time::Instant::now();
    for _ in 0..times.parse().unwrap() {
        let mut play = Play::new();
        play.pipe_and_fork();
        play.did("child", read(3, 1));
        folders.push(play.stage.scratch().into());
        let warden = play.stage.warden_pid();
        drop(play);
        assert_eq!(state(warden), None);
        assert!(session(warden).is_empty());
        assert_eq!(*before.get_or_insert_with(holdings), holdings());
    }
    eprintln!("{:?} each", start.elapsed() / u32::try_from(folders.len()).unwrap());
    assert!(folders.iter().all(|f| !f.exists()));
    let children = Path::new("/proc/thread-self/children");
    if children.exists() {
        assert_eq!(std::fs::read_to_string(children).unwrap(), "");
    }
}

#[test]
fn restarts_leak_nothing() {
    restarts(100);
}

#[test]
#[ignore = "it takes a while"]
fn a_thousand_restarts_leak_nothing() {
    restarts(1000);
}

#[test]
fn a_warden_that_nobody_started_does_nothing() {
    let output = Command::new(env!("CARGO_BIN_EXE_pipescope")).arg("__warden").stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(70));
    assert!(String::from_utf8_lossy(&output.stderr).contains("for the program itself"));
}

#[test]
fn a_stage_that_cannot_be_set_up_says_why_and_leaves_nothing() {
    let error = Stage::start(&Options { warden: Some("/no/such/program".into()), ..options() }).err().unwrap();
    assert!(error.to_string().contains("No such file"), "{error}");
    let error = Stage::start(&Options { warden: Some("/bin/true".into()), ..options() }).err().unwrap();
    assert!(error.to_string().contains("warden"), "{error}");
}

#[test]
fn nobody_else_may_enter_the_folder() {
    let play = Play::new();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(play.stage.scratch()).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o700);
}
