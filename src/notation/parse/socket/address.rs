//! Addresses of sockets: `unix:path`, `unix:@name`, `127.0.0.1:0`, `[::1]:0`, `addr(NAME.FD)`,
//! `127.0.0.1:port(NAME.FD)`.

use super::super::cursor::Cursor;
use super::super::{ParseError, Parsed, string, value};
use crate::notation::Addr;
use crate::world::{Address, FdNumber, ProcName};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

const HELP: &str = "addresses are unix:path, unix:@name, 127.0.0.1:0, [::1]:0, addr(NAME.FD), 127.0.0.1:port(NAME.FD)";

/// An address in any of its forms.
pub(super) fn address(cursor: &mut Cursor<'_>) -> Parsed<Addr> {
    let mut ahead = cursor.clone();
    if let Some(word) = ahead.word() {
        if word.text == "unix" && ahead.eat(':') {
            *cursor = ahead;
            return unix(cursor).map(Addr::Exact);
        }
        if word.text == "addr" && ahead.eat('(') {
            *cursor = ahead;
            return asked(cursor).map(|(name, fd)| Addr::Of(name, fd));
        }
    }
    inet(cursor).map_err(|e| e.or_help(|| HELP.to_owned()))
}

/// Behind `unix:`: a name of plain letters, or any in double quotes; `@` first for an abstract one.
fn unix(cursor: &mut Cursor<'_>) -> Parsed<Address> {
    let hidden = cursor.raw() == Some('@');
    if hidden {
        cursor.take_raw();
    }
    let mut name = Vec::new();
    if cursor.raw() == Some('"') {
        name = string::string(cursor, "a path")?;
    } else {
        while let Some(c) = cursor.raw().filter(|c| is_plain(*c)) {
            name.push(u8::try_from(c).unwrap_or_default());
            cursor.take_raw();
        }
        if name.is_empty() {
            let expected = "a path, or @ and a name, right behind unix:";
            return Err(cursor
                .unexpected(expected)
                .with_help("such as unix:srv, unix:@srv, unix:\"a name with spaces\""));
        }
    }
    Ok(if hidden { Address::Abstract(name) } else { Address::Path(name) })
}

/// Letters that a path may have without quotes.
pub(in super::super::super) fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-')
}

/// `NAME.FD)`, behind the opening parenthesis.
fn asked(cursor: &mut Cursor<'_>) -> Parsed<(ProcName, FdNumber)> {
    let example = || "such as addr(server.3)".to_owned();
    let process = value::name(cursor)?;
    if !cursor.eat('.') {
        return Err(cursor.unexpected("`.` and a descriptor").or_help(example));
    }
    let (fd, _) = value::integer(cursor, "a descriptor", "a 32-bit number").map_err(|e| e.or_help(example))?;
    if !cursor.eat(')') {
        return Err(cursor.unexpected("`)`").or_help(example));
    }
    Ok((process, fd))
}

fn inet(cursor: &mut Cursor<'_>) -> Parsed<Addr> {
    let ip = host(cursor)?;
    if !cursor.eat(':') {
        return Err(cursor.unexpected("`:` and a port"));
    }
    let mut ahead = cursor.clone();
    if ahead.word().is_some_and(|word| word.text == "port") && ahead.eat('(') {
        *cursor = ahead;
        return asked(cursor).map(|(name, fd)| Addr::PortOf(ip, name, fd));
    }
    let (port, _) = value::integer::<u16>(cursor, "a port", "a number from 0 to 65535")?;
    Ok(Addr::Exact(Address::Inet(SocketAddr::new(ip, port))))
}

fn host(cursor: &mut Cursor<'_>) -> Parsed<IpAddr> {
    if cursor.peek() == Some('[') {
        let start = cursor.pos();
        cursor.take_raw();
        let text = run(cursor, |c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
        if cursor.raw() == Some(']') {
            cursor.take_raw();
            if let Ok(ip) = text.parse::<Ipv6Addr>() {
                return Ok(ip.into());
            }
        }
        return Err(ParseError::new(start..cursor.pos(), "this is no IPv6 address").with_help("such as [::1]:0"));
    }
    ipv4(cursor, "an address").map(IpAddr::from)
}

/// `127.0.0.1`
pub(in super::super) fn ipv4(cursor: &mut Cursor<'_>, expected: &str) -> Parsed<Ipv4Addr> {
    if cursor.peek().is_some_and(|c| c.is_ascii_digit()) {
        let start = cursor.pos();
        let text = run(cursor, |c| c.is_ascii_digit() || c == '.');
        return text.parse().map_err(|_| {
            ParseError::new(start..cursor.pos(), "this is no IPv4 address").with_help("such as 127.0.0.1")
        });
    }
    let error = cursor.unexpected(expected);
    let named = cursor.clone().name().is_some_and(|name| name.text == "localhost");
    Err(if named { error.with_help("names are not looked up: localhost is 127.0.0.1") } else { error })
}

/// `ff15::123`
pub(in super::super) fn ipv6(cursor: &mut Cursor<'_>, expected: &str) -> Parsed<Ipv6Addr> {
    if cursor.peek().is_none_or(|c| !c.is_ascii_hexdigit() && c != ':') {
        return Err(cursor.unexpected(expected));
    }
    let start = cursor.pos();
    let text = run(cursor, |c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
    text.parse()
        .map_err(|_| ParseError::new(start..cursor.pos(), "this is no IPv6 address").with_help("such as ff15::123"))
}

fn run(cursor: &mut Cursor<'_>, belongs: impl Fn(char) -> bool) -> String {
    let mut text = String::new();
    while let Some(c) = cursor.raw().filter(|c| belongs(*c)) {
        text.push(c);
        cursor.take_raw();
    }
    text
}
