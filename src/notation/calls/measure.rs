//! The loops that take the time.

use super::{Argument, CallSpec};

pub(super) const CALLS: [CallSpec; 4] = [
    CallSpec {
        name: "round_trips",
        signature: "round_trips(out, in, rounds)",
        summary: "Write a byte and wait for the one that comes back, so many times, and take the time of each round.",
        example: "round_trips(4, 5, 1000)",
        arguments: &[Argument::Fd, Argument::Fd, Argument::Number],
    },
    CallSpec {
        name: "echo",
        signature: "echo(in, out, rounds)",
        summary: "Wait for a byte and write it back, so many times or until end of file.",
        example: "echo(3, 6, 1000)",
        arguments: &[Argument::Fd, Argument::Fd, Argument::Number],
    },
    CallSpec {
        name: "pour",
        signature: "pour(fd, bytes)",
        summary: "Write so many bytes at full speed, up to 32 KiB at a time, and take the time.",
        example: "pour(4, 16777216)",
        arguments: &[Argument::Fd, Argument::Number],
    },
    CallSpec {
        name: "drain",
        signature: "drain(fd, bytes[, milliseconds])",
        summary: "Read until so many bytes have come, or end of file, or for that long nothing, and take the time.",
        example: "drain(3, 16777216, 300)",
        arguments: &[Argument::Fd, Argument::Number, Argument::Number],
    },
];
