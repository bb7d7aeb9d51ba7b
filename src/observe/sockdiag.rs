//! Every socket of a network namespace: `sock_diag(7)`, and `/proc/net` where that is refused.
//!
//! The reader asks the kernel for a list and touches no socket of anyone. A netlink socket answers for the network
//! namespace it was made in: [`open`] makes one of ours, and whoever has one that was made elsewhere can give it to
//! [`ask`].
//!
//! ```no_run
//! use pipescope::observe::sockdiag;
//!
//! let sockets = sockdiag::read().unwrap();
//! for socket in &sockets.all {
//!     println!("socket:[{}] {:?} peer {:?}", socket.inode, socket.state, socket.peer);
//! }
//! ```

mod inet;
mod netlink;
mod one;
mod pair;
mod proc_net;
pub(in crate::observe) mod route;
mod unix;

use crate::world::{Address, Backlog, Family, Known, Peer, Shutdown, Socket, SocketState, SocketType};
use nix::errno::Errno;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;

/// One socket as the kernel lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketInfo {
    /// The number in `socket:[9751]`; 0 where no process can hold it: a connection that nobody has accepted yet, or
    /// one that outlives its descriptors (TIME-WAIT and the like).
    pub inode: u64,
    /// How it is addressed.
    pub family: Family,
    /// What it promises.
    pub kind: SocketType,
    /// Its state.
    pub state: SocketState,
    /// Its own address; `None`: it has none.
    pub local: Option<Address>,
    /// Of a UNIX socket that is bound to a path: the low half of that file's inode number (`UNIX_DIAG_VFS`). `None`: it has no
    /// path, or the kernel did not tell.
    pub file: Option<u32>,
    /// The address it is connected to; `None`: it is not connected, or to a socket without one.
    pub remote: Option<Address>,
    /// The socket it is connected to. Unknown where only `/proc/net/unix` could be read, which does not tell.
    pub peer: Known<Peer>,
    /// Bytes received and not yet read. For datagrams (other than the first of a UNIX socket) the kernel tells the
    /// memory they take and not their bytes: unknown, but for 0.
    pub receive_queue: Known<u64>,
    /// Bytes sent and not yet acknowledged (TCP). Of the others the kernel tells memory and not bytes: unknown, but for 0.
    pub send_queue: Known<u64>,
    /// Of a listener: its queue of connections.
    pub backlog: Option<Known<Backlog>>,
    /// Of a listener: the inodes of the sockets at the other ends of the connections in its queue, where those are known.
    pub waiting: Vec<u64>,
    /// Which directions were given up.
    pub shutdown: Known<Shutdown>,
    /// The user it belongs to, user ids as `getuid(2)`.
    pub uid: Known<u32>,
    /// Of a UDP socket: datagrams that were thrown away for want of room; `None`: not told.
    pub dropped: Option<u64>,
}

impl SocketInfo {
    /// The socket of a picture, without what only a look into it could tell; why nobody looked.
    pub fn unlooked(&self, why: &str) -> Socket {
        Socket {
            family: self.family,
            kind: self.kind,
            state: self.state,
            local: self.local.clone(),
            remote: self.remote.clone(),
            peer: self.peer.clone(),
            unsent: self.send_queue.clone(),
            backlog: self.backlog.clone(),
            waiting: self.waiting.clone(),
            shutdown: self.shutdown.clone(),
            in_flight: None,
            messages: Known::No(why.to_owned()),
            multicast: None,
            error: false,
            dropped: self.dropped,
        }
    }
}

/// The sockets of one network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sockets {
    /// Every one the kernel listed, those with inode 0 too.
    pub all: Vec<SocketInfo>,
    /// What could not be listed, each with its reason, in words fit for the screen; empty where all could.
    pub gaps: Vec<String>,
}

impl Sockets {
    /// The socket with this inode (not 0).
    pub fn by_inode(&self, inode: u64) -> Option<&SocketInfo> {
        self.all.iter().find(|socket| inode != 0 && socket.inode == inode)
    }

    /// Why a socket that someone holds may be missing from the list.
    pub fn why_missing(&self) -> String {
        match self.gaps.first() {
            Some(gap) => gap.clone(),
            None => MISSING.to_owned(),
        }
    }
}

/// Why the kernel tells nothing of a socket, where it tells of others.
pub(super) const MISSING: &str =
    "the kernel does not list it: it belongs to another network namespace, or to a family that is not looked for";

/// The sockets of our own network namespace: by netlink, what that refuses by `/proc/self/net`.
///
/// # Errors
/// Where neither tells anything; the text says why.
pub fn read() -> Result<Sockets, String> {
    read_with(open().as_ref().ok().map(std::os::fd::AsFd::as_fd), Path::new("/proc/self/net"))
}

/// As [`read`], with a netlink socket of any network namespace, and the folder `/proc/PID/net` of a process in it for
/// what netlink refuses.
///
/// # Errors
/// Where neither tells anything; the text says why.
pub fn read_with(netlink: Option<BorrowedFd<'_>>, fallback: &Path) -> Result<Sockets, String> {
    read_parts(netlink, fallback, &PARTS)
}

/// As [`read_with`], of these lists alone. Whoever wants to know who is connected must ask for both families of a protocol.
pub(super) fn read_parts(netlink: Option<BorrowedFd<'_>>, fallback: &Path, parts: &[Part]) -> Result<Sockets, String> {
    let mut sockets = Sockets { all: Vec::new(), gaps: Vec::new() };
    let both = TCP.iter().all(|part| parts.contains(part));
    let tcp = netlink.filter(|_| both).and_then(|netlink| ask_tcp(netlink).ok());
    let told = |part: &Part| tcp.is_some() && TCP.contains(part);
    for part in parts.iter().copied().filter(|part| !told(part)) {
        let asked = netlink.ok_or(Errno::EPROTONOSUPPORT).and_then(|netlink| ask(netlink, part));
        let found = asked.or_else(|errno| proc_net::read(fallback, part).map_err(|text| (errno, text)));
        match found {
            // The longest list comes first, and is not copied.
            Ok(found) if sockets.all.is_empty() => sockets.all = found,
            Ok(found) => sockets.all.extend(found),
            Err((errno, text)) => {
                sockets.gaps.push(format!("{} could not be listed: {errno:?} by netlink, {text}", part.name()));
            }
        }
    }
    sockets.all.extend(tcp.into_iter().flatten());
    if sockets.gaps.len() == parts.len() {
        return Err(sockets.gaps.swap_remove(0));
    }
    pair::connect(&mut sockets.all);
    Ok(sockets)
}

/// The sockets of our own network namespace and of others, as one list: who is connected across them is found by the
/// addresses of both ends.
///
/// # Errors
/// Where none could be listed.
pub(super) fn together(own: Result<Sockets, String>, others: Vec<Result<Sockets, String>>) -> Result<Sockets, String> {
    if others.is_empty() {
        return own;
    }
    let (mut lists, mut gaps) = (Vec::new(), Vec::new());
    for list in std::iter::once(own).chain(others) {
        match list {
            Ok(list) => {
                lists.push(list.all);
                gaps.extend(list.gaps);
            }
            Err(why) => gaps.push(why),
        }
    }
    if lists.is_empty() {
        return Err(gaps.into_iter().next().unwrap_or_default());
    }
    pair::across(&mut lists);
    Ok(Sockets { all: lists.concat(), gaps })
}

/// Who is connected from one of these networks to another, a list for each.
pub(super) fn connect_across(lists: &mut [Vec<SocketInfo>]) {
    pair::across(lists);
}

/// A netlink socket for [`ask`], of our own network namespace. Close-on-exec.
///
/// # Errors
/// Where the kernel was built without it, or a filter of system calls refuses it.
pub fn open() -> nix::Result<OwnedFd> {
    netlink::open()
}

/// TCP sockets of both families.
fn ask_tcp(netlink: BorrowedFd<'_>) -> nix::Result<Vec<SocketInfo>> {
    netlink::dump_of(netlink, inet::TCP, &inet::request_tcp(), |m| inet::parse(m, Part::Tcp(Family::Inet)))
}

const TCP: [Part; 2] = [Part::Tcp(Family::Inet), Part::Tcp(Family::Inet6)];

/// One list the kernel keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// UNIX sockets of every type.
    Unix,
    /// TCP.
    Tcp(Family),
    /// UDP.
    Udp(Family),
}

/// All the lists that [`read`] asks for.
pub const PARTS: [Part; 5] =
    [Part::Unix, Part::Tcp(Family::Inet), Part::Tcp(Family::Inet6), Part::Udp(Family::Inet), Part::Udp(Family::Inet6)];

impl Part {
    /// Its name in sentences, and in `/proc/net`.
    fn name(self) -> &'static str {
        match self {
            Part::Unix => "UNIX sockets",
            Part::Tcp(_) => "TCP sockets",
            Part::Udp(_) => "UDP sockets",
        }
    }
}

/// Ask a netlink socket for one list. Peers of TCP sockets are not looked for in it, as they may be in another list:
/// [`read_with`] does that.
///
/// # Errors
/// What the kernel said; ENOENT where it was built without this list.
pub fn ask(netlink: BorrowedFd<'_>, part: Part) -> nix::Result<Vec<SocketInfo>> {
    match part {
        Part::Unix => netlink::dump(netlink, &unix::request(0), unix::parse),
        Part::Tcp(family) => netlink::dump(netlink, &inet::request(family, libc_tcp()), |m| inet::parse(m, part)),
        Part::Udp(family) => netlink::dump(netlink, &inet::request(family, libc_udp()), |m| inet::parse(m, part)),
    }
}

pub(super) use one::{inet as one_inet, unix as one_unix};

const fn libc_tcp() -> u8 {
    nix::libc::IPPROTO_TCP as u8
}

const fn libc_udp() -> u8 {
    nix::libc::IPPROTO_UDP as u8
}

/// 0 is 0, whatever is counted; anything else is memory and not bytes.
pub(super) fn nothing_or(memory: u64, why: &str) -> Known<u64> {
    if memory == 0 { Known::Yes(0) } else { Known::No(why.to_owned()) }
}

/// Why a length is not known that the kernel counts in memory.
pub(super) const MEMORY: &str = "the kernel tells how much memory the messages take, not how many bytes they have";
