//! kill -9 of the program, at any moment, leaves no process and no file.

use crate::common::family;
use crate::common::tty::Tty;
use crate::folder::Folder;
use crate::program::{ENTER, Program, lab};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::Path;
use std::time::Duration;

/// Numbers that look random and are the same in every run: xorshift.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// Kill it where it stands, and wait until nobody and nothing is left.
fn kill_and_look(mut program: Program) {
    // Stopped first, so that nobody is born between the look and the kill.
    program.signal(Signal::SIGSTOP);
    let crowd = program.crowd();
    program.signal(Signal::SIGKILL);
    program.exit_code();
    family::wait_for_the_end(&crowd);
    program.folder().wait_until_empty();
}

#[test]
fn while_keys_are_pressed() {
    let keys = ["p", "f", "\t", "c", "b", "\x1b[F", "R", ":", "write(4, \"x\" * 70000)", ENTER, "r", ENTER, "x", ENTER];
    for seed in 1..=8 {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15_u64.rotate_left(seed));
        let mut program = lab();
        for _ in 0..dice.roll(40) {
            let key = keys[usize::try_from(dice.roll(keys.len() as u64)).unwrap()];
            program.send(key);
            if dice.roll(4) == 0 {
                std::thread::sleep(Duration::from_micros(dice.roll(20_000)));
            }
        }
        std::thread::sleep(Duration::from_micros(dice.roll(30_000)));
        kill_and_look(program);
    }
}

#[test]
fn with_programs_running_and_processes_that_ignore_signals() {
    let mut program = lab();
    program.call("fork(a)");
    program.call("a: fork(b)");
    program.call("b: signal(SIGHUP, ignore)");
    program.call("b: exec(\"sleep\", \"1000\")");
    program.call("parent: fork(flood)");
    program.call("flood: exec(\"yes\")");
    // Who waits for whom is of no account then: b is an orphan.
    program.call("a: exit(0)");
    program.wait_for("ZOMBIE exited 0");
    let crowd = program.crowd();
    assert!(crowd.len() >= 4, "{crowd:?}");
    kill_and_look(program);
}

/// Before there is anything to see: in the middle of setting up the stage.
#[test]
fn while_it_starts() {
    let mut dice = Dice(0x5eed);
    for _ in 0..40 {
        let folder = Folder::new();
        let env = [("XDG_RUNTIME_DIR", folder.path().to_str().unwrap())];
        let mut tty = Tty::start_with(&["lab", "--theme", "dark"], 80, 24, &env);
        std::thread::sleep(Duration::from_micros(dice.roll(30_000)));
        tty.signal(Signal::SIGSTOP);
        let crowd = family::descendants(tty.pid());
        tty.signal(Signal::SIGKILL);
        tty.exit_code();
        family::wait_for_the_end(&crowd);
        folder.wait_until_empty();
    }
}

/// Without XDG_RUNTIME_DIR the stage's folder is in /tmp.
#[test]
fn a_stage_in_tmp() {
    let mut tty = Tty::start_with(&["lab", "--theme", "dark"], 80, 24, &[("XDG_RUNTIME_DIR", ""), ("TMPDIR", "")]);
    tty.wait_for("No call was made yet");
    let crowd = family::descendants(tty.pid());
    let scratch = std::fs::read_link(format!("/proc/{}/cwd", crowd[0])).unwrap();
    assert!(scratch.starts_with("/tmp"), "{}", scratch.display());
    assert!(scratch.file_name().unwrap().to_str().unwrap().starts_with("pipescope-"));
    tty.send(":mkfifo(\"talk\")\r");
    tty.wait_for("mkfifo(\"talk\", 0");
    assert!(scratch.join("talk").exists());
    tty.signal(Signal::SIGKILL);
    tty.exit_code();
    family::wait_for_the_end(&crowd);
    wait_until_gone(&scratch);
}

/// The warden is killed: the program says so, or ends; the processes of the stage do not outlive it.
#[test]
fn the_warden_killed() {
    let mut program = lab();
    program.send("pf");
    program.wait_for("child · pid ");
    let crowd = program.crowd();
    let stage: Vec<i32> = crowd.iter().copied().filter(|pid| *pid != crowd[0]).collect();
    assert!(stage.len() >= 2);
    kill(Pid::from_raw(crowd[0]), Signal::SIGKILL).unwrap();
    family::wait_for_the_end(&stage);
    program.send("q");
    program.exit_code();
    program.left_nothing(&crowd);
}

fn wait_until_gone(path: &Path) {
    let end = std::time::Instant::now() + Duration::from_secs(120);
    while path.exists() {
        assert!(std::time::Instant::now() < end, "{} is left", path.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}
