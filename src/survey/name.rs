//! Who is asked about: pids and commands' names; and names that are fit for a terminal.

use super::Machine;
use crate::observe;
use crate::world::{BlockedIn, Pid};
use nix::errno::Errno;
use nix::sys::signal::kill;

/// Who is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Everybody.
    All,
    /// These and their descendants, in the order of the pids.
    Some(Vec<Pid>),
}

/// Nobody is called so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No process has this pid.
    #[error("there is no process {0}")]
    Pid(Pid),
    /// There is one, and /proc does not show it to us.
    #[error("process {0} is another user's, and /proc hides it here (hidepid); root sees it")]
    Hidden(Pid),
    /// It is one of the kernel's own.
    #[error("{pid} is a thread of the kernel ({comm}): it makes no calls and holds no descriptors")]
    Kernel {
        /// Its id.
        pid: Pid,
        /// Its name.
        comm: String,
    },
    /// No command is called so.
    #[error("no process is called `{name}`{near}")]
    Name {
        /// What was asked for.
        name: String,
        /// A name that may have been meant, as the end of the sentence.
        near: String,
    },
}

impl Asked {
    /// From pids and commands' names, as they are written on a command line. A name is the command's as `ps` has it, or
    /// its first 15 bytes, which is all that the kernel keeps; we ourselves are never meant by it.
    ///
    /// # Errors
    /// Where a word means no process.
    pub fn parse(machine: &Machine, words: &[String]) -> Result<Asked, NameError> {
        let mut pids = Vec::new();
        for word in words {
            match word.parse::<Pid>() {
                Ok(pid) if machine.process(pid).is_some() => pids.extend(machine.tree(pid)),
                Ok(pid) => pids.extend(machine.tree(process_of(machine, pid)?)),
                Err(_) => pids.extend(called(machine, word)?),
            }
        }
        pids.sort_unstable();
        pids.dedup();
        Ok(Asked::Some(pids))
    }

    /// This process is asked about.
    pub fn has(&self, pid: Pid) -> bool {
        match self {
            Asked::All => true,
            Asked::Some(pids) => pids.binary_search(&pid).is_ok(),
        }
    }
}

/// The process that a thread's id belongs to: tools that show threads, such as `top -H`, give that.
fn process_of(machine: &Machine, tid: Pid) -> Result<Pid, NameError> {
    let field = |name| observe::status_field(tid, name);
    let process = field("Tgid:").and_then(|text| text.parse().ok()).filter(|pid| machine.process(*pid).is_some());
    match (process, field("Kthread:").as_deref(), field("Name:")) {
        (Some(pid), ..) => Ok(pid),
        // Kthread came with Linux 6.9; before, what has no memory and is no zombie (which the machine lists) is the kernel's.
        (None, Some("1"), Some(comm)) => Err(NameError::Kernel { pid: tid, comm: plain(&comm) }),
        (None, None, Some(comm)) if field("VmSize:").is_none() => {
            Err(NameError::Kernel { pid: tid, comm: plain(&comm) })
        }
        // Signal 0 sends nothing, and asks whether one could, kill(2).
        _ if machine.hides_others() && kill(nix::unistd::Pid::from_raw(tid), None) == Err(Errno::EPERM) => {
            Err(NameError::Hidden(tid))
        }
        _ => Err(NameError::Pid(tid)),
    }
}

fn called(machine: &Machine, name: &str) -> Result<Vec<Pid>, NameError> {
    let own = nix::unistd::getpid().as_raw();
    let others = || machine.processes().iter().filter(|p| p.pid != own);
    let is_it = |comm: &str| comm == name || (comm.len() == 15 && name.len() > 15 && name.starts_with(comm));
    let found: Vec<Pid> = others().filter(|p| is_it(&p.comm)).flat_map(|p| machine.tree(p.pid)).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let scored = others().map(|p| (strsim::jaro_winkler(&p.comm, name), &p.comm));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.8);
    let near = best.map(|(_, comm)| format!("; did you mean `{}`?", plain(comm))).unwrap_or_default();
    Err(NameError::Name { name: plain(name), near })
}

/// Text that came from outside, fit for a terminal: control characters are escaped.
pub(super) fn plain(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// `pipe:[9751]`. Of tens of thousands of names each is made at once, in as much memory as it needs.
pub(super) fn numbered(kind: &str, number: u64) -> String {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        if let Some(digit) = digits.get_mut(at) {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        }
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let digits = digits.get(at..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or_default();
    let mut name = String::with_capacity(kind.len() + digits.len() + 3);
    name.extend([kind, ":[", digits, "]"]);
    name
}

/// The words a process was started with say more than the name of its command does.
pub(super) fn tells_more(words: &str, comm: &str) -> bool {
    words.trim_end().rsplit('/').next() != Some(comm) || words.contains(' ')
}

/// The call that is slept in: `read(3)`, `wait()`, `open("talk")`.
pub(super) fn call(blocked: &BlockedIn) -> String {
    let argument = match (&blocked.path, blocked.fd) {
        (Some(path), _) => format!("\"{}\"", plain(path)),
        (None, Some(fd)) => fd.to_string(),
        (None, None) => String::new(),
    };
    match blocked.call.as_str() {
        "?" => "a call that we may not see".into(),
        name => format!("{}({argument})", plain(name)),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_outside_is_escaped() {
        assert_eq!(plain("a\x1b[31m"), "a\\u{1b}[31m");
    }

    #[test]
    fn pids_and_names_are_found_and_what_is_not_there_is_said() {
        let machine = Machine::read().unwrap();
        let own = nix::unistd::getpid().as_raw();
        let asked = Asked::parse(&machine, &[own.to_string()]).unwrap();
        assert!(asked.has(own) && !asked.has(own + 1_000_000));
        assert_eq!(Asked::parse(&machine, &["0".into()]), Err(NameError::Pid(0)));
        let wrong = Asked::parse(&machine, &["no-such-name-qqq".into()]).unwrap_err();
        assert!(wrong.to_string().starts_with("no process is called `no-such-name-qqq`"), "{wrong}");
    }

    #[test]
    fn numbers_are_written_whole() {
        for number in [0, 9, 10, 9751, u64::MAX] {
            assert_eq!(numbered("pipe", number), format!("pipe:[{number}]"));
        }
    }

    #[test]
    fn words_that_only_repeat_the_name_tell_nothing() {
        for (words, comm, expected) in [
            ("/usr/bin/cat", "cat", false),
            ("cat", "cat", false),
            ("-bash", "bash", true),
            ("python3 a.py", "python3", true),
            ("sleep 7/sleep", "sleep", true),
        ] {
            assert_eq!(tells_more(words, comm), expected, "{words}");
        }
    }

    #[test]
    fn calls_have_what_they_wait_at() {
        let blocked = |call: &str, fd, path: Option<&str>| BlockedIn {
            call: call.into(),
            fd,
            child: None,
            path: path.map(str::to_owned),
            count: None,
            opens: None,
        };
        assert_eq!(call(&blocked("read", Some(3), None)), "read(3)");
        assert_eq!(call(&blocked("open", None, Some("/tmp/f"))), "open(\"/tmp/f\")");
        assert_eq!(call(&blocked("wait", None, None)), "wait()");
    }
}
