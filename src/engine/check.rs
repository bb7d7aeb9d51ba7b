//! Checks: expectations held against what the kernel did.

use super::{Check, Moment};
use crate::notation::{Amount, Completion, Detail, Did, Expect, Outcome, StateWord, errno_name, escape, signal_name};
use crate::world::{Death, FdNumber, Known, MapName, State, World};

/// Hold `expect` against `moment`; `terminal` is all that the stage's terminal has shown by then.
pub fn check(expect: &Expect, moment: &Moment, terminal: &[u8]) -> Check {
    let (met, got) = match expect {
        Expect::Own(did) => match &moment.own {
            Some(own) => (did_it(did, own), told(own)),
            None => (false, "no call was made".into()),
        },
        Expect::Other(name, did) => others(name, did, moment),
        Expect::State(name, word) => state(name, word, &moment.world),
        Expect::Holds(name, fds) => holds(name, fds, &moment.world),
        Expect::Bytes(name, fd, n) => at(name, *fd, &moment.world, |o| match o.bytes.value() {
            Some(bytes) => (bytes == n, format!("bytes {name}.{fd} {bytes}")),
            None => (false, format!("the bytes behind {name}.{fd} cannot be read")),
        }),
        Expect::Keeps(name, n) => keeps(name, *n, &moment.world),
        Expect::Readers(name, fd, n) => {
            at(name, *fd, &moment.world, |o| counted(o.readers().count(), *n, "readers", name, *fd))
        }
        Expect::Writers(name, fd, n) => {
            at(name, *fd, &moment.world, |o| counted(o.writers().count(), *n, "writers", name, *fd))
        }
        Expect::Word(name, map, offset, amount) => word(name, *map, *offset, *amount, &moment.world),
        Expect::Messages(name, fd, n) => at(name, *fd, &moment.world, |o| match o.queue().map(|q| &q.messages) {
            Some(Known::Yes(messages)) => (messages == n, format!("messages {name}.{fd} {messages}")),
            Some(Known::No(why)) => (false, format!("the messages behind {name}.{fd} cannot be read: {why}")),
            None => (false, format!("{name} has no message queue at {fd}")),
        }),
        Expect::Finding(rule) => (has(moment, rule), rules(moment)),
        Expect::NoFinding(rule) => (!has(moment, rule), rules(moment)),
        Expect::NoFindings => (moment.findings.is_empty(), rules(moment)),
        Expect::Shows(text) => shows(text, terminal),
    };
    Check { expect: expect.to_string(), met, got }
}

/// Whether `completion` is what `did` says.
pub fn did_it(did: &Did, completion: &Completion) -> bool {
    match (did, &completion.outcome, &completion.detail) {
        (Did::Returns(n), Outcome::Returned(value), _) => n == value,
        (Did::ReturnsPair(a, b), Outcome::Returned(_), Detail::Pair(x, y)) => a == x && b == y,
        (Did::Data(data), Outcome::Returned(_), detail) => {
            detail.data().is_some_and(|bytes| data.len() == bytes.len() as u64 && data.bytes() == *bytes)
        }
        (Did::ReturnsMap(map), Outcome::Returned(_), Detail::Mapped(made)) => map == made,
        (Did::Priority(wanted), Outcome::Returned(_), Detail::Message(_, priority)) => wanted == priority,
        (Did::Eof, Outcome::Returned(0), _) => completion.is_eof(),
        (Did::Error(n), Outcome::Error(errno), _) => n == errno,
        (Did::Blocks, Outcome::Blocked(_), _) | (Did::Running, Outcome::Running, _) => true,
        (Did::Exits(code), Outcome::Died(Death::Exited(with)), _) => code == with,
        (Did::Killed(signal), Outcome::Died(Death::Killed(by)), _) => signal == by,
        _ => false,
    }
}

/// What a call did, in the words of an expectation.
pub fn told(completion: &Completion) -> String {
    match (&completion.outcome, &completion.detail) {
        (Outcome::Returned(_), Detail::Pair(a, b)) => format!("returns {a} {b}"),
        (Outcome::Returned(_), Detail::Mapped(map)) => format!("returns {map}"),
        (Outcome::Returned(_), Detail::Message(bytes, priority)) => {
            format!("{}, priority {priority}", data_told(bytes))
        }
        (Outcome::Returned(0), _) if completion.is_eof() => "eof".into(),
        (Outcome::Returned(value), detail) => match detail.data() {
            Some(bytes) => data_told(bytes),
            None => format!("returns {value}"),
        },
        (Outcome::Error(errno), _) => format!("error {}", errno_name(*errno)),
        (Outcome::Blocked(_), _) => "blocks".into(),
        (Outcome::Died(Death::Exited(code)), _) => format!("exits {code}"),
        (Outcome::Died(Death::Killed(signal)), _) => format!("killed {}", signal_name(*signal)),
        (Outcome::Died(Death::Unknown), _) => "ends, nobody knows how".into(),
        (Outcome::Running, _) => "running".into(),
        (Outcome::Interrupted, _) => "interrupted".into(),
        (Outcome::Signal(signal, _), _) => format!("signal {}", signal_name(*signal)),
    }
}

fn data_told(bytes: &[u8]) -> String {
    let first = bytes.first().copied().unwrap_or(0);
    if bytes.len() > 16 && bytes.iter().all(|b| *b == first) {
        return format!("data \"{}\" * {}", escape(&[first], 8).0, bytes.len());
    }
    let (text, cut) = escape(bytes, 200);
    if cut { format!("data \"{text}\"... ({} bytes)", bytes.len()) } else { format!("data \"{text}\"") }
}

fn others(name: &str, did: &Did, moment: &Moment) -> (bool, String) {
    let theirs: Vec<&Completion> = moment.resumed.iter().filter(|c| c.process == name).collect();
    let met = theirs.iter().any(|c| did_it(did, c));
    let got: Vec<String> = theirs.iter().map(|c| format!("{name}: {}", told(c))).collect();
    (met, if got.is_empty() { format!("nothing of {name} ended in this step") } else { got.join(", ") })
}

fn state(name: &str, word: &StateWord, world: &World) -> (bool, String) {
    let Some(process) = world.process(name) else { return (false, format!("there is no process called {name}")) };
    let met = match (word, &process.state) {
        (StateWord::Idle, State::Idle)
        | (StateWord::Running, State::Running)
        | (StateWord::Stopped, State::Stopped)
        | (StateWord::Zombie, State::Zombie(_))
        | (StateWord::Gone, State::Gone(_))
        | (StateWord::Blocked(None), State::Blocked(_)) => true,
        (StateWord::Blocked(Some(call)), State::Blocked(in_what)) => *call == in_what.call,
        _ => false,
    };
    let is = match &process.state {
        State::Idle => StateWord::Idle,
        State::Running => StateWord::Running,
        State::Stopped => StateWord::Stopped,
        State::Zombie(_) => StateWord::Zombie,
        State::Gone(_) => StateWord::Gone,
        State::Blocked(in_what) => StateWord::Blocked(Some(in_what.call.clone())),
    };
    (met, Expect::State(name.into(), is).to_string())
}

fn holds(name: &str, fds: &[FdNumber], world: &World) -> (bool, String) {
    let Some(process) = world.process(name) else { return (false, format!("there is no process called {name}")) };
    if let Some(why) = &process.fds_unreadable {
        return (false, format!("the descriptors of {name} cannot be read: {why}"));
    }
    let held: Vec<FdNumber> = process.fds.iter().map(|f| f.number).collect();
    let mut wanted = fds.to_vec();
    wanted.sort_unstable();
    (held == wanted, Expect::Holds(name.into(), held).to_string())
}

fn keeps(name: &str, wanted: u64, world: &World) -> (bool, String) {
    let Some(process) = world.process(name) else { return (false, format!("there is no process called {name}")) };
    match &process.stdout {
        None if process.state.is_alive() => (wanted == 0, format!("{name} keeps 0")),
        None => (false, format!("{name} has ended")),
        Some(Known::Yes(kept)) => (kept.bytes == wanted, format!("{name} keeps {}", kept.bytes)),
        Some(Known::No(why)) => (false, format!("what {name} keeps cannot be read: {why}")),
    }
}

fn at(
    name: &str,
    fd: FdNumber,
    world: &World,
    look: impl FnOnce(&crate::world::Object) -> (bool, String),
) -> (bool, String) {
    let unreadable = world.process(name).and_then(|p| p.fds_unreadable.as_ref());
    if let Some(why) = unreadable {
        return (false, format!("the descriptors of {name} cannot be read: {why}"));
    }
    match world.object_at(name, fd) {
        Some(object) => look(object),
        None => (false, format!("{name} has no pipe at {fd}")),
    }
}

fn word(name: &str, map: MapName, offset: u64, amount: Amount, world: &World) -> (bool, String) {
    let Some(mapping) = world.process(name).and_then(|p| p.space.named(map)) else {
        return (false, format!("{name} has no mapping called {map}"));
    };
    let words = match &mapping.words {
        Known::Yes(words) => words,
        Known::No(why) => return (false, format!("the words of {name}.{map} cannot be read: {why}")),
    };
    match usize::try_from(offset / 8).ok().and_then(|i| words.get(i)).filter(|_| offset.is_multiple_of(8)) {
        Some(word) => {
            let met = match amount {
                Amount::Exactly(n) => *word == n,
                Amount::Below(n) => *word < n,
            };
            (met, format!("word {name}.{map} {offset} {word}"))
        }
        None => (false, format!("no word at {offset} of {name}.{map} is looked at")),
    }
}

fn counted(are: usize, wanted: usize, word: &str, name: &str, fd: FdNumber) -> (bool, String) {
    (are == wanted, format!("{word} {name}.{fd} {are}"))
}

fn has(moment: &Moment, rule: &str) -> bool {
    moment.findings.iter().any(|f| f.rule == rule)
}

fn rules(moment: &Moment) -> String {
    let mut found: Vec<String> = moment.findings.iter().map(|f| format!("finding {}", f.rule)).collect();
    found.dedup();
    if found.is_empty() { "no findings".into() } else { found.join(", ") }
}

/// A terminal turns each newline into carriage return and newline; that is not part of what was said.
fn shows(text: &[u8], terminal: &[u8]) -> (bool, String) {
    let shown: Vec<u8> = terminal.iter().copied().filter(|b| *b != b'\r').collect();
    let met = text.is_empty() || shown.windows(text.len()).any(|w| w == text);
    let tail = &shown[shown.len().saturating_sub(60)..];
    (met, format!("the terminal ends in \"{}\"", escape(tail, 80).0))
}
