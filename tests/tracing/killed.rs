//! Runs on their way into a file, whose tracer is killed: what had happened by then is there.

use crate::common::tty::Tty;
use crate::common::{family, until};
use crate::folder::Folder;
use crate::{PROGRAM, bare, traced};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pipescope::timeline::{Flaw, Timeline};
use std::fs::File;
use std::process::Stdio;

/// The moments in a file that is still being written; none where there is none yet.
fn moments(file: &str) -> usize {
    File::open(file).ok().and_then(|file| Timeline::open(file).ok()).map_or(0, |run| run.len())
}

/// What `open` says of it: the lines of text.
fn opened(file: &str) -> String {
    let run = Timeline::open(File::open(file).unwrap()).unwrap();
    assert_eq!(run.flaw(), Some(Flaw::Unfinished));
    let output = bare(PROGRAM, &["open", file, "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_trace_that_is_killed_leaves_what_had_happened() {
    let Some(program) = traced() else { return };
    if crate::trace(&[], &["true"]).is_none() {
        return;
    }
    let folder = Folder::new();
    let file = folder.file("run");
    let mut tracer = bare(PROGRAM, &["trace", "--save", &file, "--", program, "hang"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let blocked = |file: &str| {
        let run = Timeline::open(File::open(file).unwrap()).ok()?;
        let hangs =
            |n: usize| !run.get(n).unwrap().moment.world.processes.iter().any(|p| p.state.blocked_in().is_none());
        run.len().checked_sub(1).filter(|last| *last > 1 && hangs(*last))
    };
    // The second of the two has gone to sleep, and nothing more will happen.
    until(|| std::fs::exists(&file).unwrap() && blocked(&file).is_some());
    kill(Pid::from_raw(i32::try_from(tracer.id()).unwrap()), Signal::SIGKILL).unwrap();
    tracer.wait().unwrap();
    let text = opened(&file);
    assert_eq!(text.matches("\"kind\":\"blocked\"").count(), 2, "{text}");
}

#[test]
fn so_does_one_on_the_screen_also_where_it_was_begun_again() {
    if crate::trace(&[], &["true"]).is_none() {
        return;
    }
    let folder = Folder::new();
    let file = folder.file("run");
    let args = ["--theme", "dark", "trace", "--save", &file, "--", "sh", "-c", "echo hi | cat; read x"];
    let mut tty = Tty::start(&args, 100, 36);
    tty.wait_for("HELD");
    tty.send("u");
    tty.wait_for("all words");
    tty.send("eof\r");
    tty.wait_for("here it is: eof");
    until(|| moments(&file) > 5);
    tty.send("R");
    tty.wait("the beginning", |s| s.contains("step 0 ") && s.contains("HELD"));
    until(|| moments(&file) == 1);
    tty.send(" ");
    tty.wait_for("step 1/1");
    until(|| moments(&file) == 2);
    let family = family::descendants(tty.pid());
    tty.signal(Signal::SIGKILL);
    family::wait_for_the_end(&family);
    assert!(opened(&file).contains("exec("));
}
