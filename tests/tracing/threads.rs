//! Threads of a traced program: what each sleeps in, and which of them goes next.

use crate::common::tty::Tty;
use crate::folder::Folder;
use crate::{PROGRAM, built, trace};
use serde_json::Value;
use std::process::Stdio;

/// The programs of several threads; `None`, said aloud, where there is no compiler or no tracing.
fn threads() -> Option<&'static str> {
    let program = built("threads")?;
    trace(&[], &[program, "race"]).map(|_| program)
}

/// The program on the screen, held at its first call.
fn open(arguments: &[&str], (width, height): (u16, u16)) -> Option<Tty> {
    let program = threads()?;
    let tty = Tty::start(&[&["--theme", "dark", "trace", "--", program], arguments].concat(), width, height);
    tty.wait("the first frame", |s| s.contains("pipescope") && s.contains("HELD"));
    Some(tty)
}

fn run_until(tty: &mut Tty, until: &str) {
    tty.send("u");
    tty.wait_for("all words");
    tty.send(&format!("{until}\r"));
    tty.wait_for(&format!("here it is: {until}"));
}

/// Let all of it run to its end, from wherever it is held or waited for: the key that lets it run holds it where it runs already.
fn run_to_the_end(tty: &mut Tty, says: &str) -> String {
    let stands = |s: &str| ["HELD", "WAITING"].into_iter().find(|word| s.contains(word));
    let ended = |s: &str| s.contains("ENDED") && s.contains(says);
    loop {
        let screen = tty.wait("it to stand or to end", |s| ended(s) || stands(s).is_some());
        let Some(word) = stands(&screen) else { return screen };
        tty.send("r");
        tty.wait("it to go on", |s| stands(s) != Some(word));
    }
}

/// The threads that are told of in the box, each with what it does: `4711`, `next write(4, "a")`.
fn rows(screen: &str) -> Vec<(i32, String)> {
    let inside = screen.lines().filter_map(|line| line.strip_prefix('│')?.split('│').next());
    let row = |text: &str| {
        let text = text.trim_start_matches(['▸', '■', '+', '~', ' ']);
        let (tid, does) = text.split_once(' ')?;
        let doing = ["next", "read(", "write(", "futex(", "running"].iter().any(|word| does.starts_with(word));
        Some((tid.parse().ok().filter(|_| doing)?, does.trim().to_owned()))
    };
    inside.filter_map(row).collect()
}

/// The thread that is about to write this letter.
fn writer_of(screen: &str, letter: &str) -> Option<i32> {
    let writes = format!("next write(4, \"{letter}\")");
    rows(screen).into_iter().find(|(_, does)| *does == writes).map(|(tid, _)| tid)
}

/// Press `i` until this thread is selected.
fn select(tty: &mut Tty, tid: i32) {
    let selected = |s: &str| {
        let row = s.lines().find(|line| line.starts_with("│▸"));
        row.and_then(|row| rows(row).first().map(|(tid, _)| *tid))
    };
    for _ in 0..8 {
        let now = selected(&tty.text());
        if now == Some(tid) {
            return;
        }
        tty.send("i");
        tty.wait("another thread to be selected", |s| selected(s) != now);
    }
    panic!("{tid} cannot be selected: {}", tty.text());
}

/// Steps on until both threads are held before their writes; then the one that is to be first goes first.
fn provoked(order: [&str; 2], others: &str) -> Option<String> {
    let mut tty = open(&["race"], (120, 36))?;
    run_until(&mut tty, "write fd=4");
    let both = |s: &str| writer_of(s, "a").is_some() && writer_of(s, "b").is_some();
    let screen = tty.wait("both at their writes", both);
    let tids = order.map(|letter| writer_of(&screen, letter).unwrap());
    // Nobody hears of the lock that the first sleeps at, and no step is made of it.
    tty.wait("the main thread at its lock", |s| {
        rows(s).iter().any(|(_, does)| does == "futex()") && s.contains("step 4/4")
    });
    tty.send(others);
    select(&mut tty, tids[0]);
    tty.send(".");
    let written = |letter: &str, tid: i32| format!("thread {tid}: write(4, \"{letter}\", 1) = 1");
    let screen = tty.wait("the first write", |s| s.contains(&written(order[0], tids[0])));
    if others.is_empty() {
        // The other is held where it was.
        assert_eq!(writer_of(&screen, order[1]), Some(tids[1]), "{screen}");
        select(&mut tty, tids[1]);
        tty.send(".");
        tty.wait("the second write", |s| s.contains(&written(order[1], tids[1])));
    }
    let screen = run_to_the_end(&mut tty, "the order was");
    tty.send("q");
    assert_eq!(tty.exit_code(), 7);
    Some(screen.split("the order was ").nth(1).unwrap()[..2].to_owned())
}

#[test]
fn the_thread_that_is_let_go_first_is_first() {
    let Some(ab) = provoked(["a", "b"], "") else { return };
    let Some(ba) = provoked(["b", "a"], "") else { return };
    assert_eq!((ab.as_str(), ba.as_str()), ("ab", "ba"));
}

#[test]
fn a_thread_is_waited_for_while_the_others_run() {
    let Some(mut tty) = open(&["race"], (120, 36)) else { return };
    run_until(&mut tty, "write fd=4");
    let screen = tty.wait("one at its write", |s| writer_of(s, "a").is_some() && writer_of(s, "b").is_some());
    // The others run, and the chosen one makes one call.
    let a = writer_of(&screen, "a").unwrap();
    tty.send("o");
    tty.wait_for("while one process or thread makes its next call (.), the others run");
    select(&mut tty, a);
    tty.send(".");
    tty.wait("its write, and the other's", |s| s.contains(&format!("thread {a}: write(4, \"a\", 1) = 1")));
    tty.wait("everybody to be held again", |s| s.contains("HELD"));
    run_to_the_end(&mut tty, "the order was");
    tty.send("q");
    assert_eq!(tty.exit_code(), 7);
}

/// The blocked thread has its mark, and so has the row of the descriptor that it sleeps on, while the process goes on.
#[test]
fn a_thread_that_sleeps_is_marked_while_another_is_held() {
    let Some(mut tty) = open(&["asleep"], (120, 36)) else { return };
    run_until(&mut tty, "blocked");
    tty.wait_for("reader ");
    let screen = tty.wait("a row of each thread", |s| rows(s).len() == 2);
    let main = rows(&screen)[0].0;
    // Whoever came first: both sleep in the end, in the terminal and in the pipe, and nothing is stuck.
    tty.send("r");
    tty.wait_for("RUNNING");
    let screen = tty.wait("both to sleep", |s| {
        s.contains("■  3 read end waits") && rows(s).iter().all(|(_, does)| does.starts_with("read("))
    });
    assert!(rows(&screen).contains(&(main, "read(0, 1024)".to_owned())), "{screen}");
    assert!(screen.contains("BLOCKED read(") && !screen.contains("STUCK"), "{screen}");
    tty.send("r");
    tty.wait_for("HELD");
    tty.send("t");
    tty.wait_for("you type");
    tty.send("\x04");
    tty.send("\x1b");
    // The main thread is held before its write; the reader sleeps on.
    let screen = tty.wait("the write", |s| rows(s).contains(&(main, "next write(4, \"x\")".to_owned())));
    let (reader, does) = rows(&screen)[1].clone();
    assert_eq!(does, "read(3, 1)", "{screen}");
    assert!(screen.contains("■  3 read end waits"), "{screen}");
    kernel_says_it_sleeps(main, reader);
    // To choose it says what it needs.
    select(&mut tty, reader);
    tty.send(".");
    tty.wait_for(&format!("thread {reader} of "));
    tty.wait_for("sleeps in read: another has to wake it");
    run_to_the_end(&mut tty, "the reader has ended");
    tty.send("q");
    assert_eq!(tty.exit_code(), 0);
}

/// What /proc says of a thread: asleep in read(3, …).
fn kernel_says_it_sleeps(pid: i32, tid: i32) {
    let of = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/task/{tid}/{name}")).unwrap();
    assert_eq!(of("stat").rsplit(')').next().unwrap().trim_start().chars().next(), Some('S'));
    let call = of("syscall");
    let words: Vec<&str> = call.split_whitespace().take(2).collect();
    assert_eq!(words, [libc::SYS_read.to_string().as_str(), "0x3"], "{call}");
}

#[test]
fn a_hundred_threads_leave_the_box_small() {
    for (width, height) in [(120, 36), (80, 24), (40, 20)] {
        let Some(mut tty) = open(&["many", "100"], (width, height)) else { return };
        run_until(&mut tty, "write fd=4");
        // The last rows may have no room otherwise.
        tty.send(&"]".repeat(20));
        if width > 40 {
            // Some may sleep in their reads by then.
            let screen = tty.wait("the others", |s| s.contains("│ and ") && rows(s).len() == 5);
            // A chosen one has a row, whichever it is: the last of all.
            tty.send("I");
            let chosen = |s: &str| s.lines().find(|line| line.starts_with("│▸")).map(rows);
            let last = tty.wait("a row of it", |s| chosen(s).is_some_and(|row| row.len() == 1) && rows(s).len() == 5);
            assert_eq!(chosen(&last).unwrap().first(), rows(&last).last(), "{last}");
            assert!(rows(&last)[4].0 >= rows(&screen)[4].0, "{last}");
        } else {
            tty.wait("some of them", |s| s.contains("  and ") && s.contains(" held"));
        }
        run_to_the_end(&mut tty, "");
        tty.send("q");
        assert_eq!(tty.exit_code(), 0);
    }
}

/// A call and its descriptor.
type Asleep = (String, Option<i64>);

/// The threads of a process at a moment, each with what it sleeps in.
fn told(moment: &Value) -> Vec<(i64, Option<Asleep>)> {
    let processes = moment["world"]["processes"].as_array().unwrap();
    let all = processes.iter().flat_map(|p| p["threads"].as_array().into_iter().flatten());
    let asleep = |t: &Value| Some((t["blocked_in"]["call"].as_str()?.to_owned(), t["blocked_in"]["fd"].as_i64()));
    all.map(|t| (t["thread"].as_i64().unwrap(), asleep(t))).collect()
}

#[test]
fn a_process_that_hangs_with_all_its_threads_says_in_what() {
    let Some(program) = built("threads") else { return };
    let Some(run) = trace(&["--until", "blocked"], &[program, "hang"]) else { return };
    let reader: i64 = run.says().strip_prefix("reader ").unwrap().trim().parse().unwrap();
    let last = run.moments.last().unwrap();
    let pid = last["world"]["processes"][0]["pid"].as_i64().unwrap();
    let threads = told(last);
    assert_eq!(threads.iter().map(|(tid, _)| *tid).collect::<Vec<_>>(), [pid, reader], "{last:#}");
    assert_eq!(threads[1].1, Some(("read".to_owned(), Some(3))), "{last:#}");
}

#[test]
fn that_all_of_it_sleeps_is_told_whichever_thread_came_last() {
    let Some(program) = built("threads") else { return };
    // The reader sleeps first, and the main thread where nobody hears of it.
    let folder = Folder::new();
    let file = folder.file("trace");
    let mut command = crate::bare(PROGRAM, &["trace", "--json", "-o", &file, "--", program, "late"]);
    let Ok(child) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else { return };
    let mut child = Ended(child);
    let moments = || -> Vec<Value> {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let whole = text.lines().filter_map(|line| serde_json::from_str(line).ok());
        whole.filter(|line: &Value| line["type"] == "moment").collect()
    };
    let hangs = |moment: &Value| {
        let calls: Vec<_> = told(moment).into_iter().map(|(_, asleep)| asleep.map(|(call, _)| call)).collect();
        calls == [Some("futex".to_owned()), Some("read".to_owned())]
    };
    let mut refused = false;
    crate::common::until(|| {
        refused = child.0.try_wait().unwrap().is_some();
        refused || moments().last().is_some_and(hangs)
    });
    if refused {
        eprintln!("skipped: this machine does not let us trace");
        return;
    }
    let all = moments();
    let last = all.last().unwrap();
    assert_eq!(last["world"]["processes"][0]["state"], "blocked", "{last:#}");
    assert_eq!(last["world"]["processes"][0]["blocked_in"]["call"], "read", "{last:#}");
    assert_eq!(
        (&last["findings"][0]["rule"], &last["findings"][0]["severity"]),
        (&"eof-withheld".into(), &"stuck".into())
    );
    let partly = all.iter().any(|m| {
        let threads = told(m);
        m["world"]["processes"][0]["state"] == "running" && threads.iter().any(|(_, asleep)| asleep.is_some())
    });
    assert!(partly, "the thread slept before its process did");
}

/// It is ended with the test, and its program with it.
struct Ended(std::process::Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
