//! Sockets as the world shows them, and that a look changes nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use common::{LIMIT, Play};
use pipescope::notation::{Outcome, parse_directed, show_completion};
use pipescope::observe::{self, Look, sockdiag};
use pipescope::world::{Backlog, Known, Object, Peer, Shutdown, Socket, SocketState, World};

const LOOK: Look = Look { peek: true, peek_bytes: 64, outsiders: false };

fn look(play: &Play) -> World {
    observe::read(&play.stage.subjects(), &LOOK)
}

/// Make calls; what became of the last.
fn steps(play: &mut Play, lines: &[&str]) -> String {
    let mut said = String::new();
    for line in lines {
        play.stage.issue(&parse_directed(line, Some("parent")).unwrap()).unwrap();
        let own = play.stage.settle(LIMIT).own.unwrap();
        assert!(!matches!(own.outcome, Outcome::Error(_)) || line == lines.last().unwrap(), "{line}: {own:?}");
        said = show_completion(&own);
    }
    said
}

fn at<'w>(world: &'w World, name: &str, fd: i32) -> (&'w Object, &'w Socket) {
    let object = world.object_at(name, fd).unwrap();
    let socket = object.as_socket().unwrap_or_else(|| panic!("{:?}", object.socket));
    (object, socket)
}

fn has_netlink() -> bool {
    let listed = sockdiag::read().is_ok_and(|s| s.gaps.is_empty()) && sockdiag::open().is_ok();
    if !listed {
        eprintln!("skipped: the kernel does not answer sock_diag here");
    }
    listed
}

#[test]
fn a_pair_is_two_inodes_with_a_queue_each() {
    let mut play = Play::new();
    steps(&mut play, &["socketpair(AF_UNIX, SOCK_STREAM)"]);
    play.fork("parent", "child");
    steps(&mut play, &["send(3, \"hello\")", "child: send(4, \"ab\")"]);
    if !has_netlink() {
        return;
    }
    for _ in 0..50 {
        let world = look(&play);
        let ((a, one), (b, other)) = (at(&world, "parent", 3), at(&world, "child", 4));
        assert_eq!((a.bytes.clone(), b.bytes.clone()), (Known::Yes(2), Known::Yes(5)));
        assert_eq!(b.contents.value().unwrap().head, b"hello");
        assert_eq!((&one.peer, &other.peer), (&Known::Yes(Peer::Socket(b.inode)), &Known::Yes(Peer::Socket(a.inode))));
        assert_eq!(world.peer(a).map(|o| o.inode), Some(b.inode));
        assert_eq!((a.holders.len(), one.state), (2, SocketState::Established));
    }
    assert_eq!(steps(&mut play, &["child: recv(4, 9)"]), "recv(4, \"hello\", 9, 0) = 5");
    steps(&mut play, &["shutdown(3, SHUT_WR)"]);
    let world = look(&play);
    assert_eq!(at(&world, "parent", 3).1.shutdown, Known::Yes(Shutdown { receive: false, send: true }));
    assert_eq!(at(&world, "child", 4).1.shutdown, Known::Yes(Shutdown { receive: true, send: false }));
}

#[test]
fn messages_are_seen_one_by_one_and_stay() {
    if !has_netlink() {
        return;
    }
    for kind in ["SOCK_DGRAM", "SOCK_SEQPACKET"] {
        let mut play = Play::new();
        let long = format!("send(3, \"{}\")", "z".repeat(100));
        steps(&mut play, &[&format!("socketpair(AF_UNIX, {kind})"), "send(3, \"AB\")", "send(3, \"CDE\")", &long]);
        for _ in 0..50 {
            let world = look(&play);
            let (object, socket) = at(&world, "parent", 4);
            let messages = socket.messages.value().unwrap();
            let lengths: Vec<u64> = messages.first.iter().map(|m| m.length).collect();
            assert_eq!((lengths, messages.more), (vec![2, 3, 100], false), "{kind}");
            assert_eq!(messages.first[1].contents.head, b"CDE");
            assert!(messages.first[2].contents.cut && messages.first[2].contents.head.len() == 64);
            assert_eq!(object.bytes, Known::Yes(105));
        }
        // A look of the process's own begins at the first message as ever.
        assert_eq!(steps(&mut play, &["recv(4, 9, MSG_PEEK)"]), "recv(4, \"AB\", 9, MSG_PEEK) = 2");
        assert_eq!(steps(&mut play, &["recv(4, 9, MSG_PEEK)"]), "recv(4, \"AB\", 9, MSG_PEEK) = 2");
        assert_eq!(steps(&mut play, &["recv(4, 9)", "recv(4, 9)"]), "recv(4, \"CDE\", 9, 0) = 3");
        steps(&mut play, &["recv(4, 200)", "send(3, \"one\")"]);
        look(&play);
        assert_eq!(steps(&mut play, &["recv(4, 9, MSG_PEEK)"]), "recv(4, \"one\", 9, MSG_PEEK) = 3");
        steps(&mut play, &["recv(4, 9)", "send(3, \"\")"]);
        let world = look(&play);
        let messages = at(&world, "parent", 4).1.messages.value().unwrap();
        assert_eq!((messages.first.len(), messages.more), (1, true), "an empty message hides what is behind it");
        assert_eq!(steps(&mut play, &["recv(4, 9, MSG_DONTWAIT)"]), "recv(4, \"\", 9, MSG_DONTWAIT) = 0");
    }
}

#[test]
fn udp_shows_its_datagrams() {
    if !has_netlink() {
        return;
    }
    let mut play = Play::new();
    play.stage.start_process("b").unwrap();
    let bind = ["socket(AF_INET, SOCK_DGRAM)", "bind(3, 127.0.0.1:0)", "b: socket(AF_INET, SOCK_DGRAM)"];
    steps(&mut play, &bind);
    steps(&mut play, &["b: sendto(3, \"one\", addr(parent.3))", "b: sendto(3, \"two!\", addr(parent.3))"]);
    common::until(|| {
        let world = look(&play);
        let messages = at(&world, "parent", 3).1.messages.value().unwrap().clone();
        messages.first.iter().map(|m| m.length).collect::<Vec<_>>() == [3, 4]
    });
    assert!(steps(&mut play, &["recvfrom(3, 9)"]).starts_with("recvfrom(3, \"one\", 9, 0) = 3  from 127.0.0.1:"));
}

#[test]
fn an_error_that_waits_is_left_for_the_process() {
    let mut play = Play::new();
    play.stage.start_process("b").unwrap();
    let setup = ["socket(AF_INET, SOCK_DGRAM)", "bind(3, 127.0.0.1:0)", "b: socket(AF_INET, SOCK_DGRAM)"];
    steps(&mut play, &setup);
    steps(&mut play, &["b: connect(3, addr(parent.3))", "close(3)", "b: send(3, \"x\")"]);
    for _ in 0..20 {
        look(&play);
    }
    let said = steps(&mut play, &["b: recv(3, 9)"]);
    assert_eq!(said, "recv(3, 9, 0) = -1 ECONNREFUSED (Connection refused)");
}

#[test]
fn tcp_listens_waits_and_ends() {
    if !has_netlink() {
        return;
    }
    let mut play = Play::new();
    play.stage.start_process("c").unwrap();
    steps(&mut play, &["socket(AF_INET, SOCK_STREAM)"]);
    // It is in no list yet.
    let world = look(&play);
    let fresh = at(&world, "parent", 3).1;
    assert_eq!((fresh.state, &fresh.local, fresh.has_ended()), (SocketState::Close, &None, false));
    steps(&mut play, &["bind(3, 127.0.0.1:0)", "listen(3, 4)", "c: socket(AF_INET, SOCK_STREAM)"]);
    steps(&mut play, &["c: connect(3, addr(parent.3))", "c: send(3, \"early\")"]);
    let world = look(&play);
    let (client, end) = at(&world, "c", 3);
    let listener = at(&world, "parent", 3).1;
    assert_eq!((listener.state, end.state), (SocketState::Listen, SocketState::Established));
    assert_eq!(listener.backlog, Some(Known::Yes(Backlog { waiting: 1, limit: 4 })));
    assert_eq!((listener.waiting.as_slice(), &end.peer), ([client.inode].as_slice(), &Known::Yes(Peer::Unaccepted)));
    steps(&mut play, &["accept(3)"]);
    common::until(|| at(&look(&play), "parent", 4).0.bytes == Known::Yes(5));
    steps(&mut play, &["c: exit(0)"]);
    common::until(|| at(&look(&play), "parent", 4).1.state == SocketState::CloseWait);
    // The other side's FIN is no byte.
    assert_eq!(at(&look(&play), "parent", 4).0.bytes, Known::Yes(5));
    assert_eq!(steps(&mut play, &["recv(4, 9)"]), "recv(4, \"early\", 9, 0) = 5");
    assert_eq!(at(&look(&play), "parent", 4).0.bytes, Known::Yes(0));
    assert_eq!(steps(&mut play, &["recv(4, 9)"]), "recv(4, \"\", 9, 0) = 0  EOF");
}

#[test]
fn descriptors_in_flight_are_counted() {
    let mut play = Play::new();
    steps(&mut play, &["socketpair(AF_UNIX, SOCK_STREAM)", "pipe()", "sendmsg(3, \"x\", rights=[5, 6])"]);
    let world = look(&play);
    let told = at(&world, "parent", 4).1.in_flight;
    assert!(matches!(told, Some(2) | None), "{told:?}");
    steps(&mut play, &["recvmsg(4, 9)"]);
    assert!(matches!(at(&look(&play), "parent", 4).1.in_flight, Some(0) | None));
}

#[test]
fn a_blocked_call_is_told_by_its_name_in_c() {
    let mut play = Play::new();
    steps(&mut play, &["socketpair(AF_UNIX, SOCK_STREAM)"]);
    let calls = [
        ("recv(4, 9)", "recv", Some(4)),
        ("recvmsg(4, 9)", "recvmsg", Some(4)),
        ("recvfrom(4, 9)", "recvfrom", Some(4)),
        ("poll([4 POLLIN], -1)", "poll", Some(4)),
    ];
    for (n, (line, name, fd)) in calls.into_iter().enumerate() {
        let child = format!("c{n}");
        play.fork("parent", &child);
        assert!(steps(&mut play, &[&format!("{child}: {line}")]).ends_with("...  blocked"));
        let world = look(&play);
        let blocked = world.process(&child).unwrap().state.blocked_in().unwrap().clone();
        assert_eq!((blocked.call.as_str(), blocked.fd), (name, fd));
    }
    let mut play = Play::new();
    steps(&mut play, &["socket(AF_UNIX, SOCK_STREAM)", "bind(3, unix:s)", "listen(3, 1)", "accept4(3, SOCK_CLOEXEC)"]);
    let world = look(&play);
    assert_eq!(world.process("parent").unwrap().state.blocked_in().unwrap().call, "accept");
}

#[test]
fn no_descriptor_stays_after_a_look() {
    let mut play = Play::new();
    steps(&mut play, &["socketpair(AF_UNIX, SOCK_DGRAM)", "send(3, \"x\")"]);
    let fds = || {
        std::fs::read_dir("/proc/self/fd").unwrap().filter(|e| {
            let link = std::fs::read_link(e.as_ref().unwrap().path());
            link.is_ok_and(|l| l == std::path::Path::new(&play.table("parent")[3].1))
        })
    };
    for _ in 0..10 {
        look(&play);
        assert_eq!(fds().count(), 0);
    }
}

#[test]
fn members_of_a_group_are_known_one_by_one() {
    let mut play = Play::new();
    steps(&mut play, &["socket(AF_INET, SOCK_DGRAM)", "bind(3, 0.0.0.0:0)", "setsockopt(3, SO_REUSEADDR, 1)"]);
    steps(&mut play, &["socket(AF_INET, SOCK_DGRAM)", "setsockopt(4, SO_REUSEADDR, 1)"]);
    steps(&mut play, &["bind(4, 0.0.0.0:port(parent.3))", "setsockopt(3, IP_ADD_MEMBERSHIP, 239.1.2.3, 127.0.0.1)"]);
    steps(&mut play, &["setsockopt(3, IP_ADD_MEMBERSHIP, 239.1.2.5, 127.0.0.1)", "setsockopt(4, IP_MULTICAST_ALL, 0)"]);
    let told = |world: &World, fd| {
        let multicast = at(world, "parent", fd).1.multicast.clone().unwrap().value().unwrap().clone();
        let mut groups: Vec<String> = multicast.groups.iter().map(|m| format!("{} {}", m.group, m.interface)).collect();
        groups.sort();
        (groups, multicast.all, multicast.ttl)
    };
    let world = look(&play);
    assert_eq!(told(&world, 3), (vec!["239.1.2.3 lo".to_owned(), "239.1.2.5 lo".to_owned()], true, 1));
    assert_eq!(told(&world, 4), (Vec::new(), false, 1));
    assert_eq!(world.groups().len(), 2);
    steps(&mut play, &["setsockopt(3, IP_DROP_MEMBERSHIP, 239.1.2.5, 127.0.0.1)"]);
    steps(&mut play, &["setsockopt(4, IP_ADD_MEMBERSHIP, 239.1.2.5, 127.0.0.1)"]);
    let world = look(&play);
    assert_eq!(
        (told(&world, 3).0.as_slice(), told(&world, 4).0.as_slice()),
        (["239.1.2.3 lo".to_owned()].as_slice(), ["239.1.2.5 lo".to_owned()].as_slice())
    );
}

fn has_ipv6() -> bool {
    let has = std::net::UdpSocket::bind("[::1]:0").is_ok();
    if !has {
        eprintln!("skipped: there is no IPv6 here");
    }
    has
}

#[test]
fn a_socket_over_ipv6_joins_groups_of_both_kinds() {
    if !has_ipv6() {
        return;
    }
    let mut play = Play::new();
    steps(
        &mut play,
        &["socket(AF_INET6, SOCK_DGRAM)", "bind(3, [::]:0)", "socket(AF_INET6, SOCK_DGRAM)", "bind(4, [::]:0)"],
    );
    steps(&mut play, &["setsockopt(3, IPV6_JOIN_GROUP, ff15::123, lo)", "setsockopt(3, IPV6_MULTICAST_ALL, 0)"]);
    steps(
        &mut play,
        &["setsockopt(3, IP_ADD_MEMBERSHIP, 239.1.2.3, 127.0.0.1)", "setsockopt(4, IPV6_MULTICAST_HOPS, 9)"],
    );
    let told = |play: &Play, fd| {
        let world = look(play);
        let multicast = at(&world, "parent", fd).1.multicast.clone().unwrap().value().unwrap().clone();
        let groups: Vec<String> = multicast.groups.iter().map(|m| format!("{} {}", m.group, m.interface)).collect();
        (groups.join(", "), multicast.all, multicast.ttl)
    };
    assert_eq!(told(&play, 3), ("239.1.2.3 lo, ff15::123 lo".into(), false, 1));
    assert_eq!(told(&play, 4), (String::new(), true, 9));
    steps(&mut play, &["setsockopt(3, IPV6_LEAVE_GROUP, ff15::123, lo)"]);
    assert_eq!(told(&play, 3).0, "239.1.2.3 lo");
}

#[test]
fn a_group_over_ipv6_stays_on_loopback() {
    if !has_ipv6() {
        return;
    }
    let mut play = Play::new();
    steps(&mut play, &["socket(AF_INET6, SOCK_DGRAM)"]);
    let refused = [
        ("setsockopt(3, IPV6_ADD_MEMBERSHIP, ff15::123, 2)", "2 is not the interface of loopback"),
        ("setsockopt(3, IPV6_ADD_MEMBERSHIP, ff15::123, 0)", "0 is not the interface of loopback"),
        ("setsockopt(3, IPV6_MULTICAST_IF, 2)", "2 is not the interface of loopback"),
        ("sendto(3, \"x\", [ff15::123]:9)", "would leave this machine"),
        ("sendto(3, \"x\", [::ffff:239.1.2.3]:9)", "would leave this machine"),
        ("connect(3, [ff02::fb]:5353)", "would leave this machine"),
    ];
    for (call, why) in refused {
        let call = parse_directed(call, Some("parent")).unwrap();
        let said = play.stage.issue(&call).unwrap_err().to_string();
        assert!(said.contains(why), "{call:?}: {said}");
    }
    steps(&mut play, &["setsockopt(3, IPV6_MULTICAST_IF, lo)", "bind(3, [ff15::123]:0)"]);
}
