//! The waits of a process with several threads, all of which sleep: whoever lets one of them go on lets the process go on, and that may
//! do for the others what nobody else will.

use super::{Wait, call_wait};
use crate::world::{BlockedIn, Process, World};

/// Add to the wait of a process that one of its threads sleeps in those of the others.
pub(super) fn add_others<'w>(world: &'w World, process: &'w Process, said: &BlockedIn, wait: &mut Wait<'w>) {
    let mut said = Some(said);
    let all_known = process.threads.iter().all(|thread| thread.asleep.is_some());
    wait.unsure |= !process.threads.is_empty() && !all_known;
    let alone = world.living().count() == 1;
    for (_, call) in process.sleepers() {
        if said.take_if(|said| *said == call).is_some() {
            continue;
        }
        match call_wait(world, process, call) {
            Some(other) => {
                wait.releasers
                    .extend(other.releasers.iter().filter(|i| !wait.releasers.contains(i)).collect::<Vec<_>>());
                wait.strangers.extend(other.strangers);
                wait.unsure |= other.unsure;
            }
            // A lock of its own threads, or the end of one. Where there are other processes they may have the word too.
            None if call.call == "futex" && alone => {}
            None => wait.unsure = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::explain::build::stage;
    use crate::explain::{Severity, findings};
    use crate::world::World;

    fn told(world: &World) -> Vec<(String, Severity)> {
        findings(world).into_iter().filter(|f| f.severity != Severity::Warning).map(|f| (f.rule, f.severity)).collect()
    }

    #[test]
    fn nobody_is_stuck_whose_other_thread_may_go_on() {
        let reader = || stage().process("p").holds_both(3, 4, "pipe").reading(3);
        let waits = |rule: &str, severity| vec![(rule.to_owned(), severity)];
        let stuck = waits("eof-withheld", Severity::Stuck);
        assert_eq!(told(&reader().world()), stuck);
        // Who waits for the reader does not write either.
        let joined = reader().thread("futex", None).thread("read", Some(3)).world();
        assert_eq!(told(&joined), stuck);
        let elsewhere = waits("reader-blocked-on-empty", Severity::Waiting);
        for call in ["sleep", "poll"] {
            let other = reader().thread(call, None).thread("read", Some(3)).world();
            assert_eq!(told(&other), elsewhere, "{call}");
            assert!(findings(&other)[0].text.contains("another of its 2 threads may write there"), "{other:?}");
        }
        // A lock may be another process's too.
        let two = reader().thread("futex", None).thread("read", Some(3)).process("q").world();
        assert_eq!(told(&two), elsewhere);
    }

    #[test]
    fn who_can_release_another_thread_can_release_the_process() {
        let waits = |both: bool| {
            let stage =
                stage().process("p").holds(3, "in", crate::world::Access::Read).holds_both(5, 6, "own").reading(5);
            let stage = stage.thread("read", Some(5)).thread(if both { "read" } else { "futex" }, both.then_some(3));
            told(&stage.process("q").holds(4, "in", crate::world::Access::Write).world())
        };
        assert_eq!(waits(true), [("reader-blocked-on-empty".to_owned(), Severity::Waiting)]);
    }
}
