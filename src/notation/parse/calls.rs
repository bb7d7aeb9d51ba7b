//! A line that makes a call: `process: call(arguments)`.

use super::super::calls::{ALIASES, CALLS, call_spec};
use super::super::nearest::nearest;
use super::super::{Call, DEFAULT_COUNT, DEFAULT_MODE, Directed, Disposition, Fcntl, STAGE};
use super::args::Args;
use super::cursor::{Cursor, Word, quote};
use super::value::{self, Takes};
use super::{ParseError, Parsed, exec, measure, memory, net, queue, socket, stdio, string};

/// `process: call(arguments)`, or the call alone where it is known who makes it.
pub(super) fn directed(cursor: &mut Cursor<'_>, default: Option<&str>) -> Parsed<Directed> {
    let start = cursor.clone();
    let Some(first) = cursor.name() else {
        return Err(cursor.unexpected("a process and its call").or_help(|| "such as parent: pipe()".to_owned()));
    };
    if first.text == "expect" {
        // Where a script is read, `expect` has been taken before this; here it is misplaced or has a colon.
        return Err(ParseError::new(first.at, "`expect` begins a line of a script, and has no colon")
            .with_help("such as expect returns 0"));
    }
    if cursor.eat(':') {
        let process = if first.text == STAGE { first.text.to_owned() } else { value::checked_name(&first)? };
        let call = call(cursor)?;
        return fitting(process, call, first);
    }
    let forgotten = cursor.clone().name().is_some_and(|second| call_spec(second.text).is_some());
    if cursor.peek() != Some('(') && (forgotten || default.is_none()) {
        return Err(without_colon(cursor, &first));
    }
    *cursor = start;
    let call = call(cursor)?;
    if call.is_the_stages() {
        return Ok(Directed { process: STAGE.to_owned(), call });
    }
    let Some(process) = default else {
        let example = format!("parent: {}", call_spec(first.text).map_or("pipe()", |spec| spec.example));
        return Err(ParseError::new(first.at, "who makes this call? A process's name and a colon come first")
            .with_help(format!("such as {example}")));
    };
    Ok(Directed { process: process.to_owned(), call })
}

/// Only the stage starts processes, and it does nothing else.
fn fitting(process: String, call: Call, first: Word<'_>) -> Parsed<Directed> {
    match (process == STAGE, &call) {
        (false, Call::Start { name }) => Err(ParseError::new(first.at, "only the stage starts a process from nothing")
            .with_help(format!("stage: start({name}), or {process}: fork({name}) for a child"))),
        (false, Call::Type { .. }) => Err(ParseError::new(first.at, "it is the stage that types, and no process")
            .with_help("stage: type(\"hello\\n\")")),
        (true, call) if !call.is_the_stages() => {
            Err(ParseError::new(first.at, "the stage makes no calls but start(name) and type(data)")
                .with_help("name the process that is to make it, such as parent"))
        }
        _ => Ok(Directed { process, call }),
    }
}

/// The first word is neither followed by a colon nor by a parenthesis.
fn without_colon(cursor: &Cursor<'_>, first: &Word<'_>) -> ParseError {
    if let Some(spec) = call_spec(first.text) {
        return cursor.unexpected("`(`").with_help(format!("such as parent: {}", spec.example));
    }
    let error = cursor.unexpected("`:` after the process's name");
    if nearest(first.text, ["expect"]).is_some() {
        return error.with_help("did you mean expect?");
    }
    let said = cursor.clone().name().and_then(|second| call_spec(second.text));
    let name = value::name_fault(first.text).map_or(first.text, |_| "parent");
    error.with_help(format!("such as {name}: {}", said.map_or("pipe()", |spec| spec.example)))
}

/// `name(arguments)`, and what a transcript prints behind it.
fn call(cursor: &mut Cursor<'_>) -> Parsed<Call> {
    let Some(name) = cursor.name() else {
        return Err(cursor.unexpected("a call").or_help(|| "such as pipe() or close(4)".to_owned()));
    };
    let Some(spec) = call_spec(name.text) else { return Err(unknown(&name)) };
    let usage = || match spec.signature == spec.example {
        true => format!("such as {}", spec.example),
        false => format!("{}, such as {}", spec.signature, spec.example),
    };
    if !cursor.eat('(') {
        return Err(cursor.unexpected("`(`").or_help(usage));
    }
    let mut args = Args::new(cursor, spec);
    let mut call = arguments(name.text, &mut args).map_err(|e| e.or_help(usage))?;
    args.finish().map_err(|e| e.or_help(usage))?;
    let result = after(cursor)?;
    if let Call::Fork { name: child @ None } = &mut call {
        *child = forked(result);
    }
    Ok(call)
}

/// The name in `4243  child`, with which a transcript says what a fork returned.
fn forked(result: &str) -> Option<String> {
    let mut words = result.split_whitespace();
    words.next()?.parse::<u32>().ok()?;
    words.next().filter(|name| value::name_fault(name).is_none()).map(str::to_owned)
}

fn unknown(name: &Word<'_>) -> ParseError {
    let error = ParseError::new(name.at.clone(), format!("there is no call {}", quote(name.text)));
    let names = CALLS.iter().map(|spec| spec.name);
    match nearest(name.text, names.clone().chain(ALIASES.iter().map(|(alias, _)| *alias))).and_then(call_spec) {
        Some(spec) => error.with_help(format!("did you mean {}?", spec.signature)),
        None => error.with_help(format!("the calls are {}", names.collect::<Vec<_>>().join(", "))),
    }
}

/// What may follow the closing parenthesis: nothing, C's semicolon, or a result copied from a transcript, which is
/// returned without its `=`.
fn after<'a>(cursor: &mut Cursor<'a>) -> Parsed<&'a str> {
    cursor.eat(';');
    if cursor.at_end() {
        return Ok("");
    }
    if cursor.eat('=') || cursor.eat_text("+++") {
        return Ok(cursor.take_rest());
    }
    Err(cursor.unexpected("the end of the line").or_help(|| "one call a line; a comment begins with #".to_owned()))
}

/// The arguments of the call that was written as `name`.
fn arguments(name: &str, args: &mut Args<'_, '_>) -> Parsed<Call> {
    if let Some(call) = socket::arguments(args.spec.name, args) {
        return call;
    }
    Ok(match args.spec.name {
        "start" => {
            args.need("a name")?;
            Call::Start { name: value::name(args.cursor)? }
        }
        "type" => {
            args.need("what to type")?;
            Call::Type { data: string::data(args.cursor)? }
        }
        "pipe" => pipe(args)?,
        "pipe2" => pipe2(args)?,
        "fork" => Call::Fork { name: if args.more()? { Some(value::name(args.cursor)?) } else { None } },
        "close" => Call::Close { fd: descriptor(args, "a descriptor")? },
        "dup" => Call::Dup { fd: descriptor(args, "a descriptor")? },
        "dup2" => Call::Dup2 {
            from: descriptor(args, "a descriptor to copy")?,
            to: descriptor(args, "a number for the copy")?,
        },
        "dup3" => Call::Dup3 {
            from: descriptor(args, "a descriptor to copy")?,
            to: descriptor(args, "a number for the copy")?,
            flags: flags(args, "O_CLOEXEC")?,
        },
        "read" => read(args)?,
        "write" => write(args)?,
        "open" => Call::Open { path: path(args)?, flags: flags(args, "O_RDONLY")?, mode: mode(args)? },
        "mkfifo" => Call::Mkfifo { path: path(args)?, mode: mode(args)? },
        "unlink" => Call::Unlink { path: path(args)? },
        "fcntl" => Call::Fcntl { fd: descriptor(args, "a descriptor")?, command: fcntl(args)? },
        "signal" => signal(args)?,
        "kill" => kill(args)?,
        "wait" => wait(args)?,
        "waitpid" => waitpid(args)?,
        "exec" => Call::Exec { argv: exec::argv(name, args)? },
        "printf" => Call::Stdio(stdio::printf(args)?),
        "fflush" => Call::Stdio(stdio::fflush(args)?),
        "setvbuf" => Call::Stdio(stdio::setvbuf(args)?),
        "_exit" => Call::ExitNow { code: exit_code(args)? },
        "exit" => Call::Exit { code: exit_code(args)? },
        _ => return family(args),
    })
}

/// The calls that have files of their own.
fn family(args: &mut Args<'_, '_>) -> Parsed<Call> {
    if let Some(call) = memory::call(args)? {
        return Ok(call);
    }
    if let Some(call) = queue::call(args)? {
        return Ok(call);
    }
    if let Some(call) = measure::call(args)? {
        return Ok(call);
    }
    if let Some(call) = net::call(args)? {
        return Ok(call);
    }
    Err(args.cursor.unexpected("a call that the parser knows"))
}

fn descriptor(args: &mut Args<'_, '_>, what: &str) -> Parsed<i32> {
    args.need(what)?;
    value::descriptor(args.cursor)
}

fn flags(args: &mut Args<'_, '_>, example: &str) -> Parsed<i32> {
    args.need("flags")?;
    value::flags(args.cursor, example)
}

fn path(args: &mut Args<'_, '_>) -> Parsed<String> {
    args.need("a path")?;
    string::text(args.cursor, "a path in double quotes")
}

fn mode(args: &mut Args<'_, '_>) -> Parsed<u32> {
    if args.more()? { value::mode(args.cursor) } else { Ok(DEFAULT_MODE) }
}

/// `pipe()`; C's `pipe(fds)` and a transcript's `pipe([3, 4])` say where the numbers go, which is nowhere here.
fn pipe(args: &mut Args<'_, '_>) -> Parsed<Call> {
    let manual = args.cursor.clone().number_word().is_some_and(|word| word.text == "2");
    if manual {
        // `pipe(2)`, as the manual page is cited.
        args.more()?;
        args.cursor.number_word();
    } else if args.more()? && !args.skip_variable(')') {
        return Err(args.excess());
    }
    Ok(Call::Pipe)
}

fn pipe2(args: &mut Args<'_, '_>) -> Parsed<Call> {
    args.need("flags")?;
    if args.skip_variable(',') {
        args.need("flags")?;
    }
    Ok(Call::Pipe2 { flags: value::flags(args.cursor, "O_CLOEXEC|O_NONBLOCK")? })
}

/// `read(3, 64)`; also C's `read(3, buf, 64)` and a transcript's `read(3, "hello", 64)`.
fn read(args: &mut Args<'_, '_>) -> Parsed<Call> {
    let fd = descriptor(args, "a descriptor")?;
    if !args.more()? {
        return Ok(Call::Read { fd, count: DEFAULT_COUNT });
    }
    if args.cursor.peek() == Some('"') {
        brought(args)?;
        args.need("a count")?;
    } else if args.skip_variable(',') {
        args.need("a count")?;
    }
    Ok(Call::Read { fd, count: count(args)? })
}

/// What a transcript says that a read brought: `"hello"`, `"xxxxxxxxxx"...`, `"a" * 4097 + "b" * 4096`.
fn brought(args: &mut Args<'_, '_>) -> Parsed<()> {
    loop {
        string::string(args.cursor, "a count")?;
        if args.cursor.eat('*') {
            value::integer::<u64>(args.cursor, "how many times", "a 64-bit number")?;
        }
        args.cursor.eat_text("...");
        if !args.cursor.eat('+') || args.cursor.eat_text("...") {
            return Ok(());
        }
    }
}

/// A `size_t`, to which C turns a negative number as well.
fn count(args: &mut Args<'_, '_>) -> Parsed<u64> {
    let negative = args.cursor.clone().number_word().is_some_and(|word| word.text.starts_with('-'));
    if negative {
        return value::integer::<i64>(args.cursor, "a count", "a 64-bit number").map(|(n, _)| n.cast_unsigned());
    }
    value::integer(args.cursor, "a count", "a 64-bit number").map(|(n, _)| n)
}

/// `write(4, "hello")`; also with the length that C and a transcript say.
fn write(args: &mut Args<'_, '_>) -> Parsed<Call> {
    let fd = descriptor(args, "a descriptor")?;
    args.need("data")?;
    let data = string::data(args.cursor)?;
    if args.more()? {
        let (count, at) = value::integer::<u64>(args.cursor, "the length of the data", "a 64-bit number")?;
        if count != data.len() {
            let message = format!("the data has {} bytes, not {count}", data.len());
            return Err(ParseError::new(at, message).with_help("leave the length out; it is the data's own"));
        }
    }
    Ok(Call::Write { fd, data })
}

fn fcntl(args: &mut Args<'_, '_>) -> Parsed<Fcntl> {
    args.need("a command such as F_SETFL")?;
    Ok(match value::fcntl_command(args.cursor)? {
        Takes::Nothing(command) => {
            if args.more()? && !args.skip_pointer() {
                let at = args.excess().at;
                return Err(ParseError::new(at, format!("{command} takes no argument"))
                    .with_help("F_SETFL and F_SETFD take flags, F_SETPIPE_SZ a number of bytes"));
            }
            command
        }
        Takes::OpenFlags(command) => command(flags(args, "O_NONBLOCK")?),
        Takes::FdFlags(command) => command(flags(args, "FD_CLOEXEC")?),
        Takes::Number(command, what) => {
            args.need(what)?;
            command(value::integer(args.cursor, what, "a 32-bit number")?.0)
        }
    })
}

fn signal(args: &mut Args<'_, '_>) -> Parsed<Call> {
    args.need("a signal")?;
    let signal = value::signal(args.cursor)?;
    args.need("default or ignore")?;
    let Some(word) = args.cursor.word() else { return Err(args.cursor.unexpected("default or ignore")) };
    let disposition = match word.text {
        "default" | "SIG_DFL" => Disposition::Default,
        "ignore" | "SIG_IGN" => Disposition::Ignore,
        _ => {
            let message = format!("expected default or ignore, found {}", quote(word.text));
            let near = nearest(word.text, ["default", "ignore", "SIG_DFL", "SIG_IGN"]);
            let error = ParseError::new(word.at, message);
            return Err(match near {
                Some(name) => error.with_help(format!("did you mean {name}?")),
                None => error.with_help("the stage's processes have no handlers of their own"),
            });
        }
    };
    Ok(Call::Signal { signal, disposition })
}

fn kill(args: &mut Args<'_, '_>) -> Parsed<Call> {
    args.need("a process")?;
    let target = value::target(args.cursor)?;
    let signal = if args.more()? { value::signal(args.cursor)? } else { libc::SIGTERM };
    Ok(Call::Kill { target, signal })
}

fn wait(args: &mut Args<'_, '_>) -> Parsed<Call> {
    if args.more()? && !args.skip_pointer() {
        return Err(args.excess().with_help("for one child: waitpid(child)"));
    }
    Ok(Call::Wait)
}

/// `waitpid(child, WNOHANG)`; also C's `waitpid(child, &status, WNOHANG)`.
fn waitpid(args: &mut Args<'_, '_>) -> Parsed<Call> {
    args.need("a process")?;
    let target = value::target(args.cursor)?;
    if !args.more()? {
        return Ok(Call::Waitpid { target, options: 0 });
    }
    if (args.skip_pointer() || args.skip_variable(',')) && !args.more()? {
        return Ok(Call::Waitpid { target, options: 0 });
    }
    Ok(Call::Waitpid { target, options: value::flags(args.cursor, "WNOHANG")? })
}

fn exit_code(args: &mut Args<'_, '_>) -> Parsed<i32> {
    if !args.more()? {
        return Ok(0);
    }
    for (name, code) in [("EXIT_SUCCESS", libc::EXIT_SUCCESS), ("EXIT_FAILURE", libc::EXIT_FAILURE)] {
        if args.cursor.eat_keyword(name) {
            return Ok(code);
        }
    }
    value::integer(args.cursor, "an exit code", "a 32-bit number").map(|(code, _)| code)
}
