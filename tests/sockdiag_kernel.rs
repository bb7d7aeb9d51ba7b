//! The list of sockets against sockets that this test made itself, and against `ss` where there is one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use pipescope::observe::sockdiag::{self, SocketInfo, Sockets};
use pipescope::world::{Address, Backlog, Family, Known, Peer, SocketState, SocketType};
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

fn inode(socket: &impl AsRawFd) -> u64 {
    std::fs::metadata(format!("/proc/self/fd/{}", socket.as_raw_fd())).unwrap().ino()
}

/// `None`, said aloud, where this machine refuses netlink.
fn by_netlink() -> Option<Sockets> {
    let Ok(netlink) = sockdiag::open() else {
        eprintln!("skipped: the kernel gives no netlink socket here");
        return None;
    };
    let part = sockdiag::ask(std::os::fd::AsFd::as_fd(&netlink), sockdiag::Part::Unix);
    if part.is_err() {
        eprintln!("skipped: the kernel does not answer sock_diag here: {part:?}");
        return None;
    }
    Some(sockdiag::read().unwrap())
}

fn find(sockets: &Sockets, inode: u64) -> &SocketInfo {
    sockets.by_inode(inode).unwrap_or_else(|| panic!("socket:[{inode}] is not in the list"))
}

#[test]
fn a_socketpair_knows_its_peer_and_what_waits() {
    let (mut a, b) = UnixStream::pair().unwrap();
    a.write_all(b"hello").unwrap();
    let Some(sockets) = by_netlink() else { return };
    let (from, to) = (find(&sockets, inode(&a)), find(&sockets, inode(&b)));
    assert_eq!((&from.peer, &to.peer), (&Known::Yes(Peer::Socket(to.inode)), &Known::Yes(Peer::Socket(from.inode))));
    assert_eq!((&from.receive_queue, &to.receive_queue), (&Known::Yes(0), &Known::Yes(5)));
    assert_eq!((from.state, from.kind, from.family), (SocketState::Established, SocketType::Stream, Family::Unix));
    assert_eq!(from.local, None);
    assert_eq!(from.uid.value(), Some(&nix::unistd::getuid().as_raw()));
}

#[test]
fn shutdown_and_close_are_told() {
    let (a, b) = UnixStream::pair().unwrap();
    a.shutdown(Shutdown::Write).unwrap();
    let Some(sockets) = by_netlink() else { return };
    let (a_down, b_down) = (&find(&sockets, inode(&a)).shutdown, &find(&sockets, inode(&b)).shutdown);
    let down = |known: &Known<pipescope::world::Shutdown>| known.value().map(|s| (s.receive, s.send));
    assert_eq!((down(a_down), down(b_down)), (Some((false, true)), Some((true, false))));
    drop(b);
    // A program that another test starts at this moment holds a copy until its exec.
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(120);
    while find(&by_netlink().unwrap(), inode(&a)).peer != Known::Yes(Peer::Gone) {
        assert!(std::time::Instant::now() < limit, "the peer is still told to be there");
        std::thread::yield_now();
    }
}

#[test]
fn a_listener_shows_who_waits() {
    let name = format!("pipescope-test-{}", std::process::id());
    let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let client = UnixStream::connect_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let Some(sockets) = by_netlink() else { return };
    let (at, who) = (find(&sockets, inode(&listener)), find(&sockets, inode(&client)));
    assert_eq!(at.state, SocketState::Listen);
    assert_eq!(at.local, Some(Address::Abstract(name.clone().into_bytes())));
    assert!(matches!(at.backlog, Some(Known::Yes(Backlog { waiting: 1, .. }))), "{:?}", at.backlog);
    assert_eq!(at.waiting, [who.inode]);
    assert_eq!((&who.peer, &who.remote), (&Known::Yes(Peer::Unaccepted), &at.local));
    let (server, _) = listener.accept().unwrap();
    let sockets = by_netlink().unwrap();
    assert_eq!(find(&sockets, inode(&client)).peer, Known::Yes(Peer::Socket(inode(&server))));
    assert_eq!(find(&sockets, inode(&server)).local, at.local);
}

#[test]
fn tcp_ends_find_each_other() {
    for at in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(listener) = TcpListener::bind(at) else {
            eprintln!("skipped: {at} cannot be bound here");
            continue;
        };
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(b"abc").unwrap();
        let Some(sockets) = by_netlink() else { return };
        let (l, c) = (find(&sockets, inode(&listener)), find(&sockets, inode(&client)));
        assert_eq!((l.state, c.state), (SocketState::Listen, SocketState::Established));
        assert_eq!((&c.peer, l.waiting.as_slice()), (&Known::Yes(Peer::Unaccepted), [c.inode].as_slice()));
        assert!(matches!(l.backlog, Some(Known::Yes(Backlog { waiting: 1, .. }))));
        let (server, _) = listener.accept().unwrap();
        let limit = Instant::now() + Duration::from_secs(120);
        loop {
            let sockets = by_netlink().unwrap();
            let (s, c) = (find(&sockets, inode(&server)), find(&sockets, inode(&client)));
            assert_eq!((&s.peer, &c.peer), (&Known::Yes(Peer::Socket(c.inode)), &Known::Yes(Peer::Socket(s.inode))));
            if s.receive_queue == Known::Yes(3) && c.send_queue == Known::Yes(0) {
                break;
            }
            assert!(Instant::now() < limit, "{s:?} {c:?}");
            std::thread::yield_now();
        }
        let (kept, other) = (inode(&client), TcpStream::connect(listener.local_addr().unwrap()).unwrap());
        drop(listener.accept().unwrap());
        let limit = Instant::now() + Duration::from_secs(120);
        while find(&by_netlink().unwrap(), inode(&other)).peer != Known::Yes(Peer::Gone) {
            assert!(Instant::now() < limit, "closed, and not merely unaccepted");
            std::thread::yield_now();
        }
        assert_ne!(kept, inode(&other));
        drop(client);
        let limit = Instant::now() + Duration::from_secs(120);
        while find(&by_netlink().unwrap(), inode(&server)).state != SocketState::CloseWait {
            assert!(Instant::now() < limit);
            std::thread::yield_now();
        }
    }
}

#[test]
fn datagrams_are_counted_in_memory_and_so_unknown() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let Some(sockets) = by_netlink() else { return };
    let info = find(&sockets, inode(&receiver));
    assert_eq!((&info.receive_queue, info.state, &info.remote), (&Known::Yes(0), SocketState::Close, &None));
    assert_eq!(info.local, Some(Address::Inet(receiver.local_addr().unwrap())));
    sender.send_to(b"zz", receiver.local_addr().unwrap()).unwrap();
    assert!(find(&by_netlink().unwrap(), inode(&receiver)).receive_queue.value().is_none());
    let (a, b) = UnixDatagram::pair().unwrap();
    a.send(b"x").unwrap();
    let sockets = by_netlink().unwrap();
    assert_eq!(find(&sockets, inode(&a)).kind, SocketType::Datagram);
    assert!(find(&sockets, inode(&b)).receive_queue.value().is_none());
}

#[test]
fn without_netlink_proc_tells_what_it_can() {
    let (a, _b) = UnixStream::pair().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    let sockets = sockdiag::read_with(None, Path::new("/proc/self/net")).unwrap();
    assert_eq!(find(&sockets, inode(&a)).state, SocketState::Established);
    assert!(matches!(&find(&sockets, inode(&a)).peer, Known::No(why) if why.contains("sock_diag")));
    assert_eq!(find(&sockets, inode(&client)).peer, Known::Yes(Peer::Socket(inode(&server))));
    assert_eq!(find(&sockets, inode(&listener)).state, SocketState::Listen);
    assert!(sockdiag::read_with(None, Path::new("/nowhere")).is_err());
}

/// `ss` is another reader of the same lists: for each socket that the test holds, its line must agree.
#[test]
fn ss_says_the_same() {
    let (mut a, b) = UnixStream::pair().unwrap();
    a.write_all(b"hello").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let run = |arguments: &str| Command::new("ss").arg(arguments).output().ok().filter(|out| out.status.success());
    let (Some(unix), Some(tcp)) = (run("-xapnO"), run("-tanO")) else {
        eprintln!("skipped: there is no ss here");
        return;
    };
    let Some(sockets) = by_netlink() else { return };
    let text = String::from_utf8_lossy(&unix.stdout).into_owned();
    let line = |own: u64, peer: u64| {
        let ends = [own.to_string(), "*".into(), peer.to_string()];
        let fields = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        text.lines().map(fields).find(|f| f.windows(3).any(|three| three == ends)).unwrap()
    };
    for (own, peer) in [(&a, &b), (&b, &a)] {
        let (own, peer) = (find(&sockets, inode(own)), inode(peer));
        let line = line(own.inode, peer);
        assert_eq!(line[2], own.receive_queue.value().unwrap().to_string(), "{line:?}");
        assert_eq!(own.peer, Known::Yes(Peer::Socket(peer)));
    }
    let text = String::from_utf8_lossy(&tcp.stdout).into_owned();
    let at = listener.local_addr().unwrap().to_string();
    let line: Vec<&str> = text.lines().find(|l| l.contains(&at)).unwrap().split_whitespace().collect();
    let Some(Known::Yes(backlog)) = &find(&sockets, inode(&listener)).backlog else { panic!("no backlog") };
    assert_eq!((line[0], line[1], line[2]), ("LISTEN", "0", backlog.limit.to_string().as_str()));
}
