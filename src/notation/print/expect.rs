//! Expectations as a script writes them. What is printed parses back to the same expectation.

use super::super::{Amount, Did, Expect, StateWord, errno_name, signal_name};
use super::call::quoted;
use super::plain;
use std::fmt;

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expect::Own(did) => write!(f, "{did}"),
            Expect::Other(name, did) => write!(f, "{}: {did}", plain(name)),
            Expect::State(name, state) => write!(f, "{} is {state}", plain(name)),
            Expect::Holds(name, fds) if fds.is_empty() => write!(f, "{} holds nothing", plain(name)),
            Expect::Holds(name, fds) => {
                write!(f, "{} holds", plain(name))?;
                fds.iter().try_for_each(|fd| write!(f, " {fd}"))
            }
            Expect::Bytes(name, fd, bytes) => write!(f, "bytes {}.{fd} {bytes}", plain(name)),
            Expect::Readers(name, fd, ends) => write!(f, "readers {}.{fd} {ends}", plain(name)),
            Expect::Writers(name, fd, ends) => write!(f, "writers {}.{fd} {ends}", plain(name)),
            Expect::Keeps(name, bytes) => write!(f, "{} keeps {bytes}", plain(name)),
            Expect::Word(name, map, offset, amount) => write!(f, "word {}.{map} {offset} {amount}", plain(name)),
            Expect::Messages(name, fd, n) => write!(f, "messages {}.{fd} {n}", plain(name)),
            Expect::Finding(rule) => write!(f, "finding {}", plain(rule)),
            Expect::NoFinding(rule) => write!(f, "no finding {}", plain(rule)),
            Expect::NoFindings => f.write_str("no findings"),
            Expect::Shows(text) => write!(f, "shows {}", quoted(text)),
        }
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Did::Returns(value) => write!(f, "returns {value}"),
            Did::ReturnsPair(read, write) => write!(f, "returns {read} {write}"),
            Did::ReturnsMap(map) => write!(f, "returns {map}"),
            Did::Priority(priority) => write!(f, "priority {priority}"),
            Did::Data(data) => write!(f, "data {data}"),
            Did::Eof => f.write_str("eof"),
            Did::Error(errno) => write!(f, "error {}", errno_name(*errno)),
            Did::Blocks => f.write_str("blocks"),
            Did::Exits(code) => write!(f, "exits {code}"),
            Did::Killed(signal) => write!(f, "killed {}", signal_name(*signal)),
            Did::Running => f.write_str("running"),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Amount::Exactly(n) => write!(f, "{n}"),
            Amount::Below(n) => write!(f, "below {n}"),
        }
    }
}

impl fmt::Display for StateWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateWord::Idle => f.write_str("idle"),
            StateWord::Running => f.write_str("running"),
            StateWord::Blocked(None) => f.write_str("blocked"),
            StateWord::Blocked(Some(call)) => write!(f, "blocked in {}", plain(call)),
            StateWord::Stopped => f.write_str("stopped"),
            StateWord::Zombie => f.write_str("zombie"),
            StateWord::Gone => f.write_str("gone"),
        }
    }
}
