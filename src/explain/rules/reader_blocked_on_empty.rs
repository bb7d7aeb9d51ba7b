//! A reader waits for bytes in an empty pipe: ordinary waiting, with those who could end it.

use super::eof_withheld;
use crate::explain::ends::{self, End, Side};
use crate::explain::prose;
use crate::explain::waits::{Waits, Want};
use crate::explain::{Finding, Severity};
use crate::world::{FdNumber, Known, Object, Process, State, World};

pub(in crate::explain) const NAME: &str = "reader-blocked-on-empty";

/// Every blocked reader whose wait is not already told by `eof-withheld`.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let waits = Waits::of(world);
    let mut out = Vec::new();
    for (i, reader, wait) in waits.iter() {
        let Want::Bytes { fd, object } = wait.want else { continue };
        match eof_withheld::severity(world, &waits, i, reader, object) {
            // There it is the reader's own end alone, or stuck: told there. A warning tells of a later trap only.
            Some(Severity::Stuck | Severity::Waiting) => {}
            _ => out.push(finding(world, reader, fd, object, waits.is_stuck(i))),
        }
    }
    out
}

fn finding(world: &World, reader: &Process, fd: FdNumber, object: &Object, stuck: bool) -> Finding {
    let (own, writers): (Vec<End<'_>>, Vec<End<'_>>) =
        ends::ends(world, object, Side::Write).into_iter().partition(|e| e.is_of(reader));
    let own: Vec<FdNumber> = own.iter().map(|e| e.holder.fd).collect();
    Finding {
        rule: NAME.into(),
        severity: if stuck { Severity::Stuck } else { Severity::Waiting },
        process: reader.name.clone(),
        fd: Some(fd),
        object: Some(object.id.0.clone()),
        holders: writers.iter().map(End::culprit).collect(),
        text: text(reader, fd, object, &writers, &own),
        fix: fix(&writers),
        long: long(world, reader, object, &writers, &own),
    }
}

fn text(reader: &Process, fd: FdNumber, object: &Object, writers: &[End<'_>], own: &[FdNumber]) -> String {
    let (name, label) = (prose::plain(&reader.name), prose::object(object));
    let empty = match &object.bytes {
        Known::Yes(_) => "is empty".to_owned(),
        Known::No(why) => format!("holds a number of bytes that could not be read ({})", prose::plain(why)),
    };
    let waits = format!("{name} waits for bytes on fd {fd}: {label} {empty}.");
    if writers.is_empty() && !own.is_empty() {
        return format!(
            "{waits} The only write end is its own {}: another of its {} threads may write there.",
            prose::fds(own),
            reader.threads.len()
        );
    }
    if writers.is_empty() {
        return format!("{waits} A write end must be open somewhere, but no process that can be seen holds one.");
    }
    let can = by_ability(writers, |e| !is_blocked(e));
    let cannot = by_ability(writers, is_blocked);
    let withheld = format!("end of file cannot come while {name}'s own {} is open", prose::fds(own));
    let end = match writers.iter().map(|e| e.holder.pid).collect::<Vec<_>>().as_slice() {
        _ if !own.is_empty() => withheld.as_str(),
        [_] => "closing it brings end of file",
        _ => "only all of them closed bring end of file",
    };
    match (can.is_empty(), cannot.is_empty()) {
        (false, true) => format!("{waits} {} can write to it; {end}.", prose::list_or(&can)),
        (false, false) => {
            format!("{waits} {} can write to it; {}; {end}.", prose::list_or(&can), with_state(writers))
        }
        _ => format!("{waits} Of those who could write to it, {}.", with_state(writers)),
    }
}

/// `parent by fd 4`, for each process of these ends.
fn by_ability(ends: &[End<'_>], fits: impl Fn(&End<'_>) -> bool) -> Vec<String> {
    let some: Vec<End<'_>> = ends.iter().copied().filter(|e| fits(e)).collect();
    ends::by_process(&some).into_iter().map(|(who, fds)| format!("{who} by {}", prose::fds(&fds))).collect()
}

/// `parent (fd 4) is blocked in wait()`, for each blocked holder.
fn with_state(ends: &[End<'_>]) -> String {
    let blocked = ends.iter().filter(|e| is_blocked(e));
    let said: Vec<String> = blocked
        .filter_map(|e| Some(format!("{} (fd {}) is {}", e.who(), e.holder.fd, prose::doing(e.process?))))
        .collect();
    prose::list(&said)
}

/// Asleep in a call, or stopped by a signal: it makes no call for now.
fn is_blocked(end: &End<'_>) -> bool {
    end.process.is_some_and(|p| p.state.blocked_in().is_some() || p.state == State::Stopped)
}

/// A write by the first who can be told to: bytes end the wait, whatever else is open.
fn fix(writers: &[End<'_>]) -> String {
    let idle = writers.iter().find_map(|e| Some((e.process.filter(|p| p.state == State::Idle)?, e.holder.fd)));
    idle.map(|(p, fd)| format!("{}: write({fd}, \"x\")", p.name)).unwrap_or_default()
}

fn long(world: &World, reader: &Process, object: &Object, writers: &[End<'_>], own: &[FdNumber]) -> Vec<String> {
    let name = prose::plain(&reader.name);
    let mut out = vec![
        "The kernel's rule (pipe(7)): a read from an empty pipe waits while any write end is open. It returns as soon as \
         there is a byte, and returns 0, end of file, once every write end is closed."
            .to_owned(),
    ];
    out.extend(writers.iter().map(|e| e.provenance(Some(reader))));
    if writers.is_empty() && own.is_empty() {
        out.push(format!(
            "{name} sleeps, so the kernel counts a writer. It may be a process of another user, whose table may not \
             be read, or a descriptor on its way through a socket."
        ));
    }
    let closes = ends::closes(writers);
    if !own.is_empty() && reader.threads.len() > 1 {
        out.push(format!(
            "All threads of {name} use its one table: another of them can write by its own {}, and close it, which brings end of file \
             where nobody else holds a write end.",
            prose::fds(own)
        ));
    } else if !own.is_empty() {
        out.push(format!(
            "For bytes: a write by one of them. End of file cannot come: {name}'s own {} is a write end, and {name} cannot close \
             it while it sleeps in this read.",
            prose::fds(own)
        ));
    } else if !closes.is_empty() {
        let list: Vec<String> = closes.lines().map(str::to_owned).collect();
        out.push(format!(
            "For bytes: a write by one of them. For end of file: {}. A holder that is never to write should have closed \
             its copy right after the fork that gave it.",
            prose::list(&list)
        ));
    }
    if object.kind == crate::world::ObjectKind::Fifo {
        out.push("A FIFO is a path: any process may open it for writing, too.".to_owned());
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
    fn a_reader_with_a_write_end_of_its_own_is_told_no_end_of_file() {
        let world = stage().process("parent").holds(4, "p", Write).process("child").child_of("parent", 2);
        let world = world.holds(3, "p", Read).holds(4, "p", Write).reading(3).world();
        let f = one(&world);
        assert!(f.text.ends_with("end of file cannot come while child's own fd 4 is open."), "{}", f.text);
        assert!(!f.long.iter().any(|p| p.contains("For end of file")), "{:?}", f.long);
    }

    #[test]
    fn an_idle_writer_is_ordinary_waiting() {
        let world = stage().process("parent").holds(4, "p", Write).process("child").child_of("parent", 2);
        let world = world.holds(3, "p", Read).reading(3).world();
        let f = one(&world);
        assert_eq!(
            f.text,
            "child waits for bytes on fd 3: pipe:[9751] is empty. parent by fd 4 can write to it; closing it brings end of file."
        );
        assert_eq!(f.severity, Severity::Waiting);
        assert_eq!(f.fix, "parent: write(4, \"x\")");
        assert!(eof_withheld::find(&world).is_empty());
        assert!(
            f.long.iter().any(|p| p == "parent's fd 4: made by pipe() in step 1. parent is idle."),
            "{:#?}",
            f.long
        );
    }

    #[test]
    fn every_sibling_that_could_write_is_named() {
        let world = stage()
            .process("parent")
            .process("c1")
            .child_of("parent", 2)
            .holds(3, "p", Read)
            .reading(3)
            .process("c2")
            .child_of("parent", 3)
            .holds(4, "p", Write)
            .process("c3")
            .child_of("parent", 4)
            .holds(4, "p", Write)
            .holds(5, "p", Write)
            .world();
        let f = one(&world);
        assert_eq!(
            f.text,
            "c1 waits for bytes on fd 3: pipe:[9751] is empty. c2 by fd 4 or c3 by fds 4 and 5 can write to it; \
             only all of them closed bring end of file."
        );
        assert_eq!(f.holders.len(), 3);
        assert!(f.long.iter().any(|p| p.contains("c2: close(4), c3: close(4) and c3: close(5)")), "{:#?}", f.long);
    }

    #[test]
    fn a_blocked_holder_is_told_from_one_that_can_write() {
        let world = stage()
            .process("parent")
            .holds(4, "p", Write)
            .process("child")
            .child_of("parent", 2)
            .holds(3, "p", Read)
            .reading(3)
            .process("other")
            .holds(4, "p", Write)
            .holds(5, "q", Read)
            .reading(5)
            .process("feeder")
            .holds(6, "q", Write);
        let found = find(&world.world());
        assert_eq!(
            found[0].text,
            "child waits for bytes on fd 3: pipe:[9751] is empty. parent by fd 4 can write to it; other (fd 4) is blocked \
             in read(5); only all of them closed bring end of file."
        );
    }

    #[test]
    fn what_is_not_known_is_said() {
        let reader = || stage().process("child").holds(3, "p", Read).reading(3);
        let table = [
            (reader().world(), "no process that can be seen holds one"),
            (reader().outside("cat", 77, 1, "p", Write).world(), "cat (pid 77, outside) by fd 1 can write"),
            (
                reader().bytes_unknown("p", "permission denied").process("parent").holds(4, "p", Write).world(),
                "a number of bytes that could not be read (permission denied)",
            ),
        ];
        for (world, needle) in table {
            let f = one(&world);
            assert!(f.text.contains(needle), "{}", f.text);
            assert_eq!(f.severity, Severity::Waiting);
        }
    }

    #[test]
    fn a_pipe_with_bytes_in_it_blocks_nobody() {
        let world = stage().process("parent").holds(4, "p", Write).process("child").holds(3, "p", Read).reading(3);
        assert!(find(&world.bytes("p", 1).world()).is_empty());
    }
}
