//! Processes that appear, become other programs, and end.

use super::super::edits::{OfObject, OfProcess};
use super::{Beside, Picture};
use crate::observe::{self, Table};
use crate::world::{Change, Death, Pid, ProcName, Process, Space, State};

/// So many processes that are gone are kept in the picture.
const GONE: usize = 16;

impl Picture {
    /// A process is there: by itself, or as a copy of its parent, in this step.
    pub(in super::super) fn appear(&mut self, pid: Pid, comm: &str, copy_of: Option<(Pid, usize)>) {
        let (_, ppid) = observe::comm_of(pid).unwrap_or_default();
        let parent = copy_of.and_then(|(parent, step)| Some((self.process(parent)?.clone(), parent, step)));
        let of_parent = parent.as_ref().and_then(|(.., pid, _)| self.beside.get(pid));
        let (hidden, had) = of_parent.map(|b| (b.hidden.clone(), b.had.clone())).unwrap_or_default();
        let ground = of_parent.map(|b| b.ground.inherited()).unwrap_or_default();
        let name = format!("{comm}[{pid}]");
        self.mark_process(self.world.processes.len(), OfProcess::Whole);
        self.world.processes.push(Process {
            name: name.clone(),
            pid,
            ppid: parent.as_ref().map_or(ppid, |(_, parent, _)| *parent),
            program: Some(comm.to_owned()),
            state: State::Running,
            fds: Vec::new(),
            fds_unreadable: None,
            stdout: None,
            space: Space::default(),
            threads: Vec::new(),
        });
        let table = Table::of(pid);
        let beside =
            Beside { table: table.ok(), hidden, had, closing: 0, shares: Vec::new(), ground, shares_ipc: None };
        self.beside.insert(pid, beside);
        match parent {
            Some((parent, _, step)) => self.inherit(pid, &parent, step),
            None => self.reread(pid),
        }
        self.changes.retain(|c| !matches!(c, Change::Opened(who, _) if *who == name));
        self.changes.push(Change::Appeared(name));
        self.version += 1;
    }

    /// A fork copies the table, fork(2): each entry is the parent's, with one more step to its origin.
    fn inherit(&mut self, pid: Pid, parent: &Process, step: usize) {
        let mut fds = parent.fds.clone();
        for fd in &mut fds {
            if let Some(origin) = &mut fd.origin {
                origin.inherited.push(crate::world::InheritedBy { step, from: parent.name.clone() });
            }
            self.hold(pid, fd);
        }
        if let Some(process) = self.process_mut(pid, OfProcess::Whole) {
            process.fds = fds;
        }
        self.inherit_space(pid, &parent.space);
    }

    /// It runs another program: its name is another, and descriptors marked so are closed.
    pub(in super::super) fn execed(&mut self, pid: Pid, comm: &str) {
        self.memories.forget(pid);
        self.beside.get_mut(&pid).into_iter().for_each(|b| b.had.clear());
        self.unshare(pid);
        let Some(process) = self.process_mut(pid, OfProcess::Whole) else { return };
        let name = format!("{comm}[{pid}]");
        process.name.clone_from(&name);
        process.program = Some(comm.to_owned());
        process.threads.clear();
        for (place, object) in self.world.objects.iter_mut().enumerate() {
            for holder in object.holders.iter_mut().filter(|h| h.pid == pid && !h.outside) {
                holder.process.clone_from(&name);
                self.marks.as_mut().into_iter().for_each(|m| m.object(place, OfObject::Whole));
            }
        }
        self.drop_space(pid, true);
        self.system_v_renamed(pid, &name);
        self.reread(pid);
        self.changed(Change::Appeared(name));
    }

    /// It is dead, and its descriptors are closed.
    pub(in super::super) fn died(&mut self, pid: Pid, death: Death) {
        self.unshare(pid);
        let process = self.process_mut(pid, OfProcess::Whole);
        let (name, fds) = process.map(|p| (p.name.clone(), std::mem::take(&mut p.fds))).unwrap_or_default();
        if self.process_mut(pid, OfProcess::Whole).is_some_and(|p| !std::mem::take(&mut p.threads).is_empty()) {
            // That they have all ended is nothing beside that.
            self.changes.retain(|c| !matches!(c, Change::Thread(of, _) if *of == name));
        }
        fds.iter().for_each(|fd| self.release(pid, fd));
        self.drop_space(pid, false);
        self.system_v_ended(pid);
        self.set_state(pid, State::Zombie(death));
        self.beside.remove(&pid);
        self.looker.forget(pid);
        self.memories.forget(pid);
    }

    /// Its parent has waited for it: its number may be another's now.
    pub(in super::super) fn reaped(&mut self, pid: Pid) {
        let Some(place) = self.world.processes.iter().rposition(|p| p.pid == pid) else { return };
        let Some(process) = self.world.processes.get_mut(place) else { return };
        if let State::Zombie(death) = process.state {
            process.state = State::Gone(death);
            let change = Change::StateChanged(process.name.clone(), State::Zombie(death), State::Gone(death));
            self.mark_process(place, OfProcess::State);
            self.changed(change);
        }
        let gone = self.world.processes.iter().filter(|p| !p.state.is_alive()).count();
        if gone > GONE
            && let Some(at) = self.world.processes.iter().position(|p| matches!(p.state, State::Gone(_)))
        {
            self.world.processes.remove(at);
            self.marks.as_mut().into_iter().for_each(|m| m.process_gone(at));
        }
    }

    /// How a process that is a zombie ended.
    pub(in super::super) fn death(&self, pid: Pid) -> Option<(ProcName, Death)> {
        let process = self.world.process_by_pid(pid)?;
        Some((process.name.clone(), process.state.death()?))
    }
}
