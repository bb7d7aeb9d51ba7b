//! Origins: which call made each descriptor, and through which forks it came.
//!
//! The kernel does not keep this; it follows from the calls that were seen. The table itself is always
//! the kernel's: an origin is only ever attached to a descriptor that /proc shows, and dropped as soon as
//! what /proc shows is something else.

use crate::notation::{Call, Completion, Detail, Fcntl, Outcome, SocketCall, SocketDetail};
use crate::world::{FdNumber, InheritedBy, Origin, Pid, Target, World};
use std::collections::BTreeMap;

/// What is known of one descriptor.
#[derive(Debug, Clone)]
struct Entry {
    origin: Origin,
    /// What it referred to when it was first seen in a table.
    target: Option<Target>,
    /// The inode of that, which stays where the name is removed.
    inode: Option<u64>,
}

/// The origins of every descriptor on the stage.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    entries: BTreeMap<(Pid, FdNumber), Entry>,
}

impl Origins {
    /// Take in a call that `pid` completed in `step`.
    pub fn learn(&mut self, step: usize, pid: Pid, completion: &Completion) {
        let (Some(call), Outcome::Returned(value)) = (&completion.call, &completion.outcome) else { return };
        let number = FdNumber::try_from(*value).unwrap_or(-1);
        match (call, &completion.detail) {
            (Call::Pipe | Call::Pipe2 { .. }, Detail::Pair(read, write)) => {
                self.made(step, pid, *read, call);
                self.made(step, pid, *write, call);
            }
            (Call::Socket(SocketCall::Socketpair { .. }), Detail::Pair(one, other)) => {
                self.made(step, pid, *one, call);
                self.made(step, pid, *other, call);
            }
            (Call::Socket(SocketCall::Socket { .. } | SocketCall::Accept { .. } | SocketCall::Accept4 { .. }), _) => {
                self.made(step, pid, number, call)
            }
            (_, Detail::Socket(SocketDetail::Received(received))) => {
                received.rights.iter().for_each(|right| self.made(step, pid, *right, call));
            }
            (Call::Dup2 { from, to }, _) if from == to => {}
            (Call::Dup { .. } | Call::Dup2 { .. } | Call::Dup3 { .. } | Call::Open { .. }, _) => {
                self.made(step, pid, number, call);
            }
            (Call::Fcntl { command: Fcntl::DupFd(_) | Fcntl::DupFdCloexec(_), .. }, _) => {
                self.made(step, pid, number, call);
            }
            (Call::Close { fd }, _) => {
                self.entries.remove(&(pid, *fd));
            }
            (Call::Fork { .. }, Detail::Child(_, child)) => self.inherited(step, pid, &completion.process, *child),
            _ => {}
        }
    }

    fn made(&mut self, step: usize, pid: Pid, fd: FdNumber, call: &Call) {
        let origin = Origin { step, call: call.to_string(), inherited: Vec::new() };
        self.entries.insert((pid, fd), Entry { origin, target: None, inode: None });
    }

    fn inherited(&mut self, step: usize, parent: Pid, name: &str, child: Pid) {
        // A pid may be used again: what the one before it held is no longer true.
        self.entries.retain(|(pid, _), _| *pid != child);
        let handed_on: Vec<_> = self.entries.range((parent, FdNumber::MIN)..=(parent, FdNumber::MAX)).collect();
        let copies: Vec<_> = handed_on
            .into_iter()
            .map(|((_, fd), entry)| {
                let mut copy = entry.clone();
                copy.origin.inherited.push(InheritedBy { step, from: name.into() });
                ((child, *fd), copy)
            })
            .collect();
        self.entries.extend(copies);
    }

    /// Write each descriptor's origin into `world`, and forget what its tables no longer show.
    pub fn fill(&mut self, world: &mut World) {
        let mut kept = BTreeMap::new();
        for process in world.processes.iter_mut().filter(|p| p.state.is_alive()) {
            for fd in &mut process.fds {
                let key = (process.pid, fd.number);
                let Some(entry) = self.entries.get(&key) else { continue };
                let object = fd.target.object().and_then(|id| world.objects.iter().find(|o| o.id == *id));
                let inode = object.map(|o| o.inode);
                let same_inode = inode.is_some() && entry.inode == inode;
                if entry.target.as_ref().is_some_and(|seen| *seen != fd.target) && !same_inode {
                    continue;
                }
                fd.origin = Some(entry.origin.clone());
                kept.insert(key, Entry { target: Some(fd.target.clone()), inode, ..entry.clone() });
            }
        }
        self.entries = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Access, Contents, Fd, Known, Object, ObjectId, ObjectKind, Process, State};

    fn done(process: &str, call: Call, value: i64, detail: Detail) -> Completion {
        Completion { process: process.into(), call: Some(call), outcome: Outcome::Returned(value), detail }
    }

    /// A process's name, its pid, and the numbers it holds with what each refers to.
    type Table<'a> = (&'a str, Pid, &'a [(FdNumber, &'a str)]);

    fn world(tables: &[Table<'_>]) -> World {
        let fd = |(number, target): &(FdNumber, &str)| Fd {
            number: *number,
            target: Target::Object(ObjectId((*target).into())),
            access: Access::Read,
            cloexec: false,
            nonblock: false,
            origin: None,
        };
        let process = |(name, pid, fds): &Table<'_>| Process {
            stdout: None,
            name: (*name).into(),
            pid: *pid,
            ppid: 1,
            program: None,
            state: State::Idle,
            fds: fds.iter().map(fd).collect(),
            fds_unreadable: None,
            space: crate::world::Space::default(),
            threads: Vec::new(),
        };
        World { processes: tables.iter().map(process).collect(), ..World::default() }
    }

    fn origin(world: &World, process: &str, fd: FdNumber) -> Option<Origin> {
        world.process(process).unwrap().fd(fd).unwrap().origin.clone()
    }

    #[test]
    fn a_forked_descriptor_names_its_maker_and_each_fork() {
        let mut origins = Origins::default();
        origins.learn(1, 10, &done("parent", Call::Pipe, 0, Detail::Pair(3, 4)));
        let mut w = world(&[("parent", 10, &[(3, "p"), (4, "p")])]);
        origins.fill(&mut w);
        origins.learn(
            2,
            10,
            &done("parent", Call::Fork { name: Some("child".into()) }, 11, Detail::Child("child".into(), 11)),
        );
        let mut w = world(&[("parent", 10, &[(3, "p"), (4, "p")]), ("child", 11, &[(3, "p"), (4, "p")])]);
        origins.fill(&mut w);
        let made = origin(&w, "child", 4).unwrap();
        assert_eq!((made.step, made.inherited.len()), (1, 1));
        assert_eq!(made.inherited[0], InheritedBy { step: 2, from: "parent".into() });
        assert!(origin(&w, "parent", 4).unwrap().inherited.is_empty());
    }

    #[test]
    fn an_entry_that_came_to_refer_to_something_else_loses_its_origin() {
        let mut origins = Origins::default();
        origins.learn(1, 10, &done("parent", Call::Pipe, 0, Detail::Pair(3, 4)));
        let mut w = world(&[("parent", 10, &[(3, "p"), (4, "p")])]);
        origins.fill(&mut w);
        let mut w = world(&[("parent", 10, &[(3, "other"), (4, "p")])]);
        origins.fill(&mut w);
        assert_eq!(origin(&w, "parent", 3), None);
        assert!(origin(&w, "parent", 4).is_some());
    }

    #[test]
    fn a_file_whose_name_was_removed_keeps_its_origin() {
        let at = |path: &str| {
            let mut world = world(&[("reader", 10, &[(3, path)])]);
            world.objects.push(Object {
                id: ObjectId(path.into()),
                kind: ObjectKind::Fifo,
                inode: 5,
                bytes: Known::Yes(0),
                capacity: Known::Yes(65536),
                contents: Known::Yes(Contents::default()),
                holders: Vec::new(),
                body: crate::world::Body::Plain,
                socket: None,
            });
            world
        };
        let mut origins = Origins::default();
        origins.learn(1, 10, &done("reader", Call::Dup { fd: 9 }, 3, Detail::None));
        for path in ["/s/talk", "/s/talk (deleted) [5]"] {
            let mut w = at(path);
            origins.fill(&mut w);
            assert_eq!(origin(&w, "reader", 3).map(|o| o.step), Some(1), "{path}");
        }
    }

    #[test]
    fn dup2_onto_itself_changes_nothing() {
        let mut origins = Origins::default();
        origins.learn(1, 10, &done("parent", Call::Pipe, 0, Detail::Pair(3, 4)));
        origins.learn(2, 10, &done("parent", Call::Dup2 { from: 4, to: 4 }, 4, Detail::None));
        let mut w = world(&[("parent", 10, &[(3, "p"), (4, "p")])]);
        origins.fill(&mut w);
        assert_eq!(origin(&w, "parent", 4).unwrap().step, 1);
    }
}
