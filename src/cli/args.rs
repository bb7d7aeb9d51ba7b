//! The command line: one definition per option, from which parser and help are made.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// See inter-process communication as the kernel holds it.
///
/// Launches real processes, lets you step them through pipe, fork, close, write and read, and draws after
/// every step what the kernel then holds: who has which end of which pipe, what waits in it, who is blocked
/// and why. Without a command it opens the first lesson.
#[derive(Debug, Parser)]
#[command(name = "pipescope", version, about, long_about, max_term_width = 100)]
pub struct Cli {
    /// What to do; without it the first lesson opens.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How the screen looks.
    #[command(flatten)]
    pub look: LookArgs,
    /// What a stage may do.
    #[command(flatten)]
    pub stage: StageArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the sandbox: one process, no script
    Lab(LabArgs),
    /// Open a lesson on the screen: by name, by number, or from a file of your own; or a script
    Lesson(LessonArgs),
    /// Open a run that was saved: look at every moment of it, back and forth, search it
    Open(OpenArgs),
    /// Name the lessons
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Play a lesson or a script without a terminal, and print what happened
    Play(PlayArgs),
    /// Render a whole lesson or script as an asciicast, without a terminal
    Record(RecordArgs),
    /// Write a still of the screen as SVG
    Shot(ShotArgs),
    /// Say why running processes hang: on what, who holds the other end, and which close would help
    Why(WhyArgs),
    /// Show who shares which pipe, socket, FIFO, message queue and memory with whom, both ends always
    Graph(GraphArgs),
    /// Pipes or sockets: try each way to talk on real processes, and compare what the kernel did
    Compare(CompareArgs),
    /// Run a program of your own, and tell every call on pipes, sockets and processes, and what the kernel then holds
    Trace(TraceArgs),
    /// Watch running processes and their pipes live, without touching them
    Watch {
        /// Processes by pid or by command name, with their descendants; without it everybody
        #[arg(value_name = "PID|NAME")]
        processes: Vec<String>,
    },
    /// Try what this machine allows, and say what each absence takes away
    Doctor {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// One trial of `doctor`, in a process that ends then
    #[command(hide = true)]
    Probe {
        /// Which
        what: String,
        /// On whom
        pid: Option<i32>,
    },
    /// What is kept of your lessons and answers, on this machine and nowhere else
    Results {
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Forget all of it
        #[arg(long, conflicts_with = "json")]
        delete: bool,
    },
    /// Print a script, as `S` saves it, as a lesson file to add the sentences to
    Draft {
        /// A script in the notation, or - for standard input
        source: String,
    },
    /// Write a lesson file to begin with, with a remark at each line
    New {
        /// The lesson's name: small letters, digits and -
        name: String,
    },
    /// Say everything that is wrong in lesson files, and play them on the kernel
    Check {
        /// Lesson files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// How the screen looks.
#[derive(Debug, Clone, Args)]
pub struct LookArgs {
    /// Colours: auto asks the terminal whether it is light or dark; NO_COLOR means plain
    #[arg(long, global = true, value_name = "NAME", default_value = "auto")]
    pub theme: ThemeArg,
    /// Draw with plain ASCII only (also when the locale is not UTF-8)
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Nothing moves by itself: bytes on their way are only told of
    #[arg(long, global = true)]
    pub no_motion: bool,
}

/// The themes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ThemeArg {
    /// Light or dark, as the terminal is
    Auto,
    /// For dark backgrounds
    Dark,
    /// For light backgrounds
    Light,
    /// High contrast
    Contrast,
    /// Colours that colour-blind people tell apart
    OkabeIto,
    /// No colours
    Plain,
}

/// What a stage may do.
#[derive(Debug, Clone, Copy, Args)]
pub struct StageArgs {
    /// Let exec run any program, not only: cat ls wc head sort yes true echo sleep tr grep
    #[arg(long, global = true)]
    pub allow_exec: bool,
    /// Let open, mkfifo and unlink reach files outside the stage's own folder
    #[arg(long, global = true)]
    pub allow_files: bool,
    /// Let sockets reach beyond this machine's loopback and the stage's own UNIX sockets
    #[arg(long, global = true)]
    pub allow_network: bool,
}

/// Options of `lab`.
#[derive(Debug, Default, Args)]
pub struct LabArgs {
    /// Write an asciicast of the session to FILE while you use it
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Overwrite that FILE where it is there already
    #[arg(long, requires = "record")]
    pub force: bool,
}

/// Options of `lesson`.
#[derive(Debug, Default, Args)]
pub struct LessonArgs {
    /// A lesson's name or number, a lesson file (.toml), or a script in the notation; without it the first lesson
    pub name: Option<String>,
    /// Play a variant of it
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Write an asciicast of the session to FILE while you use it
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Overwrite that FILE where it is there already
    #[arg(long, requires = "record")]
    pub force: bool,
}

/// Options of `play`.
#[derive(Debug, Args)]
pub struct PlayArgs {
    /// A lesson's name or number, a lesson file (.toml), a script in the notation, or - for standard input
    pub source: String,
    /// Print JSON Lines
    #[arg(long)]
    pub json: bool,
    /// Stop after step N
    #[arg(long, value_name = "N")]
    pub until: Option<usize>,
    /// Keep the processes alive at the end, until standard input closes or a signal comes
    #[arg(long)]
    pub hold: bool,
    /// Play a variant of the lesson
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Number pids and inodes in order of appearance, so that two runs print the same
    #[arg(long)]
    pub stable: bool,
    /// Keep every moment in FILE, for `pipescope open`
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Overwrite that FILE where it is there already
    #[arg(long, requires = "save")]
    pub force: bool,
}

/// Options of `open`.
#[derive(Debug, Args)]
pub struct OpenArgs {
    /// A run, as `play --save` writes it
    pub file: PathBuf,
    /// Print its moments as JSON Lines
    #[arg(long)]
    pub json: bool,
    /// With --json: number pids and inodes in order of appearance
    #[arg(long, requires = "json")]
    pub stable: bool,
}

/// Options of `record`.
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// A lesson's name or number, a lesson file (.toml), a script in the notation, a saved run, or - for standard input
    #[arg(required_unless_present = "all")]
    pub source: Option<String>,
    /// Every lesson of the course, each as a cast of its own in the folder given by --output
    #[arg(long, conflicts_with_all = ["source", "variant"])]
    pub all: bool,
    /// The asciicast to write, or a picture that moves where the name ends in .svg; - is standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Version of the asciicast format
    #[arg(long, value_name = "2|3", default_value = "3", value_parser = clap::value_parser!(u8).range(2..=3))]
    pub cast_version: u8,
    /// Size of the screen
    #[arg(long, value_name = "COLSxROWS", default_value = "80x24", value_parser = size)]
    pub size: (u16, u16),
    /// Seconds a step is shown
    #[arg(long, value_name = "SECONDS", default_value_t = 2.5, value_parser = pace)]
    pub pace: f64,
    /// Record a variant of the lesson
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Overwrite FILE where it is there already
    #[arg(long)]
    pub force: bool,
}

/// Options of `shot`.
#[derive(Debug, Args)]
pub struct ShotArgs {
    /// A lesson's name or number, a lesson file (.toml), a script in the notation, a saved run, or - for standard input
    pub source: String,
    /// After which step; without it the last
    #[arg(long, value_name = "N")]
    pub step: Option<usize>,
    /// The SVG to write; - is standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Size of the screen
    #[arg(long, value_name = "COLSxROWS", default_value = "80x24", value_parser = size)]
    pub size: (u16, u16),
    /// Take a variant of the lesson
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Overwrite FILE where it is there already
    #[arg(long)]
    pub force: bool,
}

/// Options of `why`.
#[derive(Debug, Args)]
#[command(override_usage = "pipescope why [OPTIONS] <PID|NAME>...\n       pipescope why [OPTIONS] --all")]
pub struct WhyArgs {
    /// Processes by pid or by command name; their descendants are looked at too
    #[arg(value_name = "PID|NAME", required_unless_present = "all")]
    pub processes: Vec<String>,
    /// Every process of the machine; what waits in the ordinary way is counted only
    #[arg(long, conflicts_with = "processes")]
    pub all: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Show the bytes that wait in pipes too; a read end of each is open for some microseconds
    #[arg(long)]
    pub peek: bool,
    /// Do not look for the line of the source text that each call was made from
    #[arg(long)]
    pub no_source: bool,
}

/// Options of `graph`.
#[derive(Debug, Args)]
#[command(override_usage = "pipescope graph [OPTIONS] <PID|NAME>...\n       pipescope graph [OPTIONS] --all")]
pub struct GraphArgs {
    /// Processes by pid or by command name, with their descendants
    #[arg(value_name = "PID|NAME", required_unless_present = "all")]
    pub processes: Vec<String>,
    /// Every process of the machine
    #[arg(long, conflicts_with = "processes")]
    pub all: bool,
    /// As what
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: GraphFormat,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

/// Options of `trace`.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// The program and its arguments, after `--`
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
    /// Write the trace to FILE, and leave the program's output where it is; on standard output (-), what the program writes to
    /// its own goes to standard error
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Keep every moment in FILE, for `pipescope open`; without a screen and without --output nothing is printed then
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Overwrite FILE where it is there already
    #[arg(long)]
    pub force: bool,
    /// JSON Lines, as docs/json.md describes them
    #[arg(long)]
    pub json: bool,
    /// Calls on ordinary files and terminals too
    #[arg(long)]
    pub files: bool,
    /// Everything that is seen: the loader's calls, every signal, the search for programs
    #[arg(long)]
    pub all: bool,
    /// Run until this comes about: eof, blocked, epipe, exit, signal, error, program, a call by its name, fd=N, process=NAME,
    /// object=NAME, data="BYTES", or several of them at once; then it is held, without a screen ended
    #[arg(long, value_name = "WHAT")]
    pub until: Option<String>,
    /// Let it run at once, not held at its first call
    #[arg(long)]
    pub run: bool,
    /// Print the trace, also where there is a terminal to show it on
    #[arg(long)]
    pub no_screen: bool,
    /// End the program after so many steps; for a trace that is printed
    #[arg(long, value_name = "N")]
    pub max_steps: Option<usize>,
    /// Let the program use every processor; a call of interest then costs up to ten times as much
    #[arg(long)]
    pub no_pin: bool,
    /// Without a seccomp filter: every call stops the program twice, also those that are of no interest, so it runs much slower;
    /// but it can live on when the trace ends, and it can be traced where no filter may be put on
    #[arg(long)]
    pub no_filter: bool,
    /// Do not look for the line of the source text that each call is made from
    #[arg(long)]
    pub no_source: bool,
}

/// The forms of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For a person, 80 columns
    Text,
    /// One `world` of docs/json.md
    Json,
    /// For Graphviz
    Dot,
    /// A Mermaid flowchart
    Mermaid,
    /// A picture
    Svg,
}

/// Options of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Print the table, without a terminal
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<TableFormat>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Print the calls that answer one question, as a script for `play`: pipe/end, tcp/gone
    #[arg(long, value_name = "WAY/QUESTION", conflicts_with_all = ["format", "json"])]
    pub script: Option<String>,
}

/// The forms of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// For a person, 80 columns
    Text,
    /// One object a line
    Json,
    /// For a page
    Markdown,
}

/// `80x24`: columns and rows, each from 20x6 to 500x200.
fn size(text: &str) -> Result<(u16, u16), String> {
    let wrong = || format!("`{text}` is no size: say columns x rows, as in 80x24");
    let (cols, rows) = text.split_once(['x', 'X']).ok_or_else(wrong)?;
    let cols: u16 = cols.trim().parse().map_err(|_| wrong())?;
    let rows: u16 = rows.trim().parse().map_err(|_| wrong())?;
    if !(20..=500).contains(&cols) || !(6..=200).contains(&rows) {
        return Err(format!("{cols}x{rows} is out of range: 20 to 500 columns, 6 to 200 rows"));
    }
    Ok((cols, rows))
}

/// Seconds, from a tenth to ten minutes.
fn pace(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is no number of seconds"))?;
    if !(0.1..=600.0).contains(&seconds) {
        return Err(format!("{seconds} is out of range: 0.1 to 600 seconds"));
    }
    Ok(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes() {
        let table = [
            ("80x24", Some((80, 24))),
            ("120X36", Some((120, 36))),
            ("80", None),
            ("0x0", None),
            ("x", None),
            ("80x-1", None),
            ("99999x24", None),
            ("19x24", None),
        ];
        for (text, wanted) in table {
            assert_eq!(size(text).ok(), wanted, "{text}");
        }
    }

    #[test]
    fn paces() {
        for (text, good) in [("2.5", true), ("0.1", true), ("0", false), ("nan", false), ("inf", false), ("-1", false)]
        {
            assert_eq!(pace(text).is_ok(), good, "{text}");
        }
    }
}
