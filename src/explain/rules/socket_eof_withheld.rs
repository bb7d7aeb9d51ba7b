//! A reader waits at a connection whose other end more than one holds: the close of one brings no end of file.
//!
//! The boundary to `socket-reader-blocked`: raised where the reader itself holds a copy of the other end, where several
//! processes hold it, or where nobody is left who could send.

use super::socket_ends::{copies, cure, ends_some_day, readers, rule_of_the_end};
use crate::explain::ends::{self, End};
use crate::explain::prose;
use crate::explain::waits::Waits;
use crate::explain::{Finding, Severity};
use crate::world::{FdNumber, Object, Process, World};

pub(super) const NAME: &str = "socket-eof-withheld";

/// Every reader whose end of file takes more than one close.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let waits = Waits::of(world);
    readers(world, &waits)
        .into_iter()
        .filter_map(|(i, reader, fd, object, other)| {
            let severity = severity(world, &waits, i, reader, other)?;
            Some(finding(world, severity, reader, fd, (object, other)))
        })
        .collect()
}

/// How grave it is; `None`: an ordinary wait.
pub(super) fn severity(
    world: &World,
    waits: &Waits<'_>,
    index: usize,
    reader: &Process,
    other: &Object,
) -> Option<Severity> {
    if !ends_some_day(other) {
        return None;
    }
    let copies = copies(world, other);
    let own = copies.iter().any(|e| e.is_of(reader));
    let holders = ends::by_process(&copies).len();
    match (own, waits.is_stuck(index)) {
        (true, true) => Some(Severity::Stuck),
        (true, false) if holders == 1 => Some(Severity::Waiting),
        (true, false) => Some(Severity::Warning),
        (false, _) if holders > 1 => Some(Severity::Waiting),
        (false, _) => None,
    }
}

fn finding(
    world: &World,
    severity: Severity,
    reader: &Process,
    fd: FdNumber,
    (object, other): (&Object, &Object),
) -> Finding {
    let copies = copies(world, other);
    let name = prose::plain(&reader.name);
    let whose = ends::named(&copies, |e| e.whose_and_whence(Some(reader)));
    let n = copies.len();
    let verb = if n == 1 { "refers" } else { "refer" };
    let cure_words = match copies.iter().any(|e| e.is_of(reader)) {
        true => format!("{name} has to close its own copy before it reads."),
        false => "Only all of them closed, or one shutdown(fd, SHUT_WR), bring end of file.".to_owned(),
    };
    let mut long = vec![rule_of_the_end()];
    long.extend(copies.iter().map(|e| e.provenance(Some(reader))));
    long.extend(ends::unseen(world, other));
    Finding {
        rule: NAME.into(),
        severity,
        process: reader.name.clone(),
        fd: Some(fd),
        object: Some(object.id.0.clone()),
        holders: copies.iter().map(End::culprit).collect(),
        text: format!(
            "{name} waits for bytes or end of file on fd {fd}. {} {verb} to the other end, {}: {whose}. {cure_words}",
            capital(&prose::count(n, "descriptor")),
            prose::object(other),
        ),
        fix: cure(&copies, reader),
        long,
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::connected;
    use crate::explain::build::stage;

    #[test]
    fn the_reader_s_own_copy_withholds_it() {
        let world = stage()
            .process("parent")
            .socket(3, 1, connected(2))
            .process("child")
            .child_of("parent", 2)
            .socket(3, 1, connected(2))
            .socket(4, 2, connected(1))
            .blocked_in("recv", 4)
            .world();
        let found = find(&world);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].severity, found[0].fd), (Severity::Warning, Some(4)));
        assert!(found[0].text.contains("child has to close its own copy before it reads"), "{}", found[0].text);
        let alone = stage().process("p").socket(3, 1, connected(2)).socket(4, 2, connected(1)).blocked_in("read", 4);
        let found = find(&alone.world());
        assert_eq!((found[0].severity, found[0].fix.as_str()), (Severity::Stuck, "p: close(3)"));
    }

    #[test]
    fn a_forked_copy_withholds_it_and_shutdown_cures() {
        let world = stage()
            .process("server")
            .socket(4, 1, connected(2))
            .process("worker")
            .child_of("server", 5)
            .socket(4, 1, connected(2))
            .process("client")
            .socket(3, 2, connected(1))
            .blocked_in("recv", 3)
            .world();
        let found = find(&world);
        assert_eq!((found[0].severity, found[0].holders.len()), (Severity::Waiting, 2));
        assert_eq!(found[0].fix, "server: shutdown(4, SHUT_WR)");
        assert!(
            found[0].text.starts_with(
                "client waits for bytes or end of file on fd 3. Two descriptors refer to the other end, socket:[1]: server's \
                 fd 4"
            ),
            "{}",
            found[0].text
        );
    }

    #[test]
    fn one_holder_that_is_free_is_ordinary_waiting() {
        let world = stage().process("a").socket(3, 1, connected(2)).process("b").socket(4, 2, connected(1));
        assert!(find(&world.blocked_in("recv", 4).world()).is_empty());
    }
}
