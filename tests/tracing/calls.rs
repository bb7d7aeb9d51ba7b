//! The words in which calls are told, held against those of strace on the same program.

use crate::{Folder, PROGRAM, bare, built, refused};

/// The calls of a program by the first word after `calls`, one a line as the text says them.
fn told(options: &[&str], command: &[&str]) -> Option<String> {
    let folder = Folder::new();
    let file = folder.file("trace");
    let arguments = [&["trace", "--no-source", "-o", &file], options, &["--"], command].concat();
    let output = bare(PROGRAM, &arguments).output().unwrap();
    if refused(&output) {
        return None;
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let calls = text.lines().filter_map(|line| {
        let (step, rest) = line.trim_start().split_once(' ')?;
        step.parse::<usize>().ok()?;
        Some(rest.split_once("  ")?.1)
    });
    Some(calls.collect::<Vec<_>>().join("\n"))
}

/// What strace says of it; `None`, said aloud, without strace.
fn strace(command: &[&str]) -> Option<String> {
    let folder = Folder::new();
    let file = folder.file("strace");
    let ran = bare("strace", &[&["-f", "-o", &file, "--"], command].concat()).output();
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    if ran.is_err() || text.is_empty() {
        eprintln!("skipped: there is no strace here, or it may not trace");
        return None;
    }
    Some(text)
}

/// Each call is told so, and strace says so of it.
fn are_told(options: &[&str], what: &str, calls: &[(&str, &str)]) {
    let Some(program) = built("calls") else { return };
    let Some(told) = told(options, &[program, what]) else { return };
    let strace = strace(&[program, what]);
    for (ours, theirs) in calls {
        assert!(told.lines().any(|line| line.contains(ours)), "no {ours} in\n{told}");
        assert!(strace.as_ref().is_none_or(|text| text.contains(theirs)), "strace has no {theirs}: {strace:?}");
    }
}

#[test]
fn arguments_are_what_they_are() {
    are_told(
        &["--files"],
        "texts",
        &[
            ("eventfd(2, EFD_SEMAPHORE|EFD_NONBLOCK) = 3", "eventfd2(2, EFD_SEMAPHORE|EFD_NONBLOCK) = 3"),
            ("sendfile(6, 4, 4) = 4", "sendfile(6, 4, [0] => [4], 4)"),
            ("exec(\"/bin/sleep\", [\"evil\", \"0\"]) = 0", "execve(\"/bin/sleep\", [\"evil\", \"0\"], "),
        ],
    );
}

#[test]
fn who_was_not_asked_for_is_no_address() {
    let Some(program) = built("calls") else { return };
    let Some(told) = told(&[], &[program, "texts"]) else { return };
    let accept = told.lines().find(|line| line.starts_with("accept(7)")).unwrap();
    assert_eq!(accept, "accept(7) = 9");
}

#[test]
fn where_no_file_can_be_made_no_mode_is_told() {
    let Some(program) = built("calls") else { return };
    let Some(run) = crate::trace(&["--files"], &[program, "texts"]) else { return };
    let (opened, _) = run.find("open(\"/dev/null\", O_RDONLY|O_CLOEXEC)");
    assert_eq!(opened["call"], "open(\"/dev/null\", O_RDONLY|O_CLOEXEC)");
}
