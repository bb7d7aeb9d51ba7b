//! Small worlds by hand, for tests.
//!
//! ```ignore
//! let world = stage()
//!     .process("parent").holds(4, "p", Write)
//!     .process("child").child_of("parent", 2).holds(3, "p", Read).holds(4, "p", Write).reading(3)
//!     .world();
//! ```
//!
//! Each verb is about the process named last. A pipe is made on its first mention: the first is
//! `pipe:[9751]`, the next `pipe:[9752]`; a name with a slash makes a FIFO of that path. Pids count from 4242.

pub(crate) mod sockets;

use crate::world::{
    Access, BlockedIn, Contents, Death, Fd, FdNumber, Holder, InheritedBy, Known, Object, ObjectId, ObjectKind, Origin,
    Pid, Process, State, Target, Thread, World,
};

/// A world in the making.
pub(crate) struct Stage {
    world: World,
    names: Vec<(String, ObjectId)>,
    origin: Origin,
}

/// Begin an empty world.
pub(crate) fn stage() -> Stage {
    Stage { world: World::default(), names: Vec::new(), origin: made_by("pipe()", 1) }
}

fn made_by(call: &str, step: usize) -> Origin {
    Origin { step, call: call.into(), inherited: Vec::new() }
}

impl Stage {
    /// A new idle process, child of nobody on the stage, that makes what it holds by `pipe()` in step 1.
    pub fn process(mut self, name: &str) -> Self {
        let pid = 4242 + Pid::try_from(self.world.processes.len()).unwrap();
        self.origin = made_by("pipe()", 1);
        self.world.processes.push(Process {
            stdout: None,
            name: name.into(),
            pid,
            ppid: 4000,
            program: None,
            state: State::Idle,
            fds: Vec::new(),
            fds_unreadable: None,
            space: crate::world::Space::default(),
            threads: Vec::new(),
        });
        self
    }

    /// It was forked by `parent` in this step: what it holds from here on, it has from there.
    pub fn child_of(mut self, parent: &str, step: usize) -> Self {
        let ppid = self.world.process(parent).unwrap().pid;
        self.last().ppid = ppid;
        self.origin.inherited = vec![InheritedBy { step, from: parent.into() }];
        self
    }

    /// What it holds from here on was made by this call in this step, by itself.
    pub fn making(mut self, call: &str, step: usize) -> Self {
        self.origin = made_by(call, step);
        self
    }

    /// It holds a pipe by this descriptor.
    pub fn holds(mut self, fd: FdNumber, pipe: &str, access: Access) -> Self {
        let id = self.object_id(pipe);
        let origin = Some(self.origin.clone());
        let p = self.last();
        p.fds.push(Fd {
            number: fd,
            target: Target::Object(id.clone()),
            access,
            cloexec: false,
            nonblock: false,
            origin,
        });
        p.fds.sort_by_key(|fd| fd.number);
        let holder = Holder { process: p.name.clone(), pid: p.pid, fd, access, outside: false };
        self.object(&id).holders.push(holder);
        self
    }

    /// It holds a read end and a write end.
    pub fn holds_both(self, read: FdNumber, write: FdNumber, pipe: &str) -> Self {
        self.holds(read, pipe, Access::Read).holds(write, pipe, Access::Write)
    }

    /// It runs this program after an exec.
    pub fn program(mut self, name: &str) -> Self {
        self.last().program = Some(name.into());
        self
    }

    /// It has a thread more, which sleeps in this call on this descriptor.
    pub fn thread(mut self, call: &str, fd: Option<FdNumber>) -> Self {
        let p = self.last();
        let tid = p.pid * 10 + Pid::try_from(p.threads.len()).unwrap();
        let asleep = BlockedIn { call: call.into(), fd, child: None, path: None, count: None, opens: None };
        p.threads.push(Thread { tid, asleep: Some(asleep) });
        self
    }

    /// It is in this state.
    pub fn state(mut self, state: State) -> Self {
        self.last().state = state;
        self
    }

    fn blocked(self, call: &str, blocked: BlockedIn) -> Self {
        self.state(State::Blocked(BlockedIn { call: call.into(), ..blocked }))
    }

    /// It is blocked in `read(fd, 64)`.
    pub fn reading(self, fd: FdNumber) -> Self {
        self.blocked("read", BlockedIn { fd: Some(fd), count: Some(64), ..nothing() })
    }

    /// It is blocked in a write of so many bytes.
    pub fn writing(self, fd: FdNumber, count: u64) -> Self {
        self.blocked("write", BlockedIn { fd: Some(fd), count: Some(count), ..nothing() })
    }

    /// It is blocked in `wait()`.
    pub fn waiting(self) -> Self {
        self.blocked("wait", nothing())
    }

    /// It is blocked in `waitpid(child, 0)`; the child's pid, since it may come later.
    pub fn waiting_for(self, child: Pid) -> Self {
        self.blocked("wait", BlockedIn { child: Some(child), ..nothing() })
    }

    /// It is blocked in an open of a FIFO; for what is not known.
    pub fn opening(self, path: &str) -> Self {
        self.blocked("open", BlockedIn { path: Some(path.into()), ..nothing() })
    }

    /// It is blocked in an open of a FIFO for this access.
    pub fn opening_for(self, path: &str, access: Access) -> Self {
        self.blocked("open", BlockedIn { path: Some(path.into()), opens: Some(access), ..nothing() })
    }

    /// It is dead and not waited for; what it held is closed.
    pub fn zombie(self, death: Death) -> Self {
        self.dead(State::Zombie(death))
    }

    /// It is dead and reaped.
    pub fn gone(self, death: Death) -> Self {
        self.dead(State::Gone(death))
    }

    fn dead(mut self, state: State) -> Self {
        let pid = self.last().pid;
        self.last().fds.clear();
        self.last().state = state;
        for object in &mut self.world.objects {
            object.holders.retain(|h| h.pid != pid);
        }
        self
    }

    /// Its table could not be read.
    pub fn unreadable(mut self, why: &str) -> Self {
        self.last().fds_unreadable = Some(why.into());
        self
    }

    /// A process that is not on the stage holds a pipe.
    pub fn outside(mut self, command: &str, pid: Pid, fd: FdNumber, pipe: &str, access: Access) -> Self {
        let id = self.object_id(pipe);
        self.object(&id).holders.push(Holder { process: command.into(), pid, fd, access, outside: true });
        self
    }

    /// So many bytes wait in a pipe.
    pub fn bytes(mut self, pipe: &str, bytes: u64) -> Self {
        let id = self.object_id(pipe);
        self.object(&id).bytes = Known::Yes(bytes);
        self
    }

    /// How many bytes wait in a pipe could not be read.
    pub fn bytes_unknown(mut self, pipe: &str, why: &str) -> Self {
        let id = self.object_id(pipe);
        self.object(&id).bytes = Known::No(why.into());
        self
    }

    /// Done.
    pub fn world(self) -> World {
        self.world
    }

    fn last(&mut self) -> &mut Process {
        self.world.processes.last_mut().unwrap()
    }

    fn object(&mut self, id: &ObjectId) -> &mut Object {
        self.world.objects.iter_mut().find(|o| o.id == *id).unwrap()
    }

    fn object_id(&mut self, name: &str) -> ObjectId {
        if let Some((_, id)) = self.names.iter().find(|(n, _)| n == name) {
            return id.clone();
        }
        let inode = 9751 + self.names.len() as u64;
        let (id, kind) = match name.contains('/') {
            true => (ObjectId(name.into()), ObjectKind::Fifo),
            false => (ObjectId(format!("pipe:[{inode}]")), ObjectKind::Pipe),
        };
        self.names.push((name.into(), id.clone()));
        self.world.objects.push(Object {
            id: id.clone(),
            kind,
            inode,
            bytes: Known::Yes(0),
            capacity: Known::Yes(65536),
            contents: Known::Yes(Contents::default()),
            socket: None,
            holders: Vec::new(),
            body: crate::world::Body::default(),
        });
        id
    }
}

fn nothing() -> BlockedIn {
    BlockedIn { call: String::new(), fd: None, child: None, path: None, count: None, opens: None }
}
