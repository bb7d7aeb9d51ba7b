//! Calls with their results, as strace prints them.

use super::super::{
    Call, Completion, Data, Detail, Fcntl, MemoryCall, Outcome, QueueCall, SocketDetail, StdioCall, errno_name,
    errno_text, fd_flags_name, flags_name, open_flags_name, signal_name,
};
use super::call::{arguments, octal, quoted};
use super::{escape, measure, memory, plain, socket};
use crate::world::{BlockedIn, Death, Pid};

/// Characters of data that a line shows, as strace does without `-s`.
const SHOWN: usize = 32;
/// Characters that it shows of one byte many times over: more of the same says nothing more.
const SHOWN_SAME: usize = 10;
/// How many different pieces of such data.
const SHOWN_RUNS: usize = 5;
/// Characters of one path, and of one argument of a program.
const SHOWN_PATH: usize = 256;
/// Arguments of a program.
const SHOWN_ARGS: usize = 32;

/// A call with its result, without the process's name: `write(4, "hello", 5) = 5`.
///
/// One line without control characters, whatever the completion holds, and not much longer than a screen is wide:
/// long data is cut, which `...` behind the quotes says.
pub fn show_completion(completion: &Completion) -> String {
    let Some(call) = &completion.call else { return without_call(&completion.outcome) };
    match &completion.outcome {
        Outcome::Returned(value) => {
            let note = note(call, *value, &completion.detail);
            let shown = returned(call, *value);
            format!("{}({}) = {shown}{note}", call.name(), returned_arguments(call, *value, &completion.detail))
        }
        Outcome::Error(errno) => {
            let name = errno_name(*errno);
            let unnamed = if name.starts_with('E') { "" } else { "errno " };
            let remark = match &completion.detail {
                Detail::Remark(text) => format!("  {}", plain(text)),
                _ => String::new(),
            };
            format!("{} = -1 {unnamed}{name} ({}){remark}", whole(call), errno_text(*errno))
        }
        Outcome::Died(death) => format!("{}  {}", whole(call), ended(*death)),
        Outcome::Blocked(_) => unfinished(call, "blocked"),
        Outcome::Running => unfinished(call, "running"),
        Outcome::Interrupted => unfinished(call, "interrupted by a signal"),
        Outcome::Signal(signal, from) => arrived(*signal, *from),
    }
}

/// An address is a number that one reads in hexadecimal.
fn returned(call: &Call, value: i64) -> String {
    match call {
        Call::Memory(MemoryCall::Mmap { .. }) => format!("{value:#x}"),
        Call::Seen(seen) if seen.name == "shmat" => format!("{value:#x}"),
        _ => value.to_string(),
    }
}

/// A process of which no call is known: it ended while idle, or is a program that exec began.
fn without_call(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Died(death) => ended(*death),
        Outcome::Blocked(BlockedIn { call, fd: Some(fd), .. }) => format!("{}({fd}, ...  blocked", plain(call)),
        Outcome::Blocked(BlockedIn { call, .. }) => format!("{}(...  blocked", plain(call)),
        Outcome::Running => "...  running".to_owned(),
        Outcome::Interrupted => "...  interrupted by a signal".to_owned(),
        Outcome::Signal(signal, from) => arrived(*signal, *from),
        Outcome::Returned(value) => format!("= {value}"),
        Outcome::Error(errno) => format!("= -1 {} ({})", errno_name(*errno), errno_text(*errno)),
    }
}

/// As strace marks it.
fn arrived(signal: i32, from: Option<Pid>) -> String {
    let from = from.map(|pid| format!(" from {pid}")).unwrap_or_default();
    format!("--- {}{from} ---", signal_name(signal))
}

fn ended(death: Death) -> String {
    match death {
        Death::Exited(code) => format!("+++ exited {code} +++"),
        Death::Killed(signal) => format!("+++ killed by {} +++", signal_name(signal)),
        Death::Unknown => "+++ ended +++".to_owned(),
    }
}

/// `write(4, "x", 1)`: the call and all that is known of its arguments.
fn whole(call: &Call) -> String {
    format!("{}({})", call.name(), known_arguments(call))
}

/// `write(4, "x", 1 ...  blocked`: the parenthesis stays open.
fn unfinished(call: &Call, state: &str) -> String {
    let known = match call {
        Call::Read { fd, .. } | Call::Queue(QueueCall::Receive { fd, .. }) => format!("{fd},"),
        Call::Socket(call) => socket::unfinished(call),
        _ => known_arguments(call),
    };
    // Arguments that are not told at all are `...` already.
    let known = known.trim_end_matches("...");
    let gap = if known.is_empty() { "" } else { " " };
    format!("{}({known}{gap}...  {state}", call.name())
}

/// The arguments as strace prints them before it knows the result.
fn known_arguments(call: &Call) -> String {
    match call {
        Call::Write { fd, data } => format!("{fd}, {}, {}", shown_data(data), data.len()),
        Call::Type { data } | Call::Stdio(StdioCall::Printf { data }) => shown_data(data),
        Call::Queue(QueueCall::Send { fd, data, priority }) => {
            format!("{fd}, {}, {}, {priority}", shown_data(data), data.len())
        }
        Call::Open { path, flags, mode } => {
            let creates = flags & (libc::O_CREAT | (libc::O_TMPFILE & !libc::O_DIRECTORY)) != 0;
            let mode = if creates { format!(", {}", octal(*mode)) } else { String::new() };
            format!("{}, {}{mode}", shown_path(path), open_flags_name(*flags))
        }
        Call::Queue(QueueCall::Open { name, flags, mode, sizes: None }) if flags & libc::O_CREAT != 0 => {
            format!("{}, {}, {}", shown_path(name), open_flags_name(*flags), octal(*mode))
        }
        Call::Mkfifo { path, mode } => format!("{}, {}", shown_path(path), octal(*mode)),
        Call::Unlink { path } => shown_path(path),
        Call::Exec { argv } => {
            let items: Vec<String> = argv.iter().take(SHOWN_ARGS).map(|item| shown_path(item)).collect();
            let more = if argv.len() > SHOWN_ARGS { ", ..." } else { "" };
            format!("[{}{more}]", items.join(", "))
        }
        Call::Socket(call) => socket::known(call),
        _ => arguments(call),
    }
}

/// The arguments once the call has returned: what it filled stands in its place.
fn returned_arguments(call: &Call, value: i64, detail: &Detail) -> String {
    match (call, detail) {
        (Call::Pipe, Detail::Pair(read, write)) => format!("[{read}, {write}]"),
        (Call::Pipe2 { flags }, Detail::Pair(read, write)) => format!("[{read}, {write}], {}", flags_name(*flags)),
        (Call::Read { fd, count }, Detail::Data(bytes)) => {
            let total = u64::try_from(value).unwrap_or(0).max(bytes.len() as u64);
            format!("{fd}, {}, {count}", shown(bytes, total))
        }
        (Call::Queue(QueueCall::Receive { fd, size }), Detail::Message(bytes, _)) => {
            format!("{fd}, {}, {size}", shown(bytes, bytes.len() as u64))
        }
        (Call::Read { fd, count }, _) if value == 0 => format!("{fd}, \"\", {count}"),
        (Call::Fork { name: Some(name) }, Detail::Child(child, _)) if name == child => String::new(),
        (Call::Socket(call), Detail::Socket(detail)) => socket::returned(call, Some(detail), None),
        (Call::Socket(call), Detail::Pair(a, b)) => socket::returned(call, None, Some((*a, *b))),
        _ => known_arguments(call),
    }
}

/// What a value means, where the value alone does not say it.
fn note(call: &Call, value: i64, detail: &Detail) -> String {
    let flags = || i32::try_from(value).ok();
    let note = match (call, detail) {
        (Call::Read { count, .. }, _) if value == 0 && *count > 0 => Some("EOF".to_owned()),
        (Call::Seen(seen), _) if value == 0 && seen.takes.is_some_and(|(_, count)| count > 0) => Some("EOF".to_owned()),
        (_, Detail::Child(name, _)) => Some(plain(name)),
        (_, Detail::Waited(name, _, death)) => {
            let name = name.as_ref().map(|name| format!("{} ", plain(name))).unwrap_or_default();
            Some(match death {
                Death::Exited(code) => format!("{name}exited {code}"),
                Death::Killed(signal) => format!("{name}killed by {}", signal_name(*signal)),
                Death::Unknown => format!("{name}ended"),
            })
        }
        (Call::Waitpid { options, .. }, _) if value == 0 && options & libc::WNOHANG != 0 => {
            Some("none has ended".to_owned())
        }
        (Call::Fcntl { command: Fcntl::GetFl, .. }, _) => flags().map(open_flags_name),
        (Call::Fcntl { command: Fcntl::GetFd, .. }, _) if value != 0 => flags().map(fd_flags_name),
        (Call::Socket(call), Detail::Socket(detail)) => socket::note(call, detail),
        (Call::Seen(call), Detail::Socket(SocketDetail::Ready(ready))) => Some(socket::found(&call.name, ready)),
        (_, Detail::Measured(measured)) => measure::note(measured),
        (_, Detail::Remark(text)) => Some(plain(text)),
        _ => memory::note(detail),
    };
    note.map(|note| format!("  {note}")).unwrap_or_default()
}

pub(super) fn shown_data(data: &Data) -> String {
    // Enough for the longest that can be shown, so that 64 MiB of data are not laid out for a line.
    let enough = (SHOWN + 1) * 4;
    let times = usize::try_from(data.times).unwrap_or(usize::MAX);
    let some = enough.div_ceil(data.unit.len().max(1)).min(times);
    shown(&data.unit.repeat(some), data.len())
}

/// Data in quotes, `...` behind them where `bytes` or what is shown of them is not all of the `total`.
pub(super) fn shown(bytes: &[u8], total: u64) -> String {
    let (text, cut) = escape(bytes, SHOWN);
    let all = !cut && bytes.len() as u64 == total;
    if all {
        return format!("\"{text}\"");
    }
    if let Some(runs) = runs(bytes).filter(|_| bytes.len() as u64 == total) {
        return runs;
    }
    let same = bytes.len() > SHOWN_SAME && bytes.iter().take(SHOWN + 1).all(|b| Some(b) == bytes.first());
    let text = if same { escape(bytes, SHOWN_SAME).0 } else { text };
    format!("\"{text}\"...")
}

/// Long data that is a few bytes, each many times over, as a sum: `"a" * 4097 + "b" * 4096`.
fn runs(bytes: &[u8]) -> Option<String> {
    let runs: Vec<&[u8]> = bytes.chunk_by(|a, b| a == b).take(SHOWN_RUNS + 2).collect();
    // Of those that are looked at: what follows may be as long as it likes.
    let length: usize = runs.iter().map(|run| run.len()).sum();
    if runs.len() < 2 || length / runs.len() < SHOWN_SAME {
        return None;
    }
    let one = |run: &&[u8]| match (run.first(), run.len()) {
        (Some(byte), 1) => quoted(&[*byte]),
        (Some(byte), times) => format!("{} * {times}", quoted(&[*byte])),
        (None, _) => String::new(),
    };
    let all: Vec<String> = runs.iter().take(SHOWN_RUNS).map(one).collect();
    let more = if runs.len() > SHOWN_RUNS { " + ..." } else { "" };
    Some(format!("{}{more}", all.join(" + ")))
}

fn shown_path(path: &str) -> String {
    let (text, cut) = escape(path.as_bytes(), SHOWN_PATH);
    if cut { format!("\"{text}\"...") } else { quoted(path.as_bytes()) }
}

#[cfg(test)]
mod tests;
