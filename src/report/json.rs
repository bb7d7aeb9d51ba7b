//! JSON Lines, schema 1; `docs/json.md` says what each field means.

mod convert;
mod kept;
mod machine;
mod memory;
mod shape;
mod socket;
mod survey;
mod system_v;

use super::Stable;
use crate::engine::Moment;
use crate::notation::escape;
use crate::survey::{Machine, Picture};
use crate::world::World;
use kept::Kept;
use serde::Serialize;
use std::io::{self, Write};

/// The version of the schema.
const SCHEMA: u32 = 1;

/// Writes a session as one JSON object a line, each line flushed at once.
#[derive(Debug)]
pub struct JsonLines<W> {
    out: W,
    stable: Option<Stable>,
    kept: Kept,
    line: Vec<u8>,
}

impl<W: Write> JsonLines<W> {
    /// Write to `out`; with `stable`, what differs from run to run is made the same.
    pub fn new(out: W, stable: Option<Stable>) -> JsonLines<W> {
        JsonLines { out, stable, kept: Kept::default(), line: Vec::new() }
    }

    /// What it writes to.
    pub fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// The first line: what is played, and where it comes from (a lesson's name, a file).
    ///
    /// # Errors
    /// What writing to the output met, here and in the other methods.
    pub fn session(&mut self, title: &str, source: &str) -> io::Result<()> {
        self.line(&shape::Session { r#type: "session", schema: SCHEMA, title, source })
    }

    /// A moment.
    pub fn moment(&mut self, moment: &Moment) -> io::Result<()> {
        let masked = self.stable.as_mut().map(|stable| stable.moment(moment));
        self.line.clear();
        self.kept.moment(masked.as_ref().unwrap_or(moment), &mut self.line)?;
        self.send()
    }

    /// What the stage's terminal has shown since the line before.
    pub fn terminal(&mut self, shown: &[u8]) -> io::Result<()> {
        if shown.is_empty() {
            return Ok(());
        }
        let (last, text_cut) = super::last_of(shown);
        let text = escape(&last, usize::MAX).0;
        self.line(&shape::TerminalLine { r#type: "terminal", text, text_cut })
    }

    /// A world alone.
    pub fn world(&mut self, world: &World) -> io::Result<()> {
        let masked = self.stable.as_mut().map(|stable| stable.world(world));
        let world = masked.as_ref().unwrap_or(world);
        self.line(&shape::WorldLine { r#type: "world", schema: SCHEMA, world: convert::world(world) })
    }

    /// A picture of the machine, as a world.
    pub fn graph(&mut self, machine: &Machine, picture: &Picture<'_>) -> io::Result<()> {
        self.line(&survey::graph(machine, picture, SCHEMA))
    }

    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, value)?;
        self.send()
    }

    fn send(&mut self) -> io::Result<()> {
        self.line.push(b'\n');
        // In one piece, so that a reader never sees half a line of a session that was killed.
        self.out.write_all(&self.line)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests;
