//! System V queues and semaphores, looked at by msgctl(2) and semctl(2) with commands that only ask.

use super::sys;
use crate::world::{Body, Known, Object, ObjectKind, Pid, PostQueue, Semaphore, Semaphores};
use nix::errno::Errno;
use nix::libc;
use std::path::PathBuf;
use std::sync::OnceLock;

/// So many semaphores of a set are told one by one.
const TOLD: usize = 32;

/// A process sees the same queues and semaphores as we do.
pub fn shares_our_ipc(pid: Pid) -> bool {
    static OWN: OnceLock<Option<PathBuf>> = OnceLock::new();
    let namespace = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/ipc")).ok();
    let own = OWN.get_or_init(|| namespace("self"));
    own.is_some() && namespace(&pid.to_string()) == *own
}

/// A queue or a set has this key. To ask for one that is there makes none, and needs no permission.
pub fn system_v_is_there(kind: ObjectKind, key: i32) -> bool {
    sys::find_system_v(kind == ObjectKind::PostQueue, key).is_ok()
}

/// Look at it anew; who has used it and which messages wait stays as it was. `false`: it was removed.
pub fn look_at_system_v(object: &mut Object) -> bool {
    let looked = match &mut object.body {
        Body::PostQueue(queue) => self::queue(queue).map(|(bytes, room)| {
            (object.bytes, object.capacity) = (bytes, room);
        }),
        Body::Semaphores(set) => semaphores(set),
        _ => Ok(()),
    };
    !matches!(looked, Err(Errno::EINVAL | Errno::EIDRM))
}

fn queue(queue: &mut PostQueue) -> nix::Result<(Known<u64>, Known<u64>)> {
    let seen = match sys::message_queue(queue.id) {
        Ok(seen) => seen,
        Err(errno) => {
            let no = refused(errno);
            queue.messages = Known::No(no.clone());
            return if is_gone(errno) { Err(errno) } else { Ok((Known::No(no.clone()), Known::No(no))) };
        }
    };
    queue.key = Known::Yes(seen.msg_perm.__key);
    queue.messages = Known::Yes(seen.msg_qnum);
    (queue.last_sender, queue.last_receiver) = (seen.msg_lspid, seen.msg_lrpid);
    Ok((Known::Yes(seen.__msg_cbytes), Known::Yes(seen.msg_qbytes)))
}

fn semaphores(set: &mut Semaphores) -> nix::Result<()> {
    let seen = match sys::semaphore_set(set.id) {
        Ok(seen) => seen,
        Err(errno) => {
            (set.count, set.values) = (Known::No(refused(errno)), Known::No(refused(errno)));
            return if is_gone(errno) { Err(errno) } else { Ok(()) };
        }
    };
    set.key = Known::Yes(seen.sem_perm.__key);
    set.count = Known::Yes(seen.sem_nsems);
    let count = usize::try_from(seen.sem_nsems).unwrap_or(0);
    match sys::semaphore_values(set.id, count) {
        Ok(values) => {
            let told = values.into_iter().take(TOLD).enumerate();
            set.values = Known::Yes(told.map(|(number, value)| semaphore(set.id, number, value)).collect());
            Ok(())
        }
        Err(errno) if is_gone(errno) => Err(errno),
        Err(errno) => {
            set.values = Known::No(refused(errno));
            Ok(())
        }
    }
}

fn semaphore(set: i32, number: usize, value: u16) -> Semaphore {
    let number = i32::try_from(number).unwrap_or(-1);
    let ask = |command| sys::ask_semaphore(set, number, command).unwrap_or(0);
    Semaphore {
        value,
        last: ask(libc::GETPID),
        wait_to_grow: ask(libc::GETNCNT).unsigned_abs(),
        wait_for_zero: ask(libc::GETZCNT).unsigned_abs(),
    }
}

fn is_gone(errno: Errno) -> bool {
    matches!(errno, Errno::EINVAL | Errno::EIDRM)
}

fn refused(errno: Errno) -> String {
    match errno {
        Errno::EACCES | Errno::EPERM => format!("no permission to read it ({errno:?})"),
        Errno::EINVAL | Errno::EIDRM => "it was removed".to_owned(),
        other => format!("the kernel refused the look ({other:?})"),
    }
}
