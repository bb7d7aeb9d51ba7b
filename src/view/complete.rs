//! Completing the word at the prompt: processes, calls, descriptors, flags and signals.

use crate::world::World;

/// The calls of the notation, each with an example of its arguments.
pub const CALLS: &[(&str, &str)] = &[
    ("pipe", "pipe()"),
    ("pipe2", "pipe2(O_CLOEXEC)"),
    ("fork", "fork(child)"),
    ("close", "close(4)"),
    ("dup", "dup(4)"),
    ("dup2", "dup2(4, 1)"),
    ("dup3", "dup3(4, 1, O_CLOEXEC)"),
    ("read", "read(3, 64)"),
    ("write", "write(4, \"hello\")"),
    ("open", "open(\"fifo\", O_RDONLY)"),
    ("mkfifo", "mkfifo(\"fifo\", 0600)"),
    ("unlink", "unlink(\"fifo\")"),
    ("fcntl", "fcntl(3, F_SETFL, O_NONBLOCK)"),
    ("signal", "signal(SIGPIPE, ignore)"),
    ("kill", "kill(child, SIGTERM)"),
    ("wait", "wait()"),
    ("waitpid", "waitpid(child)"),
    ("exec", "exec([\"cat\"])"),
    ("exit", "exit(0)"),
];

const WORDS: &[&str] = &[
    "O_RDONLY",
    "O_WRONLY",
    "O_RDWR",
    "O_CREAT",
    "O_TRUNC",
    "O_APPEND",
    "O_NONBLOCK",
    "O_CLOEXEC",
    "F_GETFL",
    "F_SETFL",
    "F_GETFD",
    "F_SETFD",
    "F_GETPIPE_SZ",
    "F_SETPIPE_SZ",
    "F_DUPFD",
    "F_DUPFD_CLOEXEC",
    "FD_CLOEXEC",
    "WNOHANG",
    "SIGPIPE",
    "SIGTERM",
    "SIGKILL",
    "SIGINT",
    "SIGHUP",
    "SIGUSR1",
    "SIGUSR2",
    "SIGSTOP",
    "SIGCONT",
    "SIGCHLD",
    "ignore",
    "default",
];

/// A completed line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    /// The whole line.
    pub text: String,
    /// The cursor, in characters.
    pub cursor: usize,
    /// What the word may still become, where there are several.
    pub choices: Vec<String>,
}

/// Complete the word that ends at `cursor` (in characters) as far as it is certain.
pub fn complete(text: &str, cursor: usize, world: &World) -> Completed {
    let head: String = text.chars().take(cursor).collect();
    let tail: String = text.chars().skip(cursor).collect();
    let start = head.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |i| i + last_len(&head, i));
    let (before, word) = head.split_at(start);
    let choices: Vec<String> = candidates(before, world).into_iter().filter(|c| c.starts_with(word)).collect();
    let common = common_prefix(&choices).unwrap_or_else(|| word.to_string());
    let cursor = before.chars().count() + common.chars().count();
    let choices = if choices.len() > 1 { choices } else { Vec::new() };
    Completed { text: format!("{before}{common}{tail}"), cursor, choices }
}

fn last_len(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
}

fn candidates(before: &str, world: &World) -> Vec<String> {
    let living = || world.living().map(|p| p.name.clone());
    if let Some((call, _)) = before.rsplit_once('(') {
        let process = call.split(':').next().map(str::trim).and_then(|n| world.process(n));
        let fds = process.into_iter().flat_map(|p| p.fds.iter()).map(|f| f.number.to_string());
        return fds.chain(WORDS.iter().map(|w| w.to_string())).chain(living()).collect();
    }
    let calls = CALLS.iter().map(|(name, _)| format!("{name}("));
    if before.contains(':') { calls.collect() } else { living().map(|n| format!("{n}: ")).chain(calls).collect() }
}

fn common_prefix(words: &[String]) -> Option<String> {
    let first = words.first()?;
    let mut prefix = first.clone();
    for word in words {
        while !word.starts_with(&prefix) {
            prefix.pop();
        }
    }
    Some(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    #[test]
    fn words_complete_as_far_as_they_are_certain() {
        let world = sample::forked().world;
        for (line, want, choices) in [
            ("par", "parent: ", 0),
            ("child: re", "child: read(", 0),
            ("child: p", "child: pipe", 2),
            ("parent: pipe2(O_CL", "parent: pipe2(O_CLOEXEC", 0),
            ("parent: kill(ch", "parent: kill(child", 0),
            ("zzz", "zzz", 0),
            ("é", "é", 0),
        ] {
            let done = complete(line, line.chars().count(), &world);
            assert_eq!((done.text.as_str(), done.choices.len()), (want, choices), "{line}");
        }
    }

    #[test]
    fn what_follows_the_cursor_stays() {
        let done = complete("ch read", 2, &sample::forked().world);
        assert_eq!((done.text.as_str(), done.cursor), ("child:  read", 7));
    }
}
