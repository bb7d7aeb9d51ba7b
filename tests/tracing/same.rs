//! A traced program says and does what it does untraced.

use crate::{PROGRAM, bare, refused, traced};
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

/// Output and exit status, and those under the tracer. Where nothing else is said standard input is empty.
fn the_same(command: &[&str]) {
    let (program, arguments) = command.split_first().unwrap();
    let alone = bare(program, arguments).stdin(Stdio::null()).output().unwrap();
    for options in [&[][..], &["--no-pin"], &["--all"], &["--no-filter"]] {
        let folder = crate::Folder::new();
        let file = folder.file("trace");
        let arguments = [&["trace", "-o", &file], options, &["--"], command].concat();
        let traced = bare(PROGRAM, &arguments).stdin(Stdio::null()).output().unwrap();
        if refused(&traced) {
            return;
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(&traced.stdout), text(&alone.stdout), "{command:?} {options:?}");
        assert_eq!(text(&traced.stderr), text(&alone.stderr), "{command:?} {options:?}");
        let code = alone.status.code().or(alone.status.signal().map(|s| 128 + s));
        assert_eq!(traced.status.code(), code, "{command:?} {options:?}");
    }
}

#[test]
fn shell_pipelines() {
    the_same(&["sh", "-c", "yes | head -1"]);
    the_same(&["sh", "-c", "echo hi | cat"]);
    the_same(&["sh", "-c", "kill -TERM $$"]);
    the_same(&["sh", "-c", "cat < /dev/null | wc -l; exit 9"]);
}

#[test]
fn a_fifo_between_two() {
    the_same(&["sh", "-c", "d=$(mktemp -d); mkfifo $d/f; (echo x > $d/f &); cat $d/f; rm -r $d"]);
}

#[test]
fn python_in_each_way() {
    let Some(python) = crate::python() else { return };
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/traced/pipe.py");
    for how in ["subprocess", "fork", "spawn", "forkserver"] {
        the_same(&[python, "-B", program, how]);
    }
}

#[test]
fn vfork_threads_and_floods() {
    let Some(program) = traced() else { return };
    the_same(&[program, "programs"]);
    the_same(&[program, "threads", "100"]);
    the_same(&[program, "forks", "200"]);
    the_same(&[program, "flood", "20000000"]);
    the_same(&[program, "signals"]);
}

#[test]
fn an_ordinary_user_may() {
    let Some(program) = traced() else { return };
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: this is no root, whom all the other tests are for too");
        return;
    }
    let folder = crate::Folder::new();
    let own = |from: &str, name: &str| {
        use std::os::unix::fs::PermissionsExt;
        let to = folder.file(name);
        std::fs::copy(from, &to).unwrap();
        std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        to
    };
    let (pipescope, traced) = (own(PROGRAM, "pipescope"), own(program, "traced"));
    let user = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let arguments = [&user[..], &[&pipescope, "trace", "--", &traced, "story"]].concat();
    let Ok(output) = bare("setpriv", &arguments).output() else { return };
    if refused(&output) || output.status.code() == Some(127) {
        eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("pipe([3, 4]) = 0") && text.contains("  EOF"), "{text}");
}

#[test]
fn the_trace_and_the_programs_output_do_not_mix() {
    let output = bare(PROGRAM, &["trace", "--", "sh", "-c", "echo spoken"]).output().unwrap();
    if refused(&output) {
        return;
    }
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "spoken\n");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.lines().any(|line| line == "spoken") && text.contains("exec("), "{text}");
}
