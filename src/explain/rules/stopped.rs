//! A process was stopped by a signal: it does nothing until another signal lets it go on.

use crate::explain::prose;
use crate::explain::{Finding, Severity};
use crate::world::{Process, State, World};

pub(super) const NAME: &str = "stopped";

/// Every stopped process.
pub(super) fn find(world: &World) -> Vec<Finding> {
    world.processes.iter().filter(|p| p.state == State::Stopped).map(|p| finding(world, p)).collect()
}

fn finding(world: &World, process: &Process) -> Finding {
    let name = prose::plain(&process.name);
    let other = world.living().find(|p| p.name != process.name && p.state == State::Idle);
    Finding {
        rule: NAME.into(),
        severity: Severity::Waiting,
        process: process.name.clone(),
        fd: None,
        object: None,
        holders: Vec::new(),
        text: format!("{name} (pid {}) is stopped by a signal. SIGCONT lets it go on.", process.pid),
        fix: other.map(|p| format!("{}: kill({}, SIGCONT)", p.name, process.name)).unwrap_or_default(),
        long: vec![
            format!(
                "A stopped process keeps all it holds: as long as {name} is stopped, its write ends withhold end of file, and what it should read stays in the pipe."
            ),
            "A call that it slept in is taken up again, or begun anew, when it goes on (signal(7)).".into(),
            format!("From another terminal, `kill -CONT {}` does it.", process.pid),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::stage;

    #[test]
    fn a_stopped_process_is_named_with_who_can_wake_it() {
        let world = stage().process("parent").process("child").state(State::Stopped).world();
        let found = find(&world);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].process.as_str(), found[0].fix.as_str()), ("child", "parent: kill(child, SIGCONT)"));
        let alone = find(&stage().process("parent").state(State::Stopped).world());
        assert_eq!(alone[0].fix, "");
        assert!(find(&stage().process("parent").world()).is_empty());
    }
}
