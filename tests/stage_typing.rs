//! What the stage types, and the Python that comes with pipescope: real programs that read their terminal.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use common::story;
use pipescope::engine::{Script, Session};
use pipescope::lesson;
use pipescope::notation::parse_directed;
use std::io::Write;

fn played(text: &str) -> Session {
    let mut session = story::of_text(text);
    let steps = session.script().steps.len();
    session.jump(steps).unwrap();
    let failures = story::failures(&session);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    session
}

#[test]
fn what_is_typed_is_read_before_the_step_ends() {
    let text = "parent: exec([\"cat\"])\nexpect parent is blocked in read\n\
                stage: type(\"one\\n\")\nexpect returns 4, shows \"one\", parent is blocked in read\n\
                stage: type(\"two\")\nexpect returns 3, parent is blocked in read\n\
                stage: type(\" three\\n\\004\")\nexpect parent is gone\n";
    let session = played(text);
    let shown = String::from_utf8_lossy(session.terminal()).replace('\r', "");
    assert_eq!(shown, "one\none\ntwo three\ntwo three\n");
}

#[test]
fn a_process_that_waits_at_its_terminal_reads_it() {
    played(
        "parent: read(0, 64)\nexpect blocks\nstage: type(\"hello\\n\")\nexpect parent: data \"hello\\n\"\n\
         stage: type(\"nobody reads\\n\")\nexpect returns 13, parent is idle\n",
    );
}

#[test]
fn nobody_but_the_stage_types_and_it_does_nothing_else() {
    for (line, says) in [("parent: type(\"x\")", "it is the stage"), ("stage: pipe()", "start(name) and type(data)")] {
        let error = parse_directed(line, None).unwrap_err();
        assert!(error.to_string().contains(says), "{line}: {error}");
    }
    let mut session = story::of_text("parent: pipe()\n");
    let error = session.free(parse_directed("stage: type(\"x\" * 70000)", None).unwrap()).unwrap_err();
    assert!(error.to_string().contains("65536"), "{error}");
}

/// The real python3 does what the lesson says, and its child is on the picture though no call of ours forked it.
#[test]
fn python_is_played_and_its_child_is_shown() {
    let lesson = lesson::find("python-pipe").unwrap();
    let (index, missing) = Script::opens_as(&lesson);
    let Some(variant) = index.and_then(|i| lesson.variants.get(i)) else {
        let _ = writeln!(std::io::stderr(), "SKIPPED python_is_played: there is no {}", missing.unwrap());
        return;
    };
    assert_eq!((variant.slug.as_str(), missing), ("python3", None));
    let mut session = story::session(Script::of_lesson(&lesson, Some(variant)));
    session.jump(4).unwrap();
    let world = session.moment().world.clone();
    let (parent, child) = (world.process("parent").unwrap(), world.process("child").unwrap());
    assert_eq!((child.ppid, child.program.is_some() || child.fds.is_empty()), (parent.pid, true));
    assert!(parent.program.as_deref().is_some_and(|name| name.starts_with("python3")), "{:?}", parent.program);
    session.jump(variant.steps.len()).unwrap();
    let failures = story::failures(&session);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let names: Vec<&str> = session.moment().world.processes.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["parent", "child"], "nobody is taken in twice");
}

/// A script from a stranger runs no Python of its own.
#[test]
fn no_other_python_runs() {
    let mut session = story::of_text("parent: pipe()\n");
    for line in
        ["exec([\"python3\", \"-c\", \"print(1)\"])", "exec([\"python3\", \"one_pipe.py\"])", "exec([\"python3\"])"]
    {
        let error = session.free(parse_directed(&format!("parent: {line}"), None).unwrap()).unwrap_err();
        assert!(error.to_string().contains("--allow-exec"), "{error}");
    }
}
