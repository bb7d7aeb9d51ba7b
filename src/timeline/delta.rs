//! What a moment changed of the world, so that what stayed is kept once.

use super::patch::{Misfit, Patch};
use crate::explain::Finding;
use crate::world::{Fd, Holder, Machine, Object, Process, Refused, Thread, Unseen, World};
use serde::{Deserialize, Serialize};

/// The parts of a world that differ from those of the world before.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct WorldDelta {
    processes: Patch<ProcessDelta>,
    objects: Patch<ObjectDelta>,
    machines: Patch<Machine>,
    refused: Option<Refused>,
    unseen: Patch<Unseen>,
}

/// A process: all but its table and its threads where that differs, and what differs of those.
#[derive(Debug, Serialize, Deserialize)]
struct ProcessDelta {
    bare: Option<Process>,
    fds: Patch<Fd>,
    threads: Patch<Thread>,
}

/// An object: all but who holds it where that differs, and what differs of those.
#[derive(Debug, Serialize, Deserialize)]
struct ObjectDelta {
    bare: Option<Object>,
    holders: Patch<Holder>,
}

impl WorldDelta {
    /// From one world to the next.
    pub(super) fn of(old: &World, new: &World) -> WorldDelta {
        // Every field by name, here and in a process: one that is new must not be forgotten.
        let World { processes, objects, machines, refused, unseen } = new;
        WorldDelta {
            processes: Patch::of(&old.processes, processes, |a, b| a.pid == b.pid, ProcessDelta::of),
            objects: Patch::of(&old.objects, objects, |a, b| a.id == b.id, ObjectDelta::of),
            machines: Patch::whole(&old.machines, machines, |a, b| a.network == b.network),
            refused: refused.clone(),
            unseen: Patch::whole(&old.unseen, unseen, |a, b| a.object == b.object),
        }
    }

    /// Change `world`, which must be the one before. Where it does not fit, what `world` then holds means nothing.
    pub(super) fn apply(self, world: &mut World) -> Result<(), Misfit> {
        self.processes.apply(&mut world.processes, |before, delta| delta.apply(before))?;
        self.objects.apply(&mut world.objects, |before, delta| delta.apply(before))?;
        self.machines.apply_whole(&mut world.machines)?;
        self.unseen.apply_whole(&mut world.unseen)?;
        world.refused = self.refused;
        Ok(())
    }
}

/// From the findings of one moment to those of the next.
pub(super) fn findings(old: &[Finding], new: &[Finding]) -> Patch<Finding> {
    Patch::whole(old, new, |a, b| (a.fd, &a.process, &a.object, &a.rule) == (b.fd, &b.process, &b.object, &b.rule))
}

impl ProcessDelta {
    fn of(old: Option<&Process>, new: &Process) -> ProcessDelta {
        let before = old.map_or((&[][..], &[][..]), |p| (&p.fds, &p.threads));
        let Process { name, pid, ppid, program, state, fds, fds_unreadable, stdout, space, threads } = new;
        let same = |p: &Process| {
            let ids = (p.pid, p.ppid) == (*pid, *ppid) && p.name == *name && p.program == *program;
            ids && p.state == *state && p.fds_unreadable == *fds_unreadable && p.stdout == *stdout && p.space == *space
        };
        let bare = || Process {
            name: name.clone(),
            pid: *pid,
            ppid: *ppid,
            program: program.clone(),
            state: state.clone(),
            fds: Vec::new(),
            fds_unreadable: fds_unreadable.clone(),
            stdout: stdout.clone(),
            space: space.clone(),
            threads: Vec::new(),
        };
        let fds = Patch::whole(before.0, fds, |a, b| a.number == b.number);
        let threads = Patch::whole(before.1, threads, |a, b| a.tid == b.tid);
        ProcessDelta { bare: (!old.is_some_and(same)).then(bare), fds, threads }
    }

    fn apply(self, before: Option<Process>) -> Result<Process, Misfit> {
        let (mut fds, mut threads, old) = match before {
            Some(mut process) => {
                (std::mem::take(&mut process.fds), std::mem::take(&mut process.threads), Some(process))
            }
            None => (Vec::new(), Vec::new(), None),
        };
        self.fds.apply_whole(&mut fds)?;
        self.threads.apply_whole(&mut threads)?;
        Ok(Process { fds, threads, ..self.bare.or(old).ok_or(Misfit)? })
    }
}

impl ObjectDelta {
    fn of(old: Option<&Object>, new: &Object) -> ObjectDelta {
        let before = old.map_or(&[][..], |o| &o.holders);
        let Object { id, kind, inode, bytes, capacity, contents, socket, holders, body } = new;
        let same = |o: &Object| {
            let ids = o.id == *id && (o.kind, o.inode) == (*kind, *inode);
            ids && o.bytes == *bytes
                && o.capacity == *capacity
                && o.contents == *contents
                && o.socket == *socket
                && o.body == *body
        };
        let bare = || Object {
            id: id.clone(),
            kind: *kind,
            inode: *inode,
            bytes: bytes.clone(),
            capacity: capacity.clone(),
            contents: contents.clone(),
            socket: socket.clone(),
            holders: Vec::new(),
            body: body.clone(),
        };
        let like = |a: &Holder, b: &Holder| (a.pid, a.fd) == (b.pid, b.fd);
        ObjectDelta { bare: (!old.is_some_and(same)).then(bare), holders: Patch::whole(before, holders, like) }
    }

    fn apply(self, before: Option<Object>) -> Result<Object, Misfit> {
        let (mut holders, old) = match before {
            Some(mut object) => (std::mem::take(&mut object.holders), Some(object)),
            None => (Vec::new(), None),
        };
        self.holders.apply_whole(&mut holders)?;
        Ok(Object { holders, ..self.bare.or(old).ok_or(Misfit)? })
    }
}
