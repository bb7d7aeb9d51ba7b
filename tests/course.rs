//! Every lesson of the course, every variant of it, and the start of every task, played on the kernel.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::story;
use pipescope::engine::{Forward, Script, Session};
use pipescope::lesson::{Lesson, builtin};

/// Play to the end, and hold it against what the lesson says.
fn play(what: &str, script: Script) {
    let mut session = story::session(script);
    loop {
        let next = session.next().map(ToString::to_string).unwrap_or_default();
        match session.forward() {
            Ok(Forward::Stepped) => {}
            Ok(_) => break,
            Err(error) => panic!("{what}, step {} {next}: {error}", session.progress() + 1),
        }
    }
    let failures = story::failures(&session);
    assert!(failures.is_empty(), "{what}:\n{}", failures.join("\n"));
    judge_questions(what, &session);
}

/// One answer is right, and the kernel says which.
fn judge_questions(what: &str, session: &Session) {
    for index in 0..session.progress() {
        let Some((ask, Some(answered))) = session.question_of(index) else { continue };
        assert_eq!(answered.right.len(), 1, "{what}, step {}: {}", index + 1, ask.question);
        let first = &session.script().steps[index].call;
        assert!(ask.options.len() >= 2, "{what}, {first}: one answer is no choice");
    }
}

fn each(of: impl Fn(&Lesson)) {
    for lesson in builtin() {
        of(lesson);
    }
}

#[test]
fn every_file_of_the_course_is_a_lesson() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/lessons");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| Some(name.split_once('-')?.1.strip_suffix(".toml")?.to_owned()))
        .collect();
    let mut names: Vec<String> = builtin().iter().map(|l| l.slug.clone()).collect();
    files.sort();
    names.sort();
    assert_eq!(names, files);
    assert!(names.len() >= 18, "{} lessons", names.len());
}

#[test]
fn every_lesson_does_on_the_kernel_what_it_says() {
    each(|lesson| play(&lesson.slug, Script::of_lesson(lesson, None)));
}

#[test]
fn so_does_every_variant() {
    each(|lesson| {
        assert!(!lesson.variants.is_empty(), "{} has no variant", lesson.slug);
        for variant in &lesson.variants {
            play(&format!("{} {}", lesson.slug, variant.slug), Script::of_lesson(lesson, Some(variant)));
        }
    });
}

#[test]
fn every_task_has_its_start_and_is_not_reached_there() {
    each(|lesson| {
        let Some(goal) = &lesson.goal else { return };
        let script = Script { steps: goal.start.clone(), ..Script::of_lesson(lesson, None) };
        let mut session = story::session(script);
        session.jump(goal.start.len()).unwrap();
        assert_eq!(session.progress(), goal.start.len(), "{}", lesson.slug);
    });
}

#[test]
fn every_lesson_asks_and_ends_with_nobody_left_unexplained() {
    each(|lesson| {
        assert!(lesson.steps.iter().any(|s| s.predict.is_some()), "{} asks nothing", lesson.slug);
        assert!((5..=20).contains(&lesson.steps.len()), "{} has {} steps", lesson.slug, lesson.steps.len());
        assert!(lesson.steps.iter().all(|s| !s.say.is_empty()), "{}: a step says nothing", lesson.slug);
    });
}
