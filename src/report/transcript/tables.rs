//! The descriptor tables and objects of a moment that are not as they were.

use super::super::names;
use super::large::{self, Share};
use super::line::Lines;
use crate::engine::Moment;
use crate::explain::framing::framing;
use crate::explain::machines;
use crate::notation::escape;
use crate::world::{
    Access, BlockedIn, Buffering, Change, Contents, Death, Fd, FdNumber, Holder, Known, Object, ObjectId, ObjectKind,
    Process, State, Target, World, in_runs,
};
use std::io::{self, Write};

/// So many characters of waiting bytes are shown.
pub(super) const SHOWN: usize = 60;

/// Write what `moment.changes` names; everything where it is the first moment of all.
pub(super) fn write<W: Write>(lines: &mut Lines<W>, moment: &Moment, first: bool) -> io::Result<()> {
    let changes = &moment.changes;
    for process in &moment.world.processes {
        let (header, table) = touched(process, changes);
        if header || table || first || printed(process, changes) {
            lines.line(4, &format!("{}  pid {}  {}", process.name, process.pid, state(process, &moment.world)))?;
        }
        if table || first {
            rows(lines, &moment.world, process, changes, first)?;
        }
        threads(lines, &moment.world, process, changes)?;
        if first || table || printed(process, changes) {
            stdout(lines, process)?;
        }
    }
    for change in changes {
        super::memory::mapping(lines, &moment.world, change)?;
    }
    objects(lines, moment, first)?;
    for (index, machine) in moment.world.machines.iter().enumerate() {
        if first || changes.contains(&Change::Machine(machine.network)) {
            self::machine(lines, &moment.world, index)?;
        }
    }
    let mut share = Share::of(changes.iter().filter(|c| matches!(c, Change::Vanished(_))).count());
    for change in changes {
        if let Change::Vanished(id) = change
            && share.next()
        {
            // What has a name of its own stays, and others may have it.
            let is = |starts: &[&str]| starts.iter().any(|start| id.0.starts_with(start));
            let what = match () {
                () if is(&["pipe:[", "socket:["]) => "is gone: nobody holds it any more",
                () if id.is_system_v() => "is removed, with all that was in it",
                () if is(&["anonymous:["]) => "is gone: nobody has it mapped any more",
                () if is(&["memfd:", "/dev/shm/"]) => "is neither open nor mapped here any more",
                () if is(&["/SYSV"]) => "is gone: it is removed, and nobody here has it mapped",
                () => "is open nowhere here any more",
            };
            lines.line(4, &format!("{id}  {what}"))?;
        }
    }
    share.left().map_or(Ok(()), |more| lines.line(4, &format!("and {more} more")))
}

/// The objects that something happened to, or whose holders are others.
fn objects<W: Write>(lines: &mut Lines<W>, moment: &Moment, first: bool) -> io::Result<()> {
    let (world, changes) = (&moment.world, &moment.changes);
    let told = |o: &&Object| o.is_shared_by_kind() && !o.is_inherited() && (first || concerns(world, changes, &o.id));
    let told: Vec<&Object> = world.objects.iter().filter(told).collect();
    let by_holders = |o: &Object| !first && !large::happened_to(changes, &o.id);
    let mut share = Share::of(told.iter().filter(|o| by_holders(o)).count());
    for object in told.into_iter().filter(|o| !by_holders(o) || share.next()) {
        match object.kind {
            ObjectKind::Socket => super::sockets::write(lines, world, object)?,
            kind if kind.is_system_v() || matches!(kind, ObjectKind::Memory | ObjectKind::Queue) => {
                super::memory::body(lines, object)?;
            }
            _ => pipe(lines, object, world)?,
        }
    }
    share.left().map_or(Ok(()), |more| {
        lines.line(4, &format!("and {more} more, of which only the holders are others, as the tables say"))
    })
}

/// A network namespace: who is in it, and its links.
fn machine<W: Write>(lines: &mut Lines<W>, world: &World, index: usize) -> io::Result<()> {
    let Some(machine) = world.machines.get(index) else { return Ok(()) };
    let members = machines::members(world, machine).join(", ");
    lines.line(4, &format!("net:[{}]  {}; in it: {members}", machine.network, machines::name(world, machine)))?;
    match machines::links(world, index) {
        Ok(links) => links.iter().try_for_each(|link| lines.line(6, link)),
        Err(why) => lines.line(6, &format!("links not shown: {why}")),
    }
}

/// Whether its state changed, and whether its table did.
fn touched(process: &Process, changes: &[Change]) -> (bool, bool) {
    let name = &process.name;
    let header = changes.iter().any(|c| matches!(c, Change::StateChanged(n, ..) if n == name));
    let table = changes.iter().any(|c| {
        matches!(c, Change::Appeared(n) | Change::Opened(n, _) | Change::Closed(n, _) | Change::Replaced(n, _) if n == name)
    });
    (header, table && process.state.is_alive())
}

/// The threads that have come to sleep, where the process has several; all that sleep, where the process does as a whole.
fn threads<W: Write>(lines: &mut Lines<W>, world: &World, process: &Process, changes: &[Change]) -> io::Result<()> {
    if process.threads.len() <= 1 {
        return Ok(());
    }
    let name = &process.name;
    let whole = process.state.blocked_in().is_some() && touched(process, changes).0;
    let changed = |tid| changes.iter().any(|c| matches!(c, Change::Thread(n, t) if n == name && *t == tid));
    let told = process.sleepers().filter(|(tid, _)| whole || changed(*tid));
    let told = told.map(|(tid, call)| (tid, format!("thread {tid}  BLOCKED in {}", blocked(call, world))));
    let (told, more) = large::few(told.collect(), "asleep");
    told.into_iter().map(|(_, text)| text).chain(more).try_for_each(|text| lines.line(6, &text))
}

/// What printf keeps in it is something else than before.
fn printed(process: &Process, changes: &[Change]) -> bool {
    changes.iter().any(|c| matches!(c, Change::Printed(name) if *name == process.name))
}

/// What lies in the process's own memory.
fn stdout<W: Write>(lines: &mut Lines<W>, process: &Process) -> io::Result<()> {
    let kept = match &process.stdout {
        None => return Ok(()),
        Some(Known::Yes(kept)) => kept,
        Some(Known::No(why)) => return lines.line(6, &format!("own memory: stdout unknown: {why}")),
    };
    let how = match kept.mode {
        Buffering::None => "not buffered",
        // What setvbuf leaves of a stdout that was not buffered: the C library makes it no new one.
        _ if kept.size == 1 => "a buffer of 1 byte",
        Buffering::Line => "line buffered",
        Buffering::Full => "block buffered",
    };
    let (text, cut) = escape(&kept.contents.head, SHOWN);
    let more = if cut || kept.contents.cut { "..." } else { "" };
    let what = match kept.bytes {
        0 => "nothing".to_owned(),
        bytes => format!("\"{text}\"{more}, {bytes} of {} bytes", kept.size),
    };
    lines.line(6, &format!("own memory: stdout keeps {what}; {how}"))
}

/// Bytes went in or out, or a descriptor that refers to it came or went.
fn concerns(world: &World, changes: &[Change], id: &ObjectId) -> bool {
    let refers = |fd: &Fd| fd.target.object() == Some(id);
    let now = |name: &str, number| world.process(name).and_then(|p| p.fd(number)).is_some_and(refers);
    changes.iter().any(|change| match change {
        Change::Bytes(object, ..) | Change::Body(object) | Change::Socket(object) => object == id,
        Change::Opened(name, number) => now(name, *number),
        Change::Closed(_, fd) => refers(fd),
        Change::Replaced(name, fd) => refers(fd) || now(name, fd.number),
        Change::Appeared(name) => world.process(name).is_some_and(|p| p.fds.iter().any(refers)),
        // Death closes everything, and a table that is gone names nothing.
        Change::Mapped(..) | Change::Unmapped(..) | Change::Words(..) => false,
        Change::StateChanged(..) | Change::Thread(..) | Change::Printed(_) => false,
        Change::Machine(_) | Change::Vanished(_) => false,
    })
}

fn rows<W: Write>(
    lines: &mut Lines<W>,
    world: &World,
    process: &Process,
    changes: &[Change],
    first: bool,
) -> io::Result<()> {
    if let Some(why) = &process.fds_unreadable {
        lines.line(6, &format!("descriptors unknown: {why}"))?;
    }
    let name = &process.name;
    let appeared = changes.iter().any(|c| matches!(c, Change::Appeared(n) if n == name));
    let is_new = |fd: &Fd| {
        let opened = |c: &Change| match c {
            Change::Opened(n, number) => n == name && *number == fd.number,
            Change::Replaced(n, old) => n == name && old.number == fd.number && old.target != fd.target,
            _ => false,
        };
        first || appeared || changes.iter().any(opened)
    };
    let whole = first || process.fds.len() <= large::WHOLE;
    if !whole {
        lines.line(6, &large::heading(process, appeared))?;
    }
    let touched = |fd: &Fd| {
        !appeared
            && changes.iter().any(|c| match c {
                Change::Opened(n, number) => n == name && *number == fd.number,
                Change::Replaced(n, old) => n == name && old.number == fd.number,
                _ => false,
            })
    };
    let mut rows: Vec<(i32, String)> = Vec::new();
    let mut terminal: Option<(i32, i32)> = None;
    let mut unused: Vec<FdNumber> = Vec::new();
    for fd in process.fds.iter().filter(|fd| whole || touched(fd)) {
        if world.is_inherited(fd) {
            unused.push(fd.number);
            continue;
        }
        match terminal {
            Some((from, to)) if is_plain_terminal(fd) && fd.number == to + 1 => terminal = Some((from, fd.number)),
            None if is_plain_terminal(fd) => terminal = Some((fd.number, fd.number)),
            _ => rows.push((fd.number, row(fd, is_new(fd)))),
        }
    }
    if let Some((from, to)) = terminal {
        let numbers = if from == to { from.to_string() } else { format!("{from}-{to}") };
        rows.push((from, format!("{numbers:>3}  terminal")));
    }
    let (open, more) = if whole { (rows, None) } else { large::few(rows, "changed") };
    let closed = changes.iter().filter_map(|change| match change {
        Change::Closed(n, fd) if n == name => Some((fd.number, format!("{:>3}  closed; was {}", fd.number, what(fd)))),
        _ => None,
    });
    let (closed, more_closed) = large::few(closed.collect(), "closed");
    let mut rows = open;
    rows.extend(closed);
    rows.sort_by_key(|(number, _)| *number);
    if !unused.is_empty() {
        lines.line(6, &format!("inherited, not used so far: {}", in_runs(&unused)))?;
    }
    let more = more.into_iter().chain(more_closed);
    rows.into_iter().map(|(_, text)| text).chain(more).try_for_each(|text| lines.line(6, &text))
}

fn is_plain_terminal(fd: &Fd) -> bool {
    fd.target == Target::Terminal && !fd.cloexec && !fd.nonblock && fd.origin.is_none()
}

/// `  3  read end   pipe:[9751]  close-on-exec`
fn row(fd: &Fd, is_new: bool) -> String {
    let mut out = format!("{:>3}  {}", fd.number, what(fd));
    if fd.cloexec {
        out += "  close-on-exec";
    }
    if fd.nonblock {
        out += "  non-blocking";
    }
    if let (true, Some(origin)) = (is_new, &fd.origin) {
        out += &format!("  from {} in step {}", origin.call, origin.step);
        for by in &origin.inherited {
            out += &format!(", inherited from {} in step {}", by.from, by.step);
        }
    }
    out
}

fn what(fd: &Fd) -> String {
    let end = match (&fd.target, fd.access) {
        (Target::Terminal, _) => return "terminal".into(),
        (Target::Object(id), Access::Read) if is_pipe(id) => "read end",
        (Target::Object(id), Access::Write) if is_pipe(id) => "write end",
        (Target::Object(id), Access::ReadWrite) if is_pipe(id) => "both ends",
        (_, Access::Read) => "reads",
        (_, Access::Write) => "writes",
        (_, Access::ReadWrite) => "reads and writes",
        (_, Access::None) => "neither reads nor writes",
    };
    let target = match &fd.target {
        Target::Object(id) => &id.0,
        Target::Other(text) => text,
        Target::Terminal => "terminal",
    };
    format!("{end:<9}  {target}")
}

/// A pipe by its link; a FIFO is a path, and its ends are said to read and write.
fn is_pipe(id: &ObjectId) -> bool {
    id.0.starts_with("pipe:[")
}

/// What waits, where that is messages of Python's multiprocessing.
pub(super) fn framed(contents: &Contents) -> String {
    framing(&contents.head).filter(|_| !contents.cut).map_or(String::new(), |what| format!(": {what}"))
}

fn pipe<W: Write>(lines: &mut Lines<W>, object: &Object, world: &World) -> io::Result<()> {
    let fill = match (&object.bytes, &object.capacity) {
        (Known::Yes(0), Known::Yes(capacity)) => format!("empty, 0 of {capacity} bytes"),
        (Known::Yes(bytes), Known::Yes(capacity)) if bytes >= capacity => format!("FULL, {bytes} of {capacity} bytes"),
        (Known::Yes(bytes), Known::Yes(capacity)) => format!("{bytes} of {capacity} bytes"),
        (Known::Yes(bytes), Known::No(_)) => format!("{bytes} bytes"),
        (Known::No(why), _) => format!("bytes unknown: {why}"),
    };
    lines.line(4, &format!("{}  {fill}", object.id))?;
    match &object.contents {
        Known::Yes(contents) if !contents.packets.is_empty() => {
            lines.line(6, &format!("waiting, in packets: {}", packets(contents)))?;
        }
        Known::Yes(contents) if !contents.head.is_empty() => {
            let (text, cut) = escape(&contents.head, SHOWN);
            let more = if cut || contents.cut { "..." } else { "" };
            lines.line(6, &format!("waiting: \"{text}\"{more}{}", framed(contents)))?;
        }
        Known::No(why) if object.bytes != Known::Yes(0) => lines.line(6, &format!("contents unknown: {why}"))?,
        _ => {}
    }
    let (unread, unseen) = (world.has_unread_tables(), world.unseen_at(&object.id) > 0);
    let said = |text: String| match text.as_str() {
        "none" if unread || unseen => "none that can be seen".to_owned(),
        _ if unread => format!("{text} and whoever cannot be read"),
        _ => text,
    };
    lines.line(6, &format!("readers: {}; writers: {}", said(list(object.readers())), said(list(object.writers()))))
}

/// What waits in a pipe that keeps apart what went in, packet by packet.
fn packets(contents: &Contents) -> String {
    let mut rest = contents.head.as_slice();
    let mut all = Vec::new();
    for length in &contents.packets {
        let (one, behind) = rest.split_at(rest.len().min(*length));
        rest = behind;
        let (text, cut) = escape(one, SHOWN);
        all.push(format!("\"{text}\"{} ({length} B)", if cut { "..." } else { "" }));
    }
    format!("{}{}", all.join(", "), if contents.cut { ", and more" } else { "" })
}

pub(super) fn list<'a>(holders: impl Iterator<Item = &'a Holder>) -> String {
    let one = |h: &Holder| match h.outside {
        false => format!("{} fd {}", h.process, h.fd),
        true => format!("{} fd {} (pid {}, outside)", h.process, h.fd, h.pid),
    };
    let all: Vec<String> = holders.map(one).collect();
    if all.is_empty() { "none".into() } else { all.join(", ") }
}

fn state(process: &Process, world: &World) -> String {
    match &process.state {
        State::Idle => "idle".into(),
        State::Running => match &process.program {
            Some(program) => format!("running {program}"),
            None => "running".into(),
        },
        State::Stopped => "stopped".into(),
        State::Blocked(b) => match world.system_v_sleeper(process) {
            Some((object, _)) => format!("BLOCKED in {}({})", b.call, object.id),
            None => format!("BLOCKED in {}", blocked(b, world)),
        },
        State::Zombie(how) => format!("ZOMBIE, {}", death(*how)),
        State::Gone(how) => death(*how),
    }
}

fn blocked(b: &BlockedIn, world: &World) -> String {
    let child = b.child.map(|pid| match world.process_by_pid(pid) {
        Some(child) => child.name.clone(),
        None => pid.to_string(),
    });
    let arguments: Vec<String> = [
        b.path.as_ref().map(|p| format!("\"{p}\"")),
        b.fd.map(|fd| fd.to_string()),
        child,
        b.count.map(|n| n.to_string()),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!("{}({})", b.call, arguments.join(", "))
}

fn death(how: Death) -> String {
    match how {
        Death::Exited(code) => format!("EXITED {code}"),
        Death::Killed(signal) => format!("KILLED by {}", names::signal(signal)),
        Death::Unknown => "ENDED, nobody could read how".into(),
    }
}
