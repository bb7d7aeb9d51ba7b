//! Network namespaces: to its sockets each is a machine of its own, `network_namespaces(7)`.

use super::process::{Known, Pid};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A network namespace that a process of the stage is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The number in `net:[4026531840]`, which `readlink /proc/PID/ns/net` tells.
    pub network: u64,
    /// It is the network of the machine that all this runs on, of which no link is looked at or touched.
    pub own: bool,
    /// The living processes of the stage that are in it, in order of creation.
    pub members: Vec<Pid>,
    /// Its links.
    pub links: Known<Vec<Link>>,
}

/// A network interface of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its name: `lo`, `eth0`.
    pub name: String,
    /// The kernel's number of it, unique in its namespace.
    pub index: u32,
    /// It was switched on (`IFF_UP`).
    pub up: bool,
    /// It has somebody to talk to (`IFF_LOWER_UP`): of a `veth(4)` pair, the other end is on as well.
    pub carrier: bool,
    /// Its addresses, each with how many bits its network has; without those of IPv6 that the kernel makes up for the link
    /// alone.
    pub addresses: Vec<(IpAddr, u8)>,
    /// Of a `veth(4)` pair: the number of the other end in the namespace that has it.
    pub other_end: Option<u32>,
}

impl Link {
    /// `up`, `down`, or `up, no carrier`.
    pub fn state(&self) -> &'static str {
        match (self.up, self.carrier) {
            (false, _) => "down",
            (true, true) => "up",
            (true, false) => "up, no carrier",
        }
    }
}

/// Where the other end of a link of `machines[machine]` is: its machine (index) and the link; `None` where it has none, or
/// more than one could be meant.
pub fn other_end<'m>(machines: &'m [Machine], machine: usize, link: &Link) -> Option<(usize, &'m Link)> {
    let wanted = link.other_end?;
    let others = machines.iter().enumerate().filter(|(i, _)| *i != machine);
    let links = others.flat_map(|(i, m)| m.links.value().into_iter().flatten().map(move |l| (i, l)));
    let mut fitting = links.filter(|(_, l)| l.index == wanted && l.other_end == Some(link.index));
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}
