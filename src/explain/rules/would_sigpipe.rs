//! A pipe that has write ends and no read end: a write to it would raise SIGPIPE.

use crate::explain::ends::{self, End, Side};
use crate::explain::prose;
use crate::explain::{Finding, Severity};
use crate::world::{Object, World};

pub(super) const NAME: &str = "would-sigpipe";

/// One finding for each pipe without readers to which a process of the stage can still write.
pub(super) fn find(world: &World) -> Vec<Finding> {
    world.objects.iter().filter(|o| o.is_pipe()).filter_map(|o| finding(world, o)).collect()
}

fn finding(world: &World, object: &Object) -> Option<Finding> {
    if ends::each(world, object, Side::Read).next().is_some() {
        return None;
    }
    // Nobody has used it, and whoever gave it may well read it.
    if object.is_inherited() && world.unseen_at(&object.id) > 0 {
        return None;
    }
    let writers = ends::ends(world, object, Side::Write);
    // It is about a process of the stage; a pipe between strangers is not ours to judge.
    let first = writers.iter().find_map(|e| Some((e.process?, e.holder.fd)))?;
    // A writer that sleeps in the kernel proves that a reader exists which cannot be seen.
    let sleeps = |e: &End<'_>| {
        let blocked = e.process.and_then(|p| p.state.blocked_in());
        blocked.is_some_and(|b| b.call.starts_with("write") && b.fd == Some(e.holder.fd))
    };
    if writers.iter().any(sleeps) {
        return None;
    }
    Some(Finding {
        rule: NAME.into(),
        severity: if world.unseen_at(&object.id) > 0 { Severity::Note } else { Severity::Warning },
        process: first.0.name.clone(),
        fd: Some(first.1),
        object: Some(object.id.0.clone()),
        holders: writers.iter().map(End::culprit).collect(),
        text: text(world, object, &writers),
        // Closing is no cure for what may not be so.
        fix: if world.unseen_at(&object.id) > 0 { String::new() } else { ends::closes(&writers) },
        long: long(world, object, &writers),
    })
}

fn text(world: &World, object: &Object, writers: &[End<'_>]) -> String {
    let label = prose::object(object);
    let whose = ends::named(writers, |e| e.whose(None));
    let open = match writers.len() {
        1 => "a write end is".to_owned(),
        n => format!("{} write ends are", prose::number(n)),
    };
    let comes = "raises SIGPIPE, which kills the writer, or fails with EPIPE where SIGPIPE is ignored.";
    match world.unseen_at(&object.id) {
        0 if ends::may_be_unseen(world, object) => {
            format!(
                "{label} has no read end that can be seen, but {open} open: {whose}. If there is none, a write there {comes}"
            )
        }
        0 => format!("{label} has no read end left, but {open} open: {whose}. A write there {comes}"),
        _ => format!(
            "{label} has no read end that can be seen, but {open} open: {whose}. One may be among the descriptors of \
             processes that may not be read here (root may read more); if there is none, a write there {comes}"
        ),
    }
}

fn long(world: &World, object: &Object, writers: &[End<'_>]) -> Vec<String> {
    let mut out = vec![
        "The kernel's rule (pipe(7)): once every descriptor that refers to the read end is closed, a write raises SIGPIPE \
         in the writer. By default that kills it; where it is ignored, blocked or caught, write returns -1 with EPIPE."
            .to_owned(),
    ];
    out.extend(writers.iter().map(|e| e.provenance(None)));
    if let Some(n) = object.bytes.value().filter(|n| **n > 0) {
        out.push(format!(
            "{} in the pipe will never be read: they go when the last write end is closed.",
            prose::bytes(*n)
        ));
    }
    out.push(
        "A read end kept open anywhere, even in the writer itself, would hide this: the writes would succeed, fill the \
         pipe, and then block."
            .to_owned(),
    );
    if object.kind == crate::world::ObjectKind::Fifo {
        out.push("A FIFO may get a new reader: any process can open its path for reading.".to_owned());
    }
    out.extend(ends::unseen(world, object));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::stage;
    use crate::world::Access::{Read, ReadWrite, Write};
    use crate::world::{Death, ObjectId, State};

    #[test]
    fn write_ends_without_a_reader_are_named() {
        let world = stage().process("parent").holds(4, "p", Write).process("child").child_of("parent", 2);
        let world = world.holds(4, "p", Write).bytes("p", 5).world();
        let found = find(&world);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].text,
            "pipe:[9751] has no read end left, but two write ends are open: parent's fd 4 and child's fd 4. A write there \
             raises SIGPIPE, which kills the writer, or fails with EPIPE where SIGPIPE is ignored."
        );
        assert_eq!((found[0].process.as_str(), found[0].fd), ("parent", Some(4)));
        assert_eq!(found[0].fix, "parent: close(4)\nchild: close(4)");
        assert!(found[0].long.iter().any(|p| p.starts_with("5 bytes in the pipe")));
    }

    #[test]
    fn any_read_end_averts_it() {
        let writer = || stage().process("parent").holds(4, "p", Write);
        let table = [
            ("its own", writer().holds(3, "p", Read).world()),
            ("a child's", writer().process("child").holds(3, "p", Read).world()),
            ("a stranger's", writer().outside("cat", 77, 0, "p", Read).world()),
            ("both ways", stage().process("parent").holds(3, "/tmp/f", ReadWrite).world()),
            ("only outside writes", stage().process("p").outside("cat", 77, 1, "p", Write).world()),
            ("the writer sleeps", writer().bytes("p", 65536).writing(4, 1).world()),
        ];
        for (case, world) in table {
            assert!(find(&world).is_empty(), "{case}");
        }
    }

    #[test]
    fn a_dead_reader_is_no_reader() {
        let world = stage().process("child").holds(3, "p", Read);
        // The list of holders may be older than the death.
        let world = world.state(State::Zombie(Death::Exited(0)));
        let world = world.process("parent").holds(4, "p", Write).world();
        assert_eq!(find(&world).len(), 1);
    }

    #[test]
    fn where_others_may_not_be_looked_at_a_reader_may_be_among_them() {
        let mut world = stage().process("sh").holds(1, "p", Write).world();
        let id = world.objects[0].id.clone();
        world.set_unseen([id].into_iter(), 7);
        let found = find(&world);
        let text = &found[0].text;
        assert!(text.starts_with("pipe:[9751] has no read end that can be seen, but a write end is open"), "{text}");
        assert!(
            text.contains("of processes that may not be read here (root may read more); if there is none, a write"),
            "{text}"
        );
        assert_eq!(found[0].severity, Severity::Note);
        assert!(found[0].long.iter().any(|p| p.contains("those of processes that may not be read here")));
        assert_eq!(found[0].fix, "");
        // Of another pipe, or as root, it is known.
        world.set_unseen([ObjectId("pipe:[9751]".into())].into_iter(), 0);
        assert!(find(&world)[0].text.starts_with("pipe:[9751] has no read end left"));
    }

    #[test]
    fn an_unreadable_table_weakens_the_claim() {
        let world =
            stage().process("parent").holds(4, "p", Write).process("su").unreadable("permission denied").world();
        let found = find(&world);
        assert!(found[0].text.starts_with("pipe:[9751] has no read end that can be seen"), "{}", found[0].text);
        assert!(found[0].long.iter().any(|p| p.contains("su (permission denied)")));
    }
}
