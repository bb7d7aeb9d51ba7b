//! The shapes of schema 1. They are apart from the types of the program so that these may change and it does not.

use super::{memory, system_v};
use crate::world::{FdNumber, Pid};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Session<'a> {
    pub(super) r#type: &'static str,
    pub(super) schema: u32,
    pub(super) title: &'a str,
    pub(super) source: &'a str,
}

#[derive(Serialize)]
pub(super) struct TerminalLine {
    pub(super) r#type: &'static str,
    pub(super) text: String,
    pub(super) text_cut: bool,
}

#[derive(Serialize)]
pub(super) struct WorldLine<'a> {
    pub(super) r#type: &'static str,
    pub(super) schema: u32,
    #[serde(flatten)]
    pub(super) world: World<'a>,
}

/// What comes before the world in a moment.
#[derive(Serialize)]
pub(super) struct MomentHead<'a> {
    pub(super) r#type: &'static str,
    pub(super) step: usize,
    pub(super) cause: &'static str,
    pub(super) script_index: Option<usize>,
    #[serde(flatten)]
    pub(super) own: Completion<'a>,
    pub(super) resumed: Vec<Completion<'a>>,
    pub(super) flows: Vec<Flow<'a>>,
}

/// What follows the world and the findings.
#[derive(Serialize)]
pub(super) struct MomentTail<'a> {
    pub(super) checks: Vec<Check<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) traced: Option<Traced>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<Source<'a>>,
}

#[derive(Serialize)]
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) function: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Traced {
    pub(super) thread: Pid,
    pub(super) seconds: f64,
    pub(super) left_out: u64,
}

#[derive(Default, Serialize)]
pub(super) struct Completion<'a> {
    pub(super) process: Option<&'a str>,
    pub(super) call: Option<String>,
    pub(super) outcome: Option<Outcome<'a>>,
    pub(super) data: Option<String>,
    pub(super) data_cut: bool,
    pub(super) eof: bool,
    pub(super) fds: Option<[FdNumber; 2]>,
    pub(super) child: Option<Child<'a>>,
    pub(super) waited: Option<Waited<'a>>,
    /// The name of the mapping that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mapping: Option<String>,
    /// That of the message that came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) priority: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) queue: Option<memory::Attributes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<system_v::Letter<'a>>,
    /// What a loop has measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) measured: Option<Measured>,
    /// Why it came out otherwise than it would without being traced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remark: Option<&'a str>,
    pub(super) socket: Option<super::socket::Brought>,
}

/// Quartiles of a round's nanoseconds; or how many bytes came in how many nanoseconds.
#[derive(Default, Serialize)]
pub(super) struct Measured {
    pub(super) round_ns: Option<[u64; 3]>,
    pub(super) bytes: Option<u64>,
    pub(super) ns: Option<u64>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Outcome<'a> {
    Returned { value: i64 },
    Error { errno: String, number: i32 },
    Blocked { r#in: &'a str, fd: Option<FdNumber>, child: Option<Pid>, path: Option<&'a str>, count: Option<u64> },
    Exited { code: i32 },
    Killed { signal: String },
    Ended { how: Option<()>, how_unknown: &'static str },
    Running,
    Interrupted,
    Signal { signal: String, from: Option<Pid> },
}

#[derive(Serialize)]
pub(super) struct Child<'a> {
    pub(super) process: &'a str,
    pub(super) pid: Pid,
}

#[derive(Serialize)]
pub(super) struct Waited<'a> {
    pub(super) process: Option<&'a str>,
    pub(super) pid: Pid,
    pub(super) ended: Outcome<'a>,
}

#[derive(Serialize)]
pub(super) struct Flow<'a> {
    pub(super) from: Option<End<'a>>,
    pub(super) object: &'a str,
    pub(super) to: Option<End<'a>>,
    pub(super) bytes: u64,
    pub(super) data: Option<String>,
    pub(super) data_cut: bool,
    pub(super) eof: bool,
    pub(super) lost: bool,
    pub(super) dropped: bool,
}

#[derive(Serialize)]
pub(super) struct End<'a> {
    pub(super) process: &'a str,
    pub(super) fd: Option<FdNumber>,
}

#[derive(Serialize)]
pub(super) struct World<'a> {
    pub(super) processes: Vec<Process<'a>>,
    pub(super) objects: Vec<Object<'a>>,
    /// Left out where all processes are in the machine's own network.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) machines: Vec<super::machine::Machine<'a>>,
}

#[derive(Serialize)]
pub(super) struct Process<'a> {
    pub(super) name: &'a str,
    pub(super) pid: Pid,
    pub(super) ppid: Pid,
    pub(super) program: Option<&'a str>,
    pub(super) state: &'static str,
    pub(super) blocked_in: Option<BlockedIn<'a>>,
    /// Of a traced process that has, or had, several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) threads: Vec<Thread<'a>>,
    pub(super) ended: Option<Outcome<'a>>,
    pub(super) fds: Option<Vec<Fd<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fds_unknown: Option<&'a str>,
    pub(super) stdout: Option<Stdout>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stdout_unknown: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) mappings: Vec<memory::Mapping<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mappings_unknown: Option<&'a str>,
    /// Where it sleeps in `futex`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) waits_at: Option<memory::WaitsAt>,
}

#[derive(Serialize)]
pub(super) struct Stdout {
    pub(super) bytes: u64,
    pub(super) size: u64,
    pub(super) buffering: &'static str,
    pub(super) contents: String,
    pub(super) contents_cut: bool,
}

#[derive(Serialize)]
pub(super) struct Thread<'a> {
    pub(super) thread: Pid,
    pub(super) blocked_in: Option<BlockedIn<'a>>,
}

#[derive(Serialize)]
pub(super) struct BlockedIn<'a> {
    pub(super) call: &'a str,
    pub(super) fd: Option<FdNumber>,
    pub(super) child: Option<Pid>,
    pub(super) path: Option<&'a str>,
    pub(super) count: Option<u64>,
}

#[derive(Serialize)]
pub(super) struct Fd<'a> {
    pub(super) fd: FdNumber,
    pub(super) target: &'a str,
    pub(super) target_kind: &'static str,
    pub(super) access: &'static str,
    pub(super) cloexec: bool,
    pub(super) nonblock: bool,
    pub(super) origin: Option<Origin<'a>>,
}

#[derive(Serialize)]
pub(super) struct Origin<'a> {
    pub(super) step: usize,
    pub(super) call: &'a str,
    pub(super) inherited: Vec<Inherited<'a>>,
}

#[derive(Serialize)]
pub(super) struct Inherited<'a> {
    pub(super) step: usize,
    pub(super) from: &'a str,
}

#[derive(Serialize)]
pub(super) struct Object<'a> {
    pub(super) id: &'a str,
    pub(super) kind: &'static str,
    pub(super) inode: u64,
    pub(super) bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes_unknown: Option<&'a str>,
    pub(super) capacity: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) capacity_unknown: Option<&'a str>,
    pub(super) contents: Option<String>,
    pub(super) contents_cut: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) contents_unknown: Option<&'a str>,
    pub(super) socket: Option<super::socket::SocketLine<'a>>,
    pub(super) readers: Vec<HolderLine<'a>>,
    pub(super) writers: Vec<HolderLine<'a>>,
    /// Descriptors that neither read nor write (`O_PATH`).
    pub(super) others: Vec<HolderLine<'a>>,
    /// The lengths of what is kept apart in a pipe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) packets: Option<&'a [usize]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) memory: Option<memory::Memory<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) queue: Option<memory::Queue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) system_v_queue: Option<system_v::Queue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) semaphores: Option<system_v::Semaphores<'a>>,
}

#[derive(Serialize)]
pub(super) struct HolderLine<'a> {
    pub(super) process: &'a str,
    pub(super) pid: Pid,
    pub(super) fd: FdNumber,
    pub(super) outside: bool,
}

#[derive(Serialize)]
pub(super) struct Finding<'a> {
    pub(super) rule: &'a str,
    pub(super) severity: &'static str,
    pub(super) process: &'a str,
    pub(super) fd: Option<FdNumber>,
    pub(super) object: Option<&'a str>,
    pub(super) holders: Vec<Culprit<'a>>,
    pub(super) text: &'a str,
    pub(super) fix: &'a str,
    pub(super) fix_now: bool,
    pub(super) long: &'a [String],
}

#[derive(Serialize)]
pub(super) struct Culprit<'a> {
    pub(super) process: &'a str,
    pub(super) pid: Pid,
    pub(super) fd: FdNumber,
    pub(super) access: &'static str,
    pub(super) origin: Option<Origin<'a>>,
}

#[derive(Serialize)]
pub(super) struct Check<'a> {
    pub(super) expect: &'a str,
    pub(super) met: bool,
    pub(super) got: &'a str,
}
