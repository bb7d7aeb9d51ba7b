//! Part of the machine as a [`World`], for the rules of `explain` and for everything that draws a world.

use super::quick::{QuickMap, QuickSet};
use super::{Machine, Waits, Want};
use crate::observe::Thing;
use crate::world::{
    Access, BlockedIn, Body, Contents, Death, Fd, Holder, Known, Object, ObjectId, ObjectKind, Pid, Process, Queue,
    Space, State, Target, World,
};
use std::collections::BTreeSet;

/// Why nothing is known of what waits in a pipe.
pub(super) const NOT_LOOKED: &str = "nobody has looked: --peek does";

/// The same of what `--peek` does not look into.
const NOT_LOOKED_INTO: &str = "nobody has looked";

/// These processes, and those of the pipes and FIFOs that they hold which are among these things or which one of them waits
/// at, with every holder that can be seen: all that a rule asks about who waits for whom. Processes are called by their
/// command and pid; one of which every thread sleeps is blocked in the call of its first.
pub fn world(machine: &Machine, waits: &Waits, pids: &BTreeSet<Pid>, things: &[Thing]) -> World {
    let waited = pids.iter().flat_map(|pid| waits.asleep(*pid)).flat_map(|s| &s.waits).filter_map(|w| w.want.thing());
    let things: BTreeSet<Thing> = waited.chain(things.iter().copied()).collect();
    let kind = |thing| if things.contains(&thing) { kind(thing) } else { None };
    world_of(machine, waits, pids, &kind, NOT_LOOKED)
}

/// These processes and, of what they hold, these things, among which may be sockets and message queues.
pub fn world_with(
    machine: &Machine,
    waits: &Waits,
    pids: &BTreeSet<Pid>,
    things: impl Iterator<Item = Thing>,
) -> World {
    let things: QuickSet<Thing> = things.collect();
    let kind = |thing| match thing {
        _ if !things.contains(&thing) => None,
        Thing::Socket(_) => Some(ObjectKind::Socket),
        Thing::Queue(..) => Some(ObjectKind::Queue),
        _ => kind(thing),
    };
    let mut world = world_of(machine, waits, pids, &kind, NOT_LOOKED_INTO);
    for object in &mut world.objects {
        match object.kind {
            ObjectKind::Socket => describe_socket(machine, object),
            ObjectKind::Queue => {
                let unknown = || Known::No(NOT_LOOKED_INTO.into());
                object.body = Body::Queue(Queue {
                    messages: unknown(),
                    most: unknown(),
                    size: unknown(),
                    waiting: Known::No(Queue::UNSEEN.into()),
                });
            }
            _ => {}
        }
    }
    world
}

fn world_of(
    machine: &Machine,
    waits: &Waits,
    pids: &BTreeSet<Pid>,
    kind: &dyn Fn(Thing) -> Option<ObjectKind>,
    unknown: &str,
) -> World {
    let mut world = World::default();
    let mut places: QuickMap<Thing, usize> = QuickMap::default();
    for pid in pids {
        let Some(info) = machine.process(*pid) else { continue };
        world.processes.push(Process {
            name: machine.name(*pid).into_owned(),
            pid: *pid,
            ppid: info.ppid,
            program: Some(info.comm.clone()),
            state: state(machine, waits, *pid),
            fds: Vec::with_capacity(info.held.len()),
            fds_unreadable: info.unseen.then(|| "may not be read".to_owned()),
            stdout: None,
            space: Space::default(),
            threads: Vec::new(),
        });
        for held in &info.held {
            let Some(kind) = kind(held.thing) else { continue };
            let place = *places.entry(held.thing).or_insert_with(|| {
                world.objects.push(object(machine, held.thing, kind, pids, unknown));
                world.objects.len() - 1
            });
            // The name of each is made once.
            let id = world.objects.get(place).map(|object| object.id.clone());
            if let (Some(id), Some(process)) = (id, world.processes.last_mut()) {
                process.fds.push(fd(held, id));
            }
        }
    }
    note_empty(&mut world, &places, waits, pids);
    world
}

/// A thread asleep in a read of a pipe is the kernel's word that nothing waits in it (pipe(7)): no look is needed.
fn note_empty(world: &mut World, places: &QuickMap<Thing, usize>, waits: &Waits, pids: &BTreeSet<Pid>) {
    let asleep = pids.iter().flat_map(|pid| waits.asleep(*pid)).flat_map(|s| &s.waits);
    for wait in asleep {
        let Want::Pipe(held) = &wait.want else { continue };
        let place = places.get(&held.thing).filter(|_| held.access == Access::Read);
        if let Some(object) = place.and_then(|place| world.objects.get_mut(*place)) {
            object.bytes = Known::Yes(0);
            object.contents = Known::Yes(Contents::default());
        }
    }
}

/// What the kernel's list of sockets says; what waits in it is counted there, and not looked at.
fn describe_socket(machine: &Machine, object: &mut Object) {
    object.socket = Some(match machine.socket(object.inode) {
        Ok(info) => {
            object.bytes = info.receive_queue.clone();
            Known::Yes(Box::new(info.unlooked(NOT_LOOKED_INTO)))
        }
        Err(why) => Known::No(why),
    });
}

fn kind(thing: Thing) -> Option<ObjectKind> {
    match thing {
        Thing::Pipe(_) => Some(ObjectKind::Pipe),
        Thing::Fifo(..) => Some(ObjectKind::Fifo),
        _ => None,
    }
}

/// Close-on-exec and non-blocking were not asked for: no rule needs them, and it costs a file for each descriptor.
fn fd(held: &crate::observe::Held, id: ObjectId) -> Fd {
    Fd {
        number: held.fd,
        target: Target::Object(id),
        access: held.access,
        cloexec: false,
        nonblock: false,
        origin: None,
    }
}

fn object(machine: &Machine, thing: Thing, kind: ObjectKind, pids: &BTreeSet<Pid>, unknown: &str) -> Object {
    let (Thing::Pipe(inode)
    | Thing::Fifo(inode, _)
    | Thing::Socket(inode)
    | Thing::Queue(inode, _)
    | Thing::Memory(inode, _)
    | Thing::Eventfd(inode)) = thing;
    let holders = machine.holders(thing).iter().filter(|h| h.access != Access::None);
    Object {
        id: ObjectId(machine.label(thing)),
        kind,
        inode,
        bytes: Known::No(unknown.into()),
        capacity: Known::No(unknown.into()),
        contents: Known::No(unknown.into()),
        socket: None,
        body: Body::default(),
        holders: holders
            .filter_map(|h| {
                let (process, outside) = (machine.name(h.pid).into_owned(), !pids.contains(&h.pid));
                Some(Holder { process, pid: h.pid, fd: h.fd?, access: h.access, outside })
            })
            .collect(),
    }
}

fn state(machine: &Machine, waits: &Waits, pid: Pid) -> State {
    let Some(info) = machine.process(pid) else { return State::Gone(Death::Unknown) };
    match info.letter {
        _ if info.zombie => State::Zombie(Death::Unknown),
        'T' | 't' => State::Stopped,
        _ => match (waits.asleep(pid), info.threads) {
            ([first, rest @ ..], threads) if rest.len() as u64 + 1 >= threads => {
                State::Blocked(told(&first.call.blocked))
            }
            _ => State::Running,
        },
    }
}

fn told(blocked: &BlockedIn) -> BlockedIn {
    blocked.clone()
}
