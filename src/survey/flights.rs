//! Descriptors in flight: sent over a UNIX socket (`SCM_RIGHTS`, unix(7)) and not received yet. No table shows what they refer
//! to, and it is open all the same.
//!
//! The kernel counts them in the socket that is to receive them, and says of none what it refers to.

use super::{Machine, Thing};
use crate::observe::sockdiag::{self, SocketInfo};
use crate::observe::{self, descriptors_in};
use crate::world::{Family, Known, Pid, SocketState, SocketType};
use std::collections::BTreeSet;

/// A socket in which descriptors wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flight {
    /// Its inode; of a listener, who sent them has not been accepted yet.
    pub socket: u64,
    /// How many wait in it.
    pub descriptors: u64,
}

/// All of the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flights {
    /// Sockets in which some wait, by inode: those that a process holds whose table may be read.
    pub held: Vec<Flight>,
    /// Sockets in which something waits and that are in no table: in flight themselves, unless somebody outside of our pid
    /// namespace holds them. What waits in them may be descriptors, which nobody can count. Empty where not every table may be
    /// read.
    pub unheld: Vec<u64>,
}

impl Flights {
    /// Ask for them. Most sockets have nothing waiting in them, which the kernel's list says of all at once: of those nobody
    /// asks by itself.
    pub(super) fn read(machine: &Machine) -> Flights {
        let sockets = machine.index().all_things().filter_map(|thing| match thing {
            Thing::Socket(inode) => Some(inode),
            _ => None,
        });
        // What is in no list may be a UNIX socket of another network namespace.
        let asked = sockets.filter(|inode| machine.socket(*inode).map_or(true, may_carry));
        let flight = |socket| {
            let holders = machine.holders(Thing::Socket(socket)).iter();
            let descriptors = holders.filter_map(|end| descriptors_in(end.pid, end.fd?)).next()?;
            (descriptors > 0).then_some(Flight { socket, descriptors })
        };
        let mut held: Vec<Flight> = asked.filter_map(flight).collect();
        held.sort_unstable_by_key(|flight| flight.socket);
        Flights { held, unheld: unheld(machine) }
    }

    /// Who could receive some of them, each once.
    pub(super) fn receivers(&self, machine: &Machine) -> BTreeSet<Pid> {
        let sockets = self.held.iter().map(|flight| Thing::Socket(flight.socket));
        sockets.flat_map(|thing| machine.holders(thing)).map(|end| end.pid).collect()
    }
}

/// Descriptors may wait in it: they travel with a message, which in a stream has a byte at least.
fn may_carry(socket: &SocketInfo) -> bool {
    if socket.family != Family::Unix {
        return false;
    }
    match (socket.state, &socket.backlog) {
        (SocketState::Listen, Some(Known::Yes(backlog))) => backlog.waiting > 0,
        (SocketState::Listen, _) => true,
        _ => socket.kind != SocketType::Stream || socket.receive_queue != Known::Yes(0),
    }
}

/// UNIX sockets with something in them that are in no table. Tables and list are not of one moment: only what is in the list
/// before and after another reading of all tables, and in none of those, is told of.
fn unheld(machine: &Machine) -> Vec<u64> {
    if machine.hides_others() || machine.unseen().next().is_some() {
        return Vec::new();
    }
    let is_one = |s: &&SocketInfo| {
        let waits = s.state != SocketState::Listen && s.receive_queue != Known::Yes(0);
        s.inode != 0 && s.family == Family::Unix && waits && machine.holders(Thing::Socket(s.inode)).is_empty()
    };
    let mut left: BTreeSet<u64> = machine.sockets().iter().filter(is_one).map(|s| s.inode).collect();
    if left.is_empty() {
        return Vec::new();
    }
    let Ok(again) = observe::read_machine() else { return Vec::new() };
    for held in again.processes.iter().flat_map(|p| &p.held) {
        if let Thing::Socket(inode) = held.thing {
            left.remove(&inode);
        }
    }
    let Ok(list) = sockdiag::read() else { return Vec::new() };
    let still: BTreeSet<u64> = list.all.iter().map(|s| s.inode).collect();
    left.into_iter().filter(|inode| still.contains(inode)).collect()
}
