//! Who shares what with whom: the things that those asked about hold, and everyone at every end of them.

use super::quick::QuickSet;
use super::{Asked, End, Machine};
use crate::observe::{Mapped, Thing, mapped};
use crate::world::{Access, Address, Known, Peer, Pid, SocketState};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Picture<'m> {
    /// Every process in it, in the order of the pids: those asked about, whoever they share something with, and where everybody is
    /// asked about those alone that share something.
    pub processes: Vec<Pid>,
    /// Every thing, in the order in which a process first holds it.
    pub things: Vec<Shared<'m>>,
    /// Processes that did not let us look: more ends may be held there.
    pub unseen: usize,
}

/// One thing, and who holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared<'m> {
    /// Its identity.
    pub thing: Thing,
    /// Its name: `pipe:[9751]`.
    pub label: String,
    /// Every descriptor and mapping of it on the machine, as far as may be seen.
    pub ends: Cow<'m, [End]>,
    /// Of a socket: more about it.
    pub socket: Option<Box<SocketEnd>>,
    /// So many processes more have ends of it, left out by [`Picture::fold`].
    pub more: usize,
}

/// So many processes outside of those asked about, and more, are folded where they hold a thing in the same way.
const MANY: usize = 12;
const WAYS: [Access; 4] = [Access::Read, Access::Write, Access::ReadWrite, Access::None];
/// So many of them are shown all the same.
const SHOWN: usize = 3;

/// What a socket is, in the picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SocketEnd {
    /// The socket at its other end.
    pub peer: Option<Thing>,
    /// Its address or, where it has none, its peer's.
    pub address: Option<String>,
    /// It waits for connections: how many wait to be accepted, where that is known.
    pub listens: Option<Option<u32>>,
    /// Why its other end is not in the picture.
    pub apart: Option<String>,
}

impl<'m> Picture<'m> {
    /// Of those asked about.
    pub fn of(machine: &'m Machine, asked: &Asked) -> Picture<'m> {
        Picture::with(machine, asked, &mappings(machine, asked))
    }

    /// The same but for memory that is mapped, which costs as much as the rest to find.
    pub fn without_memory(machine: &'m Machine, asked: &Asked) -> Picture<'m> {
        Picture::with(machine, asked, &Mappings::new())
    }

    fn with(machine: &'m Machine, asked: &Asked, mapped: &Mappings) -> Picture<'m> {
        let index = machine.index();
        let mut seen = Seen { held: vec![false; index.things()], others: QuickSet::default() };
        let most = if *asked == Asked::All { index.things() } else { 0 };
        let mut things: Vec<Shared<'m>> = Vec::with_capacity(most);
        for (i, p) in machine.processes().iter().enumerate().filter(|(_, p)| asked.has(p.pid)) {
            let mapped_by = mapped.get(&p.pid).into_iter().flatten().map(|m| (m.thing, index.place(m.thing)));
            for (thing, place) in index.table(i, p).map(|(thing, place)| (thing, Some(place))).chain(mapped_by) {
                if !seen.insert(thing, place) {
                    continue;
                }
                let one = shared(machine, thing, place, mapped);
                let peer = one.socket.as_ref().and_then(|s| s.peer).map(|peer| (peer, index.place(peer)));
                things.push(one);
                let peer = peer.filter(|(peer, place)| seen.insert(*peer, *place));
                things.extend(peer.map(|(peer, place)| shared(machine, peer, place, mapped)));
            }
        }
        things.retain(Shared::is_worth_showing);
        let mut picture = Picture { processes: Vec::new(), things, unseen: machine.unseen().count() };
        picture.processes = picture.everyone(asked);
        picture
    }
}

/// Things that are in the picture already: those that somebody holds by their place, others themselves.
struct Seen {
    held: Vec<bool>,
    others: QuickSet<Thing>,
}

impl Seen {
    /// Whether it was not there yet.
    fn insert(&mut self, thing: Thing, place: Option<usize>) -> bool {
        match place.and_then(|place| self.held.get_mut(place)) {
            Some(seen) => !std::mem::replace(seen, true),
            None => self.others.insert(thing),
        }
    }
}

impl Picture<'_> {
    /// Whoever is at an end or was asked for, in the order of the pids.
    fn everyone(&self, asked: &Asked) -> Vec<Pid> {
        let mut pids: QuickSet<Pid> = self.things.iter().flat_map(|s| s.ends.iter()).map(|e| e.pid).collect();
        if let Asked::Some(asked) = asked {
            pids.extend(asked);
        }
        let mut pids: Vec<Pid> = pids.into_iter().collect();
        pids.sort_unstable();
        pids
    }

    /// Leave out most of a crowd that was not asked about: what a session's or a service manager's every process has
    /// inherited would hide what those asked about have of their own.
    pub fn fold(&mut self, asked: &Asked) {
        if *asked == Asked::All {
            return;
        }
        for shared in &mut self.things {
            shared.fold(asked);
        }
        self.processes = self.everyone(asked);
    }
}

impl Shared<'_> {
    fn fold(&mut self, asked: &Asked) {
        let mut hidden: BTreeSet<Pid> = BTreeSet::new();
        let ways: &[Access] = if self.ends.len() < MANY { &[] } else { &WAYS };
        for access in ways.iter().copied() {
            let outside = self.ends.iter().filter(|e| e.access == access && !asked.has(e.pid)).map(|e| e.pid);
            let outside: BTreeSet<Pid> = outside.collect();
            if outside.len() >= MANY {
                let folded: BTreeSet<Pid> = outside.into_iter().skip(SHOWN).collect();
                self.ends.to_mut().retain(|e| e.access != access || !folded.contains(&e.pid));
                hidden.extend(folded);
            }
        }
        self.more = hidden.len();
    }

    /// Ends that take bytes out.
    pub fn readers(&self) -> impl Iterator<Item = &End> {
        self.ends.iter().filter(|e| e.access.reads())
    }

    /// Ends that put bytes in.
    pub fn writers(&self) -> impl Iterator<Item = &End> {
        self.ends.iter().filter(|e| e.access.writes())
    }

    /// Somebody holds it, and it is no eventfd or memory that a single process keeps to itself.
    fn is_worth_showing(&self) -> bool {
        let Some(first) = self.ends.first() else { return false };
        let several = || self.ends.iter().any(|e| e.pid != first.pid);
        match self.thing {
            Thing::Eventfd(_) | Thing::Memory(..) => several(),
            Thing::Socket(_) => {
                let end = self.socket.as_ref();
                end.is_some_and(|s| s.peer.is_some() || s.listens.is_some() || s.apart.is_some()) || several()
            }
            _ => true,
        }
    }
}

type Mappings = BTreeMap<Pid, Vec<Mapped>>;

/// The memory that processes have mapped. For one process's question all others are read only where it has some itself.
fn mappings(machine: &Machine, asked: &Asked) -> Mappings {
    let all = || machine.processes().iter().filter(|p| p.maps && !p.unseen).map(|p| p.pid);
    let of = |pids: Vec<Pid>| -> Mappings { mapped(&pids).into_iter().collect() };
    match asked {
        Asked::All => of(all().collect()),
        Asked::Some(_) => {
            let own = of(all().filter(|pid| asked.has(*pid)).collect());
            let holds = |p: &crate::observe::ProcessInfo| p.held.iter().any(|h| matches!(h.thing, Thing::Memory(..)));
            let by_fd = machine.processes().iter().any(|p| asked.has(p.pid) && holds(p));
            if own.is_empty() && !by_fd {
                return own;
            }
            let mut everyone = of(all().filter(|pid| !asked.has(*pid)).collect());
            everyone.extend(own);
            everyone
        }
    }
}

fn shared<'m>(machine: &'m Machine, thing: Thing, place: Option<usize>, mapped: &Mappings) -> Shared<'m> {
    let held = place.map_or(&[][..], |place| machine.index().at_place(place));
    let mut ends = Cow::Borrowed(held);
    let mut label = None;
    if let Thing::Memory(inode, _) = thing {
        let all = mapped.iter().flat_map(|(pid, all)| all.iter().map(|m| (*pid, m))).filter(|(_, m)| m.thing == thing);
        for (pid, m) in all {
            ends.to_mut().push(End { pid, fd: None, access: m.access });
            let is_gone = m.path.ends_with("(deleted)");
            label = Some(if is_gone { format!("{} [{inode}]", m.path) } else { m.path.clone() });
        }
        ends.to_mut().sort_unstable();
        label = label.filter(|_| held.is_empty());
    }
    let socket = match thing {
        Thing::Socket(inode) => Some(Box::new(socket_end(machine, inode))),
        _ => None,
    };
    Shared { thing, label: label.unwrap_or_else(|| machine.label(thing)), ends, socket, more: 0 }
}

fn socket_end(machine: &Machine, inode: u64) -> SocketEnd {
    if let Some(peer) = machine.plain_peer(inode) {
        return SocketEnd { peer: Some(Thing::Socket(peer)), ..SocketEnd::default() };
    }
    let info = match machine.socket(inode) {
        Ok(info) => info,
        Err(why) => return SocketEnd { apart: Some(why), ..SocketEnd::default() },
    };
    let waiting = match &info.backlog {
        Some(Known::Yes(backlog)) => Some(backlog.waiting),
        _ => None,
    };
    let listens = (info.state == SocketState::Listen).then_some(waiting);
    let (peer, apart) = match &info.peer {
        _ if listens.is_some() => (None, None),
        Known::Yes(Peer::Socket(peer)) => (Some(Thing::Socket(*peer)), None),
        Known::Yes(Peer::None) => (None, None),
        Known::Yes(Peer::Unaccepted) => (None, Some("not accepted yet".to_owned())),
        Known::Yes(Peer::Gone) => (None, Some("its other end is closed".to_owned())),
        Known::Yes(Peer::Elsewhere) => (None, Some("its other end is not in this network namespace".to_owned())),
        Known::No(why) => (None, Some(why.clone())),
    };
    let address = match (&info.local, &info.remote) {
        (Some(local), None) => Some(address(local)),
        (Some(local @ Address::Inet(_)), Some(remote)) => Some(format!("{} to {}", address(local), address(remote))),
        (Some(local), Some(_)) => Some(address(local)),
        (None, Some(remote)) => Some(format!("to {}", address(remote))),
        (None, None) => None,
    };
    SocketEnd { peer, address, listens, apart }
}

/// An address for a person: a path, `@name`, `127.0.0.1:80`.
pub(super) fn address(address: &Address) -> String {
    match address {
        Address::Path(path) => super::name::plain(&String::from_utf8_lossy(path)),
        Address::Abstract(name) => format!("@{}", super::name::plain(&String::from_utf8_lossy(name))),
        Address::Inet(at) => at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_outside_is_folded_and_counted() {
        let end = |pid, access| End { pid, fd: Some(3), access };
        let mut ends: Vec<End> = (1..=40).map(|pid| end(pid, Access::Write)).collect();
        ends.push(end(50, Access::Read));
        ends.sort_unstable();
        let shared =
            Shared { thing: Thing::Pipe(9), label: "pipe:[9]".into(), ends: ends.into(), socket: None, more: 0 };
        let whole = Picture { processes: (1..=40).chain([50]).collect(), things: vec![shared], unseen: 0 };
        let folded = |asked| {
            let mut picture = whole.clone();
            picture.fold(&asked);
            picture
        };
        let few = folded(Asked::Some(vec![30]));
        assert_eq!(few.processes, [1, 2, 3, 30, 50]);
        assert_eq!(few.things[0].more, 36);
        assert_eq!(folded(Asked::All), whole);
    }
}
