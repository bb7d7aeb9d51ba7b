//! A picture of the machine as one `world`.

use super::shape::Fd;
use crate::observe::{Thing, flags_of};
use crate::survey::{End, Machine, Picture, Shared};
use crate::world::{Access, FdNumber, Pid};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::HashMap;

#[derive(Serialize)]
pub(super) struct GraphLine<'a> {
    r#type: &'static str,
    schema: u32,
    processes: Vec<Process<'a>>,
    objects: Vec<Object<'a>>,
    unseen: usize,
}

#[derive(Serialize)]
struct Process<'a> {
    name: Cow<'a, str>,
    pid: Pid,
    ppid: Pid,
    program: &'a str,
    state: &'static str,
    blocked_in: Option<OwnBlockedIn>,
    ended: Option<()>,
    fds: Vec<Fd<'a>>,
    stdout: Option<()>,
    stdout_unknown: &'static str,
}

/// What the thread that is shown sleeps in.
#[derive(Serialize)]
struct OwnBlockedIn {
    call: String,
    fd: Option<FdNumber>,
    child: Option<Pid>,
    path: Option<String>,
    count: Option<u64>,
}

#[derive(Serialize)]
struct Object<'a> {
    id: &'a str,
    kind: &'static str,
    inode: u64,
    bytes: Option<u64>,
    bytes_unknown: &'static str,
    capacity: Option<u64>,
    capacity_unknown: &'static str,
    contents: Option<&'a str>,
    contents_cut: bool,
    contents_unknown: &'static str,
    /// `null`: nothing is looked into.
    socket: (),
    peer: Option<String>,
    address: Option<&'a str>,
    readers: Vec<Holder<'a>>,
    writers: Vec<Holder<'a>>,
    others: Vec<Holder<'a>>,
}

#[derive(Serialize)]
struct Holder<'a> {
    process: Cow<'a, str>,
    pid: Pid,
    fd: Option<FdNumber>,
    outside: bool,
}

const NOT_LOOKED: &str = "graph does not look into it";

pub(super) fn graph<'a>(machine: &'a Machine, picture: &'a Picture<'a>, schema: u32) -> GraphLine<'a> {
    let mut held: HashMap<Pid, Vec<Way<'a>>> = HashMap::new();
    for shared in &picture.things {
        for end in shared.ends.iter() {
            held.entry(end.pid).or_default().push((shared, end));
        }
    }
    GraphLine {
        r#type: "world",
        schema,
        processes: picture.processes.iter().filter_map(|pid| process(machine, &held, *pid)).collect(),
        objects: picture.things.iter().map(|shared| object(machine, shared)).collect(),
        unseen: picture.unseen,
    }
}

fn process<'a>(machine: &'a Machine, held: &HashMap<Pid, Vec<Way<'a>>>, pid: Pid) -> Option<Process<'a>> {
    let info = machine.process(pid)?;
    let threads = machine.threads(pid);
    let calls: Vec<_> = threads.iter().filter(|t| t.letter != 'Z').map(|t| t.call.as_ref()).collect();
    let blocked = calls.iter().all(Option::is_some).then(|| calls.first().copied().flatten()).flatten();
    let state = match (info.letter, blocked) {
        _ if info.zombie => "zombie",
        ('T' | 't', _) => "stopped",
        (_, Some(_)) => "blocked",
        _ => "running",
    };
    let fds = fds(pid, held.get(&pid).map_or(&[], Vec::as_slice));
    Some(Process {
        name: machine.name(pid),
        pid,
        ppid: info.ppid,
        program: &info.comm,
        state,
        blocked_in: blocked.filter(|_| state == "blocked").map(|call| {
            let b = &call.blocked;
            OwnBlockedIn { call: b.call.clone(), fd: b.fd, child: b.child, path: b.path.clone(), count: b.count }
        }),
        ended: None,
        fds,
        stdout: None,
        stdout_unknown: NOT_LOOKED,
    })
}

/// What a process holds, by descriptor or by mapping.
type Way<'a> = (&'a Shared<'a>, &'a End);

/// Mappings have no descriptor, and what has been closed since has none any more.
fn fds<'a>(pid: Pid, ways: &[Way<'a>]) -> Vec<Fd<'a>> {
    let mut ways: Vec<(FdNumber, Way<'a>)> = ways.iter().filter_map(|way| Some((way.1.fd?, *way))).collect();
    ways.sort_unstable_by_key(|(fd, _)| *fd);
    let numbers: Vec<FdNumber> = ways.iter().map(|(fd, _)| *fd).collect();
    let flags = flags_of(pid, &numbers);
    let one = |((fd, (shared, end)), flags): ((FdNumber, Way<'a>), Option<(bool, bool)>)| {
        let (cloexec, nonblock) = flags?;
        let access = access(end.access);
        Some(Fd { fd, target: &shared.label, target_kind: "object", access, cloexec, nonblock, origin: None })
    };
    ways.into_iter().zip(flags).filter_map(one).collect()
}

fn access(access: Access) -> &'static str {
    match access {
        Access::Read => "r",
        Access::Write => "w",
        Access::ReadWrite => "rw",
        Access::None => "-",
    }
}

fn object<'a>(machine: &'a Machine, shared: &'a Shared<'a>) -> Object<'a> {
    let (kind, inode) = match shared.thing {
        Thing::Pipe(inode) => ("pipe", inode),
        Thing::Fifo(inode, _) => ("fifo", inode),
        Thing::Socket(inode) => ("socket", inode),
        Thing::Queue(inode, _) => ("queue", inode),
        Thing::Memory(inode, _) => ("memory", inode),
        Thing::Eventfd(id) => ("eventfd", id),
    };
    let holder = |e: &End| Holder { process: machine.name(e.pid), pid: e.pid, fd: e.fd, outside: false };
    Object {
        id: &shared.label,
        kind,
        inode,
        bytes: None,
        bytes_unknown: NOT_LOOKED,
        capacity: None,
        capacity_unknown: NOT_LOOKED,
        contents: None,
        contents_cut: false,
        contents_unknown: NOT_LOOKED,
        socket: (),
        peer: shared.socket.as_ref().and_then(|s| s.peer).map(|peer| machine.label(peer)),
        address: shared.socket.as_ref().and_then(|s| s.address.as_deref()),
        readers: shared.readers().map(holder).collect(),
        writers: shared.writers().map(holder).collect(),
        others: shared.ends.iter().filter(|e| e.access == Access::None).map(holder).collect(),
    }
}
