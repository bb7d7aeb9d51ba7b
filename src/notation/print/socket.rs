//! Calls on sockets, addresses, and what became of them.

use super::super::names::socket::{accept_name, domain_name, events_name, how_name, message_name, type_name};
use super::super::{Addr, OptionValue, SocketCall, SocketDetail, SocketOption, epoll_events_name};
use super::call::quoted;
use super::completion::{shown, shown_data};
use super::{escape, plain};
use crate::world::{Address, FdNumber};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// As the notation writes it: `unix:srv`, `unix:@name`, `127.0.0.1:8080`.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Path(path) => write!(f, "unix:{}", name(path)),
            Address::Abstract(path) => write!(f, "unix:@{}", name(path)),
            Address::Inet(at) => write!(f, "{at}"),
        }
    }
}

fn name(bytes: &[u8]) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/' | b'-');
    match !bytes.is_empty() && bytes.iter().all(plain) {
        true => String::from_utf8_lossy(bytes).into_owned(),
        false => format!("\"{}\"", escape(bytes, usize::MAX).0),
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Addr::Exact(Address::Inet(at)) => write!(f, "{}", without_scope(*at)),
            Addr::Exact(address) => write!(f, "{address}"),
            Addr::Of(name, fd) => write!(f, "addr({}.{fd})", plain(name)),
            Addr::PortOf(IpAddr::V4(ip), name, fd) => write!(f, "{ip}:port({}.{fd})", plain(name)),
            Addr::PortOf(IpAddr::V6(ip), name, fd) => write!(f, "[{ip}]:port({}.{fd})", plain(name)),
        }
    }
}

fn without_scope(at: SocketAddr) -> SocketAddr {
    SocketAddr::new(at.ip(), at.port())
}

/// What stands between the parentheses.
pub(super) fn arguments(call: &SocketCall) -> String {
    let flagged = |flags: i32| if flags == 0 { String::new() } else { format!(", {}", message_name(flags)) };
    match call {
        SocketCall::Socket { domain, kind, protocol } | SocketCall::Socketpair { domain, kind, protocol } => {
            let protocol = if *protocol == 0 { String::new() } else { format!(", {protocol}") };
            format!("{}, {}{protocol}", domain_name(*domain), type_name(*kind))
        }
        SocketCall::Send { fd, data, flags } => format!("{fd}, {data}{}", flagged(*flags)),
        SocketCall::Sendto { fd, data, flags, address } => format!("{fd}, {data}{}, {address}", flagged(*flags)),
        SocketCall::Sendmsg { fd, data, rights, flags } => {
            format!("{fd}, {data}, rights={}{}", numbers(rights), flagged(*flags))
        }
        SocketCall::Recv { fd, count, flags }
        | SocketCall::Recvfrom { fd, count, flags }
        | SocketCall::Recvmsg { fd, count, flags } => format!("{fd}, {count}{}", flagged(*flags)),
        other => known(other),
    }
}

/// The arguments as strace prints them before it knows the result.
pub(super) fn known(call: &SocketCall) -> String {
    match call {
        SocketCall::Bind { fd, address } | SocketCall::Connect { fd, address } => format!("{fd}, {address}"),
        SocketCall::Listen { fd, backlog } => format!("{fd}, {backlog}"),
        SocketCall::Accept { fd } | SocketCall::Getsockname { fd } | SocketCall::Getpeername { fd } => fd.to_string(),
        SocketCall::Accept4 { fd, flags } => format!("{fd}, {}", accept_name(*flags)),
        SocketCall::Shutdown { fd, how } => format!("{fd}, {}", how_name(*how)),
        SocketCall::Setsockopt { fd, option, value } => format!("{fd}, {}, {value}", option.name()),
        SocketCall::Getsockopt { fd, option } => format!("{fd}, {}", option.name()),
        SocketCall::Poll { fds, timeout } => format!("{}, {timeout}", events(fds)),
        SocketCall::Socket { domain, kind, protocol } | SocketCall::Socketpair { domain, kind, protocol } => {
            format!("{}, {}, {protocol}", domain_name(*domain), type_name(*kind))
        }
        SocketCall::Send { fd, data, flags } => {
            format!("{fd}, {}, {}, {}", shown_data(data), data.len(), message_name(*flags))
        }
        SocketCall::Sendto { fd, data, flags, address } => {
            format!("{fd}, {}, {}, {}, {address}", shown_data(data), data.len(), message_name(*flags))
        }
        SocketCall::Sendmsg { fd, data, rights, flags } => {
            let flags = if *flags == 0 { String::new() } else { format!(", {}", message_name(*flags)) };
            format!("{fd}, {}, rights={}{flags}", shown_data(data), numbers(rights))
        }
        SocketCall::Recv { fd, count, flags }
        | SocketCall::Recvfrom { fd, count, flags }
        | SocketCall::Recvmsg { fd, count, flags } => format!("{fd}, {count}, {}", message_name(*flags)),
    }
}

/// The arguments once the call has returned: what it filled stands in its place.
pub(super) fn returned(call: &SocketCall, detail: Option<&SocketDetail>, pair: Option<(FdNumber, FdNumber)>) -> String {
    match (call, detail, pair) {
        (SocketCall::Socketpair { .. }, _, Some((a, b))) => format!("{}, [{a}, {b}]", known(call)),
        (
            SocketCall::Recv { fd, count, flags }
            | SocketCall::Recvfrom { fd, count, flags }
            | SocketCall::Recvmsg { fd, count, flags },
            Some(SocketDetail::Received(received)),
            _,
        ) => {
            let data = shown(&received.data, received.data.len() as u64);
            format!("{fd}, {data}, {count}, {}", message_name(*flags))
        }
        _ => known(call),
    }
}

/// What the value alone does not say.
pub(super) fn note(call: &SocketCall, detail: &SocketDetail) -> Option<String> {
    let address = |address: &Option<Address>| address.as_ref().map_or_else(|| "no address".to_owned(), limited);
    match (call, detail) {
        (SocketCall::Accept { .. } | SocketCall::Accept4 { .. }, SocketDetail::Address(from)) => {
            Some(format!("from {}", address(from)))
        }
        (SocketCall::Sendto { .. }, SocketDetail::Address(to)) => Some(format!("to {}", address(to))),
        (_, SocketDetail::Address(at)) => Some(address(at)),
        (_, SocketDetail::Received(received)) => {
            let mut notes = Vec::new();
            if received.ended {
                notes.push("EOF".to_owned());
            }
            if let Some(from) = &received.from {
                notes.push(format!("from {}", limited(from)));
            }
            if !received.rights.is_empty() {
                notes.push(format!("rights={}", numbers(&received.rights)));
            }
            if received.cut {
                notes.push("MSG_TRUNC: the rest of the message is lost".to_owned());
            }
            (!notes.is_empty()).then(|| notes.join("  "))
        }
        (SocketCall::Getsockopt { option, .. }, SocketDetail::Option(value)) => Some(match option {
            SocketOption::Error if *value != 0 => {
                format!("{value} {}", crate::notation::errno_name(*value))
            }
            _ => option_value(*option, *value),
        }),
        (_, SocketDetail::Option(value)) => Some(value.to_string()),
        (_, SocketDetail::Ready(ready)) if ready.is_empty() => Some("nothing is ready".to_owned()),
        (_, SocketDetail::Ready(ready)) => Some(events(ready)),
    }
}

/// The value of an option as a person reads it.
fn option_value(option: SocketOption, value: i32) -> String {
    match (option, value) {
        (SocketOption::Type, _) => type_name(value),
        (SocketOption::Domain, _) => domain_name(value),
        (SocketOption::Linger, ..0) => "off".to_owned(),
        (SocketOption::Linger, seconds) => format!("on, {seconds} s"),
        (SocketOption::ReceiveTimeout | SocketOption::SendTimeout, 0) => "0, no limit".to_owned(),
        (SocketOption::ReceiveTimeout | SocketOption::SendTimeout, _) => format!("{value} ms"),
        (SocketOption::PeerCred, _) => format!("pid {value}"),
        _ => value.to_string(),
    }
}

/// An address that came from elsewhere, not longer than a line bears.
fn limited(address: &Address) -> String {
    let text = address.to_string();
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn numbers(numbers: &[FdNumber]) -> String {
    format!("[{}]", numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

fn events(fds: &[(FdNumber, i16)]) -> String {
    let each: Vec<String> = fds.iter().map(|(fd, events)| format!("{fd} {}", events_name(*events))).collect();
    format!("[{}]", each.join(", "))
}

/// What select or epoll has found ready, as their own pages name it.
pub(super) fn found(call: &str, ready: &[(FdNumber, i16)]) -> String {
    if ready.is_empty() {
        return "nothing is ready".to_owned();
    }
    if call != "select" {
        let one =
            |(fd, events): &(FdNumber, i16)| format!("{fd} {}", epoll_events_name(u32::from(events.cast_unsigned())));
        return format!("[{}]", ready.iter().map(one).collect::<Vec<_>>().join(", "));
    }
    let sets = [("read", libc::POLLIN), ("write", libc::POLLOUT), ("except", libc::POLLPRI)];
    let sets = sets.into_iter().filter_map(|(name, event)| {
        let fds: Vec<FdNumber> = ready.iter().filter(|(_, events)| events & event != 0).map(|(fd, _)| *fd).collect();
        (!fds.is_empty()).then(|| format!("{name}={}", numbers(&fds)))
    });
    sets.collect::<Vec<_>>().join(", ")
}

impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionValue::Number(number) => write!(f, "{number}"),
            OptionValue::Interface(at) => write!(f, "{at}"),
            OptionValue::Membership(group, at) => write!(f, "{group}, {at}"),
            OptionValue::Linger(on, seconds) => write!(f, "{on}, {seconds}"),
            OptionValue::Time(milliseconds) => write!(f, "{milliseconds}"),
            OptionValue::Link(1) => f.write_str("lo"),
            OptionValue::Link(link) => write!(f, "{link}"),
            OptionValue::Membership6(group, 1) => write!(f, "{group}, lo"),
            OptionValue::Membership6(group, link) => write!(f, "{group}, {link}"),
        }
    }
}

/// What stands before `...` while the call has not returned.
pub(super) fn unfinished(call: &SocketCall) -> String {
    match call {
        SocketCall::Recv { fd, .. } | SocketCall::Recvfrom { fd, .. } | SocketCall::Recvmsg { fd, .. } => {
            format!("{fd},")
        }
        SocketCall::Sendmsg { fd, data, .. } => format!("{fd}, {}", quoted_or_shown(data)),
        other => known(other),
    }
}

fn quoted_or_shown(data: &crate::notation::Data) -> String {
    if data.len() <= 32 { quoted(&data.bytes()) } else { shown_data(data) }
}
