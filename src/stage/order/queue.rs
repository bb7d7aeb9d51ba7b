//! Calls that concern message queues, made ready for a mailbox.

use super::{Order, Rules, strings};
use crate::notation::{Data, QueueCall, QueueSizes};
use crate::stage::Refusal;
use crate::stage::memory::AREA;
use crate::stage::names::Named;
use crate::stage::perform::{ATTRIBUTES, BEFORE_DATA, MemoryOp, Op, QueueOp};
use nix::libc;

impl Rules<'_> {
    pub(super) fn queue(&self, call: &QueueCall) -> Result<Order, Refusal> {
        let n = i64::from;
        Ok(match call {
            QueueCall::Open { name, flags, mode, sizes } => match self.mq(call, name)? {
                Some(name) => {
                    let mut bytes = attributes(sizes.unwrap_or(QueueSizes { most: 0, size: 0 }));
                    bytes.extend(name);
                    order(QueueOp::Open, [n(*flags), i64::from(*mode), i64::from(sizes.is_some())]).with(bytes)
                }
                None => failure(libc::EINVAL),
            },
            QueueCall::Send { fd, data, priority } => send(*fd, data, *priority)?,
            QueueCall::Receive { fd, size } => {
                let used = usize::try_from(*size).ok().filter(|size| *size <= AREA);
                let used = used.ok_or_else(|| too_long("mq_receive"))?;
                Order { used, ..order(QueueOp::Receive, [n(*fd), used as i64, 0]) }
            }
            QueueCall::Unlink { name } => match self.mq(call, name)? {
                Some(name) => order(QueueOp::Unlink, [0; 3]).with(name),
                None => failure(libc::EINVAL),
            },
            QueueCall::Getattr { fd } => Order { used: ATTRIBUTES, ..order(QueueOp::Getattr, [n(*fd), 0, 0]) },
        })
    }

    /// The queue of this name, as the kernel takes it; `None` where the C library takes no such name (`mq_open(3)`).
    fn mq(&self, call: &QueueCall, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        if name.contains('\0') {
            return Err(Refusal::Impossible(format!("the name of {} cannot hold a NUL byte", call.name())));
        }
        Ok(name.strip_prefix('/').map(|name| strings([Named::Queue(name).place(self.scratch).as_str()])))
    }
}

fn send(fd: i32, data: &Data, priority: u32) -> Result<Order, Refusal> {
    if data.len() > (AREA - BEFORE_DATA) as u64 {
        return Err(too_long("mq_send"));
    }
    let args = [i64::from(fd), data.unit.len() as i64, i64::try_from(data.times).unwrap_or(i64::MAX)];
    let mut bytes = i64::from(priority).to_ne_bytes().to_vec();
    bytes.extend(&data.unit);
    let used = usize::try_from(data.len()).unwrap_or(AREA).min(AREA);
    Ok(Order { used, ..order(QueueOp::Send, args).with(bytes) })
}

fn too_long(call: &str) -> Refusal {
    Refusal::Impossible(format!("{call} can be given messages of less than {} MiB here", AREA >> 20))
}

/// A `struct mq_attr`.
fn attributes(sizes: QueueSizes) -> Vec<u8> {
    let mut bytes: Vec<u8> = [0, sizes.most, sizes.size].iter().flat_map(|n| n.to_ne_bytes()).collect();
    bytes.resize(ATTRIBUTES, 0);
    bytes
}

fn order(op: QueueOp, [a, b, c]: [i64; 3]) -> Order {
    Order::new(Op::Queue, [op as i64, a, b, c])
}

fn failure(errno: i32) -> Order {
    Order::new(Op::Memory, [MemoryOp::Fail as i64, i64::from(errno), 0, 0])
}
