//! `watch`: running processes and their pipes, live on the terminal.

use super::args::LookArgs;
use super::{Failure, look};
use crate::app;
use crate::survey::{Asked, Machine};
use std::io::IsTerminal;

/// Watch these processes, or all.
pub fn run(words: Vec<String>, args: &LookArgs) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Failure::usage("this needs a terminal; without one, `pipescope graph` and `pipescope why` print"));
    }
    let machine = Machine::read().map_err(Failure::failed)?;
    Asked::parse(&machine, &words).map_err(|error| Failure::usage(error.to_string()))?;
    let ui = look::for_terminal(args);
    match app::watch(words, ui.theme, ui.glyphs) {
        Ok(end) => super::screen::ended(end),
        Err(error) => Err(Failure::failed(format!("the terminal failed: {error}"))),
    }
}
