//! Guesses: a question before any call at all, of which the kernel is the judge.

use crate::lesson::{Answer, Prediction};
use crate::notation::{Call, Completion, Directed, Outcome, SocketCall, StdioCall};

/// What may become of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Returns,
    Bytes,
    Eof,
    Blocks,
    Fails,
    Dies,
}

/// A question before a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// The question, with the answers to choose from.
    pub ask: Prediction,
    kinds: Vec<Kind>,
}

impl Guess {
    /// What to ask before this call; `None` where there is nothing to guess.
    pub fn of(directed: &Directed) -> Option<Guess> {
        use Kind::{Blocks, Bytes, Dies, Eof, Fails, Returns};
        let kinds: &[Kind] = match &directed.call {
            call if call.takes().is_some() => &[Bytes, Eof, Blocks, Fails],
            call if call.puts().is_some() => &[Returns, Blocks, Fails, Dies],
            Call::Socket(
                SocketCall::Accept { .. }
                | SocketCall::Accept4 { .. }
                | SocketCall::Connect { .. }
                | SocketCall::Poll { .. },
            )
            | Call::Open { .. }
            | Call::Wait
            | Call::Waitpid { .. } => &[Returns, Blocks, Fails],
            Call::Kill { .. } => &[Returns, Fails, Dies],
            Call::Exit { .. } | Call::ExitNow { .. } | Call::Start { .. } | Call::Type { .. } => return None,
            Call::Stdio(StdioCall::Printf { .. } | StdioCall::Fflush) => &[Returns, Blocks, Fails, Dies],
            _ => &[Returns, Fails],
        };
        let answer = |kind: &Kind| {
            let (text, why) = kind.words(&directed.call);
            Answer { text: text.into(), when: Vec::new(), why: why.into() }
        };
        let question = format!("{directed}: what will the kernel do?");
        let ask = Prediction { question, options: kinds.iter().map(answer).collect() };
        Some(Guess { ask, kinds: kinds.to_vec() })
    }

    /// The answers that `own`, what became of the call, makes right.
    pub fn judge(&self, own: Option<&Completion>) -> Vec<usize> {
        let Some(did) = own.and_then(kind) else { return Vec::new() };
        let right = |k: &Kind| *k == did || (*k == Kind::Returns && matches!(did, Kind::Bytes | Kind::Eof));
        (0..self.kinds.len()).filter(|i| self.kinds.get(*i).is_some_and(right)).collect()
    }
}

impl Kind {
    /// The answer, and when it is the right one.
    fn words(self, call: &Call) -> (&'static str, &'static str) {
        if let Call::Socket(call) = call {
            return self.of_socket(call);
        }
        match (self, call) {
            (Kind::Bytes, _) => {
                ("It returns bytes", "so it is where bytes wait, as many as there are and were asked for")
            }
            (Kind::Eof, _) => ("It returns 0: end of file", "so it is where nothing waits and no write end is open"),
            (Kind::Blocks, Call::Read { .. }) => ("It blocks", "so it is where nothing waits and a write end is open"),
            (Kind::Blocks, Call::Write { .. }) => {
                ("It blocks", "so it is where there is no room and a read end is open")
            }
            (Kind::Blocks, Call::Open { .. }) => ("It blocks", "so it is with a FIFO whose other end nobody has open"),
            (Kind::Blocks, _) => ("It blocks", "so it is while the child lives"),
            (Kind::Fails, Call::Write { .. }) => (
                "It fails with an error",
                "so it is with a wrong descriptor, without room where O_NONBLOCK is set, or with SIGPIPE ignored",
            ),
            (Kind::Fails, Call::Read { .. }) => (
                "It fails with an error",
                "so it is with a wrong descriptor, or where nothing waits and O_NONBLOCK is set",
            ),
            (Kind::Fails, _) => ("It fails with an error", "so it is where what it names is not there or not allowed"),
            (Kind::Dies, Call::Write { .. }) => {
                ("The process is killed", "so it is where no read end is open: SIGPIPE")
            }
            (Kind::Dies, _) => ("The process is killed", "so it is where the signal is for the caller itself"),
            (Kind::Returns, Call::Write { .. }) => {
                ("It returns", "so it is where there is room and a read end is open")
            }
            (Kind::Returns, Call::Wait | Call::Waitpid { .. }) => ("It returns", "so it is where a child has ended"),
            (Kind::Returns, _) => ("It returns", "so it is where all it names is there"),
        }
    }
}

impl Kind {
    /// The answer for a call on a socket, and when it is the right one.
    fn of_socket(self, call: &SocketCall) -> (&'static str, &'static str) {
        let (takes, puts) = (call.takes().is_some(), call.puts().is_some());
        match self {
            Kind::Bytes => ("It returns bytes", "so it is where something has arrived and waits"),
            Kind::Eof => ("It returns 0: end of file", "so it is where nothing waits and the other side has ended it"),
            Kind::Blocks if takes => ("It blocks", "so it is where nothing waits and the other side can still send"),
            Kind::Blocks if puts => ("It blocks", "so it is where the other side's queue has no room"),
            Kind::Blocks => match call {
                SocketCall::Accept { .. } | SocketCall::Accept4 { .. } => {
                    ("It blocks", "so it is where no connection waits")
                }
                SocketCall::Connect { .. } => ("It blocks", "so it is where the listener's queue is full"),
                _ => ("It blocks", "so it is while none of the descriptors is ready"),
            },
            Kind::Fails => (
                "It fails with an error",
                "so it is with a wrong descriptor, without a connection, or where what it names is not there or is taken",
            ),
            Kind::Dies => ("The process is killed", "so it is where the other side has closed: SIGPIPE"),
            Kind::Returns => ("It returns", "so it is where all it names is there"),
        }
    }
}

fn kind(own: &Completion) -> Option<Kind> {
    Some(match (&own.outcome, &own.call) {
        (Outcome::Returned(0), _) if own.is_eof() => Kind::Eof,
        (Outcome::Returned(n), Some(call)) if *n > 0 && call.takes().is_some() => Kind::Bytes,
        (Outcome::Returned(_), _) => Kind::Returns,
        (Outcome::Error(_), _) => Kind::Fails,
        (Outcome::Blocked(_), _) => Kind::Blocks,
        (Outcome::Died(_), _) => Kind::Dies,
        (Outcome::Running | Outcome::Interrupted | Outcome::Signal(..), _) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::{Detail, parse_directed};
    use crate::world::{BlockedIn, Death};

    #[test]
    fn the_kernel_makes_one_answer_right() {
        let blocked = || {
            Outcome::Blocked(BlockedIn {
                call: "read".into(),
                fd: Some(3),
                child: None,
                path: None,
                count: Some(1),
                opens: None,
            })
        };
        let table: [(&str, Outcome, &str); 9] = [
            ("a: read(3, 64)", Outcome::Returned(5), "bytes"),
            ("a: read(3, 64)", Outcome::Returned(0), "end of file"),
            ("a: read(3, 64)", blocked(), "blocks"),
            ("a: read(3, 64)", Outcome::Error(9), "error"),
            ("a: write(4, \"x\")", Outcome::Died(Death::Killed(13)), "killed"),
            ("a: write(4, \"x\")", Outcome::Returned(1), "returns"),
            ("a: pipe()", Outcome::Returned(0), "returns"),
            ("a: wait()", blocked(), "blocks"),
            ("a: kill(a, SIGTERM)", Outcome::Died(Death::Killed(15)), "killed"),
        ];
        for (line, outcome, word) in table {
            let directed = parse_directed(line, None).unwrap();
            let guess = Guess::of(&directed).unwrap();
            let own = Completion { process: "a".into(), call: Some(directed.call), outcome, detail: Detail::None };
            let right: Vec<&str> =
                guess.judge(Some(&own)).iter().map(|i| guess.ask.options[*i].text.as_str()).collect();
            assert!(right.len() == 1 && right[0].to_lowercase().contains(word), "{line}: {right:?}");
        }
        assert_eq!(Guess::of(&parse_directed("a: exit(0)", None).unwrap()), None);
    }
}
