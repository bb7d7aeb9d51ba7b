//! What an open(2) waits for. Of most it is the other end of a FIFO; where the thread sleeps in the kernel tells. The path is not looked
//! up: a file system that does not answer the one who opens it would not answer us.

use super::{Machine, Want};
use crate::observe::{Call, Lock, held_by};
use crate::world::{Access, FdNumber, Pid};

/// Processes, each with its descriptors.
type Holders = Vec<(Pid, Vec<FdNumber>)>;

/// What a thread of this process waits for in an open.
pub(super) fn opens(machine: &Machine, pid: Pid, call: &Call) -> Want {
    let path = call.blocked.path.clone();
    match call.place.as_str() {
        "__break_lease" => match lease(machine, pid) {
            Some((lock, holders)) => Want::Lease { path, lock, holders },
            None => Want::File { path },
        },
        // `fifo_open` in fs/pipe.c.
        "" | "fifo_open" | "wait_for_partner" => Want::Open { path, access: call.open_for.unwrap_or(Access::None) },
        _ => Want::File { path },
    }
}

/// The lease that it breaks, fcntl(2), and who holds that, with descriptors.
fn lease(machine: &Machine, pid: Pid) -> Option<(Lock, Holders)> {
    let is_it = |lock: &&Lock| matches!(lock.kind.as_str(), "LEASE" | "DELEG") && lock.waiters.contains(&pid);
    let lock = machine.locks().iter().find(is_it)?.clone();
    let holders = match machine.process(lock.pid) {
        Some(holder) => vec![(holder.pid, held_by(holder.pid, &lock))],
        None => Vec::new(),
    };
    Some((lock, holders))
}

/// After so many seconds the kernel takes a lease away that is not given up; `None`: never.
pub(super) fn lease_break_time() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/sys/fs/lease-break-time").ok()?;
    text.trim().parse().ok().filter(|seconds| *seconds > 0)
}
