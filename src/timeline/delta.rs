//! What a moment changed of the world, so that what stayed is kept once.

use crate::world::{Fd, Machine, Object, Process, Refused, Thread, Unseen, World};
use serde::{Deserialize, Serialize};

/// The parts of a world that differ from those of the world before.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct WorldDelta {
    processes: Patch<ProcessDelta>,
    objects: Patch<Object>,
    machines: Patch<Machine>,
    refused: Option<Refused>,
    unseen: Patch<Unseen>,
}

/// The items of a list that differ, by their place, and the length it then has.
#[derive(Debug, Serialize, Deserialize)]
struct Patch<T> {
    len: u32,
    changed: Vec<(u32, T)>,
}

/// A process: all but its table and its threads, and what differs of those.
#[derive(Debug, Serialize, Deserialize)]
struct ProcessDelta {
    bare: Process,
    fds: Patch<Fd>,
    threads: Patch<Thread>,
}

/// The change does not fit the world it is for: the file is damaged, or was made so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Misfit;

impl<T> Default for Patch<T> {
    fn default() -> Patch<T> {
        Patch { len: 0, changed: Vec::new() }
    }
}

impl<T> Patch<T> {
    /// From `old` to `new`; `keep` makes what is kept of an item, given the one before at its place.
    fn of<U: PartialEq>(old: &[U], new: &[U], keep: impl Fn(Option<&U>, &U) -> T) -> Patch<T> {
        let differs = |(at, item): &(usize, &U)| old.get(*at) != Some(*item);
        let index = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let changed = new.iter().enumerate().filter(differs).map(|(at, item)| (index(at), keep(old.get(at), item)));
        Patch { len: index(new.len()), changed: changed.collect() }
    }

    fn apply<U>(self, to: &mut Vec<U>, mut make: impl FnMut(Option<U>, T) -> Result<U, Misfit>) -> Result<(), Misfit> {
        let len = usize::try_from(self.len).map_err(|_| Misfit)?;
        to.truncate(len);
        for (at, item) in self.changed {
            let at = usize::try_from(at).map_err(|_| Misfit)?;
            if at < to.len() {
                let before = to.swap_remove(at);
                let made = make(Some(before), item)?;
                to.push(made);
                let last = to.len() - 1;
                to.swap(at, last);
            } else if at == to.len() {
                to.push(make(None, item)?);
            } else {
                return Err(Misfit);
            }
        }
        if to.len() == len { Ok(()) } else { Err(Misfit) }
    }
}

impl WorldDelta {
    /// From one world to the next.
    pub(super) fn of(old: &World, new: &World) -> WorldDelta {
        // Every field by name, here and in a process: one that is new must not be forgotten.
        let World { processes, objects, machines, refused, unseen } = new;
        WorldDelta {
            processes: Patch::of(&old.processes, processes, ProcessDelta::of),
            objects: Patch::of(&old.objects, objects, |_, object| object.clone()),
            machines: Patch::of(&old.machines, machines, |_, machine| machine.clone()),
            refused: refused.clone(),
            unseen: Patch::of(&old.unseen, unseen, |_, one| one.clone()),
        }
    }

    /// Change `world`, which must be the one before. Where it does not fit, what `world` then holds means nothing.
    pub(super) fn apply(self, world: &mut World) -> Result<(), Misfit> {
        self.processes.apply(&mut world.processes, |before, delta| delta.apply(before))?;
        self.objects.apply(&mut world.objects, |_, object| Ok(object))?;
        self.machines.apply(&mut world.machines, |_, machine| Ok(machine))?;
        self.unseen.apply(&mut world.unseen, |_, one| Ok(one))?;
        world.refused = self.refused;
        Ok(())
    }

    /// Bring `kept` up to `new` where they differ, without copying what is the same.
    pub(super) fn bring(kept: &mut World, new: &World) {
        let World { processes, objects, machines, refused, unseen } = new;
        bring(&mut kept.processes, processes);
        bring(&mut kept.objects, objects);
        bring(&mut kept.machines, machines);
        bring(&mut kept.unseen, unseen);
        kept.refused.clone_from(refused);
    }
}

fn bring<T: Clone + PartialEq>(kept: &mut Vec<T>, new: &[T]) {
    kept.truncate(new.len());
    let there = kept.len();
    for (old, item) in kept.iter_mut().zip(new) {
        if old != item {
            old.clone_from(item);
        }
    }
    kept.extend(new.get(there..).unwrap_or_default().iter().cloned());
}

impl ProcessDelta {
    fn of(old: Option<&Process>, new: &Process) -> ProcessDelta {
        let before = old.map_or((&[][..], &[][..]), |p| (&p.fds, &p.threads));
        let Process { name, pid, ppid, program, state, fds, fds_unreadable, stdout, space, threads } = new;
        let bare = Process {
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
        let threads = Patch::of(before.1, threads, |_, thread| thread.clone());
        ProcessDelta { bare, fds: Patch::of(before.0, fds, |_, fd| fd.clone()), threads }
    }

    fn apply(self, before: Option<Process>) -> Result<Process, Misfit> {
        let (mut fds, mut threads) = before.map_or_else(Default::default, |p| (p.fds, p.threads));
        self.fds.apply(&mut fds, |_, fd| Ok(fd))?;
        self.threads.apply(&mut threads, |_, thread| Ok(thread))?;
        Ok(Process { fds, threads, ..self.bare })
    }
}
