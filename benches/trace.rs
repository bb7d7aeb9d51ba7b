//! What tracing costs: `cargo bench --bench trace`. 20,000 calls of no interest, and 20,000 writes and reads of a pipe, by
//! themselves, traced, and under strace where it is.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the run")]
#![allow(clippy::print_stdout, reason = "this is what it is for")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pipescope");
const CALLS: usize = 20_000;
const RUNS: usize = 7;

/// The calls that pipescope stops at and that strace knows by these names too.
const STRACE: &str = "trace=pipe,pipe2,dup,dup2,dup3,close,read,write,readv,writev,openat,socket,socketpair,bind,listen,\
    connect,accept,accept4,shutdown,sendto,recvfrom,sendmsg,recvmsg,clone,clone3,fork,vfork,execve,wait4,waitid,kill,tgkill,\
    unlink,unlinkat,exit_group,poll,ppoll,fcntl";

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("none") => return none(),
        Some("pipe") => return pipe(),
        _ => {}
    }
    let me = std::env::current_exe().unwrap();
    let me = me.to_str().unwrap();
    let out = format!("{}/trace.out", env!("CARGO_TARGET_TMPDIR"));
    println!(
        "{:<44} {:>10} {:>10}   (ms; one processor, best and median of {RUNS})",
        "20,000 calls", "getppid", "pipe w+r"
    );
    let alone = row("untraced", &["taskset", "-c", "0", me]);
    let text = row("pipescope trace -o FILE", &[PROGRAM, "trace", "--force", "-o", &out, "--", me]);
    let json = row("pipescope trace --json -o FILE", &[PROGRAM, "trace", "--json", "--force", "-o", &out, "--", me]);
    let strace = row(
        "strace -f --seccomp-bpf",
        &["taskset", "-c", "0", "strace", "-f", "--seccomp-bpf", "-e", STRACE, "-o", &out, me],
    );
    row("strace -f", &["taskset", "-c", "0", "strace", "-f", "-o", &out, me]);
    let ratio = |a: Option<[Duration; 2]>, b: Option<[Duration; 2]>, at: usize| {
        a.zip(b).map_or(f64::NAN, |(a, b)| a[at].as_secs_f64() / b[at].as_secs_f64())
    };
    println!("getppid under trace --json takes {:.2} of the untraced time (promised: 1.3)", ratio(json, alone, 0));
    println!(
        "pipe under trace takes {:.2} of strace's time, under trace --json {:.2} (promised: 1)",
        ratio(text, strace, 1),
        ratio(json, strace, 1)
    );
}

fn none() {
    let began = Instant::now();
    for _ in 0..CALLS {
        std::hint::black_box(nix::unistd::getppid());
    }
    eprintln!("{}", began.elapsed().as_nanos());
}

fn pipe() {
    let (read, write) = nix::unistd::pipe().unwrap();
    let mut byte = [0];
    let began = Instant::now();
    for _ in 0..CALLS {
        nix::unistd::write(&write, b"x").unwrap();
        nix::unistd::read(&read, &mut byte).unwrap();
    }
    eprintln!("{}", began.elapsed().as_nanos());
}

/// Best times of both, as the traced program itself measures them; `None` where there is no such tracer.
fn row(name: &str, command: &[&str]) -> Option<[Duration; 2]> {
    let one = |what: &str| {
        let run = || {
            let output = Command::new(command[0]).args(&command[1..]).arg(what).stdout(Stdio::null()).output().ok()?;
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            text.lines().find_map(|l| l.trim().parse().ok()).map(Duration::from_nanos)
        };
        let mut all: Vec<Duration> = (0..RUNS).map_while(|_| run()).collect();
        all.sort_unstable();
        Some((*all.first()?, *all.get(all.len() / 2)?))
    };
    let (none, pipe) = (one("none")?, one("pipe")?);
    let ms = |(best, median): (Duration, Duration)| {
        format!("{:.1}/{:.1}", best.as_secs_f64() * 1e3, median.as_secs_f64() * 1e3)
    };
    println!("{name:<44} {:>12} {:>14}", ms(none), ms(pipe));
    Some([none.0, pipe.0])
}
