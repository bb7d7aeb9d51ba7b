//! The numbers of `socket(2)`, `send(2)`, `shutdown(2)`, `poll(2)` and `setsockopt(2)` by their C names.

use super::super::ast::SocketOption;
use super::flags::{join, one};

/// Domains.
pub(crate) const DOMAINS: &[(&str, i32)] = &[
    ("AF_UNIX", libc::AF_UNIX),
    ("AF_INET", libc::AF_INET),
    ("AF_INET6", libc::AF_INET6),
    ("AF_LOCAL", libc::AF_UNIX),
    ("AF_UNSPEC", libc::AF_UNSPEC),
    ("AF_NETLINK", libc::AF_NETLINK),
    ("AF_PACKET", libc::AF_PACKET),
    ("AF_VSOCK", libc::AF_VSOCK),
    ("PF_UNIX", libc::AF_UNIX),
    ("PF_INET", libc::AF_INET),
    ("PF_INET6", libc::AF_INET6),
];

/// Types: a number in the low bits, and flags beside it.
pub(crate) const TYPES: &[(&str, i32)] = &[
    ("SOCK_STREAM", libc::SOCK_STREAM),
    ("SOCK_DGRAM", libc::SOCK_DGRAM),
    ("SOCK_SEQPACKET", libc::SOCK_SEQPACKET),
    ("SOCK_RAW", libc::SOCK_RAW),
    ("SOCK_NONBLOCK", libc::SOCK_NONBLOCK),
    ("SOCK_CLOEXEC", libc::SOCK_CLOEXEC),
];
const TYPE_MASK: i32 = 0xf;

/// Flags of `accept4`.
pub(crate) const ACCEPT: &[(&str, i32)] =
    &[("SOCK_NONBLOCK", libc::SOCK_NONBLOCK), ("SOCK_CLOEXEC", libc::SOCK_CLOEXEC)];

/// Flags of `send` and `recv`.
pub(crate) const MESSAGE: &[(&str, i32)] = &[
    ("MSG_PEEK", libc::MSG_PEEK),
    ("MSG_DONTWAIT", libc::MSG_DONTWAIT),
    ("MSG_NOSIGNAL", libc::MSG_NOSIGNAL),
    ("MSG_WAITALL", libc::MSG_WAITALL),
    ("MSG_TRUNC", libc::MSG_TRUNC),
    ("MSG_OOB", libc::MSG_OOB),
    ("MSG_EOR", libc::MSG_EOR),
    ("MSG_MORE", libc::MSG_MORE),
    ("MSG_DONTROUTE", libc::MSG_DONTROUTE),
    ("MSG_CONFIRM", libc::MSG_CONFIRM),
    ("MSG_ERRQUEUE", libc::MSG_ERRQUEUE),
    ("MSG_CMSG_CLOEXEC", libc::MSG_CMSG_CLOEXEC),
];

/// Directions of `shutdown`.
pub(crate) const HOW: &[(&str, i32)] =
    &[("SHUT_RD", libc::SHUT_RD), ("SHUT_WR", libc::SHUT_WR), ("SHUT_RDWR", libc::SHUT_RDWR)];

/// Events of `poll`.
pub(crate) const EVENTS: &[(&str, i32)] = &[
    ("POLLIN", libc::POLLIN as i32),
    ("POLLOUT", libc::POLLOUT as i32),
    ("POLLPRI", libc::POLLPRI as i32),
    ("POLLRDHUP", libc::POLLRDHUP as i32),
    ("POLLERR", libc::POLLERR as i32),
    ("POLLHUP", libc::POLLHUP as i32),
    ("POLLNVAL", libc::POLLNVAL as i32),
];

/// Protocols, which may be left out.
pub(crate) const PROTOCOLS: &[(&str, i32)] =
    &[("IPPROTO_IP", 0), ("IPPROTO_TCP", libc::IPPROTO_TCP), ("IPPROTO_UDP", libc::IPPROTO_UDP)];

/// Levels of options, which follow from the option and are stepped over where C's form is written.
pub(crate) const LEVELS: &[&str] =
    &["SOL_SOCKET", "IPPROTO_IP", "IPPROTO_IPV6", "IPPROTO_TCP", "SOL_IP", "SOL_IPV6", "SOL_TCP"];

/// One option: name, level, number.
type OptionRow = (&'static str, SocketOption, i32, i32);

/// Options.
pub(crate) const OPTIONS: &[OptionRow] = &[
    ("SO_REUSEADDR", SocketOption::ReuseAddr, libc::SOL_SOCKET, libc::SO_REUSEADDR),
    ("SO_RCVBUF", SocketOption::ReceiveBuffer, libc::SOL_SOCKET, libc::SO_RCVBUF),
    ("SO_SNDBUF", SocketOption::SendBuffer, libc::SOL_SOCKET, libc::SO_SNDBUF),
    ("SO_ERROR", SocketOption::Error, libc::SOL_SOCKET, libc::SO_ERROR),
    ("SO_TYPE", SocketOption::Type, libc::SOL_SOCKET, libc::SO_TYPE),
    ("SO_REUSEPORT", SocketOption::ReusePort, libc::SOL_SOCKET, libc::SO_REUSEPORT),
    ("SO_LINGER", SocketOption::Linger, libc::SOL_SOCKET, libc::SO_LINGER),
    ("SO_KEEPALIVE", SocketOption::KeepAlive, libc::SOL_SOCKET, libc::SO_KEEPALIVE),
    ("SO_BROADCAST", SocketOption::Broadcast, libc::SOL_SOCKET, libc::SO_BROADCAST),
    ("SO_RCVTIMEO", SocketOption::ReceiveTimeout, libc::SOL_SOCKET, libc::SO_RCVTIMEO),
    ("SO_SNDTIMEO", SocketOption::SendTimeout, libc::SOL_SOCKET, libc::SO_SNDTIMEO),
    ("SO_RCVLOWAT", SocketOption::ReceiveLowWater, libc::SOL_SOCKET, libc::SO_RCVLOWAT),
    ("SO_ACCEPTCONN", SocketOption::AcceptConn, libc::SOL_SOCKET, libc::SO_ACCEPTCONN),
    ("SO_DOMAIN", SocketOption::Domain, libc::SOL_SOCKET, libc::SO_DOMAIN),
    ("SO_PROTOCOL", SocketOption::Protocol, libc::SOL_SOCKET, libc::SO_PROTOCOL),
    ("SO_PASSCRED", SocketOption::PassCred, libc::SOL_SOCKET, libc::SO_PASSCRED),
    ("SO_PEERCRED", SocketOption::PeerCred, libc::SOL_SOCKET, libc::SO_PEERCRED),
    ("TCP_NODELAY", SocketOption::NoDelay, libc::IPPROTO_TCP, libc::TCP_NODELAY),
    ("TCP_CORK", SocketOption::Cork, libc::IPPROTO_TCP, libc::TCP_CORK),
    ("TCP_USER_TIMEOUT", SocketOption::UserTimeout, libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT),
    ("IP_TTL", SocketOption::Ttl, libc::IPPROTO_IP, libc::IP_TTL),
    ("IP_ADD_MEMBERSHIP", SocketOption::AddMembership, libc::IPPROTO_IP, libc::IP_ADD_MEMBERSHIP),
    ("IP_DROP_MEMBERSHIP", SocketOption::DropMembership, libc::IPPROTO_IP, libc::IP_DROP_MEMBERSHIP),
    ("IP_MULTICAST_IF", SocketOption::MulticastInterface, libc::IPPROTO_IP, libc::IP_MULTICAST_IF),
    ("IP_MULTICAST_TTL", SocketOption::MulticastTtl, libc::IPPROTO_IP, libc::IP_MULTICAST_TTL),
    ("IP_MULTICAST_LOOP", SocketOption::MulticastLoop, libc::IPPROTO_IP, libc::IP_MULTICAST_LOOP),
    ("IP_MULTICAST_ALL", SocketOption::MulticastAll, libc::IPPROTO_IP, IP_MULTICAST_ALL),
    ("IPV6_UNICAST_HOPS", SocketOption::Hops, libc::IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS),
    ("IPV6_V6ONLY", SocketOption::V6Only, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY),
    ("IPV6_ADD_MEMBERSHIP", SocketOption::AddMembership6, libc::IPPROTO_IPV6, libc::IPV6_ADD_MEMBERSHIP),
    ("IPV6_DROP_MEMBERSHIP", SocketOption::DropMembership6, libc::IPPROTO_IPV6, libc::IPV6_DROP_MEMBERSHIP),
    ("IPV6_MULTICAST_IF", SocketOption::MulticastInterface6, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_IF),
    ("IPV6_MULTICAST_HOPS", SocketOption::MulticastHops, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_HOPS),
    ("IPV6_MULTICAST_LOOP", SocketOption::MulticastLoop6, libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_LOOP),
    ("IPV6_MULTICAST_ALL", SocketOption::MulticastAll6, libc::IPPROTO_IPV6, IPV6_MULTICAST_ALL),
];

/// Other names of options in C, netinet/in.h.
pub(crate) const OPTION_ALIASES: &[(&str, &str)] =
    &[("IPV6_JOIN_GROUP", "IPV6_ADD_MEMBERSHIP"), ("IPV6_LEAVE_GROUP", "IPV6_DROP_MEMBERSHIP")];

/// linux/in.h
const IP_MULTICAST_ALL: i32 = 49;
/// linux/in6.h
const IPV6_MULTICAST_ALL: i32 = 29;

impl SocketOption {
    /// Its name in C.
    pub fn name(self) -> &'static str {
        row(self).map_or("", |(name, ..)| name)
    }

    /// Its level and number, as `setsockopt(2)` takes them.
    pub fn numbers(self) -> (i32, i32) {
        row(self).map_or((0, 0), |(_, _, level, number)| (*level, *number))
    }
}

fn row(option: SocketOption) -> Option<&'static OptionRow> {
    OPTIONS.iter().find(|(_, known, ..)| *known == option)
}

/// `AF_UNIX`
pub(crate) fn domain_name(domain: i32) -> String {
    one(domain, DOMAINS)
}

/// `SOCK_STREAM|SOCK_CLOEXEC`
pub(crate) fn type_name(kind: i32) -> String {
    let numbers = TYPES.get(..4).unwrap_or_default();
    match numbers.iter().find(|(_, number)| kind >= 0 && kind & TYPE_MASK == *number) {
        Some((name, _)) => join(kind & !TYPE_MASK, Some(name), ACCEPT),
        None => kind.to_string(),
    }
}

/// `SHUT_WR`
pub(crate) fn how_name(how: i32) -> String {
    one(how, HOW)
}

/// `SOCK_CLOEXEC`, or `0`
pub(crate) fn accept_name(flags: i32) -> String {
    join(flags, None, ACCEPT)
}

/// `MSG_PEEK|MSG_DONTWAIT`, or `0`
pub(crate) fn message_name(flags: i32) -> String {
    join(flags, None, MESSAGE)
}

/// `POLLIN|POLLHUP`, or `0`
pub fn events_name(events: i16) -> String {
    join(i32::from(events.cast_unsigned()), None, EVENTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_by_name() {
        let table = [
            (domain_name(1), "AF_UNIX"),
            (domain_name(99), "99"),
            (type_name(libc::SOCK_STREAM | libc::SOCK_CLOEXEC), "SOCK_STREAM|SOCK_CLOEXEC"),
            (type_name(libc::SOCK_SEQPACKET), "SOCK_SEQPACKET"),
            (type_name(4), "4"),
            (type_name(-1), "-1"),
            (how_name(1), "SHUT_WR"),
            (message_name(0), "0"),
            (message_name(libc::MSG_PEEK | libc::MSG_DONTWAIT), "MSG_PEEK|MSG_DONTWAIT"),
            (events_name(libc::POLLIN | libc::POLLHUP), "POLLIN|POLLHUP"),
            (events_name(-1), "POLLIN|POLLOUT|POLLPRI|POLLRDHUP|POLLERR|POLLHUP|POLLNVAL|0xdfc0"),
        ];
        for (printed, expected) in table {
            assert_eq!(printed, expected);
        }
        assert!(OPTIONS.iter().all(|(name, option, ..)| option.name() == *name));
    }
}
