//! `why`: who hangs, on what, and who holds the other end.

use super::Failure;
use super::args::WhyArgs;
use crate::engine::Source;
use crate::report;
use crate::survey::why::{Line, Options, why};
use crate::survey::{Asked, Machine};
use crate::trace::Sleepers;
use std::io::{BufWriter, Write};

/// So often the machine is read where something moves while it is looked at.
const READINGS: usize = 4;

/// Say why processes hang. Exit code 0 with findings, 1 with none.
pub fn run(args: &WhyArgs) -> Result<(), Failure> {
    let read = || Machine::read().map_err(Failure::failed);
    let machine = read()?;
    let asked = asked(&machine, &args.processes, args.all)?;
    if args.peek {
        let _ = writeln!(
            std::io::stderr(),
            "pipescope: --peek opens a read end of each pipe concerned for some microseconds and copies what waits (tee); \
             no byte is taken out"
        );
    }
    let options = Options { peek: args.peek, ..Options::default() };
    let mut found = why(&machine, &asked, options);
    for _ in 1..READINGS {
        if found.moved == 0 {
            break;
        }
        found = why(&read()?, &asked, options);
    }
    if !args.no_source {
        let mut sleepers = Sleepers::default();
        for finding in found.findings.iter_mut().filter(|f| !f.call.is_empty()) {
            finding.line = sleepers.at(finding.pid, finding.tid).map(line);
        }
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    match args.json {
        true => report::why_json(&mut out, &found)?,
        false => report::why_text(&mut out, &found, asked == Asked::All)?,
    }
    out.flush()?;
    match found.findings.is_empty() {
        true => Err(Failure::failed("")),
        false => Ok(()),
    }
}

fn line(source: Source) -> Line {
    let text = source.text().map(str::to_owned);
    Line { file: source.file, number: source.line, function: source.function, text }
}

/// Who is meant.
pub(super) fn asked(machine: &Machine, words: &[String], all: bool) -> Result<Asked, Failure> {
    match all {
        true => Ok(Asked::All),
        false => Asked::parse(machine, words).map_err(|error| Failure::usage(error.to_string())),
    }
}
