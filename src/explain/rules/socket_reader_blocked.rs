//! A reader waits for bytes at a connection: ordinary waiting, with whoever could end it.

use super::socket_ends::{copies, ends_some_day, readers, rule_of_the_end};
use super::socket_eof_withheld;
use crate::explain::ends::{self, End};
use crate::explain::prose;
use crate::explain::waits::Waits;
use crate::explain::{Finding, Severity};
use crate::world::{State, World};

pub(super) const NAME: &str = "socket-reader-blocked";

/// Every reader at a connection whose wait is not told by `socket-eof-withheld`.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let waits = Waits::of(world);
    let mut out = Vec::new();
    for (i, reader, fd, object, other) in readers(world, &waits) {
        if socket_eof_withheld::severity(world, &waits, i, reader, other).is_some() {
            continue;
        }
        let holders = copies(world, other);
        let name = prose::plain(&reader.name);
        let who: Vec<String> =
            ends::by_process(&holders).into_iter().map(|(who, fds)| format!("{who} by {}", prose::fds(&fds))).collect();
        let stuck = waits.is_stuck(i);
        let doing = holders.first().and_then(|e| e.process).map(prose::doing).unwrap_or_default();
        let end = match (stuck, ends_some_day(other)) {
            (true, _) => format!("but is {doing}."),
            (false, true) => "and a close or shutdown(fd, SHUT_WR) there brings end of file.".to_owned(),
            (false, false) => "and datagrams have no end of file.".to_owned(),
        };
        let idle = holders.iter().find_map(|e| Some((e.process.filter(|p| p.state == State::Idle)?, e.holder.fd)));
        let mut long = vec![rule_of_the_end()];
        long.extend(holders.iter().map(|e| e.provenance(Some(reader))));
        long.extend(ends::unseen(world, other));
        out.push(Finding {
            rule: NAME.into(),
            severity: if stuck { Severity::Stuck } else { Severity::Waiting },
            process: reader.name.clone(),
            fd: Some(fd),
            object: Some(object.id.0.clone()),
            holders: holders.iter().map(End::culprit).collect(),
            text: format!(
                "{name} waits for bytes on fd {fd}: nothing has arrived at {}. {} can send to it, {end}",
                prose::object(object),
                prose::list_or(&who)
            ),
            fix: idle.map(|(p, fd)| format!("{}: send({fd}, \"x\")", p.name)).unwrap_or_default(),
            long,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::connected;
    use crate::explain::build::stage;

    #[test]
    fn whoever_could_send_is_named() {
        let world = stage().process("a").socket(3, 1, connected(2)).process("b").socket(4, 2, connected(1));
        let found = find(&world.blocked_in("recv", 4).world());
        assert_eq!(
            found[0].text,
            "b waits for bytes on fd 4: nothing has arrived at socket:[2]. a by fd 3 can send to it, and a close or \
             shutdown(fd, SHUT_WR) there brings end of file."
        );
        assert_eq!((found[0].fix.as_str(), found[0].severity), ("a: send(3, \"x\")", Severity::Waiting));
    }

    #[test]
    fn both_waiting_are_stuck() {
        let world = stage().process("a").socket(3, 1, connected(2)).blocked_in("read", 3);
        let world = world.process("b").socket(4, 2, connected(1)).blocked_in("recv", 4).world();
        let found = find(&world);
        assert_eq!((found.len(), found[0].severity), (2, Severity::Stuck));
        assert!(found[0].text.ends_with("b by fd 4 can send to it, but is blocked in recv(4)."), "{}", found[0].text);
    }
}
