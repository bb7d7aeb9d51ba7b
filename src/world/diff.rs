//! What changed from one world to the next.

use super::{
    Fd, FdNumber, MapName, Mapping, Object, ObjectId, Pid, ProcName, Process, Socket, SocketState, State, Target, World,
};
use serde::{Deserialize, Serialize};

use std::cell::OnceCell;
use std::collections::HashMap;

/// One difference between two worlds, in the terms of the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// A process is there that was not.
    Appeared(ProcName),
    /// A process's state is another.
    StateChanged(ProcName, State, State),
    /// A descriptor is there that was not.
    Opened(ProcName, FdNumber),
    /// A descriptor is gone; the entry as it was.
    Closed(ProcName, Fd),
    /// A descriptor refers to something else, or its flags changed; the entry as it was.
    Replaced(ProcName, Fd),
    /// What printf(3) keeps in the process is something else.
    Printed(ProcName),
    /// A thread of it is there that was not, is gone, or sleeps in another call than before, or in none.
    Thread(ProcName, Pid),
    /// An object has another number of bytes: before, after.
    Bytes(ObjectId, u64, u64),
    /// A socket's state, address, connection, backlog, shutdown or messages are others.
    Socket(ObjectId),
    /// Memory has other words, another size, or is mapped by others; a queue holds other messages.
    Body(ObjectId),
    /// A mapping is there that was not.
    Mapped(ProcName, MapName),
    /// A mapping is gone; as it was.
    Unmapped(ProcName, Mapping),
    /// A process's own copy of a mapping has other words.
    Words(ProcName, MapName),
    /// A network namespace is there that was not, or has other members, links or addresses; its number.
    Machine(u64),
    /// An object is gone: nobody refers to it any more.
    Vanished(ObjectId),
}

/// Every difference from `old` to `new`, processes first, in their order.
pub fn diff(old: &World, new: &World) -> Vec<Change> {
    let mut out = Vec::new();
    for p in &new.processes {
        match old.processes.iter().find(|q| q.pid == p.pid && q.name == p.name) {
            None => out.push(Change::Appeared(p.name.clone())),
            Some(before) => process_diff((old, before), (new, p), &mut out),
        }
    }
    let mut ids = Ids::of(new);
    for before in &old.objects {
        match ids.same_object(before) {
            None => out.push(Change::Vanished(before.id.clone())),
            Some(after) => {
                if let (Some(b), Some(a)) = (before.bytes.value(), after.bytes.value())
                    && a != b
                {
                    out.push(Change::Bytes(after.id.clone(), *b, *a));
                }
                if before.body != after.body {
                    out.push(Change::Body(after.id.clone()));
                }
                if socket_changed(before, after) {
                    out.push(Change::Socket(after.id.clone()));
                }
            }
        }
    }
    for machine in new.machines.iter().filter(|machine| !old.machines.contains(machine)) {
        out.push(Change::Machine(machine.network));
    }
    out
}

/// So many objects and more are found by a map: a whole machine has tens of thousands, a stage has few.
const MANY: usize = 64;

/// The objects of a world by their identity, where they are many.
struct Ids<'w> {
    world: &'w World,
    /// Behind the one that was found last: most worlds have the same objects in the same order as the one before.
    next: usize,
    map: OnceCell<HashMap<&'w ObjectId, (usize, &'w Object)>>,
}

impl<'w> Ids<'w> {
    fn of(world: &'w World) -> Ids<'w> {
        Ids { world, next: 0, map: OnceCell::new() }
    }

    /// As [`World::same_object`].
    fn same_object(&mut self, other: &Object) -> Option<&'w Object> {
        let objects = &self.world.objects;
        if objects.len() < MANY {
            return self.world.same_object(other);
        }
        if let Some(object) = objects.get(self.next).filter(|object| object.id == other.id) {
            self.next += 1;
            return Some(object);
        }
        let all = || objects.iter().enumerate().rev().map(|(at, object)| (&object.id, (at, object))).collect();
        match self.map.get_or_init(all).get(&other.id) {
            Some((at, object)) => {
                self.next = at + 1;
                Some(object)
            }
            None => self.world.same_object(other),
        }
    }
}

/// By so many bytes a send queue has to grow or shrink to be told of.
const SEND_QUEUE_STEP: u64 = 65536;

/// What a person would call another state; not how much of what was sent is acknowledged.
fn socket_changed(before: &Object, after: &Object) -> bool {
    fn facts(socket: &Socket) -> impl PartialEq {
        let Socket {
            state,
            local,
            remote,
            peer,
            backlog,
            shutdown,
            in_flight,
            messages,
            multicast,
            error,
            dropped,
            unsent,
            ..
        } = socket;
        // A queue that fills, and not what is acknowledged in a moment.
        let unsent = unsent.value().map_or(0, |n| n / SEND_QUEUE_STEP);
        // The second follows the first by itself, with an acknowledgement.
        let state = if *state == SocketState::FinWait1 { SocketState::FinWait2 } else { *state };
        (state, local, remote, peer, backlog, unsent, (shutdown, in_flight, messages, multicast, error, dropped))
    }
    match (before.as_socket(), after.as_socket()) {
        (Some(before), Some(after)) => facts(before) != facts(after),
        (before, after) => before.is_some() != after.is_some(),
    }
}

/// The same target, whether or not its name was removed between the two worlds.
fn same_target((old, before): (&World, &Target), (new, after): (&World, &Target)) -> bool {
    let renamed = || {
        let object = new.same_object(old.object(before.object()?)?)?;
        Some(Some(&object.id) == after.object())
    };
    before == after || renamed().unwrap_or(false)
}

fn process_diff((old, before): (&World, &Process), (new, after): (&World, &Process), out: &mut Vec<Change>) {
    if before.state != after.state {
        out.push(Change::StateChanged(after.name.clone(), before.state.clone(), after.state.clone()));
    }
    if before.stdout != after.stdout && after.state.is_alive() {
        out.push(Change::Printed(after.name.clone()));
    }
    threads_diff(before, after, out);
    space_diff(before, after, out);
    // A table that cannot be read tells nothing of what was opened or closed.
    if before.fds_unreadable.is_some() || after.fds_unreadable.is_some() {
        return;
    }
    for fd in &before.fds {
        match after.fd(fd.number) {
            None => out.push(Change::Closed(after.name.clone(), fd.clone())),
            Some(now)
                if !same_target((old, &fd.target), (new, &now.target))
                    || now.access != fd.access
                    || now.cloexec != fd.cloexec
                    || now.nonblock != fd.nonblock =>
            {
                out.push(Change::Replaced(after.name.clone(), fd.clone()));
            }
            Some(_) => {}
        }
    }
    for fd in &after.fds {
        if before.fd(fd.number).is_none() {
            out.push(Change::Opened(after.name.clone(), fd.number));
        }
    }
}

fn threads_diff(before: &Process, after: &Process, out: &mut Vec<Change>) {
    let gone = before.threads.iter().filter(|old| after.thread(old.tid).is_none());
    let other = after.threads.iter().filter(|new| before.thread(new.tid) != Some(*new));
    out.extend(gone.chain(other).map(|thread| Change::Thread(after.name.clone(), thread.tid)));
}

/// The named mappings; of one that is shared, the words are the object's.
fn space_diff(before: &Process, after: &Process, out: &mut Vec<Change>) {
    if !after.state.is_alive() || before.space.unreadable.is_some() || after.space.unreadable.is_some() {
        return;
    }
    for old in &before.space.mappings {
        if old.name.is_some_and(|name| after.space.named(name).is_none()) {
            out.push(Change::Unmapped(after.name.clone(), old.clone()));
        }
    }
    for new in &after.space.mappings {
        let Some(name) = new.name else { continue };
        match before.space.named(name) {
            None => out.push(Change::Mapped(after.name.clone(), name)),
            Some(old) if !new.shared && old.words != new.words => out.push(Change::Words(after.name.clone(), name)),
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Access, Known, Object, ObjectKind};

    fn world(id: &str, inode: u64, bytes: u64) -> World {
        let id = ObjectId(id.into());
        let fd = Fd {
            number: 3,
            target: Target::Object(id.clone()),
            access: Access::Read,
            cloexec: false,
            nonblock: false,
            origin: None,
        };
        let process = Process {
            name: "reader".into(),
            pid: 7,
            ppid: 1,
            program: None,
            state: State::Idle,
            fds: vec![fd],
            fds_unreadable: None,
            stdout: None,
            space: crate::world::Space::default(),
            threads: Vec::new(),
        };
        let object = Object {
            id,
            kind: ObjectKind::Fifo,
            inode,
            bytes: Known::Yes(bytes),
            capacity: Known::Yes(65536),
            contents: Known::Yes(Default::default()),
            holders: Vec::new(),
            body: crate::world::Body::Plain,
            socket: None,
        };
        World { processes: vec![process], objects: vec![object], ..World::default() }
    }

    #[test]
    fn a_fifo_whose_name_was_removed_is_neither_gone_nor_new() {
        let (named, nameless) = (world("/s/talk", 5, 2), world("/s/talk (deleted) [5]", 5, 2));
        assert_eq!(diff(&named, &nameless), []);
        let id = nameless.objects[0].id.clone();
        assert_eq!(diff(&named, &world(&id.0, 5, 0)), [Change::Bytes(id, 2, 0)]);
    }

    #[test]
    fn mappings_come_go_and_have_words_of_their_own() {
        let mapping = |n, words: &[u64]| Mapping {
            name: Some(MapName(n)),
            start: 4096,
            length: 4096,
            access: Access::ReadWrite,
            shared: false,
            object: None,
            offset: 0,
            words: Known::Yes(words.to_vec()),
        };
        let with = |all: &[Mapping]| {
            let mut world = world("/s/talk", 5, 0);
            world.processes[0].space.mappings = all.to_vec();
            world
        };
        let (none, one, other) = (with(&[]), with(&[mapping(1, &[0])]), with(&[mapping(1, &[9])]));
        let who = || "reader".to_owned();
        assert_eq!(diff(&none, &one), [Change::Mapped(who(), MapName(1))]);
        assert_eq!(diff(&one, &other), [Change::Words(who(), MapName(1))]);
        assert_eq!(diff(&other, &none), [Change::Unmapped(who(), mapping(1, &[9]))]);
    }

    #[test]
    fn another_fifo_behind_the_same_descriptor_is_a_change() {
        let (old, new) = (world("/s/talk", 5, 0), world("/s/other", 6, 0));
        let [Change::Replaced(..), Change::Vanished(gone)] = &diff(&old, &new)[..] else {
            panic!("{:?}", diff(&old, &new));
        };
        assert_eq!(*gone, old.objects[0].id);
    }

    #[test]
    fn many_objects_are_compared_as_few_are() {
        let crowd = |count: u64, changed: u64| {
            let mut all = world("pipe:[0]", 0, 0);
            for n in 1..count {
                all.objects.extend(world(&format!("pipe:[{n}]"), n, u64::from(n == changed)).objects);
            }
            all
        };
        for count in [MANY as u64 - 1, MANY as u64 + 5] {
            let (old, mut new) = (crowd(count, 0), crowd(count, 7));
            // Gone, and renamed.
            new.objects.remove(9);
            new.objects[3].id = ObjectId("pipe (deleted) [3]".into());
            let expected =
                [Change::Bytes(ObjectId("pipe:[7]".into()), 0, 1), Change::Vanished(ObjectId("pipe:[9]".into()))];
            assert_eq!(diff(&old, &new), expected, "{count}");
        }
    }
}
