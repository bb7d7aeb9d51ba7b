//! `why` on programs that hang, one of each kind: the one right culprit is named, and nothing is said of the healthy.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;
#[path = "common/folder.rs"]
#[allow(dead_code, reason = "each test file uses some of it")]
mod folder;
mod programs {
    pub mod hangs;
}

use programs::hangs::{Hang, PROGRAM, for_anyone};
use serde_json::Value;
use std::process::{Command, Output};

fn pipescope(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).env_remove("RUST_BACKTRACE").output().unwrap()
}

/// Ask until there is a finding that fits: a program takes a moment to hang.
fn ask(hang: &Hang, fits: impl Fn(&Value) -> bool) -> Value {
    let pid = hang.group().to_string();
    let mut last = String::new();
    let began = std::time::Instant::now();
    while began.elapsed() < common::LIMIT {
        let output = pipescope(&["why", &pid, "--json"]);
        last = String::from_utf8(output.stdout).unwrap();
        let lines = last.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
        if let Some(found) = lines.into_iter().find(&fits) {
            return found;
        }
        std::thread::yield_now();
    }
    panic!("nothing fits in:\n{last}");
}

/// The finding by this rule about this process of the program.
fn finding(hang: &Hang, rule: &str, about: &str) -> Value {
    let pid = i64::from(hang.pid(about));
    ask(hang, |f| f["rule"] == rule && f["pid"] == pid)
}

/// Its holders, as `name fd`; without a descriptor the name alone.
fn holders(hang: &Hang, finding: &Value) -> Vec<String> {
    let one = |h: &Value| {
        let name = hang.name(i32::try_from(h["pid"].as_i64().unwrap()).unwrap());
        h["fd"].as_i64().map_or_else(|| name.clone(), |fd| format!("{name} {fd}"))
    };
    finding["holders"].as_array().unwrap().iter().map(one).collect()
}

macro_rules! hang {
    ($name:expr) => {
        match Hang::start($name) {
            Some(hang) => hang,
            None => return,
        }
    };
}

#[test]
fn each_kind_of_hang_has_its_culprit() {
    // Program, rule, about whom, who holds it.
    let table: &[(&str, &str, &str, &[&str])] = &[
        ("own-end", "eof-withheld", "reader", &["reader 4"]),
        ("own-end", "waiting-for-child", "parent", &["reader"]),
        ("parent-keeps", "eof-withheld", "reader", &["parent 4"]),
        ("three-holders", "reader-blocked-on-empty", "reader", &["parent 4", "sibling 4"]),
        ("wait-before-read", "writer-blocked-on-full", "writer", &["parent 3"]),
        ("own-socket", "eof-withheld", "receiver", &["receiver 4"]),
        ("crossed-sockets", "peer-silent", "child", &["parent 3"]),
        ("crossed-sends", "peer-not-reading", "child", &["parent 3"]),
        ("not-accepted", "not-accepted", "client", &["server 3"]),
        ("backlog-full", "not-accepted", "client", &["server 3"]),
        ("flock", "waiting-for-lock", "waiter", &["holder 3"]),
        ("fcntl-lock", "waiting-for-lock", "waiter", &["holder 3"]),
        ("two-kinds-of-locks", "waiting-for-lock", "waiter", &["holder 3"]),
        ("two-kinds-of-locks", "waiting-for-lock", "second", &["flocker 3"]),
        ("eventfd", "waiting-for-event", "child", &["parent 3", "child 3"]),
        ("poll", "eof-withheld", "poller", &["poller 4"]),
        ("epoll", "eof-withheld", "poller", &["poller 4"]),
        ("stopped", "reader-blocked-on-empty", "reader", &["writer 4"]),
    ];
    for (name, rule, about, culprits) in table {
        let hang = hang!(name);
        let found = finding(&hang, rule, about);
        assert_eq!(holders(&hang, &found), *culprits, "{name}: {found:#}");
        // The sentence names them too, save the process's own ends, which it calls so.
        for culprit in found["holders"].as_array().unwrap() {
            let name = format!("{}[{}]", culprit["comm"].as_str().unwrap(), culprit["pid"]);
            assert!(found["text"].as_str().unwrap().contains(&name), "{name}: {found:#}");
        }
    }
}

#[test]
fn circles_are_deadlocks_whatever_they_lead_over() {
    let table: &[(&str, &[&str])] = &[
        ("wait-before-read", &["its child", "room in pipe:["]),
        ("crossed-reads", &["fd 6 of", "fd 4 of"]),
        ("crossed-sockets", &["the other end of which"]),
        ("crossed-sends", &["room to send"]),
        ("crossed-fifos", &["to open FIFO", ".a,", ".b,"]),
        ("lock-and-pipe", &["the lock of file", "fd 5 of"]),
    ];
    for (name, parts) in table {
        let hang = hang!(name);
        let found = ask(&hang, |f| f["rule"] == "deadlock");
        let text = found["text"].as_str().unwrap();
        assert!(parts.iter().all(|part| text.contains(part)), "{name}: {text}");
        let mut in_it = holders(&hang, &found);
        in_it.sort();
        assert_eq!(in_it.len(), 2, "{name}: {found:#}");
        assert!(in_it.contains(&"parent".to_owned()), "{name}: {found:#}");
    }
}

#[test]
fn who_used_a_system_v_thing_last_is_the_one_to_ask() {
    let table: &[(&str, &str, &[&str])] = &[
        ("system-v-queue", "waiting-for-message", &["which holds 0 messages", "Last sent to it: hangs["]),
        ("system-v-semaphore", "waiting-for-semaphore", &["semaphore 1 of", "which is 1, for it to be 2 at least"]),
    ];
    for (name, rule, parts) in table {
        let hang = hang!(name);
        if hang.ended() {
            eprintln!("skipped: this kernel has no such thing");
            continue;
        }
        let found = finding(&hang, rule, "child");
        let text = found["text"].as_str().unwrap();
        assert!(parts.iter().all(|part| text.contains(part)), "{name}: {text}");
        assert_eq!(holders(&hang, &found), ["parent"], "{name}: {found:#}");
    }
}

#[test]
fn processes_of_one_name_are_told_apart_by_their_words() {
    let hang = hang!("three-holders");
    let found = finding(&hang, "reader-blocked-on-empty", "reader");
    let words = found["command"].as_str().unwrap();
    assert!(words.contains("hangs three-holders "), "{found:#}");
    assert!(found["holders"].as_array().unwrap().iter().all(|h| h["command"] == words), "{found:#}");
    let output = pipescope(&["why", &hang.pid("reader").to_string()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.lines().next().unwrap().contains("] `hangs three-holders /"), "{text}");
}

#[test]
fn who_reads_only_the_beginning_ends_it_quietly() {
    use std::os::unix::process::ExitStatusExt;
    let hang = hang!("three-holders");
    let pid = hang.pid("reader").to_string();
    for command in ["why", "graph"] {
        let (read, write) = std::io::pipe().unwrap();
        drop(read);
        let mut program = Command::new(PROGRAM);
        program.args([command, &pid]).stdout(write).stderr(std::process::Stdio::piped());
        let output = program.spawn().unwrap().wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(nix::libc::SIGPIPE), "{command}: as cat does");
        assert!(output.stderr.is_empty(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn python_s_pipe_of_which_both_kept_an_end() {
    for (how, rule) in [("duplex", "eof-withheld"), ("oneway", "eof-withheld")] {
        let Some(hang) = Hang::python("pipe_kept.py", how) else { return };
        let found = finding(&hang, rule, "child");
        let holders = holders(&hang, &found);
        // The child's own copy is the one to blame; the parent's is told too.
        assert!(holders.iter().any(|h| h.starts_with("child ")), "{how}: {found:#}");
        assert!(holders.iter().any(|h| h.starts_with("parent ")), "{how}: {found:#}");
        assert!(
            found["fix"].as_str().unwrap().contains(&format!("[{}]: close(", hang.pid("child"))),
            "{how}: {found:#}"
        );
    }
}

#[test]
fn python_s_wait_for_a_child_whose_output_nobody_reads() {
    let Some(hang) = Hang::python("wait_full.py", "") else { return };
    let found = ask(&hang, |f| f["rule"] == "deadlock");
    assert!(found["text"].as_str().unwrap().contains("room in pipe:["), "{found:#}");
    let full = finding(&hang, "writer-blocked-on-full", "child");
    assert!(holders(&hang, &full)[0].starts_with("parent "), "{full:#}");
}

#[test]
fn three_holders_are_told_with_every_close() {
    let hang = hang!("three-holders");
    let found = finding(&hang, "reader-blocked-on-empty", "reader");
    let closes: Vec<String> =
        ["parent", "sibling"].iter().map(|who| format!("hangs[{}]: close(4)", hang.pid(who))).collect();
    assert_eq!(found["fix"].as_str().unwrap().lines().collect::<Vec<_>>(), closes);
}

#[test]
fn a_thread_and_who_waits_for_it() {
    let hang = hang!("thread");
    let found = finding(&hang, "eof-withheld", "process");
    assert_ne!(found["tid"], found["pid"]);
    // Tools that show threads give their ids: whose thread it is, is asked about.
    let by_thread = pipescope(&["why", &found["tid"].to_string(), "--json"]);
    assert!(String::from_utf8(by_thread.stdout).unwrap().contains("eof-withheld"), "{found:#}");
    let join = finding(&hang, "waiting-for-thread", "process");
    assert!(join["text"].as_str().unwrap().contains(&format!("its thread {} to end", found["tid"])), "{join:#}");
}

#[test]
fn two_mutexes_in_two_orders_hang_the_whole_process() {
    let hang = hang!("mutexes");
    let found = ask(&hang, |f| f["rule"] == "waiting-for-thread" && f["stuck"] == true);
    assert!(found["text"].as_str().unwrap().ends_with("nobody else reaches that word: it hangs."), "{found:#}");
}

#[test]
fn how_an_event_loop_wakes_itself_is_no_trouble() {
    let hang = hang!("event-loop");
    let own = finding(&hang, "own-end", "parent");
    assert_eq!((holders(&hang, &own), &own["stuck"]), (vec!["parent 4".to_owned()], &Value::from(false)));
    let other = finding(&hang, "reader-blocked-on-empty", "parent");
    assert_eq!(holders(&hang, &other), ["child 6"]);
    let text = String::from_utf8(pipescope(&["why", &hang.group().to_string()]).stdout).unwrap();
    assert!(text.contains("None of them is seen to hang"), "{text}");
    assert!(text.contains("for end of file: hangs["), "{text}");
}

#[test]
fn an_event_loop_that_watches_nothing_else_is_no_trouble_either() {
    let hang = hang!("self-pipe");
    finding(&hang, "own-end", "loop");
    let text = String::from_utf8(pipescope(&["why", "--all", "--json"]).stdout).unwrap();
    assert!(!text.contains(&format!("\"pid\":{},", hang.pid("loop"))), "{text}");
}

#[test]
fn what_another_thread_may_write_is_not_withheld() {
    let hang = hang!("threads-pipe");
    let found = finding(&hang, "own-end", "process");
    assert!(found["text"].as_str().unwrap().contains("another of its 2 threads may write there"), "{found:#}");
    assert_eq!(found["fix"], "");
}

#[test]
fn who_watches_its_output_for_errors_waits_for_no_bytes() {
    let hang = hang!("watches-output");
    let found = finding(&hang, "waiting-elsewhere", "tail");
    assert!(found["text"].as_str().unwrap().contains("for its last reader to go"), "{found:#}");
    let reader = finding(&hang, "reader-blocked-on-empty", "reader");
    assert_eq!(reader["stuck"], false, "{reader:#}");
}

#[test]
fn a_child_is_waited_for_through_a_pidfd_too() {
    let hang = hang!("pidfd");
    if hang.ended() {
        eprintln!("skipped: this kernel has no pidfds");
        return;
    }
    let found = finding(&hang, "waiting-for-child", "parent");
    assert_eq!(holders(&hang, &found), ["child"]);
}

#[test]
fn the_dead_are_said_to_be_dead() {
    let hang = hang!("zombie");
    let found = finding(&hang, "dead-not-waited-for", "child");
    assert_eq!(holders(&hang, &found), ["parent"]);
    assert_eq!(found["fix"], format!("hangs[{}]: waitpid({})", hang.group(), hang.pid("child")));
}

#[test]
fn a_deadlock_says_which_call_should_have_come_first() {
    let hang = hang!("wait-before-read");
    let found = ask(&hang, |f| f["rule"] == "deadlock");
    let fix: Vec<&str> = found["fix"].as_str().unwrap().lines().collect();
    let parent = format!("hangs[{}]", hang.group());
    assert_eq!(fix, [format!("{parent}: read(3)"), format!("kill {}", hang.pid("writer"))]);
    let text = found["text"].as_str().unwrap();
    assert!(text.contains(&format!("had {parent} read fd 3 to its end before it waited")), "{text}");
}

#[test]
fn a_queue_names_who_could_send() {
    let Some(hang) = Hang::start("queue") else { return };
    if hang.ended() {
        eprintln!("skipped: this machine has no POSIX message queues");
        return;
    }
    let found = finding(&hang, "waiting-for-message", "child");
    assert!(found["text"].as_str().unwrap().contains(&format!("hangs[{}]", hang.pid("parent"))), "{found:#}");
}

#[test]
fn an_open_of_a_fifo_says_which_end_is_missing() {
    let hang = hang!("fifo-open");
    let found = finding(&hang, "blocked-open", "opener");
    let text = found["text"].as_str().unwrap();
    assert!(text.contains("for writing and waits: nobody has it open for reading"), "{text}");
    assert!(found["fix"].as_str().unwrap().starts_with("cat < "), "{found:#}");
}

#[test]
fn what_is_stopped_can_be_told_to_go_on() {
    let hang = hang!("stopped");
    let found = finding(&hang, "stopped", "writer");
    assert_eq!(found["fix"], format!("kill -CONT {}", hang.pid("writer")));
    let reader = finding(&hang, "reader-blocked-on-empty", "reader");
    assert!(reader["text"].as_str().unwrap().contains("stopped by a signal"), "{reader:#}");
    assert_eq!(reader["fix"], found["fix"]);
}

#[test]
fn a_slow_but_healthy_pipeline_is_never_called_stuck() {
    let hang = hang!("healthy");
    for _ in 0..50 {
        let output = pipescope(&["why", &hang.group().to_string(), "--json"]);
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let found: Value = serde_json::from_str(line).unwrap();
            assert_eq!(found["stuck"], false, "{found:#}");
            assert!(found["rule"] != "deadlock" && found["rule"] != "eof-withheld", "{found:#}");
        }
    }
}

#[test]
fn a_peek_shows_the_bytes_and_takes_none() {
    let hang = hang!("wait-before-read");
    finding(&hang, "writer-blocked-on-full", "writer");
    let pid = hang.pid("writer").to_string();
    for _ in 0..2 {
        let output = pipescope(&["why", &pid, "--json", "--peek"]);
        assert!(String::from_utf8(output.stderr).unwrap().contains("no byte is taken out"));
        let text = String::from_utf8(output.stdout).unwrap();
        let found: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!((&found["bytes"], &found["contents_cut"]), (&Value::from(65536), &Value::from(true)), "{found:#}");
    }
}

#[test]
fn a_holder_that_may_not_be_seen_is_said() {
    let root = nix::unistd::geteuid().is_root();
    let hang = hang!(if root { "foreign-holder" } else { "hidden-holder" });
    let reader = hang.pid("reader").to_string();
    let began = std::time::Instant::now();
    loop {
        let output = as_ordinary_user(&["why", &reader, "--json"]);
        let text = String::from_utf8(output.stdout).unwrap();
        let found = text.lines().next().map(|l| serde_json::from_str::<Value>(l).unwrap());
        if let Some(found) = found.filter(|f| f["rule"] == "reader-blocked-on-empty") {
            assert!(found["unseen"].as_i64().unwrap() >= 1, "{found:#}");
            assert_eq!(found["holders"].as_array().unwrap().len(), 0, "{found:#}");
            assert!(found["text"].as_str().unwrap().contains("no process that can be seen holds one"), "{found:#}");
            break;
        }
        assert!(began.elapsed() < common::LIMIT, "{text}");
    }
    let output = as_ordinary_user(&["why", &reader]);
    let text = String::from_utf8(output.stdout).unwrap().replace('\n', " ");
    assert!(text.contains(&format!("`sudo pipescope why {reader}`")), "{text}");
}

/// As nobody where we are root; nobody may not be able to reach the program where it was built.
fn as_ordinary_user(args: &[&str]) -> Output {
    use std::os::unix::process::CommandExt;
    if !nix::unistd::geteuid().is_root() {
        return pipescope(args);
    }
    let (_folder, path) = for_anyone();
    Command::new(path).args(args).uid(65534).gid(65534).current_dir("/").output().unwrap()
}

#[test]
fn exit_codes_say_whether_anything_was_found() {
    let hang = hang!("own-end");
    finding(&hang, "eof-withheld", "reader");
    let pid = hang.group().to_string();
    assert_eq!(pipescope(&["why", &pid]).status.code(), Some(0));
    assert_eq!(pipescope(&["why", "hangs"]).status.code(), Some(0));
    for wrong in [&["why", "no-such-name-q"][..], &["why", "999999999"], &["why"], &["why", "--all", "1"]] {
        assert_eq!(pipescope(wrong).status.code(), Some(2), "{wrong:?}");
    }
    if std::fs::read_to_string("/proc/2/comm").is_ok_and(|comm| comm == "kthreadd\n") {
        let kernel = pipescope(&["why", "2"]);
        assert_eq!(kernel.status.code(), Some(2));
        assert!(String::from_utf8(kernel.stderr).unwrap().contains("a thread of the kernel (kthreadd)"));
    }
    let mut busy = Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
    let code = pipescope(&["why", &busy.id().to_string()]).status.code();
    busy.kill().unwrap();
    busy.wait().unwrap();
    assert_eq!(code, Some(1));
}

#[test]
fn the_whole_machine_tells_of_trouble_only() {
    let hang = hang!("own-end");
    let reader = finding(&hang, "eof-withheld", "reader")["pid"].clone();
    let output = pipescope(&["why", "--all", "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let all: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(all.iter().any(|f| f["pid"] == reader && f["rule"] == "eof-withheld"), "{text}");
    assert!(all.iter().all(|f| f["rule"] != "waiting-elsewhere"), "{text}");
}

#[test]
fn text_fits_80_columns_and_holds_no_control_characters() {
    let hang = hang!("three-holders");
    finding(&hang, "reader-blocked-on-empty", "reader");
    let output = pipescope(&["why", &hang.group().to_string()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
}
