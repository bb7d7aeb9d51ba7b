//! A parent waits for a child that has not exited.

use crate::explain::prose;
use crate::explain::waits::{Wait, Waits, Want};
use crate::explain::{Finding, Severity};
use crate::world::{Pid, Process, State, World};

pub(in crate::explain) const NAME: &str = "waiting-for-child";

/// Every process that is blocked in a wait while its child lives.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let waits = Waits::of(world);
    let waiting = waits.iter().filter_map(|(i, parent, wait)| match wait.want {
        Want::Exit { which } => Some(finding(world, parent, which, wait, waits.is_stuck(i))),
        _ => None,
    });
    waiting.collect()
}

fn finding(world: &World, parent: &Process, which: Option<Pid>, wait: &Wait<'_>, stuck: bool) -> Finding {
    let of_index = |i: &usize| world.processes.get(*i).filter(|p| p.state.is_alive());
    let children: Vec<&Process> = wait.releasers.iter().filter_map(of_index).collect();
    let idle = children.iter().find(|c| c.state == State::Idle);
    Finding {
        rule: NAME.into(),
        severity: if stuck { Severity::Stuck } else { Severity::Waiting },
        process: parent.name.clone(),
        fd: None,
        object: None,
        holders: Vec::new(),
        text: text(parent, which, &children),
        fix: idle.map(|c| format!("{}: exit(0)", c.name)).unwrap_or_default(),
        long: long(parent, &children),
    }
}

fn text(parent: &Process, which: Option<Pid>, children: &[&Process]) -> String {
    let name = prose::plain(&parent.name);
    match children {
        [] => match which {
            Some(pid) => {
                format!("{name} waits for the child with pid {pid} to exit; that process is none of those shown.")
            }
            None => format!("{name} waits for a child to exit; none of its living children is among those shown."),
        },
        [child] => format!(
            "{name} waits for {} (pid {}) to exit, and {} is {}. wait returns only once the child has ended.",
            prose::plain(&child.name),
            child.pid,
            prose::plain(&child.name),
            prose::doing(child)
        ),
        several => {
            let each: Vec<String> =
                several.iter().map(|c| format!("{} is {}", prose::plain(&c.name), prose::doing(c))).collect();
            format!(
                "{name} waits for any child to exit: {}. wait returns only once one of them has ended.",
                prose::list(&each)
            )
        }
    }
}

fn long(parent: &Process, children: &[&Process]) -> Vec<String> {
    let name = prose::plain(&parent.name);
    let mut out = vec![format!(
        "The kernel's rule (wait(2)): wait sleeps until a child changes state by ending, by exit or by a signal. Meanwhile \
         {name} makes no other call: it does not read, write or close, and every end in its table stays open."
    )];
    out.extend(children.iter().map(|c| {
        let held: Vec<i32> = c.fds.iter().filter(|f| f.target.object().is_some()).map(|f| f.number).collect();
        let holds = if held.is_empty() { String::new() } else { format!(" It holds {}.", prose::fds(&held)) };
        format!("{} (pid {}) is {}.{holds}", prose::plain(&c.name), c.pid, prose::doing(c))
    }));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::stage;
    use crate::world::Access::{Read, Write};
    use crate::world::Death;

    #[test]
    fn an_idle_child_must_exit() {
        let found = find(&stage().process("parent").waiting().process("child").child_of("parent", 2).world());
        assert_eq!(
            found[0].text,
            "parent waits for child (pid 4243) to exit, and child is idle. wait returns only once the child has ended."
        );
        assert_eq!((found[0].severity, found[0].fix.as_str()), (Severity::Waiting, "child: exit(0)"));
    }

    #[test]
    fn any_of_several_will_do() {
        let world =
            stage().process("parent").waiting().process("a").child_of("parent", 2).holds(3, "p", Read).reading(3);
        let world = world.process("b").child_of("parent", 3).holds(4, "p", Write).world();
        let found = find(&world);
        assert_eq!(
            found[0].text,
            "parent waits for any child to exit: a is blocked in read(3) and b is idle. wait returns only once one of them \
             has ended."
        );
        assert_eq!(found[0].fix, "b: exit(0)");
    }

    #[test]
    fn a_child_that_is_stuck_makes_its_parent_stuck() {
        let world = stage().process("parent").waiting_for(4243).process("child").child_of("parent", 2);
        let found = find(&world.holds_both(3, 4, "p").reading(3).world());
        assert_eq!((found[0].severity, found[0].fix.as_str()), (Severity::Stuck, ""));
    }

    #[test]
    fn a_child_that_cannot_be_seen_is_not_judged() {
        let table = [
            (
                stage().process("parent").waiting_for(99).world(),
                "the child with pid 99 to exit; that process is none of those shown",
            ),
            (stage().process("parent").waiting().world(), "none of its living children is among those shown"),
            (
                stage().process("parent").waiting().process("c").child_of("parent", 2).gone(Death::Exited(0)).world(),
                "none of its living children",
            ),
        ];
        for (world, needle) in table {
            let found = find(&world);
            assert!(found[0].text.contains(needle), "{}", found[0].text);
            assert_eq!(found[0].severity, Severity::Waiting);
        }
    }
}
