//! Calls that concern POSIX message queues.

use super::Data;
use crate::world::FdNumber;
use serde::{Deserialize, Serialize};

/// A call that concerns a message queue, `mq_overview(7)`. The names are the stage's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the line above each variant names its fields as the man page does")]
pub enum QueueCall {
    /// `mq_open(name, flags[, mode[, maxmsg, msgsize]])`
    Open { name: String, flags: i32, mode: u32, sizes: Option<QueueSizes> },
    /// `mq_send(fd, data, priority)`
    Send { fd: FdNumber, data: Data, priority: u32 },
    /// `mq_receive(fd, size)`
    Receive { fd: FdNumber, size: u64 },
    /// `mq_unlink(name)`
    Unlink { name: String },
    /// `mq_getattr(fd)`
    Getattr { fd: FdNumber },
}

/// How many messages a new queue takes, and how long each can be: `mq_maxmsg`, `mq_msgsize`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueSizes {
    /// The number of messages.
    pub most: i64,
    /// The bytes of one message.
    pub size: i64,
}

impl QueueCall {
    /// Its C name.
    pub fn name(&self) -> &'static str {
        match self {
            QueueCall::Open { .. } => "mq_open",
            QueueCall::Send { .. } => "mq_send",
            QueueCall::Receive { .. } => "mq_receive",
            QueueCall::Unlink { .. } => "mq_unlink",
            QueueCall::Getattr { .. } => "mq_getattr",
        }
    }
}
