//! Which listener an address leads to, and whether anyone can reach a socket.

use super::Machine;
use crate::observe::sockdiag::SocketInfo;
use crate::world::{Address, Pid, SocketState, SocketType};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The listener at the address that a connect was given (UNIX), or that the socket is connecting to (TCP).
pub(super) fn of(machine: &Machine, pid: Pid, inode: u64, address: &[u8]) -> Option<u64> {
    let listens = |s: &&SocketInfo| s.state == SocketState::Listen && s.inode != 0;
    let mut listening = machine.sockets_beside(inode).iter().filter(listens);
    if let Some(name) = address.strip_prefix(&1_u16.to_ne_bytes()) {
        let Some((0, name)) = name.split_first() else { return bound_to(machine, pid, inode, name) };
        let is_it = |s: &&SocketInfo| matches!(&s.local, Some(Address::Abstract(own)) if own == name);
        return listening.find(is_it).map(|s| s.inode);
    }
    let Some(Address::Inet(to)) = machine.socket_anywhere(inode).ok()?.remote.clone() else { return None };
    let of = |s: &&SocketInfo| match &s.local {
        Some(Address::Inet(own)) => own.port() == to.port() && (own.ip() == to.ip() || own.ip().is_unspecified()),
        _ => false,
    };
    listening.find(of).map(|s| s.inode)
}

/// The listener that is bound to the file which this path leads a process to. Several may have been bound to one path, one after the
/// other: the kernel tells the half of each one's inode number.
fn bound_to(machine: &Machine, pid: Pid, inode: u64, name: &[u8]) -> Option<u64> {
    let name = name.split(|b| *b == 0).next()?;
    let file = file_at(pid, name).ok().flatten();
    let fits = |s: &&SocketInfo| match (file, s.file, &s.local) {
        (Some(file), Some(bound), _) => s.state == SocketState::Listen && file == bound,
        (_, _, Some(Address::Path(own))) => s.state == SocketState::Listen && own == name,
        _ => false,
    };
    machine.sockets_beside(inode).iter().filter(|s| s.inode != 0).find(fits).map(|s| s.inode)
}

/// The half of the inode number of the file that a path leads a process to; `Ok(None)` where there is none.
fn file_at(pid: Pid, path: &[u8]) -> std::io::Result<Option<u32>> {
    let path = Path::new(std::ffi::OsStr::from_bytes(path));
    let seen_from = match path.strip_prefix("/") {
        Ok(rest) => Path::new(&format!("/proc/{pid}/root")).join(rest),
        Err(_) => Path::new(&format!("/proc/{pid}/cwd")).join(path),
    };
    match std::fs::metadata(seen_from) {
        Ok(file) => Ok(u32::try_from(file.ino() & 0xffff_ffff).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The path that a socket is bound to does not lead to it any more: it was removed, or is another's. Only of a path from the root: where
/// its process was when it took another is not known.
pub(super) fn is_out_of_reach(machine: &Machine, pid: Pid, inode: u64) -> bool {
    let Ok(info) = machine.socket_anywhere(inode) else { return false };
    let (Some(Address::Path(path)), Some(file)) = (&info.local, info.file) else { return false };
    path.starts_with(b"/") && file_at(pid, path).is_ok_and(|found| found != Some(file))
}

/// A datagram socket without an address: nobody but the one it is connected to could send to it.
pub(super) fn is_alone(machine: &Machine, inode: u64) -> bool {
    machine.socket_anywhere(inode).is_ok_and(|s| s.kind == SocketType::Datagram && s.local.is_none())
}
