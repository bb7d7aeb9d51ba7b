//! Calls that the kernel refuses for their address, and who has it.

use crate::notation::{Addr, Call, Completion, Outcome, SocketCall};
use crate::observe::occupants;
use crate::world::{Address, FdNumber, Refused, World};
use std::net::SocketAddr;

/// What there is at the address of a call that failed with EADDRINUSE or ECONNREFUSED; `None` for any other.
pub(super) fn of(completion: &Completion, world: &World) -> Option<Refused> {
    let (Some(Call::Socket(call)), Outcome::Error(errno)) = (&completion.call, &completion.outcome) else {
        return None;
    };
    if !matches!(*errno, libc::EADDRINUSE | libc::ECONNREFUSED) {
        return None;
    }
    let process = world.process(&completion.process)?;
    let fd = call.fd()?;
    let address = match call.address() {
        Some(address) => exact(address, world)?,
        None => named_before(call, &completion.process, fd, world)?,
    };
    let there = occupants::at(process.pid, fd, &address);
    let (process, call) = (completion.process.clone(), call.name().to_owned());
    Some(Refused { process, fd, call, errno: *errno, address, there })
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
