//! The rows of a process's box for its threads, where it has several that are held.

use super::Picture;
use super::text::safe;
use crate::trace::AtCall;
use crate::world::Process;

/// So many threads of a process are told of one by one.
const THREADS: usize = 5;

/// What each thread of a process is about to do, where that has more than its first; who would go first, first.
pub(super) fn threads(picture: &Picture, process: &Process) -> Vec<String> {
    let held: Vec<_> = picture.waiting.iter().filter(|at| at.pid == process.pid).collect();
    if held.iter().all(|at| at.tid == at.pid) {
        return Vec::new();
    }
    let told = |at: &&AtCall| format!("{}: {}", at.tid, safe(&at.call.call.to_string(), &picture.glyphs));
    let mut out: Vec<String> = held.iter().take(THREADS).map(told).collect();
    if held.len() > THREADS {
        out.push(format!("and {} threads more", held.len() - THREADS));
    }
    out
}
