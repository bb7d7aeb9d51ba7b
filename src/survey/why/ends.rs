//! Ends in sentences: whose they are, and the closes that give them up.

use super::{Holder, name};
use crate::world::Pid;

/// At the most so many ends are named in a sentence; the list below it has them all.
const NAMED: usize = 3;

/// `fd 4 of cat[77]`, `its own fd 4`; beyond three, how many more there are.
pub(super) fn named(holders: &[Holder], own: Pid) -> String {
    let mut words: Vec<String> = holders.iter().take(NAMED).map(|h| one(h, own)).collect();
    if holders.len() > NAMED {
        words.push(format!("{} more", holders.len() - NAMED));
    }
    name::list(&words)
}

fn one(holder: &Holder, own: Pid) -> String {
    match holder.fd {
        Some(fd) if holder.pid == own => format!("its own fd {fd}"),
        Some(fd) => format!("fd {fd} of {}[{}]", name::plain(&holder.comm), holder.pid),
        None => format!("{}[{}]", name::plain(&holder.comm), holder.pid),
    }
}

/// The calls that close them, one a line: `cat[77]: close(4)`.
pub(super) fn closes(holders: &[Holder]) -> String {
    let close = |h: &Holder| Some(format!("{}[{}]: close({})", name::plain(&h.comm), h.pid, h.fd?));
    holders.iter().filter_map(close).collect::<Vec<_>>().join("\n")
}

/// What each process of these is doing, each once: `cat[77] is blocked in read(3)`.
pub(super) fn doing(holders: &[Holder], own: Pid) -> String {
    let mut seen: Vec<Pid> = vec![own];
    let mut words = Vec::new();
    for holder in holders {
        if !seen.contains(&holder.pid) {
            seen.push(holder.pid);
            words.push(format!("{}[{}] is {}", name::plain(&holder.comm), holder.pid, holder.doing));
        }
    }
    let more = words.len().saturating_sub(NAMED);
    words.truncate(NAMED);
    if more > 0 {
        words.push(format!("{more} more hold it too"));
    }
    name::list(&words)
}
