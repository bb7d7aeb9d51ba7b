//! Which sockets have an address, in the network of a process.

use super::namespaces::{network_of, own_network};
use super::sockdiag::{self, SocketInfo};
use super::{glimpse, machines};
use crate::world::{Address, FdNumber, Known, Occupant, Pid, SocketType};
use nix::libc;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The sockets that have `address`, of the kind of the socket behind this descriptor.
pub fn at(pid: Pid, fd: FdNumber, address: &Address) -> Known<Vec<Occupant>> {
    let sockets = match network_of(pid) == own_network() {
        true => sockdiag::read(),
        false => machines::sockets_of(pid),
    };
    let sockets = match sockets {
        Ok(sockets) => sockets,
        Err(why) => return Known::No(why),
    };
    let kind = glimpse::socket(pid, fd).and_then(|seen| match seen.kind {
        libc::SOCK_STREAM => Some(SocketType::Stream),
        libc::SOCK_DGRAM => Some(SocketType::Datagram),
        libc::SOCK_SEQPACKET => Some(SocketType::SeqPacket),
        _ => None,
    });
    let file = file_of(pid, address);
    let is_file = |socket: &SocketInfo| file.is_none() || socket.file.is_none() || socket.file == file;
    let is_there = |s: &SocketInfo| kind.is_none_or(|kind| kind == s.kind) && has(s, address) && is_file(s);
    let there = sockets.all.into_iter().filter(is_there);
    Known::Yes(there.filter_map(occupant).collect())
}

/// The low half of the inode number of the file that a path names for this process. A socket tells the path as `bind(2)` was given
/// it: in another folder the same relative one is another file.
fn file_of(pid: Pid, address: &Address) -> Option<u32> {
    let Address::Path(path) = address else { return None };
    let path = OsStr::from_bytes(path);
    let file = std::fs::symlink_metadata(Path::new(&format!("/proc/{pid}/cwd")).join(path)).ok()?;
    u32::try_from(file.ino() & u64::from(u32::MAX)).ok()
}

fn occupant(socket: SocketInfo) -> Option<Occupant> {
    Some(Occupant { inode: socket.inode, state: socket.state, local: socket.local?, remote: socket.remote })
}

/// One address covers another where the ports are the same and either is every address of the machine.
fn has(socket: &SocketInfo, address: &Address) -> bool {
    match (&socket.local, address) {
        (Some(Address::Inet(own)), Address::Inet(asked)) => {
            let (a, b) = (own.ip().to_canonical(), asked.ip().to_canonical());
            own.port() == asked.port() && (a == b || a.is_unspecified() || b.is_unspecified())
        }
        (Some(own), asked) => own == asked,
        (None, _) => false,
    }
}
