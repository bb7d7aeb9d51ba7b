//! Calls as a person would type them. What is printed parses back to the same call.

use super::super::{
    Call, DEFAULT_MODE, Data, Directed, Disposition, Fcntl, StdioCall, Target, fd_flags_name, flags_name,
    open_flags_name, signal_name, wait_options_name,
};
use super::{escape, measure, memory, net, plain, socket};
use std::fmt;

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name(), arguments(self))
    }
}

impl fmt::Display for Directed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", plain(&self.process), self.call)
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quoted(&self.unit))?;
        if self.times == 1 { Ok(()) } else { write!(f, " * {}", self.times) }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Name(name) => f.write_str(&plain(name)),
            Target::Number(number) => write!(f, "{number}"),
        }
    }
}

impl fmt::Display for Disposition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Disposition::Default => "default",
            Disposition::Ignore => "ignore",
        })
    }
}

impl fmt::Display for Fcntl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fcntl::GetFl => f.write_str("F_GETFL"),
            Fcntl::SetFl(flags) => write!(f, "F_SETFL, {}", flags_name(*flags)),
            Fcntl::GetFd => f.write_str("F_GETFD"),
            Fcntl::SetFd(flags) => write!(f, "F_SETFD, {}", fd_flags_name(*flags)),
            Fcntl::GetPipeSize => f.write_str("F_GETPIPE_SZ"),
            Fcntl::SetPipeSize(bytes) => write!(f, "F_SETPIPE_SZ, {bytes}"),
            Fcntl::DupFd(lowest) => write!(f, "F_DUPFD, {lowest}"),
            Fcntl::DupFdCloexec(lowest) => write!(f, "F_DUPFD_CLOEXEC, {lowest}"),
        }
    }
}

/// What stands between the parentheses of a call.
pub(super) fn arguments(call: &Call) -> String {
    match call {
        Call::Start { name } | Call::Fork { name: Some(name) } => plain(name),
        Call::Type { data } => data.to_string(),
        Call::Pipe | Call::Fork { name: None } | Call::Wait => String::new(),
        Call::Pipe2 { flags } => flags_name(*flags),
        Call::Close { fd } | Call::Dup { fd } => fd.to_string(),
        Call::Dup2 { from, to } => format!("{from}, {to}"),
        Call::Dup3 { from, to, flags } => format!("{from}, {to}, {}", flags_name(*flags)),
        Call::Read { fd, count } => format!("{fd}, {count}"),
        Call::Write { fd, data } => format!("{fd}, {data}"),
        Call::Open { path, flags, mode } => {
            format!("{}, {}{}", quoted(path.as_bytes()), open_flags_name(*flags), unusual_mode(*mode))
        }
        Call::Mkfifo { path, mode } => format!("{}{}", quoted(path.as_bytes()), unusual_mode(*mode)),
        Call::Unlink { path } => quoted(path.as_bytes()),
        Call::Fcntl { fd, command } => format!("{fd}, {command}"),
        Call::Signal { signal, disposition } => format!("{}, {disposition}", signal_name(*signal)),
        Call::Kill { target, signal } => format!("{target}, {}", signal_name(*signal)),
        Call::Waitpid { target, options: 0 } => target.to_string(),
        Call::Waitpid { target, options } => format!("{target}, {}", wait_options_name(*options)),
        Call::Exec { argv } => {
            let items: Vec<String> = argv.iter().map(|item| quoted(item.as_bytes())).collect();
            format!("[{}]", items.join(", "))
        }
        Call::Stdio(call) => stdio(call),
        Call::Socket(call) => socket::arguments(call),
        Call::Seen(call) => call.arguments.clone(),
        Call::Memory(call) => memory::arguments(call),
        Call::Queue(call) => memory::queue_arguments(call),
        Call::Measure(call) => measure::arguments(call),
        Call::Net(call) => net::arguments(call),
        Call::Exit { code } | Call::ExitNow { code } => code.to_string(),
    }
}

fn stdio(call: &StdioCall) -> String {
    match call {
        StdioCall::Printf { data } => data.to_string(),
        StdioCall::Fflush => "stdout".to_owned(),
        StdioCall::Setvbuf { mode } => format!("stdout, {}", mode.name()),
    }
}

/// All of the bytes, as C writes them.
pub(super) fn quoted(bytes: &[u8]) -> String {
    format!("\"{}\"", escape(bytes, usize::MAX).0)
}

/// A mode in octal, as C writes it: `0644`.
pub(super) fn octal(mode: u32) -> String {
    if mode == 0 { "0".to_owned() } else { format!("0{mode:o}") }
}

fn unusual_mode(mode: u32) -> String {
    if mode == DEFAULT_MODE { String::new() } else { format!(", {}", octal(mode)) }
}
