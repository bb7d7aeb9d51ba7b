//! Waits that are over, though whoever waits has not been seen to go on: the calls of processes that run by themselves are told one by
//! one, and between the last close and the end of file that it brings others may be told.

use super::ends::{Side, ends, may_be_unseen};
use super::rules::{reader_blocked_on_empty, waiting_for_child, writer_blocked_on_full};
use super::{Finding, Severity};
use crate::world::{ObjectId, World};

const READER: &str = reader_blocked_on_empty::NAME;
const WRITER: &str = writer_blocked_on_full::NAME;
const WAITS_FOR_CHILD: &str = waiting_for_child::NAME;

/// Whether what this finding waits for has come already, where all who could hold it back are in this world.
pub fn is_passing(finding: &Finding, world: &World) -> bool {
    if finding.severity != Severity::Waiting {
        return false;
    }
    let nobody = |side| {
        let object = finding.object.as_ref().and_then(|id| world.object(&ObjectId(id.clone())));
        object.is_some_and(|object| ends(world, object, side).is_empty() && !may_be_unseen(world, object))
    };
    match finding.rule.as_str() {
        READER => nobody(Side::Write),
        WRITER => nobody(Side::Read),
        WAITS_FOR_CHILD => {
            let parent = world.process(&finding.process).map(|p| p.pid);
            !world.processes.iter().any(|p| Some(p.ppid) == parent && p.state.is_alive())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::stage;
    use crate::explain::findings;
    use crate::world::Access::{Read, Write};
    use crate::world::Death;

    fn passing(world: &World) -> Vec<(String, bool)> {
        findings(world).iter().map(|f| (f.rule.clone(), is_passing(f, world))).collect()
    }

    #[test]
    fn nobody_has_a_write_end_any_more() {
        let reader = || stage().process("reader").holds(3, "p", Read).reading(3);
        assert_eq!(passing(&reader().world()), [(READER.to_owned(), true)]);
        let written = reader().process("writer").holds(4, "p", Write).world();
        assert_eq!(passing(&written), [(READER.to_owned(), false)]);
        // Somebody else may have one.
        let mut unsure = reader().world();
        let all: Vec<ObjectId> = unsure.objects.iter().map(|o| o.id.clone()).collect();
        unsure.set_unseen(all.into_iter(), 1);
        assert_eq!(passing(&unsure), [(READER.to_owned(), false)]);
    }

    #[test]
    fn no_child_lives_any_more() {
        let world = |child_lives: bool| {
            let both = stage().process("parent").waiting().process("child").child_of("parent", 1);
            if child_lives { both.world() } else { both.zombie(Death::Exited(0)).world() }
        };
        let of = |world: &World| passing(world).into_iter().find(|(rule, _)| rule == WAITS_FOR_CHILD);
        assert_eq!(of(&world(true)), Some((WAITS_FOR_CHILD.to_owned(), false)));
        assert!(of(&world(false)).is_none_or(|(_, passing)| passing));
    }
}
