//! `graph`: who shares which pipe, socket, FIFO, queue and memory with whom.

use super::Failure;
use super::args::{GraphArgs, GraphFormat};
use super::why::asked;
use crate::report;
use crate::survey::{Machine, Picture};
use std::io::{BufWriter, Write};
use std::mem::ManuallyDrop;

/// Print the graph. Exit code 1 where nothing is shared.
pub fn run(args: &GraphArgs) -> Result<(), Failure> {
    // Of everybody most have sockets; one process may have none.
    let machine = if args.all { Machine::read_whole() } else { Machine::read() }.map_err(Failure::failed)?;
    // Tens of thousands of pieces: the system takes them all back at once, in a moment.
    let machine = ManuallyDrop::new(machine);
    let asked = asked(&machine, &args.processes, args.all)?;
    let mut picture = ManuallyDrop::new(Picture::of(&machine, &asked));
    let mut out = BufWriter::with_capacity(64 << 10, std::io::stdout().lock());
    let format = if args.json { GraphFormat::Json } else { args.format };
    if format != GraphFormat::Json {
        picture.fold(&asked);
    }
    match format {
        GraphFormat::Text => report::graph_text(&mut out, &machine, &picture)?,
        GraphFormat::Json => report::JsonLines::new(&mut out, None).graph(&machine, &picture)?,
        GraphFormat::Dot => out.write_all(report::graph_dot(&machine, &picture).as_bytes())?,
        GraphFormat::Mermaid => out.write_all(report::graph_mermaid(&machine, &picture).as_bytes())?,
        GraphFormat::Svg => out.write_all(report::graph_svg(&machine, &picture).as_bytes())?,
    }
    out.flush()?;
    match picture.things.is_empty() {
        true => Err(Failure::failed("")),
        false => Ok(()),
    }
}
