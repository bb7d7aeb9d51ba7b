//! What a mailbox answered, made into a completion.

use super::cast::{Cast, Given};
use super::memory::{Memory, Slot};
use super::order::measured;
use super::perform::ATTRIBUTES;
use super::{kernel, socket};
use crate::notation::{Call, Completion, Detail, MeasureCall, MemoryCall, Outcome, QueueCall, StdioCall};
use crate::world::{Access, BlockedIn, Pid, ProcName};
use nix::libc;
use std::sync::atomic::Ordering;

/// The completion of the call that a process has come back from.
pub(super) fn completion(memory: &Memory, cast: &mut Cast, name: &str, index: usize, given: &Given) -> Completion {
    let slot = memory.slot(index);
    let value = slot.value.load(Ordering::Relaxed);
    let errno = slot.errno.load(Ordering::Relaxed);
    let pid = slot.pid.load(Ordering::Relaxed);
    let detail = if errno == 0 { detail(memory, cast, index, slot, given, (pid, value)) } else { Detail::None };
    memory.trim(index, given.used);
    Completion {
        process: name.to_owned(),
        call: Some(given.call.clone()),
        outcome: if errno == 0 { Outcome::Returned(value) } else { Outcome::Error(errno) },
        detail,
    }
}

fn detail(
    memory: &Memory,
    cast: &mut Cast,
    index: usize,
    slot: &Slot,
    given: &Given,
    (pid, value): (Pid, i64),
) -> Detail {
    let extra = |n: usize| slot.extra.get(n).map_or(-1, |e| e.load(Ordering::Relaxed));
    match &given.call {
        Call::Pipe | Call::Pipe2 { .. } => Detail::Pair(extra(0), extra(1)),
        Call::Read { .. } => Detail::Data(memory.get(index, usize::try_from(value).unwrap_or(0))),
        Call::Fork { .. } => match (&given.child, i32::try_from(value)) {
            (Some((_, name)), Ok(pid)) => Detail::Child(name.clone(), pid),
            _ => Detail::None,
        },
        Call::Wait | Call::Waitpid { .. } => match i32::try_from(value) {
            Ok(pid) if pid > 0 => waited(cast, pid, extra(0)),
            _ => Detail::None,
        },
        Call::Memory(MemoryCall::Mmap { length, .. }) => {
            let actor = cast.actors.iter_mut().find(|a| a.alive() && a.slot == Some(index));
            actor.map_or(Detail::None, |a| Detail::Mapped(a.maps.made(value.cast_unsigned(), *length)))
        }
        Call::Memory(MemoryCall::Munmap { map }) => {
            let actor = cast.actors.iter_mut().find(|a| a.alive() && a.slot == Some(index));
            actor.into_iter().for_each(|a| a.maps.given_up(*map));
            Detail::None
        }
        Call::Queue(QueueCall::Receive { .. }) => {
            let bytes = memory.get(index, usize::try_from(value).unwrap_or(0));
            Detail::Message(bytes, extra(0).cast_unsigned())
        }
        Call::Queue(QueueCall::Getattr { .. }) => queue_state(&memory.get(index, ATTRIBUTES)),
        Call::Measure(call) => measured(memory, index, call, value),
        Call::Socket(call) => socket::detail(memory, index, pid, call, value),
        _ => Detail::None,
    }
}

/// From a `struct mq_attr`: flags, the most, the size, how many.
fn queue_state(bytes: &[u8]) -> Detail {
    let mut longs = bytes.chunks_exact(8).map(|c| c.try_into().map_or(0, i64::from_ne_bytes));
    let mut next = || longs.next().unwrap_or(0);
    let [_, most, size, messages] = [next(), next(), next(), next()];
    Detail::QueueState { messages, most, size }
}

/// A child was reaped, or (with WUNTRACED and the like) only told of.
fn waited(cast: &mut Cast, pid: Pid, status: i32) -> Detail {
    let Some(death) = kernel::death(status) else { return Detail::None };
    let actor = cast.numbered(pid);
    let name: Option<ProcName> = actor.map(|actor| {
        actor.status = Some(status);
        actor.name.clone()
    });
    Detail::Waited(name, pid, death)
}

/// Where a process sleeps that was given this call: what the kernel says, or, where one may not look, what the call is.
pub(super) fn blocked(call: &Call, syscall: Option<&str>) -> BlockedIn {
    if let Call::Socket(call) = call {
        return socket::blocked(call, syscall.and_then(kernel::blocked_in));
    }
    let mut blocked = syscall.and_then(kernel::blocked_in).unwrap_or_else(|| by_name(call));
    if let (Call::Open { path, flags, .. }, "open") = (call, blocked.call.as_str()) {
        blocked.path = Some(path.clone());
        blocked.opens = Access::of_flags(*flags);
    }
    blocked
}

fn by_name(call: &Call) -> BlockedIn {
    let (name, fd, count) = match call {
        Call::Read { fd, count } => ("read", Some(*fd), Some(*count)),
        Call::Write { fd, data } => ("write", Some(*fd), Some(data.len())),
        Call::Stdio(StdioCall::Printf { .. } | StdioCall::Fflush) | Call::Exit { .. } => ("write", Some(1), None),
        Call::Open { .. } => ("open", None, None),
        Call::Memory(_) => ("futex", None, None),
        Call::Queue(QueueCall::Send { fd, data, .. }) => ("mq_send", Some(*fd), Some(data.len())),
        Call::Queue(QueueCall::Receive { fd, size }) => ("mq_receive", Some(*fd), Some(*size)),
        Call::Measure(MeasureCall::RoundTrips { back: fd, .. } | MeasureCall::Echo { from: fd, .. }) => {
            ("read", Some(*fd), Some(1))
        }
        Call::Measure(MeasureCall::Pour { fd, .. }) => ("write", Some(*fd), None),
        Call::Measure(MeasureCall::Drain { fd, .. }) => ("read", Some(*fd), None),
        Call::Wait | Call::Waitpid { .. } => ("wait", None, None),
        _ => ("?", None, None),
    };
    BlockedIn { call: name.to_owned(), fd, child: None, path: None, count, opens: None }
}

/// In which order to tell what happened meanwhile: deaths, then those that a broken pipe brought about, then the calls
/// that ended, which is what deaths set free.
pub(super) fn rank(completion: &Completion) -> u8 {
    match completion.outcome {
        Outcome::Died(crate::world::Death::Killed(libc::SIGPIPE)) => 1,
        Outcome::Died(_) => 0,
        _ => 2,
    }
}
