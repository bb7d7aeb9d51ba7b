//! Words for findings: lists, numbers, origins and states, singular and plural.

use crate::world::{BlockedIn, Death, Known, Object, Origin, Process, State};
use nix::sys::signal::Signal;

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn list_or(items: &[String]) -> String {
    match items {
        [head @ .., last] if !head.is_empty() => format!("{} or {last}", head.join(", ")),
        _ => list(items),
    }
}

/// A count in words up to nine, as a sentence has it.
pub(super) fn number(n: usize) -> String {
    const WORDS: [&str; 10] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    WORDS.get(n).map_or_else(|| n.to_string(), |w| (*w).to_owned())
}

/// `one write end`, `two write ends`.
pub(super) fn count(n: usize, thing: &str) -> String {
    format!("{} {thing}{}", number(n), if n == 1 { "" } else { "s" })
}

/// `1 byte`, `4096 bytes`.
pub(super) fn bytes(n: u64) -> String {
    format!("{n} byte{}", if n == 1 { "" } else { "s" })
}

/// `fd 3`, `fds 3 and 5`.
pub(super) fn fds(numbers: &[i32]) -> String {
    let names: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("fd{} {}", if numbers.len() == 1 { "" } else { "s" }, list(&names))
}

/// Text that came from outside (a command's name, a path), fit for a terminal: control characters are escaped.
pub(super) fn plain(text: &str) -> String {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.to_owned();
    }
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// A path as a string of the notation, quotes and backslashes escaped as in C.
pub(super) fn quote(path: &str) -> String {
    let mut out = String::from("\"");
    for c in path.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let mut buffer = [0; 4];
                out.extend(c.encode_utf8(&mut buffer).bytes().map(|b| format!("\\x{b:02x}")));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The name of a pipe or FIFO for a sentence: `pipe:[9751]`, `FIFO talk`.
pub(super) fn object(object: &Object) -> String {
    let label = plain(object.label());
    match object.kind {
        crate::world::ObjectKind::Fifo => format!("FIFO {label}"),
        _ => label,
    }
}

/// Where a descriptor came from, in a few words: the last call that gave it to its holder.
pub(super) fn origin_short(origin: &Origin) -> String {
    match origin.inherited.last() {
        Some(fork) => format!("inherited at fork (step {})", fork.step),
        None => format!("made by {} in step {}", plain(&origin.call), origin.step),
    }
}

/// Where a descriptor came from, every fork on its way: the last first.
pub(super) fn origin_long(origin: &Origin) -> String {
    let made = format!("made by {} in step {}", plain(&origin.call), origin.step);
    let mut forks = origin.inherited.iter().rev();
    let Some(last) = forks.next() else { return made };
    let mut out = format!("inherited at fork (step {}) from {}", last.step, plain(&last.from));
    for fork in forks {
        out.push_str(&format!(", which had it from {} by fork (step {})", plain(&fork.from), fork.step));
    }
    format!("{out}; {made}")
}

/// How a process died: `exited with 0`, `was killed by SIGPIPE`.
pub(super) fn death(death: Death) -> String {
    match death {
        Death::Exited(code) => format!("exited with {code}"),
        Death::Killed(signal) => match Signal::try_from(signal) {
            Ok(name) => format!("was killed by {name}"),
            Err(_) => format!("was killed by signal {signal}"),
        },
        Death::Unknown => "ended (how could not be read)".to_owned(),
    }
}

/// The call a process is blocked in: `read(3)`, `wait()`, `open("talk")`.
pub(super) fn call(blocked: &BlockedIn) -> String {
    let argument = match (&blocked.path, blocked.fd) {
        (Some(path), _) => quote(path),
        (None, Some(fd)) => fd.to_string(),
        (None, None) => String::new(),
    };
    format!("{}({argument})", plain(&blocked.call))
}

/// What a process is doing, after `is`: `idle`, `blocked in read(3)`.
pub(super) fn doing(process: &Process) -> String {
    match &process.state {
        State::Idle => "idle".to_owned(),
        State::Running => match &process.program {
            Some(program) => format!("running {}", plain(program)),
            None => "running".to_owned(),
        },
        State::Blocked(b) => format!("blocked in {}", call(b)),
        State::Stopped => "stopped by a signal".to_owned(),
        State::Zombie(_) => "dead and not waited for".to_owned(),
        State::Gone(_) => "gone".to_owned(),
    }
}

/// `65536 of 65536 bytes`; where one of the two could not be read, that it could not, and why.
pub(super) fn fill(object: &Object) -> String {
    match (&object.bytes, &object.capacity) {
        (Known::Yes(n), Known::Yes(capacity)) => format!("{n} of {}", bytes(*capacity)),
        (Known::Yes(n), Known::No(why)) => format!("{} of a capacity that is not known ({})", bytes(*n), plain(why)),
        (Known::No(why), _) => format!("a number of bytes that is not known ({})", plain(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::InheritedBy;

    fn words(items: &[&str]) -> Vec<String> {
        items.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn lists_and_counts_are_grammatical() {
        assert_eq!(list(&words(&["a"])), "a");
        assert_eq!(list(&words(&["a", "b"])), "a and b");
        assert_eq!(list(&words(&["a", "b", "c"])), "a, b and c");
        assert_eq!(count(1, "write end"), "one write end");
        assert_eq!(count(2, "write end"), "two write ends");
        assert_eq!(count(12, "write end"), "12 write ends");
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(0), "0 bytes");
        assert_eq!(fds(&[3]), "fd 3");
        assert_eq!(fds(&[3, 5]), "fds 3 and 5");
    }

    #[test]
    fn origins_name_every_fork() {
        let fork = |step, from: &str| InheritedBy { step, from: from.into() };
        let mut origin = Origin { step: 1, call: "pipe()".into(), inherited: vec![] };
        assert_eq!(origin_short(&origin), "made by pipe() in step 1");
        assert_eq!(origin_long(&origin), "made by pipe() in step 1");
        origin.inherited = vec![fork(2, "parent"), fork(4, "child")];
        assert_eq!(origin_short(&origin), "inherited at fork (step 4)");
        assert_eq!(
            origin_long(&origin),
            "inherited at fork (step 4) from child, which had it from parent by fork (step 2); made by pipe() in step 1"
        );
    }

    #[test]
    fn what_came_from_outside_cannot_reach_the_terminal_raw() {
        assert_eq!(plain("a\x1b[31mb"), "a\\u{1b}[31mb");
        assert_eq!(quote("a\"b\\c\x1b"), r#""a\"b\\c\x1b""#);
    }

    #[test]
    fn deaths_are_named() {
        assert_eq!(death(Death::Exited(3)), "exited with 3");
        assert_eq!(death(Death::Killed(13)), "was killed by SIGPIPE");
        assert_eq!(death(Death::Killed(40)), "was killed by signal 40");
    }
}
