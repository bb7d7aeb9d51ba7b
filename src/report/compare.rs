//! The table of pipes and sockets, as text, as Markdown and as JSON Lines.

use super::wrap::wrap;
use crate::engine::compare::{Aspect, Cell, Figure, NOTES, Note, Way};
use serde::Serialize;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// The columns of the first column, and of each other.
const WIDE: usize = 10;

/// The answer for a narrow column; nothing is there where there is none.
fn short(cells: &[Cell], way: Way, aspect: Aspect) -> &str {
    let cell = cells.iter().find(|c| c.way == way && c.aspect == aspect);
    cell.and_then(|cell| cell.answer.as_ref().ok()).map_or("-", |answer| answer.short.as_str())
}

/// The cells for which there is no answer on this machine, and why.
fn missing(cells: &[Cell]) -> impl Iterator<Item = String> {
    cells.iter().filter_map(|cell| {
        let why = cell.answer.as_ref().err()?;
        Some(format!("{}, {}: not to be had here: {why}", cell.way.name(), cell.aspect.name()))
    })
}

fn remark(note: &Note) -> String {
    format!("{}, {}: \"{}\" {}", note.way.name(), note.aspect.name(), note.said, note.so)
}

/// What the asterisk behind an answer says.
fn asterisks(cells: &[Cell]) -> impl Iterator<Item = String> {
    cells.iter().filter_map(|cell| {
        let answer = cell.answer.as_ref().ok().filter(|answer| answer.short.ends_with('*'))?;
        Some(format!("{}: {}", cell.way.name(), answer.text.trim_start_matches("* ")))
    })
}

/// The table in 80 columns, what is missing, and the remarks.
///
/// # Errors
/// What writing to the output met, here and below.
pub fn compare_text(out: &mut impl Write, cells: &[Cell], ascii: bool) -> io::Result<()> {
    let row = |first: &str, rest: &mut dyn Iterator<Item = &str>| {
        let mut line = format!("{first:WIDE$}");
        for text in rest {
            line += &format!(" {text}{}", " ".repeat((WIDE - 1).saturating_sub(text.width())));
        }
        let line = line.trim_end().to_owned();
        if ascii { line.replace('µ', "u") } else { line }
    };
    writeln!(out, "{}", row("", &mut Way::ALL.into_iter().map(Way::short)))?;
    for aspect in Aspect::ALL {
        writeln!(out, "{}", row(aspect.name(), &mut Way::ALL.into_iter().map(|way| short(cells, way, aspect))))?;
    }
    let paragraphs = |out: &mut dyn Write, heading: &str, all: Vec<String>| -> io::Result<()> {
        if !all.is_empty() {
            writeln!(out, "\n{heading}")?;
        }
        all.iter().try_for_each(|text| write!(out, "{}", wrap(text, 2)))
    };
    paragraphs(out, "Not on this machine:", missing(cells).collect())?;
    paragraphs(out, "*", asterisks(cells).collect())?;
    paragraphs(out, "Often said, and what was seen:", NOTES.iter().map(remark).collect())?;
    let how =
        "Every answer is what the kernel just did. `pipescope compare --script pipe/end` prints the calls behind one.";
    write!(out, "\n{}", wrap(how, 0))
}

/// The same for a page.
pub fn compare_markdown(out: &mut impl Write, cells: &[Cell]) -> io::Result<()> {
    let heads: Vec<&str> = Way::ALL.into_iter().map(Way::name).collect();
    writeln!(out, "| | {} |\n|---|{}", heads.join(" | "), "---|".repeat(heads.len()))?;
    for aspect in Aspect::ALL {
        let row: Vec<String> = Way::ALL.into_iter().map(|way| escaped(short(cells, way, aspect))).collect();
        writeln!(out, "| {} | {} |", aspect.question(), row.join(" | "))?;
    }
    let rest = missing(cells).chain(asterisks(cells)).chain(NOTES.iter().map(remark));
    for (index, text) in rest.enumerate() {
        let gap = if index == 0 { "\n" } else { "" };
        writeln!(out, "{gap}- {}", escaped(&text))?;
    }
    Ok(())
}

/// What Markdown would take for its own.
fn escaped(text: &str) -> String {
    let special = |c: char| matches!(c, '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '\\' | '#');
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[derive(Serialize)]
struct CellLine<'a> {
    r#type: &'static str,
    way: &'static str,
    aspect: &'static str,
    question: &'static str,
    answer: Option<&'a str>,
    answer_unknown: Option<&'a str>,
    text: Option<&'a str>,
    bytes: Option<u64>,
    round_ns: Option<[u64; 3]>,
    bytes_per_second: Option<u64>,
    script: &'a [String],
    happened: &'a str,
}

#[derive(Serialize)]
struct NoteLine {
    r#type: &'static str,
    way: &'static str,
    aspect: &'static str,
    said: &'static str,
    so: &'static str,
}

/// The cells one by one, then the remarks, each an object of docs/json.md.
pub fn compare_json(out: &mut impl Write, cells: &[Cell]) -> io::Result<()> {
    for cell in cells {
        let answer = cell.answer.as_ref().ok();
        let mut line = CellLine {
            r#type: "cell",
            way: cell.way.slug(),
            aspect: cell.aspect.slug(),
            question: cell.aspect.question(),
            answer: answer.map(|answer| answer.short.as_str()),
            answer_unknown: cell.answer.as_ref().err().map(String::as_str),
            text: answer.map(|answer| answer.text.as_str()),
            bytes: None,
            round_ns: None,
            bytes_per_second: None,
            script: &cell.script,
            happened: &cell.happened,
        };
        match answer.and_then(|answer| answer.figure) {
            Some(Figure::Bytes(n)) => line.bytes = Some(n),
            Some(Figure::Nanoseconds { low, median, high }) => line.round_ns = Some([low, median, high]),
            Some(Figure::Speed(n)) => line.bytes_per_second = Some(n),
            None => {}
        }
        serde_json::to_writer(&mut *out, &line)?;
        writeln!(out)?;
    }
    for note in NOTES {
        let (way, aspect) = (note.way.slug(), note.aspect.slug());
        serde_json::to_writer(&mut *out, &NoteLine { r#type: "note", way, aspect, said: note.said, so: note.so })?;
        writeln!(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::compare::sample;

    fn written(write: impl Fn(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_of_80_columns() {
        let text = written(|out| compare_text(out, &sample::cells(), false));
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_page() {
        insta::assert_snapshot!(written(|out| compare_markdown(out, &sample::cells())));
    }

    #[test]
    fn lines_of_json() {
        let text = written(|out| compare_json(out, &sample::cells()));
        assert!(text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
        let lines: Vec<&str> = text.lines().collect();
        insta::assert_snapshot!([lines[0], lines[42], lines[50], lines[56], lines[lines.len() - 1]].join("\n"));
    }
}
