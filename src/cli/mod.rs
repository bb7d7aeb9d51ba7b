//! The command line: parse, dispatch, exit codes. 2 for misuse, 1 for failure.

mod ahead;
mod args;
mod check;
mod compare;
mod doctor;
mod draft;
mod film;
mod graph;
mod left;
mod lessons;
mod look;
mod new;
mod open;
mod play;
mod record;
mod results;
mod save;
mod saved;
mod screen;
mod source;
mod trace;
mod watch;
mod why;

pub use args::Cli;

use crate::app::STAGE_TERMINAL;
use crate::stage::Options;
use args::{Command, LabArgs, LessonArgs, StageArgs};
use clap::{Arg, CommandFactory, FromArgMatches};
use source::Source;
use std::io::Write;
use std::process::ExitCode;

/// Why a command did not do what it was asked, and the exit code that says so.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong, with the place and the way out; empty where everything was said already.
    pub text: String,
    /// 1 for failure, 2 for misuse.
    pub code: u8,
    /// Nobody reads what we write: that ends us as it ends other tools, by SIGPIPE.
    pub unread: bool,
}

impl Failure {
    /// It was asked for wrongly.
    pub fn usage(text: impl Into<String>) -> Failure {
        Failure::with(text, 2)
    }

    /// It was asked for rightly, and failed.
    pub fn failed(text: impl Into<String>) -> Failure {
        Failure::with(text, 1)
    }

    /// With this code.
    pub fn with(text: impl Into<String>, code: u8) -> Failure {
        Failure { text: text.into(), code, unread: false }
    }

    /// Everything was said already; another's exit code perhaps.
    pub fn quiet(code: u8) -> Failure {
        Failure::with("", code)
    }
}

impl From<crate::stage::StageError> for Failure {
    fn from(error: crate::stage::StageError) -> Failure {
        Failure::failed(error.to_string())
    }
}

/// Tell the person who started us: in one piece, for others write there too.
fn say(text: &str) {
    // Where even standard error is gone there is nobody left to tell.
    let _ = std::io::stderr().write_all(format!("pipescope: {text}\n").as_bytes());
}

/// The exit code that a shell shows of who was ended by SIGPIPE.
const NOBODY_READS: u8 = 128 + 13;

/// A reader that has gone away is no failure worth a message: the shell's own tools are silent then too.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Failure { unread: true, ..Failure::quiet(NOBODY_READS) };
        }
        Failure::failed(format!("output cannot be written: {}", source::plain(&error)))
    }
}

/// Run the command that this process was started with.
pub fn run() -> ExitCode {
    let cli = parsed();
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.text.is_empty() {
                let text = safe(&failure.text);
                say(&text);
            }
            if failure.unread {
                // All is cleared away by now: end as they do, by the signal that Rust's programs ignore.
                let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGPIPE);
            }
            ExitCode::from(failure.code)
        }
    }
}

/// The command line. What a stage may do is no question of `trace`, which has none: its help leaves that away.
fn parsed() -> Cli {
    let mut command = Cli::command();
    // Options that hold for every command are handed on to each here.
    command.build();
    let of_stage = ["allow_exec", "allow_files", "allow_network"];
    let hidden = |arg: Arg| if of_stage.contains(&arg.get_id().as_str()) { arg.hide(true) } else { arg };
    let command = command.mut_subcommand("trace", |trace| trace.mut_args(hidden));
    Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

fn dispatch(cli: Cli) -> Result<(), Failure> {
    let options = |rows_cols| stage_options(&cli.stage, rows_cols);
    match cli.command.unwrap_or(Command::Lesson(LessonArgs::default())) {
        Command::Lab(LabArgs { record, force }) => {
            screen::run(Source::lab(), &cli.look, options(STAGE_TERMINAL), record.map(|path| (path, force)))
        }
        Command::Lesson(LessonArgs { name, variant, record, force }) => {
            let name = name.unwrap_or_else(|| "one-pipe".into());
            let source = Source::find_for_screen(&name, variant.as_deref())?;
            screen::run(source, &cli.look, options(STAGE_TERMINAL), record.map(|path| (path, force)))
        }
        Command::List { json } => lessons::list(json),
        Command::Play(args) => play::play(&args, cli.look.ascii, options(STAGE_TERMINAL)),
        Command::Open(args) => open::run(&args, &cli.look),
        Command::Record(args) => record::record(&args, &cli.look, &options(STAGE_TERMINAL)),
        Command::Shot(args) => record::shot(&args, &cli.look, options(STAGE_TERMINAL)),
        Command::Graph(args) => graph::run(&args),
        Command::Compare(args) => compare::run(&args, &cli.look, options(STAGE_TERMINAL)),
        Command::Doctor { json } => doctor::run(json),
        Command::Probe { what, pid } => match crate::survey::doctor::probe(&what, pid) {
            0 => Ok(()),
            code => Err(Failure::quiet(code)),
        },
        Command::Watch { processes } => watch::run(processes, &cli.look),
        Command::Trace(args) => trace::run(&args, &cli.look),
        Command::Why(args) => why::run(&args),
        Command::Draft { source } => draft::draft(&source),
        Command::New { name } => new::new(&name),
        Command::Results { json, delete } => results::results(json, delete),
        Command::Check { files } => check::check(&files, &options(STAGE_TERMINAL)),
    }
}

fn stage_options(args: &StageArgs, terminal: (u16, u16)) -> Options {
    Options {
        allow_exec: args.allow_exec,
        allow_files: args.allow_files,
        allow_network: args.allow_network,
        terminal,
        warden: None,
    }
}

/// What a file's author chose reaches the terminal only as text.
fn safe(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}
