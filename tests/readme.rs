//! The README says what the program does: its keys and its lessons are the program's own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use pipescope::lesson::builtin;
use pipescope::view::keys;

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

/// The list of lessons as it stands in the README.
fn lessons() -> String {
    let row = |l: &pipescope::lesson::Lesson| {
        format!(
            "| {} | `{}` | {} |\n",
            l.number.map(|n| n.to_string()).unwrap_or_default(),
            l.slug,
            l.title.replace('|', "\\|")
        )
    };
    let rows: String = builtin().iter().map(row).collect();
    format!("| | name | title |\n|---|---|---|\n{rows}")
}

/// Puts both lists into the README: `cargo test --test readme -- --ignored`.
#[test]
#[ignore = "it writes"]
fn write() {
    let mut text = readme();
    replace(&mut text, "## The lessons\n\n", "## Keys", &lessons());
    replace(&mut text, "every mark on the screen.\n\n", "## How it can be trusted", &keys::markdown());
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"), text).unwrap();
}

fn replace(text: &mut String, from: &str, to: &str, list: &str) {
    let Some(begin) = text.find(from).map(|at| at + from.len()) else { return };
    let end = begin + text[begin..].find(to).unwrap();
    text.replace_range(begin..end, &format!("{}\n\n", list.trim_end()));
}

#[test]
fn every_key_is_in_the_readme() {
    assert!(readme().contains(keys::markdown().trim_end()), "cargo test --test readme -- --ignored writes it");
}

#[test]
fn every_lesson_is_in_the_readme() {
    assert!(readme().contains(lessons().trim_end()), "cargo test --test readme -- --ignored writes it");
}
