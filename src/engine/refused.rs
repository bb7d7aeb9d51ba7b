//! Calls that the kernel refuses for their address, and who has it.

use crate::notation::{Addr, Call, Completion, Outcome, SocketCall};
use crate::observe::occupants;
use crate::world::{Address, FdNumber, Known, Refused, World};
use std::net::SocketAddr;

/// What there is at the address of a call that failed for it, or for what became of its connection; `None` for any other.
pub(super) fn of(completion: &Completion, world: &World) -> Option<Refused> {
    let (Some(call), Outcome::Error(errno)) = (&completion.call, &completion.outcome) else { return None };
    let (errno, name) = (*errno, call.name().to_owned());
    let process = world.process(&completion.process)?;
    let who = completion.process.clone();
    if errno == libc::ECONNRESET {
        let fd = call.moves_through()?;
        let address = world.object_at(&who, fd)?.as_socket()?.local.clone().unwrap_or(Address::Path(Vec::new()));
        return Some(Refused { process: who, fd, call: name, errno, address, there: Known::Yes(Vec::new()) });
    }
    let Call::Socket(call) = call else { return None };
    let refused = match errno {
        libc::EADDRINUSE | libc::ECONNREFUSED => true,
        // These mean something else where no address was given.
        libc::ENOENT | libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT | libc::EINVAL | libc::EPROTOTYPE => {
            call.address().is_some()
        }
        libc::EAGAIN => matches!(call, SocketCall::Connect { .. }),
        _ => false,
    };
    if !refused {
        return None;
    }
    let fd = call.fd()?;
    let address = match call.address() {
        Some(address) => exact(address, world)?,
        None => named_before(call, &who, fd, world)?,
    };
    let there = occupants::at(process.pid, fd, &address);
    Some(Refused { process: who, fd, call: name, errno, address, there })
}

/// What a connected datagram socket, or one that is to listen, was given before.
fn named_before(call: &SocketCall, name: &str, fd: FdNumber, world: &World) -> Option<Address> {
    let socket = world.object_at(name, fd)?.as_socket()?;
    match call {
        SocketCall::Listen { .. } => socket.local.clone(),
        _ => socket.remote.clone(),
    }
}

fn exact(address: &Addr, world: &World) -> Option<Address> {
    let of = |name: &str, fd| world.object_at(name, fd)?.as_socket()?.local.clone();
    match address {
        Addr::Exact(address) => Some(address.clone()),
        Addr::Of(name, fd) => of(name, *fd),
        Addr::PortOf(ip, name, fd) => match of(name, *fd)? {
            Address::Inet(at) => Some(Address::Inet(SocketAddr::new(*ip, at.port()))),
            _ => None,
        },
    }
}
