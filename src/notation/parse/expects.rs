//! The clauses of an `expect` line.

use super::super::nearest::nearest;
use super::super::{Amount, Did, Expect, StateWord, calls};
use super::cursor::{Cursor, Word, quote};
use super::{ParseError, Parsed, memory, string, value};
use crate::world::{FdNumber, ProcName};
use std::str::FromStr;

/// The words a clause can begin with, each with a clause that would be understood.
const CLAUSES: &[(&str, &str)] = &[
    ("returns", "returns 5"),
    ("data", "data \"hello\""),
    ("priority", "priority 9"),
    ("eof", "eof"),
    ("error", "error EPIPE"),
    ("blocks", "blocks"),
    ("exits", "exits 0"),
    ("killed", "killed SIGPIPE"),
    ("running", "running"),
    ("bytes", "bytes parent.3 5"),
    ("readers", "readers parent.3 1"),
    ("writers", "writers parent.4 1"),
    ("word", "word parent.m1 0 5"),
    ("messages", "messages parent.3 2"),
    ("finding", "finding eof-withheld"),
    ("no", "no findings"),
    ("shows", "shows \"hello\""),
];

const STATES: [&str; 6] = ["idle", "running", "blocked", "stopped", "zombie", "gone"];

/// One clause or more, separated by commas.
pub(super) fn clauses(cursor: &mut Cursor<'_>) -> Parsed<Vec<Expect>> {
    let mut clauses = vec![clause(cursor)?];
    while cursor.eat(',') {
        clauses.push(clause(cursor)?);
    }
    if cursor.at_end() {
        return Ok(clauses);
    }
    Err(cursor.unexpected("`,` or the end of the line"))
}

fn clause(cursor: &mut Cursor<'_>) -> Parsed<Expect> {
    let mut ahead = cursor.clone();
    let pair = ahead.number_word().is_some_and(|word| word.text.bytes().all(|b| b.is_ascii_digit()));
    let Some(first) = (if pair { None } else { cursor.name() }) else {
        return Err(cursor.unexpected("an expectation").with_help(if pair {
            "the two descriptors of a pipe are written returns 3 4"
        } else {
            "such as returns 5, eof, or child is blocked in read"
        }));
    };
    if cursor.eat(':') {
        let process = value::checked_name(&first)?;
        let Some(word) = cursor.name() else { return Err(cursor.unexpected("what its call did, such as eof")) };
        return match did(&word, cursor).map_err(|e| e.or_help(|| such_as(&word)))? {
            Some(did) => Ok(Expect::Other(process, did)),
            None => Err(unknown(&word, CLAUSES.iter().take(9))),
        };
    }
    if let Some(verb) = verb(cursor, &first) {
        let process = value::checked_name(&first)?;
        return match verb {
            "is" => state(process, cursor),
            "keeps" => keeps(process, cursor),
            _ => holds(process, cursor),
        };
    }
    own(&first, cursor).map_err(|e| e.or_help(|| such_as(&first)))
}

/// A clause that begins with a word of its own and not with the name of a process.
fn own(first: &Word<'_>, cursor: &mut Cursor<'_>) -> Parsed<Expect> {
    if let Some(did) = did(first, cursor)? {
        return Ok(Expect::Own(did));
    }
    match first.text {
        "bytes" => end(cursor, "a number of bytes").map(|(name, fd, n)| Expect::Bytes(name, fd, n)),
        "readers" => end(cursor, "a number of read ends").map(|(name, fd, n)| Expect::Readers(name, fd, n)),
        "writers" => end(cursor, "a number of write ends").map(|(name, fd, n)| Expect::Writers(name, fd, n)),
        "word" => word(cursor),
        "messages" => end(cursor, "a number of messages").map(|(name, fd, n)| Expect::Messages(name, fd, n)),
        "finding" => rule(cursor).map(Expect::Finding),
        "no" => no(cursor),
        "shows" => string::string(cursor, "text in double quotes").map(Expect::Shows),
        _ => {
            let near = nearest(first.text, CLAUSES.iter().map(|(word, _)| *word)).is_some();
            let verb = cursor.peek().is_some_and(char::is_alphabetic);
            if near || !verb {
                return Err(unknown(first, CLAUSES.iter()));
            }
            let name = quote(first.text);
            Err(cursor
                .unexpected(&format!("is, holds or `:` after {name}"))
                .with_help(format!("such as {0} is idle, {0} holds 0 1 2, {0}: eof", name.trim_matches('`'))))
        }
    }
}

fn such_as(word: &Word<'_>) -> String {
    let example = CLAUSES.iter().find(|(known, _)| *known == word.text).map_or("eof", |(_, example)| example);
    format!("such as {example}")
}

/// Take `is`, `holds` or `keeps` behind the name of a process. Behind a word that begins a clause, they are a verb only where
/// something follows: `finding is` asks for a rule called "is", `finding is idle` for a process called "finding".
fn verb(cursor: &mut Cursor<'_>, first: &Word<'_>) -> Option<&'static str> {
    let mut ahead = cursor.clone();
    let word = ahead.name()?;
    let verb = ["is", "holds", "keeps"].into_iter().find(|verb| *verb == word.text)?;
    let clause = CLAUSES.iter().any(|(word, _)| *word == first.text);
    if clause && matches!(ahead.peek(), None | Some(',' | '.')) {
        return None;
    }
    *cursor = ahead;
    Some(verb)
}

fn unknown<'a>(word: &Word<'_>, clauses: impl Iterator<Item = &'a (&'a str, &'a str)> + Clone) -> ParseError {
    let error = ParseError::new(word.at.clone(), format!("there is no expectation {}", quote(word.text)));
    let near = nearest(word.text, clauses.clone().map(|(word, _)| *word));
    match near.and_then(|near| clauses.clone().find(|(word, _)| *word == near)) {
        Some((near, example)) if near == example => error.with_help(format!("did you mean {near}?")),
        Some((near, example)) => error.with_help(format!("did you mean {near}, as in {example}?")),
        None => {
            let all: Vec<&str> = clauses.map(|(_, example)| *example).collect();
            error.with_help(format!("expectations are such as {}", all.join(", ")))
        }
    }
}

/// What a call did; none where `word` does not begin that.
fn did(word: &Word<'_>, cursor: &mut Cursor<'_>) -> Parsed<Option<Did>> {
    Ok(Some(match word.text {
        "returns" => returns(cursor)?,
        "data" => Did::Data(string::data(cursor)?),
        "priority" => Did::Priority(value::integer(cursor, "a priority", "a 32-bit number")?.0),
        "eof" => Did::Eof,
        "error" => Did::Error(value::errno(cursor)?),
        "blocks" => Did::Blocks,
        "exits" => Did::Exits(exit_code(cursor)?),
        "killed" => Did::Killed(value::signal(cursor)?),
        "running" => Did::Running,
        _ => return Ok(None),
    }))
}

fn returns(cursor: &mut Cursor<'_>) -> Parsed<Did> {
    if cursor.peek() == Some('m') {
        return memory::map_name(cursor).map(Did::ReturnsMap);
    }
    let (first, at) = value::integer::<i64>(cursor, "a number that the call returns", "a 64-bit number")?;
    if first < 0 {
        return Err(ParseError::new(at, "a call that returns -1 has failed")
            .with_help("say with which error, such as error EBADF"));
    }
    if cursor.clone().number_word().is_none() {
        return Ok(Did::Returns(first));
    }
    let read = FdNumber::try_from(first).map_err(|_| ParseError::new(at, "a descriptor is a 32-bit number"))?;
    let (write, _) = value::integer(cursor, "a descriptor", "a 32-bit number")?;
    Ok(Did::ReturnsPair(read, write))
}

/// The kernel keeps the low eight bits of what exit was given (`_exit(2)`).
fn exit_code(cursor: &mut Cursor<'_>) -> Parsed<i32> {
    let (code, at) = value::integer::<i32>(cursor, "an exit code", "a number from 0 to 255")?;
    if (0..=255).contains(&code) {
        return Ok(code);
    }
    Err(ParseError::new(at, "an exit code is a number from 0 to 255")
        .with_help(format!("the kernel makes {} of it", code & 0xff)))
}

/// `is idle`, `is blocked in read`, behind the verb.
fn state(process: ProcName, cursor: &mut Cursor<'_>) -> Parsed<Expect> {
    let expected = "a state: idle, running, blocked, stopped, zombie or gone";
    let Some(word) = cursor.name() else { return Err(cursor.unexpected(expected)) };
    let state = match word.text {
        "idle" => StateWord::Idle,
        "running" => StateWord::Running,
        "blocked" => StateWord::Blocked(if cursor.eat_keyword("in") { Some(blocking_call(cursor)?) } else { None }),
        "stopped" => StateWord::Stopped,
        "zombie" => StateWord::Zombie,
        "gone" => StateWord::Gone,
        _ => {
            let error = ParseError::new(word.at.clone(), format!("expected {expected}, found {}", quote(word.text)));
            return Err(match nearest(word.text, STATES) {
                Some(near) => error.with_help(format!("did you mean {near}?")),
                None => error,
            });
        }
    };
    Ok(Expect::State(process, state))
}

/// The name of any system call: a program that exec began may block in one that the notation does not have.
fn blocking_call(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let Some(word) = cursor.word() else { return Err(cursor.unexpected("a call such as read")) };
    let own = calls::CALLS.iter().any(|spec| spec.name == word.text);
    if own || syscalls::Sysno::from_str(word.text).is_ok() {
        return Ok(word.text.to_owned());
    }
    let error = ParseError::new(word.at, format!("there is no call {}", quote(word.text)));
    Err(match nearest(word.text, ["read", "write", "wait", "waitpid", "open", "poll", "futex"]) {
        Some(near) => error.with_help(format!("did you mean {near}?")),
        None => error.with_help("such as read, write, wait or open"),
    })
}

/// `holds 0 1 2` or `holds nothing`, behind the verb.
fn holds(process: ProcName, cursor: &mut Cursor<'_>) -> Parsed<Expect> {
    let mut fds = Vec::new();
    if cursor.eat_keyword("nothing") {
        return Ok(Expect::Holds(process, fds));
    }
    while fds.is_empty() || cursor.clone().number_word().is_some() {
        let (fd, _) = value::integer(cursor, "a descriptor", "a 32-bit number")
            .map_err(|e| e.or_help(|| format!("such as {process} holds 0 1 2, or {process} holds nothing")))?;
        fds.push(fd);
    }
    Ok(Expect::Holds(process, fds))
}

/// `NAME.FD N`.
fn end<T: TryFrom<i128>>(cursor: &mut Cursor<'_>, what: &str) -> Parsed<(ProcName, FdNumber, T)> {
    let Some(word) = cursor.name() else { return Err(cursor.unexpected("a process and its descriptor")) };
    let process = value::checked_name(&word)?;
    if !cursor.eat('.') {
        return Err(cursor.unexpected("`.` and a descriptor"));
    }
    let (fd, _) = value::integer(cursor, "a descriptor", "a 32-bit number")?;
    let (number, _) = value::integer(cursor, what, "0 or more")?;
    Ok((process, fd, number))
}

/// `parent keeps 6`
fn keeps(process: ProcName, cursor: &mut Cursor<'_>) -> Parsed<Expect> {
    let (bytes, _) = value::integer(cursor, "a number of bytes", "0 or more")?;
    Ok(Expect::Keeps(process, bytes))
}

/// `NAME.m1 OFFSET N` or `NAME.m1 OFFSET below N`.
fn word(cursor: &mut Cursor<'_>) -> Parsed<Expect> {
    let Some(word) = cursor.name() else { return Err(cursor.unexpected("a process and its mapping")) };
    let process = value::checked_name(&word)?;
    if !cursor.eat('.') {
        return Err(cursor.unexpected("`.` and a mapping"));
    }
    let map = memory::map_name(cursor)?;
    let (offset, _) = value::integer(cursor, "an offset in bytes", "0 or more")?;
    let amount = if cursor.eat_keyword("below") { Amount::Below } else { Amount::Exactly };
    let (number, _) = value::integer(cursor, "the value of the word", "a 64-bit number, 0 or more")?;
    Ok(Expect::Word(process, map, offset, amount(number)))
}

/// The name of a rule; which there are, this floor does not know.
fn rule(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let Some(word) = cursor.name() else {
        return Err(cursor.unexpected("the name of a rule").with_help("such as finding eof-withheld"));
    };
    let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if word.text.starts_with(|c: char| c.is_ascii_lowercase()) && word.text.chars().all(named) {
        return Ok(word.text.to_owned());
    }
    Err(ParseError::new(word.at, format!("{} is no name of a rule", quote(word.text)))
        .with_help("rules are named in small letters and -, such as eof-withheld"))
}

fn no(cursor: &mut Cursor<'_>) -> Parsed<Expect> {
    let before = cursor.clone();
    match cursor.name() {
        Some(word) if word.text == "findings" => Ok(Expect::NoFindings),
        Some(word) if word.text == "finding" => rule(cursor).map(Expect::NoFinding),
        _ => {
            Err(before.unexpected("finding RULE or findings").or_help(|| "such as no finding eof-withheld".to_owned()))
        }
    }
}
