//! Calls that concern shared memory and message queues.

use super::super::{
    Detail, MemoryCall, PRIVATE_MODE, Place, QueueCall, map_flags_name, memfd_flags_name, open_flags_name, prot_name,
};
use super::call::{octal, quoted};
use std::fmt;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.map, self.offset)
    }
}

/// What stands between the parentheses.
pub(super) fn arguments(call: &MemoryCall) -> String {
    let name = |name: &String| quoted(name.as_bytes());
    match call {
        MemoryCall::MemfdCreate { name: n, flags: 0 } => name(n),
        MemoryCall::MemfdCreate { name: n, flags } => format!("{}, {}", name(n), memfd_flags_name(*flags)),
        MemoryCall::ShmOpen { name: n, flags, mode } => {
            format!("{}, {}{}", name(n), open_flags_name(*flags), unusual_mode(*mode))
        }
        MemoryCall::ShmUnlink { name: n } => name(n),
        MemoryCall::Ftruncate { fd, length } => format!("{fd}, {length}"),
        MemoryCall::Mmap { length, prot, flags, fd, offset } => {
            let rest = match (*fd, *offset) {
                (-1, 0) => String::new(),
                (fd, 0) => format!(", {fd}"),
                (fd, offset) => format!(", {fd}, {offset}"),
            };
            format!("{length}, {}, {}{rest}", prot_name(*prot), map_flags_name(*flags))
        }
        MemoryCall::Munmap { map } => map.to_string(),
        MemoryCall::Load { place } | MemoryCall::Lock { place } | MemoryCall::Unlock { place } => place.to_string(),
        MemoryCall::Store { place, value } => format!("{place}, {value}"),
        MemoryCall::Increment { place, times, gate } | MemoryCall::AtomicIncrement { place, times, gate } => {
            let gate = gate.map(|gate| format!(", {gate}")).unwrap_or_default();
            format!("{place}, {times}{gate}")
        }
        MemoryCall::FutexWake { place, count: i32::MAX } => place.to_string(),
        MemoryCall::FutexWake { place, count } => format!("{place}, {count}"),
    }
}

/// What stands between the parentheses.
pub(super) fn queue_arguments(call: &QueueCall) -> String {
    match call {
        QueueCall::Open { name, flags, mode, sizes } => {
            let (name, flags) = (quoted(name.as_bytes()), open_flags_name(*flags));
            match sizes {
                None => format!("{name}, {flags}{}", unusual_mode(*mode)),
                Some(sizes) => format!("{name}, {flags}, {}, {}, {}", octal(*mode), sizes.most, sizes.size),
            }
        }
        QueueCall::Send { fd, data, priority } => format!("{fd}, {data}, {priority}"),
        QueueCall::Receive { fd, size } => format!("{fd}, {size}"),
        QueueCall::Unlink { name } => quoted(name.as_bytes()),
        QueueCall::Getattr { fd } => fd.to_string(),
    }
}

/// What the result means, where its value does not say it.
pub(super) fn note(detail: &Detail) -> Option<String> {
    match detail {
        Detail::Mapped(name) => Some(name.to_string()),
        Detail::Message(_, priority) => Some(format!("priority {priority}")),
        Detail::Letter(letter) if letter.lost > 0 => {
            Some(format!("type {}; {} more bytes of it did not fit", letter.kind, letter.lost))
        }
        Detail::Letter(letter) => Some(format!("type {}", letter.kind)),
        Detail::QueueState { messages, most, size } => {
            Some(format!("{messages} of {most} messages, each of at most {size} bytes"))
        }
        _ => None,
    }
}

fn unusual_mode(mode: u32) -> String {
    if mode == PRIVATE_MODE { String::new() } else { format!(", {}", octal(mode)) }
}
