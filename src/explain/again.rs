//! Findings about one world after another.

use super::{Finding, RULES, rules};
use crate::world::{Pid, ProcName, State, World};
use std::cmp::Reverse;

/// Finds what [`super::findings`] does. What rests on nothing but what each process is doing is found once, and not again while that
/// stays as it is: of hundreds of zombies each is told in many words.
#[derive(Debug, Default)]
pub struct Again {
    doing: Vec<(Pid, Pid, ProcName, State)>,
}

impl Again {
    /// Every finding about `world`; `before`: those about the world that was asked of last.
    pub fn findings(&mut self, world: &World, before: Option<Vec<Finding>>) -> Vec<Finding> {
        let kept = before.filter(|_| self.is_same(world));
        if kept.is_none() {
            let doing = world.processes.iter().map(|p| (p.pid, p.ppid, p.name.clone(), p.state.clone()));
            self.doing = doing.collect();
        }
        let mut kept = kept.map(|all| all.into_iter().filter(|f| rules::rests_on_states(&f.rule)).collect::<Vec<_>>());
        let mut all = Vec::new();
        for rule in RULES {
            match &mut kept {
                Some(kept) if rules::rests_on_states(rule.name) => {
                    all.extend(kept.extract_if(.., |f| f.rule == rule.name))
                }
                _ => all.extend((rule.find)(world)),
            }
        }
        all.sort_by_key(|finding| Reverse(finding.severity));
        all
    }

    fn is_same(&self, world: &World) -> bool {
        let same = |(p, (pid, ppid, name, state)): (&crate::world::Process, &(Pid, Pid, ProcName, State))| {
            (p.pid, p.ppid) == (*pid, *ppid) && p.state == *state && p.name == *name
        };
        self.doing.len() == world.processes.len() && world.processes.iter().zip(&self.doing).all(same)
    }
}

#[cfg(test)]
mod tests {
    use super::super::build::stage;
    use super::super::findings;
    use super::*;
    use crate::world::Access::{Read, Write};
    use crate::world::Death;

    #[test]
    fn world_after_world_it_finds_what_is_found_at_once() {
        let family = || stage().process("parent").holds_both(3, 4, "p").process("child").child_of("parent", 2);
        let dead = |code| family().zombie(Death::Exited(code));
        let third = |code| dead(code).process("other").child_of("parent", 3);
        let worlds = [
            family().holds_both(3, 4, "p").world(),
            dead(0).world(),
            dead(0).world(),
            // A table is another, and nobody does anything else than before.
            third(0).world(),
            third(0).holds(3, "p", Read).world(),
            third(0).holds(4, "p", Write).world(),
            third(1).zombie(Death::Exited(0)).world(),
            third(1).holds(4, "p", Write).world(),
            stage().process("parent").waiting().process("child").child_of("parent", 2).zombie(Death::Exited(1)).world(),
        ];
        let mut again = Again::default();
        let mut before: Option<Vec<Finding>> = None;
        for (at, world) in worlds.iter().enumerate() {
            let found = again.findings(world, before.take());
            assert_eq!(found, findings(world), "{at}");
            before = Some(found).filter(|_| at != 5);
        }
    }
}
