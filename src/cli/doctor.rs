//! `doctor`: what this machine allows, and what each absence takes away.

use super::{Failure, look};
use crate::survey::doctor::{Check, Terminal, doctor};
use serde::Serialize;
use std::io::{BufWriter, IsTerminal, Write};

#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    name: &'static str,
    ok: Option<bool>,
    found: &'a str,
    without: &'static str,
}

/// Print every check.
pub fn run(json: bool) -> Result<(), Failure> {
    let size = std::io::stdout().is_terminal().then(|| ratatui::crossterm::terminal::size().ok()).flatten();
    let checks = doctor(&Terminal { size, utf8: look::utf8_locale() });
    let mut out = BufWriter::new(std::io::stdout().lock());
    for check in &checks {
        match json {
            true => {
                let Check { name, ok, found, without } = check;
                let line = Line { r#type: "check", name, ok: *ok, found, without };
                writeln!(out, "{}", serde_json::to_string(&line).map_err(std::io::Error::from)?)?;
            }
            false => text(&mut out, check)?,
        }
    }
    out.flush()?;
    Ok(())
}

fn text(out: &mut impl Write, check: &Check) -> std::io::Result<()> {
    let mark = match check.ok {
        Some(true) => "yes",
        Some(false) => "no",
        None => "?",
    };
    writeln!(out, "{:<30} {mark:<4} {}", check.name, check.found)?;
    match check.ok {
        Some(true) => Ok(()),
        _ => writeln!(out, "{:<30}      so: {}", "", check.without),
    }
}
