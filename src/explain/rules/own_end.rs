//! A process reads from a pipe whose only write end is its own: no end of file can ever reach it.

use crate::explain::ends::{self, End, Side};
use crate::explain::prose;
use crate::explain::{Finding, Severity};
use crate::world::{Access, FdNumber, Object, ObjectKind, Process, State, World};

pub(super) const NAME: &str = "own-end";

/// One finding for each pipe that a single process holds by both ends, where others had a part in it: a process that
/// talks to itself knows what it does.
pub(super) fn find(world: &World) -> Vec<Finding> {
    world.objects.iter().filter(|o| o.kind == ObjectKind::Pipe).filter_map(|o| finding(world, o)).collect()
}

fn finding(world: &World, object: &Object) -> Option<Finding> {
    let holder = ends::each(world, object, Side::Write).next()?.process.filter(|p| p.state == State::Idle)?;
    let (read, write) = (ends::ends(world, object, Side::Read), ends::ends(world, object, Side::Write));
    let all_its_own = read.iter().chain(&write).all(|e| e.is_of(holder) && e.holder.access != Access::ReadWrite);
    let relatives = world.processes.iter().any(|p| p.pid == holder.ppid || p.ppid == holder.pid);
    if read.is_empty() || !all_its_own || !(relatives || inherited(&write)) {
        return None;
    }
    let numbers = |ends: &[End<'_>]| ends.iter().map(|e| e.holder.fd).collect::<Vec<FdNumber>>();
    Some(Finding {
        rule: NAME.into(),
        severity: Severity::Warning,
        process: holder.name.clone(),
        fd: read.first().map(|e| e.holder.fd),
        object: Some(object.id.0.clone()),
        holders: write.iter().map(End::culprit).collect(),
        text: text(holder, object, &numbers(&read), &numbers(&write)),
        fix: ends::closes(&write),
        long: long(holder, &write),
    })
}

fn inherited(ends: &[End<'_>]) -> bool {
    ends.iter().filter_map(End::origin).any(|origin| !origin.inherited.is_empty())
}

fn text(holder: &Process, object: &Object, read: &[FdNumber], write: &[FdNumber]) -> String {
    let (name, label) = (prose::plain(&holder.name), prose::object(object));
    format!(
        "{name} could read {label} by {} and is the only one who could write to it, by {}: once it is empty, a read waits for \
         ever.",
        prose::fds(read),
        prose::fds(write)
    )
}

fn long(holder: &Process, write: &[End<'_>]) -> Vec<String> {
    let name = prose::plain(&holder.name);
    let mut out = vec![format!(
        "The kernel's rule (pipe(7)): a read of an empty pipe returns 0, end of file, only when no write end is open anywhere. \
         The one that {name} holds itself counts like any other, and while it sleeps in read it cannot close it."
    )];
    out.extend(write.iter().map(|e| e.provenance(None)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::stage;
    use crate::world::Access::{Read, Write};
    use crate::world::Death;

    #[test]
    fn the_last_writer_is_the_reader_itself() {
        let world = stage().process("parent").process("child").child_of("parent", 2);
        let found = find(&world.holds(3, "p", Read).holds(4, "p", Write).world());
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].process.as_str(), found[0].fix.as_str()), ("child", "child: close(4)"));
        assert!(found[0].text.contains("by fd 4: once it is empty, a read waits for ever."), "{}", found[0].text);
        let parent = stage().process("parent").holds(3, "p", Read).holds(4, "p", Write);
        let dead = parent.process("child").child_of("parent", 2).gone(Death::Exited(0));
        assert_eq!(find(&dead.world())[0].process, "parent");
    }

    #[test]
    fn whoever_is_alone_or_shares_the_pipe_is_left_in_peace() {
        let alone = stage().process("parent").holds(3, "p", Read).holds(4, "p", Write);
        assert!(find(&alone.world()).is_empty());
        let shared = stage().process("parent").holds(4, "p", Write).process("child").child_of("parent", 2);
        assert!(find(&shared.holds(3, "p", Read).holds(4, "p", Write).world()).is_empty());
    }
}
