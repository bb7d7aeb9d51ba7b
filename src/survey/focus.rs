//! The part of the machine that was asked about: its processes whole, everybody else as holders of what these share with them.

use crate::world::{FdNumber, Object, ObjectId, Pid, World};
use std::collections::BTreeSet;

/// Leave the processes of `own` in the world, and what they hold or are connected to. Others that hold such a thing are outside.
/// What others hold by the same numbers and for the same use comes from one who started them all, as a terminal's or a tool's
/// descriptors do: it is told in one line, unless one of them sleeps on it.
pub fn focus(world: &mut World, own: &BTreeSet<Pid>) {
    let slept_on: Vec<ObjectId> =
        world.processes.iter().filter(|p| own.contains(&p.pid)).filter_map(slept_on).collect();
    world.processes.retain(|p| own.contains(&p.pid));
    let held = |o: &Object| o.holders.iter().any(|h| own.contains(&h.pid));
    let held_here: BTreeSet<ObjectId> = world.objects.iter().filter(|o| held(o)).map(|o| o.id.clone()).collect();
    let peers: BTreeSet<u64> = world.objects.iter().filter(|o| held(o)).filter_map(peer).collect();
    world.objects.retain(|o| held_here.contains(&o.id) || peers.contains(&o.inode));
    for object in &mut world.objects {
        let by = |ours: bool| -> BTreeSet<(FdNumber, bool, bool)> {
            let whose = object.holders.iter().filter(|h| own.contains(&h.pid) == ours);
            whose.map(|h| (h.fd, h.access.reads(), h.access.writes())).collect()
        };
        let inherited = held_here.contains(&object.id) && by(true).is_subset(&by(false));
        object.holders.iter_mut().for_each(|h| h.outside = !own.contains(&h.pid));
        if inherited && !slept_on.contains(&object.id) {
            object.set_inherited();
        }
    }
}

fn slept_on(process: &crate::world::Process) -> Option<ObjectId> {
    process.fd(process.state.blocked_in()?.fd?)?.target.object().cloned()
}

fn peer(object: &Object) -> Option<u64> {
    object.as_socket()?.peer.value()?.inode()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::stage;
    use crate::world::Access::{Read, Write};

    /// A tool reads what a shell and its children print; the shell's pipeline is theirs alone.
    fn machine() -> World {
        let tool = stage().process("tool").holds(250, "out", Read);
        let shell = tool.process("shell").child_of("tool", 1).holds(1, "out", Write);
        let ls = shell.process("ls").child_of("shell", 2).holds(2, "out", Write).holds(1, "p", Write);
        ls.process("wc").child_of("shell", 3).holds(1, "out", Write).holds(0, "p", Read).world()
    }

    fn focused(own: &[Pid], mut world: World) -> World {
        focus(&mut world, &own.iter().copied().collect());
        world
    }

    #[test]
    fn others_are_holders_and_what_they_gave_is_inherited() {
        let world = focused(&[4245], machine());
        assert_eq!(world.processes.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["wc"]);
        assert!(world.objects[0].is_inherited());
        assert!(!world.objects[1].is_inherited());
        let outside: Vec<_> = world.objects[1].holders.iter().map(|h| (h.process.as_str(), h.outside)).collect();
        assert_eq!(outside, [("ls", true), ("wc", false)]);
    }

    #[test]
    fn another_number_is_its_own_doing() {
        // ls writes to it by fd 2, which nobody else does.
        assert!(!focused(&[4244], machine()).objects[0].is_inherited());
    }

    #[test]
    fn what_one_sleeps_on_is_never_folded() {
        let world =
            stage().process("a").holds(0, "p", Read).process("b").child_of("a", 1).holds(0, "p", Read).reading(0);
        assert!(!focused(&[4243], world.world()).objects[0].is_inherited());
    }
}
