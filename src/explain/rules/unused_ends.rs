//! Ends that a fork copied and that one-way talk has no use for.

use crate::explain::ends::{self, End, Side};
use crate::explain::prose;
use crate::explain::{Finding, Severity};
use crate::world::{Access, Object, ObjectKind, Pid, Process, World};
use std::collections::HashSet;

pub(super) const NAME: &str = "unused-ends";

/// The part a process plays at a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Writer,
    Reader,
    Neither,
}

/// One finding for each pipe that two processes and more hold and at least one holds by both ends.
pub(super) fn find(world: &World) -> Vec<Finding> {
    world.objects.iter().filter(|o| o.kind == ObjectKind::Pipe).filter_map(|o| finding(world, o)).collect()
}

fn finding(world: &World, object: &Object) -> Option<Finding> {
    if !ends::may_be_held_by_both(object) {
        return None;
    }
    let (read, write) = (ends::ends(world, object, Side::Read), ends::ends(world, object, Side::Write));
    let pids = |ends: &[End<'_>]| ends.iter().filter_map(|e| Some(e.process?.pid)).collect::<HashSet<Pid>>();
    let (readers, writers) = (pids(&read), pids(&write));
    let sharers: Vec<&Process> =
        world.living().filter(|p| readers.contains(&p.pid) || writers.contains(&p.pid)).collect();
    let both: Vec<&Process> =
        sharers.iter().copied().filter(|p| readers.contains(&p.pid) && writers.contains(&p.pid)).collect();
    let first = *both.first().filter(|_| sharers.len() > 1)?;
    if !world.is_of_a_stage() && both.len() == sharers.len() && !sharers.iter().any(|p| role(p, object).is_some()) {
        return Some(undecided(object, first, &both, read.iter().chain(&write)));
    }
    let roles = roles(&sharers, &both, |p| writers.contains(&p.pid), object);
    // Without anyone for one of the parts, a close would break the pipe rather than tidy it.
    if ![Role::Writer, Role::Reader].iter().all(|part| roles.iter().any(|(_, role)| role == part)) {
        return None;
    }
    let unused = |e: &&End<'_>, keeps: Role| {
        let role = roles.iter().find(|(p, _)| e.is_of(p)).map(|(_, role)| *role);
        e.holder.access != Access::ReadWrite
            && role.is_some_and(|role| role != keeps)
            && both.iter().any(|p| e.is_of(p))
    };
    let mut spare: Vec<End<'_>> = read.iter().filter(|e| unused(e, Role::Reader)).copied().collect();
    spare.extend(write.iter().filter(|e| unused(e, Role::Writer)));
    if spare.is_empty() {
        return None;
    }
    Some(Finding {
        rule: NAME.into(),
        severity: Severity::Note,
        process: first.name.clone(),
        fd: None,
        object: Some(object.id.0.clone()),
        holders: spare.iter().map(End::culprit).collect(),
        text: text(object, &both, &roles, &spare),
        fix: ends::closes(&spare),
        long: long(&spare, &roles),
    })
}

/// Programs of somebody's own: none of them has shown yet which way it is to go, and any guess may be wrong.
fn undecided<'e, 'w: 'e>(
    object: &Object,
    first: &Process,
    both: &[&Process],
    all: impl Iterator<Item = &'e End<'w>>,
) -> Finding {
    let all: Vec<End<'w>> = all.copied().collect();
    let holders: Vec<String> = both.iter().map(|p| prose::plain(&p.name)).collect();
    Finding {
        rule: NAME.into(),
        severity: Severity::Note,
        process: first.name.clone(),
        fd: None,
        object: Some(object.id.0.clone()),
        holders: all.iter().map(End::culprit).collect(),
        text: format!(
            "{} each hold a read end and a write end of {}. For one way, who reads closes its write end and who writes its read end.",
            prose::list(&holders),
            prose::object(object)
        ),
        fix: String::new(),
        long: long(&all, &[]),
    }
}

/// What a process shows by the call that it sleeps in.
fn role(process: &Process, object: &Object) -> Option<Role> {
    let at_this = |fd| process.fd(fd).and_then(|fd| fd.target.object()) == Some(&object.id);
    match process.state.blocked_in() {
        Some(b) if b.call == "read" && b.fd.is_some_and(at_this) => Some(Role::Reader),
        Some(b) if b.call == "write" && b.fd.is_some_and(at_this) => Some(Role::Writer),
        _ => None,
    }
}

/// Who is to write and who to read: what a process does already decides; else the first to hold both ends writes.
fn roles<'w>(
    sharers: &[&'w Process],
    both: &[&'w Process],
    writes: impl Fn(&Process) -> bool,
    object: &Object,
) -> Vec<(&'w Process, Role)> {
    let settled = |p: &Process| match role(p, object) {
        None if both.iter().any(|q| q.pid == p.pid) => None,
        None => Some(if writes(p) { Role::Writer } else { Role::Reader }),
        shown => shown,
    };
    let known: Vec<Option<Role>> = sharers.iter().map(|p| settled(p)).collect();
    let (mut writer, reader) = (known.contains(&Some(Role::Writer)), known.contains(&Some(Role::Reader)));
    // Others already do both: who is left over is the one that set the pipe up for them.
    let neither = writer && reader;
    let mut role_of = |known: Option<Role>| {
        known.unwrap_or_else(|| match (neither, writer) {
            (true, _) => Role::Neither,
            (false, true) => Role::Reader,
            (false, false) => {
                writer = true;
                Role::Writer
            }
        })
    };
    sharers.iter().zip(known).map(|(p, role)| (*p, role_of(role))).collect()
}

fn names(roles: &[(&Process, Role)], role: Role) -> String {
    prose::list(&roles.iter().filter(|(_, r)| *r == role).map(|(p, _)| prose::plain(&p.name)).collect::<Vec<_>>())
}

fn text(object: &Object, both: &[&Process], roles: &[(&Process, Role)], spare: &[End<'_>]) -> String {
    let holders: Vec<String> = both.iter().map(|p| prose::plain(&p.name)).collect();
    let hold = if holders.len() == 1 { "holds" } else { "each hold" };
    let closes: Vec<String> =
        ends::by_process(spare).into_iter().map(|(who, fds)| format!("{who} closes {}", prose::fds(&fds))).collect();
    format!(
        "{} {hold} a read end and a write end of {}. For one way, from {} to {}, {}.",
        prose::list(&holders),
        prose::object(object),
        names(roles, Role::Writer),
        names(roles, Role::Reader),
        prose::list(&closes)
    )
}

fn long(spare: &[End<'_>], roles: &[(&Process, Role)]) -> Vec<String> {
    let mut out = vec![
        "fork copies the table of descriptors, not the pipe (fork(2)): afterwards parent and child both hold both ends. A \
         pipe carries bytes one way, so each side has one end it will never use."
            .to_owned(),
        "An unused write end withholds the end of file from every reader, the holder included. An unused read end hides \
         SIGPIPE: a writer fills the pipe and blocks where it should have been told that nobody reads."
            .to_owned(),
    ];
    out.extend(spare.iter().map(|e| e.provenance(None)));
    if roles.len() == 2 && !roles.iter().any(|(_, r)| *r == Role::Neither) {
        out.push("For the other direction each would close the other end instead.".to_owned());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::stage;
    use crate::world::Access::{Read, Write};

    #[test]
    fn after_a_fork_both_hold_both() {
        let world = stage().process("parent").holds_both(3, 4, "p").process("child").child_of("parent", 2);
        let found = find(&world.holds_both(3, 4, "p").world());
        assert_eq!(
            found[0].text,
            "parent and child each hold a read end and a write end of pipe:[9751]. For one way, from parent to child, \
             parent closes fd 3 and child closes fd 4."
        );
        assert_eq!((found[0].fix.as_str(), found[0].severity), ("parent: close(3)\nchild: close(4)", Severity::Note));
    }

    #[test]
    fn of_somebody_s_own_programs_no_way_is_guessed() {
        let both = stage().process("a[4242]").holds_both(3, 4, "p").process("a[4243]").child_of("a[4242]", 2);
        let both = both.holds_both(3, 4, "p");
        let found = find(&both.world());
        assert!(found[0].text.ends_with("who reads closes its write end and who writes its read end."), "{found:#?}");
        assert_eq!((found[0].fix.as_str(), found[0].holders.len()), ("", 4));
        // One of them reads: the way is plain.
        let reads = stage().process("a[4242]").holds_both(3, 4, "p").process("a[4243]").child_of("a[4242]", 2);
        let found = find(&reads.holds_both(3, 4, "p").reading(3).world());
        assert_eq!(found[0].fix, "a[4242]: close(3)\na[4243]: close(4)");
    }

    #[test]
    fn what_the_others_do_decides() {
        let pair = |a: &[(i32, Access)], b: &[(i32, Access)]| {
            let mut s = stage().process("parent");
            for (fd, access) in a {
                s = s.holds(*fd, "p", *access);
            }
            s = s.process("child").child_of("parent", 2);
            for (fd, access) in b {
                s = s.holds(*fd, "p", *access);
            }
            s
        };
        let both: &[(i32, Access)] = &[(3, Read), (4, Write)];
        let shell = pair(both, &[(1, Write)]).process("wc").child_of("parent", 3).holds(0, "p", Read).world();
        let table = [
            ("parent writes", pair(&[(4, Write)], both).world(), "child: close(4)"),
            ("parent reads", pair(&[(3, Read)], both).world(), "child: close(3)"),
            ("child reads already", pair(both, both).reading(3).world(), "parent: close(3)\nchild: close(4)"),
            (
                "child writes already",
                pair(both, both).bytes("p", 65536).writing(4, 1).world(),
                "child: close(3)\nparent: close(4)",
            ),
            ("a shell needs neither", shell, "parent: close(3)\nparent: close(4)"),
        ];
        for (case, world, fix) in table {
            let found = find(&world);
            assert_eq!(found.len(), 1, "{case}");
            assert_eq!(found[0].fix, fix, "{case}");
        }
    }

    #[test]
    fn a_clean_pipe_and_a_pipe_to_oneself_are_fine() {
        let clean = stage().process("parent").holds(4, "p", Write).process("child").holds(3, "p", Read);
        assert!(find(&clean.world()).is_empty());
        assert!(find(&stage().process("parent").holds_both(3, 4, "p").process("other").world()).is_empty());
    }
}
