//! Completion at the prompt: what may stand where the cursor is.

mod socket;

use super::calls::{Argument, CALLS, CallSpec, call_spec};
use super::{STAGE, names};
use crate::world::{FdNumber, MapName, ProcName};
use std::ops::Range;

#[cfg(test)]
mod tests;

/// What completion knows of the stage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The living processes and their descriptors.
    pub processes: Vec<(ProcName, Vec<FdNumber>)>,
    /// Their mappings.
    pub mappings: Vec<(ProcName, Vec<MapName>)>,
    /// Who makes a call that names no process.
    pub default: Option<ProcName>,
}

/// What may stand at the cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completions {
    /// The bytes that a candidate takes the place of: the word that ends at the cursor, perhaps empty.
    pub replace: Range<usize>,
    /// What can stand there, the likeliest first.
    pub candidates: Vec<Candidate>,
    /// The call that the cursor is in, as [`CallSpec::signature`] has it.
    pub signature: Option<&'static str>,
    /// Which argument of it the cursor is in, from 0.
    pub argument: usize,
}

/// One thing that can stand at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The text to put there.
    pub text: String,
    /// What it is, in a few words.
    pub hint: String,
}

impl Candidate {
    fn new(text: impl Into<String>, hint: impl Into<String>) -> Candidate {
        Candidate { text: text.into(), hint: hint.into() }
    }
}

/// Complete `text` at byte `cursor` (the nearest character before it where it is within one).
///
/// Candidates begin with what stands before the cursor. Within quotes and comments there are none.
pub fn complete(text: &str, cursor: usize, context: &Context) -> Completions {
    let end = (0..=cursor.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let before = text.get(..end).unwrap_or_default();
    let place = Place::find(before);
    let word_length: usize = before.chars().rev().take_while(|c| is_word(*c)).map(char::len_utf8).sum();
    let replace = end - word_length..end;
    let word = before.get(replace.clone()).unwrap_or_default();
    let Place { subject, call, .. } = &place;
    let spec = call.and_then(call_spec);
    let mut candidates = match (place.quoted, call) {
        (true, _) => Vec::new(),
        (false, None) => start_of_line(word, *subject, context),
        (false, Some(_)) => {
            let process = subject.or(context.default.as_deref());
            spec.map(|spec| argument(spec, &place, word, process, context)).unwrap_or_default()
        }
    };
    candidates.retain(|candidate| candidate.text.starts_with(word) && candidate.text != word);
    Completions { replace, candidates, signature: spec.map(|spec| spec.signature), argument: place.argument }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

/// Where in a line the cursor is.
#[derive(Debug, Default)]
struct Place<'a> {
    /// The process named before a colon.
    subject: Option<&'a str>,
    /// The call whose parenthesis is open.
    call: Option<&'a str>,
    /// The argument of it, from 0.
    argument: usize,
    /// The text of the arguments so far.
    arguments: &'a str,
    /// Within quotes or a comment, or behind the call.
    quoted: bool,
}

impl<'a> Place<'a> {
    fn find(before: &'a str) -> Place<'a> {
        let mut place = Place::default();
        let (mut brackets, mut parentheses, mut chars) = (0_usize, 0_usize, before.char_indices());
        let mut start = 0;
        while let Some((at, c)) = chars.next() {
            match c {
                '#' => place.quoted = true,
                '"' => {
                    place.quoted = true;
                    // To the closing quote, past what a backslash escapes.
                    while let Some((_, c)) = chars.next() {
                        match c {
                            '\\' => drop(chars.next()),
                            '"' => {
                                place.quoted = false;
                                break;
                            }
                            _ => {}
                        }
                    }
                }
                ':' if place.call.is_none() && place.subject.is_none() => {
                    place.subject = before.get(start..at).map(str::trim);
                    start = at + 1;
                }
                '(' if place.call.is_none() => {
                    place.call = before.get(start..at).map(str::trim);
                    place.arguments = before.get(at + 1..).unwrap_or_default();
                }
                '(' => parentheses += 1,
                ')' if parentheses > 0 => parentheses -= 1,
                '[' => brackets += 1,
                ']' => brackets = brackets.saturating_sub(1),
                ',' if brackets == 0 && place.call.is_some() => place.argument += 1,
                ')' if place.call.is_some() => place.quoted = true,
                _ => {}
            }
            if place.quoted {
                break;
            }
        }
        place
    }
}

/// A call, or before it the process that makes it.
fn start_of_line(word: &str, subject: Option<&str>, context: &Context) -> Vec<Candidate> {
    let starts = |spec: &&CallSpec| matches!(spec.name, "start" | "type") == (subject == Some(STAGE));
    let known = subject.is_some() || context.default.is_some();
    let calls = CALLS.iter().filter(starts).filter(|_| known).map(|spec| {
        let text = if spec.arguments.is_empty() { format!("{}()", spec.name) } else { format!("{}(", spec.name) };
        Candidate::new(text, format!("{}  {}", spec.signature, spec.summary))
    });
    let mut candidates: Vec<Candidate> = Vec::new();
    if subject.is_none() {
        let processes = context.processes.iter().map(|(name, _)| Candidate::new(format!("{name}: "), "a process"));
        let stage = Candidate::new(format!("{STAGE}: start("), "begin a process that is no relation of the others");
        candidates.extend(processes.chain([stage]));
    }
    // Where nothing has been typed, a process or a call: the calls are what is wanted of a default process.
    if word.is_empty() && context.default.is_some() {
        calls.chain(candidates).collect()
    } else {
        candidates.extend(calls);
        candidates
    }
}

/// What can stand at one place between the parentheses.
fn argument(
    spec: &CallSpec,
    place: &Place<'_>,
    word: &str,
    process: Option<&str>,
    context: &Context,
) -> Vec<Candidate> {
    let Some(kind) = spec.arguments.get(place.argument) else { return Vec::new() };
    match kind {
        Argument::Fd => descriptors(process, context),
        Argument::Flags => flags(place, ["O_CLOEXEC", "O_NONBLOCK", "O_DIRECT"].into_iter()),
        Argument::OpenFlags => flags(place, names::open_flag_names()),
        Argument::WaitOptions => flags(place, names::WAIT_OPTIONS.into_iter()),
        Argument::Fcntl => FCNTL.iter().map(|(name, hint)| Candidate::new(*name, *hint)).collect(),
        Argument::FcntlArgument => match place.arguments.split(',').nth(1).map(str::trim) {
            Some("F_SETFL") => flags(place, ["O_NONBLOCK", "O_APPEND", "O_DIRECT", "O_ASYNC"].into_iter()),
            Some("F_SETFD") => flags(place, ["FD_CLOEXEC"].into_iter()),
            _ => Vec::new(),
        },
        Argument::Signal => signals(),
        Argument::Mapping => mappings(process, context),
        Argument::MemfdFlags => flags(place, ["MFD_CLOEXEC", "MFD_ALLOW_SEALING"].into_iter()),
        Argument::Prot => flags(place, names::prot_names()),
        Argument::MapFlags => flags(place, names::MAP_FLAGS.into_iter()),
        Argument::Disposition => vec![
            Candidate::new("default", "what the signal does by itself (SIG_DFL)"),
            Candidate::new("ignore", "nothing (SIG_IGN)"),
        ],
        Argument::Process => targets(spec, process, context),
        Argument::CloneFlags => flags(place, names::CLONE_FLAGS.into_iter()),
        Argument::UpDown => vec![Candidate::new("up", "on"), Candidate::new("down", "off")],
        Argument::Stream => vec![Candidate::new("stdout", "C's standard output")],
        Argument::Buffering => vec![
            Candidate::new("_IONBF", "not buffered: written at once"),
            Candidate::new("_IOLBF", "line buffered: written at the end of a line"),
            Candidate::new("_IOFBF", "block buffered: written when the buffer is full"),
        ],
        Argument::Number | Argument::Data | Argument::Path | Argument::Mode | Argument::NewName | Argument::Argv => {
            Vec::new()
        }
        other => socket::argument(*other, place, word, process, context),
    }
}

const FCNTL: &[(&str, &str)] = &[
    ("F_GETFL", "the flags of the open file description"),
    ("F_SETFL", "set the flags of the open file description: O_NONBLOCK"),
    ("F_GETFD", "the flags of the descriptor"),
    ("F_SETFD", "set the flags of the descriptor: FD_CLOEXEC"),
    ("F_GETPIPE_SZ", "how many bytes the pipe can hold"),
    ("F_SETPIPE_SZ", "set how many bytes the pipe can hold"),
    ("F_DUPFD", "copy to the lowest free descriptor from a number on"),
    ("F_DUPFD_CLOEXEC", "as F_DUPFD, close-on-exec"),
];

fn descriptors(process: Option<&str>, context: &Context) -> Vec<Candidate> {
    let Some(process) = process else { return Vec::new() };
    let held = context.processes.iter().find(|(name, _)| name == process);
    let hint = format!("held by {process}");
    held.into_iter().flat_map(|(_, fds)| fds).map(|fd| Candidate::new(fd.to_string(), hint.clone())).collect()
}

fn mappings(process: Option<&str>, context: &Context) -> Vec<Candidate> {
    let own = context.mappings.iter().filter(|(name, _)| Some(name.as_str()) == process);
    own.flat_map(|(_, maps)| maps).map(|map| Candidate::new(map.to_string(), "a mapping")).collect()
}

/// Flags that are not there yet.
fn flags(place: &Place<'_>, names: impl Iterator<Item = &'static str>) -> Vec<Candidate> {
    let argument = place.arguments.rsplit(',').next().unwrap_or_default();
    // What is behind the last bar is being typed, and is no flag yet.
    let there: Vec<&str> = match argument.rsplit_once('|') {
        Some((there, _)) => there.split('|').map(str::trim).collect(),
        None => Vec::new(),
    };
    names.filter(|name| !there.contains(name)).map(|name| Candidate::new(name, "flag")).collect()
}

/// Those of the course first.
fn signals() -> Vec<Candidate> {
    let first = ["SIGTERM", "SIGKILL", "SIGPIPE", "SIGINT", "SIGSTOP", "SIGCONT"];
    let rest = names::signal_names().filter(|name| !first.contains(name));
    let number = |name| names::signal_number(name).map(|n| format!("signal {n}")).unwrap_or_default();
    first.into_iter().chain(rest).map(|name| Candidate::new(name, number(name))).collect()
}

fn targets(spec: &CallSpec, process: Option<&str>, context: &Context) -> Vec<Candidate> {
    let others = context.processes.iter().filter(|(name, _)| Some(name.as_str()) != process);
    let mut targets: Vec<Candidate> = others.map(|(name, _)| Candidate::new(name.clone(), "a process")).collect();
    match (spec.name, process) {
        ("waitpid", _) => targets.push(Candidate::new("-1", "any child")),
        (_, Some(itself)) => targets.push(Candidate::new(itself, "itself")),
        _ => {}
    }
    targets
}
