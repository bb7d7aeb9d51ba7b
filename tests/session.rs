//! Sessions: forward, back, branches, free calls, and what happens without a step.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{lives, story, until};
use pipescope::engine::{Cause, Forward, Script, Session, to_script};
use pipescope::notation::parse_directed;
use pipescope::world::{Death, State, World};

const STORY: &str = "parent: pipe()\nparent: fork(child)\nparent: close(3)\nchild: close(4)\n\
                     parent: write(4, \"hello\")\nchild: read(3, 64)\nchild: read(3, 64)\nparent: close(4)\n";

fn call(session: &mut Session, line: &str) {
    session.free(parse_directed(line, None).unwrap()).unwrap();
}

/// What must be the same when a story is told again: everything but pids and inodes.
fn shape(world: &World) -> Vec<String> {
    let fds = |p: &pipescope::world::Process| {
        p.fds.iter().map(|f| format!("{}{:?}{}", f.number, f.access, f.cloexec)).collect::<Vec<_>>().join(" ")
    };
    let state = |s: &State| match s {
        State::Blocked(b) => format!("blocked in {}", b.call),
        other => format!("{other:?}"),
    };
    world.processes.iter().map(|p| format!("{} {} {}", p.name, state(&p.state), fds(p))).collect()
}

#[test]
fn back_shows_the_past_and_forward_comes_back_without_a_call() {
    let mut session = story::of_text(STORY);
    session.jump(5).unwrap();
    let live = session.moment().clone();
    assert!(session.back() && session.back());
    assert!(!session.is_live());
    assert_eq!(session.progress(), 3);
    assert_eq!(session.forward().unwrap(), Forward::Looked);
    assert_eq!(session.forward().unwrap(), Forward::Looked);
    assert!(session.is_live());
    assert_eq!(*session.moment(), live);
}

#[test]
fn a_blocked_read_is_shown_and_its_end_is_another_s_doing() {
    let mut session = story::of_text(STORY);
    session.jump(7).unwrap();
    let state = session.moment().world.process("child").unwrap().state.clone();
    assert!(matches!(&state, State::Blocked(b) if b.call == "read" && b.fd == Some(3)), "{state:?}");
    session.forward().unwrap();
    let resumed = &session.moment().resumed;
    assert_eq!(resumed.len(), 1);
    assert_eq!(resumed[0].process, "child");
    assert_eq!(session.forward().unwrap(), Forward::AtEnd);
}

#[test]
fn acting_from_the_past_tells_the_same_story_up_to_there_with_new_processes() {
    let mut session = story::of_text(STORY);
    session.jump(6).unwrap();
    let old: Vec<i32> = session.moment().world.processes.iter().map(|p| p.pid).collect();
    session.jump(4).unwrap();
    let past = shape(&session.moment().world);
    call(&mut session, "child: write(4, \"x\")");
    assert!(session.is_live());
    let before = session.before().unwrap();
    assert_eq!(shape(&before.world), past);
    let new: Vec<i32> = session.moment().world.processes.iter().map(|p| p.pid).collect();
    assert!(old.iter().all(|pid| !new.contains(pid)));
    until(|| old.iter().all(|pid| !lives(*pid)));
    assert!(session.off_script());
    assert_eq!(session.history().len(), 6);
}

#[test]
fn restart_begins_again_and_leaves_nobody() {
    let mut session = story::of_text(STORY);
    session.jump(8).unwrap();
    let old: Vec<i32> = session.moment().world.processes.iter().map(|p| p.pid).collect();
    session.restart().unwrap();
    assert_eq!((session.progress(), session.history().len()), (0, 1));
    assert!(old.iter().all(|pid| !lives(*pid)));
    session.jump(8).unwrap();
    assert_eq!(session.progress(), 8);
}

#[test]
fn a_process_killed_from_outside_is_noticed_and_told_as_such() {
    let mut session = story::of_text(STORY);
    session.jump(4).unwrap();
    let pid = session.moment().world.process("child").unwrap().pid;
    common::signal(pid, libc::SIGKILL);
    until(|| session.notice());
    until(|| {
        session.notice();
        matches!(
            session.moment().world.process("child").unwrap().state,
            State::Zombie(Death::Killed(libc::SIGKILL)) | State::Gone(Death::Killed(libc::SIGKILL))
        )
    });
    assert_eq!(session.moment().cause, Cause::Noticed);
    assert!(!session.notice(), "nothing has changed since");
}

#[test]
fn a_question_lets_nothing_move_until_it_is_answered() {
    let lesson = pipescope::lesson::builtin().iter().find(|l| l.slug == "one-pipe").unwrap();
    let mut session = story::session(Script::of_lesson(lesson, None));
    session.ask_questions(true);
    while session.forward().unwrap() == Forward::Stepped {}
    let (standing, moments) = (session.progress(), session.history().len());
    assert!(session.question().is_some());
    assert_eq!(session.forward().unwrap(), Forward::Asks);
    assert_eq!(session.answer(99).unwrap(), Forward::Asks);
    assert_eq!((session.progress(), session.history().len()), (standing, moments));
    assert_eq!(session.answer(1).unwrap(), Forward::Stepped);
    let (_, answered) = session.question_of(standing).unwrap();
    assert_eq!(answered.unwrap().said, Some(1));
    assert_eq!(answered.unwrap().right.len(), 1);
}

#[test]
fn a_call_that_is_wrong_is_made_and_what_cannot_be_made_changes_nothing() {
    let mut session = story::session(Script::lab());
    call(&mut session, "parent: close(42)");
    let own = session.moment().own.clone().unwrap();
    assert_eq!(own.outcome, pipescope::notation::Outcome::Error(libc::EBADF));
    let moments = session.history().len();
    let refused = session.free(parse_directed("nobody: pipe()", None).unwrap()).unwrap_err().to_string();
    assert!(refused.contains("nobody") && refused.contains("parent"), "{refused}");
    let refused = session.free(parse_directed("parent: exec([\"sh\"])", None).unwrap()).unwrap_err().to_string();
    assert!(refused.contains("--allow-exec"), "{refused}");
    let refused = session.free(parse_directed("parent: open(\"/etc/passwd\", O_WRONLY)", None).unwrap()).unwrap_err();
    assert!(refused.to_string().contains("--allow-files"), "{refused}");
    assert_eq!(session.history().len(), moments);
}

#[test]
fn what_was_done_by_hand_is_saved_and_replays_to_the_same_result() {
    let mut session = story::session(Script::lab());
    for line in [
        "parent: pipe2(O_CLOEXEC)",
        "parent: fork(child)",
        "child: read(3, 10)",
        "parent: write(4, \"a\\n\\x00\\xffb\")",
        "child: dup2(3, 7)",
        "child: close(99)",
        "parent: close(4)",
        "child: close(4)",
        "child: read(7, 10)",
        "child: exit(3)",
        "parent: wait()",
    ] {
        call(&mut session, line);
    }
    let saved = to_script(session.script(), session.history());
    let mut again = story::of_text(&saved);
    again.jump(again.script().steps.len()).unwrap();
    assert_eq!(story::failures(&again), Vec::<String>::new(), "{saved}");
    assert_eq!(shape(&again.moment().world), shape(&session.moment().world), "{saved}");
    // Saved again, it says the same.
    let twice = to_script(again.script(), again.history());
    assert_eq!(twice.lines().skip(1).collect::<Vec<_>>(), saved.lines().skip(1).collect::<Vec<_>>());
}
