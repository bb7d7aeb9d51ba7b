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
        if !observe::shares_our_ipc(pid) {
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
        if !observe::shares_our_ipc(pid) {
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
        let before = self.places.get(&name).and_then(|place| self.world.objects.get(*place)).cloned();
        let mut object = before.clone().unwrap_or_else(|| Object::system_v(kind, id));
        if !observe::look_at_system_v(&mut object) {
            return self.vanish(&name);
        }
        object.usage_mut().map(change);
        let known: Vec<Pid> = self.world.processes.iter().map(|p| p.pid).collect();
        self.posts.tell(&mut object, contested, &known);
        serve(&mut object);
        let Some(before) = before else {
            self.known(Some(object));
            return self.changed(Change::Body(name));
        };
        let bytes = before.bytes.value().copied().zip(object.bytes.value().copied());
        if let Some((before, now)) = bytes.filter(|(before, now)| before != now) {
            self.changed(Change::Bytes(name.clone(), before, now));
        }
        if before.body != object.body || before.capacity != object.capacity {
            self.changed(Change::Body(name.clone()));
        }
        let Some(place) = self.places.get(&name).copied().filter(|_| before != object) else { return };
        self.mark_object(place, OfObject::Whole);
        if let Some(slot) = self.world.objects.get_mut(place) {
            *slot = object;
        }
    }

    /// It was removed.
    fn vanish(&mut self, id: &ObjectId) {
        self.posts.forget(id);
        let Some(place) = self.places.get(id).copied() else { return };
        self.take_out(place);
        self.changed(Change::Vanished(id.clone()));
    }
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

/// Whose operations on semaphores were done for them while they slept.
fn serve(object: &mut Object) {
    let Some(set) = object.semaphores().cloned() else { return };
    let Some(usage) = object.usage_mut() else { return };
    for sleeper in &mut usage.sleepers {
        sleeper.served = matches!(&sleeper.wants, Wants::Operations(all) if set.is_served(all));
    }
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
