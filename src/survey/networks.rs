//! The sockets of other network namespaces: what a container's processes have is in no list of ours.

use super::{Machine, Thing};
use crate::observe::{self, sockdiag::SocketInfo};
use std::collections::HashMap;

/// A list for each network namespace that could be entered, our own first.
#[derive(Debug, Default)]
pub(super) struct Networks {
    lists: Vec<Vec<SocketInfo>>,
    /// In which list each is, and where.
    places: HashMap<u64, (usize, usize)>,
}

impl Networks {
    /// Of every process that has a socket. Each namespace costs some milliseconds: asked for only where our own list does not tell.
    pub(super) fn read(machine: &Machine) -> Networks {
        let Ok(own) = machine.own_sockets() else { return Networks::default() };
        let has_socket = |p: &&observe::ProcessInfo| p.held.iter().any(|h| matches!(h.thing, Thing::Socket(_)));
        let lists = observe::networks(own, machine.processes().iter().filter(has_socket).map(|p| p.pid));
        let place = |(list, sockets): (usize, &Vec<SocketInfo>)| {
            let inodes: Vec<u64> = sockets.iter().map(|s| s.inode).collect();
            inodes.into_iter().enumerate().map(move |(at, inode)| (inode, (list, at)))
        };
        let places = lists.iter().enumerate().flat_map(place).filter(|(inode, _)| *inode != 0).collect();
        Networks { lists, places }
    }

    /// The socket with this inode.
    pub(super) fn get(&self, inode: u64) -> Option<&SocketInfo> {
        let (list, at) = self.places.get(&inode)?;
        self.lists.get(*list)?.get(*at)
    }

    /// Every socket of the network that this one is in.
    pub(super) fn beside(&self, inode: u64) -> Option<&[SocketInfo]> {
        let (list, _) = self.places.get(&inode)?;
        self.lists.get(*list).map(Vec::as_slice)
    }

    /// The listener in whose queue the other end of this one waits.
    pub(super) fn listener_of(&self, inode: u64) -> Option<&SocketInfo> {
        self.lists.iter().flatten().find(|socket| socket.waiting.contains(&inode))
    }
}
