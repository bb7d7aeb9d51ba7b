//! The same session, the same text: what the kernel deals anew in every run is renumbered.

mod memory;
mod socket;
mod text;

use crate::engine::{Check, Flow, Moment};
use crate::explain::{Culprit, Finding};
use crate::notation::{Call, Completion, Detail, Outcome, Target as Whom};
use crate::world::{
    BlockedIn, Change, Fd, Holder, Machine, Object, ObjectId, Pid, Process, State, Target, Thread, Unseen, World,
};
use std::collections::BTreeMap;
use std::path::Path;

/// The first number that stands for a process id, and for an inode.
const FIRST: (Pid, u64) = (101, 1001);

/// What stands for every address.
const ADDRESS: i64 = 0x1000;

/// Renumbers process ids and inodes in the order in which they appear, and shortens the stage's own folder to
/// `scratch`. Meant for comparing runs: what it prints is no longer what /proc says.
#[derive(Debug, Clone, Default)]
pub struct Stable {
    pids: BTreeMap<Pid, Pid>,
    inodes: BTreeMap<u64, u64>,
    ports: BTreeMap<u16, u16>,
    scratch: Option<String>,
}

impl Stable {
    /// Nothing has appeared yet; `scratch` is the stage's own folder.
    pub fn new(scratch: Option<&Path>) -> Stable {
        let scratch = scratch.and_then(Path::to_str).map(str::to_owned);
        Stable { scratch: scratch.filter(|s| s.len() > 1), ..Stable::default() }
    }

    /// A world with its numbers replaced.
    pub fn world(&mut self, world: &World) -> World {
        // Subjects first, so that they have the low numbers whoever their parents are.
        for process in &world.processes {
            self.pid(process.pid);
        }
        World {
            processes: world.processes.iter().map(|p| self.process(p)).collect(),
            objects: world.objects.iter().map(|o| self.object(o)).collect(),
            machines: world.machines.iter().map(|m| self.machine(m)).collect(),
            // Only findings are made of it, and those are there already.
            refused: None,
            unseen: world
                .unseen
                .iter()
                .map(|one| Unseen { object: self.id(&one.object), processes: one.processes })
                .collect(),
        }
    }

    /// A moment with its numbers replaced.
    pub fn moment(&mut self, moment: &Moment) -> Moment {
        let world = self.world(&moment.world);
        let numbers = moment.call.as_ref().is_some_and(|d| returns_pid(&d.call));
        Moment {
            world,
            call: moment.call.clone().map(|mut d| {
                self.call(&mut d.call);
                d
            }),
            own: moment.own.as_ref().map(|c| self.completion(c)),
            resumed: moment.resumed.iter().map(|c| self.completion(c)).collect(),
            changes: moment.changes.iter().map(|c| self.change(c)).collect(),
            flows: moment.flows.iter().map(|f| Flow { object: self.id(&f.object), ..f.clone() }).collect(),
            findings: moment.findings.iter().map(|f| self.finding(f)).collect(),
            checks: moment.checks.iter().map(|c| self.check(c, numbers)).collect(),
            source: moment.source.clone(),
            ..*moment
        }
    }

    fn pid(&mut self, pid: Pid) -> Pid {
        if pid <= 0 {
            return pid;
        }
        let next = FIRST.0.saturating_add(Pid::try_from(self.pids.len()).unwrap_or(Pid::MAX));
        *self.pids.entry(pid).or_insert(next)
    }

    fn inode(&mut self, inode: u64) -> u64 {
        let next = FIRST.1 + self.inodes.len() as u64;
        *self.inodes.entry(inode).or_insert(next)
    }

    fn id(&mut self, id: &ObjectId) -> ObjectId {
        ObjectId(self.text(&id.0))
    }

    fn process(&mut self, process: &Process) -> Process {
        Process {
            pid: self.pid(process.pid),
            ppid: self.pid(process.ppid),
            state: self.state(&process.state),
            fds: process.fds.iter().map(|fd| self.fd(fd)).collect(),
            space: self.space(&process.space),
            threads: process.threads.iter().map(|thread| self.thread(thread)).collect(),
            fds_unreadable: process.fds_unreadable.as_ref().map(|why| self.text(why)),
            ..process.clone()
        }
    }

    fn thread(&mut self, thread: &Thread) -> Thread {
        Thread { tid: self.pid(thread.tid), asleep: thread.asleep.as_ref().map(|b| self.blocked(b)) }
    }

    fn state(&mut self, state: &State) -> State {
        match state {
            State::Blocked(b) => State::Blocked(self.blocked(b)),
            other => other.clone(),
        }
    }

    fn blocked(&mut self, blocked: &BlockedIn) -> BlockedIn {
        BlockedIn {
            child: blocked.child.map(|pid| self.pid(pid)),
            path: blocked.path.as_ref().map(|p| self.text(p)),
            ..blocked.clone()
        }
    }

    fn fd(&mut self, fd: &Fd) -> Fd {
        let target = match &fd.target {
            Target::Terminal => Target::Terminal,
            Target::Object(id) => Target::Object(self.id(id)),
            Target::Other(text) => Target::Other(self.text(text)),
        };
        Fd { target, ..fd.clone() }
    }

    fn object(&mut self, object: &Object) -> Object {
        let inode = self.inode(object.inode);
        Object {
            id: self.id(&object.id),
            inode,
            body: self.body(&object.body),
            socket: object.socket.as_ref().map(|socket| self.socket(socket)),
            holders: object.holders.iter().map(|h| Holder { pid: self.pid(h.pid), ..h.clone() }).collect(),
            ..object.clone()
        }
    }

    fn machine(&mut self, machine: &Machine) -> Machine {
        let network = self.inode(machine.network);
        Machine { network, members: machine.members.iter().map(|pid| self.pid(*pid)).collect(), ..machine.clone() }
    }

    fn change(&mut self, change: &Change) -> Change {
        match change {
            Change::StateChanged(name, a, b) => Change::StateChanged(name.clone(), self.state(a), self.state(b)),
            Change::Thread(name, tid) => Change::Thread(name.clone(), self.pid(*tid)),
            Change::Closed(name, fd) => Change::Closed(name.clone(), self.fd(fd)),
            Change::Replaced(name, fd) => Change::Replaced(name.clone(), self.fd(fd)),
            Change::Bytes(id, a, b) => Change::Bytes(self.id(id), *a, *b),
            Change::Vanished(id) => Change::Vanished(self.id(id)),
            Change::Body(id) => Change::Body(self.id(id)),
            Change::Unmapped(name, mapping) => Change::Unmapped(name.clone(), self.mapping(mapping)),
            Change::Socket(id) => Change::Socket(self.id(id)),
            Change::Machine(network) => Change::Machine(self.inode(*network)),
            Change::Appeared(_) | Change::Opened(..) | Change::Printed(_) | Change::Mapped(..) | Change::Words(..) => {
                change.clone()
            }
        }
    }

    fn completion(&mut self, done: &Completion) -> Completion {
        let mut out = done.clone();
        match &mut out.outcome {
            Outcome::Returned(value) if *value > 0 && done.call.as_ref().is_some_and(returns_pid) => {
                if let Ok(pid) = Pid::try_from(*value) {
                    *value = self.pid(pid).into();
                }
            }
            Outcome::Blocked(b) => *b = self.blocked(b),
            _ => {}
        }
        match &mut out.detail {
            Detail::Child(_, pid) | Detail::Waited(_, pid, _) => *pid = self.pid(*pid),
            Detail::Mapped(_) => out.outcome = Outcome::Returned(ADDRESS),
            Detail::Socket(brought) => self.brought(brought),
            // Times are what no two runs have alike.
            Detail::Measured(_) => out.detail = Detail::None,
            Detail::None
            | Detail::Pair(..)
            | Detail::Data(_)
            | Detail::Message(..)
            | Detail::QueueState { .. }
            | Detail::Posted(_)
            | Detail::Letter(_)
            | Detail::Remark(_) => {}
        }
        if let Some(call) = &mut out.call {
            self.call(call);
        }
        out
    }

    /// A pid that was typed is replaced where it is one that was seen; it may as well be a wrong one.
    fn call(&self, call: &mut Call) {
        if let Call::Kill { target: Whom::Number(n), .. } | Call::Waitpid { target: Whom::Number(n), .. } = call
            && let Some(pid) = self.pids.get(n)
        {
            *n = *pid;
        }
    }

    fn finding(&mut self, finding: &Finding) -> Finding {
        Finding {
            object: finding.object.as_ref().map(|o| self.text(o)),
            holders: finding.holders.iter().map(|c| Culprit { pid: self.pid(c.pid), ..c.clone() }).collect(),
            text: self.text(&finding.text),
            fix: self.text(&finding.fix),
            long: finding.long.iter().map(|paragraph| self.text(paragraph)).collect(),
            ..finding.clone()
        }
    }

    fn check(&mut self, check: &Check, numbers: bool) -> Check {
        let mut got = self.text(&check.got);
        if numbers {
            got = self.after(&got, "returns ");
        }
        Check { got, ..check.clone() }
    }
}

/// What it returns is a process id.
fn returns_pid(call: &Call) -> bool {
    matches!(call, Call::Fork { .. } | Call::Wait | Call::Waitpid { .. } | Call::Start { .. })
}

#[cfg(test)]
mod tests;
