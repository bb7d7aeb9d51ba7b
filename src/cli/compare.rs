//! `compare`: pipes or sockets, each tried on the kernel.

use super::Failure;
use super::args::{CompareArgs, LookArgs, TableFormat};
use super::look;
use crate::app;
use crate::engine::compare::{Aspect, Cell, Way, prove};
use crate::report;
use crate::stage::Options;
use std::io::{BufWriter, IsTerminal, Write};

/// Print the table, or one cell's script, or show the table on the terminal.
pub fn run(args: &CompareArgs, look: &LookArgs, options: Options) -> Result<(), Failure> {
    if let Some(name) = &args.script {
        return script(name, &options);
    }
    match if args.json { Some(TableFormat::Json) } else { args.format } {
        Some(format) => print(format, look.ascii || !look::utf8_locale(), &options),
        None => screen(look, options),
    }
}

fn screen(look: &LookArgs, options: Options) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Failure::usage(
            "this needs a terminal; without one, `pipescope compare --format text` prints the table",
        ));
    }
    let (end, report) = app::compare(look::for_terminal(look), options)
        .map_err(|error| Failure::failed(format!("the terminal failed: {error}")))?;
    if let Some(report) = report {
        // A terminal that is gone can be told nothing.
        let _ = writeln!(std::io::stderr(), "{report}");
    }
    super::screen::ended(end)
}

fn print(format: TableFormat, ascii: bool, options: &Options) -> Result<(), Failure> {
    let cells: Vec<Cell> =
        Aspect::ALL.iter().flat_map(|aspect| Way::ALL.map(|way| prove(way, *aspect, options))).collect();
    if let Some(Err(why)) = cells.iter().map(|cell| &cell.answer).find(|_| cells.iter().all(|c| c.answer.is_err())) {
        return Err(Failure::failed(format!("nothing can be tried on this machine: {why}")));
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    match format {
        TableFormat::Text => report::compare_text(&mut out, &cells, ascii)?,
        TableFormat::Json => report::compare_json(&mut out, &cells)?,
        TableFormat::Markdown => report::compare_markdown(&mut out, &cells)?,
    }
    Ok(out.flush()?)
}

/// The calls behind a cell, which `play` understands.
fn script(name: &str, options: &Options) -> Result<(), Failure> {
    let (way, aspect) = name.split_once('/').unwrap_or((name, ""));
    let found =
        Way::ALL.into_iter().find(|w| w.slug() == way).zip(Aspect::ALL.into_iter().find(|a| a.slug() == aspect));
    let Some((way, aspect)) = found else {
        let (ways, aspects) = (Way::ALL.map(Way::slug).join(", "), Aspect::ALL.map(Aspect::slug).join(", "));
        return Err(Failure::usage(format!(
            "there is no `{name}`: say WAY/QUESTION, as in pipe/end\nways: {ways}\nquestions: {aspects}"
        )));
    };
    let cell = prove(way, aspect, options);
    let mut out = std::io::stdout().lock();
    writeln!(out, "# {}: {}", way.name(), aspect.question())?;
    cell.script.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    match &cell.answer {
        Ok(answer) => Ok(writeln!(out, "# {}\n# {}", cell.happened, answer.text)?),
        Err(why) => Err(Failure::failed(why.clone())),
    }
}
