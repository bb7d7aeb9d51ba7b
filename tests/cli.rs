//! The real program without a terminal: what it prints, writes, and says where it is used wrongly.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::family::{descendants, wait_for_the_end};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pipescope"));
    command.stdin(Stdio::null()).env_remove("NO_COLOR").env("LANG", "C.UTF-8");
    command
}

fn run(args: &[&str]) -> Output {
    program().args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Its output; it must have succeeded.
fn good(args: &[&str]) -> String {
    let out = run(args);
    assert!(out.status.success(), "{args:?}: {}", text(&out.stderr));
    text(&out.stdout)
}

/// Its exit code, and what it said.
fn bad(args: &[&str]) -> (Option<i32>, String) {
    let out = run(args);
    (out.status.code(), text(&out.stderr))
}

/// A file of this test.
fn file(name: &str, content: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A name for a file that is not there.
fn fresh(name: &str) -> String {
    let path = file(name, b"");
    std::fs::remove_file(&path).unwrap();
    path
}

#[test]
fn a_transcript_that_is_the_same_each_time() {
    let first = good(&["play", "one-pipe", "--stable"]);
    assert_eq!(first, good(&["play", "one-pipe", "--stable"]));
    insta::assert_snapshot!(first);
    for line in good(&["list", "--json"]).lines() {
        let lesson: Value = serde_json::from_str(line).unwrap();
        let name = lesson["name"].as_str().unwrap();
        // It really races: how much gets lost is another each time.
        if name == "shared-memory" {
            continue;
        }
        assert_eq!(good(&["play", name, "--stable"]), good(&["play", name, "--stable"]), "{name}");
    }
}

#[test]
fn json_lines_of_the_schema() {
    let out = good(&["play", "one-pipe", "--json"]);
    let lines: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((&lines[0]["type"], &lines[0]["schema"]), (&"session".into(), &1.into()));
    let moments: Vec<&Value> = lines.iter().filter(|l| l["type"] == "moment").collect();
    assert_eq!(moments.len(), 12);
    let read = moments.iter().rev().find(|m| m["call"].as_str().is_some_and(|c| c.starts_with("read"))).unwrap();
    assert_eq!((&read["process"], &read["eof"]), (&"child".into(), &true.into()));
    let fds = moments[2]["world"]["processes"][1]["fds"].as_array().unwrap();
    let fds: Vec<i64> = fds.iter().map(|f| f["fd"].as_i64().unwrap()).collect();
    assert_eq!(fds, [0, 1, 2, 3, 4]);
    assert!(moments.iter().all(|m| m["checks"].as_array().unwrap().iter().all(|c| c["met"] == true)));
}

#[test]
fn until_stops_after_a_step() {
    let out = good(&["play", "one-pipe", "--until", "2"]);
    assert!(out.contains("  2 parent  fork()") && !out.contains("  3 parent  close"), "{out}");
    let none = good(&["play", "one-pipe", "--until", "0"]);
    assert!(!none.contains("pipe("), "{none}");
}

#[test]
fn every_lesson_plays() {
    for line in good(&["list", "--json"]).lines() {
        let lesson: Value = serde_json::from_str(line).unwrap();
        good(&["play", lesson["name"].as_str().unwrap()]);
    }
}

/// Plays and holds; the pids of its processes, once everything was printed.
#[allow(clippy::zombie_processes, reason = "the caller waits for it")]
fn hold(args: &[&str], input: Stdio) -> (std::process::Child, Vec<i32>) {
    let mut child = program().args(args).stdin(input).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    for line in lines {
        let moment: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if moment["step"] == 2 {
            let processes = moment["world"]["processes"].as_array().unwrap();
            let pids = processes.iter().map(|p| i32::try_from(p["pid"].as_i64().unwrap()).unwrap()).collect();
            return (child, pids);
        }
    }
    panic!("step 2 was not printed");
}

#[test]
fn hold_keeps_the_processes_until_its_input_ends() {
    let (mut child, pids) = hold(&["play", "one-pipe", "--json", "--until", "2", "--hold"], Stdio::piped());
    for pid in &pids {
        let numbers: Vec<i32> = common::table(*pid).into_iter().map(|(n, _)| n).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4]);
    }
    assert!(child.try_wait().unwrap().is_none());
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    wait_for_the_end(&pids);
}

#[test]
fn hold_ends_at_a_signal_too() {
    let (mut child, pids) = hold(&["play", "one-pipe", "--json", "--until", "2", "--hold"], Stdio::piped());
    // Its handlers stand by the time that its stage has been held for a look.
    common::until(|| {
        let status = common::status_line(child.id().cast_signed(), "SigCgt");
        u64::from_str_radix(&status, 16).unwrap() & (1 << (libc::SIGTERM - 1)) != 0
    });
    common::signal(child.id().cast_signed(), libc::SIGTERM);
    assert!(child.wait().unwrap().success());
    wait_for_the_end(&pids);
}

#[test]
fn a_script_from_a_file_and_from_standard_input() {
    let script = "# a comment\nparent: pipe()\nexpect returns 3 4\nparent: close(42)\nexpect error EBADF\n";
    let path = file("a.pipe", script.as_bytes());
    assert!(good(&["play", &path]).contains("EBADF"));
    let mut child = program().args(["play", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success() && text(&out.stdout).contains("EBADF"));
}

#[test]
fn an_expectation_that_fails_is_said_with_its_step() {
    let path = file("wrong.pipe", b"parent: pipe()\nexpect returns 5 6\nparent: close(3)\nexpect error EBADF\n");
    let (code, said) = bad(&["play", &path]);
    assert_eq!(code, Some(1));
    assert!(said.contains("step 1: expected returns 5 6") && said.contains("step 2: expected error EBADF"), "{said}");
}

#[test]
fn misuse_says_the_place_and_the_way_out() {
    let broken = file("broken.pipe", b"parent: pipe()\nparent: raed(3)\nparent: write(4, \"x)\n");
    let not_text = file("bytes.pipe", &[0xff, 0xfe, 0, 1]);
    let unknown_key =
        file("key.toml", b"title = \"t\"\nsummary = \"s\"\n[[step]]\ncal = \"parent: pipe()\"\nsay = \"s\"\n");
    let folder = env!("CARGO_TARGET_TMPDIR");
    let table: &[(&[&str], &[&str])] = &[
        (&["play", "one-pip"], &["one-pip", "did you mean one-pipe"]),
        (&["lesson", "99"], &["99", "pipescope list"]),
        (&["play", &broken], &["broken.pipe:2:9:", "read", "broken.pipe:3:"]),
        (&["play", &not_text], &["not UTF-8"]),
        (&["play", &unknown_key], &["key.toml:4:1:", "cal"]),
        (&["play", "/no/such.toml"], &["no such file"]),
        (&["play", &format!("{folder}/")], &["folder"]),
        (&["play", "one-pipe", "--variant", "x"], &["child-keeps-4"]),
        (&["record", "one-pipe", "-o", "/tmp/x.cast", "--size", "0x0"], &["0x0", "out of range"]),
        (&["record", "one-pipe", "-o", "/tmp/x.cast", "--pace", "nan"], &["nan"]),
        (&["record", "one-pipe", "-o", "/tmp/x.GIF"], &["x.GIF", ".cast or .svg", "agg"]),
        (&["shot", "one-pipe", "-o", "/tmp/x.png"], &["x.png", ".svg"]),
        (&["shot", "one-pipe", "--step", "99", "-o", "/tmp/x.svg"], &["11 steps", "99"]),
        (&["lesson", "one-pipe"], &["terminal", "pipescope play one-pipe"]),
        (&["lab"], &["terminal"]),
        (&["nonsense"], &["nonsense"]),
        (&["play"], &["SOURCE"]),
    ];
    for (args, wanted) in table {
        let (code, said) = bad(args);
        assert_eq!(code, Some(2), "{args:?}: {said}");
        for part in *wanted {
            assert!(said.contains(part), "{args:?} does not say {part}:\n{said}");
        }
    }
}

#[test]
fn what_cannot_be_done_here_exits_with_1() {
    let sh = file("sh.pipe", b"parent: exec([\"sh\", \"-c\", \"true\"])\n");
    let (code, said) = bad(&["play", &sh]);
    assert!(code == Some(1) && said.contains("--allow-exec") && said.contains("step 1"), "{said}");
    good(&["play", "--allow-exec", &sh]);
    let out = file("out.pipe", b"parent: open(\"/etc/hostname\", O_WRONLY)\n");
    let (code, said) = bad(&["play", &out]);
    assert!(code == Some(1) && said.contains("--allow-files"), "{said}");
    let escape = file("escape.pipe", "parent: exec([\"\\x1b]0;x\\x07\"])\n".as_bytes());
    let (_, said) = bad(&["play", &escape]);
    assert!(!said.contains('\x1b'), "{said:?}");
}

#[test]
fn a_reader_that_leaves_early_is_no_fault() {
    let mut child = program().args(["play", "no-eof"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let family = {
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        descendants(child.id().cast_signed())
    };
    let out = child.wait_with_output().unwrap();
    assert_eq!(text(&out.stderr), "");
    wait_for_the_end(&family);
}

/// A cast's lines: header, and events.
fn cast(path: &str) -> (Value, Vec<(f64, String, String)>) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let header = serde_json::from_str(lines.next().unwrap()).unwrap();
    (header, lines.map(|l| serde_json::from_str(l).unwrap()).collect())
}

/// Without what differs from run to run: numbers (pids, inodes), and the lines and blanks that are as long as they leave
/// room for.
fn masked(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().filter(|c| !c.is_ascii_digit()) {
        let fills = matches!(c, ' ' | '─' | '░');
        if !(fills && out.ends_with(c)) {
            out.push(c);
        }
    }
    out
}

/// The screen at each marker and at the end, as a terminal shows it, with the time of each.
fn played(path: &str) -> Vec<(String, f64)> {
    let (header, events) = cast(path);
    let size = |key| usize::try_from(header["term"][key].as_u64().unwrap()).unwrap();
    let mut emulator = avt::Terminal::new(size("cols"), size("rows")).unwrap();
    let (mut screens, mut now) = (Vec::new(), 0.0);
    let shown = |emulator: &avt::Terminal| masked(&emulator.screen().text().join("\n"));
    for (pause, kind, data) in &events {
        now += pause;
        match kind.as_str() {
            "o" if data.contains("\x1b[?1049l") => screens.push((shown(&emulator), now)),
            "o" => emulator.feed([data.as_str()]),
            "m" => screens.push((shown(&emulator), now)),
            _ => {}
        }
    }
    screens
}

/// Let the next processes have ids of one length: what is drawn is as wide as they are. The last field of /proc/loadavg is the newest
/// id (proc_loadavg(5)).
fn with_pids_of_one_length() {
    let newest = || -> u32 {
        let text = std::fs::read_to_string("/proc/loadavg").unwrap();
        text.split_whitespace().last().unwrap().parse().unwrap()
    };
    let mut now = newest();
    while (now + 100).ilog10() != now.ilog10() {
        Command::new("true").status().unwrap();
        let before = std::mem::replace(&mut now, newest());
        assert!(now != before, "ids do not grow here");
    }
}

#[test]
fn a_cast_is_the_same_each_time_and_ends_as_the_still_does() {
    let (one, two, still) = (fresh("one.cast"), fresh("two.cast"), fresh("still.svg"));
    with_pids_of_one_length();
    good(&["record", "one-pipe", "-o", &one]);
    good(&["record", "one-pipe", "-o", &two]);
    let screens = played(&one);
    let again = played(&two);
    assert!(screens == again, "{screens:#?}\n{again:#?}");
    let (code, said) = bad(&["record", "one-pipe", "-o", &one]);
    assert!(code == Some(1) && said.contains("--force"), "{said}");
    good(&["record", "one-pipe", "-o", &two, "--cast-version", "2", "--force", "--size", "120x36"]);
    assert_eq!((&cast(&two).0["version"], &cast(&two).0["width"]), (&2.into(), &120.into()));
    let (header, events) = cast(&one);
    assert_eq!((&header["version"], &header["term"]["cols"]), (&3.into(), &80.into()));
    assert_eq!(events.iter().filter(|(_, kind, _)| kind == "m").count(), 11, "a marker before each step");
    assert!(screens[0].0.contains("No call was made") && screens[10].0.contains("exit()"));
    let last = &screens[11].0;
    assert!(last.contains("The lesson ends here"), "{last}");
    // The question has stood before its step.
    assert!(screens.iter().any(|(s, _)| s.contains("your prediction")));
    good(&["shot", "one-pipe", "-o", &still]);
    let svg = std::fs::read_to_string(&still).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    for word in ["one-pipe", "11/11", "EXITED", "messages"] {
        assert!(svg.contains(word), "{word}");
    }
    for path in [one, two, still] {
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn check_tells_the_good_from_the_bad() {
    let lesson = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/lessons/01-one-pipe.toml");
    assert!(good(&["check", lesson]).contains("good"));
    let liar = std::fs::read_to_string(lesson).unwrap().replace("returns 5", "returns 6");
    let liar = file("liar.toml", liar.as_bytes());
    let out = run(&["check", &liar]);
    let said = text(&out.stdout);
    assert_eq!(out.status.code(), Some(1));
    assert!(said.contains("liar.toml") && said.contains("expected returns 6; the kernel: returns 5"), "{said}");
}

#[test]
fn results_are_kept_shown_and_deleted() {
    let state = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("results-{}", std::process::id()));
    std::fs::create_dir_all(state.join("pipescope")).unwrap();
    let kept = r#"{"lessons":{"no-eof":{"done":true,"task":2}},
        "answers":[{"lesson":"no-eof","step":7,"question":"q","said":"s","right":true}]}"#;
    std::fs::write(state.join("pipescope/progress.json"), kept).unwrap();
    let with = |args: &[&str]| text(&program().args(args).env("XDG_STATE_HOME", &state).output().unwrap().stdout);
    let shown = with(&["results"]);
    assert!(shown.contains("no-eof") && shown.contains("1 of 1 answers right") && shown.contains("task in 2 calls"));
    assert!(with(&["results", "--delete"]).contains("deleted"));
    assert!(!state.join("pipescope/progress.json").exists());
    assert!(with(&["results", "--delete"]).contains("nothing to delete"));
    std::fs::remove_dir_all(state).unwrap();
}

#[test]
fn kill_9_while_it_starts_leaves_no_folder_and_nobody() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("starts-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for round in 0..40_u64 {
        let mut child = program()
            .args(["play", "two-way", "--hold"])
            .env("TMPDIR", &folder)
            .env_remove("XDG_RUNTIME_DIR")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Not a wait for anything: where in its start it is killed shall be another place each time.
        std::thread::sleep(std::time::Duration::from_micros(round * 300));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    common::until(|| std::fs::read_dir(&folder).unwrap().next().is_none());
    std::fs::remove_dir(folder).unwrap();
}

#[test]
fn a_new_lesson_is_good_as_it_is() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("new-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let within = |args: &[&str]| program().args(args).current_dir(&folder).output().unwrap();
    assert!(within(&["new", "my-pipe"]).status.success());
    let checked = within(&["check", "my-pipe.toml"]);
    assert!(checked.status.success(), "{}", text(&checked.stdout));
    assert_eq!(within(&["new", "my-pipe"]).status.code(), Some(1), "it must not be overwritten");
    assert_eq!(within(&["new", "My Pipe"]).status.code(), Some(2));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_table_that_cannot_be_read_is_unknown_and_not_empty() {
    // With so few descriptors the program cannot look into a process; the stage itself just fits.
    let script = file("few.pipe", b"parent: pipe()\nparent: fork(child)\n");
    let play = format!("ulimit -n 9; exec {} play {script}", env!("CARGO_BIN_EXE_pipescope"));
    let out = Command::new("sh").args(["-c", &play]).stdin(Stdio::null()).output().unwrap();
    let said = text(&out.stdout);
    if said.contains("descriptors unknown") {
        assert!(!said.contains("closed; was"), "{said}");
    }
}
