//! Calls that concern message queues, made by a lesson process itself.

use super::{Answer, argument, ask, ask6, repeat};
use crate::stage::memory::{AREA, Memory};
use nix::libc;

/// Which of them; the second argument of the order and those behind it are each one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub(in crate::stage) enum QueueOp {
    /// flags, mode, whether there are sizes; the sizes and the name lie in the area
    Open = 1,
    /// fd, length of the unit, how often; the priority and the unit lie in the area
    Send,
    /// fd, size
    Receive,
    /// the name lies in the area
    Unlink,
    /// fd
    Getattr,
}

const OPS: [QueueOp; 5] = [QueueOp::Open, QueueOp::Send, QueueOp::Receive, QueueOp::Unlink, QueueOp::Getattr];

/// The bytes of a `struct mq_attr`: eight longs, of which four mean something.
pub(in crate::stage) const ATTRIBUTES: usize = 64;
/// Before the data of a message in the area: its priority.
pub(in crate::stage) const BEFORE_DATA: usize = 8;

/// Perform the one that the mailbox names.
pub(super) fn perform(memory: &Memory, index: usize) -> Answer {
    let slot = memory.slot(index);
    let area = memory.area(index);
    let at = |offset: usize| area as i64 + offset as i64;
    let [which, a, b, c] = [0, 1, 2, 3].map(|n| argument(slot, n));
    let Some(op) = OPS.into_iter().find(|op| *op as i64 == which) else { return (-1, libc::ENOSYS) };
    match op {
        QueueOp::Open => {
            let attributes = if c == 0 { 0 } else { at(0) };
            ask(libc::SYS_mq_open, [at(ATTRIBUTES), a, b, attributes])
        }
        QueueOp::Send => {
            let total = lay_out(area, b, c);
            // SAFETY: the area is aligned to a page; the director wrote the priority before it gave the command.
            let priority = unsafe { area.cast::<i64>().read() };
            ask6(libc::SYS_mq_timedsend, [a, at(BEFORE_DATA), total, priority, 0, 0])
        }
        QueueOp::Receive => {
            let priority = slot.extra.as_ptr() as i64;
            ask6(libc::SYS_mq_timedreceive, [a, at(0), b, priority, 0, 0])
        }
        QueueOp::Unlink => ask(libc::SYS_mq_unlink, [at(0), 0, 0, 0]),
        QueueOp::Getattr => ask(libc::SYS_mq_getsetattr, [a, 0, at(0), 0]),
    }
}

/// Repeat the unit behind the priority; how many bytes there are then.
fn lay_out(area: *mut u8, unit: i64, times: i64) -> i64 {
    let room = AREA - BEFORE_DATA;
    let unit = usize::try_from(unit).unwrap_or(0).min(room);
    let total = unit.saturating_mul(usize::try_from(times).unwrap_or(0)).min(room);
    // SAFETY: within the area, which is longer than what stands before the data.
    let data = unsafe { area.add(BEFORE_DATA) };
    repeat(data, data, unit, total);
    total as i64
}
