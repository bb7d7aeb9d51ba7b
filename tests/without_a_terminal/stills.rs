//! `shot`: pictures that any reader of XML takes.

use crate::folder::Folder;
use crate::run::{good, run_with};

/// Everything that makes this no well-formed XML, as far as such pictures go: tags that do not match, attributes without
/// quotes or given twice, bare ampersands, characters that XML 1.0 does not know.
fn faults(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let known = |c: char| matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    wrong.extend(text.chars().filter(|c| !known(*c)).map(|c| format!("character {c:?}")));
    let mut open: Vec<&str> = Vec::new();
    let mut roots = 0;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        entities(before, &mut wrong);
        if open.is_empty() && !before.trim().is_empty() {
            wrong.push(format!("text outside the root: {before:?}"));
        }
        let Some((tag, next)) = after.split_once('>') else {
            wrong.push("a tag that does not end".into());
            return wrong;
        };
        rest = next;
        if tag.starts_with('?') || tag.starts_with("!--") {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name.trim()) {
                wrong.push(format!("</{name}> closes what was not open"));
            }
            continue;
        }
        let (body, closed) = tag.strip_suffix('/').map_or((tag, false), |body| (body, true));
        let name = body.split_whitespace().next().unwrap_or_default();
        attributes(&body[name.len()..], &mut wrong);
        roots += usize::from(open.is_empty());
        if !closed {
            open.push(name);
        }
    }
    entities(rest, &mut wrong);
    if roots != 1 || !open.is_empty() || !rest.trim().is_empty() {
        wrong.push(format!("{roots} roots, {open:?} open at the end, then {rest:?}"));
    }
    wrong
}

fn entities(text: &str, wrong: &mut Vec<String>) {
    for part in text.split('&').skip(1) {
        let name = part.split_once(';').map_or("", |(name, _)| name);
        if !matches!(name, "lt" | "gt" | "amp" | "quot" | "apos") && !name.starts_with('#') {
            wrong.push(format!("a bare & before {:?}", part.chars().take(10).collect::<String>()));
        }
    }
}

fn attributes(mut text: &str, wrong: &mut Vec<String>) {
    let mut seen = Vec::new();
    while !text.trim().is_empty() {
        let Some((name, rest)) = text.split_once("=\"") else {
            return wrong.push(format!("no attribute: {text:?}"));
        };
        let Some((value, rest)) = rest.split_once('"') else {
            return wrong.push(format!("an attribute that does not end: {name}"));
        };
        entities(value, wrong);
        if seen.contains(&name.trim()) || !name.starts_with(char::is_whitespace) || name.trim().contains(' ') {
            wrong.push(format!("attribute {name:?}"));
        }
        seen.push(name.trim());
        text = rest;
    }
}

#[test]
fn the_judge_can_say_no() {
    assert_eq!(faults("<svg a=\"1\" b=\"&lt;\"><g/>x &amp; y</svg>\n"), Vec::<String>::new());
    for bad in [
        "<svg>",
        "<svg></g></svg>",
        "<svg a=1/>",
        "<svg a=\"1\" a=\"2\"/>",
        "<svg>a & b</svg>",
        "<svg/><svg/>",
        "<svg>\u{1b}</svg>",
        "x<svg/>",
        "<svg a=\"&\"/>",
    ] {
        assert!(!faults(bad).is_empty(), "{bad}");
    }
}

#[test]
fn every_step_of_a_lesson_in_every_theme() {
    let folder = Folder::new();
    for (step, theme) in [("0", "dark"), ("2", "light"), ("5", "plain"), ("8", "contrast"), ("11", "okabe-ito")] {
        let path = folder.file(&format!("{step}.svg"));
        good(&["shot", "one-pipe", "--step", step, "-o", &path, "--theme", theme]);
        let svg = std::fs::read_to_string(&path).unwrap();
        assert_eq!(faults(&svg), Vec::<String>::new(), "{step}");
        assert!(svg.contains(&format!("step {step} of 11")) && svg.contains(&format!("step {step}/11")), "{step}");
    }
    let words = std::fs::read_to_string(folder.file("8.svg")).unwrap();
    for word in ["read end", "EOF", "writers 0", "child"] {
        assert!(words.contains(word), "{word}");
    }
}

/// Bytes that would end a tag, and bytes that XML does not know.
#[test]
fn bytes_that_are_no_xml() {
    let folder = Folder::new();
    let path = folder.file("evil.svg");
    let script = r#"parent: pipe()
parent: write(4, "</text><script>alert(1)</script>&\x00\x1b[2J\xff\"'<!--]]>")
parent: write(1, "<b>&\x1b]0;x\x07\n")
"#;
    let ran = run_with(&["shot", "-", "-o", &path], script.as_bytes());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let svg = std::fs::read_to_string(&path).unwrap();
    assert_eq!(faults(&svg), Vec::<String>::new());
    assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;"), "{svg}");
}

/// A film shows every step, the question before it, and the answer that nobody gave.
#[test]
fn a_lesson_as_a_picture_that_moves() {
    let folder = Folder::new();
    let path = folder.file("film.svg");
    good(&["record", "no-eof", "-o", &path, "--size", "100x30"]);
    let svg = std::fs::read_to_string(&path).unwrap();
    assert_eq!(faults(&svg), Vec::<String>::new());
    for word in ["0/14", "7/14", "14/14", "prediction", "not:"] {
        assert!(svg.contains(word), "{word}");
    }
    assert_eq!(svg.matches("<g visibility=\"visible\">").count(), 1);
    assert!(svg.matches("<set attributeName=\"visibility\"").count() > 14);
}
