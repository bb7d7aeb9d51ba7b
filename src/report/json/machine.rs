//! What is said of network namespaces in schema 1.

use crate::world::{self, Pid, World, other_end};
use serde::Serialize;

/// A network namespace that a process of the stage is in.
#[derive(Serialize)]
pub(super) struct Machine<'a> {
    /// As `readlink /proc/PID/ns/net` says it.
    id: String,
    own: bool,
    processes: Vec<Pid>,
    links: Option<Vec<Link<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    links_unknown: Option<&'a str>,
}

#[derive(Serialize)]
struct Link<'a> {
    name: &'a str,
    index: u32,
    up: bool,
    carrier: bool,
    addresses: Vec<String>,
    /// The id of the machine that has its other end, and the link there.
    other_end: Option<End<'a>>,
}

#[derive(Serialize)]
struct End<'a> {
    machine: String,
    link: &'a str,
}

pub(super) fn machines(world: &World) -> Vec<Machine<'_>> {
    world.machines.iter().enumerate().map(|(index, one)| machine(world, index, one)).collect()
}

fn id(machine: &world::Machine) -> String {
    format!("net:[{}]", machine.network)
}

fn machine<'a>(world: &'a World, index: usize, machine: &'a world::Machine) -> Machine<'a> {
    let link = |link: &'a world::Link| Link {
        name: &link.name,
        index: link.index,
        up: link.up,
        carrier: link.carrier,
        addresses: link.addresses.iter().map(|(ip, bits)| format!("{ip}/{bits}")).collect(),
        other_end: other_end(&world.machines, index, link)
            .and_then(|(at, other)| Some(End { machine: id(world.machines.get(at)?), link: &other.name })),
    };
    Machine {
        id: id(machine),
        own: machine.own,
        processes: machine.members.clone(),
        links: machine.links.value().map(|links| links.iter().map(link).collect()),
        links_unknown: machine.links.reason(),
    }
}
