//! An open of a FIFO waits for another process to open its other end.

use crate::explain::prose;
use crate::explain::waits::{Waits, Want};
use crate::explain::{Finding, Severity};
use crate::world::{Access, Process, State, World};

pub(super) const NAME: &str = "blocked-open";

/// Every process that is blocked in an open.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let waits = Waits::of(world);
    let opening = waits.iter().filter_map(|(i, process, wait)| match wait.want {
        Want::OtherEnd { path } => Some(finding(world, process, path, waits.is_stuck(i))),
        _ => None,
    });
    opening.collect()
}

fn finding(world: &World, process: &Process, path: &str, stuck: bool) -> Finding {
    let name = prose::plain(&process.name);
    let file = prose::plain(path.rsplit('/').next().unwrap_or(path));
    let others: Vec<&Process> = world.living().filter(|p| p.pid != process.pid).collect();
    let idle = others.iter().find(|p| p.state == State::Idle);
    let same = |p: &&&Process| p.state.blocked_in().is_some_and(|b| b.path.as_deref() == Some(path));
    let beside: Vec<String> = others.iter().filter(same).map(|p| prose::plain(&p.name)).collect();
    let mut text = format!("{name} waits in open: nobody has the other end of FIFO {file} open yet.");
    if !beside.is_empty() {
        let waits = if beside.len() == 1 { "waits" } else { "wait" };
        let list = prose::list(&beside);
        text.push_str(&format!(" {list} {waits} there too, so all of them ask for the same end."));
    }
    text.push_str(&match idle {
        Some(p) => format!(" An open of the other end, by {} for one, releases it.", prose::plain(&p.name)),
        None if world.is_of_a_stage() => " No process of the stage is free to open it.".to_owned(),
        None => match others.iter().find(|p| p.state == State::Running) {
            Some(p) => format!(" An open of the other end, by {} for one, releases it.", prose::plain(&p.name)),
            None => " No other process that is shown is free to open it.".to_owned(),
        },
    });
    Finding {
        rule: NAME.into(),
        severity: if stuck { Severity::Stuck } else { Severity::Waiting },
        process: process.name.clone(),
        fd: None,
        object: Some(path.to_owned()),
        holders: Vec::new(),
        text,
        fix: idle.map(|p| format!("{}: open({}, {})", p.name, prose::quote(path), other_end(process))).unwrap_or_default(),
        long: vec![
            "The kernel's rule (fifo(7)): an open for reading waits until some process opens the FIFO for writing, and an \
             open for writing waits for a reader. With O_NONBLOCK the first returns at once and the second fails with ENXIO."
                .to_owned(),
            "An open with O_RDWR is both ends at once: on Linux it never waits, and releases either side."
                .to_owned(),
            "A FIFO is a path: a process that is no relative, from another terminal for one, can open it too.".to_owned(),
        ],
    }
}

/// The flag that opens what this open waits for; both ends, where the kernel did not tell which it asks for.
fn other_end(process: &Process) -> &'static str {
    match process.state.blocked_in().and_then(|b| b.opens) {
        Some(Access::Read) => "O_WRONLY",
        Some(Access::Write) => "O_RDONLY",
        _ => "O_RDWR",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::stage;

    #[test]
    fn an_idle_process_could_open_the_other_end() {
        let found = find(&stage().process("a").opening("/tmp/talk").process("b").world());
        assert_eq!(
            found[0].text,
            "a waits in open: nobody has the other end of FIFO talk open yet. An open of the other end, by b for one, \
             releases it."
        );
        assert_eq!((found[0].severity, found[0].fix.as_str()), (Severity::Waiting, "b: open(\"/tmp/talk\", O_RDWR)"));
    }

    #[test]
    fn the_cure_opens_the_end_that_is_missing() {
        for (asked, cure) in [(Access::Read, "O_WRONLY"), (Access::Write, "O_RDONLY")] {
            let found = find(&stage().process("a").opening_for("/tmp/talk", asked).process("b").world());
            assert_eq!(found[0].fix, format!("b: open(\"/tmp/talk\", {cure})"));
        }
    }

    #[test]
    fn two_at_the_same_path_ask_for_the_same_end() {
        let found = find(&stage().process("a").opening("f").process("b").opening("f").world());
        assert!(found[0].text.contains("b waits there too, so all of them ask for the same end."), "{}", found[0].text);
        assert!(found[0].text.ends_with("No process of the stage is free to open it."));
        assert_eq!((found[0].severity, found[0].fix.as_str()), (Severity::Stuck, ""));
    }
}
