//! Calls that a program made by itself and that the notation has no form for.

use super::Data;
use crate::world::{FdNumber, ObjectId, ObjectKind};
use serde::{Deserialize, Serialize};

/// A call that was seen, under its C name, its arguments as text. It is printed and kept, never parsed or performed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its C name: `writev`.
    pub name: String,
    /// What stands between the parentheses, escaped, on one line.
    pub arguments: String,
    /// The descriptor it puts bytes in through, and the first of the bytes.
    pub puts: Option<(FdNumber, Data)>,
    /// The descriptor it takes bytes out through, and how many it asks for.
    pub takes: Option<(FdNumber, u64)>,
}

impl Seen {
    /// A call that moves no bytes.
    pub fn new(name: impl Into<String>, arguments: impl Into<String>) -> Seen {
        Seen { name: name.into(), arguments: arguments.into(), puts: None, takes: None }
    }

    /// The System V queue or semaphores that it names by its first argument.
    pub fn system_v(&self) -> Option<ObjectId> {
        let kind = match self.name.as_str() {
            "msgsnd" | "msgrcv" | "msgctl" => ObjectKind::PostQueue,
            "semop" | "semtimedop" | "semctl" => ObjectKind::Semaphores,
            _ => return None,
        };
        let id = self.arguments.split(',').next()?.parse().ok()?;
        Some(ObjectId::system_v(kind, id))
    }
}
