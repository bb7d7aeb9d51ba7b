//! `play`: what it prints, what it refuses, and how it ends.

use crate::folder::Folder;
use crate::run::{good, run, run_with};
use serde_json::Value;

/// Every lesson and every variant keeps its word, and leaves nothing behind.
#[test]
fn every_variant_plays() {
    for line in good(&["list", "--json"]).lines() {
        let lesson: Value = serde_json::from_str(line).unwrap();
        let name = lesson["name"].as_str().unwrap();
        for variant in lesson["variants"].as_array().unwrap() {
            good(&["play", name, "--json", "--variant", variant.as_str().unwrap()]);
        }
    }
}

#[test]
fn the_list_for_people_names_what_the_list_for_programs_names() {
    let text = good(&["list"]);
    let lessons: Vec<Value> = good(&["list", "--json"]).lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(lessons.len() >= 10);
    for lesson in lessons {
        for key in ["name", "title"] {
            let word = lesson[key].as_str().unwrap();
            assert!(text.contains(word), "{word}");
        }
    }
}

/// The end of file is where it belongs in the JSON, and nowhere else.
#[test]
fn only_the_last_read_is_the_end_of_file() {
    let out = good(&["play", "one-pipe", "--json"]);
    let moments: Vec<Value> = out.lines().skip(1).map(|l| serde_json::from_str(l).unwrap()).collect();
    let reads: Vec<(&Value, &Value)> = moments
        .iter()
        .filter(|m| m["call"].as_str().is_some_and(|call| call.starts_with("read(")))
        .map(|m| (&m["data"], &m["eof"]))
        .collect();
    assert_eq!(reads.len(), 2);
    assert_eq!((reads[0].0, reads[0].1), (&Value::from("hello"), &Value::from(false)));
    assert_eq!(reads[1].1, &Value::from(true));
    let eofs = moments.iter().filter(|m| m["eof"] == true).count();
    assert_eq!(eofs, 1);
}

/// Text and JSON tell of the same calls.
#[test]
fn the_transcript_has_a_line_for_every_moment() {
    let json = good(&["play", "two-way", "--json"]);
    let text = good(&["play", "two-way"]);
    let mut steps = 0;
    for line in json.lines().skip(1) {
        let moment: Value = serde_json::from_str(line).unwrap();
        let (step, Some(process)) = (moment["step"].as_u64().unwrap(), moment["process"].as_str()) else { continue };
        if moment["cause"] == "script" {
            steps += 1;
            let head = format!("{step:>3} {process}");
            assert!(text.lines().any(|l| l.starts_with(&head)), "no line begins with {head:?}:\n{text}");
        }
    }
    assert_eq!(steps, 16);
}

const EVIL: &str = r"\x1b]0;x\x07\x1b[2J\x9b\xff\xe2\x80\xae\xc2\x9b";

/// Bytes that processes wrote, in every place where they are printed.
#[test]
fn bytes_are_printed_and_not_obeyed() {
    // An argument is text without a NUL, here.
    let argument = EVIL.replace(r"\x9b\xff", "");
    let script = format!(
        "parent: pipe()\nparent: write(4, \"\\x00{EVIL}\")\nparent: fork(child)\nchild: read(3, 4)\nparent: write(1, \"{EVIL}\")\n\
         parent: mkfifo(\"a\\x1b]0;x\\x07\")\nparent: open(\"a\\x1b]0;x\\x07\", O_RDWR)\n\
         child: exec([\"echo\", \"{argument}\"])\n"
    );
    for args in [&["play", "-"][..], &["play", "-", "--json"], &["play", "-", "--stable", "--ascii"]] {
        let ran = run_with(args, script.as_bytes());
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let tame = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
        let strange: Vec<char> = ran.out.chars().filter(|c| !tame(*c)).collect();
        assert!(strange.is_empty(), "{args:?}: {strange:?}");
        assert!(ran.out.contains("0;x"), "{args:?}");
        if args.contains(&"--json") {
            for line in ran.out.lines() {
                serde_json::from_str::<Value>(line).unwrap();
            }
        }
        if args.contains(&"--ascii") {
            assert!(ran.out.is_ascii());
        }
    }
}

/// What a script's author chose reaches the terminal only as text, where it is refused too.
#[test]
fn errors_quote_without_obeying() {
    let folder = Folder::new();
    let toml = folder.write("x.toml", "title = \"t\"\nsummary = \"s\"\n\"\\u001b]0;x\\u0007\" = 1\n");
    let wrong = folder.write("x.pipe", "parent: pipe()\nparent: \x1b]0;x\x07(3)\n");
    for args in [&["play", &toml][..], &["play", &wrong], &["play", "\x1b]0;x\x07"], &["check", &toml]] {
        let ran = run(args);
        assert!(matches!(ran.code, Some(1 | 2)), "{args:?}: {ran:?}");
        let said = ran.out.clone() + &ran.err;
        assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{args:?}: {said:?}");
    }
}

#[test]
fn a_script_on_standard_input_is_named_so() {
    let ran = run_with(&["play", "-"], b"parent: pipe()\nparent: raed(3)\n");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("standard input:2:9:") && ran.err.contains("read"), "{}", ran.err);
    let ran = run_with(&["play", "-"], b"");
    assert_eq!(ran.code, Some(0), "an empty script has no step that could fail: {}", ran.err);
}

/// A step that blocks for ever, a flood, and deaths on the way: the script is played, and the end is clean.
#[test]
fn rough_scripts_end_cleanly() {
    let scripts = [
        "parent: pipe()\nparent: read(3, 1)\nexpect blocks\n",
        "parent: fork(a)\na: exec([\"yes\"])\nparent: fork(b)\nb: signal(SIGTERM, ignore)\nb: signal(SIGHUP, ignore)\n",
        "parent: fork(a)\na: fork(b)\nb: exec([\"sleep\", \"1000\"])\na: kill(a, SIGKILL)\nparent: exit(3)\n",
        "parent: pipe()\nparent: close(3)\nparent: write(4, \"x\")\nexpect killed SIGPIPE\n",
        "parent: fork(a)\nparent: kill(a, SIGSTOP)\n",
    ];
    for script in scripts {
        let ran = run_with(&["play", "-"], script.as_bytes());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{script}\n{}", ran.out);
    }
}
