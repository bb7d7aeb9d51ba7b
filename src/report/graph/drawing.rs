//! The picture as boxes and arrows, for every graphical form.

use crate::observe::Thing;
use crate::report::words::words;
use crate::survey::{End, Machine, Picture, Shared};
use crate::world::Access;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Boxes and what is between them.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    /// Processes: a name for the box, and its lines.
    pub(super) processes: Vec<Box>,
    /// Things.
    pub(super) things: Vec<Box>,
    /// Between a process and a thing.
    pub(super) arrows: Vec<Arrow>,
    /// Between the two ends of a connection: indices of things.
    pub(super) pairs: Vec<(usize, usize)>,
    /// What the picture cannot show.
    pub(super) remark: Option<String>,
}

/// A box.
#[derive(Debug)]
pub(super) struct Box {
    /// Unique, letters and digits.
    pub(super) id: String,
    /// What it says.
    pub(super) lines: Vec<String>,
}

/// All the ways of one process to one thing in one direction.
#[derive(Debug)]
pub(super) struct Arrow {
    /// Index of the process.
    pub(super) process: usize,
    /// Index of the thing.
    pub(super) thing: usize,
    /// The direction.
    pub(super) access: Access,
    /// `fd 3`, `fds 3, 5`, `mapped`.
    pub(super) label: String,
}

impl Drawing {
    pub(super) fn of(machine: &Machine, picture: &Picture<'_>) -> Drawing {
        let mut drawing = Drawing::default();
        for pid in &picture.processes {
            let words = machine.command(*pid).as_deref().map(|command| words(command).trim_start().to_owned());
            let mut lines = vec![machine.name(*pid).into_owned()];
            lines.extend(words);
            lines.push(format!("user {}", machine.user(*pid)));
            drawing.processes.push(Box { id: format!("p{pid}"), lines });
        }
        let places: BTreeMap<Thing, usize> = picture.things.iter().enumerate().map(|(i, s)| (s.thing, i)).collect();
        for (i, shared) in picture.things.iter().enumerate() {
            drawing.things.push(Box { id: format!("o{i}"), lines: lines(shared) });
            for (pid, access, ends) in by_process(&shared.ends) {
                let Ok(process) = picture.processes.binary_search(&pid) else { continue };
                drawing.arrows.push(Arrow { process, thing: i, access, label: numbers(&ends) });
            }
            let peer = shared.socket.as_ref().and_then(|s| places.get(&s.peer?).copied());
            drawing.pairs.extend(peer.filter(|peer| *peer > i).map(|peer| (i, peer)));
        }
        drawing.remark = (picture.unseen > 0)
            .then(|| format!("more ends may be held by processes that may not be read: {}", picture.unseen))
            .or_else(|| machine.hides_others().then(|| crate::report::HIDDEN.to_owned()));
        drawing
    }
}

fn lines(shared: &Shared<'_>) -> Vec<String> {
    let mut lines = vec![shared.label.clone()];
    if let Some(socket) = &shared.socket {
        lines.extend(socket.address.clone());
        lines.extend(socket.listens.map(|_| "listens".to_owned()));
    }
    match shared.thing {
        Thing::Fifo(..) => lines.push("FIFO".into()),
        Thing::Queue(..) => lines.push("message queue".into()),
        Thing::Memory(..) => lines.push("shared memory".into()),
        _ => {}
    }
    if shared.more > 0 {
        lines.push(format!("and {} more processes", shared.more));
    }
    lines
}

/// Ends by process and direction, in their order.
pub(super) fn by_process(ends: &[End]) -> Vec<(i32, Access, Vec<End>)> {
    let mut out: Vec<(i32, Access, Vec<End>)> = Vec::new();
    for end in ends {
        match out.iter_mut().find(|(pid, access, _)| (*pid, *access) == (end.pid, end.access)) {
            Some((.., known)) => known.push(*end),
            None => out.push((end.pid, end.access, vec![*end])),
        }
    }
    out
}

/// `fd 3`, `fds 3, 5`, `mapped`.
fn numbers(ends: &[End]) -> String {
    let mut text = String::new();
    push_numbers(&mut text, ends);
    text
}

/// The same, at the end of what is there.
pub(super) fn push_numbers(text: &mut String, ends: &[End]) {
    let several = ends.iter().filter(|e| e.fd.is_some()).count() > 1;
    for (i, fd) in ends.iter().filter_map(|e| e.fd).enumerate() {
        text.push_str(match (i, several) {
            (0, false) => "fd ",
            (0, true) => "fds ",
            _ => ", ",
        });
        // Writing to a String cannot fail.
        let _ = write!(text, "{fd}");
    }
    if ends.iter().any(|e| e.fd.is_none()) {
        text.push_str(if ends.iter().any(|e| e.fd.is_some()) { ", mapped" } else { "mapped" });
    }
}

#[cfg(test)]
pub(super) fn sample() -> Drawing {
    let box_of = |id: &str, lines: &[&str]| Box { id: id.into(), lines: lines.iter().map(|l| (*l).into()).collect() };
    let arrow = |process, thing, access, label: &str| Arrow { process, thing, access, label: label.into() };
    Drawing {
        processes: vec![box_of("p7", &["a\"<b>[7]", "user root"]), box_of("p9", &["cat[9]", "user nobody"])],
        things: vec![box_of("o0", &["pipe:[1]"]), box_of("o1", &["socket:[2]"]), box_of("o2", &["socket:[3]", "@x"])],
        arrows: vec![
            arrow(0, 0, Access::Write, "fd 4"),
            arrow(1, 0, Access::Read, "fds 3, 5"),
            arrow(0, 1, Access::ReadWrite, "fd 6"),
        ],
        pairs: vec![(1, 2)],
        remark: Some("2 more processes may hold ends that may not be seen".into()),
    }
}
