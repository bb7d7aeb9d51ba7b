//! The session on the screen.

use super::args::LookArgs;
use super::source::Source;
use super::{Failure, look};
use crate::app::{self, Board, End};
use crate::engine::{DEADLINE, Session};
use crate::record::{CastWriter, Encoder, Meta, Version};
use crate::stage::Options;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Play `source` on the person's terminal.
///
/// # Errors
/// Usage where there is no terminal; failure where the stage or the terminal cannot be had.
pub fn run(source: Source, look: &LookArgs, options: Options, record: Option<(PathBuf, bool)>) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        let name = source.lesson.as_ref().map_or("NAME", |l| l.slug.as_str());
        return Err(Failure::usage(format!(
            "this needs a terminal to draw on and to read keys from; without one, `pipescope play {name}` prints what happens"
        )));
    }
    let ui = look::for_terminal(look);
    let cast = record.map(|(path, force)| cast(&path, force, &source.script.title)).transpose()?;
    let session = Session::open(source.script, options.clone(), DEADLINE)?;
    let board = Board::new(session, source.lesson, source.variant, ui);
    let (end, report) = app::run(board, options, cast).map_err(|error| {
        Failure::failed(format!("the terminal failed: {error}; `pipescope play` prints what happens without one"))
    })?;
    if let Some(report) = report {
        // A terminal that is gone can be told nothing.
        let _ = writeln!(std::io::stderr(), "{report}");
    }
    ended(end)
}

/// What the end of a screen means for the exit code.
pub fn ended(end: End) -> Result<(), Failure> {
    match end {
        End::Quit => Ok(()),
        End::Signal(signal) => Err(Failure::quiet(u8::try_from(128 + signal).unwrap_or(1))),
        End::TerminalGone => Err(Failure::failed("the terminal is gone")),
    }
}

fn cast(path: &Path, force: bool, title: &str) -> Result<CastWriter, Failure> {
    let (cols, rows) = ratatui::crossterm::terminal::size().unwrap_or((80, 24));
    let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs());
    let meta = Meta { title: Some(title.to_owned()), timestamp, theme: None };
    CastWriter::create(path, force, Encoder::new(Version::V3, cols, rows, meta))
        .map_err(|error| Failure::failed(error.to_string()))
}
