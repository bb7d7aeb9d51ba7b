//! How it is told: the words, the width, the exit codes, and what could not be seen.

use super::{Command, Hang, Output, PROGRAM, Value, common, finding, for_anyone, hang, pipescope};

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
