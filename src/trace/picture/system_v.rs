//! System V queues and semaphores: in the picture from the first call that names them to their removal, for no process holds them.

use super::super::decode::SystemV;
use super::super::edits::OfObject;
use super::Picture;
use super::posts::Posts;
use crate::observe;
use crate::world::{Change, Object, ObjectId, ObjectKind, Pid, ProcName, Sleeper, Usage, User, Wants};

/// So many that have ended are kept of those who have used one.
const ENDED: usize = 16;

/// What a call did to a System V object.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Used {
    /// It has put something in.
    pub(in super::super) puts: bool,
    /// It has taken something out.
    pub(in super::super) takes: bool,
    /// It has set semaphores.
    pub(in super::super) sets: bool,
    /// It has made it, where it is not in the picture yet.
    pub(in super::super) makes: bool,
}

impl Picture {
    /// A call of this process has named it, and did that: into the picture where it is new, out of it where it is gone. `contested`:
    /// others are in calls on it, and what they do may be done and not be told of yet.
    pub(in super::super) fn system_v_used(&mut self, pid: Pid, kind: ObjectKind, id: i32, used: Used, contested: bool) {
        if !self.shares_our_ipc(pid) {
            return;
        }
        let name = self.name(pid);
        self.system_v_look(kind, id, contested, |usage| {
            if used.makes && usage.users.is_empty() {
                usage.made_by = Some(name.clone());
            }
            let user = user(usage, pid, name);
            user.puts += u64::from(used.puts);
            user.takes += u64::from(used.takes);
            user.sets += u64::from(used.sets);
        });
    }

    /// A thread of this process sleeps in this call.
    pub(in super::super) fn system_v_sleeps(&mut self, (pid, tid): (Pid, Pid), call: &SystemV, contested: bool) {
        let (Some(id), Some(wants)) = (call.id, call.wants()) else { return };
        if !self.shares_our_ipc(pid) {
            return;
        }
        let process = self.name(pid);
        self.system_v_look(call.kind, id, contested, |usage| {
            user(usage, pid, process.clone());
            usage.sleepers.retain(|sleeper| sleeper.thread != tid);
            usage.sleepers.push(Sleeper { process, pid, thread: tid, wants, served: false });
        });
    }

    /// A thread sleeps in no such call any more.
    pub(in super::super) fn system_v_wakes(&mut self, tid: Pid) {
        let is_it = |sleeper: &Sleeper| sleeper.thread == tid;
        for place in self.system_v_places(|usage| usage.sleepers.iter().any(is_it)) {
            self.system_v_change(place, |usage| usage.sleepers.retain(|sleeper| !is_it(sleeper)));
        }
    }

    /// A process has ended. What it has used stays; with `SEM_UNDO` its end has changed values, semop(2).
    pub(super) fn system_v_ended(&mut self, pid: Pid) {
        let is_it = |user: &User| user.pid == pid && !user.ended;
        for place in self.system_v_places(|usage| usage.users.iter().any(is_it)).into_iter().rev() {
            let Some(object) = self.world.objects.get(place) else { continue };
            let (kind, id) = (object.kind, id_of(object));
            self.system_v_look(kind, id, true, |usage| {
                usage.users.iter_mut().filter(|user| is_it(user)).for_each(|user| user.ended = true);
                usage.sleepers.retain(|sleeper| sleeper.pid != pid);
                forget_some(usage);
            });
        }
    }

    /// A process runs another program, and has another name.
    pub(super) fn system_v_renamed(&mut self, pid: Pid, name: &ProcName) {
        let is_it = |user: &User| user.pid == pid && !user.ended;
        for place in self.system_v_places(|usage| usage.users.iter().any(is_it)) {
            self.system_v_change(place, |usage| {
                usage.users.iter_mut().filter(|user| is_it(user)).for_each(|user| user.process.clone_from(name));
            });
        }
    }

    /// This process has removed it.
    pub(in super::super) fn system_v_removed(&mut self, pid: Pid, kind: ObjectKind, id: i32) {
        let (name, id) = (self.name(pid), ObjectId::system_v(kind, id));
        self.posts.removed_by(&id, name);
        self.vanish(&id);
    }

    /// What was seen of the messages in queues.
    pub(in super::super) fn posts(&mut self) -> &mut Posts {
        &mut self.posts
    }

    /// The places of the System V objects of which this holds.
    fn system_v_places(&self, is: impl Fn(&Usage) -> bool) -> Vec<usize> {
        let all = self.world.objects.iter().enumerate();
        all.filter(|(_, object)| object.usage().is_some_and(&is)).map(|(place, _)| place).collect()
    }

    /// Change who uses it, and nothing else.
    fn system_v_change(&mut self, place: usize, change: impl FnOnce(&mut Usage)) {
        self.mark_object(place, OfObject::Whole);
        let Some(object) = self.world.objects.get_mut(place) else { return };
        object.usage_mut().map(change);
        let id = object.id.clone();
        self.changed(Change::Body(id));
    }

    /// Look at it anew, and change who uses it.
    fn system_v_look(&mut self, kind: ObjectKind, id: i32, contested: bool, change: impl FnOnce(&mut Usage)) {
        let name = ObjectId::system_v(kind, id);
        let place = self.places.get(&name).copied();
        let before = place.and_then(|place| self.world.objects.get(place)).cloned();
        let known: Vec<Pid> = self.world.processes.iter().map(|p| p.pid).collect();
        let Picture { world, posts, .. } = self;
        let mut new = None;
        let object = match place.and_then(|place| world.objects.get_mut(place)) {
            Some(object) => object,
            None => new.insert(Object::system_v(kind, id)),
        };
        if !observe::look_at_system_v(object) {
            return self.vanish(&name);
        }
        object.usage_mut().map(change);
        posts.tell(object, contested, &known);
        serve(object);
        match (before, place, new) {
            (_, _, Some(object)) => {
                self.known(Some(object));
                self.changed(Change::Body(name));
            }
            (Some(before), Some(place), _) => self.system_v_compare(place, &before),
            _ => {}
        }
    }

    /// Note what is another than it was.
    fn system_v_compare(&mut self, place: usize, before: &Object) {
        let Some(now) = self.world.objects.get(place).filter(|now| *now != before) else { return };
        let (id, body) = (now.id.clone(), before.body != now.body || before.capacity != now.capacity);
        let bytes = before.bytes.value().copied().zip(now.bytes.value().copied());
        // Nothing that is found depends on how often it was used.
        let same = matches!((before.usage(), now.usage()), (Some(before), Some(now)) if is_alike(before, now));
        self.version += u64::from(!same);
        self.mark_object(place, OfObject::Whole);
        if let Some((before, now)) = bytes.filter(|(before, now)| before != now) {
            self.changes.push(Change::Bytes(id.clone(), before, now));
        }
        if body {
            self.changes.push(Change::Body(id));
        }
    }

    /// A process is about to ask for an identifier: whether it sees what we see is to be looked up again.
    pub(in super::super) fn forget_ipc(&mut self, pid: Pid) {
        self.beside.get_mut(&pid).into_iter().for_each(|beside| beside.shares_ipc = None);
    }

    /// A process sees the same queues and semaphores as we do. Whoever goes elsewhere has to ask for identifiers anew.
    pub(in super::super) fn shares_our_ipc(&mut self, pid: Pid) -> bool {
        let Some(beside) = self.beside.get_mut(&pid) else { return observe::shares_our_ipc(pid) };
        *beside.shares_ipc.get_or_insert_with(|| observe::shares_our_ipc(pid))
    }

    /// It was removed.
    fn vanish(&mut self, id: &ObjectId) {
        self.posts.forget(id);
        let Some(place) = self.places.get(id).copied() else { return };
        self.remove_object(place);
        self.changed(Change::Vanished(id.clone()));
    }
}

/// Nobody sleeps at it, and the same have used it in the same ways.
fn is_alike(before: &Usage, now: &Usage) -> bool {
    let ways = |user: &User| (user.pid, user.ended, user.puts > 0, user.takes > 0, user.sets > 0);
    let quiet = before.sleepers.is_empty() && now.sleepers.is_empty();
    quiet && !now.is_left() && before.users.iter().map(ways).eq(now.users.iter().map(ways))
}

/// The process as a user of it.
fn user(usage: &mut Usage, pid: Pid, process: ProcName) -> &mut User {
    let known = usage.users.iter().position(|user| user.pid == pid && !user.ended);
    let at = known.unwrap_or_else(|| {
        usage.users.push(User { process, pid, puts: 0, takes: 0, sets: 0, ended: false });
        usage.users.len() - 1
    });
    &mut usage.users[at]
}

/// Who sleeps still, and has been given what for: operations that were done, room that was made.
fn serve(object: &mut Object) {
    let sleepers = object.usage().map_or(&[][..], |usage| &usage.sleepers);
    let is_served = |sleeper: &Sleeper| match &sleeper.wants {
        Wants::Operations(all) => object.semaphores().is_some_and(|set| set.is_served(all)),
        Wants::Room(length) => object.has_room(*length) == Some(true),
        Wants::Message(..) => sleeper.served,
    };
    let served: Vec<bool> = sleepers.iter().map(is_served).collect();
    let sleepers = object.usage_mut().map(|usage| usage.sleepers.iter_mut());
    sleepers.into_iter().flatten().zip(served).for_each(|(sleeper, served)| sleeper.served = served);
}

/// Of very many that have ended the last are kept, and the others counted.
fn forget_some(usage: &mut Usage) {
    let ended = usage.users.iter().filter(|user| user.ended).count();
    for _ in ENDED..ended {
        if let Some(at) = usage.users.iter().position(|user| user.ended) {
            usage.users.remove(at);
            usage.more_ended += 1;
        }
    }
}

fn id_of(object: &Object) -> i32 {
    object.post_queue().map(|q| q.id).or_else(|| object.semaphores().map(|s| s.id)).unwrap_or(-1)
}
