//! The arguments of `exec`, in every form in which C writes them.

use super::args::Args;
use super::cursor::Cursor;
use super::string::text;
use super::{ParseError, Parsed};

const PROGRAM: &str = "a program in double quotes, or a list such as [\"ls\", \"-l\"]";

/// `exec(["ls", "-l"])`, `exec("ls", "-l")`, `execvp("ls", ["ls", "-l"])`, `execlp("ls", "ls", "-l", NULL)`.
///
/// The family's functions name the program once for the kernel and once for `argv[0]`; here it is named once,
/// so the two must agree (`/bin/ls` and `ls` do).
pub(super) fn argv(name: &str, args: &mut Args<'_, '_>) -> Parsed<Vec<String>> {
    args.need("a program")?;
    if args.cursor.peek() == Some('[') {
        let argv = list(args.cursor)?;
        return Ok(argv);
    }
    let first = located(args.cursor, PROGRAM)?;
    if !args.more()? {
        return Ok(vec![first.0]);
    }
    if args.cursor.peek() == Some('[') {
        let at = args.cursor.pos();
        let argv = list(args.cursor)?;
        environment(args)?;
        let rest = argv.get(1..).unwrap_or_default().to_vec();
        let again = argv.into_iter().next().unwrap_or_default();
        return agreed(first.0, &again, at..args.cursor.pos(), rest);
    }
    let rest = strings(args)?;
    if !name.starts_with("execl") {
        return Ok(std::iter::once(first.0).chain(rest.into_iter().map(|(text, _)| text)).collect());
    }
    let mut rest = rest.into_iter();
    let Some((again, at)) = rest.next() else { return Ok(vec![first.0]) };
    agreed(first.0, &again, at, rest.map(|(text, _)| text).collect())
}

/// A string and its place.
type Located = (String, std::ops::Range<usize>);

fn located(cursor: &mut Cursor<'_>, expected: &str) -> Parsed<Located> {
    cursor.peek();
    let start = cursor.pos();
    let text = text(cursor, expected)?;
    Ok((text, start..cursor.pos()))
}

/// `["ls", "-l"]`, not empty; C's `NULL` at its end is left out.
fn list(cursor: &mut Cursor<'_>) -> Parsed<Vec<String>> {
    cursor.peek();
    let start = cursor.pos();
    cursor.eat('[');
    let mut items = Vec::new();
    loop {
        if cursor.eat(']') {
            break;
        }
        if !items.is_empty() && cursor.eat_keyword("NULL") {
            if !cursor.eat(']') {
                return Err(cursor.unexpected("`]` after NULL"));
            }
            break;
        }
        items.push(text(cursor, "an argument in double quotes, or `]`")?);
        if !cursor.eat(',') && cursor.peek() != Some(']') {
            return Err(cursor.unexpected("`,` or `]`"));
        }
    }
    if items.is_empty() {
        return Err(ParseError::new(start..cursor.pos(), "an empty list names no program"));
    }
    Ok(items)
}

/// The strings that follow the first, up to `NULL` or the end.
fn strings(args: &mut Args<'_, '_>) -> Parsed<Vec<Located>> {
    let mut strings = Vec::new();
    loop {
        if args.cursor.eat_keyword("NULL") {
            return Ok(strings);
        }
        strings.push(located(args.cursor, "an argument in double quotes")?);
        if !args.more()? {
            return Ok(strings);
        }
    }
}

/// What `execve` takes last: it is not sent, programs get the stage's environment.
fn environment(args: &mut Args<'_, '_>) -> Parsed<()> {
    if args.more()? && args.cursor.word().is_none() {
        return Err(args.cursor.unexpected("`)`; programs get the stage's environment"));
    }
    Ok(())
}

fn agreed(program: String, again: &str, at: std::ops::Range<usize>, rest: Vec<String>) -> Parsed<Vec<String>> {
    let base = |name: &str| name.rsplit('/').next().map(str::to_owned);
    if base(&program) != base(again) {
        return Err(ParseError::new(at, "argv[0] names another program than the first argument does")
            .with_help("name the program once: exec([\"ls\", \"-l\"])"));
    }
    Ok(std::iter::once(program).chain(rest).collect())
}
