use super::*;
use crate::explain::build::stage;
use crate::explain::findings;
use crate::world::Access::{Read, ReadWrite, Write};
use crate::world::Death;

fn one(world: &World) -> Finding {
    let mut found = find(world);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

/// A child that reads from a pipe and holds its own write end.
fn textbook() -> crate::explain::build::Stage {
    stage().process("parent").process("child").child_of("parent", 2).holds_both(3, 4, "p").reading(3)
}

#[test]
fn its_own_write_end_alone() {
    let f = one(&textbook().world());
    assert_eq!(
        f.text,
        "child waits for bytes or end of file on fd 3. pipe:[9751] is empty, and one write end is open: child's own fd 4, \
         inherited at fork (step 2). close(4) in child, before the read, brings end of file."
    );
    assert_eq!((f.severity, f.fix.as_str()), (Severity::Stuck, "child: close(4)"));
    assert_eq!(f.holders.iter().map(|c| (c.process.as_str(), c.fd)).collect::<Vec<_>>(), [("child", 4)]);
    assert_eq!(
        f.long[1],
        "child's own fd 4: inherited at fork (step 2) from parent; made by pipe() in step 1. child is blocked in read(3)."
    );
    assert!(
        f.long.iter().any(|p| p.contains("parent holds no write end of pipe:[9751]: a close there changes nothing."))
    );
}

#[test]
fn an_idle_writer_beside_its_own_makes_it_a_warning() {
    let world = textbook().process("other").holds(4, "p", Write).world();
    let f = one(&world);
    assert_eq!(f.severity, Severity::Warning);
    assert_eq!(
        f.text,
        "End of file cannot reach child on fd 3 even once other's fd 4 is closed, since child itself holds a write end of \
         pipe:[9751]: child's own fd 4, inherited at fork (step 2). close(4) in child, before the read, brings end of file."
    );
    assert_eq!(f.fix, "child: close(4)");
    let rules: Vec<String> = findings(&world).into_iter().map(|f| f.rule).collect();
    assert_eq!(rules, ["reader-blocked-on-empty", "eof-withheld", "unused-ends"]);
}

#[test]
fn a_shell_that_waits_withholds_it() {
    let world = stage().process("shell").holds(4, "p", Write).waiting_for(4243).process("wc").child_of("shell", 3);
    let world = world.holds(0, "p", Read).program("wc").reading(0).world();
    let f = one(&world);
    assert!(
        f.text.ends_with(
            "one write end is open: shell's fd 4, made by pipe() in step 1. close(4) in shell, before its wait, brings end \
             of file."
        ),
        "{}",
        f.text
    );
    assert_eq!((f.severity, f.fix.as_str()), (Severity::Stuck, "shell: close(4)"));
    assert_eq!(findings(&world).iter().map(|f| f.rule.as_str()).collect::<Vec<_>>()[..2], ["eof-withheld", "deadlock"]);
}

#[test]
fn two_readers_that_both_hold_write_ends() {
    let world = stage().process("a").holds_both(3, 4, "p").reading(3).process("b").holds_both(3, 4, "p").reading(3);
    let found = find(&world.world());
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].severity, found[0].fix.as_str()), (Severity::Stuck, "a: close(4)\nb: close(4)"));
    assert!(found[0].text.ends_with("Only all of them closed bring end of file: close(4) in a and close(4) in b."));
}

#[test]
fn ordinary_waiting_is_not_it() {
    let reader = || stage().process("child").holds(3, "p", Read).reading(3);
    let table = [
        ("an idle writer", reader().process("parent").holds(4, "p", Write).world()),
        ("a writer outside", reader().outside("cat", 77, 1, "p", Write).world()),
        ("no writer seen", reader().world()),
        ("bytes are there", textbook().bytes("p", 3).world()),
        ("nobody reads", stage().process("child").holds_both(3, 4, "p").world()),
        ("a zombie holds nothing", reader().process("z").holds(4, "p", Write).zombie(Death::Exited(0)).world()),
        (
            "a holder that reads elsewhere: a deadlock",
            stage()
                .process("parent")
                .holds(4, "a", Write)
                .holds(5, "b", Read)
                .reading(5)
                .process("child")
                .holds(3, "a", Read)
                .holds(6, "b", Write)
                .reading(3)
                .world(),
        ),
    ];
    for (case, world) in table {
        assert!(find(&world).is_empty(), "{case}: {:#?}", find(&world));
    }
}

#[test]
fn a_fifo_opened_for_both_withholds_from_itself() {
    let world = stage().process("child").making("open(\"f\", O_RDWR)", 2).holds(3, "/tmp/f", ReadWrite).reading(3);
    let f = one(&world.process("other").world());
    assert_eq!((f.severity, f.fix.as_str()), (Severity::Waiting, ""));
    assert!(f.text.contains("FIFO f is empty"), "{}", f.text);
    assert!(
        f.text.ends_with("Opened with O_RDONLY, child's fd 3 would not withhold its own end of file."),
        "{}",
        f.text
    );
}

#[test]
fn what_is_not_known_is_not_claimed() {
    let f = one(&textbook().bytes_unknown("p", "no permission").world());
    assert_eq!(f.severity, Severity::Waiting);
    assert!(f.text.contains("holds a number of bytes that could not be read"), "{}", f.text);
    let f = one(&textbook().process("su").unreadable("permission denied").world());
    assert_eq!(f.severity, Severity::Waiting);
    assert!(f.long.iter().any(|p| p.contains("su (permission denied)")));
}
