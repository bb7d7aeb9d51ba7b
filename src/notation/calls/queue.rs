//! The calls that concern message queues.

use super::{Argument, CallSpec};

pub(super) const CALLS: [CallSpec; 5] = [
    CallSpec {
        name: "mq_open",
        signature: "mq_open(name, flags[, mode[, maxmsg, msgsize]])",
        summary: "Open a message queue by name, or make it. The names are this stage's own. Its mode is 0600 unless said.",
        example: "mq_open(\"/jobs\", O_RDWR|O_CREAT, 0600, 3, 16)",
        arguments: &[Argument::Path, Argument::OpenFlags, Argument::Mode, Argument::Number, Argument::Number],
    },
    CallSpec {
        name: "mq_send",
        signature: "mq_send(fd, data, priority)",
        summary: "Put a message into a queue; wait while it is full.",
        example: "mq_send(3, \"hello\", 1)",
        arguments: &[Argument::Fd, Argument::Data, Argument::Number],
    },
    CallSpec {
        name: "mq_receive",
        signature: "mq_receive(fd, size)",
        summary: "Take the oldest message of the highest priority; wait while there is none.",
        example: "mq_receive(3, 16)",
        arguments: &[Argument::Fd, Argument::Number],
    },
    CallSpec {
        name: "mq_unlink",
        signature: "mq_unlink(name)",
        summary: "Remove the name of a queue; it ends when nobody has it open any more.",
        example: "mq_unlink(\"/jobs\")",
        arguments: &[Argument::Path],
    },
    CallSpec {
        name: "mq_getattr",
        signature: "mq_getattr(fd)",
        summary: "Ask how many messages wait, how many can, and how long one can be.",
        example: "mq_getattr(3)",
        arguments: &[Argument::Fd],
    },
];
