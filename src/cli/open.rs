//! `open`: a run that was saved, on the screen or as JSON Lines.

use super::args::{LookArgs, OpenArgs};
use super::source::plain;
use super::{Failure, look};
use crate::app::{self, End, Replay};
use crate::report::{JsonLines, Stable};
use crate::timeline::{Timeline, TimelineError, is_timeline};
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

/// Show it, or print it.
///
/// # Errors
/// Usage where it is no saved run or there is no terminal; failure where it cannot be read.
pub fn run(args: &OpenArgs, look: &LookArgs) -> Result<(), Failure> {
    let timeline = open(&args.file)?;
    if args.json {
        return print(&timeline, &args.file, args.stable);
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::usage(
            "this needs a terminal; without one, `pipescope open FILE --json` prints the moments",
        ));
    }
    let damaged = |error: TimelineError| Failure::failed(format!("{}: {error}", args.file.display()));
    let replay = Replay::new(timeline, look::for_terminal(look)).map_err(damaged)?;
    match app::view_run(replay) {
        Ok(End::Quit) => Ok(()),
        Ok(End::Signal(signal)) => Err(Failure::quiet(u8::try_from(128 + signal).unwrap_or(1))),
        Ok(End::TerminalGone) => Err(Failure::failed("the terminal is gone")),
        Err(error) => Err(Failure::failed(format!("the terminal failed: {error}"))),
    }
}

/// The run in a file, where this names one.
pub(super) fn saved(name: &str) -> Result<Option<Timeline>, Failure> {
    let path = Path::new(name);
    if is_timeline(path) { open(path).map(Some) } else { Ok(None) }
}

/// The run in a file.
pub(super) fn open(path: &Path) -> Result<Timeline, Failure> {
    let wrong = |what: &str| Failure::usage(format!("{}: {what}", path.display()));
    let meta = std::fs::metadata(path).map_err(|e| wrong(&plain(&e)))?;
    if !meta.is_file() {
        return Err(wrong("is no file"));
    }
    let file = File::open(path).map_err(|e| wrong(&plain(&e)))?;
    Timeline::open(file).map_err(|error| wrong(&error.to_string()))
}

fn print(timeline: &Timeline, path: &Path, stable: bool) -> Result<(), Failure> {
    let mut out = JsonLines::new(io::stdout().lock(), stable.then(|| Stable::new(None)));
    out.session(&timeline.about().title, &timeline.about().source)?;
    for number in 0..timeline.len() {
        let entry = timeline.get(number).map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
        out.moment(&entry.moment)?;
        out.terminal(entry.terminal.get(entry.terminal.len() - entry.shown..).unwrap_or_default())?;
    }
    if let Some(flaw) = timeline.flaw() {
        // Whoever reads the lines has them; that there may have been more is no line of the schema.
        writeln!(io::stderr(), "pipescope: {}: {flaw}", path.display())?;
    }
    Ok(())
}
