//! Memory that processes map, and queues of messages.

use super::object::ObjectId;
use super::process::{Access, Known, Pid, ProcName};
use super::system_v::{PostQueue, Semaphores};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The name that a mapping has in its process: `m1` for the first that its calls made. A fork hands it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MapName(pub u32);

impl fmt::Display for MapName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m{}", self.0)
    }
}

/// What a process has mapped, and where in it it sleeps.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// Its mappings by address: all shared ones, and the private ones that its calls made.
    pub mappings: Vec<Mapping>,
    /// Why they could not be read, where they could not.
    pub unreadable: Option<String>,
    /// The address of the word that it sleeps at, where it is blocked in `futex`.
    pub waits_at: Option<u64>,
}

impl Space {
    /// The mapping with this name.
    pub fn named(&self, name: MapName) -> Option<&Mapping> {
        self.mappings.iter().find(|m| m.name == Some(name))
    }

    /// The mapping that holds the word it sleeps at, and where in it.
    pub fn waits_in(&self) -> Option<(&Mapping, u64)> {
        let at = self.waits_at?;
        self.mappings.iter().find_map(|m| Some((m, at.checked_sub(m.start).filter(|offset| *offset < m.length)?)))
    }
}

/// One mapping of a process, from `/proc/PID/maps`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// Its name, where a call of the process or of an ancestor made it.
    pub name: Option<MapName>,
    /// Its first address.
    pub start: u64,
    /// Its length in bytes, a whole number of pages.
    pub length: u64,
    /// What its pages may be used for: `PROT_READ`, `PROT_WRITE`.
    pub access: Access,
    /// `MAP_SHARED`: what is stored is stored in the object, for all who map it.
    pub shared: bool,
    /// What is mapped; `None`: anonymous memory of this process alone.
    pub object: Option<ObjectId>,
    /// Where in the object it begins, in bytes.
    pub offset: u64,
    /// The first words as the process would load them.
    pub words: Known<Vec<u64>>,
}

/// What an object is beside a queue of bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// Nothing: a pipe or a file.
    #[default]
    Plain,
    /// Memory that can be mapped.
    Memory(Memory),
    /// A POSIX message queue.
    Queue(Queue),
    /// A System V message queue.
    PostQueue(PostQueue),
    /// System V semaphores.
    Semaphores(Semaphores),
}

/// Memory that can be mapped by several processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Its size in bytes.
    pub size: Known<u64>,
    /// Its first words of 64 bits.
    pub words: Known<Vec<u64>>,
    /// Who maps it, in order of process, then address.
    pub maps: Vec<Mapped>,
    /// What the increments that were seen to finish have added, for words that nobody stored to since; by offset.
    pub added: Vec<Added>,
}

/// What was added to a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Added {
    /// Where the word is, in bytes from the start of the memory.
    pub offset: u64,
    /// What it was before.
    pub from: u64,
    /// The sum of all additions.
    pub sum: u64,
    /// Who made them, in the order in which they were done.
    pub by: Vec<ProcName>,
}

/// A process that maps an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapped {
    /// Its name on the stage; for one that is not on it, its command name.
    pub process: ProcName,
    /// Its process id.
    pub pid: Pid,
    /// The name of the mapping.
    pub name: Option<MapName>,
    /// What its pages may be used for.
    pub access: Access,
    /// Stores reach the object.
    pub shared: bool,
}

/// A POSIX message queue, `mq_overview(7)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// How many messages wait (`mq_curmsgs`).
    pub messages: Known<u64>,
    /// How many can wait (`mq_maxmsg`).
    pub most: Known<u64>,
    /// How long one can be, in bytes (`mq_msgsize`).
    pub size: Known<u64>,
    /// The messages, in the order in which they will come. The kernel shows none before it is received: they are known from
    /// the calls that were seen, as long as their number and bytes are the kernel's.
    pub waiting: Known<Vec<QueueMessage>>,
}

/// A message in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueMessage {
    /// Its priority; the higher comes first.
    pub priority: u32,
    /// Its first bytes.
    pub head: Vec<u8>,
    /// How many bytes it has.
    pub length: u64,
}

impl Queue {
    /// Why its messages are not known where nobody saw them being sent.
    pub const UNSEEN: &'static str = "the kernel shows a message to the one who receives it";
}

/// What stands before the names that a stage gives to memory and queues: `pipescope-AbCdEf.`.
const PREFIX: (&str, usize) = ("pipescope-", 6);

/// The name of a piece of memory or a queue as its calls have it: `counter` for
/// `/dev/shm/pipescope-AbCdEf.counter`. `None` where no stage has named it.
pub fn stage_name(path: &str) -> Option<&str> {
    let file = path.rsplit('/').next()?;
    let (word, random) = PREFIX;
    let rest = file.strip_prefix(word)?;
    let (code, name) = rest.split_at_checked(random)?;
    let plain = code.bytes().all(|b| b.is_ascii_alphanumeric());
    name.strip_prefix('.').filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_calls_is_found_again() {
        for (path, name) in [
            ("/dev/shm/pipescope-aB3dEf.counter", Some("counter")),
            ("/dev/shm/pipescope-aB3dEf.counter (deleted) [7]", Some("counter (deleted) [7]")),
            ("/pipescope-aB3dEf.a.b", Some("a.b")),
            ("/dev/shm/pipescope-aB3dEf", None),
            ("/dev/shm/pipescope-a", None),
            ("/dev/shm/pipescope-größe.x", None),
            ("/dev/shm/other", None),
        ] {
            assert_eq!(stage_name(path), name, "{path}");
        }
    }
}
