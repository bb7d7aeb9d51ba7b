use super::super::super::{Line, parse_line};
use super::super::tests::complaints;
use super::super::tests::property::{bytes, data, name, number};
use super::*;
use crate::world::Address;
use proptest::collection::vec;
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

#[test]
fn calls_on_sockets_that_are_understood() {
    let table = [
        ("p: socket(AF_UNIX, SOCK_STREAM)", "p: socket(AF_UNIX, SOCK_STREAM)"),
        ("p: socket(PF_INET, SOCK_DGRAM|SOCK_CLOEXEC, 0) = 3", "p: socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC)"),
        ("p: socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)", "p: socket(AF_INET, SOCK_STREAM, 6)"),
        ("p: socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv)", "p: socketpair(AF_UNIX, SOCK_SEQPACKET)"),
        ("p: socketpair(AF_UNIX, SOCK_DGRAM, 0, [3, 4]) = 0", "p: socketpair(AF_UNIX, SOCK_DGRAM)"),
        ("p: bind(3, unix:srv)", "p: bind(3, unix:srv)"),
        ("p: bind(3, unix:/tmp/a-b_c.d/e)", "p: bind(3, unix:/tmp/a-b_c.d/e)"),
        ("p: bind(3, unix:\"a b\")", "p: bind(3, unix:\"a b\")"),
        ("p: bind(3, unix:@srv)  # abstract", "p: bind(3, unix:@srv)"),
        ("p: bind(3, unix:@\"\\0x\")", "p: bind(3, unix:@\"\\0x\")"),
        ("p: bind(3, unix:\"\")", "p: bind(3, unix:\"\")"),
        ("p: bind(3, 127.0.0.1:0)", "p: bind(3, 127.0.0.1:0)"),
        ("p: bind(3, [::1]:8080)", "p: bind(3, [::1]:8080)"),
        ("p: bind(3, 0.0.0.0:port(a.3))", "p: bind(3, 0.0.0.0:port(a.3))"),
        ("p: connect(3, addr(server-2.3))", "p: connect(3, addr(server-2.3))"),
        ("p: listen(3, 5)", "p: listen(3, 5)"),
        ("p: accept(3, NULL, NULL)", "p: accept(3)"),
        ("p: accept(3) = 4  from 127.0.0.1:40000", "p: accept(3)"),
        ("p: accept4(3, NULL, NULL, SOCK_CLOEXEC)", "p: accept4(3, SOCK_CLOEXEC)"),
        ("p: accept4(3, 0)", "p: accept4(3, 0)"),
        ("p: shutdown(3, SHUT_WR)", "p: shutdown(3, SHUT_WR)"),
        ("p: shutdown(3, 2)", "p: shutdown(3, SHUT_RDWR)"),
        ("p: send(3, \"x\" * 9)", "p: send(3, \"x\" * 9)"),
        ("p: send(3, \"hello\", 5, 0) = 5", "p: send(3, \"hello\")"),
        ("p: send(3, \"hello\", MSG_NOSIGNAL|MSG_DONTWAIT)", "p: send(3, \"hello\", MSG_DONTWAIT|MSG_NOSIGNAL)"),
        ("p: sendto(3, \"x\", addr(r.3))", "p: sendto(3, \"x\", addr(r.3))"),
        ("p: sendto(3, \"x\", 1, 0, 127.0.0.1:9)", "p: sendto(3, \"x\", 127.0.0.1:9)"),
        ("p: sendto(3, \"x\", MSG_DONTWAIT, 127.0.0.1:9)", "p: sendto(3, \"x\", MSG_DONTWAIT, 127.0.0.1:9)"),
        ("p: sendto(3, \"x\", 1, MSG_DONTWAIT, unix:a)", "p: sendto(3, \"x\", MSG_DONTWAIT, unix:a)"),
        ("p: sendmsg(3, \"x\", rights=[4, 5])", "p: sendmsg(3, \"x\", rights=[4, 5])"),
        ("p: sendmsg(3, \"x\", rights=[], MSG_NOSIGNAL)", "p: sendmsg(3, \"x\", rights=[], MSG_NOSIGNAL)"),
        ("p: recv(3, 64)", "p: recv(3, 64)"),
        ("p: recv(3, buf, 64, MSG_PEEK)", "p: recv(3, 64, MSG_PEEK)"),
        ("p: recvfrom(3, \"x\"..., 64, 0) = 1  from 127.0.0.1:9", "p: recvfrom(3, 64)"),
        ("p: recvmsg(3, 16)", "p: recvmsg(3, 16)"),
        ("p: getsockname(3) = 0  127.0.0.1:9", "p: getsockname(3)"),
        ("p: setsockopt(3, SOL_SOCKET, SO_REUSEADDR, 1)", "p: setsockopt(3, SO_REUSEADDR, 1)"),
        (
            "p: setsockopt(3, IP_ADD_MEMBERSHIP, 239.255.0.1, 127.0.0.1)",
            "p: setsockopt(3, IP_ADD_MEMBERSHIP, 239.255.0.1, 127.0.0.1)",
        ),
        (
            "p: setsockopt(3, IPPROTO_IPV6, IPV6_JOIN_GROUP, FF15:0::123, lo)",
            "p: setsockopt(3, IPV6_ADD_MEMBERSHIP, ff15::123, lo)",
        ),
        ("p: setsockopt(3, IPV6_DROP_MEMBERSHIP, ff02::fb, 2)", "p: setsockopt(3, IPV6_DROP_MEMBERSHIP, ff02::fb, 2)"),
        ("p: setsockopt(3, IPV6_MULTICAST_IF, 1)", "p: setsockopt(3, IPV6_MULTICAST_IF, lo)"),
        ("p: setsockopt(3, IP_MULTICAST_IF, 127.0.0.1)", "p: setsockopt(3, IP_MULTICAST_IF, 127.0.0.1)"),
        ("p: getsockopt(3, SO_ERROR) = 0  0", "p: getsockopt(3, SO_ERROR)"),
        ("p: poll([3 POLLIN, 4 POLLIN|POLLOUT], -1)", "p: poll([3 POLLIN, 4 POLLIN|POLLOUT], -1)"),
        ("p: poll([], 0)", "p: poll([], 0)"),
    ];
    for (text, printed) in table {
        match parse_line(text) {
            Ok(Some(Line::Call(directed))) => assert_eq!(directed.to_string(), printed, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn calls_on_sockets_that_are_wrong() {
    let lines = include_str!("wrong.txt").lines().collect::<Vec<_>>();
    insta::assert_snapshot!(complaints(&lines, |line| parse_line(line).err()));
}

fn flags(names: &'static [(&'static str, i32)]) -> BoxedStrategy<i32> {
    let bits = names.iter().map(|(_, n)| *n).collect::<Vec<_>>();
    let some = vec(proptest::sample::select(bits), 0..3).prop_map(|all| all.into_iter().fold(0, |a, b| a | b));
    prop_oneof![3 => some, 1 => any::<i32>()].boxed()
}

pub(in super::super) fn addr() -> BoxedStrategy<Addr> {
    let ip = prop_oneof![
        any::<[u8; 4]>().prop_map(|b| IpAddr::from(Ipv4Addr::from(b))),
        any::<[u8; 16]>().prop_map(|b| IpAddr::from(Ipv6Addr::from(b))),
    ];
    let inet = (ip.clone(), any::<u16>()).prop_map(|(ip, port)| Address::Inet(SocketAddr::new(ip, port)));
    prop_oneof![
        prop_oneof![bytes().prop_map(Address::Path), bytes().prop_map(Address::Abstract), inet].prop_map(Addr::Exact),
        (name(), number()).prop_map(|(name, fd)| Addr::Of(name, fd)),
        (ip, name(), number()).prop_map(|(ip, name, fd)| Addr::PortOf(ip, name, fd)),
    ]
    .boxed()
}

fn option_with_value() -> BoxedStrategy<(SocketOption, OptionValue)> {
    let v4 = || any::<[u8; 4]>().prop_map(Ipv4Addr::from);
    prop_oneof![
        number().prop_map(|n| (SocketOption::ReuseAddr, OptionValue::Number(n))),
        number().prop_map(|n| (SocketOption::MulticastAll, OptionValue::Number(n))),
        (number(), number()).prop_map(|(on, s)| (SocketOption::Linger, OptionValue::Linger(on, s))),
        any::<u32>().prop_map(|ms| (SocketOption::ReceiveTimeout, OptionValue::Time(ms))),
        number().prop_map(|n| (SocketOption::NoDelay, OptionValue::Number(n))),
        v4().prop_map(|i| (SocketOption::MulticastInterface, OptionValue::Interface(i))),
        (v4(), v4()).prop_map(|(g, i)| (SocketOption::AddMembership, OptionValue::Membership(g, i))),
        any::<u32>().prop_map(|i| (SocketOption::MulticastInterface6, OptionValue::Link(i))),
        (any::<[u8; 16]>(), any::<u32>())
            .prop_map(|(g, i)| { (SocketOption::DropMembership6, OptionValue::Membership6(g.into(), i)) }),
    ]
    .boxed()
}

/// Any call on a socket.
pub(in super::super) fn socket_call() -> BoxedStrategy<SocketCall> {
    let message = || flags(names::MESSAGE);
    let made = || (flags(names::DOMAINS), flags(names::TYPES), number());
    let setting_up = prop_oneof![
        made().prop_map(|(domain, kind, protocol)| SocketCall::Socket { domain, kind, protocol }),
        made().prop_map(|(domain, kind, protocol)| SocketCall::Socketpair { domain, kind, protocol }),
        (number(), addr()).prop_map(|(fd, address)| SocketCall::Bind { fd, address }),
        (number(), number()).prop_map(|(fd, backlog)| SocketCall::Listen { fd, backlog }),
        (number(), addr()).prop_map(|(fd, address)| SocketCall::Connect { fd, address }),
        number().prop_map(|fd| SocketCall::Accept { fd }),
        (number(), flags(names::ACCEPT)).prop_map(|(fd, flags)| SocketCall::Accept4 { fd, flags }),
        (number(), flags(names::HOW)).prop_map(|(fd, how)| SocketCall::Shutdown { fd, how }),
    ];
    let options = prop_oneof![
        number().prop_map(|fd| SocketCall::Getsockname { fd }),
        number().prop_map(|fd| SocketCall::Getpeername { fd }),
        (number(), option_with_value()).prop_map(|(fd, (option, value))| SocketCall::Setsockopt { fd, option, value }),
        number().prop_map(|fd| SocketCall::Getsockopt { fd, option: SocketOption::Error }),
        (vec((number(), any::<i16>()), 0..3), number()).prop_map(|(fds, timeout)| SocketCall::Poll { fds, timeout }),
    ];
    let bytes = prop_oneof![
        (number(), data(), message()).prop_map(|(fd, data, flags)| SocketCall::Send { fd, data, flags }),
        (number(), data(), message(), addr()).prop_map(|(fd, data, flags, address)| SocketCall::Sendto {
            fd,
            data,
            flags,
            address
        }),
        (number(), data(), vec(number(), 0..3), message()).prop_map(|(fd, data, rights, flags)| SocketCall::Sendmsg {
            fd,
            data,
            rights,
            flags
        }),
        (number(), any::<u64>(), message()).prop_map(|(fd, count, flags)| SocketCall::Recv { fd, count, flags }),
        (number(), any::<u64>(), message()).prop_map(|(fd, count, flags)| SocketCall::Recvfrom { fd, count, flags }),
        (number(), any::<u64>(), message()).prop_map(|(fd, count, flags)| SocketCall::Recvmsg { fd, count, flags }),
    ];
    prop_oneof![setting_up.boxed(), options.boxed(), bytes.boxed()].boxed()
}
