//! A world as a Graphviz graph.

use super::names;
use crate::explain::sockets;
use crate::world::{Access, Death, Holder, Object, ObjectKind, Process, State, Usage, User, World};
use std::fmt::Write;

/// Processes as boxes, objects between them, an arrow for each descriptor in the direction bytes can flow:
/// text for `dot -Tsvg`.
pub fn dot(world: &World) -> String {
    let mut out = String::from("digraph pipescope {\n  rankdir=LR;\n  node [fontname=monospace, shape=box];\n");
    for process in &world.processes {
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(out, "  {} [label={}];", node(&process.name, process.pid), quote(&label(process)));
    }
    for holder in outsiders(world) {
        let label = format!("{}\npid {}\noutside", holder.process, holder.pid);
        let _ = writeln!(out, "  {} [style=dashed, label={}];", node(&holder.process, holder.pid), quote(&label));
    }
    for object in &world.objects {
        let shape = match object.kind {
            ObjectKind::Pipe | ObjectKind::Fifo => "cds",
            ObjectKind::Socket => "component",
            ObjectKind::Memory => "box3d",
            ObjectKind::Queue | ObjectKind::PostQueue => "cds",
            ObjectKind::Semaphores => "octagon",
            ObjectKind::File => "note",
        };
        let id = quote(&object.id.0);
        let _ = writeln!(out, "  {id} [shape={shape}, label={}];", quote(&contents(object)));
        for holder in &object.holders {
            arrow(&mut out, &id, holder);
        }
        for user in object.usage().into_iter().flat_map(Usage::living) {
            used(&mut out, &id, user);
        }
    }
    out + "}\n"
}

fn arrow(out: &mut String, object: &str, holder: &Holder) {
    let process = node(&holder.process, holder.pid);
    let fd = holder.fd;
    let _ = match holder.access {
        Access::Read => writeln!(out, "  {object} -> {process} [headlabel=\"{fd}\"];"),
        Access::Write => writeln!(out, "  {process} -> {object} [taillabel=\"{fd}\"];"),
        Access::ReadWrite => writeln!(out, "  {process} -> {object} [dir=both, taillabel=\"{fd}\"];"),
        Access::None => writeln!(out, "  {process} -> {object} [dir=none, style=dotted, taillabel=\"{fd}\"];"),
    };
}

/// Who was seen to use what no descriptor refers to.
fn used(out: &mut String, object: &str, user: &User) {
    let process = node(&user.process, user.pid);
    let way = match (user.puts + user.sets > 0, user.takes > 0) {
        (true, true) => "both",
        (true, false) => "forward",
        (false, true) => "back",
        (false, false) => "none",
    };
    let _ = writeln!(out, "  {process} -> {object} [dir={way}, style=dashed];");
}

/// The holders that are no process of the stage, each once.
fn outsiders(world: &World) -> Vec<&Holder> {
    let mut out: Vec<&Holder> = Vec::new();
    for holder in world.objects.iter().flat_map(|o| &o.holders).filter(|h| h.outside) {
        if !out.iter().any(|seen| seen.pid == holder.pid && seen.process == holder.process) {
            out.push(holder);
        }
    }
    out
}

/// A name may be used again after a death, and so may a pid: both together make a node.
fn node(name: &str, pid: i32) -> String {
    quote(&format!("{name} {pid}"))
}

fn label(process: &Process) -> String {
    let state = match &process.state {
        State::Idle => "idle".into(),
        State::Running => "running".into(),
        State::Stopped => "stopped".into(),
        State::Blocked(b) => match b.fd {
            Some(fd) => format!("BLOCKED {}({fd})", b.call),
            None => format!("BLOCKED {}", b.call),
        },
        State::Zombie(how) => format!("ZOMBIE, {}", death(*how)),
        State::Gone(how) => death(*how),
    };
    format!("{}\npid {}\n{state}", process.name, process.pid)
}

fn death(how: Death) -> String {
    match how {
        Death::Exited(code) => format!("exited {code}"),
        Death::Killed(signal) => format!("killed by {}", names::signal(signal)),
        Death::Unknown => "ended, nobody knows how".into(),
    }
}

fn contents(object: &Object) -> String {
    match (object.kind, object.bytes.value(), object.capacity.value()) {
        (ObjectKind::File, ..) => object.id.0.clone(),
        (ObjectKind::Socket, ..) => match object.as_socket() {
            Some(s) => format!("{}\n{} {}", object.id, sockets::kind(s), sockets::state(s)),
            None => object.id.0.clone(),
        },
        (_, Some(bytes), Some(capacity)) => format!("{}\n{bytes} of {capacity} bytes", object.id),
        (_, Some(bytes), None) => format!("{}\n{bytes} bytes", object.id),
        (_, None, _) => format!("{}\nbytes unknown", object.id),
    }
}

/// A quoted string of the DOT language: a quote and a backslash are escaped, a line's end is `\n`.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            c if c.is_control() => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn every_end_is_an_arrow_in_the_direction_of_the_bytes() {
        let text = dot(&sample::stuck().world);
        assert_eq!(
            text,
            "digraph pipescope {\n  rankdir=LR;\n  node [fontname=monospace, shape=box];\n  \
             \"parent 4242\" [label=\"parent\\npid 4242\\nidle\"];\n  \
             \"child 4243\" [label=\"child\\npid 4243\\nBLOCKED read(3)\"];\n  \
             \"cat 99\" [style=dashed, label=\"cat\\npid 99\\noutside\"];\n  \
             \"pipe:[9751]\" [shape=cds, label=\"pipe:[9751]\\n0 of 65536 bytes\"];\n  \
             \"pipe:[9751]\" -> \"child 4243\" [headlabel=\"3\"];\n  \
             \"child 4243\" -> \"pipe:[9751]\" [taillabel=\"4\"];\n  \
             \"cat 99\" -> \"pipe:[9751]\" [taillabel=\"5\"];\n}\n"
        );
    }

    #[test]
    fn a_name_cannot_break_out_of_its_quotes() {
        assert_eq!(quote("a\"];x\\\n\u{1b}"), "\"a\\\"];x\\\\\\n\u{FFFD}\"");
    }
}
