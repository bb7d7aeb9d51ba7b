//! A writer waits for room in a full pipe, and who could make some.

use crate::explain::ends::{self, End, Side};
use crate::explain::prose;
use crate::explain::waits::{Waits, Want};
use crate::explain::{Finding, Severity};
use crate::world::{FdNumber, Known, Object, Process, State, World};

pub(in crate::explain) const NAME: &str = "writer-blocked-on-full";

/// The size of a page and of `PIPE_BUF`, in bytes (pipe(7)): up to so many are written in one piece.
const PAGE: u64 = 4096;

/// Every writer that is blocked on a full pipe.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let waits = Waits::of(world);
    let writers = waits.iter().filter_map(|(i, writer, wait)| match wait.want {
        Want::Room { fd, object, count } => Some(finding(world, writer, fd, object, count, waits.is_stuck(i))),
        _ => None,
    });
    writers.collect()
}

fn finding(world: &World, writer: &Process, fd: FdNumber, object: &Object, count: Option<u64>, stuck: bool) -> Finding {
    let readers = ends::ends(world, object, Side::Read);
    Finding {
        rule: NAME.into(),
        severity: if stuck { Severity::Stuck } else { Severity::Waiting },
        process: writer.name.clone(),
        fd: Some(fd),
        object: Some(object.id.0.clone()),
        holders: readers.iter().map(End::culprit).collect(),
        text: text(writer, fd, object, count, &readers),
        fix: fix(writer, object, count, &readers),
        long: long(world, writer, object, count, &readers),
    }
}

fn text(writer: &Process, fd: FdNumber, object: &Object, count: Option<u64>, readers: &[End<'_>]) -> String {
    let (name, label) = (prose::plain(&writer.name), prose::object(object));
    let what = count.map_or_else(String::new, |n| format!(" to write {}", prose::bytes(n)));
    let fill = match &object.bytes {
        // That it sleeps in the write is the kernel's word that there is no room.
        Known::No(why) => {
            format!("has no room; how many bytes it holds is not known ({})", prose::plain(why))
        }
        Known::Yes(_) => format!("holds {}", prose::fill(object)),
    };
    let waits = format!("{name} waits for room{what} on fd {fd}: {label} {fill}.");
    let (own, theirs): (Vec<End<'_>>, Vec<End<'_>>) = readers.iter().copied().partition(|e| e.is_of(writer));
    if theirs.is_empty() && own.is_empty() {
        return format!("{waits} A read end must be open somewhere, but no process that can be seen holds one.");
    }
    if theirs.is_empty() {
        let own = ends::named(&own, |e| e.whose_and_whence(Some(writer)));
        return format!("{waits} The only read end is {own}, and {name} cannot read while it is blocked.");
    }
    let can = holders(&theirs, |e| !is_blocked(e), |e| format!("{} by fd {}", e.who(), e.holder.fd));
    let cannot = holders(&theirs, is_blocked, |e| match e.process {
        Some(p) => format!("{} (fd {}) is {}", e.who(), e.holder.fd, prose::doing(p)),
        None => e.who(),
    });
    match can.is_empty() {
        false => format!(
            "{waits} {} can read and so make room, a whole page ({PAGE} bytes) at a time.",
            prose::list_or(&can)
        ),
        true => format!("{waits} Of those who could read, {}.", prose::list(&cannot)),
    }
}

fn holders(ends: &[End<'_>], fits: impl Fn(&End<'_>) -> bool, say: impl Fn(&End<'_>) -> String) -> Vec<String> {
    ends.iter().filter(|e| fits(e)).map(say).collect()
}

/// Asleep in a call, or stopped by a signal: it makes no call for now.
fn is_blocked(end: &End<'_>) -> bool {
    end.process.is_some_and(|p| p.state.blocked_in().is_some() || p.state == State::Stopped)
}

/// A read that wakes it, by the first that can be told to; where it alone holds the read end, the one it should have made before.
fn fix(writer: &Process, object: &Object, count: Option<u64>, readers: &[End<'_>]) -> String {
    let waiting = object.bytes.value().copied().unwrap_or(PAGE);
    let enough = if count.is_some_and(|n| n <= PAGE) { PAGE.min(waiting) } else { waiting };
    let idle = readers.iter().find(|e| e.process.is_some_and(|p| p.state == State::Idle));
    let only_own = readers.iter().all(|e| e.is_of(writer)).then(|| readers.first()).flatten();
    match idle.or(only_own) {
        Some(end) => format!("{}: read({}, {enough})", end.holder.process, end.holder.fd),
        None => String::new(),
    }
}

fn long(world: &World, writer: &Process, object: &Object, count: Option<u64>, readers: &[End<'_>]) -> Vec<String> {
    let name = prose::plain(&writer.name);
    let mut out = vec![
        format!(
            "The kernel's rule (pipe(7)): a pipe holds a limited number of bytes, and a blocking write waits until there is \
             room for all it was given. {} holds {}.",
            prose::object(object),
            prose::fill(object)
        ),
        format!(
            "The pipe is kept in pages of {PAGE} bytes. Reading 1 byte of a full page frees no page, so the writer sleeps on; \
             a whole page must be read empty before there is room."
        ),
    ];
    match count {
        Some(n) if n <= PAGE => out.push(format!(
            "A write of {} is no larger than PIPE_BUF ({PAGE}): the kernel puts it in at one go, never in parts mixed with another's.",
            prose::bytes(n)
        )),
        Some(n) => out.push(format!(
            "A write of {} is larger than PIPE_BUF ({PAGE}): what fits went in already, the rest follows as room is made, \
             and bytes of other writers may come between.",
            prose::bytes(n)
        )),
        None => {}
    }
    out.extend(readers.iter().map(|e| e.provenance(Some(writer))));
    if !readers.is_empty() && readers.iter().all(|e| e.is_of(writer)) {
        out.push(format!(
            "{name} is the only one that could read, and it sleeps in the write: it waits for itself. Were its read end \
             closed, the write would raise SIGPIPE instead. Read before the pipe is full, or let another process read."
        ));
    }
    out.extend(ends::unseen(world, object));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::stage;
    use crate::world::Access::{Read, Write};

    fn one(world: &World) -> Finding {
        let mut found = find(world);
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    }

    #[test]
    fn an_idle_reader_can_make_room() {
        let world = stage().process("parent").holds(4, "p", Write).bytes("p", 65536).writing(4, 1);
        let world = world.process("child").child_of("parent", 2).holds(3, "p", Read).world();
        let f = one(&world);
        assert_eq!(
            f.text,
            "parent waits for room to write 1 byte on fd 4: pipe:[9751] holds 65536 of 65536 bytes. child by fd 3 can read \
             and so make room, a whole page (4096 bytes) at a time."
        );
        assert_eq!((f.severity, f.fix.as_str()), (Severity::Waiting, "child: read(3, 4096)"));
    }

    #[test]
    fn a_large_write_needs_the_pipe_drained() {
        let world = stage().process("parent").holds(4, "p", Write).bytes("p", 65536).writing(4, 70000);
        let f = one(&world.process("child").holds(3, "p", Read).world());
        assert_eq!(f.fix, "child: read(3, 65536)");
        assert!(f.long.iter().any(|p| p.contains("70000 bytes is larger than PIPE_BUF")), "{:#?}", f.long);
    }

    #[test]
    fn its_own_read_end_alone_makes_it_stuck() {
        let world = stage().process("parent").holds_both(3, 4, "p").bytes("p", 65535).writing(4, 2).world();
        let f = one(&world);
        assert_eq!(
            f.text,
            "parent waits for room to write 2 bytes on fd 4: pipe:[9751] holds 65535 of 65536 bytes. The only read end is \
             parent's own fd 3, made by pipe() in step 1, and parent cannot read while it is blocked."
        );
        assert_eq!((f.severity, f.fix.as_str()), (Severity::Stuck, "parent: read(3, 4096)"));
    }

    #[test]
    fn a_reader_that_waits_is_named_with_its_call() {
        let world = stage().process("parent").holds(3, "p", Read).waiting();
        let world =
            world.process("child").child_of("parent", 2).holds(4, "p", Write).bytes("p", 65536).writing(4, 70000);
        let f = one(&world.world());
        assert!(f.text.ends_with("Of those who could read, parent (fd 3) is blocked in wait()."), "{}", f.text);
        assert_eq!((f.severity, f.fix.as_str()), (Severity::Stuck, ""));
    }

    #[test]
    fn nobody_seen_and_nothing_known_claim_nothing() {
        let lonely = stage().process("parent").holds(4, "p", Write).bytes("p", 65536).writing(4, 1).world();
        assert!(one(&lonely).text.contains("no process that can be seen"));
        let world = stage().process("parent").holds_both(3, 4, "p").writing(4, 1).bytes_unknown("p", "no permission");
        let f = one(&world.world());
        assert!(f.text.contains("has no room; how many bytes it holds is not known (no permission)"), "{}", f.text);
        assert_eq!(f.severity, Severity::Waiting);
    }
}
