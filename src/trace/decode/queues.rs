//! Calls on POSIX message queues, mq_overview(7).

use super::super::memory::KEPT;
use super::moves::put;
use super::{Caller, Then, Verdict};
use crate::notation::{Call, Data, PRIVATE_MODE, QueueCall, QueueSizes};
use nix::libc;

pub(super) fn decode(c: &mut Caller<'_>, name: &str) -> Option<Verdict> {
    let fd = c.int(0);
    // The C library's names begin with a slash, the kernel's do not.
    let name_at = |at: u64| format!("/{}", c.memory().string(at).unwrap_or_default());
    match name {
        "mq_open" => {
            let makes = c.int(1) & libc::O_CREAT != 0;
            let mode = u32::try_from(c.arg(2) & 0o7777).unwrap_or(0);
            // The second and third of struct mq_attr, mq_open(3); looked at by the kernel only where a queue is made.
            let part = |n: u64| c.memory().long(c.arg(3).checked_add(8 * n)?).map(u64::cast_signed);
            let asked = || Some(QueueSizes { most: part(1)?, size: part(2)? });
            let call = QueueCall::Open {
                name: name_at(c.arg(0)),
                flags: c.int(1),
                mode: if makes { mode } else { PRIVATE_MODE },
                sizes: if makes && c.arg(3) != 0 { asked() } else { None },
            };
            c.follow(Call::Queue(call), Then::New)
        }
        "mq_unlink" => c.follow(Call::Queue(QueueCall::Unlink { name: name_at(c.arg(0)) }), Then::Nothing),
        "mq_timedsend" => {
            let (length, priority) = (c.arg(2), u32::try_from(c.arg(3) & 0xffff_ffff).unwrap_or(0));
            let data = Data { unit: c.memory().data(c.arg(1), length), times: 1 };
            let call = match length <= KEPT {
                true => Call::Queue(QueueCall::Send { fd, data, priority }),
                false => put("mq_send", fd, data, format!(", {length}, {priority}")),
            };
            c.follow(call, Then::Put(fd))
        }
        "mq_timedreceive" => {
            let call = QueueCall::Receive { fd, size: c.arg(2) };
            c.follow(Call::Queue(call), Then::Message(fd, c.arg(1), c.arg(3)))
        }
        _ => None,
    }
}
