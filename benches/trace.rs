//! What tracing costs: `cargo bench --bench trace`. 20,000 calls of no interest, and 20,000 writes and reads of a pipe and of a pair of
//! sockets, by themselves, traced, and under strace where it is. Then a family of 200 children, each with a copy of what its parent held.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot be made ends the run")]
#![allow(clippy::print_stdout, reason = "this is what it is for")]

use nix::libc;
use std::hint::black_box;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pipescope");
const CALLS: usize = 20_000;
const RUNS: usize = 7;
const CHILDREN: usize = 200;
/// A family is measured so often.
const FAMILIES: usize = 3;
/// A loop of calls that nobody stops at takes milliseconds, and the first are slow for other reasons: the best of so many.
const ROUNDS: usize = 20;

/// What is measured, as an argument of this program and as a heading.
const LOOPS: [(&str, &str); 5] = [
    ("none", "getppid"),
    ("mixed", "mixed"),
    ("pipe", "pipe w+r"),
    ("socket", "socket w+r"),
    ("memory", "pipe, 8 mappings"),
];
/// So many shared mappings a program has, in the last.
const MAPPINGS: u32 = 8;

/// The calls that pipescope stops at and that strace knows by these names too.
const STRACE: &str = "trace=pipe,pipe2,dup,dup2,dup3,close,read,write,readv,writev,openat,socket,socketpair,bind,listen,\
    connect,accept,accept4,shutdown,sendto,recvfrom,sendmsg,recvmsg,clone,clone3,fork,vfork,execve,wait4,waitid,kill,tgkill,\
    unlink,unlinkat,exit_group,poll,ppoll,fcntl";

/// Best times of all loops.
type Row = [Duration; LOOPS.len()];

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("none") => return none(),
        Some("mixed") => return mixed(),
        Some("pipe") => return pipe(),
        Some("socket") => return socket(),
        Some("memory") => return memory(),
        Some("family") => return family(),
        _ => {}
    }
    let me = std::env::current_exe().unwrap();
    let me = me.to_str().unwrap();
    let out = format!("{}/trace.out", env!("CARGO_TARGET_TMPDIR"));
    print!("{:<32}", "20,000 calls");
    LOOPS.iter().for_each(|(_, heading)| print!(" {heading:>16}"));
    println!("   (ms; one processor, best and median of {RUNS})");
    let alone = row("untraced", &["taskset", "-c", "0", me]);
    let text = row("pipescope trace -o FILE", &[PROGRAM, "trace", "--force", "-o", &out, "--", me]);
    // strace looks for no line of the source text either.
    let plain = ["trace", "--no-source", "--force", "-o"];
    let plain = row("pipescope trace --no-source", &[&[PROGRAM], &plain[..], &[&out, "--", me]].concat());
    let json = row("pipescope trace --json -o FILE", &[PROGRAM, "trace", "--json", "--force", "-o", &out, "--", me]);
    let strace = row(
        "strace -f --seccomp-bpf",
        &["taskset", "-c", "0", "strace", "-f", "--seccomp-bpf", "-e", STRACE, "-o", &out, me],
    );
    row("strace -f", &["taskset", "-c", "0", "strace", "-f", "-o", &out, me]);
    let ratio = |a: Option<Row>, b: Option<Row>, at: usize| {
        a.zip(b).map_or(f64::NAN, |(a, b)| a[at].as_secs_f64() / b[at].as_secs_f64())
    };
    for (at, (_, heading)) in LOOPS.iter().enumerate().take(2) {
        let took = ratio(json, alone, at);
        println!("{heading} under trace --json takes {took:.2} of the untraced time (promised: 1.3)");
    }
    if let Some([.., pipe, _, memory]) = json {
        let more = memory.saturating_sub(pipe).as_secs_f64() / (2.0 * CALLS as f64) / f64::from(MAPPINGS);
        println!(
            "each shared mapping of a program takes {:.1} us more at each of its calls under trace --json",
            more * 1e6
        );
    }
    for (at, (_, heading)) in LOOPS.iter().enumerate().skip(2).take(2) {
        let of_strace = |row| ratio(row, strace, at);
        println!(
            "{heading} under trace takes {:.2} of strace's time, without source lines {:.2}, under trace --json {:.2} (promised: 1)",
            of_strace(text),
            of_strace(plain),
            of_strace(json)
        );
    }
    families(me, &out);
}

/// What a family takes, each tracer's own work included, and the file that its run is saved in. No JSON: each line has all tables in it.
fn families(me: &str, out: &str) {
    let run = format!("{out}.run");
    println!(
        "\na family of {CHILDREN} that closes what it was given (ms, to the end of the tracer; best of {FAMILIES})"
    );
    let told = ["trace", "--force", "-o", out, "--", me, "family"];
    let saved = ["trace", "--force", "--save", &run, "--no-screen", "-o", out, "--", me, "family"];
    let strace = ["-f", "--seccomp-bpf", "-e", STRACE, "-o", out, me, "family"];
    let alone = whole("untraced", me, &["family"]);
    let text = whole("pipescope trace -o FILE", PROGRAM, &told);
    whole("pipescope trace --save FILE", PROGRAM, &saved);
    whole("strace -f --seccomp-bpf", "strace", &strace);
    let plain = whole("strace -f", "strace", &["-f", "-o", out, me, "family"]);
    let size = std::fs::metadata(&run).unwrap().len() as f64 / 1048576.0;
    println!("the saved run has {size:.1} MiB (promised: 8)");
    if let (Some(text), Some(plain), Some(_)) = (text, plain, alone) {
        println!(
            "a family under trace takes {:.2} of strace -f's time (wanted: 2)",
            text.as_secs_f64() / plain.as_secs_f64()
        );
    }
}

/// The best time of a command to its end; `None` where there is no such program.
fn whole(name: &str, program: &str, args: &[&str]) -> Option<Duration> {
    print!("{name:<32}");
    let run = || {
        let began = Instant::now();
        let output = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
        output.success().then(|| began.elapsed())
    };
    let best = (0..FAMILIES).map_while(|_| run()).min();
    match best {
        Some(best) => println!(" {:>16.0}", best.as_secs_f64() * 1e3),
        None => println!(" is not here"),
    }
    best
}

/// Children that each close the read ends which the parent had by then, write, and end; they are waited for at last.
fn family() {
    use nix::unistd::{ForkResult, fork, pipe, read, write};
    let (mut ends, mut children) = (Vec::new(), Vec::new());
    for _ in 0..CHILDREN {
        let (one, other) = pipe().unwrap();
        // SAFETY: this program has one thread.
        match unsafe { fork() }.unwrap() {
            ForkResult::Child => {
                drop(one);
                ends.clear();
                write(&other, b"x").unwrap();
                std::process::exit(0)
            }
            ForkResult::Parent { child } => {
                ends.push(one);
                children.push(child);
            }
        }
    }
    ends.iter().for_each(|end| assert_eq!(read(end, &mut [0; 9]).unwrap(), 1));
    for child in children {
        nix::sys::wait::waitpid(child, None).unwrap();
    }
}

/// The best of many rounds, in nanoseconds.
fn best(mut round: impl FnMut()) {
    let time = || {
        let began = Instant::now();
        round();
        began.elapsed().as_nanos()
    };
    let best = std::iter::repeat_with(time).take(ROUNDS).min().unwrap();
    eprintln!("{best}");
}

/// The cheapest call there is: what is left is what the kernel takes for any filter at all.
fn none() {
    best(|| {
        for _ in 0..CALLS {
            black_box(nix::unistd::getppid());
        }
    });
}

/// Calls as programs make them that are none of ours.
fn mixed() {
    let file = std::fs::File::open(std::env::current_exe().unwrap()).unwrap();
    let mut page = [0; 4096];
    best(|| {
        for _ in 0..CALLS / 8 {
            black_box(nix::sys::stat::fstat(&file).unwrap());
            std::os::unix::fs::FileExt::read_at(&file, &mut page, 0).unwrap();
            nix::unistd::lseek(&file, 0, nix::unistd::Whence::SeekSet).unwrap();
            map_and_unmap();
            // By a call: the library would answer without the kernel.
            let mut time = std::mem::MaybeUninit::<libc::timespec>::uninit();
            // SAFETY: the kernel writes one timespec.
            unsafe { libc::syscall(libc::SYS_clock_gettime, libc::CLOCK_MONOTONIC, time.as_mut_ptr()) };
            black_box(nix::sys::stat::stat("/").unwrap());
            nix::unistd::access("/", nix::unistd::AccessFlags::R_OK).unwrap();
        }
    });
}

fn map_and_unmap() {
    use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};
    let length = std::num::NonZeroUsize::new(4096).unwrap();
    // SAFETY: a mapping of our own that nobody else knows of, used and given up here.
    unsafe {
        let at =
            mmap_anonymous(None, length, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE, MapFlags::MAP_PRIVATE).unwrap();
        at.cast::<u8>().write(1);
        munmap(at, 4096).unwrap();
    }
}

fn once(mut round: impl FnMut()) {
    let began = Instant::now();
    (0..CALLS).for_each(|_| round());
    eprintln!("{}", began.elapsed().as_nanos());
}

fn pipe() {
    let (read, write) = nix::unistd::pipe().unwrap();
    let mut byte = [0];
    once(|| {
        nix::unistd::write(&write, b"x").unwrap();
        nix::unistd::read(&read, &mut byte).unwrap();
    });
}

fn socket() {
    let (one, other) = UnixStream::pair().unwrap();
    let mut byte = [0];
    once(|| {
        nix::unistd::write(&one, b"x").unwrap();
        nix::unistd::read(&other, &mut byte).unwrap();
    });
}

/// As [`pipe`], of a program that shares memory: it is asked each time whether it has that still, and what lies there.
fn memory() {
    use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
    let length = std::num::NonZeroUsize::new(4096).unwrap();
    for _ in 0..MAPPINGS {
        let may = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a mapping of our own that nobody else knows of; it is there until the end.
        unsafe { mmap_anonymous(None, length, may, MapFlags::MAP_SHARED).unwrap().cast::<u8>().write(1) };
    }
    pipe();
}

/// Best times of all, as the traced program itself measures them; `None` where there is no such tracer.
fn row(name: &str, command: &[&str]) -> Option<Row> {
    print!("{name:<32}");
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
    let mut best = [Duration::ZERO; LOOPS.len()];
    for (at, (what, _)) in LOOPS.iter().enumerate() {
        let Some((first, median)) = one(what) else {
            println!(" is not here");
            return None;
        };
        best[at] = first;
        print!(" {:>16}", format!("{:.1}/{:.1}", first.as_secs_f64() * 1e3, median.as_secs_f64() * 1e3));
    }
    println!();
    Some(best)
}
