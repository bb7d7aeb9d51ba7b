//! Conditions at which a trace stops: a call, a descriptor, a process, an object, bytes, or what comes of a call.
//!
//! `write fd=4 data="quit"`: words that must all be so. Where only the call itself is spoken of, it is stopped before it is made; where
//! what came of it is, after that. The bytes of a write belong to the call, those of a read come of it.

use super::launcher::BEGINS;
use crate::engine::{Moment, tape};
use crate::notation::{CALLS, Call, Completion, Detail, Directed, MemoryCall, Outcome, nearest};
use crate::world::{Death, FdNumber, Object, ObjectId, Pid};
use nix::libc;
use std::fmt;

/// What may come of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    Blocked,
    Eof,
    Epipe,
    Exit,
    Signal,
    Error,
    Program,
}

const COMES: [(&str, Comes); 7] = [
    ("blocked", Comes::Blocked),
    ("eof", Comes::Eof),
    ("epipe", Comes::Epipe),
    ("exit", Comes::Exit),
    ("signal", Comes::Signal),
    ("error", Comes::Error),
    ("program", Comes::Program),
];

/// Words that take a value.
const KEYS: [&str; 4] = ["fd", "process", "object", "data"];

/// Calls that stop nobody, and are told of by what they have done.
const SEEN_AFTERWARDS: [&str; 3] = ["munmap", "mremap", "mprotect"];

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Until {
    /// As it was written.
    words: String,
    call: Option<String>,
    fd: Option<FdNumber>,
    process: Option<String>,
    object: Option<String>,
    data: Option<Vec<u8>>,
    comes: Option<Comes>,
    /// Bytes that a call puts in were looked at before it was made: those that it brings alone count.
    brought: bool,
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl Until {
    /// Read one: `eof`, `write fd=4`, `read process=child data="quit"`.
    ///
    /// # Errors
    /// What is wrong with which word, and the nearest that is right.
    pub fn parse(text: &str) -> Result<Until, String> {
        let (call, fd, process, object, data, comes) = Default::default();
        let mut until = Until { words: text.trim().to_owned(), call, fd, process, object, data, comes, brought: false };
        let words = words(text)?;
        if words.is_empty() {
            return Err(
                "say until what: eof, blocked, epipe, exit, signal, error, program, a call, fd=N, process=NAME, \
                        object=NAME, data=\"BYTES\""
                    .into(),
            );
        }
        for word in words {
            until.take(&word)?;
        }
        Ok(until)
    }

    fn take(&mut self, word: &str) -> Result<(), String> {
        let twice = |taken: bool| if taken { Err(format!("`{word}`: there is such a word already")) } else { Ok(()) };
        if let Some((key, value)) = word.split_once('=') {
            let value = value.trim_matches('"');
            if value.is_empty() {
                return Err(format!("`{word}`: nothing stands behind the `=`"));
            }
            match key {
                "fd" => {
                    twice(self.fd.is_some())?;
                    let number = value.parse().map_err(|_| format!("`{word}`: a descriptor is a number"))?;
                    self.fd = Some(number);
                }
                "process" => self.process = Some(value.to_owned()),
                "object" => self.object = Some(value.to_owned()),
                "data" => self.data = Some(unescaped(value)),
                other => return Err(format!("there is no word {other}={}", help(other, KEYS))),
            }
            return Ok(());
        }
        if let Some((_, comes)) = COMES.iter().find(|(name, _)| *name == word) {
            twice(self.comes.is_some())?;
            self.comes = Some(*comes);
            return Ok(());
        }
        let known = |name: &str| {
            syscalls::Sysno::iter().any(|known| known.name() == name) || CALLS.iter().any(|known| known.name == name)
        };
        if !known(word) {
            let names = CALLS.iter().map(|c| c.name).chain(COMES.iter().map(|(name, _)| *name));
            return Err(format!("there is no call {word}{}", help(word, names)));
        }
        twice(self.call.is_some())?;
        self.call = Some(word.to_owned());
        Ok(())
    }

    /// It speaks of the call alone, or of bytes that it may put in, and so can be met before that is made.
    pub(super) fn is_of_the_call(&self) -> bool {
        self.comes.is_none()
    }

    /// What is left of it to be met after a call, where it is looked for before each; `None`: nothing is.
    pub(super) fn after_the_call(&self) -> Option<Until> {
        let afterwards = self.call.as_ref().is_some_and(|name| SEEN_AFTERWARDS.contains(&name.as_str()));
        (!self.is_of_the_call() || self.data.is_some() || afterwards)
            .then(|| Until { brought: self.is_of_the_call(), ..self.clone() })
    }

    /// Whether a call that is about to be made is meant; `behind`: what is behind the descriptor that it names.
    pub(super) fn means(&self, pid: Pid, call: &Directed, behind: impl Fn(FdNumber) -> Option<Object>) -> bool {
        let object = || {
            let objects = named(&call.call).into_iter().filter_map(&behind);
            let system_v = system_v(&call.call).map(|id| id.0);
            let is_it = |name: &String| system_v.as_ref().is_some_and(|id| id.contains(name.as_str()));
            self.object.as_ref().is_none_or(|name| is_it(name) || objects.into_iter().any(|o| is_called(&o, name)))
        };
        self.call.as_ref().is_none_or(|name| call.call.name() == name)
            && self.fd.is_none_or(|fd| named(&call.call).contains(&fd))
            && self.process.as_ref().is_none_or(|name| is_process(&call.process, pid, name))
            && self
                .data
                .as_ref()
                .is_none_or(|wanted| call.call.puts().is_some_and(|(_, data)| holds(&data.bytes(), wanted)))
            && object()
    }

    /// Whether it has come about in this moment.
    pub fn reached(&self, moment: &Moment) -> bool {
        moment.own.iter().chain(&moment.resumed).any(|done| self.is_met(done, moment))
    }

    fn is_met(&self, done: &Completion, moment: &Moment) -> bool {
        let call = done.call.as_ref();
        let pid = moment.world.process(&done.process).map_or(0, |p| p.pid);
        let data = |wanted: &[u8]| {
            let put = call.and_then(Call::puts).filter(|_| !self.brought).map(|(_, data)| data.bytes());
            let posted = match &done.detail {
                Detail::Posted(letter) => Some(letter.data.as_slice()),
                detail => detail.data(),
            };
            posted.into_iter().chain(put.as_deref()).any(|bytes| holds(bytes, wanted))
        };
        let object = |name: &str| {
            let lines = tape::lines(moment);
            lines.iter().filter_map(|l| l.object.as_ref()).any(|id| match moment.world.object(id) {
                Some(object) => is_called(object, name),
                None => id.0.contains(name),
            })
        };
        self.call.as_ref().is_none_or(|name| call.is_some_and(|call| call.name() == name))
            && self.fd.is_none_or(|fd| call.is_some_and(|call| named(call).contains(&fd)))
            && self.process.as_ref().is_none_or(|name| is_process(&done.process, pid, name))
            && self.comes.is_none_or(|comes| comes.came(done))
            && self.data.as_ref().is_none_or(|wanted| data(wanted))
            && self.object.as_ref().is_none_or(|name| object(name))
    }
}

impl Comes {
    fn came(self, done: &Completion) -> bool {
        match self {
            Comes::Blocked => matches!(done.outcome, Outcome::Blocked(_)),
            Comes::Eof => done.is_eof(),
            Comes::Epipe => match done.outcome {
                Outcome::Error(errno) => errno == libc::EPIPE,
                Outcome::Signal(signal, _) | Outcome::Died(Death::Killed(signal)) => signal == libc::SIGPIPE,
                _ => false,
            },
            Comes::Exit => matches!(done.outcome, Outcome::Died(_)),
            Comes::Signal => matches!(done.outcome, Outcome::Signal(..) | Outcome::Died(Death::Killed(_))),
            Comes::Error => matches!(done.outcome, Outcome::Error(_)),
            Comes::Program => matches!(&done.detail, Detail::Remark(text) if text.starts_with(BEGINS)),
        }
    }
}

fn help<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wrong, candidates).map(|near| format!("; did you mean {near}?")).unwrap_or_default()
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|w| w == wanted)
}

/// `child`, `python3[812]` or `812`.
fn is_process(process: &str, pid: Pid, name: &str) -> bool {
    process == name
        || name.parse() == Ok(pid)
        || process.split_once('[').is_some_and(|(comm, rest)| comm == name && rest.ends_with(']'))
}

/// By its name on the screen, or a part of what the kernel calls it: `pipe:[812]`, `812`.
fn is_called(object: &Object, name: &str) -> bool {
    object.label() == name || object.id.0.contains(name)
}

/// The System V object that a call names.
fn system_v(call: &Call) -> Option<ObjectId> {
    match call {
        Call::Seen(seen) => seen.system_v(),
        _ => None,
    }
}

/// The descriptors that a call names.
fn named(call: &Call) -> Vec<FdNumber> {
    // These begin with a process, a signal or a code, or with the identifier of a System V object.
    if system_v(call).is_some() {
        return Vec::new();
    }
    if matches!(call, Call::Kill { .. } | Call::Waitpid { .. } | Call::Exit { .. } | Call::ExitNow { .. }) {
        return Vec::new();
    }
    // These begin with a length, or with the number of something that no descriptor refers to.
    match call {
        Call::Memory(MemoryCall::Mmap { fd, .. }) => return Some(*fd).filter(|fd| *fd >= 0).into_iter().collect(),
        other if other.name().starts_with("shm") => return Vec::new(),
        _ => {}
    }
    let both = matches!(call, Call::Dup2 { .. } | Call::Dup3 { .. })
        || ["splice", "tee", "sendfile", "copy_file_range"].contains(&call.name());
    let text = call.to_string();
    let arguments = text.split_once('(').map_or("", |(_, rest)| rest).trim_end_matches(')');
    let numbers = arguments.split(',').map(|word| word.trim().parse().ok());
    numbers.take(if both { 3 } else { 1 }).flatten().collect()
}

/// The words of a line; one may hold a text between quotation marks.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in text.chars() {
        match c {
            ' ' | '\t' if !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        word.push(c);
    }
    if quoted {
        return Err("a quotation mark is missing at the end".into());
    }
    if !word.is_empty() {
        words.push(word);
    }
    Ok(words)
}

/// `\n`, `\t`, `\0`, `\"`, `\\` and `\xHH` as the bytes they stand for; anything else as it is.
fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        match rest.next() {
            Some('n') => out.push(b'\n'),
            Some('t') => out.push(b'\t'),
            Some('r') => out.push(b'\r'),
            Some('0') => out.push(0),
            Some('x') => {
                let digits: String = rest.by_ref().take(2).collect();
                match u8::from_str_radix(&digits, 16) {
                    Ok(byte) => out.push(byte),
                    Err(_) => out.extend(format!("\\x{digits}").bytes()),
                }
            }
            Some(other) => out.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
            None => out.push(b'\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(text: &str) -> Directed {
        crate::notation::parse_directed(text, None).unwrap_or_else(|e| panic!("{text}: {e:?}"))
    }

    #[test]
    fn a_call_is_meant_by_all_its_words() {
        let table = [
            ("write", "p: write(4, \"x\")", true),
            ("write fd=4", "p: write(4, \"x\")", true),
            ("write fd=4", "p: write(5, \"4\")", false),
            ("fd=4", "p: dup2(3, 4)", true),
            ("fd=4", "p: kill(p, SIGTERM)", false),
            ("process=p close", "p: close(4)", true),
            ("process=q close", "p: close(4)", false),
            ("process=77", "p: pipe()", true),
            ("fd=3", "p: mmap(4096, PROT_READ, MAP_SHARED, 3)", true),
            ("fd=4096", "p: mmap(4096, PROT_READ, MAP_SHARED, 3)", false),
        ];
        for (condition, text, wanted) in table {
            let until = Until::parse(condition).unwrap();
            assert!(until.is_of_the_call(), "{condition}");
            assert_eq!(until.means(77, &call(text), |_| None), wanted, "{condition}: {text}");
        }
    }

    #[test]
    fn bytes_of_a_write_are_known_before_it_and_those_of_a_read_after() {
        let table = [
            ("write data=\"A\"", "p: write(4, \"xAx\")", true),
            ("write data=\"A\"", "p: write(4, \"B\")", false),
            ("data=\"A\"", "p: send(4, \"A\")", true),
            ("data=\"A\"", "p: read(3, 10)", false),
        ];
        for (condition, text, wanted) in table {
            let until = Until::parse(condition).unwrap();
            assert!(until.is_of_the_call(), "{condition}");
            assert_eq!(until.means(77, &call(text), |_| None), wanted, "{condition}: {text}");
            // What a read brings is to be seen afterwards; the write was seen, and is not met a second time.
            assert!(until.after_the_call().unwrap().brought);
        }
        // What stops nobody is met when it is told of.
        assert!(Until::parse("munmap").unwrap().after_the_call().is_some());
        let blocked = Until::parse("write data=x blocked").unwrap();
        assert!(!blocked.is_of_the_call());
        assert_eq!(blocked.after_the_call().unwrap(), blocked);
        assert_eq!(Until::parse("write").unwrap().after_the_call(), None);
    }

    #[test]
    fn the_identifier_of_a_queue_is_no_descriptor() {
        let seen = crate::notation::Seen::new("msgsnd", "40, type 1, \"x\", 1");
        let call = Directed { process: "p".into(), call: Call::Seen(Box::new(seen)) };
        for (condition, wanted) in
            [("msgsnd", true), ("fd=40", false), ("object=\"msq 40\"", true), ("object=sem", false)]
        {
            assert_eq!(Until::parse(condition).unwrap().means(77, &call, |_| None), wanted, "{condition}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_condition_is_said() {
        let table = [
            ("", "say until what"),
            ("wriet", "there is no call wriet; did you mean write?"),
            ("fd=x", "`fd=x`: a descriptor is a number"),
            ("data=", "`data=`: nothing stands behind the `=`"),
            ("proces=x", "there is no word proces=; did you mean process?"),
            ("read write", "`write`: there is such a word already"),
            ("data=\"x", "a quotation mark is missing at the end"),
        ];
        for (text, wanted) in table {
            assert!(Until::parse(text).unwrap_err().starts_with(wanted), "{text}: {:?}", Until::parse(text));
        }
    }

    #[test]
    fn bytes_are_written_as_in_the_notation() {
        assert_eq!(unescaped(r"a\n\x00\\b\0"), b"a\n\0\\b\0");
        assert_eq!(Until::parse(r#"data="a b=c""#).unwrap().data.unwrap(), b"a b=c");
    }
}
