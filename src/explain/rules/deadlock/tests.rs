use super::*;
use crate::explain::build::stage;
use crate::world::Access::{Read, Write};

fn one(world: &World) -> Finding {
    let mut found = find(world);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

#[test]
fn a_wait_before_the_read() {
    let world = stage().process("parent").holds(3, "p", Read).waiting();
    let world = world.process("child").child_of("parent", 2).holds(4, "p", Write).bytes("p", 65536).writing(4, 70000);
    let f = one(&world.world());
    assert_eq!(
        f.text,
        "Deadlock: parent waits for child to exit (wait), and child waits for room in pipe:[9751], whose only read end is \
         parent's fd 3. Both are blocked, so neither can make a call: kill one (kill -9 4243 for child), or start over."
    );
    assert_eq!((f.severity, f.process.as_str(), f.fix.as_str()), (Severity::Stuck, "parent", ""));
    assert!(f.long.iter().any(|p| p.contains("read all that the child writes")), "{:#?}", f.long);
    assert_eq!(f.holders.len(), 1);
}

#[test]
fn two_pipes_and_both_read_first() {
    let world = stage()
        .process("parent")
        .holds(4, "a", Write)
        .holds(5, "b", Read)
        .reading(5)
        .process("child")
        .holds(3, "a", Read)
        .holds(6, "b", Write)
        .reading(3)
        .process("other")
        .world();
    let f = one(&world);
    assert!(
        f.text.contains("parent waits for bytes in pipe:[9752], whose only write end is child's fd 6, and child"),
        "{}",
        f.text
    );
    assert_eq!(f.fix, "other: kill(child, SIGKILL)");
    assert_eq!(f.fd, Some(5));
}

#[test]
fn a_circle_of_three_is_told_in_order() {
    let ring = |name, out: &str, into: &str, s: crate::explain::build::Stage| {
        s.process(name).holds(4, out, Write).holds(3, into, Read).reading(3)
    };
    let world = ring("c", "r", "q", ring("b", "q", "p", ring("a", "p", "r", stage()))).world();
    let f = one(&world);
    let order: Vec<usize> = ["a waits", "c waits", "b waits"].iter().map(|w| f.text.find(w).unwrap()).collect();
    assert!(order.is_sorted(), "{}", f.text);
    assert!(f.text.contains("so none can make a call"));
}

#[test]
fn anyone_free_breaks_the_circle() {
    let knot = || {
        let s = stage().process("parent").holds(4, "a", Write).holds(5, "b", Read).reading(5);
        s.process("child").holds(3, "a", Read).holds(6, "b", Write).reading(3)
    };
    assert_eq!(find(&knot().world()).len(), 1);
    let table = [
        ("an idle writer", knot().process("other").holds(4, "a", Write).world()),
        ("a stranger that may write", knot().outside("cat", 77, 1, "b", Write).world()),
        ("a table not read", knot().process("su").unreadable("permission denied").world()),
        ("a number not known", knot().bytes_unknown("a", "no permission").world()),
        ("bytes on their way", knot().bytes("a", 1).world()),
        ("a stopped process", knot().process("x").holds(4, "a", Write).state(State::Stopped).world()),
    ];
    for (case, world) in table {
        assert!(find(&world).is_empty(), "{case}: {:#?}", find(&world));
    }
}

#[test]
fn one_that_waits_for_itself_is_no_circle() {
    let world = stage().process("parent").waiting().process("child").child_of("parent", 2);
    assert!(find(&world.holds_both(3, 4, "p").reading(3).world()).is_empty());
}

#[test]
fn opens_of_two_fifos_crosswise() {
    let f = one(&stage().process("a").opening("/tmp/x").process("b").opening("/tmp/y").world());
    assert!(f.text.contains("a waits for the other end of FIFO /tmp/x, which b could open"), "{}", f.text);
    assert_eq!(
        find(&stage().process("a").opening("/tmp/x").process("b").opening("/tmp/y").process("c").world()),
        vec![]
    );
}

#[test]
fn two_circles_are_two_findings() {
    let pair = |s: crate::explain::build::Stage, x: &str, y: &str| {
        let s = s.process(x).holds(4, x, Write).holds(5, y, Read).reading(5);
        s.process(y).holds(3, x, Read).holds(6, y, Write).reading(3)
    };
    assert_eq!(find(&pair(pair(stage(), "a", "b"), "c", "d").world()).len(), 2);
}
