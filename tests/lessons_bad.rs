//! What is said about lessons that are wrong: everything, each with its place and the way out.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pipescope::lesson::{LessonError, load_file};
use std::path::Path;

fn errors(name: &str) -> Vec<LessonError> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lessons-bad").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut errors = load_file(&path, &text).expect_err("this lesson is wrong");
    for error in &mut errors {
        error.file = name.into();
    }
    errors
}

fn report(name: &str) -> String {
    errors(name).iter().map(LessonError::report).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn misspelt_keys_and_wrong_values() {
    insta::assert_snapshot!(report("keys.toml"));
}

#[test]
fn a_story_that_does_not_hold_together() {
    insta::assert_snapshot!(report("story.toml"));
}

#[test]
fn no_toml() {
    insta::assert_snapshot!(report("not-toml.toml"));
}

#[test]
fn an_empty_file() {
    insta::assert_snapshot!(report("empty.toml"));
}

/// The words are the notation's own; that they stand at the right place is the loader's work.
#[test]
fn the_notation_is_marked_inside_its_string() {
    let places: Vec<(usize, usize)> = errors("notation.toml").iter().map(|e| (e.line, e.column)).collect();
    assert_eq!(places, [(6, 17), (10, 35), (15, 15), (21, 37)]);
}
