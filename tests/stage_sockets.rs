//! Calls on sockets, made by real processes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use common::{LIMIT, Play, options};
use pipescope::notation::{Outcome, parse_directed, show_completion};
use pipescope::stage::{Options, Refusal};

/// Make each call; its line must be as told, `PORT` standing for any number above 1024.
fn plays(play: &mut Play, lines: &[(&str, &str)]) {
    for (line, expected) in lines {
        let directed = parse_directed(line, Some("parent")).unwrap();
        play.stage.issue(&directed).unwrap_or_else(|refusal| panic!("{line}: {refusal}"));
        let settled = play.stage.settle(LIMIT);
        let mut said = vec![show_completion(settled.own.as_ref().unwrap())];
        said.extend(settled.resumed.iter().map(|c| format!("{}: {}", c.process, show_completion(c))));
        assert_eq!(ports(&said.join(" / ")), *expected, "{line}");
    }
}

fn ports(text: &str) -> String {
    let mut out = String::new();
    for part in text.split_inclusive(':') {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let port = out.ends_with(':') && part[..digits].parse().is_ok_and(|n: u32| n > 1024);
        out += if port { "PORT" } else { &part[..digits] };
        out += &part[digits..];
    }
    out
}

fn refused(play: &mut Play, line: &str) -> String {
    let directed = parse_directed(line, Some("parent")).unwrap();
    match play.stage.issue(&directed) {
        Err(Refusal::NotAllowed(text)) => text,
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn a_socketpair_goes_both_ways() {
    let mut play = Play::new();
    plays(&mut play, &[("socketpair(AF_UNIX, SOCK_STREAM)", "socketpair(AF_UNIX, SOCK_STREAM, 0, [3, 4]) = 0")]);
    play.fork("parent", "child");
    plays(
        &mut play,
        &[
            ("close(4)", "close(4) = 0"),
            ("child: close(3)", "close(3) = 0"),
            ("child: recv(4, 64)", "recv(4, ...  blocked"),
            ("send(3, \"hello\")", "send(3, \"hello\", 5, 0) = 5 / child: recv(4, \"hello\", 64, 0) = 5"),
            ("child: write(4, \"back\")", "write(4, \"back\", 4) = 4"),
            ("read(3, 64)", "read(3, \"back\", 64) = 4"),
            ("shutdown(3, SHUT_WR)", "shutdown(3, SHUT_WR) = 0"),
            ("child: recv(4, 64)", "recv(4, \"\", 64, 0) = 0  EOF"),
            ("send(3, \"x\", MSG_NOSIGNAL)", "send(3, \"x\", 1, MSG_NOSIGNAL) = -1 EPIPE (Broken pipe)"),
            ("send(3, \"x\")", "send(3, \"x\", 1, 0)  +++ killed by SIGPIPE +++"),
        ],
    );
}

#[test]
fn messages_keep_their_boundaries() {
    for kind in ["SOCK_DGRAM", "SOCK_SEQPACKET"] {
        plays(
            &mut Play::new(),
            &[
                (&format!("socketpair(AF_UNIX, {kind})"), &format!("socketpair(AF_UNIX, {kind}, 0, [3, 4]) = 0")),
                ("send(3, \"AB\")", "send(3, \"AB\", 2, 0) = 2"),
                ("send(3, \"CDEF\")", "send(3, \"CDEF\", 4, 0) = 4"),
                ("send(3, \"\")", "send(3, \"\", 0, 0) = 0"),
                ("recv(4, 10, MSG_PEEK)", "recv(4, \"AB\", 10, MSG_PEEK) = 2"),
                ("recv(4, 10)", "recv(4, \"AB\", 10, 0) = 2"),
                ("recvmsg(4, 3)", "recvmsg(4, \"CDE\", 3, 0) = 3  MSG_TRUNC: the rest of the message is lost"),
                ("recv(4, 3)", "recv(4, \"\", 3, 0) = 0"),
                ("recv(4, 3, MSG_DONTWAIT)", "recv(4, 3, MSG_DONTWAIT) = -1 EAGAIN (Resource temporarily unavailable)"),
            ],
        );
    }
}

#[test]
fn a_unix_server_and_its_path() {
    let mut play = Play::new();
    play.stage.start_process("client").unwrap();
    plays(
        &mut play,
        &[
            ("socket(AF_UNIX, SOCK_STREAM)", "socket(AF_UNIX, SOCK_STREAM, 0) = 3"),
            ("bind(3, unix:srv)", "bind(3, unix:srv) = 0"),
            ("client: socket(AF_UNIX, SOCK_STREAM)", "socket(AF_UNIX, SOCK_STREAM, 0) = 3"),
            ("client: connect(3, unix:srv)", "connect(3, unix:srv) = -1 ECONNREFUSED (Connection refused)"),
            ("listen(3, 5)", "listen(3, 5) = 0"),
            ("accept(3)", "accept(3 ...  blocked"),
            (
                "client: connect(3, addr(parent.3))",
                "connect(3, addr(parent.3)) = 0  unix:srv / parent: accept(3) = 4  from no address",
            ),
            ("client: getpeername(3)", "getpeername(3) = 0  unix:srv"),
            ("getsockname(4)", "getsockname(4) = 0  unix:srv"),
            ("client: getsockname(3)", "getsockname(3) = 0  no address"),
            ("close(3)", "close(3) = 0"),
            ("socket(AF_UNIX, SOCK_STREAM)", "socket(AF_UNIX, SOCK_STREAM, 0) = 3"),
            ("bind(3, unix:srv)", "bind(3, unix:srv) = -1 EADDRINUSE (Address already in use)"),
            ("unlink(\"srv\")", "unlink(\"srv\") = 0"),
            ("bind(3, unix:srv)", "bind(3, unix:srv) = 0"),
            ("bind(3, unix:@x)", "bind(3, unix:@x) = -1 EINVAL (Invalid argument)"),
        ],
    );
    let long = format!("client: connect(3, unix:{})", "x".repeat(200));
    let directed = parse_directed(&long, None).unwrap();
    assert_eq!(play.did("client", directed.call), Outcome::Error(libc::EINVAL));
}

#[test]
fn a_backlog_that_is_full_blocks_connect() {
    let mut play = Play::new();
    for name in ["a", "b"] {
        play.stage.start_process(name).unwrap();
    }
    plays(
        &mut play,
        &[
            ("socket(AF_UNIX, SOCK_STREAM)", "socket(AF_UNIX, SOCK_STREAM, 0) = 3"),
            ("bind(3, unix:@pipescope-test-backlog)", "bind(3, unix:@pipescope-test-backlog) = 0"),
            ("listen(3, 0)", "listen(3, 0) = 0"),
            ("a: socket(AF_UNIX, SOCK_STREAM)", "socket(AF_UNIX, SOCK_STREAM, 0) = 3"),
            ("b: socket(AF_UNIX, SOCK_STREAM)", "socket(AF_UNIX, SOCK_STREAM, 0) = 3"),
            ("a: connect(3, addr(parent.3))", "connect(3, addr(parent.3)) = 0  unix:@pipescope-test-backlog"),
            ("b: connect(3, addr(parent.3))", "connect(3, addr(parent.3) ...  blocked"),
            (
                "accept4(3, SOCK_CLOEXEC)",
                "accept4(3, SOCK_CLOEXEC) = 4  from no address / b: connect(3, addr(parent.3)) = 0  unix:@pipescope-test-backlog",
            ),
        ],
    );
}

#[test]
fn options_are_set_and_read_back() {
    let mut play = Play::new();
    plays(
        &mut play,
        &[
            ("socket(AF_INET, SOCK_STREAM)", "socket(AF_INET, SOCK_STREAM, 0) = 3"),
            ("getsockopt(3, SO_LINGER)", "getsockopt(3, SO_LINGER) = 0  off"),
            ("setsockopt(3, SOL_SOCKET, SO_LINGER, 1, 2)", "setsockopt(3, SO_LINGER, 1, 2) = 0"),
            ("getsockopt(3, SO_LINGER)", "getsockopt(3, SO_LINGER) = 0  on, 2 s"),
            ("setsockopt(3, IPPROTO_TCP, TCP_NODELAY, 1)", "setsockopt(3, TCP_NODELAY, 1) = 0"),
            ("getsockopt(3, TCP_NODELAY)", "getsockopt(3, TCP_NODELAY) = 0  1"),
            ("getsockopt(3, SO_RCVTIMEO)", "getsockopt(3, SO_RCVTIMEO) = 0  0, no limit"),
            // The kernel counts in ticks: a whole second is one at any rate.
            ("setsockopt(3, SO_RCVTIMEO, 3000)", "setsockopt(3, SO_RCVTIMEO, 3000) = 0"),
            ("getsockopt(3, SO_RCVTIMEO)", "getsockopt(3, SO_RCVTIMEO) = 0  3000 ms"),
            ("getsockopt(3, SO_DOMAIN)", "getsockopt(3, SO_DOMAIN) = 0  AF_INET"),
            ("getsockopt(3, SO_ACCEPTCONN)", "getsockopt(3, SO_ACCEPTCONN) = 0  0"),
        ],
    );
}

#[test]
fn a_close_with_so_linger_and_no_time_cuts_the_connection_off() {
    let mut play = Play::new();
    plays(
        &mut play,
        &[
            ("socket(AF_INET, SOCK_STREAM)", "socket(AF_INET, SOCK_STREAM, 0) = 3"),
            ("bind(3, 127.0.0.1:0)", "bind(3, 127.0.0.1:0) = 0"),
            ("listen(3, 1)", "listen(3, 1) = 0"),
            ("socket(AF_INET, SOCK_STREAM)", "socket(AF_INET, SOCK_STREAM, 0) = 4"),
            ("connect(4, addr(parent.3))", "connect(4, addr(parent.3)) = 0  127.0.0.1:PORT"),
            ("accept(3)", "accept(3) = 5  from 127.0.0.1:PORT"),
            ("setsockopt(4, SO_LINGER, 1, 0)", "setsockopt(4, SO_LINGER, 1, 0) = 0"),
            ("close(4)", "close(4) = 0"),
            ("recv(5, 9)", "recv(5, 9, 0) = -1 ECONNRESET (Connection reset by peer)"),
            ("recv(5, 9)", "recv(5, \"\", 9, 0) = 0  EOF"),
        ],
    );
}

#[test]
fn recvmsg_tells_who_sent() {
    let mut play = Play::new();
    plays(
        &mut play,
        &[
            ("socket(AF_INET, SOCK_DGRAM)", "socket(AF_INET, SOCK_DGRAM, 0) = 3"),
            ("bind(3, 127.0.0.1:0)", "bind(3, 127.0.0.1:0) = 0"),
            ("socket(AF_INET, SOCK_DGRAM)", "socket(AF_INET, SOCK_DGRAM, 0) = 4"),
            ("sendto(4, \"x\", addr(parent.3))", "sendto(4, \"x\", 1, 0, addr(parent.3)) = 1  to 127.0.0.1:PORT"),
            ("recvmsg(3, 9)", "recvmsg(3, \"x\", 9, 0) = 1  from 127.0.0.1:PORT"),
        ],
    );
}

#[test]
fn a_descriptor_is_passed() {
    let mut play = Play::new();
    plays(&mut play, &[("socketpair(AF_UNIX, SOCK_STREAM)", "socketpair(AF_UNIX, SOCK_STREAM, 0, [3, 4]) = 0")]);
    play.fork("parent", "child");
    plays(
        &mut play,
        &[
            ("pipe()", "pipe([5, 6]) = 0"),
            ("sendmsg(3, \"x\", rights=[5, 6])", "sendmsg(3, \"x\", rights=[5, 6]) = 1"),
            ("close(6)", "close(6) = 0"),
            ("child: close(3)", "close(3) = 0"),
            ("child: recvmsg(4, 16)", "recvmsg(4, \"x\", 16, 0) = 1  rights=[3, 5]"),
            ("child: write(5, \"hi\")", "write(5, \"hi\", 2) = 2"),
            ("read(5, 9)", "read(5, \"hi\", 9) = 2"),
            ("sendmsg(3, \"x\", rights=[99])", "sendmsg(3, \"x\", rights=[99]) = -1 EBADF (Bad file descriptor)"),
        ],
    );
}

#[test]
fn tcp_over_both_loopbacks() {
    for (family, at) in [("AF_INET", "127.0.0.1"), ("AF_INET6", "[::1]")] {
        if std::net::TcpListener::bind(format!("{at}:0")).is_err() {
            eprintln!("skipped: {at} cannot be bound here");
            continue;
        }
        let mut play = Play::new();
        play.stage.start_process("client").unwrap();
        let socket = (format!("socket({family}, SOCK_STREAM)"), format!("socket({family}, SOCK_STREAM, 0) = 3"));
        plays(
            &mut play,
            &[
                (&socket.0, &socket.1),
                ("setsockopt(3, SO_REUSEADDR, 1)", "setsockopt(3, SO_REUSEADDR, 1) = 0"),
                ("getsockopt(3, SO_REUSEADDR)", "getsockopt(3, SO_REUSEADDR) = 0  1"),
                (&format!("bind(3, {at}:0)"), &format!("bind(3, {at}:0) = 0")),
                ("getsockname(3)", &format!("getsockname(3) = 0  {at}:PORT")),
                (&format!("client: {}", socket.0), &socket.1),
                (
                    "client: connect(3, addr(parent.3))",
                    "connect(3, addr(parent.3)) = -1 ECONNREFUSED (Connection refused)",
                ),
                ("listen(3, 5)", "listen(3, 5) = 0"),
                ("client: connect(3, addr(parent.3))", &format!("connect(3, addr(parent.3)) = 0  {at}:PORT")),
                ("client: send(3, \"early\")", "send(3, \"early\", 5, 0) = 5"),
                ("accept(3)", &format!("accept(3) = 4  from {at}:PORT")),
                ("recv(4, 64)", "recv(4, \"early\", 64, 0) = 5"),
                ("poll([4 POLLIN, 3 POLLIN], 0)", "poll([4 POLLIN, 3 POLLIN], 0) = 0  nothing is ready"),
                ("poll([4 POLLIN|POLLRDHUP], -1)", "poll([4 POLLIN|POLLRDHUP], -1 ...  blocked"),
                (
                    "client: exit(0)",
                    "exit(0)  +++ exited 0 +++ / parent: poll([4 POLLIN|POLLRDHUP], -1) = 1  [4 POLLIN|POLLRDHUP]",
                ),
                ("recv(4, 64)", "recv(4, \"\", 64, 0) = 0  EOF"),
            ],
        );
    }
}

#[test]
fn udp_reaches_nobody_or_somebody() {
    let mut play = Play::new();
    play.stage.start_process("sender").unwrap();
    plays(
        &mut play,
        &[
            ("sender: socket(AF_INET, SOCK_DGRAM)", "socket(AF_INET, SOCK_DGRAM, 0) = 3"),
            ("sender: sendto(3, \"x\", 127.0.0.1:1)", "sendto(3, \"x\", 1, 0, 127.0.0.1:1) = 1"),
            ("socket(AF_INET, SOCK_DGRAM)", "socket(AF_INET, SOCK_DGRAM, 0) = 3"),
            ("bind(3, 127.0.0.1:0)", "bind(3, 127.0.0.1:0) = 0"),
            (
                "sender: sendto(3, \"one\", addr(parent.3))",
                "sendto(3, \"one\", 3, 0, addr(parent.3)) = 3  to 127.0.0.1:PORT",
            ),
            (
                "sender: sendto(3, \"\", 127.0.0.1:port(parent.3))",
                "sendto(3, \"\", 0, 0, 127.0.0.1:port(parent.3)) = 0  to 127.0.0.1:PORT",
            ),
            ("recvfrom(3, 2)", "recvfrom(3, \"on\", 2, 0) = 2  from 127.0.0.1:PORT"),
            ("recvfrom(3, 2)", "recvfrom(3, \"\", 2, 0) = 0  from 127.0.0.1:PORT"),
        ],
    );
}

#[test]
fn multicast_on_loopback() {
    let mut play = Play::new();
    for name in ["one", "sender"] {
        play.stage.start_process(name).unwrap();
    }
    plays(
        &mut play,
        &[
            ("socket(AF_INET, SOCK_DGRAM)", "socket(AF_INET, SOCK_DGRAM, 0) = 3"),
            ("setsockopt(3, SO_REUSEADDR, 1)", "setsockopt(3, SO_REUSEADDR, 1) = 0"),
            ("bind(3, 0.0.0.0:0)", "bind(3, 0.0.0.0:0) = 0"),
            ("one: socket(AF_INET, SOCK_DGRAM)", "socket(AF_INET, SOCK_DGRAM, 0) = 3"),
            ("one: setsockopt(3, SO_REUSEADDR, 1)", "setsockopt(3, SO_REUSEADDR, 1) = 0"),
            ("one: bind(3, 0.0.0.0:port(parent.3))", "bind(3, 0.0.0.0:port(parent.3)) = 0  0.0.0.0:PORT"),
            (
                "one: setsockopt(3, IP_ADD_MEMBERSHIP, 239.255.77.1, 127.0.0.1)",
                "setsockopt(3, IP_ADD_MEMBERSHIP, 239.255.77.1, 127.0.0.1) = 0",
            ),
            ("sender: socket(AF_INET, SOCK_DGRAM)", "socket(AF_INET, SOCK_DGRAM, 0) = 3"),
        ],
    );
    let said = refused(&mut play, "sender: sendto(3, \"x\", 239.255.77.1:port(parent.3))");
    assert!(said.contains("IP_MULTICAST_IF") && said.contains("--allow-network"), "{said}");
    plays(
        &mut play,
        &[
            ("sender: setsockopt(3, IP_MULTICAST_IF, 127.0.0.1)", "setsockopt(3, IP_MULTICAST_IF, 127.0.0.1) = 0"),
            (
                "sender: sendto(3, \"all\", 239.255.77.1:port(parent.3))",
                "sendto(3, \"all\", 3, 0, 239.255.77.1:port(parent.3)) = 3  to 239.255.77.1:PORT",
            ),
            ("one: recv(3, 9)", "recv(3, \"all\", 9, 0) = 3"),
            ("recv(3, 9)", "recv(3, \"all\", 9, 0) = 3"),
        ],
    );
}

#[test]
fn nothing_leaves_the_machine_unasked() {
    let mut play = Play::new();
    plays(
        &mut play,
        &[
            ("socket(AF_INET, SOCK_STREAM)", "socket(AF_INET, SOCK_STREAM, 0) = 3"),
            ("socket(AF_UNIX, SOCK_STREAM)", "socket(AF_UNIX, SOCK_STREAM, 0) = 4"),
            (
                "socket(99, SOCK_STREAM)",
                "socket(99, SOCK_STREAM, 0) = -1 EAFNOSUPPORT (Address family not supported by protocol)",
            ),
        ],
    );
    for line in [
        "connect(3, 192.0.2.1:80)",
        "connect(3, [2001:db8::1]:80)",
        "connect(3, [::ffff:192.0.2.1]:80)",
        "bind(3, 192.0.2.1:80)",
        "sendto(3, \"x\", 192.0.2.1:80)",
        "sendto(3, \"x\", 224.0.0.1:80)",
        "sendto(3, \"x\", [ff02::1]:80)",
        "listen(3, 5)",
        "socket(AF_NETLINK, SOCK_DGRAM)",
        "socket(AF_PACKET, SOCK_DGRAM)",
        "socket(AF_INET, SOCK_RAW)",
        "setsockopt(3, IP_ADD_MEMBERSHIP, 224.0.0.1, 0.0.0.0)",
        "setsockopt(3, IP_MULTICAST_IF, 192.0.2.1)",
    ] {
        let said = refused(&mut play, line);
        assert!(said.contains("--allow-network"), "{line}: {said}");
    }
    for line in ["bind(4, unix:/tmp/pipescope-outside)", "connect(4, unix:../x)"] {
        let said = refused(&mut play, line);
        assert!(said.contains("--allow-files"), "{line}: {said}");
    }
}

#[test]
fn a_stranger_s_abstract_name_is_not_for_a_script() {
    use std::os::linux::net::SocketAddrExt;
    let name = format!("pipescope-stranger-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind_addr(&address).unwrap();
    let mut play = Play::new();
    plays(&mut play, &[("socket(AF_UNIX, SOCK_STREAM)", "socket(AF_UNIX, SOCK_STREAM, 0) = 3")]);
    let said = refused(&mut play, &format!("connect(3, unix:@{name})"));
    assert!(said.contains("outside the stage"), "{said}");
    let mut play = Play::with(&Options { allow_network: true, ..options() });
    plays(
        &mut play,
        &[
            ("socket(AF_UNIX, SOCK_STREAM)", "socket(AF_UNIX, SOCK_STREAM, 0) = 3"),
            (&format!("connect(3, unix:@{name})"), &format!("connect(3, unix:@{name}) = 0")),
            ("socket(AF_INET, SOCK_STREAM)", "socket(AF_INET, SOCK_STREAM, 0) = 4"),
            ("listen(4, 1)", "listen(4, 1) = 0"),
        ],
    );
}

#[test]
fn what_addr_cannot_name_is_refused_with_the_reason() {
    let mut play = Play::new();
    plays(&mut play, &[("socket(AF_INET, SOCK_STREAM)", "socket(AF_INET, SOCK_STREAM, 0) = 3")]);
    for (line, why) in [
        ("connect(3, addr(parent.3))", "no address yet"),
        ("connect(3, addr(parent.9))", "no descriptor 9"),
        ("connect(3, addr(parent.1))", "is no socket"),
        ("connect(3, addr(nobody.3))", "no process called nobody"),
    ] {
        let directed = parse_directed(line, Some("parent")).unwrap();
        let refusal = play.stage.issue(&directed).unwrap_err().to_string();
        assert!(refusal.contains(why), "{line}: {refusal}");
    }
}

#[test]
fn data_that_no_mailbox_holds_is_refused() {
    let mut play = Play::new();
    plays(&mut play, &[("socketpair(AF_UNIX, SOCK_STREAM)", "socketpair(AF_UNIX, SOCK_STREAM, 0, [3, 4]) = 0")]);
    for line in ["send(3, \"x\" * 5000000)", "recv(3, 99999999)"] {
        let directed = parse_directed(line, Some("parent")).unwrap();
        assert!(matches!(play.stage.issue(&directed), Err(Refusal::Impossible(_))), "{line}");
    }
    plays(&mut play, &[("send(3, \"x\" * 1000000)", "send(3, \"xxxxxxxxxx\"..., 1000000, 0 ...  blocked")]);
}
