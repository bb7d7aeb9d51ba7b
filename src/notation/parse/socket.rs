//! The arguments of calls on sockets.

mod address;

use super::super::names::socket as names;
use super::super::{Addr, Call, Data, OptionValue, SocketCall, SocketOption};
use super::args::Args;
use super::value::{self, bits, named};
use super::{ParseError, Parsed, string};
use crate::world::FdNumber;
use address::address;
pub(super) use address::{ipv4, ipv6};

/// The arguments of the call on a socket that is called `name`; `None` where there is no such call.
pub(super) fn arguments(name: &str, args: &mut Args<'_, '_>) -> Option<Parsed<Call>> {
    let parse: fn(&mut Args<'_, '_>) -> Parsed<SocketCall> = match name {
        "socket" => |args| made(args).map(|(domain, kind, protocol)| SocketCall::Socket { domain, kind, protocol }),
        "socketpair" => socketpair,
        "bind" => |args| Ok(SocketCall::Bind { fd: descriptor(args)?, address: place(args)? }),
        "listen" => |args| Ok(SocketCall::Listen { fd: descriptor(args)?, backlog: number(args, "a backlog")? }),
        "connect" => |args| Ok(SocketCall::Connect { fd: descriptor(args)?, address: place(args)? }),
        "accept" => accept,
        "accept4" => accept4,
        "shutdown" => |args| {
            let fd = descriptor(args)?;
            args.need("SHUT_RD, SHUT_WR or SHUT_RDWR")?;
            Ok(SocketCall::Shutdown { fd, how: set(args, "direction", names::HOW)? })
        },
        "send" => send,
        "sendto" => sendto,
        "sendmsg" => sendmsg,
        "recv" => |args| recv(args).map(|(fd, count, flags)| SocketCall::Recv { fd, count, flags }),
        "recvfrom" => |args| recv(args).map(|(fd, count, flags)| SocketCall::Recvfrom { fd, count, flags }),
        "recvmsg" => |args| recv(args).map(|(fd, count, flags)| SocketCall::Recvmsg { fd, count, flags }),
        "getsockname" => |args| descriptor(args).map(|fd| SocketCall::Getsockname { fd }),
        "getpeername" => |args| descriptor(args).map(|fd| SocketCall::Getpeername { fd }),
        "setsockopt" => setsockopt,
        "getsockopt" => |args| Ok(SocketCall::Getsockopt { fd: descriptor(args)?, option: option(args)? }),
        "poll" => poll,
        _ => return None,
    };
    Some(parse(args).map(Call::Socket))
}

fn descriptor(args: &mut Args<'_, '_>) -> Parsed<FdNumber> {
    args.need("a descriptor")?;
    value::descriptor(args.cursor)
}

fn number(args: &mut Args<'_, '_>, what: &str) -> Parsed<i32> {
    args.need(what)?;
    value::integer(args.cursor, what, "a 32-bit number").map(|(n, _)| n)
}

fn place(args: &mut Args<'_, '_>) -> Parsed<Addr> {
    args.need("an address")?;
    address(args.cursor)
}

/// Names of one table joined by `|`, numbers among them.
fn set(args: &mut Args<'_, '_>, what: &str, names: &'static [(&'static str, i32)]) -> Parsed<i32> {
    let mut all = 0;
    loop {
        if let Some(word) = args.cursor.number_word() {
            all |= bits(&word)?;
        } else if let Some(word) = args.cursor.word() {
            let find = |name: &str| names.iter().find(|(known, _)| *known == name).map(|(_, number)| *number);
            all |= named(&word, what, find, names.iter().map(|(name, _)| *name))?;
        } else {
            let example = names.first().map_or("0", |(name, _)| *name);
            return Err(args.cursor.unexpected(&format!("a name such as {example}")));
        }
        if !args.cursor.eat('|') {
            return Ok(all);
        }
    }
}

/// Domain, type and protocol.
fn made(args: &mut Args<'_, '_>) -> Parsed<(i32, i32, i32)> {
    args.need("a domain such as AF_UNIX")?;
    let domain = set(args, "domain", names::DOMAINS)?;
    args.need("a type such as SOCK_STREAM")?;
    let kind = set(args, "type", names::TYPES)?;
    let protocol = if args.more()? { set(args, "protocol", names::PROTOCOLS)? } else { 0 };
    Ok((domain, kind, protocol))
}

/// Also with the variable that C has it fill, or what a transcript prints there.
fn socketpair(args: &mut Args<'_, '_>) -> Parsed<SocketCall> {
    let (domain, kind, protocol) = made(args)?;
    if args.more()? && !args.skip_variable(')') {
        return Err(args.excess());
    }
    Ok(SocketCall::Socketpair { domain, kind, protocol })
}

fn accept(args: &mut Args<'_, '_>) -> Parsed<SocketCall> {
    let fd = descriptor(args)?;
    while args.more()? {
        if !args.skip_pointer() {
            return Err(args.excess().with_help("who connected is told without asking: accept(3)"));
        }
    }
    Ok(SocketCall::Accept { fd })
}

fn accept4(args: &mut Args<'_, '_>) -> Parsed<SocketCall> {
    let fd = descriptor(args)?;
    args.need("flags")?;
    while args.cursor.eat_keyword("NULL") {
        args.need("flags")?;
    }
    Ok(SocketCall::Accept4 { fd, flags: set(args, "flag", names::ACCEPT)? })
}

/// A descriptor and data.
fn payload(args: &mut Args<'_, '_>) -> Parsed<(FdNumber, Data)> {
    let fd = descriptor(args)?;
    args.need("data")?;
    Ok((fd, string::data(args.cursor)?))
}

/// The length that C and a transcript say, where another argument follows it.
fn length(args: &mut Args<'_, '_>, data: &Data) -> Parsed<bool> {
    let mut ahead = args.cursor.clone();
    if ahead.number_word().is_none() || ahead.peek() != Some(',') {
        return Ok(false);
    }
    let (count, at) = value::integer::<u64>(args.cursor, "the length of the data", "a 64-bit number")?;
    if count != data.len() {
        let message = format!("the data has {} bytes, not {count}", data.len());
        return Err(ParseError::new(at, message).with_help("leave the length out; it is the data's own"));
    }
    Ok(true)
}

fn message_flags(args: &mut Args<'_, '_>) -> Parsed<i32> {
    set(args, "flag", names::MESSAGE)
}

/// `send(3, "x")`, `send(3, "x", MSG_NOSIGNAL)`; also C's `send(3, "x", 1, MSG_NOSIGNAL)`.
fn send(args: &mut Args<'_, '_>) -> Parsed<SocketCall> {
    let (fd, data) = payload(args)?;
    let mut flags = 0;
    if args.more()? {
        if length(args, &data)? {
            args.need("flags")?;
        }
        flags = message_flags(args)?;
    }
    Ok(SocketCall::Send { fd, data, flags })
}

/// `sendto(3, "x", ADDRESS)`, `sendto(3, "x", FLAGS, ADDRESS)`, `sendto(3, "x", 1, FLAGS, ADDRESS)`.
fn sendto(args: &mut Args<'_, '_>) -> Parsed<SocketCall> {
    let (fd, data) = payload(args)?;
    args.need("an address")?;
    let mut ahead = args.cursor.clone();
    let number = ahead.number_word().is_some() && matches!(ahead.peek(), Some(',' | '|'));
    let name = args.cursor.clone().word().is_some_and(|word| word.text.starts_with("MSG_"));
    let mut flags = 0;
    if number || name {
        // A number is the length where another number or flag follows it, and else flags.
        let mut behind = ahead.clone();
        let two = number
            && behind.eat(',')
            && (behind.clone().word().is_some_and(|word| word.text.starts_with("MSG_"))
                || behind.number_word().is_some() && matches!(behind.peek(), Some(',' | '|')));
        if two && length(args, &data)? {
            args.need("flags")?;
        }
        flags = message_flags(args)?;
        args.need("an address")?;
    }
    Ok(SocketCall::Sendto { fd, data, flags, address: address(args.cursor)? })
}

fn sendmsg(args: &mut Args<'_, '_>) -> Parsed<SocketCall> {
    let (fd, data) = payload(args)?;
    let (mut rights, mut flags) = (Vec::new(), 0);
    let mut more = args.more()?;
    if more && args.cursor.eat_keyword("rights") {
        rights = list_of_rights(args)?;
        more = args.more()?;
    }
    if more {
        flags = message_flags(args)?;
    }
    Ok(SocketCall::Sendmsg { fd, data, rights, flags })
}

fn list_of_rights(args: &mut Args<'_, '_>) -> Parsed<Vec<FdNumber>> {
    let help = || "such as rights=[4]".to_owned();
    if !args.cursor.eat('=') || !args.cursor.eat('[') {
        return Err(args.cursor.unexpected("`=[` and descriptors").or_help(help));
    }
    let mut rights = Vec::new();
    while !args.cursor.eat(']') {
        rights.push(value::descriptor(args.cursor)?);
        if !args.cursor.eat(',') && args.cursor.peek() != Some(']') {
            return Err(args.cursor.unexpected("`,` or `]`").or_help(help));
        }
    }
    Ok(rights)
}

/// `recv(3, 64)`, `recv(3, 64, MSG_PEEK)`; also C's and a transcript's, with a buffer before the count.
fn recv(args: &mut Args<'_, '_>) -> Parsed<(FdNumber, u64, i32)> {
    let fd = descriptor(args)?;
    args.need("a count")?;
    if args.cursor.peek() == Some('"') {
        string::string(args.cursor, "a count")?;
        args.cursor.eat_text("...");
        args.need("a count")?;
    } else if args.skip_variable(',') {
        args.need("a count")?;
    }
    let (count, _) = value::integer(args.cursor, "a count", "a 64-bit number, 0 or more")?;
    let flags = if args.more()? { message_flags(args)? } else { 0 };
    Ok((fd, count, flags))
}

/// An option; the level that C says before it follows from it.
fn option(args: &mut Args<'_, '_>) -> Parsed<SocketOption> {
    args.need("an option such as SO_REUSEADDR")?;
    if names::LEVELS.iter().any(|level| args.cursor.eat_keyword(level)) {
        args.need("an option such as SO_REUSEADDR")?;
    }
    let Some(word) = args.cursor.word() else { return Err(args.cursor.unexpected("an option such as SO_REUSEADDR")) };
    let alias = names::OPTION_ALIASES.iter().find(|(other, _)| *other == word.text);
    let text = alias.map_or(word.text, |(_, name)| *name);
    let found = names::OPTIONS.iter().find(|(known, ..)| *known == text);
    if let Some((_, option, ..)) = found {
        return Ok(*option);
    }
    let known = || names::OPTIONS.iter().map(|(name, ..)| *name);
    named(&word, "option of sockets that the stage knows", |_| None, known())
        .map_err(|e| e.or_help(|| format!("the options are {}", known().collect::<Vec<_>>().join(", "))))
        .map(|_| SocketOption::Error)
}

fn setsockopt(args: &mut Args<'_, '_>) -> Parsed<SocketCall> {
    let fd = descriptor(args)?;
    let option = option(args)?;
    let value = match option {
        SocketOption::AddMembership | SocketOption::DropMembership => {
            args.need("a group such as 239.255.0.1")?;
            let group = ipv4(args.cursor, "a group such as 239.255.0.1")?;
            args.need("the address of an interface such as 127.0.0.1")?;
            OptionValue::Membership(group, ipv4(args.cursor, "the address of an interface such as 127.0.0.1")?)
        }
        SocketOption::MulticastInterface => {
            args.need("the address of an interface such as 127.0.0.1")?;
            OptionValue::Interface(ipv4(args.cursor, "the address of an interface such as 127.0.0.1")?)
        }
        SocketOption::AddMembership6 | SocketOption::DropMembership6 => {
            args.need("a group such as ff15::123")?;
            let group = ipv6(args.cursor, "a group such as ff15::123")?;
            args.need(LINK)?;
            OptionValue::Membership6(group, link(args)?)
        }
        SocketOption::MulticastInterface6 => {
            args.need(LINK)?;
            OptionValue::Link(link(args)?)
        }
        SocketOption::Linger => {
            let on = number(args, "1 or 0, for on or off")?;
            OptionValue::Linger(on, number(args, "seconds; 1, 0 makes close cut the connection off")?)
        }
        SocketOption::ReceiveTimeout | SocketOption::SendTimeout => {
            args.need("milliseconds")?;
            OptionValue::Time(value::integer(args.cursor, "milliseconds", "a 32-bit number, 0 or more")?.0)
        }
        _ => OptionValue::Number(number(args, "a value")?),
    };
    Ok(SocketCall::Setsockopt { fd, option, value })
}

const LINK: &str = "the number of an interface such as 2, or lo, which is 1";

fn link(args: &mut Args<'_, '_>) -> Parsed<u32> {
    if args.cursor.eat_keyword("lo") {
        return Ok(1);
    }
    value::integer(args.cursor, LINK, "a 32-bit number, 0 or more").map(|(link, _)| link)
}

fn poll(args: &mut Args<'_, '_>) -> Parsed<SocketCall> {
    args.need("a list such as [3 POLLIN]")?;
    if !args.cursor.eat('[') {
        return Err(args.cursor.unexpected("a list such as [3 POLLIN]"));
    }
    let mut fds = Vec::new();
    while !args.cursor.eat(']') {
        let fd = value::descriptor(args.cursor)?;
        let at = args.cursor.pos();
        let events = set(args, "event", names::EVENTS)?;
        let narrow = i16::try_from(events).or_else(|_| u16::try_from(events).map(u16::cast_signed));
        let wide = |_| ParseError::new(at..args.cursor.pos(), "events are a 16-bit number, at most 0xffff");
        fds.push((fd, narrow.map_err(wide)?));
        if !args.cursor.eat(',') && args.cursor.peek() != Some(']') {
            return Err(args.cursor.unexpected("`,` or `]`"));
        }
    }
    Ok(SocketCall::Poll { fds, timeout: number(args, "a timeout in milliseconds, -1 for none")? })
}

#[cfg(test)]
pub(super) mod tests;
