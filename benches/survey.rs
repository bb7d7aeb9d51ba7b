//! The figures of `graph`, `why` and `watch` on a machine with 500 processes of 40 descriptors each: `cargo bench --bench survey`.
//! Against the least that any such program must do (`scan.c`), and against lsfd and lsof where they are.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the run")]
#![allow(clippy::print_stdout, reason = "this is what it is for")]

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use pipescope::survey::{Asked, Live};
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pipescope");
const PROCESSES: usize = 500;
const FEW: usize = 200;
const RUNS: usize = 11;

fn main() {
    if std::env::args().nth(1).as_deref() == Some("member") {
        member();
        return;
    }
    let mut crowd = crowd();
    println!("{:<44} {:>10} {:>10}", "with 500 processes of 40 descriptors", "best", "median");
    let floor = scan().map(|path| measure("readlinkat and fstatat alone, in C", &[&path]));
    let graph = measure("pipescope graph --all", &[PROGRAM, "graph", "--all"]);
    measure("pipescope graph --all --format json", &[PROGRAM, "graph", "--all", "--format", "json"]);
    let why = measure("pipescope why PID", &[PROGRAM, "why", &crowd[0].id().to_string()]);
    measure("pipescope why --all", &[PROGRAM, "why", "--all"]);
    let lsfd = exists("lsfd").then(|| measure("lsfd", &["lsfd"]));
    let lsof = exists("lsof").then(|| measure("lsof +E", &["lsof", "+E"]));
    if let Some(floor) = floor {
        let (best, median) = graph.over(floor);
        println!("graph --all takes {best:.2} of what C alone takes, by the medians {median:.2} (promised: 1.5)");
        for (name, other) in [("lsfd", lsfd), ("lsof +E", lsof)] {
            if let Some((best, median)) = other.map(|other| other.over(floor)) {
                println!("{name} takes {best:.1} times as long as C alone, by the medians {median:.1}");
            }
        }
    }
    println!("why PID takes {:.1} ms (promised: 100)", why.best.as_secs_f64() * 1e3);
    for (name, promised, other) in [("lsfd", 3, lsfd), ("lsof +E", 10, lsof)] {
        if let Some((best, median)) = other.map(|other| other.over(graph)) {
            println!(
                "{name} takes {best:.1} times as long as graph --all, by the medians {median:.1} (promised: {promised})"
            );
        }
    }
    watch(PROCESSES);
    end(crowd.split_off(FEW));
    watch(FEW);
    end(crowd);
}

fn end(crowd: Vec<Child>) {
    for mut child in crowd {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// What the looks of `watch` cost, without their frames: the first, and those after it, on all processors together.
fn watch(processes: usize) {
    let mut live = Live::default();
    let mut times: Vec<Duration> = (0..=RUNS)
        .map(|_| {
            let before = spent();
            live.look(true, |_| Asked::All).unwrap();
            spent() - before
        })
        .collect();
    let first = times.remove(0);
    times.sort();
    let looks = 0.02 / times[RUNS / 2].as_secs_f64();
    let ms = |d: Duration| d.as_secs_f64() * 1e3;
    println!(
        "watch of {processes}: the first look takes {:.1} ms of processors, the others {:.1} (best {:.1}): at 2 % of a core \
         {looks:.2} a second",
        ms(first),
        ms(times[RUNS / 2]),
        ms(times[0])
    );
}

fn spent() -> Duration {
    let used = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let micros = used.user_time().num_microseconds() + used.system_time().num_microseconds();
    Duration::from_micros(micros.unsigned_abs())
}

/// 40 descriptors: 0 to 2, 18 of pipes, 18 of socketpairs and a file.
fn member() {
    let mut kept = Vec::new();
    for _ in 0..9 {
        let (a, b) = nix::unistd::pipe().unwrap();
        let (c, d) = std::os::unix::net::UnixStream::pair().unwrap();
        kept.push((a, b, c, d));
    }
    let _file = std::fs::File::open("/proc/self/exe").unwrap();
    // Ready: then until the bench ends.
    println!("ready");
    let _ = std::io::stdin().read(&mut [0]);
    drop(kept);
}

fn crowd() -> Vec<Child> {
    let start = |_| {
        let mut command = Command::new("/proc/self/exe");
        let mut child = command.arg("member").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdout.take().unwrap().read_exact(&mut [0; 5]).unwrap();
        child
    };
    (0..PROCESSES).map(start).collect()
}

/// The loop in C, compiled; `None` without a compiler.
fn scan() -> Option<String> {
    let path = format!("{}/scan", env!("CARGO_TARGET_TMPDIR"));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/scan.c");
    Command::new("cc").args(["-O2", "-o", &path, source]).status().ok()?.success().then_some(path)
}

fn exists(name: &str) -> bool {
    Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// How long some runs took.
#[derive(Clone, Copy)]
struct Took {
    /// The best, which other work on the machine disturbs least.
    best: Duration,
    median: Duration,
}

impl Took {
    /// How many times as long as another, by the best of both and by the medians.
    fn over(self, other: Took) -> (f64, f64) {
        let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
        (ratio(self.best, other.best), ratio(self.median, other.median))
    }
}

fn measure(name: &str, command: &[&str]) -> Took {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            Command::new(command[0]).args(&command[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
            began.elapsed()
        })
        .collect();
    times.sort();
    let ms = |d: Duration| format!("{:.1} ms", d.as_secs_f64() * 1e3);
    let took = Took { best: times[0], median: times[RUNS / 2] };
    println!("{name:<44} {:>10} {:>10}", ms(took.best), ms(took.median));
    took
}
