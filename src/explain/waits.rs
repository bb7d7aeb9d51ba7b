//! The wait-for graph: what each blocked process waits for, and who could bring it.
//!
//! Any one of those who could release a process is enough (an OR graph), so a process is stuck when
//! every one of them is stuck too. That set is found as a greatest fixpoint: take all the blocked,
//! and keep taking out whoever could be released by somebody outside the set.

mod locks;
mod queues;
mod sockets;
mod threads;

use super::ends::{Side, ends, may_be_unseen};
use super::locks::Wait as LockWait;
use crate::world::{BlockedIn, FdNumber, Known, Object, ObjectKind, Pid, Process, State, World};
use std::collections::VecDeque;

/// What a blocked process waits for.
#[derive(Debug, Clone)]
pub(super) enum Want<'w> {
    /// Bytes in an empty pipe, or its end of file.
    Bytes { fd: FdNumber, object: &'w Object },
    /// Room in a full pipe.
    Room { fd: FdNumber, object: &'w Object, count: Option<u64> },
    /// The end of a child: this one, or any.
    Exit { which: Option<Pid> },
    /// Bytes at a socket, or their end.
    Arrival { fd: FdNumber, object: &'w Object },
    /// Room in the queue of the socket at the other end.
    Drain { fd: FdNumber, object: &'w Object },
    /// Somebody to connect to a listener.
    Connection { fd: FdNumber, object: &'w Object },
    /// A listener to take the connection that is asked for into its queue; the socket that asks.
    Acceptance { fd: FdNumber, object: &'w Object },
    /// Another process to open the other end of a FIFO.
    OtherEnd { path: &'w str },
    /// A lock that another has.
    Lock(LockWait<'w>),
    /// A message in an empty queue.
    Message { fd: FdNumber, object: &'w Object },
    /// Room in a full message queue.
    Slot { fd: FdNumber, object: &'w Object },
}

/// A blocked process's wait.
#[derive(Debug, Clone)]
pub(super) struct Wait<'w> {
    /// What it waits for.
    pub want: Want<'w>,
    /// Those who hold what would release it (indices into the world's processes), itself included.
    pub releasers: Vec<usize>,
    /// Those who hold nothing, but could get it: a FIFO can be opened by anyone.
    strangers: Vec<usize>,
    /// Something may release it that cannot be seen from here.
    unsure: bool,
}

impl Wait<'_> {
    /// Nobody but those in the set could release it, as far as can be seen.
    pub fn only_by(&self, in_set: impl Fn(usize) -> bool) -> bool {
        !self.unsure && self.releasers.iter().chain(&self.strangers).all(|i| in_set(*i))
    }
}

/// Every wait of a world.
#[derive(Debug)]
pub(super) struct Waits<'w> {
    world: &'w World,
    /// Those of the processes, in their order; none at all where nobody is blocked.
    waits: Vec<Option<Box<Wait<'w>>>>,
    stuck: Vec<bool>,
}

impl<'w> Waits<'w> {
    /// Read the graph off a world.
    pub fn of(world: &'w World) -> Self {
        let blocked = world.processes.iter().any(|p| p.state.blocked_in().is_some());
        let all = if blocked { world.processes.as_slice() } else { &[] };
        let waits: Vec<_> = all.iter().map(|p| wait_of(world, p).map(Box::new)).collect();
        let stuck = greatest_fixpoint(&waits);
        Waits { world, waits, stuck }
    }

    /// Every blocked process whose wait is understood, with its index, in the world's order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &'w Process, &Wait<'w>)> {
        let processes = self.world.processes.iter().enumerate().zip(&self.waits);
        processes.filter_map(|((i, p), wait)| Some((i, p, wait.as_deref()?)))
    }

    /// The wait of the process with this index.
    pub fn wait(&self, index: usize) -> Option<&Wait<'w>> {
        self.waits.get(index)?.as_deref()
    }

    /// Nothing on the stage can release it.
    pub fn is_stuck(&self, index: usize) -> bool {
        self.stuck.get(index).copied().unwrap_or(false)
    }

    /// The sets of two and more that wait for each other in a circle and are stuck; members in the world's order.
    pub fn knots(&self) -> Vec<Vec<usize>> {
        if !self.stuck.contains(&true) {
            return Vec::new();
        }
        let reach: Vec<Vec<bool>> = (0..self.waits.len()).map(|i| self.reachable(i)).collect();
        let reaches = |a: usize, b: usize| reach.get(a).and_then(|row| row.get(b)).copied().unwrap_or(false);
        let mut seen = vec![false; self.waits.len()];
        let mut out = Vec::new();
        for i in 0..self.waits.len() {
            if seen.get(i).copied().unwrap_or(true) || !self.is_stuck(i) {
                continue;
            }
            let members: Vec<usize> =
                (i..self.waits.len()).filter(|&j| j == i || (reaches(i, j) && reaches(j, i))).collect();
            for &m in &members {
                if let Some(mark) = seen.get_mut(m) {
                    *mark = true;
                }
            }
            if members.len() > 1 {
                out.push(members);
            }
        }
        out
    }

    /// The shortest circle of waits within `members` that starts and ends at the first of them.
    pub fn cycle(&self, members: &[usize]) -> Vec<usize> {
        let Some(&start) = members.first() else { return Vec::new() };
        let mut paths = VecDeque::from([vec![start]]);
        let mut seen = vec![start];
        while let Some(path) = paths.pop_front() {
            let Some(&last) = path.last() else { continue };
            for next in self.successors(last).filter(|n| *n != last && members.contains(n)) {
                if next == start {
                    return path;
                }
                if !seen.contains(&next) {
                    seen.push(next);
                    paths.push_back([path.as_slice(), &[next]].concat());
                }
            }
        }
        members.to_vec()
    }

    fn successors(&self, index: usize) -> impl Iterator<Item = usize> {
        self.wait(index).into_iter().flat_map(|w| w.releasers.iter().copied())
    }

    /// Which stuck processes `from` waits for, at first hand or through others.
    fn reachable(&self, from: usize) -> Vec<bool> {
        let mut seen = vec![false; self.waits.len()];
        let mut todo = vec![from];
        while let Some(i) = todo.pop() {
            for next in self.successors(i).filter(|n| self.is_stuck(*n)) {
                if let Some(mark) = seen.get_mut(next).filter(|mark| !**mark) {
                    *mark = true;
                    todo.push(next);
                }
            }
        }
        seen
    }
}

fn greatest_fixpoint(waits: &[Option<Box<Wait<'_>>>]) -> Vec<bool> {
    let mut stuck: Vec<bool> = waits.iter().map(|w| w.as_ref().is_some_and(|w| !w.unsure)).collect();
    loop {
        let released: Vec<usize> = (0..stuck.len())
            .filter(|&i| {
                let is_stuck = |j: usize| stuck.get(j).copied().unwrap_or(false);
                let Some(Some(wait)) = waits.get(i) else { return false };
                is_stuck(i) && !wait.only_by(is_stuck)
            })
            .collect();
        if released.is_empty() {
            return stuck;
        }
        for i in released {
            if let Some(mark) = stuck.get_mut(i) {
                *mark = false;
            }
        }
    }
}

fn wait_of<'w>(world: &'w World, process: &'w Process) -> Option<Wait<'w>> {
    let blocked = process.state.blocked_in()?;
    let mut wait = call_wait(world, process, blocked)?;
    threads::add_others(world, process, blocked, &mut wait);
    Some(wait)
}

/// The wait of a process that sleeps in this call, as far as that alone goes.
fn call_wait<'w>(world: &'w World, process: &'w Process, blocked: &'w BlockedIn) -> Option<Wait<'w>> {
    if let Some(wait) = sockets::wait_of(world, process, blocked) {
        return Some(wait);
    }
    if let Some(wait) = queues::wait_of(world, process, blocked).or_else(|| locks::wait_of(world, process)) {
        return Some(wait);
    }
    match blocked.call.as_str() {
        "read" | "readv" => {
            let (fd, object) = pipe_at(world, process, blocked.fd)?;
            // Bytes are there: it is about to wake, and waits for nobody.
            (!matches!(object.bytes, Known::Yes(n) if n > 0))
                .then(|| wait_at_pipe(world, process, object, Side::Write, Want::Bytes { fd, object }))
        }
        "write" | "writev" => {
            let (fd, object) = pipe_at(world, process, blocked.fd)?;
            let want = Want::Room { fd, object, count: blocked.count };
            (object.bytes != Known::Yes(0)).then(|| wait_at_pipe(world, process, object, Side::Read, want))
        }
        "wait" | "waitpid" | "wait4" | "waitid" => Some(wait_for_child(world, process, blocked.child)),
        "open" | "openat" => {
            let path = blocked.path.as_deref()?;
            let releasers = others(world, process);
            Some(Wait { want: Want::OtherEnd { path }, releasers, strangers: Vec::new(), unsure: false })
        }
        _ => None,
    }
}

fn pipe_at<'w>(world: &'w World, process: &Process, fd: Option<FdNumber>) -> Option<(FdNumber, &'w Object)> {
    let entry = process.fd(fd?)?;
    let object = world.object(entry.target.object()?)?;
    object.is_pipe().then_some((entry.number, object))
}

fn wait_at_pipe<'w>(
    world: &'w World,
    process: &Process,
    object: &'w Object,
    other_side: Side,
    want: Want<'w>,
) -> Wait<'w> {
    let mut releasers = Vec::new();
    // It sleeps and nobody is seen to hold the other side: then somebody unseen does.
    let open = ends(world, object, other_side);
    let mut unsure = open.is_empty() || object.bytes.value().is_none() || may_be_unseen(world, object);
    for end in open {
        match world.processes.iter().rposition(|p| end.is_of(p)) {
            Some(i) if !releasers.contains(&i) => releasers.push(i),
            Some(_) => {}
            None => unsure = true,
        }
    }
    let strangers = if object.kind == ObjectKind::Fifo { others(world, process) } else { Vec::new() };
    Wait { want, releasers, strangers, unsure }
}

fn wait_for_child<'w>(world: &'w World, process: &Process, which: Option<Pid>) -> Wait<'w> {
    // 0, -1 and below name groups of children, not one (wait(2)).
    let which = which.filter(|pid| *pid > 0);
    let children: Vec<usize> = children(world, process, which).collect();
    let is_dead = |i: &usize| world.processes.get(*i).is_some_and(|p| !p.state.is_alive());
    let unsure = children.is_empty() || children.iter().any(is_dead);
    Wait { want: Want::Exit { which }, releasers: children, strangers: Vec::new(), unsure }
}

/// The children of a process that a wait could still collect (indices): the living and the zombies.
fn children<'w>(world: &'w World, process: &Process, which: Option<Pid>) -> impl Iterator<Item = usize> + 'w {
    let (parent, itself) = (process.pid, process.pid);
    world.processes.iter().enumerate().filter_map(move |(i, p)| {
        let waitable = !matches!(p.state, State::Gone(_)) && p.ppid == parent && p.pid != itself;
        (waitable && which.is_none_or(|pid| pid == p.pid)).then_some(i)
    })
}

/// Every other living process (indices).
fn others(world: &World, process: &Process) -> Vec<usize> {
    let all = world.processes.iter().enumerate();
    all.filter(|(_, p)| p.state.is_alive() && p.pid != process.pid).map(|(i, _)| i).collect()
}
