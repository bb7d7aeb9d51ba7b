//! A process is dead, and its living parent has not waited for it.

use crate::explain::prose;
use crate::explain::{Finding, Severity};
use crate::world::{Death, Process, State, World};

pub(super) const NAME: &str = "zombie";

/// Every zombie whose parent lives and is on the stage.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let zombies = world.processes.iter().filter_map(|p| match p.state {
        State::Zombie(death) => Some((p, death)),
        _ => None,
    });
    zombies.filter_map(|(p, death)| Some(finding(p, death, world.living().find(|q| q.pid == p.ppid)?))).collect()
}

fn finding(zombie: &Process, death: Death, parent: &Process) -> Finding {
    let (name, by) = (prose::plain(&zombie.name), prose::plain(&parent.name));
    let pid = zombie.pid;
    let mut text =
        format!("{name} (pid {pid}) {} and is a zombie: {by}, its parent, has not waited for it.", prose::death(death));
    text.push_str(&match parent.state.blocked_in() {
        Some(_) => format!(" {by} is {} and can wait for it only after that.", prose::doing(parent)),
        None => format!(" wait() in {by} collects how it ended and frees the pid."),
    });
    Finding {
        rule: NAME.into(),
        severity: Severity::Note,
        process: zombie.name.clone(),
        fd: None,
        object: None,
        holders: Vec::new(),
        text,
        fix: format!("{}: wait()", parent.name),
        long: long(&name, pid, &by, death),
    }
}

fn long(name: &str, pid: i32, parent: &str, death: Death) -> Vec<String> {
    vec![
        format!(
            "{name} {}. Its descriptors are closed and its memory is freed: it holds no end of any pipe. What is left is one \
             entry in the kernel's table of processes, with pid {pid} and how it ended.",
            prose::death(death)
        ),
        format!(
            "The kernel's rule (wait(2)): that entry stays until the parent collects it by wait or waitpid, or until the parent \
             ends itself. Only {parent} can wait for it; for anyone else wait fails with ECHILD."
        ),
        "A zombie cannot be killed, it is dead already. Only unwaited ones in great number do harm: they use up pids."
            .to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::stage;

    #[test]
    fn a_zombie_names_who_should_wait_and_how_it_died() {
        let table = [
            (Death::Exited(0), "child (pid 4243) exited with 0 and is a zombie"),
            (Death::Killed(13), "child (pid 4243) was killed by SIGPIPE and is a zombie"),
            (Death::Unknown, "child (pid 4243) ended (how could not be read) and is a zombie"),
        ];
        for (death, start) in table {
            let found = find(&stage().process("parent").process("child").child_of("parent", 2).zombie(death).world());
            assert_eq!(found.len(), 1);
            assert!(found[0].text.starts_with(start), "{}", found[0].text);
            assert!(found[0].text.contains("parent, its parent, has not waited"), "{}", found[0].text);
            assert_eq!((found[0].fix.as_str(), found[0].severity), ("parent: wait()", Severity::Note));
        }
    }

    #[test]
    fn no_parent_to_blame_no_finding() {
        let table = [
            ("not on the stage", stage().process("child").zombie(Death::Exited(0)).world()),
            (
                "dead too",
                stage()
                    .process("parent")
                    .gone(Death::Exited(0))
                    .process("child")
                    .child_of("parent", 2)
                    .zombie(Death::Exited(0))
                    .world(),
            ),
            ("reaped", stage().process("parent").process("child").child_of("parent", 2).gone(Death::Exited(0)).world()),
            ("alive", stage().process("parent").process("child").child_of("parent", 2).world()),
        ];
        for (case, world) in table {
            assert!(find(&world).is_empty(), "{case}");
        }
    }

    #[test]
    fn a_parent_that_is_blocked_waits_later() {
        let world = stage().process("parent").waiting_for(4244).process("child").child_of("parent", 2);
        let world = world.zombie(Death::Exited(1)).process("other").child_of("parent", 3).world();
        assert!(find(&world)[0].text.ends_with("parent is blocked in wait() and can wait for it only after that."));
    }
}
