//! Calls that make, replace, wait for, signal and end processes.

use super::{Caller, Show, Then, Verdict, seen};
use crate::notation::{Call, Disposition, Target, escape, signal_name, wait_options_name};
use nix::libc;

pub(super) fn decode(c: &mut Caller<'_>, name: &str) -> Option<Verdict> {
    match name {
        "fork" => c.follow(Call::Fork { name: None }, Then::Fork),
        "vfork" => c.follow(seen(name, String::new()), Then::Fork),
        "clone" => clone(c, c.arg(0)),
        "clone3" => clone(c, c.memory().long(c.arg(0)).unwrap_or(0)),
        "execve" => exec(c, c.arg(0), c.arg(1)),
        "execveat" => exec(c, c.arg(1), c.arg(2)),
        "wait4" => c.follow(wait(c), Then::Waited(c.arg(1))),
        "waitid" => {
            let text = format!("{}, {}", waited_for(c), wait_options_name(c.int(3)));
            c.follow(seen(name, text), Then::WaitedInfo(c.arg(2)))
        }
        "kill" => c.follow(Call::Kill { target: target(c, c.int(0)), signal: c.int(1) }, Then::Nothing),
        "tkill" | "rt_sigqueueinfo" => {
            c.follow(seen(name, format!("{}, {}", c.int(0), signal_name(c.int(1)))), Then::Nothing)
        }
        "tgkill" | "rt_tgsigqueueinfo" => c.follow(
            seen(name, format!("{}, {}, {}", target(c, c.int(0)), c.int(1), signal_name(c.int(2)))),
            Then::Nothing,
        ),
        "pidfd_send_signal" => c.follow(seen(name, format!("{}, {}", c.int(0), signal_name(c.int(1)))), Then::Nothing),
        "rt_sigaction" => disposition(c),
        "ptrace" => Some(tracing(c)),
        _ => None,
    }
}

fn clone(c: &Caller<'_>, flags: u64) -> Option<Verdict> {
    let has = |flag: i32| flags & u64::from(flag.cast_unsigned()) != 0;
    let call = match () {
        () if has(libc::CLONE_THREAD) => seen("clone", "CLONE_THREAD".into()),
        () if has(libc::CLONE_FILES) => seen("clone", "CLONE_FILES".into()),
        () if has(libc::CLONE_VFORK) => seen("vfork", String::new()),
        () => Call::Fork { name: None },
    };
    let then = match () {
        () if has(libc::CLONE_THREAD) => Then::Thread,
        () if has(libc::CLONE_FILES) => Then::ForkSharing,
        () => Then::Fork,
    };
    c.follow(call, then)
}

fn exec(c: &Caller<'_>, path: u64, argv: u64) -> Option<Verdict> {
    let mut argv = c.memory().strings(argv);
    let path = c.memory().string(path).filter(|path| !path.is_empty());
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let call = match (path, argv.first_mut()) {
        // What runs is the path; the first argument may say anything, execve(2).
        (Some(path), Some(first)) if last(&path) == last(first) => {
            *first = path;
            Call::Exec { argv }
        }
        (Some(path), _) => {
            let arguments: Vec<String> = argv.iter().take(ARGUMENTS).map(|word| quoted(word)).collect();
            let more = if argv.len() > ARGUMENTS { ", ..." } else { "" };
            seen("exec", format!("{}, [{}{more}]", quoted(&path), arguments.join(", ")))
        }
        (None, _) => Call::Exec { argv },
    };
    c.shown(call, Then::Exec, Show::NotIf(libc::ENOENT))
}

/// So many arguments of a program are told.
const ARGUMENTS: usize = 32;

fn quoted(word: &str) -> String {
    let (text, cut) = escape(word.as_bytes(), 256);
    format!("\"{text}\"{}", if cut { "..." } else { "" })
}

fn target(c: &Caller<'_>, pid: i32) -> Target {
    match c.picture.process(pid) {
        Some(process) => Target::Name(process.name.clone()),
        None => Target::Number(pid),
    }
}

fn wait(c: &Caller<'_>) -> Call {
    match (c.int(0), c.int(2)) {
        (-1, 0) => Call::Wait,
        (pid, options) => Call::Waitpid { target: target(c, pid), options },
    }
}

fn waited_for(c: &Caller<'_>) -> String {
    match libc::idtype_t::from(c.arg(0) as u32) {
        libc::P_PID => format!("P_PID, {}", target(c, c.int(1))),
        libc::P_PGID => format!("P_PGID, {}", c.int(1)),
        libc::P_ALL => "P_ALL".to_owned(),
        libc::P_PIDFD => format!("P_PIDFD, {}", c.int(1)),
        other => format!("{other}, {}", c.int(1)),
    }
}

/// A debugger's first call: it fails, as we trace that process.
fn tracing(c: &Caller<'_>) -> Verdict {
    let (name, whom) = match libc::c_uint::try_from(c.arg(0)) {
        Ok(libc::PTRACE_TRACEME) => ("PTRACE_TRACEME", None),
        Ok(libc::PTRACE_ATTACH) => ("PTRACE_ATTACH", Some(c.int(1))),
        Ok(libc::PTRACE_SEIZE) => ("PTRACE_SEIZE", Some(c.int(1))),
        _ => return Verdict::Ignore,
    };
    let whom = whom.map(|pid| format!(", {}", target(c, pid))).unwrap_or_default();
    c.follow(seen("ptrace", format!("{name}{whom}")), Then::Traced).unwrap_or(Verdict::Ignore)
}

/// What becomes of SIGPIPE, where a program says that it is to be ignored or not.
fn disposition(c: &Caller<'_>) -> Option<Verdict> {
    let handler = c.memory().long(c.arg(1)).filter(|_| c.arg(1) != 0);
    let disposition = match handler.and_then(|h| usize::try_from(h).ok()) {
        Some(libc::SIG_IGN) => Disposition::Ignore,
        Some(libc::SIG_DFL) => Disposition::Default,
        _ => return Some(Verdict::Ignore),
    };
    c.follow(Call::Signal { signal: c.int(0), disposition }, Then::Nothing)
}
