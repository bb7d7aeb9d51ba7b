//! `trace`: any program, followed call by call.

use super::ahead::Ahead;
use super::args::{LookArgs, TraceArgs};
use super::left::Left;
use super::{Failure, look, save};
use crate::app::{self, End, Growing, Live, NotShown, Shown, Start};
use crate::engine::{Cause, Moment};
use crate::report::{JsonLines, Style, Transcript};
use crate::trace::{self, Ended, Interest, Options, Output, TraceError, Until};
use crate::world::Death;
use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;
use std::sync::PoisonError;

/// Where the moments are written.
enum Report {
    Text(Transcript<Out>),
    Json(JsonLines<Out>),
    /// Nowhere: it is kept alone.
    Nothing,
}

/// Standard output or a file, written to by the moment or by the lot.
enum Out {
    Moments(Box<dyn Write + Send>),
    Lots(BufWriter<File>),
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Out::Moments(out) => out.write(bytes),
            Out::Lots(out) => out.write(bytes),
        }
    }

    /// What is written by the lot waits for [`Report::write_out`].
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Out::Moments(out) => out.flush(),
            Out::Lots(_) => Ok(()),
        }
    }
}

impl Report {
    /// `lots`: a file is written to many moments at a time.
    fn open(args: &TraceArgs, ascii: bool, lots: bool) -> Result<Report, Failure> {
        if args.output.is_none() && args.save.is_some() {
            return Ok(Report::Nothing);
        }
        let out = match &args.output {
            Some(path) if path != Path::new("-") => {
                let file = BufWriter::new(create(path, args.force)?);
                if lots { Out::Lots(file) } else { Out::Moments(Box::new(file)) }
            }
            _ => Out::Moments(Box::new(BufWriter::new(io::stdout()))),
        };
        Ok(match args.json {
            true => Report::Json(JsonLines::new(out, None)),
            false => Report::Text(Transcript::new(out, Style { ascii }, None)),
        })
    }

    /// Write what waits to be written.
    fn write_out(&mut self) -> io::Result<()> {
        let out = match self {
            Report::Text(out) => out.out(),
            Report::Json(out) => out.out(),
            Report::Nothing => return Ok(()),
        };
        match out {
            Out::Moments(out) => out.flush(),
            Out::Lots(out) => out.flush(),
        }
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

/// Trace it, on the screen where there is one. The exit status of the program is handed on; 128 and the number of a signal that
/// killed it.
///
/// # Errors
/// Usage, a program that cannot be started or traced, and how the program itself failed.
pub fn run(args: &TraceArgs, look: &LookArgs) -> Result<(), Failure> {
    let printed = args.no_screen || args.json || args.output.is_some() || args.max_steps.is_some();
    if !printed && io::stdin().is_terminal() && io::stdout().is_terminal() {
        return show(args, look);
    }
    if args.run {
        return Err(Failure::usage(
            "--run is for the screen: a trace that is printed runs at once anyway, so leave it away",
        ));
    }
    print(args, look.ascii)
}

fn title(args: &TraceArgs) -> String {
    let words: Vec<_> = args.command.iter().map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

fn until(args: &TraceArgs) -> Result<Option<Until>, Failure> {
    let until = args.until.as_deref().map(Until::parse).transpose();
    until.map_err(|why| Failure::usage(format!("--until: {why}")))
}

/// The exit code of a program that is there and cannot be run, as shells have it.
const NOT_RUN: u8 = 126;

/// As shells have it: 127 where there is no such program, 126 where there is and it cannot be run.
fn not_traced(args: &TraceArgs, error: TraceError) -> Failure {
    let there = args.command.first().map(Path::new).is_some_and(|path| path.components().count() > 1 && path.exists());
    match error {
        TraceError::Program(why) => Failure::with(why, if there { NOT_RUN } else { 127 }),
        TraceError::Refused(why) => Failure::failed(why),
    }
}

/// On the screen, held at its first call.
fn show(args: &TraceArgs, look: &LookArgs) -> Result<(), Failure> {
    let begin = match until(args)? {
        Some(until) => Some(Some(until)),
        None => args.run.then_some(None),
    };
    let newest = Newest::default();
    let shown = app::view_trace(start(args, Rc::clone(&newest))?, look::for_terminal(look), begin);
    let written = match (&args.save, newest.borrow().as_ref()) {
        (Some(path), Some((run, _))) => {
            run.lock().unwrap_or_else(PoisonError::into_inner).finish().map_err(|error| save::unwritten(path, &error))
        }
        _ => Ok(()),
    };
    let Shown { end, ended, death, unrun } = shown.map_err(|not_shown| match not_shown {
        NotShown::Trace(error) => not_traced(args, error),
        other => Failure::failed(other.to_string()),
    })?;
    written?;
    if !matches!(ended, Ended::Left(_))
        && let Some((run, _)) = newest.borrow().as_ref()
    {
        Left::of(&run.lock().unwrap_or_else(PoisonError::into_inner)).tell();
    }
    match (end, ended) {
        (End::Signal(signal), _) => Err(Failure::quiet(u8::try_from(128 + signal).unwrap_or(1))),
        (End::TerminalGone, _) => Err(Failure::failed("the terminal is gone")),
        (End::Quit, _) if unrun.is_some() => Err(Failure::with(unrun.unwrap_or_default(), NOT_RUN)),
        // Whoever leaves knows that it ends the program; one that had ended before has its status.
        (End::Quit, Ended::Enough) => death.map_or(Ok(()), |death| hand_on(Ended::Program(death), false)),
        (End::Quit, Ended::Left(pid)) => {
            super::say(&format!("the program lives on, as process {pid}; what it writes to its terminal is lost"));
            Ok(())
        }
        (End::Quit, ended) => hand_on(ended, false),
    }
}

/// The run that was begun last, and what writes it ahead where it is to be saved.
type Newest = Rc<RefCell<Option<(Growing, Option<Ahead>)>>>;

/// What starts the program, each time into a run of its own; with `--save`, into the same file. `newest` is the last of them.
fn start(args: &TraceArgs, newest: Newest) -> Result<Start, Failure> {
    let (save, title, options) = (args.save.clone(), title(args), options(args, Output::Inherited));
    // A file that is there already is misuse, and is said before anything else.
    let mut first = Some(save::timeline(save.as_deref(), args.force, &title)?);
    Ok(Box::new(move || {
        // Nothing of the run before may be written to the file once it is begun anew.
        drop(newest.take());
        let timeline = match first.take() {
            Some(timeline) => timeline,
            None => save::timeline(save.as_deref(), true, &title).map_err(|f| TraceError::Refused(f.text))?,
        };
        let live = Live::start(options.clone(), timeline)?;
        let ahead = save.as_ref().map(|_| Ahead::of(live.run())).transpose();
        let ahead = ahead.map_err(|error| TraceError::Refused(format!("the run cannot be saved: {error}")))?;
        newest.replace(Some((live.run(), ahead)));
        Ok(live)
    }))
}

fn options(args: &TraceArgs, output: Output) -> Options {
    let interest = Interest { files: args.files, all: args.all };
    let (pin, source, filter) = (!args.no_pin, !args.no_source, !args.no_filter);
    Options { command: args.command.clone(), interest, output, folder: None, pin, source, filter, hand: None }
}

/// As text or JSON Lines.
fn print(args: &TraceArgs, ascii: bool) -> Result<(), Failure> {
    let until = until(args)?;
    let on_stdout = args.output.as_deref().is_none_or(|path| path == Path::new("-"));
    // Where nobody reads along and the program is ended at no step, it waits for none of what is made of its calls.
    let behind =
        until.is_none() && args.max_steps.is_none() && (!on_stdout || args.output.is_none() && args.save.is_some());
    let mut report = Report::open(args, ascii, behind)?;
    let title = title(args);
    let mut save = args.save.as_deref().map(|path| save::of_command(path, args.force, &title)).transpose()?;
    // Where the trace is on standard output, nothing else is.
    let output = match &report {
        Report::Nothing => Output::Inherited,
        _ if on_stdout => Output::ToError,
        _ => Output::Inherited,
    };
    let options = options(args, output);
    let unwritten = |error: io::Error| match &args.output {
        Some(path) if !on_stdout => save::unwritten(path, &error),
        _ => Failure::from(error),
    };
    let (mut wrong, mut met, mut refused, mut left) = (None, false, None, Left::default());
    let mut take = |moment: Option<&Moment>| {
        let written = match moment {
            Some(moment) => {
                left.follow(&moment.world);
                let kept = save.as_mut().map_or(Ok(()), |save| save.traced(moment));
                if moment.step == 1 {
                    refused = app::why_not_run(moment);
                }
                // Before there is a moment it may turn out that nothing can be traced.
                let begun = if moment.cause == Cause::Start { report.session(&title) } else { Ok(()) };
                begun.and_then(|()| report.moment(moment)).map_err(&unwritten).and(kept)
            }
            None => report.write_out().map_err(&unwritten),
        };
        if let Err(failure) = written {
            wrong = Some(failure);
            return ControlFlow::Break(());
        }
        met = until.as_ref().zip(moment).is_some_and(|(until, moment)| until.reached(moment));
        let enough = met || moment.zip(args.max_steps).is_some_and(|(moment, most)| moment.step >= most);
        if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let ended = match behind {
        true => trace::run_behind(&options, &mut take),
        false => trace::run(&options, &mut |moment| take(Some(moment))),
    };
    let written = report.write_out();
    let saved = save.map_or(Ok(()), |mut save| save.finish());
    let ended = ended.map_err(|error| not_traced(args, error))?;
    if let Ended::Left(pid) = ended {
        super::say(&format!("the trace ends here; the program goes on by itself, as process {pid}"));
    }
    if let Some(failure) = wrong {
        return Err(failure);
    }
    written.map_err(unwritten)?;
    saved?;
    if let Some(why) = refused {
        return Err(Failure::with(why, NOT_RUN));
    }
    // To a shell it is one job with us: it has an end when the program has.
    let ended = match ended {
        Ended::Left(pid) => trace::await_end(pid).map_or(ended, Ended::Program),
        ended => ended,
    };
    left.tell();
    hand_on(ended, until.is_some() && !met)
}

/// The exit code that says how the program ended.
fn hand_on(ended: Ended, missed: bool) -> Result<(), Failure> {
    let quiet = |code: i32| match u8::try_from(code) {
        Ok(0) => Ok(()),
        other => Err(Failure::quiet(other.unwrap_or(1))),
    };
    if missed && matches!(ended, Ended::Program(_)) {
        super::say("the program ended before that was reached");
    }
    match ended {
        Ended::Program(Death::Exited(code)) => quiet(code),
        Ended::Program(Death::Killed(signal)) | Ended::Signal(signal) => quiet(128 + signal),
        Ended::Program(Death::Unknown) => Err(Failure::failed("nobody could read how the program ended")),
        Ended::Left(_) => Ok(()),
        Ended::Enough => {
            super::say("the trace ends here, and with it the program");
            Ok(())
        }
    }
}
