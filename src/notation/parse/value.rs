//! Numbers, flags, signals and names.

use super::super::nearest::nearest;
use super::super::{Fcntl, STAGE, Target, names};
use super::cursor::{Cursor, Word, quote};
use super::{NAME_LIMIT, ParseError, Parsed};
use crate::world::FdNumber;
use std::ops::Range;

/// A whole number of type `T`: decimal, `0x` hexadecimal, octal as `0644` or `0o644`.
pub(super) fn integer<T: TryFrom<i128>>(
    cursor: &mut Cursor<'_>,
    expected: &str,
    range: &str,
) -> Parsed<(T, Range<usize>)> {
    let Some(word) = cursor.number_word() else { return Err(cursor.unexpected(expected)) };
    let number = number(&word)?;
    let fits = T::try_from(number);
    let number = fits.map_err(|_| ParseError::new(word.at.clone(), format!("{expected} is {range}")))?;
    Ok((number, word.at))
}

fn number(word: &Word<'_>) -> Parsed<i128> {
    let negative = word.text.starts_with('-');
    let digits = word.text.trim_start_matches(['-', '+']);
    let after = |small, large| digits.strip_prefix(small).or_else(|| digits.strip_prefix(large));
    let (base, digits) = if let Some(hexadecimal) = after("0x", "0X") {
        (16, hexadecimal)
    } else if let Some(octal) = after("0o", "0O") {
        (8, octal)
    } else if let Some(binary) = after("0b", "0B") {
        (2, binary)
    } else {
        match digits.strip_prefix('0') {
            Some(octal) if !octal.is_empty() => (8, octal),
            _ => (10, digits),
        }
    };
    let wrong = || ParseError::new(word.at.clone(), format!("{} is no number", quote(word.text)));
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        let help = match base {
            8 => "a number that begins with 0 is octal, its digits 0 to 7: 0644",
            16 => "hexadecimal digits are 0 to 9 and a to f: 0x1000",
            2 => "binary digits are 0 and 1: 0b101",
            _ => "numbers are written 4096, 0x1000 or, in octal, 0644",
        };
        return Err(wrong().with_help(help));
    }
    let size = i128::from_str_radix(digits, base);
    let size = size.map_err(|_| ParseError::new(word.at.clone(), "this number is too large"))?;
    Ok(if negative { -size } else { size })
}

/// A descriptor: any number an `int` holds, or what `unistd.h` calls the first three.
pub(super) fn descriptor(cursor: &mut Cursor<'_>) -> Parsed<FdNumber> {
    let mut ahead = cursor.clone();
    let known = ahead.word().and_then(|word| match word.text {
        "STDIN_FILENO" => Some(0),
        "STDOUT_FILENO" => Some(1),
        "STDERR_FILENO" => Some(2),
        _ => None,
    });
    if let Some(fd) = known {
        *cursor = ahead;
        return Ok(fd);
    }
    let named = cursor.peek().is_some_and(char::is_alphabetic);
    match integer(cursor, "a descriptor", "a 32-bit number") {
        Ok((fd, _)) => Ok(fd),
        Err(e) if named => Err(e.with_help("there are no variables here: a descriptor is its number, such as 3")),
        Err(e) => Err(e),
    }
}

/// A 32-bit number that C takes with or without a sign: `-1` is `0xffffffff`.
pub(super) fn bits(word: &Word<'_>) -> Parsed<i32> {
    let number = number(word)?;
    i32::try_from(number)
        .or_else(|_| u32::try_from(number).map(u32::cast_signed))
        .map_err(|_| ParseError::new(word.at.clone(), "this is a 32-bit number, at most 0xffffffff"))
}

/// Flags: names joined by `|`, numbers among them.
pub(super) fn flags(cursor: &mut Cursor<'_>, example: &str) -> Parsed<i32> {
    let mut flags = 0;
    loop {
        if let Some(word) = cursor.number_word() {
            flags |= bits(&word)?;
        } else if let Some(word) = cursor.word() {
            flags |= named(&word, "flag", names::flag_number, names::flag_names())?;
        } else {
            return Err(cursor.unexpected(&format!("flags such as {example}")));
        }
        if !cursor.eat('|') {
            return Ok(flags);
        }
    }
}

/// The number that `word` names, or an error with the nearest name there is.
pub(super) fn named(
    word: &Word<'_>,
    what: &str,
    number: impl Fn(&str) -> Option<i32>,
    all: impl Iterator<Item = &'static str>,
) -> Parsed<i32> {
    number(word.text).ok_or_else(|| {
        let error = ParseError::new(word.at.clone(), format!("there is no {what} {}", quote(word.text)));
        match nearest(word.text, all) {
            Some(name) => error.with_help(format!("did you mean {name}?")),
            None => error,
        }
    })
}

/// A signal by name or number.
pub(super) fn signal(cursor: &mut Cursor<'_>) -> Parsed<i32> {
    if let Some(word) = cursor.number_word() {
        return bits(&word);
    }
    let Some(mut word) = cursor.word() else { return Err(cursor.unexpected("a signal such as SIGTERM")) };
    // SIGRTMIN+3: the sign and the digits belong to the name.
    let mut ahead = cursor.clone();
    let sign = ahead.raw().filter(|c| matches!(c, '+' | '-'));
    let distance = sign.and_then(|sign| ahead.number_word().map(|number| (sign, number)));
    let Some((_, number)) = distance.filter(|_| word.text.starts_with("SIGRT")) else {
        return named(&word, "signal", names::signal_number, names::signal_names());
    };
    let full = format!("{}{}", word.text, number.text);
    *cursor = ahead;
    word.at.end = number.at.end;
    names::signal_number(&full).ok_or_else(|| {
        ParseError::new(word.at.clone(), format!("there is no signal {}", quote(&full)))
            .with_help("real-time signals go from SIGRTMIN to SIGRTMAX")
    })
}

/// An error by name or number.
pub(super) fn errno(cursor: &mut Cursor<'_>) -> Parsed<i32> {
    if let Some(word) = cursor.number_word() {
        return bits(&word);
    }
    let Some(word) = cursor.word() else { return Err(cursor.unexpected("an error such as EPIPE")) };
    named(&word, "error", names::errno_number, names::errno_names())
}

/// A file mode. Decimal is what C takes it for as well, and the kernel shows what that makes of 644.
pub(super) fn mode(cursor: &mut Cursor<'_>) -> Parsed<u32> {
    integer(cursor, "a mode", "a 32-bit number such as 0644").map(|(mode, _)| mode)
}

/// What is wrong with a process's name, if anything.
pub(super) fn name_fault(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let shown = quote(name);
    if name.is_empty() {
        Some("a process needs a name".to_owned())
    } else if let Some(c) = name.chars().find(|c| !allowed(*c)) {
        Some(format!("a process's name has letters a to z, digits, _ and -, and not {}", quote(&c.to_string())))
    } else if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        Some(format!("a process's name begins with a letter, which {shown} does not"))
    } else if name.len() > NAME_LIMIT {
        Some(format!("a process's name has at most {NAME_LIMIT} letters; {shown} has {}", name.len()))
    } else if name == STAGE || name == "expect" {
        Some(format!("{shown} has a meaning of its own here and cannot name a process"))
    } else {
        None
    }
}

/// Hold a word against the rules for names.
pub(super) fn checked_name(word: &Word<'_>) -> Parsed<String> {
    match name_fault(word.text) {
        None => Ok(word.text.to_owned()),
        Some(fault) => Err(ParseError::new(word.at.clone(), fault).with_help("such as parent, child, worker-2")),
    }
}

/// The name of a process.
pub(super) fn name(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let Some(word) = cursor.name() else { return Err(cursor.unexpected("the name of a process")) };
    checked_name(&word)
}

/// A process by name, or by a number as the call takes it.
pub(super) fn target(cursor: &mut Cursor<'_>) -> Parsed<Target> {
    if cursor.clone().number_word().is_some() {
        return integer(cursor, "a pid", "a 32-bit number").map(|(pid, _)| Target::Number(pid));
    }
    if cursor.peek().is_some_and(|c| c.is_alphabetic() || c == '_') {
        return name(cursor).map(Target::Name);
    }
    let error = cursor.unexpected("a process, by name or pid");
    Err(if cursor.peek() == Some('"') { error.with_help("names of processes have no quotes") } else { error })
}

/// How the third argument of an `fcntl` command is read.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    Nothing(Fcntl),
    OpenFlags(fn(i32) -> Fcntl),
    FdFlags(fn(i32) -> Fcntl),
    Number(fn(i32) -> Fcntl, &'static str),
}

/// The commands of `fcntl`: name, number, and what they take.
pub(super) const FCNTL: &[(&str, i32, Takes)] = &[
    ("F_GETFL", libc::F_GETFL, Takes::Nothing(Fcntl::GetFl)),
    ("F_SETFL", libc::F_SETFL, Takes::OpenFlags(Fcntl::SetFl)),
    ("F_GETFD", libc::F_GETFD, Takes::Nothing(Fcntl::GetFd)),
    ("F_SETFD", libc::F_SETFD, Takes::FdFlags(Fcntl::SetFd)),
    ("F_GETPIPE_SZ", libc::F_GETPIPE_SZ, Takes::Nothing(Fcntl::GetPipeSize)),
    ("F_SETPIPE_SZ", libc::F_SETPIPE_SZ, Takes::Number(Fcntl::SetPipeSize, "a number of bytes")),
    ("F_DUPFD", libc::F_DUPFD, Takes::Number(Fcntl::DupFd, "the lowest descriptor to use")),
    ("F_DUPFD_CLOEXEC", libc::F_DUPFD_CLOEXEC, Takes::Number(Fcntl::DupFdCloexec, "the lowest descriptor to use")),
];

/// A command of `fcntl`, by name or number.
pub(super) fn fcntl_command(cursor: &mut Cursor<'_>) -> Parsed<Takes> {
    let number = cursor.number_word();
    let Some(word) = number.clone().or_else(|| cursor.word()) else {
        return Err(cursor.unexpected("a command such as F_SETFL"));
    };
    let value = number.as_ref().map(bits).transpose()?;
    let found = FCNTL.iter().find(|(name, number, _)| *name == word.text || Some(*number) == value);
    found.map(|(.., takes)| *takes).ok_or_else(|| {
        let names = FCNTL.iter().map(|(name, ..)| *name);
        let help = match nearest(word.text, names.clone()) {
            Some(name) => format!("did you mean {name}?"),
            None => format!("the commands are {}", names.collect::<Vec<_>>().join(", ")),
        };
        ParseError::new(word.at, format!("{} is no command of fcntl that the stage knows", quote(word.text)))
            .with_help(help)
    })
}
