//! Casts held against the lesson that was played.

use crate::cast::{Cast, masked};
use crate::folder::Folder;
use crate::run::{good, run};

fn record(folder: &Folder, name: &str, lesson: &str, more: &[&str]) -> Cast {
    let path = folder.file(name);
    good(&[&["record", lesson, "-o", &path][..], more].concat());
    Cast::read(&path)
}

/// The line of each step in the transcript, without its number, process and what differs from run to run.
fn lines_of_steps(lesson: &str) -> Vec<String> {
    let text = good(&["play", lesson]);
    let is_step = |line: &&str| line.get(..3).is_some_and(|n| n.trim().parse::<usize>().is_ok());
    text.lines()
        .filter(is_step)
        .map(|line| {
            let call = line.trim_start().split_once(' ').unwrap().1.split_once(' ').unwrap().1.trim();
            masked(call)
        })
        .collect()
}

#[test]
fn at_each_marker_the_screen_shows_the_step_before() {
    let folder = Folder::new();
    for lesson in ["one-pipe", "broken-pipe"] {
        let cast = record(&folder, &format!("{lesson}.cast"), lesson, &["--size", "120x36"]);
        let steps = lines_of_steps(lesson);
        let markers = cast.markers();
        assert_eq!(markers.len(), steps.len());
        for (index, line) in steps.iter().enumerate() {
            let until = markers.get(index + 1).map_or(cast.events.len() - 2, |(event, _)| *event);
            let screen = masked(&cast.screen_after(until).join("\n"));
            assert!(screen.contains(line.as_str()), "{lesson}: after step {}: {line}\n{screen}", index + 1);
            let before = masked(&cast.screen_after(markers[index].0).join("\n"));
            assert!(before.contains(&format!("step {index}/")), "{lesson}: {before}");
        }
    }
}

/// The last screen of the cast is, letter for letter, the words that the still of the last step carries.
#[test]
fn the_last_screen_is_the_still() {
    let folder = Folder::new();
    for (lesson, size) in [("one-pipe", "80x24"), ("two-way", "120x36")] {
        let cast = record(&folder, &format!("{lesson}.cast"), lesson, &["--size", size]);
        let path = folder.file(&format!("{lesson}.svg"));
        good(&["shot", lesson, "-o", &path, "--size", size]);
        let svg = std::fs::read_to_string(&path).unwrap();
        let (_, rest) = svg.split_once("<desc xml:space=\"preserve\">").unwrap();
        let words = unescaped(rest.split_once("</desc>").unwrap().0);
        // The last two events leave the screen and tell the exit status.
        let screen = cast.screen_after(cast.events.len() - 2).join("\n");
        assert_eq!(masked(screen.trim_end()), masked(words.trim_end()), "{lesson}");
    }
}

fn unescaped(xml: &str) -> String {
    xml.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

#[test]
fn two_recordings_differ_in_pids_and_inodes_alone() {
    let folder = Folder::new();
    let casts = [1, 2].map(|n| record(&folder, &format!("{n}.cast"), "no-eof", &[]));
    let [one, two] = &casts;
    assert_eq!(one.header, two.header);
    let shape = |cast: &Cast| -> Vec<(i64, char)> { cast.events.iter().map(|e| (e.at, e.code)).collect() };
    assert_eq!(shape(one), shape(two));
    for (index, (a, b)) in one.events.iter().zip(&two.events).enumerate() {
        if a.code != 'o' {
            assert_eq!(a, b);
        }
        let screens = [one, two].map(|cast| masked(&cast.screen_after(index + 1).join("\n")));
        assert_eq!(screens[0], screens[1], "event {index}");
    }
}

#[test]
fn both_versions_tell_the_same_at_the_same_times() {
    let folder = Folder::new();
    let three = record(&folder, "3.cast", "one-pipe", &["--pace", "0.5"]);
    let two = record(&folder, "2.cast", "one-pipe", &["--pace", "0.5", "--cast-version", "2"]);
    assert_eq!((&three.header["version"], &two.header["version"]), (&3.into(), &2.into()));
    assert_eq!(three.size(), two.size());
    assert_eq!(three.events.last().map(|e| (e.code, e.text.as_str())), Some(('x', "0")));
    let times = |cast: &Cast| -> Vec<(i64, char)> {
        cast.events.iter().filter(|e| e.code != 'x').map(|e| (e.at, e.code)).collect()
    };
    assert_eq!(times(&three), times(&two));
    let last = |cast: &Cast| {
        let markers = cast.markers();
        masked(&cast.screen_after(markers.last().unwrap().0).join("\n"))
    };
    assert_eq!(last(&three), last(&two));
}

#[test]
fn a_file_of_somebody_s_is_left_alone() {
    let folder = Folder::new();
    let mine = folder.write("mine", "mine");
    for command in ["record", "shot"] {
        let ran = run(&[command, "one-pipe", "-o", &mine]);
        assert_eq!(ran.code, Some(1), "{command}: {}", ran.err);
        assert!(ran.err.contains("--force"), "{command}: {}", ran.err);
        assert_eq!(std::fs::read_to_string(&mine).unwrap(), "mine", "{command}");
        let ran = run(&[command, "one-pipe", "-o", &folder.file("no/such/folder/x")]);
        assert_eq!(ran.code, Some(1), "{command}: {}", ran.err);
        assert!(ran.err.contains("no/such/folder"), "{command}: {}", ran.err);
    }
    good(&["record", "one-pipe", "-o", &mine, "--force"]);
    Cast::read(&mine);
}

/// The cast of a script that does not do what it promised is whole, and the failure is told.
#[test]
fn a_failing_expectation_is_told_by_record_and_shot_too() {
    let folder = Folder::new();
    let script = folder.write("wrong.pipe", "parent: pipe()\nexpect returns 5 6\nparent: close(3)\n");
    let cast = folder.file("wrong.cast");
    let ran = run(&["record", &script, "-o", &cast]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("step 1: expected returns 5 6"), "{}", ran.err);
    assert_eq!(Cast::read(&cast).markers().len(), 2);
    let ran = run(&["shot", &script, "-o", &folder.file("wrong.svg")]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("step 1: expected returns 5 6"), "{}", ran.err);
}

#[test]
fn check_tells_everything_in_every_file() {
    let folder = Folder::new();
    let good_one = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/lessons/02-lowest-fd.toml");
    let bad = folder.write(
        "bad.toml",
        "title = \"t\"\nsummary = \"s\"\ncolour = 3\n[[step]]\nid = \"a\"\ncall = 'parent: pipe()'\nsay = \"s\"\nsya = 1\n",
    );
    let ran = run(&["check", good_one, &bad]);
    assert_eq!(ran.code, Some(1));
    for part in ["02-lowest-fd.toml: good", "bad.toml:3:1", "colour", "bad.toml:8:1", "sya", "say"] {
        assert!(ran.out.contains(part), "{part} is not said:\n{}", ran.out);
    }
    let ran = run(&["check", &folder.file("none.toml")]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("no such file"), "{}", ran.err);
}
