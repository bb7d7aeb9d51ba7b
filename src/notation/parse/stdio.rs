//! The arguments of stdio(3)'s calls.

use super::super::nearest::nearest;
use super::super::{Buffering, StdioCall};
use super::args::Args;
use super::cursor::quote;
use super::{ParseError, Parsed, string};

/// `printf("hello\n")`.
pub(super) fn printf(args: &mut Args<'_, '_>) -> Parsed<StdioCall> {
    args.need("data")?;
    Ok(StdioCall::Printf { data: string::data(args.cursor)? })
}

/// `fflush(stdout)`, `fflush()`, and C's `fflush(NULL)`.
pub(super) fn fflush(args: &mut Args<'_, '_>) -> Parsed<StdioCall> {
    if args.more()? && !args.skip_pointer() {
        stdout(args)?;
    }
    Ok(StdioCall::Fflush)
}

/// `setvbuf(stdout, _IONBF)`; also C's `setvbuf(stdout, NULL, _IONBF, 0)`.
pub(super) fn setvbuf(args: &mut Args<'_, '_>) -> Parsed<StdioCall> {
    args.need("stdout")?;
    stdout(args)?;
    args.need("_IONBF, _IOLBF or _IOFBF")?;
    if args.skip_pointer() {
        args.need("_IONBF, _IOLBF or _IOFBF")?;
    }
    let Some(word) = args.cursor.word() else { return Err(args.cursor.unexpected("_IONBF, _IOLBF or _IOFBF")) };
    let Some(mode) = Buffering::ALL.into_iter().find(|mode| mode.name() == word.text) else {
        let error = ParseError::new(word.at, format!("expected a way to buffer, found {}", quote(word.text)));
        return Err(match nearest(word.text, Buffering::ALL.map(Buffering::name)) {
            Some(name) => error.with_help(format!("did you mean {name}?")),
            None => error.with_help("_IONBF: not at all, _IOLBF: line by line, _IOFBF: until it is full"),
        });
    };
    if args.more()? && !args.skip_pointer() {
        return Err(args.excess().with_help("the buffer is the C library's own: leave its size out"));
    }
    Ok(StdioCall::Setvbuf { mode })
}

fn stdout(args: &mut Args<'_, '_>) -> Parsed<()> {
    if args.cursor.eat_keyword("stdout") {
        return Ok(());
    }
    Err(args.cursor.unexpected("stdout").with_help("it is the only stream that the stage's processes use"))
}
