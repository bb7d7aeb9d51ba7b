//! Properties of the findings on worlds made at random.

use super::build::{Stage, stage};
use super::waits::Waits;
use super::*;
use crate::world::{Death, State, World};
use proptest::prelude::*;

const PIPES: [&str; 4] = ["p", "q", "r", "/tmp/f"];

/// One process of a random world.
#[derive(Debug, Clone)]
struct Actor {
    parent: Option<usize>,
    holds: Vec<(usize, Access)>,
    doing: u8,
    which: usize,
}

fn actor() -> impl Strategy<Value = Actor> {
    let access = prop_oneof![4 => Just(Access::Read), 4 => Just(Access::Write), 1 => Just(Access::ReadWrite)];
    let holds = prop::collection::vec((0..PIPES.len(), access), 0..5);
    (prop::option::weighted(0.7, 0..5usize), holds, 0..16u8, 0..5usize)
        .prop_map(|(parent, holds, doing, which)| Actor { parent, holds, doing, which })
}

fn put(mut s: Stage, i: usize, actor: &Actor) -> Stage {
    s = s.process(&format!("p{i}"));
    if let Some(parent) = actor.parent.filter(|p| *p < i) {
        s = s.child_of(&format!("p{parent}"), i + 1);
    }
    for (k, (pipe, access)) in actor.holds.iter().enumerate() {
        s = s.holds(3 + i32::try_from(k).unwrap(), PIPES[*pipe], *access);
    }
    let fd = 3 + i32::try_from(actor.which).unwrap();
    match actor.doing {
        0..5 => s.reading(fd),
        5..8 => s.writing(fd, 5000),
        8 | 9 => s.waiting(),
        10 => s.waiting_for(4242 + fd),
        11 => s.opening("/tmp/f"),
        12 => s.zombie(Death::Killed(13)),
        13 => s.state(State::Stopped),
        14 => s.unreadable("permission denied"),
        _ => s,
    }
}

prop_compose! {
    fn worlds()(
        actors in prop::collection::vec(actor(), 1..6),
        bytes in prop::collection::vec(prop::option::weighted(0.95, prop_oneof![3 => Just(0u64), 1 => Just(65536)]), PIPES.len()),
        outside in prop::option::weighted(0.1, (0..PIPES.len(), any::<bool>())),
    ) -> World {
        let mut s = stage();
        for (i, a) in actors.iter().enumerate() {
            s = put(s, i, a);
        }
        for (pipe, bytes) in PIPES.iter().zip(bytes) {
            s = match bytes {
                Some(n) => s.bytes(pipe, n),
                None => s.bytes_unknown(pipe, "no permission"),
            };
        }
        if let Some((pipe, reads)) = outside {
            s = s.outside("cat", 77, 0, PIPES[pipe], if reads { Access::Read } else { Access::Write });
        }
        s.world()
    }
}

fn remove(world: &mut World, pid: Pid, fd: FdNumber) {
    for p in world.processes.iter_mut().filter(|p| p.pid == pid) {
        p.fds.retain(|f| f.number != fd);
    }
    for object in &mut world.objects {
        object.holders.retain(|h| (h.pid, h.fd) != (pid, fd));
    }
}

fn looks_like_a_call(world: &World, line: &str) -> bool {
    let Some((name, call)) = line.split_once(": ") else { return false };
    world.process(name).is_some() && call.ends_with(')') && call.find('(').is_some_and(|n| n > 0)
}

/// The stuck by definition: the union of all sets in which everyone is blocked and only members could release members.
fn stuck_by_trial(world: &World, waits: &Waits<'_>) -> Vec<bool> {
    let n = world.processes.len();
    let mut stuck = vec![false; n];
    for set in 0..1usize << n {
        let has = |i: usize| set & (1 << i) != 0;
        if (0..n).filter(|i| has(*i)).all(|i| waits.wait(i).is_some_and(|w| w.only_by(has))) {
            (0..n).filter(|i| has(*i)).for_each(|i| stuck[i] = true);
        }
    }
    stuck
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_a_traced_program_nothing_is_said_of_a_stage(world in worlds()) {
        let mut world = world;
        prop_assert!(world.is_of_a_stage());
        let by_pid = |name: &mut String, pid: Pid| *name = format!("{name}[{pid}]");
        for process in &mut world.processes {
            by_pid(&mut process.name, process.pid);
            process.program = Some("prog".into());
            if process.state == State::Idle {
                process.state = State::Running;
            }
        }
        let holders = world.objects.iter_mut().flat_map(|o| o.holders.iter_mut());
        holders.filter(|h| !h.outside).for_each(|h| by_pid(&mut h.process, h.pid));
        prop_assert!(!world.is_of_a_stage());
        for f in findings(&world) {
            let said = format!("{}\n{}", f.text, f.long.join("\n"));
            prop_assert!(!said.contains("stage") && !said.contains("steps done again"), "{said}");
        }
        for process in &world.processes {
            prop_assert!(process.fds.iter().all(|fd| !descriptor(&world, process, fd).contains("stage")));
        }
    }

    #[test]
    fn findings_speak_of_what_is_there(world in worlds()) {
        let all = findings(&world);
        prop_assert!(all.is_sorted_by(|a, b| a.severity >= b.severity));
        prop_assert_eq!(&all, &findings(&world));
        for f in &all {
            let rule = rule(&f.rule);
            prop_assert!(rule.is_some_and(|r| f.severity <= r.severity), "{:?}", f);
            prop_assert!(world.process(&f.process).is_some());
            prop_assert!(!f.text.contains("  ") && !f.text.contains("none to"), "{}", f.text);
            prop_assert!(f.text.ends_with('.') && !f.long.is_empty() && f.long.iter().all(|p| p.ends_with('.')), "{:#?}", f);
            for c in &f.holders {
                let held = world.objects.iter().flat_map(|o| &o.holders).any(|h| (h.pid, h.fd) == (c.pid, c.fd));
                prop_assert!(held, "{:?}", c);
            }
            prop_assert!(f.fix.lines().all(|line| looks_like_a_call(&world, line)), "{}", f.fix);
        }
    }

    #[test]
    fn without_its_culprits_end_of_file_is_not_withheld(world in worlds()) {
        for f in findings(&world).iter().filter(|f| f.rule == "eof-withheld") {
            prop_assert!(!f.holders.is_empty());
            let mut cured = world.clone();
            f.holders.iter().for_each(|c| remove(&mut cured, c.pid, c.fd));
            let again = findings(&cured);
            let left = again.iter().any(|g| g.rule == f.rule && g.process == f.process);
            prop_assert!(!left, "{:#?}\n{:#?}", f, again);
        }
    }

    #[test]
    fn the_stuck_are_those_of_the_definition(world in worlds()) {
        let waits = Waits::of(&world);
        let found: Vec<bool> = (0..world.processes.len()).map(|i| waits.is_stuck(i)).collect();
        prop_assert_eq!(found, stuck_by_trial(&world, &waits));
        for knot in waits.knots() {
            let cycle = waits.cycle(&knot);
            prop_assert!(cycle.len() > 1 && cycle.iter().all(|i| waits.is_stuck(*i) && knot.contains(i)));
        }
    }

    #[test]
    fn a_free_process_that_holds_everything_unsticks_all_pipes(actors in prop::collection::vec(actor(), 1..6)) {
        let mut s = stage();
        for (i, a) in actors.iter().enumerate() {
            s = put(s, i, a);
        }
        s = s.process("free");
        for (k, pipe) in (10..).step_by(2).zip(PIPES) {
            s = s.holds_both(k, k + 1, pipe);
        }
        let world = s.world();
        let at_pipes = |f: &Finding| f.fd.is_some() && f.severity == Severity::Stuck;
        prop_assert!(!findings(&world).iter().any(at_pipes), "{:#?}", findings(&world));
    }
}

#[test]
fn an_empty_world_has_no_findings() {
    assert_eq!(findings(&World::default()), vec![]);
}

#[test]
fn findings_survive_json() {
    let world = stage().process("child").holds_both(3, 4, "p").reading(3).world();
    let all = findings(&world);
    let json = serde_json::to_string(&all).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Finding>>(&json).unwrap(), all);
}
