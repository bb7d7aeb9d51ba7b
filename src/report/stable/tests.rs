use super::super::sample::{self, PIPE, any_world};
use super::*;
use proptest::prelude::*;

/// The same story as another run would have it: other pids, another inode.
fn other_run(moment: &Moment) -> Moment {
    let text = format!("{moment:?}");
    assert!(!text.contains("7777"));
    let pid = |pid: &mut Pid| *pid += 500;
    let swap = |text: &mut String| {
        *text =
            text.replace(PIPE, "pipe:[77770]").replace("pid 4243", "pid 4743").replace("returns 4243", "returns 4743");
    };
    let mut m = moment.clone();
    for p in &mut m.world.processes {
        pid(&mut p.pid);
        pid(&mut p.ppid);
        for fd in &mut p.fds {
            if let Target::Object(id) = &mut fd.target {
                swap(&mut id.0);
            }
        }
    }
    for o in &mut m.world.objects {
        swap(&mut o.id.0);
        o.inode = 77770;
        o.holders.iter_mut().for_each(|h| pid(&mut h.pid));
    }
    for c in &mut m.changes {
        match c {
            Change::Bytes(id, ..) | Change::Vanished(id) => swap(&mut id.0),
            Change::Closed(_, fd) | Change::Replaced(_, fd) => {
                if let Target::Object(id) = &mut fd.target {
                    swap(&mut id.0);
                }
            }
            _ => {}
        }
    }
    m.flows.iter_mut().for_each(|f| swap(&mut f.object.0));
    for f in &mut m.findings {
        f.object.iter_mut().for_each(swap);
        swap(&mut f.text);
        f.holders.iter_mut().for_each(|h| pid(&mut h.pid));
    }
    m.checks.iter_mut().for_each(|c| swap(&mut c.got));
    if let Some(own) = &mut m.own {
        if own.outcome == Outcome::Returned(4243) {
            own.outcome = Outcome::Returned(4743);
        }
        if let Detail::Child(_, n) = &mut own.detail {
            pid(n);
        }
    }
    m
}

#[test]
fn two_runs_of_one_story_become_the_same() {
    let (mut one, mut two) = (Stable::new(None), Stable::new(None));
    for moment in sample::story() {
        let other = other_run(&moment);
        assert_ne!(other, moment);
        assert_eq!(one.moment(&moment), two.moment(&other));
    }
}

#[test]
fn numbers_follow_the_order_of_appearance_everywhere() {
    let mut stable = Stable::new(None);
    stable.moment(&sample::start());
    let forked = stable.moment(&sample::forked());
    let pids: Vec<Pid> = forked.world.processes.iter().map(|p| p.pid).collect();
    assert_eq!(pids, [101, 103], "102 is the parent of them all");
    assert_eq!(forked.own.as_ref().map(|c| c.outcome.clone()), Some(Outcome::Returned(103)));
    assert_eq!(forked.checks[0].got, "returns 103");
    let stuck = stable.moment(&sample::stuck());
    assert_eq!(stuck.world.objects[0].id.0, "pipe:[1001]");
    let holders: Vec<Pid> = stuck.world.objects[0].holders.iter().map(|h| h.pid).collect();
    assert_eq!(holders, [103, 103, 104], "the stranger comes last");
    assert_eq!(stuck.findings[0].object.as_deref(), Some("pipe:[1001]"));
    assert!(
        stuck.findings[0].text.starts_with("child (pid 103) waits on pipe:[1001] for"),
        "{}",
        stuck.findings[0].text
    );
}

#[test]
fn what_a_write_returns_is_no_pid() {
    let mut stable = Stable::new(None);
    let mut moment = sample::written();
    moment.checks = vec![Check { expect: "returns 6".into(), met: false, got: "returns 5".into() }];
    let masked = stable.moment(&moment);
    assert_eq!(masked.own, moment.own);
    assert_eq!(masked.checks, moment.checks);
}

#[test]
fn the_scratch_folder_has_one_name() {
    let mut stable = Stable::new(Some(Path::new("/tmp/pipescope-x7")));
    assert_eq!(stable.id(&ObjectId("/tmp/pipescope-x7/fifo".into())).0, "scratch/fifo");
    assert_eq!(Stable::new(Some(Path::new("/"))).id(&ObjectId("/a".into())).0, "/a");
}

proptest! {
    #[test]
    fn any_world_keeps_its_form_and_masking_it_again_changes_nothing(world in any_world()) {
        let once = Stable::new(None).world(&world);
        prop_assert_eq!(once.processes.len(), world.processes.len());
        prop_assert_eq!(&Stable::new(None).world(&once), &once);
    }
}
