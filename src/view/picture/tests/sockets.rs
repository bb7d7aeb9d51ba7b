//! Scenes with sockets.

use super::stage::{Stage, text};
use crate::view::Glyphs;
use crate::world::*;

fn socket(kind: SocketType, state: SocketState, peer: Peer) -> Socket {
    Socket {
        family: Family::Unix,
        kind,
        state,
        local: None,
        remote: None,
        peer: Known::Yes(peer),
        unsent: Known::Yes(0),
        backlog: None,
        waiting: Vec::new(),
        shutdown: Known::Yes(Shutdown::default()),
        in_flight: Some(0),
        messages: Known::Yes(Messages::default()),
        multicast: None,
        error: false,
        dropped: None,
    }
}

fn messages(texts: &[&str]) -> Known<Messages> {
    let one = |text: &&str| Message {
        contents: Contents { head: text.as_bytes().to_vec(), ..Contents::default() },
        length: text.len() as u64,
    };
    Known::Yes(Messages { first: texts.iter().map(one).collect(), more: false })
}

impl Stage {
    fn socket(mut self, name: &str, inode: u64, socket: Socket) -> Stage {
        let id = format!("socket:[{inode}]");
        self = self.object(&id, ObjectKind::Socket);
        let object = self.world.objects.last_mut().unwrap();
        object.inode = inode;
        object.socket = Some(Known::Yes(Box::new(socket)));
        self.open(name, Target::Object(ObjectId(id)), Access::ReadWrite)
    }

    fn waiting(mut self, inode: u64, bytes: &[u8]) -> Stage {
        let object = self.world.objects.iter_mut().find(|o| o.inode == inode).unwrap();
        object.bytes = Known::Yes(bytes.len() as u64);
        object.contents = Known::Yes(Contents { head: bytes.to_vec(), ..Contents::default() });
        self
    }

    fn open_again(self, name: &str, inode: u64) -> Stage {
        self.open(name, Target::Object(ObjectId(format!("socket:[{inode}]"))), Access::ReadWrite)
    }

    fn with(mut self, inode: u64, change: impl FnOnce(&mut Socket)) -> Stage {
        let object = self.world.objects.iter_mut().find(|o| o.inode == inode).unwrap();
        if let Some(Known::Yes(socket)) = &mut object.socket {
            change(socket);
        }
        self
    }
}

fn pair(kind: SocketType) -> Stage {
    let end = |peer| socket(kind, SocketState::Established, Peer::Socket(peer));
    let stage = Stage::new("parent").socket("parent", 15_821, end(15_822)).socket("parent", 15_822, end(15_821));
    stage.fork("parent", "child").close("parent", 4).close("child", 3)
}

fn tcp(state: SocketState, peer: Peer, local: &str) -> Socket {
    let local = Some(Address::Inet(local.parse().unwrap()));
    Socket { family: Family::Inet, local, ..socket(SocketType::Stream, state, peer) }
}

fn server() -> Stage {
    let listener = Socket {
        backlog: Some(Known::Yes(Backlog { waiting: 1, limit: 5 })),
        waiting: vec![20],
        ..tcp(SocketState::Listen, Peer::None, "127.0.0.1:40001")
    };
    let mut stage = Stage::new("server").socket("server", 10, listener);
    stage.start("client");
    stage.socket("client", 20, tcp(SocketState::Established, Peer::Unaccepted, "127.0.0.1:50000"))
}

/// Two members of a group, and one who takes no group.
fn group() -> Stage {
    let with = |groups: Vec<Membership>, all| Socket {
        family: Family::Inet,
        local: Some(Address::Inet("0.0.0.0:40001".parse().unwrap())),
        multicast: Some(Known::Yes(Multicast { groups, all, ttl: 1 })),
        ..socket(SocketType::Datagram, SocketState::Close, Peer::None)
    };
    let joined = || vec![Membership { group: [239, 1, 2, 3].into(), interface: "lo".into() }];
    let mut stage = Stage::new("ann").socket("ann", 10, with(joined(), true));
    stage.start("bob");
    stage = stage.socket("bob", 20, with(joined(), true));
    stage.start("cat");
    stage.socket("cat", 30, with(Vec::new(), false))
}

/// A connection that was reset, one whose error has been told, and a socket that had no room.
fn troubles() -> Stage {
    let over = |error| Socket {
        shutdown: Known::Yes(Shutdown { receive: true, send: true }),
        error,
        ..tcp(SocketState::Close, Peer::None, "127.0.0.1:50000")
    };
    let full = Socket {
        family: Family::Inet,
        local: Some(Address::Inet("127.0.0.1:40001".parse().unwrap())),
        dropped: Some(3),
        ..socket(SocketType::Datagram, SocketState::Close, Peer::None)
    };
    let mut stage = Stage::new("parent").socket("parent", 10, over(true)).socket("parent", 20, over(false));
    stage.start("child");
    stage.socket("child", 30, full)
}

/// What little there is to tell of a listener where nobody waits, and of a UDP socket that is bound and no more.
fn quiet() -> Stage {
    let listener = Socket {
        backlog: Some(Known::Yes(Backlog { waiting: 0, limit: 5 })),
        ..tcp(SocketState::Listen, Peer::None, "127.0.0.1:40001")
    };
    let bound = Socket {
        family: Family::Inet,
        local: Some(Address::Inet("127.0.0.1:40002".parse().unwrap())),
        messages: messages(&["hi"]),
        ..socket(SocketType::Datagram, SocketState::Close, Peer::None)
    };
    let mut stage = Stage::new("server").socket("server", 10, listener);
    stage.start("receiver");
    stage.socket("receiver", 20, bound)
}

fn scenes() -> Vec<(&'static str, Stage)> {
    let unlisted = Stage::new("parent").socket("parent", 9, socket(SocketType::Stream, SocketState::Close, Peer::None));
    let mut unlisted = unlisted;
    unlisted.world.objects[0].socket = Some(Known::No("it has no address yet, so the kernel does not list it".into()));
    vec![
        ("pair", pair(SocketType::Stream).waiting(15_822, b"hello").waiting(15_821, b"ok").reckoned()),
        (
            "pair_shut",
            pair(SocketType::Stream)
                .step()
                .with(15_821, |s| s.shutdown = Known::Yes(Shutdown { receive: false, send: true }))
                .with(15_822, |s| s.shutdown = Known::Yes(Shutdown { receive: true, send: false })),
        ),
        (
            "messages",
            pair(SocketType::SeqPacket)
                .with(15_822, |s| s.messages = messages(&["AB", "CD", "EFGHIJKLMNOP", "x"]))
                .reckoned(),
        ),
        (
            "in_flight",
            pair(SocketType::Stream).waiting(15_822, b"x").with(15_822, |s| s.in_flight = Some(1)).reckoned(),
        ),
        ("group", group().reckoned()),
        ("troubles", troubles().reckoned()),
        ("listener", server().reckoned()),
        ("quiet", quiet().reckoned()),
        ("unlisted", unlisted.reckoned()),
        ("gone", pair(SocketType::Stream).with(15_821, |s| s.peer = Known::Yes(Peer::Gone)).step().close("child", 4)),
    ]
}

#[test]
fn sockets_are_drawn() {
    for (name, stage) in scenes() {
        for width in [40, 78, 116] {
            let drawn = text(&stage.draw(width, Glyphs::UNICODE));
            insta::assert_snapshot!(format!("socket_{name}_{width}"), drawn);
            assert!(text(&stage.draw(width, Glyphs::ASCII)).is_ascii());
        }
    }
}

#[test]
fn a_connection_fits_a_small_screen() {
    let stage = pair(SocketType::Stream).waiting(15_822, b"hello").reckoned();
    assert!(text(&stage.draw(80, Glyphs::UNICODE)).lines().count() <= 9);
}

#[test]
fn the_queues_of_a_connection_go_opposite_ways() {
    let stage = pair(SocketType::Stream).waiting(15_822, b"hello").waiting(15_821, b"ok").reckoned();
    let drawn = text(&stage.draw(116, Glyphs::UNICODE));
    let line = |what: &str| drawn.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{drawn}"));
    assert!(line("\"ok\"").contains("◀ 2 B"), "{drawn}");
    let hello = line("\"hello\"");
    assert!(hello.find("\"hello\"") < hello.find('▶'), "{drawn}");
    // Between two who hold both ends, each is marked by where it comes from.
    let both = pair(SocketType::Stream).open_again("child", 15_821).open_again("parent", 15_822).reckoned();
    let drawn = text(&both.draw(116, Glyphs::UNICODE));
    assert!(drawn.contains("▲ empty") && drawn.contains("▼ empty"), "{drawn}");
}

#[test]
fn the_end_of_a_tcp_connection_is_told_by_tcps_own_names() {
    let told = Socket {
        shutdown: Known::Yes(Shutdown { receive: true, send: false }),
        ..tcp(SocketState::CloseWait, Peer::Gone, "127.0.0.1:50000")
    };
    let stage = Stage::new("client").socket("client", 20, told).reckoned();
    for width in [78, 116] {
        let drawn = text(&stage.draw(width, Glyphs::UNICODE));
        assert!(drawn.contains("TCP CLOSE-WAIT"), "{drawn}");
    }
}

/// Three machines, two with a cable, take a line each: what differs is told before what is the same on every machine.
#[test]
fn a_cable_is_told_before_loopback() {
    let mut stage = Stage::new("left");
    stage.start("right");
    stage.start("third");
    let pids: Vec<i32> = stage.world.processes.iter().map(|p| p.pid).collect();
    let link = |name: &str, index, other_end, addresses: &[&str]| Link {
        name: name.into(),
        index,
        up: true,
        carrier: true,
        addresses: addresses.iter().map(|a| (a.parse().unwrap(), 24)).collect(),
        other_end,
    };
    let machine = |network, pid, own: u32, other: u32, ip: &str| Machine {
        network,
        own: false,
        members: vec![pid],
        links: Known::Yes(vec![link("lo", 1, None, &["127.0.0.1", "::1"]), link("eth0", own, Some(other), &[ip])]),
    };
    stage.world.machines = vec![machine(1, pids[0], 2, 3, "10.0.0.1"), machine(2, pids[1], 3, 2, "10.0.0.2")];
    stage.world.machines.push(Machine {
        network: 3,
        own: false,
        members: vec![pids[2]],
        links: Known::Yes(Vec::new()),
    });
    let line = |width| {
        let drawn = text(&stage.draw(width, Glyphs::UNICODE));
        drawn.lines().find(|l| l.contains("10.0.0.1")).map(|l| l.trim().to_owned()).unwrap_or(drawn)
    };
    let cable = "eth0 up 10.0.0.1/24, cable to right's machine";
    assert_eq!(line(116), format!("left's machine  lo up 127.0.0.1/24 ::1/24  {cable}"));
    assert_eq!(line(78), format!("left's machine  lo up  {cable}"));
    assert_eq!(line(66), format!("left's machine  {cable}"));
}
