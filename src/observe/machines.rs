//! The network namespaces that the stage's processes are in, as machines: their links and their sockets.
//!
//! Nothing keeps a namespace: what is opened in one is closed before the world is handed on. Of the machine's own network
//! only the sockets are listed, as ever.

use super::namespaces::{network_of, own_network};
use super::sockdiag::{self, SocketInfo, Sockets, route};
use super::sys_net;
use crate::world::{Known, Link, Machine, Pid, Process};
use nix::errno::Errno;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

const OWN: &str = "this is the machine's own network, which is left alone";

/// Every network namespace with its members, in the order in which processes were created; none where all processes are in
/// our own.
pub(super) fn read(processes: &[Process]) -> Vec<Machine> {
    let own = own_network();
    let mut machines: Vec<Machine> = Vec::new();
    for process in processes.iter().filter(|process| process.state.is_alive()) {
        let Some(network) = network_of(process.pid) else { continue };
        match machines.iter_mut().find(|machine| machine.network == network) {
            Some(machine) => machine.members.push(process.pid),
            None => machines.push(Machine {
                network,
                own: own == Some(network),
                members: vec![process.pid],
                links: Known::No(OWN.into()),
            }),
        }
    }
    if machines.iter().all(|machine| machine.own) { Vec::new() } else { machines }
}

/// Read the links of a machine that is not our own, and list its sockets.
pub(super) fn look_into(machine: &mut Machine) -> Result<Sockets, String> {
    let Some(pid) = machine.members.first() else { return Err("nobody is in it any more".into()) };
    let inside = enter(*pid);
    machine.links = match &inside {
        Ok([_, route]) => links(route).map_or_else(|errno| Known::No(refused(errno)), Known::Yes),
        Err(errno) => Known::No(refused(*errno)),
    };
    let netlink = inside.as_ref().ok().map(|[diagnostics, _]| diagnostics.as_fd());
    sockdiag::read_with(netlink, Path::new(&format!("/proc/{pid}/net")))
}

/// The sockets of the network that a process is in.
pub(super) fn sockets_of(pid: Pid) -> Result<Sockets, String> {
    let inside = enter(pid);
    let netlink = inside.as_ref().ok().map(|[diagnostics, _]| diagnostics.as_fd());
    sockdiag::read_with(netlink, Path::new(&format!("/proc/{pid}/net")))
}

/// The sockets of our own network, as listed, and of every other one that some of these processes are in, a list for each that could be
/// read; who is connected from one to another is found by the addresses of both ends.
pub fn networks(own: &Sockets, pids: impl Iterator<Item = Pid>) -> Vec<Vec<SocketInfo>> {
    let mut seen: Vec<u64> = own_network().into_iter().collect();
    let mut lists = vec![own.all.clone()];
    for pid in pids {
        let Some(network) = network_of(pid).filter(|network| !seen.contains(network)) else { continue };
        seen.push(network);
        lists.extend(sockets_of(pid).map(|sockets| sockets.all));
    }
    sockdiag::connect_across(&mut lists);
    lists
}

fn refused(errno: Errno) -> String {
    format!("the kernel did not let us look into this network ({errno:?})")
}

/// Netlink sockets of the network that a process is in: for its sockets, and for its links.
fn enter(pid: Pid) -> nix::Result<[OwnedFd; 2]> {
    let link = |pid: &str, kind: &str| std::fs::read_link(format!("/proc/{pid}/ns/{kind}"));
    let open = |kind: &str| {
        File::open(format!("/proc/{pid}/ns/{kind}")).map_err(|e| e.raw_os_error().map_or(Errno::EIO, Errno::from_raw))
    };
    let number = pid.to_string();
    // Nobody can enter the user namespace that he is in.
    let same = link("self", "user").ok() == link(&number, "user").ok();
    let user = if same { None } else { Some(open("user")?) };
    let network = open("net")?;
    sys_net::netlink_in(user.as_ref().map(AsFd::as_fd), network.as_fd())
}

fn links(netlink: &OwnedFd) -> nix::Result<Vec<Link>> {
    let mut links = route::links(netlink.as_fd())?;
    for (index, address) in route::addresses(netlink.as_fd())? {
        if let Some(link) = links.iter_mut().find(|link| link.index == index) {
            link.addresses.push(address);
        }
    }
    Ok(links)
}
