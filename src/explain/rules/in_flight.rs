//! Descriptors travel in a message that nobody has received: references that no process's table shows.

use super::socket_ends::copies;
use crate::explain::ends::End;
use crate::explain::prose;
use crate::explain::{Finding, Severity};
use crate::world::{Object, World};

pub(super) const NAME: &str = "descriptor-in-flight";

/// Every socket in which descriptors wait.
pub(super) fn find(world: &World) -> Vec<Finding> {
    world.objects.iter().filter_map(|object| finding(world, object)).collect()
}

fn finding(world: &World, object: &Object) -> Option<Finding> {
    let count = object.as_socket()?.in_flight.filter(|n| *n > 0)?;
    let copies = copies(world, object);
    let first = copies.iter().find(|e| e.process.is_some())?;
    let n = usize::try_from(count).unwrap_or(usize::MAX);
    let verb = if n == 1 { "is" } else { "are" };
    Some(Finding {
        rule: NAME.into(),
        severity: Severity::Note,
        process: first.holder.process.clone(),
        fd: Some(first.holder.fd),
        object: Some(object.id.0.clone()),
        holders: copies.iter().map(End::culprit).collect(),
        text: format!(
            "{} {verb} in flight in {}: what they refer to stays open, though no table shows it, until {} receives them.",
            prose::count(n, "descriptor"),
            prose::object(object),
            prose::plain(&first.holder.process)
        ),
        fix: format!("{}: recvmsg({}, 64)", first.holder.process, first.holder.fd),
        long: vec![
            "A message with SCM_RIGHTS (unix(7)) holds the open file descriptions themselves. Closing the descriptor that was \
             sent changes nothing: a write end in flight withholds end of file, a read end in flight hides SIGPIPE."
                .to_owned(),
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::connected;
    use crate::explain::build::stage;
    use crate::world::Socket;

    #[test]
    fn whoever_may_receive_them_is_named() {
        let with = |in_flight| find(&stage().process("c").socket(4, 2, Socket { in_flight, ..connected(1) }).world());
        assert_eq!(
            with(Some(1))[0].text,
            "one descriptor is in flight in socket:[2]: what they refer to stays open, though no table shows it, until c \
             receives them."
        );
        assert_eq!(with(Some(2))[0].fix, "c: recvmsg(4, 64)");
        assert!(with(Some(0)).is_empty() && with(None).is_empty());
    }
}
