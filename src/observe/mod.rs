//! Observe: /proc, fdinfo and peeks that consume nothing, made into a [`World`].
//!
//! Looking changes nothing: no reference to a pipe's end outlives a call of [`read`], and no byte
//! is taken out.

mod asker;
mod blocked;
mod bodies;
mod command;
mod fds;
pub mod glimpse;
mod links;
mod locks;
mod looker;
mod machine;
mod machines;
mod mapped;
mod maps;
mod memories;
mod moved;
mod multicast;
pub mod namespaces;
mod numbers;
mod objects;
pub mod occupants;
mod outsiders;
mod owner;
mod peek;
mod pidfds;
mod places;
pub mod probe;
mod proc_dir;
mod rested;
mod signature;
pub mod sockdiag;
mod sockets;
mod spaces;
mod stat;
mod state;
mod stdio;
mod sure;
mod symbols;
#[allow(unsafe_code)]
mod sys;
#[allow(unsafe_code)]
mod sys_dir;
#[allow(unsafe_code)]
mod sys_net;
mod system_v;
mod sysv;
mod terminals;
mod threads;
mod through;
mod tracee;
mod unlisted;
mod watched;

pub use command::command;
pub use links::{Held, Thing};
pub use locks::{Lock, contended, held_by};
pub use looker::Looker;
pub use machine::{Again, ProcessInfo, Reading, read as read_machine, read_whole as read_whole_machine};
pub use machines::networks;
pub use mapped::{Mapped, mapped, shared_at, shares};
pub use maps::{Area, FileKey};
pub use memories::Memories;
pub use moved::Moved;
pub use objects::unseen_memory;
pub use outsiders::outside_holders;
pub use peek::look_into;
pub use signature::signature;
pub use sockets::descriptors_in;
pub use spaces::Addresses;
pub use sure::hold_still;
pub use symbols::variable_at;
pub use system_v::{look_at_system_v, shares_our_ipc, system_v_is_there};
pub use sysv::{MessageQueue, Segment, Semaphore, in_our_namespace, message_queue, segment, segment_name, semaphore};
pub use terminals::Terminal;
pub use threads::{
    Call, Futex, Thread, catches, caught, fdinfo_field, flags_of, has_our_ids, inode_of, link_of, own_thread, pidfd,
    share_memory, status_field, still_in, threads,
};
pub use watched::{Changes, Watched, epoll_list, watched_by};

pub use tracee::{Entry, Table, Task, asleep_in, comm_of, group_of, others_sleep};

use crate::world::{Death, Fd, MapName, Pid, ProcName, Process, State, World};
use fds::RawFd;
use links::Tables;
use nix::errno::Errno;
use objects::Objects;
use proc_dir::ProcDir;
use stat::Stat;

/// A process to look at, as whoever drives it knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// Its name on the stage.
    pub name: ProcName,
    /// Its process id.
    pub pid: Pid,
    /// Field 22 of `/proc/PID/stat` in clock ticks, which tells a reused pid from the same process; 0: not known.
    pub start_time: u64,
    /// It waits at its mailbox for an instruction: asleep there, it is idle and not blocked.
    pub at_mailbox: bool,
    /// The address of C's `stdout` in its memory, while it runs the stage's code; 0: not known.
    pub stdout: u64,
    /// It has left the stage's code by exec.
    pub execed: bool,
    /// How it ended, where its wait status was seen by whoever reaped it.
    pub death: Option<Death>,
    /// Its parent's pid when last seen.
    pub ppid: Pid,
    /// The mappings that its calls made and did not give up: name, address, length in bytes. What is there of them is the kernel's to
    /// say.
    pub maps: Vec<(MapName, u64, u64)>,
}

/// What to read, beside the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Nothing runs: look into every pipe. Else only into those that a process which waits at its mailbox can read from, for
    /// then a look cannot be what keeps a read end open.
    pub peek: bool,
    /// At the most so many of the waiting bytes of one pipe.
    pub peek_bytes: usize,
    /// Look through all of /proc for holders that are not subjects.
    pub outsiders: bool,
}

/// A world, and how much of the machine it could not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// What was seen.
    pub world: World,
    /// Processes that are no subjects and whose tables we may not read: each may hold an end unseen. 0 where nobody
    /// looked for outsiders.
    pub unseen: usize,
}

/// Read the world from the kernel. What vanishes or is refused meanwhile is marked so; never an error.
pub fn read(subjects: &[Subject], look: &Look) -> World {
    survey(subjects, look).world
}

/// As [`read`], and how many processes did not let us look for holders.
pub fn survey(subjects: &[Subject], look: &Look) -> Survey {
    let mut objects = Objects::default();
    let processes: Vec<Process> = subjects.iter().map(|subject| process(subject, look, &mut objects)).collect();
    let mut unseen = 0;
    if look.outsiders {
        let pids: Vec<Pid> = processes.iter().filter(|p| p.state.is_alive()).map(|p| p.pid).collect();
        unseen = outsiders::add(&mut objects, &pids);
    }
    let unreadable = processes.iter().any(|process| process.fds_unreadable.is_some());
    // Not having looked for others is no proof that there are none.
    let doubt = peek::Unseen { subjects: unreadable, others: unseen > 0 || !look.outsiders };
    let steady: Vec<Pid> = subjects.iter().filter(|subject| subject.at_mailbox).map(|subject| subject.pid).collect();
    let steady = (!look.peek).then_some(steady.as_slice());
    peek::fill(&mut objects, look.peek_bytes, doubt, steady);
    let mut machines = machines::read(&processes);
    sockets::fill(&mut objects, &mut machines, look.peek_bytes, steady);
    bodies::fill(&mut objects, &processes);
    Survey { world: World { processes, objects: objects.into_objects(), machines, ..World::default() }, unseen }
}

fn process(subject: &Subject, look: &Look, objects: &mut Objects) -> Process {
    let mut process = Process {
        name: subject.name.clone(),
        pid: subject.pid,
        ppid: subject.ppid,
        program: None,
        state: State::Gone(subject.death.unwrap_or(Death::Unknown)),
        fds: Vec::new(),
        fds_unreadable: None,
        stdout: None,
        space: crate::world::Space::default(),
        threads: Vec::new(),
    };
    let Some((stat, state, table)) = look_at(subject) else { return process };
    process.ppid = stat.ppid;
    process.program = subject.execed.then(|| stat.comm.clone());
    process.state = state;
    // While it computes, a buffer may be seen half changed.
    if !subject.execed && matches!(process.state, State::Idle | State::Blocked(_) | State::Stopped) {
        process.stdout = stdio::read(subject.pid, subject.stdout, look.peek_bytes);
    }
    match table {
        Ok(table) => process.fds = table.fds.iter().map(|raw| finish(subject, raw, objects)).collect(),
        Err(why) => process.fds_unreadable = Some(why),
    }
    process.space = maps::read(subject, &process.state, objects);
    process
}

fn finish(subject: &Subject, raw: &RawFd, objects: &mut Objects) -> Fd {
    Fd {
        number: raw.number,
        target: objects.add(&subject.name, subject.pid, raw, false),
        access: raw.flags.access,
        cloexec: raw.flags.cloexec,
        nonblock: raw.flags.nonblock,
        origin: None,
    }
}

/// State and table of one process, of the same moment. `None`: it is gone.
fn look_at(subject: &Subject) -> Option<(Stat, State, Result<fds::Table, String>)> {
    let dir = ProcDir::of(subject.pid).ok()?;
    // A table of a process that dies meanwhile would be shown as the table of a living one: look again, and where it
    // does not keep still, take what was seen last.
    const LOOKS: usize = 3;
    let mut look = 0;
    loop {
        let (stat, state) = state::read(subject, &dir)?;
        look += 1;
        let table = match state {
            State::Zombie(_) | State::Gone(_) => return Some((stat, state, Ok(fds::Table::default()))),
            _ => fds::read(&dir),
        };
        let moved = match &table {
            Ok(table) => table.moved || table.fds.is_empty(),
            Err(_) => true,
        };
        if moved && look < LOOKS {
            continue;
        }
        let table = if stat.state == 'Z' { Err(FIRST_THREAD_ENDED.into()) } else { table.map_err(unreadable) };
        return Some((stat, state, table));
    }
}

const FIRST_THREAD_ENDED: &str = "its first thread has ended, and the table is shown only through that";

fn unreadable(errno: Errno) -> String {
    match errno {
        Errno::EACCES | Errno::EPERM => format!("no permission to read its descriptors ({errno:?}); root may"),
        Errno::EMFILE | Errno::ENFILE => format!("no descriptor is free to read them with ({errno:?})"),
        other => format!("its descriptors could not be read ({other:?})"),
    }
}
