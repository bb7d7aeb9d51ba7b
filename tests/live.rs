//! Looks at the machine one after the other: what is not read again is as a reading from the beginning would have it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;
#[path = "common/folder.rs"]
#[allow(dead_code, reason = "each test file uses some of it")]
mod folder;
mod programs {
    #[allow(dead_code, reason = "each test file uses some of it")]
    pub mod hangs;
}

use common::{LIMIT, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pipescope::survey::why::{Options, why};
use pipescope::survey::{Asked, Live, Look, Machine, Picture};
use programs::hangs::Hang;
use std::time::Instant;

/// Of this program and its descendants alone. Others come and go, and may hold what the whole session has inherited.
fn look(live: &mut Live, hang: &Hang) -> Look {
    let asked = |machine: &Machine| Asked::parse(machine, &[hang.group().to_string()]).unwrap();
    let mut look = live.look(false, asked).unwrap();
    look.world.objects.iter_mut().for_each(|o| o.holders.retain(|h| !h.outside));
    for finding in &mut look.trouble {
        finding.unseen = 0;
        // Others may have descriptors in flight.
        finding.in_flight.clear();
        finding.text = finding.text.split(" This holds unless").next().unwrap().to_owned();
    }
    Look { unseen: 0, ..look }
}

/// Until two looks in a row, each from the beginning, show the same: it is asleep where it hangs.
fn settled(hang: &Hang) -> Look {
    let began = Instant::now();
    let mut before = look(&mut Live::default(), hang);
    loop {
        let now = look(&mut Live::default(), hang);
        let asleep = now.world.processes.iter().all(|p| p.state.blocked_in().is_some());
        if now == before && asleep && !now.world.processes.is_empty() {
            return now;
        }
        assert!(began.elapsed() < LIMIT, "it does not settle: {before:#?}\nand then {now:#?}");
        before = now;
    }
}

/// What the descriptor refers to, by the kernel's own link.
fn link(pid: i32, fd: i32) -> String {
    std::fs::read_link(format!("/proc/{pid}/fd/{fd}")).unwrap().display().to_string()
}

#[test]
fn every_look_shows_what_a_first_one_shows() {
    for name in ["own-end", "three-holders", "crossed-sockets", "thread", "epoll", "poll", "crossed-fifos", "vfork"] {
        let Some(hang) = Hang::start(name) else { return };
        let fresh = settled(&hang);
        let mut live = Live::default();
        for n in 0..4 {
            assert_eq!(look(&mut live, &hang), fresh, "{name}, look {n}");
        }
    }
}

/// Of what it has inherited from us there may be more.
#[test]
fn who_is_asked_about_is_there_though_it_shares_nothing() {
    let Some(hang) = Hang::start("crossed-fifos") else { return };
    let fresh = settled(&hang);
    let mut all: Vec<(i32, Option<&str>)> =
        fresh.world.processes.iter().map(|p| (p.pid, p.state.blocked_in().map(|b| b.call.as_str()))).collect();
    all.sort_unstable();
    let mut expected = [hang.group(), hang.pid("child")].map(|pid| (pid, Some("open")));
    expected.sort_unstable();
    assert_eq!(all, expected);
    // Asked about everybody, one that waits for the other end of a FIFO is no loner.
    let everybody = Live::default().look(true, |_| Asked::All).unwrap();
    assert!(expected.iter().all(|(pid, _)| everybody.world.process_by_pid(*pid).is_some()));
    let machine = Machine::read().unwrap();
    let asked = Asked::parse(&machine, &[hang.group().to_string()]).unwrap();
    let picture = Picture::of(&machine, &asked);
    assert!(expected.iter().all(|(pid, _)| picture.processes.contains(pid)));
}

#[test]
fn a_table_that_changed_is_read_again_though_it_has_as_many_descriptors_as_before() {
    // The second: by another process, which has the same table, while the one that is looked at sleeps on.
    for name in ["swaps", "swaps-by-another"] {
        let Some(hang) = Hang::start(name) else { return };
        let mut live = Live::default();
        for _ in 0..3 {
            look(&mut live, &hang);
        }
        let (before, then) = (link(hang.group(), 3), link(hang.group(), 5));
        kill(Pid::from_raw(hang.pid("swapper")), Signal::SIGUSR1).unwrap();
        until(|| link(hang.group(), 3) != before);
        let seen = look(&mut live, &hang);
        let process = seen.world.processes.iter().find(|p| p.pid == hang.group()).unwrap();
        let target = process.fd(3).unwrap().target.object().unwrap();
        assert_eq!(target.0, then, "{name}: {before} before");
    }
}

#[test]
fn what_changed_while_the_machine_was_read_is_not_called_a_deadlock() {
    let Some(hang) = Hang::start("hands-over") else { return };
    let (parent, reader) = (hang.group(), hang.pid("reader"));
    let is_in = |pid: i32, call: &str| {
        let threads = pipescope::observe::threads(pid);
        threads.iter().all(|t| t.call.as_ref().is_some_and(|c| c.blocked.call == call)) && !threads.is_empty()
    };
    until(|| is_in(parent, "pause") && is_in(reader, "read"));
    // The tables are of before, the calls of after: who has the write end now was not there yet.
    let machine = Machine::read().unwrap();
    kill(Pid::from_raw(parent), Signal::SIGUSR1).unwrap();
    until(|| is_in(parent, "wait"));
    let of = |machine: &Machine| {
        let asked = Asked::parse(machine, &[parent.to_string()]).unwrap();
        why(machine, &asked, Options::default())
    };
    let stale = of(&machine);
    assert!(stale.findings.iter().all(|f| !f.stuck), "{:#?}", stale.findings);
    assert_eq!(stale.moved, 2, "{:#?}", stale.findings);
    // Read once more, it is as it is.
    let fresh = of(&Machine::read().unwrap());
    assert_eq!(fresh.moved, 0);
    assert!(fresh.findings.iter().any(|f| f.pid == reader && f.rule == "reader-blocked-on-empty"), "{fresh:#?}");
}
