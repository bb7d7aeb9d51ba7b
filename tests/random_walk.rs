//! A seeded random walk: thousands of calls, legal and not, over several processes. After each the world
//! is compared with a reading of `/proc` that shares no code with the observer.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{proc_reading, story};
use pipescope::engine::{Script, StepError};
use pipescope::notation::{Call, Data, Directed, Disposition, Fcntl, Target};
use pipescope::world::State;

/// xorshift64*: the same walk for the same seed, on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: u64) -> u64 {
        (self.roll() >> 16) % n
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}

/// A descriptor that is probably there, or surely not.
fn fd(dice: &mut Dice) -> i32 {
    match dice.below(12) {
        0 => -1,
        1 => 42,
        2 => dice.below(3) as i32,
        _ => 3 + dice.below(8) as i32,
    }
}

fn call(dice: &mut Dice, names: &[String]) -> Call {
    let target = |dice: &mut Dice| Target::Name(dice.pick(names).clone());
    match dice.below(34) {
        0..=3 => Call::Pipe,
        4 => Call::Pipe2 { flags: *dice.pick(&[libc::O_CLOEXEC, libc::O_NONBLOCK, 0, 0x1234]) },
        5..=6 => Call::Fork { name: None },
        7..=12 => Call::Close { fd: fd(dice) },
        13 => Call::Dup { fd: fd(dice) },
        14..=15 => Call::Dup2 { from: fd(dice), to: fd(dice) },
        16 => Call::Dup3 { from: fd(dice), to: fd(dice), flags: *dice.pick(&[0, libc::O_CLOEXEC, 7]) },
        17..=20 => Call::Read { fd: fd(dice), count: *dice.pick(&[0, 1, 64, 4096, 70_000]) },
        21..=25 => {
            let times = *dice.pick(&[1, 3, 4096, 65_536, 65_537]);
            Call::Write { fd: fd(dice), data: Data { unit: b"x".to_vec(), times } }
        }
        26 => {
            let path = format!("f{}", dice.below(3));
            let flags = *dice.pick(&[libc::O_RDONLY, libc::O_WRONLY | libc::O_CREAT, libc::O_RDWR, 3]);
            Call::Open { path, flags, mode: 0o600 }
        }
        27 => Call::Mkfifo { path: format!("f{}", dice.below(3)), mode: 0o600 },
        28 => Call::Unlink { path: format!("f{}", dice.below(3)) },
        29 => {
            let command = *dice.pick(&[
                Fcntl::GetFl,
                Fcntl::SetFl(libc::O_NONBLOCK),
                Fcntl::SetFl(0),
                Fcntl::SetFd(libc::FD_CLOEXEC),
                Fcntl::GetPipeSize,
                Fcntl::SetPipeSize(4096),
                Fcntl::SetPipeSize(-1),
                Fcntl::DupFd(9),
                Fcntl::DupFdCloexec(5),
            ]);
            Call::Fcntl { fd: fd(dice), command }
        }
        30 => Call::Signal {
            signal: *dice.pick(&[libc::SIGPIPE, libc::SIGTERM, 99]),
            disposition: *dice.pick(&[Disposition::Ignore, Disposition::Default]),
        },
        31 => Call::Wait,
        32 => Call::Waitpid { target: target(dice), options: *dice.pick(&[0, libc::WNOHANG]) },
        _ => match dice.below(4) {
            0 => Call::Exit { code: dice.below(300) as i32 },
            1 => Call::Kill { target: target(dice), signal: *dice.pick(&[libc::SIGTERM, libc::SIGKILL, 0, 99]) },
            2 => Call::Exec { argv: dice.pick(&[vec!["cat".to_string()], vec!["true".into()]]).clone() },
            _ => Call::Exit { code: 0 },
        },
    }
}

/// What the walk saw of the kernel, so that a walk that went nowhere is noticed.
#[derive(Default)]
struct Seen {
    made: usize,
    blocked: usize,
    refused: usize,
    stages: usize,
}

fn walk(seed: u64, steps: usize) -> Seen {
    let mut dice = Dice(seed);
    let mut seen = Seen::default();
    let mut session = story::session(Script::lab());
    for step in 0..steps {
        let world = &session.moment().world;
        let idle: Vec<String> =
            world.processes.iter().filter(|p| p.state == State::Idle).map(|p| p.name.clone()).collect();
        let names: Vec<String> = world.processes.iter().map(|p| p.name.clone()).collect();
        if idle.is_empty() || world.living().count() > 8 || names.len() > 40 {
            session.restart().unwrap();
            seen.stages += 1;
            continue;
        }
        let directed = Directed { process: dice.pick(&idle).clone(), call: call(&mut dice, &names) };
        match session.free(directed.clone()) {
            Ok(()) => seen.made += 1,
            Err(StepError::Refused(_)) => seen.refused += 1,
            Err(StepError::Stage(e)) => panic!("seed {seed}, step {step}, {directed}: {e}"),
        }
        let world = &session.moment().world;
        seen.blocked += world.processes.iter().filter(|p| p.state.blocked_in().is_some()).count();
        let differences = proc_reading::compare(world);
        assert!(differences.is_empty(), "seed {seed}, step {step}, {directed}:\n{}", differences.join("\n"));
    }
    seen
}

#[test]
fn the_world_is_what_proc_says_after_every_call() {
    let mut all = Seen::default();
    for seed in [1, 0xfeed, 20_261] {
        let seen = walk(seed, 1_000);
        all.made += seen.made;
        all.blocked += seen.blocked;
        all.refused += seen.refused;
        all.stages += seen.stages;
    }
    assert!(all.made > 2_000, "only {} calls were made", all.made);
    assert!(all.blocked > 100, "only {} times was a process blocked", all.blocked);
    assert!(all.refused < all.made / 4, "{} calls were refused", all.refused);
    assert!(all.stages > 5, "{} stages", all.stages);
}

#[test]
fn a_saved_walk_replays_to_the_same_result() {
    let mut dice = Dice(77);
    let mut session = story::session(Script::lab());
    for _ in 0..120 {
        let world = &session.moment().world;
        let idle: Vec<String> =
            world.processes.iter().filter(|p| p.state == State::Idle).map(|p| p.name.clone()).collect();
        let names: Vec<String> = world.processes.iter().map(|p| p.name.clone()).collect();
        if idle.is_empty() || names.len() > 12 {
            break;
        }
        let call = call(&mut dice, &names);
        // A program of its own runs when it pleases: its end may fall into one step or the next.
        if matches!(call, Call::Exec { .. }) {
            continue;
        }
        let _ = session.free(Directed { process: dice.pick(&idle).clone(), call });
    }
    let saved = pipescope::engine::to_script(session.script(), session.history());
    let script = Script::of_text("saved", &saved).unwrap_or_else(|e| panic!("{e:?}\n{saved}"));
    let mut again = story::session(script);
    let steps = again.script().steps.len();
    again.jump(steps).unwrap_or_else(|e| panic!("{e}\n{saved}"));
    let failures: Vec<String> =
        again.failures().map(|(step, c)| format!("step {step}: {} / {}", c.expect, c.got)).collect();
    assert!(failures.is_empty(), "{}\n{saved}", failures.join("\n"));
}
