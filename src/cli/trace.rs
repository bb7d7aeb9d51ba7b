//! `trace`: any program, followed call by call.

use super::args::TraceArgs;
use super::{Failure, save};
use crate::engine::Moment;
use crate::notation::{CALLS, Outcome, nearest};
use crate::report::{JsonLines, Style, Transcript};
use crate::trace::{self, Ended, Interest, Options, Output, TraceError};
use crate::world::Death;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;

/// Where the moments are written.
enum Report {
    Text(Transcript<Box<dyn Write>>),
    Json(JsonLines<Box<dyn Write>>),
    /// Nowhere: it is kept alone.
    Nothing,
}

impl Report {
    fn open(args: &TraceArgs, ascii: bool) -> Result<Report, Failure> {
        if args.output.is_none() && args.save.is_some() {
            return Ok(Report::Nothing);
        }
        let out: Box<dyn Write> = match &args.output {
            Some(path) if path != Path::new("-") => {
                Box::new(BufWriter::with_capacity(1 << 16, create(path, args.force)?))
            }
            _ => Box::new(io::stdout().lock()),
        };
        Ok(match args.json {
            true => Report::Json(JsonLines::new(out, None)),
            false => Report::Text(Transcript::new(out, Style { ascii }, None)),
        })
    }

    fn session(&mut self, title: &str) -> io::Result<()> {
        match self {
            Report::Nothing => Ok(()),
            Report::Text(out) => out.session(title, "traced"),
            Report::Json(out) => out.session(title, "traced"),
        }
    }

    fn moment(&mut self, moment: &Moment) -> io::Result<()> {
        match self {
            Report::Nothing => Ok(()),
            Report::Text(out) => out.moment(moment),
            Report::Json(out) => out.moment(moment),
        }
    }
}

fn create(path: &Path, force: bool) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.write(true);
    match force {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Failure::usage(format!("{} is there already; --force overwrites it", path.display()))
        }
        _ => Failure::failed(format!("{} cannot be written: {}", path.display(), super::source::plain(&error))),
    })
}

/// What ends a trace before its program does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Until {
    Blocked,
    Eof,
    Epipe,
    Exit,
    Call(String),
}

impl Until {
    /// Errors: no call is called so.
    fn of(word: &str) -> Result<Until, Failure> {
        Ok(match word {
            "blocked" => Until::Blocked,
            "eof" => Until::Eof,
            "epipe" => Until::Epipe,
            "exit" => Until::Exit,
            call if syscalls::Sysno::iter().any(|known| known.name() == call)
                || CALLS.iter().any(|known| known.name == call) =>
            {
                Until::Call(call.to_owned())
            }
            other => {
                let near = nearest(other, CALLS.iter().map(|c| c.name).chain(["blocked", "eof", "epipe", "exit"]));
                let help = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                return Err(Failure::usage(format!("--until: there is no call {other}{help}")));
            }
        })
    }

    fn reached(&self, moment: &Moment) -> bool {
        moment.own.iter().chain(&moment.resumed).any(|done| match self {
            Until::Blocked => matches!(done.outcome, Outcome::Blocked(_)),
            Until::Eof => done.is_eof(),
            Until::Epipe => matches!(done.outcome, Outcome::Error(libc::EPIPE) | Outcome::Signal(libc::SIGPIPE, _)),
            Until::Exit => matches!(done.outcome, Outcome::Died(_)),
            Until::Call(name) => done.call.as_ref().is_some_and(|call| call.name() == name),
        })
    }
}

/// Trace it. The exit status of the program is handed on; 128 and the number of a signal that killed it.
pub fn run(args: &TraceArgs, ascii: bool) -> Result<(), Failure> {
    let until = args.until.as_deref().map(Until::of).transpose()?;
    let mut report = Report::open(args, ascii)?;
    let title: Vec<String> = args.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    report.session(&title.join(" "))?;
    let mut save = args.save.as_deref().map(|path| save::of_command(path, args.force, &title.join(" "))).transpose()?;
    let options = Options {
        command: args.command.clone(),
        interest: Interest { files: args.files, all: args.all },
        // Where the trace is on standard output, nothing else is.
        output: match &report {
            Report::Nothing => Output::Inherited,
            _ if args.output.as_deref().is_none_or(|path| path == Path::new("-")) => Output::ToError,
            _ => Output::Inherited,
        },
        pin: !args.no_pin,
    };
    let (mut wrong, mut met) = (None, false);
    let ended = trace::run(&options, &mut |moment| {
        let kept = save.as_mut().map_or(Ok(()), |save| save.traced(moment));
        if let Err(failure) = report.moment(moment).map_err(Failure::from).and(kept) {
            wrong = Some(failure);
            return ControlFlow::Break(());
        }
        met = until.as_ref().is_some_and(|until| until.reached(moment));
        let enough = met || args.max_steps.is_some_and(|most| moment.step >= most);
        if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    drop(report);
    let saved = save.map_or(Ok(()), |mut save| save.finish());
    let ended = ended.map_err(|error| match error {
        TraceError::Program(why) => Failure { text: why, code: 127 },
        TraceError::Refused(why) => Failure::failed(why),
    })?;
    if let Some(failure) = wrong {
        return Err(failure);
    }
    saved?;
    hand_on(ended, until.is_some() && !met)
}

/// The exit code that says how the program ended.
fn hand_on(ended: Ended, missed: bool) -> Result<(), Failure> {
    let quiet = |code: i32| match u8::try_from(code) {
        Ok(0) => Ok(()),
        other => Err(Failure { text: String::new(), code: other.unwrap_or(1) }),
    };
    if missed && matches!(ended, Ended::Program(_)) {
        let _ = writeln!(io::stderr(), "pipescope: the program ended before that was reached");
    }
    match ended {
        Ended::Program(Death::Exited(code)) => quiet(code),
        Ended::Program(Death::Killed(signal)) | Ended::Signal(signal) => quiet(128 + signal),
        Ended::Program(Death::Unknown) => Err(Failure::failed("nobody could read how the program ended")),
        Ended::Enough => {
            let _ = writeln!(io::stderr(), "pipescope: the trace ends here, and with it the program");
            Ok(())
        }
    }
}
