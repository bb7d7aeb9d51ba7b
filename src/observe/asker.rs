//! What the kernel tells of some sockets: each is asked for by itself, and a list is read only where that does not do.

use super::sockdiag::{self, MISSING, Part, SocketInfo, Sockets};
use super::through::Through;
use super::{glimpse, unlisted};
use crate::world::{Family, Known, Object, Peer, Socket, SocketState, SocketType};
use nix::errno::Errno;
use std::collections::HashMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// A netlink socket of our own network namespace, kept from one look to the next.
#[derive(Debug, Default)]
pub(super) struct Asker(Option<OwnedFd>);

impl Asker {
    /// Answers for the time of one look.
    pub(super) fn look(&mut self) -> Asking<'_> {
        if self.0.is_none() {
            self.0 = sockdiag::open().ok();
        }
        Asking { netlink: self.0.as_ref().map(AsFd::as_fd), unix: HashMap::new(), lists: [None, None, None] }
    }
}

/// Questions of one look, with what was answered.
pub(super) struct Asking<'n> {
    netlink: Option<BorrowedFd<'n>>,
    unix: HashMap<u64, nix::Result<SocketInfo>>,
    lists: [Option<Result<Sockets, String>>; 3],
}

/// What has to be asked.
enum Kind {
    Unix,
    Inet(Part),
    /// A family that is not looked for.
    Other,
}

impl Asking<'_> {
    /// What the kernel tells of this socket.
    ///
    /// # Errors
    /// Where it tells nothing; the text says why.
    pub(super) fn socket(&mut self, through: &Through<'_>) -> Result<SocketInfo, String> {
        match kind(through) {
            Some(Kind::Unix) => self.unix(through),
            Some(Kind::Inet(part)) => self.inet(through, part),
            Some(Kind::Other) => Err(MISSING.to_owned()),
            // Nobody can say what it is: it may be in any list.
            None => match self.unix_with(through.object.inode) {
                Ok(_) => self.unix(through),
                Err(_) => self.listed(&sockdiag::PARTS, through),
            },
        }
    }

    fn unix_with(&mut self, inode: u64) -> nix::Result<SocketInfo> {
        let netlink = self.netlink.ok_or(Errno::EPROTONOSUPPORT)?;
        self.unix.entry(inode).or_insert_with(|| sockdiag::one_unix(netlink, inode)).clone()
    }

    fn unix(&mut self, through: &Through<'_>) -> Result<SocketInfo, String> {
        let mut info = match self.unix_with(through.object.inode) {
            Ok(info) => info,
            Err(Errno::ENOENT) => return Err(MISSING.to_owned()),
            Err(_) => return self.listed(&[Part::Unix], through),
        };
        match info.peer {
            Known::Yes(Peer::Socket(peer)) => info.remote = self.unix_with(peer).ok().and_then(|peer| peer.local),
            // Its peer has no inode: not yet, or not any more.
            Known::Yes(Peer::Unaccepted) if info.kind == SocketType::Datagram || had_peer(through.object) => {
                info.peer = Known::Yes(Peer::Gone);
            }
            Known::Yes(Peer::Unaccepted) => return self.listed(&[Part::Unix], through),
            _ => {}
        }
        Ok(info)
    }

    fn inet(&mut self, through: &Through<'_>, part: Part) -> Result<SocketInfo, String> {
        let all: &[Part] = match part {
            Part::Tcp(_) => &sockdiag::PARTS[1..3],
            _ => &sockdiag::PARTS[3..],
        };
        let (Some(netlink), Ok(copy)) = (self.netlink, through.copy()) else { return self.listed(all, through) };
        let Some(local) = glimpse::own_address(copy) else { return self.listed(all, through) };
        let itself = || unlisted::ask(copy, through.object.inode);
        // Without a port of its own it may be that it was given back, or that only the list tells: it is bound and no more.
        let is_over = |info: &SocketInfo| {
            info.state == SocketState::Close && info.kind == SocketType::Stream && info.local.is_some()
        };
        // Without an address it is in no list.
        if local.port() == 0
            && let Some(info) = itself()
        {
            return Ok(info);
        }
        match sockdiag::one_inet(netlink, part, local, glimpse::peer_address(copy)) {
            Ok(info) if info.inode == through.object.inode && !has_waiting(&info) => Ok(info),
            Ok(info) if info.inode == through.object.inode => self.listed(all, through),
            // Of those that have the address, or had it, it may be another; or one that is connected no more, and in no list.
            Ok(_) | Err(Errno::ENOENT) => match itself().filter(is_over) {
                Some(info) => Ok(info),
                None => self.listed(all, through),
            },
            Err(_) => self.listed(all, through),
        }
    }

    /// Out of these lists, each of which is read once in a look.
    fn listed(&mut self, parts: &[Part], through: &Through<'_>) -> Result<SocketInfo, String> {
        let place = match parts {
            [Part::Unix] => 0,
            [Part::Tcp(_), ..] => 1,
            [Part::Udp(_), ..] => 2,
            _ => return out_of(&sockdiag::read_with(self.netlink, Path::new(OWN)), through),
        };
        let Some(list) = self.lists.get_mut(place) else { return Err(MISSING.to_owned()) };
        out_of(list.get_or_insert_with(|| sockdiag::read_parts(self.netlink, Path::new(OWN), parts)), through)
    }
}

const OWN: &str = "/proc/self/net";

/// What a list tells of a socket.
pub(super) fn out_of(list: &Result<Sockets, String>, through: &Through<'_>) -> Result<SocketInfo, String> {
    let list = list.as_ref().map_err(Clone::clone)?;
    match list.by_inode(through.object.inode) {
        Some(info) => Ok(info.clone()),
        None => unlisted(list, through),
    }
}

/// TCP and UDP sockets are listed from the moment they have an address, until their connection is over: the others are asked
/// themselves.
fn unlisted(list: &Sockets, through: &Through<'_>) -> Result<SocketInfo, String> {
    if !list.gaps.is_empty() {
        return Err(list.why_missing());
    }
    let none = |why: String| format!("it has no address, so the kernel does not list it ({why})");
    let copy = through.copy().map_err(none)?;
    unlisted::ask(copy, through.object.inode).ok_or_else(|| list.why_missing())
}

/// As it was when it was last asked, or as it says of itself.
fn kind(through: &Through<'_>) -> Option<Kind> {
    let of = |socket: &Socket| match (socket.family, socket.kind) {
        (Family::Unix, _) => Kind::Unix,
        (family, SocketType::Datagram) => Kind::Inet(Part::Udp(family)),
        (family, _) => Kind::Inet(Part::Tcp(family)),
    };
    let asked = || {
        let copy = through.copy().ok()?;
        Some(match unlisted::family(copy)? {
            Some(Family::Unix) => Kind::Unix,
            Some(family) => match unlisted::kind(copy) {
                Some(SocketType::Stream) => Kind::Inet(Part::Tcp(family)),
                Some(_) => Kind::Inet(Part::Udp(family)),
                None => Kind::Other,
            },
            None => Kind::Other,
        })
    };
    through.object.as_socket().map(of).or_else(asked)
}

/// It was connected to a socket that had an inode. No stream gets another one.
fn had_peer(object: &Object) -> bool {
    object.as_socket().is_some_and(|s| matches!(s.peer, Known::Yes(Peer::Socket(_) | Peer::Gone)))
}

/// Somebody waits to be accepted: who that is, only the list tells.
fn has_waiting(info: &SocketInfo) -> bool {
    let waiting = info.backlog.as_ref().and_then(Known::value).map_or(0, |backlog| backlog.waiting);
    info.state == SocketState::Listen && waiting > 0
}

#[cfg(test)]
mod tests {
    use crate::observe::Looker;
    use crate::world::{Access, Body, Holder, Known, Object, ObjectId, ObjectKind};
    use std::io::{Read, Write};
    use std::net::{Shutdown, TcpListener, TcpStream};
    use std::os::fd::{AsFd, AsRawFd};
    use std::os::unix::net::UnixStream;

    /// A socket of ours, of which nothing else is known yet.
    fn held(socket: &(impl AsFd + AsRawFd)) -> Object {
        let inode = nix::sys::stat::fstat(socket).unwrap().st_ino;
        let (process, pid) = ("us".to_owned(), nix::unistd::getpid().as_raw());
        let holder = Holder { process, pid, fd: socket.as_raw_fd(), access: Access::ReadWrite, outside: false };
        let unknown = || Known::No("nobody has looked".to_owned());
        Object {
            id: ObjectId(format!("socket:[{inode}]")),
            kind: ObjectKind::Socket,
            inode,
            bytes: unknown(),
            capacity: unknown(),
            contents: Known::No("nobody has looked".to_owned()),
            socket: None,
            holders: vec![holder],
            body: Body::Plain,
        }
    }

    /// Look after bytes have moved, and look at everything: it is the same.
    fn same(looker: &mut Looker, objects: &mut [Object], when: &str) {
        let own = [nix::unistd::getpid().as_raw()];
        if !objects.iter_mut().all(|o| looker.moved(o, 64, |_| true)) {
            looker.sockets(objects.iter_mut(), 64, &own);
        }
        let mut whole = objects.to_vec();
        whole.iter_mut().for_each(|o| o.socket = None);
        Looker::default().sockets(whole.iter_mut(), 64, &own);
        assert_eq!(objects, whole, "{when}");
        assert!(objects.iter().all(|o| o.as_socket().is_some()), "{objects:?}");
    }

    fn both<S: Read + Write + AsFd + AsRawFd>(mut one: S, mut other: S, shut: impl Fn(&S, Shutdown)) {
        let (mut looker, mut objects) = (Looker::default(), [held(&one), held(&other)]);
        same(&mut looker, &mut objects, "new");
        one.write_all(b"hello").unwrap();
        same(&mut looker, &mut objects, "written");
        assert_eq!(objects[1].bytes, Known::Yes(5));
        other.read_exact(&mut [0; 3]).unwrap();
        same(&mut looker, &mut objects, "read");
        assert_eq!(objects[1].bytes, Known::Yes(2));
        other.read_exact(&mut [0; 2]).unwrap();
        other.write_all(b"back").unwrap();
        same(&mut looker, &mut objects, "answered");
        one.read_exact(&mut [0; 4]).unwrap();
        // Each of these does more than move bytes, and the sockets say so.
        shut(&other, Shutdown::Write);
        same(&mut looker, &mut objects, "half of it is given up");
        let [left, _] = &mut objects;
        shut(&one, Shutdown::Both);
        drop(other);
        same(&mut looker, std::slice::from_mut(left), "closed");
    }

    #[test]
    fn a_look_at_what_moved_finds_what_a_whole_look_finds() {
        let (one, other) = UnixStream::pair().unwrap();
        both(one, other, |s, how| s.shutdown(how).unwrap());
        let (one, other) = UnixStream::pair().unwrap();
        let (mut looker, mut objects) = (Looker::default(), [held(&one), held(&other)]);
        same(&mut looker, &mut objects, "new");
        one.shutdown(Shutdown::Read).unwrap();
        same(&mut looker, &mut objects, "only the other end is told by its descriptor");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let one = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (other, _) = listener.accept().unwrap();
        both(one, other, |s, how| s.shutdown(how).unwrap());
    }
}
