//! What changed in a world, so that another thread can keep a copy of it: a whole copy for each call would cost more than the call.

use crate::world::{
    Body, Contents, Fd, FdNumber, Known, Object, Pid, Process, Socket, Space, State, Thread, Unseen, World,
};
use serde::{Deserialize, Serialize};

/// A change of a world, as it is kept or lent. Places are those in its lists, after all that went before.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Edit<P, S, M, F, T, O, I, B, U> {
    /// The process there is no longer told of.
    ProcessGone(usize),
    /// The object there is gone.
    ObjectGone(usize),
    /// The process there is this one; behind the last one it is new.
    Process(usize, P),
    /// What the process there is doing.
    State(usize, S),
    /// What the process there has mapped.
    Space(usize, M),
    /// This number in the table of the process there: an entry, or none.
    Entry(usize, FdNumber, Option<F>),
    /// This thread of the process there: what it does, or that it is none.
    Thread(usize, Pid, Option<T>),
    /// The object there is this one; behind the last one it is new.
    Object(usize, O),
    /// What a look into the pipe or socket there has found.
    Inside(usize, I),
    /// The words of the memory there, and who maps it.
    Body(usize, B),
    /// All that is said of how far the picture reaches.
    Unseen(U),
}

/// One out of a letter.
pub(super) type Kept = Edit<Process, State, Space, Fd, Thread, Object, Inside, Body, Vec<Unseen>>;
/// One for a letter.
pub(super) type Lent<'w> =
    Edit<&'w Process, &'w State, &'w Space, &'w Fd, &'w Thread, &'w Object, InsideOf<'w>, &'w Body, &'w [Unseen]>;

/// All of a pipe or socket that a look into it can change.
type Inside = (Known<u64>, Known<u64>, Known<Contents>, Option<Known<Box<Socket>>>);
type InsideOf<'w> = (&'w Known<u64>, &'w Known<u64>, &'w Known<Contents>, &'w Option<Known<Box<Socket>>>);

/// A part of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfProcess {
    State,
    Space,
    Entry(FdNumber),
    Thread(Pid),
    Whole,
}

/// A part of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfObject {
    Inside,
    Body,
    Whole,
}

#[derive(Debug, Clone, Copy)]
enum Gone {
    Process(usize),
    Object(usize),
}

/// Notes what has changed, for somebody who keeps a copy.
#[derive(Debug, Default)]
pub(super) struct Marks {
    gone: Vec<Gone>,
    processes: Vec<(usize, OfProcess)>,
    objects: Vec<(usize, OfObject)>,
    unseen: bool,
    /// So many of each are in the copy: those that are new stand behind them.
    copied: (usize, usize),
}

impl Marks {
    pub(super) fn process(&mut self, place: usize, part: OfProcess) {
        if !self.processes.contains(&(place, part)) {
            self.processes.push((place, part));
        }
    }

    pub(super) fn object(&mut self, place: usize, part: OfObject) {
        if !self.objects.contains(&(place, part)) {
            self.objects.push((place, part));
        }
    }

    pub(super) fn unseen(&mut self) {
        self.unseen = true;
    }

    pub(super) fn process_gone(&mut self, place: usize) {
        if place < self.copied.0 {
            self.copied.0 -= 1;
            self.gone.push(Gone::Process(place));
        }
        taken_out(&mut self.processes, place);
    }

    pub(super) fn object_gone(&mut self, place: usize) {
        if place < self.copied.1 {
            self.copied.1 -= 1;
            self.gone.push(Gone::Object(place));
        }
        taken_out(&mut self.objects, place);
    }

    /// Hand over, one by one, the changes since this was last asked, that make of a copy of that world one of this.
    pub(super) fn edits<'w>(&mut self, world: &'w World, mut take: impl FnMut(Lent<'w>)) {
        for gone in self.gone.drain(..) {
            take(match gone {
                Gone::Process(place) => Edit::ProcessGone(place),
                Gone::Object(place) => Edit::ObjectGone(place),
            });
        }
        // In the order of the lists, that each new one finds its place at the end.
        self.processes.sort_unstable_by_key(|(place, _)| *place);
        self.objects.sort_unstable_by_key(|(place, _)| *place);
        for (place, part) in &self.processes {
            let more = *part != OfProcess::Whole && self.processes.contains(&(*place, OfProcess::Whole));
            world.processes.get(*place).filter(|_| !more).into_iter().for_each(|p| take(of_process(p, *place, *part)));
        }
        for (place, part) in &self.objects {
            let more = *part != OfObject::Whole && self.objects.contains(&(*place, OfObject::Whole));
            world.objects.get(*place).filter(|_| !more).into_iter().for_each(|o| take(of_object(o, *place, *part)));
        }
        if std::mem::take(&mut self.unseen) {
            take(Edit::Unseen(&world.unseen));
        }
        self.processes.clear();
        self.objects.clear();
        self.copied = (world.processes.len(), world.objects.len());
    }
}

fn taken_out<P>(marks: &mut Vec<(usize, P)>, place: usize) {
    marks.retain(|(at, _)| *at != place);
    marks.iter_mut().filter(|(at, _)| *at > place).for_each(|(at, _)| *at -= 1);
}

fn of_process(process: &Process, place: usize, part: OfProcess) -> Lent<'_> {
    match part {
        OfProcess::State => Edit::State(place, &process.state),
        OfProcess::Space => Edit::Space(place, &process.space),
        OfProcess::Entry(number) => Edit::Entry(place, number, process.fd(number)),
        OfProcess::Thread(tid) => Edit::Thread(place, tid, process.thread(tid)),
        OfProcess::Whole => Edit::Process(place, process),
    }
}

fn of_object(object: &Object, place: usize, part: OfObject) -> Lent<'_> {
    match part {
        OfObject::Whole => Edit::Object(place, object),
        OfObject::Body => Edit::Body(place, &object.body),
        OfObject::Inside => Edit::Inside(place, (&object.bytes, &object.capacity, &object.contents, &object.socket)),
    }
}

/// Make a change to a copy.
pub(super) fn apply(world: &mut World, edit: Kept) {
    match edit {
        Edit::ProcessGone(place) => drop(world.processes.remove(place)),
        Edit::ObjectGone(place) => drop(world.objects.remove(place)),
        Edit::Process(place, process) => put(&mut world.processes, place, process),
        Edit::Object(place, object) => put(&mut world.objects, place, object),
        Edit::State(place, state) => {
            if let Some(process) = world.processes.get_mut(place) {
                process.state = state;
            }
        }
        Edit::Space(place, space) => {
            if let Some(process) = world.processes.get_mut(place) {
                process.space = space;
            }
        }
        Edit::Entry(place, number, entry) => {
            if let Some(process) = world.processes.get_mut(place) {
                put_entry(process, number, entry);
            }
        }
        Edit::Thread(place, tid, thread) => {
            if let Some(process) = world.processes.get_mut(place) {
                process.put_thread(tid, thread);
            }
        }
        Edit::Body(place, body) => {
            if let Some(object) = world.objects.get_mut(place) {
                object.body = body;
            }
        }
        Edit::Unseen(unseen) => world.unseen = unseen,
        Edit::Inside(place, inside) => {
            if let Some(object) = world.objects.get_mut(place) {
                (object.bytes, object.capacity, object.contents, object.socket) = inside;
            }
        }
    }
}

fn put<T>(list: &mut Vec<T>, place: usize, thing: T) {
    match list.get_mut(place) {
        Some(slot) => *slot = thing,
        None => list.push(thing),
    }
}

fn put_entry(process: &mut Process, number: FdNumber, entry: Option<Fd>) {
    match (process.fds.binary_search_by_key(&number, |fd| fd.number), entry) {
        (Ok(at), Some(fd)) => process.fds[at] = fd,
        (Ok(at), None) => drop(process.fds.remove(at)),
        (Err(at), Some(fd)) => process.fds.insert(at, fd),
        (Err(_), None) => {}
    }
}
