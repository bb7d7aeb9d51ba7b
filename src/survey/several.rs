//! What a thread waits for that sleeps in poll, select or epoll_wait: each of the descriptors that it watches.

use super::wait::at;
use super::{Machine, Want};
use crate::observe::{Call, Held, Thing, Watched, link_of, watched_by};
use crate::world::{Access, Pid};

/// An epoll instance may watch others that watch others: no deeper than so (`EP_MAX_NESTS` in fs/eventpoll.c).
const DEEPEST: usize = 5;

/// Any one of these wakes it.
pub(super) fn several(machine: &Machine, pid: Pid, call: &Call) -> Vec<Want> {
    let mut all = Vec::new();
    for watched in &call.watched {
        add(machine, pid, call, *watched, DEEPEST, &mut all);
    }
    match (all.is_empty(), call.limited) {
        (true, true) => vec![Want::Time],
        (true, false) if asks_for_nothing(call) => vec![Want::Time],
        (true, false) => vec![Want::Unknown],
        _ => all,
    }
}

/// Without a descriptor, poll(2) and select(2) are a pause: only a signal ends them. So they are where nothing they ask for comes.
fn asks_for_nothing(call: &Call) -> bool {
    let (_, [first, second, ..]) = call.raw;
    !call.watched.is_empty()
        || match call.blocked.call.as_str() {
            "poll" => second == 0,
            "select" => first == 0,
            _ => false,
        }
}

fn add(machine: &Machine, pid: Pid, call: &Call, watched: Watched, deeper: usize, all: &mut Vec<Want>) {
    let Watched { fd, access, edge } = watched;
    let Some(held) = machine.at(pid, fd) else {
        let nested =
            access.reads() && link_of(pid, fd).is_some_and(|link| link.as_os_str() == "anon_inode:[eventpoll]");
        match nested && deeper > 0 {
            // It can be read once one of those that it watches is ready.
            true => watched_by(pid, fd).into_iter().for_each(|one| add(machine, pid, call, one, deeper - 1, all)),
            false => all.push(at(machine, pid, fd, access, "poll", call)),
        }
        return;
    };
    match held.thing {
        Thing::Pipe(_) | Thing::Fifo(..) => all.extend(at_pipe(held, access, edge)),
        // Urgent data, from the other end; elsewhere there is nothing exceptional.
        Thing::Socket(_) if access == Access::None => all.push(at(machine, pid, fd, Access::Read, "poll", call)),
        _ if access == Access::None => {}
        _ => all.push(at(machine, pid, fd, access, "poll", call)),
    }
}

/// A descriptor tells only of the directions that it was opened for, and at all times of the other end's last holder going: of an error
/// at a write end, as `tail -f` waits for, of a hangup at a read end (`pipe_poll` in fs/pipe.c).
fn at_pipe(held: Held, access: Access, edge: bool) -> Option<Want> {
    let reads = access.reads() && held.access.reads();
    let writes = access.writes() && held.access.writes();
    match (reads, writes) {
        // To a third set of select no pipe answers.
        _ if access == Access::None => None,
        (true, true) => Some(Want::Pipe(Held { access: Access::ReadWrite, ..held })),
        (true, false) => Some(Want::Pipe(Held { access: Access::Read, ..held })),
        // That there is room has been told long ago.
        (false, true) if edge => Some(Want::OtherEnd { held, edge }),
        (false, true) => Some(Want::Pipe(Held { access: Access::Write, ..held })),
        (false, false) => Some(Want::OtherEnd { held, edge: false }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_pipe_for(opened: Access, access: Access, edge: bool) -> Option<(bool, Access)> {
        let held = Held { fd: 4, access: opened, thing: Thing::Pipe(9) };
        at_pipe(held, access, edge).map(|want| match want {
            Want::Pipe(held) => (true, held.access),
            Want::OtherEnd { held, .. } => (false, held.access),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn an_end_is_waited_at_in_its_own_direction() {
        use Access::{None, Read, ReadWrite, Write};
        let table = [
            (Read, Read, false, Some((true, Read))),
            (Read, ReadWrite, true, Some((true, Read))),
            (Write, ReadWrite, false, Some((true, Write))),
            (Write, ReadWrite, true, Some((false, Write))),
            (Write, Read, false, Some((false, Write))),
            (Read, Write, false, Some((false, Read))),
            (ReadWrite, ReadWrite, false, Some((true, ReadWrite))),
            (Read, None, false, Option::None),
        ];
        for (opened, access, edge, expected) in table {
            assert_eq!(at_pipe_for(opened, access, edge), expected, "{opened:?} {access:?} {edge}");
        }
    }
}
