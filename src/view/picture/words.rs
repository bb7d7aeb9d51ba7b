//! The facts of the picture in words: what a process does, which end a descriptor is.

use super::Picture;
use super::text::safe;
use crate::notation::escape;
use crate::view::{Glyphs, Theme};
use crate::world::{
    Access, BlockedIn, Body, Buffered, Buffering, Death, Known, Mapping, Object, ObjectKind, Process, Queue, State,
    World,
};
use ratatui::style::Style;

/// What a process does, the longest form first, each shorter one still true.
pub(super) fn state(process: &Process, picture: &Picture, glyphs: &Glyphs) -> Vec<String> {
    let world = picture.world;
    let mut waiting = picture.waiting.iter().filter(|at| at.pid == process.pid);
    if let Some(first) = waiting.next() {
        let others = waiting.count();
        let more = if others == 0 { String::new() } else { format!(" +{others}") };
        let mut out = next(&safe(&first.call.call.to_string(), glyphs), "next: ", &more);
        out.push("held".to_owned());
        return out;
    }
    let program = process.program.as_deref().map(|p| safe(p, glyphs));
    match &process.state {
        State::Idle | State::Running => match (program, &process.state) {
            (Some(program), _) => vec![format!("running {program}"), "running".to_owned()],
            (None, State::Idle) => vec!["idle".to_owned()],
            (None, _) => vec!["running".to_owned()],
        },
        State::Blocked(call) => {
            let mut choices = super::system_v::blocked(process, picture, glyphs);
            choices.extend(blocked(call, world, glyphs));
            choices
        }
        State::Stopped => vec!["STOPPED".to_owned()],
        State::Zombie(Death::Unknown) => vec!["ZOMBIE".to_owned()],
        State::Zombie(Death::Exited(code)) => vec![format!("ZOMBIE exited {code}"), "ZOMBIE".to_owned()],
        State::Zombie(Death::Killed(signal)) => {
            vec![format!("ZOMBIE killed {}", signal_name(*signal)), "ZOMBIE".to_owned()]
        }
        State::Gone(Death::Unknown) => vec!["GONE".to_owned()],
        State::Gone(Death::Exited(code)) => vec![format!("EXITED {code}")],
        State::Gone(Death::Killed(signal)) => vec![format!("KILLED {}", signal_name(*signal)), "KILLED".to_owned()],
    }
}

/// The call that somebody is held before, between these words.
pub(super) fn next(whole: &str, before: &str, behind: &str) -> Vec<String> {
    let (name, rest) = whole.split_once('(').unwrap_or((whole, ""));
    let first = rest.split(&[',', ')']).next().unwrap_or("");
    let forms = [whole.to_owned(), format!("{name}({first})"), name.to_owned()];
    forms.map(|call| format!("{before}{call}{behind}")).into()
}

fn blocked(b: &BlockedIn, world: &World, glyphs: &Glyphs) -> Vec<String> {
    let mark = glyphs.blocked;
    let calls = calls(b, world, glyphs).into_iter().map(|call| format!("{mark} BLOCKED {call}"));
    calls.chain([format!("{mark} BLOCKED")]).collect()
}

/// The call that somebody sleeps in, the longest form first.
pub(super) fn calls(b: &BlockedIn, world: &World, glyphs: &Glyphs) -> Vec<String> {
    let call = safe(&b.call, glyphs);
    let mut out = Vec::new();
    if let Some(fd) = b.fd {
        if let Some(count) = b.count {
            out.push(format!("{call}({fd}, {count})"));
        }
        out.push(format!("{call}({fd})"));
    } else if let Some(path) = &b.path {
        out.push(format!("{call}(\"{}\")", safe(path, glyphs)));
        out.push(format!("{call}(\"{}\")", safe(path.rsplit('/').next().unwrap_or(path), glyphs)));
    } else if let Some(pid) = b.child {
        let who = world.process_by_pid(pid).map_or_else(|| pid.to_string(), |p| safe(&p.name, glyphs));
        out.push(format!("waitpid({who})"));
        out.push(format!("{call}()"));
    } else {
        out.push(format!("{call}()"));
    }
    out.push(call);
    out
}

/// The look of a process's state.
pub(super) fn state_style(process: &Process, theme: &Theme) -> Style {
    match process.state {
        State::Blocked(_) | State::Gone(Death::Killed(_)) | State::Zombie(Death::Killed(_)) => theme.danger,
        State::Gone(Death::Exited(code)) if code != 0 => theme.danger,
        State::Stopped | State::Zombie(_) => theme.warning,
        State::Idle | State::Gone(_) => theme.good,
        State::Running => theme.text,
    }
}

/// The name of a signal as in `signal(7)`.
fn signal_name(number: i32) -> String {
    nix::sys::signal::Signal::try_from(number)
        .map_or_else(|_| format!("signal {number}"), |signal| signal.as_str().to_owned())
}

/// Which end of `object` a descriptor with this access is.
pub(super) fn end(access: Access, object: Option<&Object>) -> &'static str {
    if object.is_some_and(|o| o.kind == ObjectKind::Socket) {
        return "socket";
    }
    if !object.is_none_or(Object::is_pipe) {
        return way(access);
    }
    match access {
        Access::Read => "read end",
        Access::Write => "WRITE END",
        Access::ReadWrite => "BOTH ENDS",
        Access::None => "path only",
    }
}

/// What a descriptor with this access is good for, where what it refers to has no ends.
pub(super) fn way(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "WRITE",
        Access::ReadWrite => "read+WRITE",
        Access::None => "path",
    }
}

/// The look of a descriptor with this access, and of its line.
pub(super) fn end_style(access: Access, theme: &Theme) -> Style {
    match access {
        Access::Read => theme.read_end,
        Access::Write | Access::ReadWrite => theme.write_end,
        Access::None => theme.border,
    }
}

/// The short form of an access: `r`, `w`, `rw`, `-`.
pub(super) fn end_letter(access: Access) -> &'static str {
    match access {
        Access::Read => "r",
        Access::Write => "w",
        Access::ReadWrite => "rw",
        Access::None => "-",
    }
}

/// The heading of what the kernel does not know of, the longest form first.
pub(super) fn own_memory() -> Vec<String> {
    ["own memory, which the kernel does not see:", "own memory, not the kernel's:", "own memory:"]
        .map(str::to_owned)
        .into()
}

/// What printf has kept in a process's own memory, the longest form first.
pub(super) fn stdout(kept: &Known<Buffered>, glyphs: &Glyphs) -> Vec<String> {
    let kept = match kept {
        Known::Yes(kept) => kept,
        Known::No(why) => return vec![format!("stdout ? {}", safe(why, glyphs)), "stdout ?".to_owned()],
    };
    let (how, short) = match kept.mode {
        Buffering::None => ("not buffered", "unbuf"),
        // What setvbuf leaves of a stdout that was not buffered: the C library makes it no new one.
        _ if kept.size == 1 => ("a buffer of 1 byte", "1 byte"),
        Buffering::Line => ("line buffered", "line"),
        Buffering::Full => ("block buffered", "block"),
    };
    let quoted = |room| {
        let (text, cut) = escape(&kept.contents.head, room);
        let more = if cut || kept.contents.cut { glyphs.ellipsis } else { "" };
        format!("\"{}\"{more}", safe(&text, glyphs))
    };
    let bytes = kept.bytes;
    if bytes == 0 {
        return vec![
            format!("stdout keeps nothing, {how}"),
            format!("stdout empty, {how}"),
            format!("stdout empty {short}"),
        ];
    }
    vec![
        format!("stdout keeps {}  {bytes} B, {how}", quoted(24)),
        format!("stdout {}  {bytes} B, {how}", quoted(16)),
        format!("stdout {} {bytes} B {short}", quoted(12)),
        format!("stdout {} {bytes} B", quoted(8)),
        format!("stdout {}", quoted(8)),
        format!("stdout {bytes} B"),
    ]
}

/// The arrow from a descriptor's row to the name of what it refers to: the way bytes can go.
pub(super) fn arrow(access: Access, glyphs: &Glyphs) -> &'static str {
    match access {
        Access::Read => glyphs.from,
        Access::Write => glyphs.to,
        Access::ReadWrite => glyphs.both,
        Access::None => glyphs.dot,
    }
}

/// The name of an object with its kind, where the name does not say it.
pub(super) fn object_name(object: &Object, glyphs: &Glyphs) -> String {
    let label = safe(object.label(), glyphs);
    match object.kind {
        ObjectKind::Pipe | ObjectKind::Socket => label,
        ObjectKind::Fifo => format!("fifo {label}"),
        ObjectKind::File => format!("file {label}"),
        ObjectKind::Memory if object.id.0.starts_with("/dev/shm/") => format!("shm {label}"),
        ObjectKind::Memory if object.id.0.starts_with("/SYSV") => system_v(&label, object.inode),
        ObjectKind::Memory => match label.strip_prefix("memfd:").and_then(|rest| rest.split_once(":[")) {
            Some((name, _)) => format!("memfd {name}"),
            None if label.starts_with("zero") => "shared memory".to_owned(),
            None => label,
        },
        ObjectKind::Queue => format!("queue {label}"),
        ObjectKind::PostQueue | ObjectKind::Semaphores => super::system_v::names(object, glyphs).swap_remove(0),
    }
}

/// System V memory by its number, and by its key where it has one: the kernel calls it `SYSV0000abcd (deleted) [7]`.
fn system_v(label: &str, number: u64) -> String {
    let key = label.strip_prefix("SYSV").and_then(|rest| rest.get(..8)).map(|key| key.trim_start_matches('0'));
    match key {
        Some("") | None => format!("System V memory {number}"),
        Some(key) => format!("System V memory {number}, key 0x{key}"),
    }
}

/// How many bytes wait, the longest form first.
pub(super) fn bytes(object: &Object) -> Vec<String> {
    let show = |n: Option<&u64>| n.map_or_else(|| "?".to_owned(), u64::to_string);
    if let (Some(bytes), None) = (object.bytes.value(), object.capacity.value()) {
        return vec![format!("{bytes} B")];
    }
    let (bytes, capacity) = (show(object.bytes.value()), show(object.capacity.value()));
    vec![format!("{bytes} of {capacity} B"), format!("{bytes}/{capacity} B"), format!("{bytes} B")]
}

/// What an object that is no pipe is and holds.
pub(super) fn body(object: &Object, glyphs: &Glyphs) -> String {
    match &object.body {
        Body::Plain => "shared file".to_owned(),
        Body::PostQueue(_) | Body::Semaphores(_) => super::system_v::line(object, glyphs),
        Body::Queue(queue) => {
            let first = messages(queue).swap_remove(0);
            std::iter::once(first).chain(super::memory::messages(queue, 24, glyphs)).collect::<Vec<_>>().join(" ")
        }
        Body::Memory(memory) => {
            let who = super::memory::who_maps(memory, glyphs).swap_remove(0);
            format!("{} {who}", super::memory::spelled(&memory.words))
        }
    }
}

/// How many messages wait in a queue, the longest form first.
pub(super) fn messages(queue: &Queue) -> Vec<String> {
    let show = |n: &Known<u64>| n.value().map_or_else(|| "?".to_owned(), u64::to_string);
    let (n, most) = (show(&queue.messages), show(&queue.most));
    vec![format!("{n} of {most} messages"), format!("{n} of {most}"), format!("{n}/{most}")]
}

/// A mapping in its process's table, the longest form first: what it may be used for, and what it leads to.
pub(super) fn mapping(mapping: &Mapping, lined: bool, object: Option<&Object>, glyphs: &Glyphs) -> Vec<String> {
    let may = match mapping.access {
        Access::ReadWrite => "read+WRITE",
        Access::Read => "read only",
        Access::Write => "WRITE",
        Access::None => "no access",
    };
    let short = match mapping.access {
        Access::ReadWrite => "rw",
        Access::Read => "r",
        Access::Write => "w",
        Access::None => "-",
    };
    if !mapping.shared {
        let own = super::memory::spelled(&mapping.words);
        return vec![format!("own copy {own}"), format!("own {own}"), own];
    }
    match object {
        Some(object) if !lined => {
            let (arrow, name) = (glyphs.both, object_name(object, glyphs));
            vec![format!("shared {may} {arrow} {name}"), format!("{short} {arrow} {name}"), format!("{short} shared")]
        }
        _ => vec![format!("shared {may}"), format!("shared {short}"), short.to_owned()],
    }
}

/// Why something about an object is not known, where it is not.
pub(super) fn unknown(object: &Object) -> Option<&str> {
    use crate::world::Known::No;
    match (&object.bytes, &object.capacity, &object.contents) {
        (No(why), ..) | (_, No(why), _) | (_, _, No(why)) => Some(why),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_of_one_byte_is_not_called_block_buffered() {
        let kept = |size| Known::Yes(Buffered { bytes: 0, size, mode: Buffering::Full, contents: Default::default() });
        assert_eq!(stdout(&kept(4096), &Glyphs::UNICODE)[2], "stdout empty block");
        assert_eq!(stdout(&kept(1), &Glyphs::UNICODE)[1], "stdout empty, a buffer of 1 byte");
    }
}
