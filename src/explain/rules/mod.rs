//! The rules, one a file, and the table of them.

mod accept_waits;
mod address_in_use;
mod address_refused;
mod blocked_open;
mod bound_not_listening;
mod connect_waits;
mod connection_refused;
mod connection_reset;
mod datagrams_dropped;
mod deadlock;
mod eof_withheld;
mod error_waits;
mod half_closed;
mod in_flight;
mod left_behind;
mod listener_shared;
mod lock_held;
mod lock_holder_dead;
mod own_end;
mod queue_empty;
mod queue_full;
pub(super) mod reader_blocked_on_empty;
mod socket_ends;
mod socket_eof_withheld;
mod socket_reader_blocked;
mod socket_writer_blocked;
mod stopped;
mod system_v_full;
mod torn_counter;
mod unjoined_receiver;
mod unused_ends;
pub(super) mod waiting_for_child;
mod waiting_for_message;
mod waiting_for_semaphore;
mod would_sigpipe;
pub(super) mod writer_blocked_on_full;
mod zombie;

use super::{Finding, Severity};
use crate::world::World;

/// One thing that is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its name, as `expect finding NAME` says it.
    pub name: &'static str,
    /// The gravest that its findings can be.
    pub severity: Severity,
    /// What it finds, in one sentence.
    pub summary: &'static str,
    /// Where the kernel's rule behind it is written.
    pub man: &'static str,
    /// The lesson that shows it.
    pub lesson: &'static str,
    /// What it finds in a world, in the order of the processes.
    pub find: fn(&World) -> Vec<Finding>,
}

/// The findings of this rule depend on nothing but the processes: their names, ids, parents, and what each is doing.
pub(super) fn rests_on_states(rule: &str) -> bool {
    [zombie::NAME, stopped::NAME].contains(&rule)
}

/// Every rule; among the equally grave, the earlier is shown first.
pub const RULES: &[Rule] = &[
    Rule {
        name: eof_withheld::NAME,
        severity: Severity::Stuck,
        summary: "A reader waits for the end of file of an empty pipe, and a write end that is still open withholds it.",
        man: "pipe(7)",
        lesson: "no-eof",
        find: eof_withheld::find,
    },
    Rule {
        name: deadlock::NAME,
        severity: Severity::Stuck,
        summary: "Processes wait for each other in a circle, across pipes and waits.",
        man: "pipe(7)",
        lesson: "wait-before-read",
        find: deadlock::find,
    },
    Rule {
        name: writer_blocked_on_full::NAME,
        severity: Severity::Stuck,
        summary: "A writer waits for room in a full pipe.",
        man: "pipe(7)",
        lesson: "full-pipe",
        find: writer_blocked_on_full::find,
    },
    Rule {
        name: reader_blocked_on_empty::NAME,
        severity: Severity::Stuck,
        summary: "A reader waits for bytes in an empty pipe that another process can still write to.",
        man: "pipe(7)",
        lesson: "clean-eof",
        find: reader_blocked_on_empty::find,
    },
    Rule {
        name: socket_eof_withheld::NAME,
        severity: Severity::Stuck,
        summary: "A reader waits at a connection whose other end several descriptors hold: one close brings no end of file.",
        man: "shutdown(2)",
        lesson: "tcp",
        find: socket_eof_withheld::find,
    },
    Rule {
        name: socket_reader_blocked::NAME,
        severity: Severity::Stuck,
        summary: "A reader waits for bytes at a connection whose other side can still send.",
        man: "recv(2)",
        lesson: "socketpair",
        find: socket_reader_blocked::find,
    },
    Rule {
        name: socket_writer_blocked::NAME,
        severity: Severity::Stuck,
        summary: "A sender waits for room at a socket: the other side does not receive what was sent.",
        man: "send(2)",
        lesson: "pipes-or-sockets",
        find: socket_writer_blocked::find,
    },
    Rule {
        name: connect_waits::NAME,
        severity: Severity::Stuck,
        summary: "A connect waits: the listener's queue is full, or nobody answers.",
        man: "listen(2)",
        lesson: "unix-server",
        find: connect_waits::find,
    },
    Rule {
        name: accept_waits::NAME,
        severity: Severity::Waiting,
        summary: "A listener waits in accept, and nobody has connected.",
        man: "accept(2)",
        lesson: "unix-server",
        find: accept_waits::find,
    },
    Rule {
        name: unjoined_receiver::NAME,
        severity: Severity::Waiting,
        summary: "A receiver waits at the port of a multicast group that it has not joined.",
        man: "ip(7)",
        lesson: "multicast",
        find: unjoined_receiver::find,
    },
    Rule {
        name: lock_holder_dead::NAME,
        severity: Severity::Stuck,
        summary: "A process waits for a lock in shared memory whose owner has ended.",
        man: "futex(7)",
        lesson: "shared-memory",
        find: lock_holder_dead::find,
    },
    Rule {
        name: lock_held::NAME,
        severity: Severity::Waiting,
        summary: "A process waits for a lock in shared memory that another has.",
        man: "futex(7)",
        lesson: "shared-memory",
        find: lock_held::find,
    },
    Rule {
        name: queue_empty::NAME,
        severity: Severity::Waiting,
        summary: "A receiver waits for a message in an empty queue.",
        man: "mq_overview(7)",
        lesson: "message-queue",
        find: queue_empty::find,
    },
    Rule {
        name: queue_full::NAME,
        severity: Severity::Waiting,
        summary: "A sender waits for room in a full message queue.",
        man: "mq_overview(7)",
        lesson: "message-queue",
        find: queue_full::find,
    },
    Rule {
        name: waiting_for_message::NAME,
        severity: Severity::Waiting,
        summary: "A receiver waits at a System V queue in which there is no message for it.",
        man: "msgrcv(2)",
        lesson: "message-queue",
        find: waiting_for_message::find,
    },
    Rule {
        name: waiting_for_semaphore::NAME,
        severity: Severity::Waiting,
        summary: "A process waits until System V semaphores have the values that it asks for.",
        man: "semop(2)",
        lesson: "shared-memory",
        find: waiting_for_semaphore::find,
    },
    Rule {
        name: torn_counter::NAME,
        severity: Severity::Warning,
        summary: "A word in shared memory is less than what several processes have added to it.",
        man: "mmap(2)",
        lesson: "shared-memory",
        find: torn_counter::find,
    },
    Rule {
        name: blocked_open::NAME,
        severity: Severity::Stuck,
        summary: "An open of a FIFO waits for another process to open its other end.",
        man: "fifo(7)",
        lesson: "fifo",
        find: blocked_open::find,
    },
    Rule {
        name: waiting_for_child::NAME,
        severity: Severity::Stuck,
        summary: "A parent waits for a child that has not exited.",
        man: "wait(2)",
        lesson: "wait-before-read",
        find: waiting_for_child::find,
    },
    Rule {
        name: stopped::NAME,
        severity: Severity::Waiting,
        summary: "A process is stopped by a signal, with all it holds.",
        man: "signal(7)",
        lesson: "no-eof",
        find: stopped::find,
    },
    Rule {
        name: own_end::NAME,
        severity: Severity::Warning,
        summary: "A process could read from a pipe whose only write end is its own.",
        man: "pipe(7)",
        lesson: "no-eof",
        find: own_end::find,
    },
    Rule {
        name: would_sigpipe::NAME,
        severity: Severity::Warning,
        summary: "A write end is open while no read end is: a write would raise SIGPIPE.",
        man: "pipe(7)",
        lesson: "broken-pipe",
        find: would_sigpipe::find,
    },
    Rule {
        name: address_in_use::NAME,
        severity: Severity::Note,
        summary: "A socket could not get an address (EADDRINUSE), and who has it.",
        man: "bind(2)",
        lesson: "unix-server",
        find: address_in_use::find,
    },
    Rule {
        name: connection_refused::NAME,
        severity: Severity::Note,
        summary: "A connection was refused (ECONNREFUSED): nobody listens there, or on another machine.",
        man: "connect(2)",
        lesson: "two-machines",
        find: connection_refused::find,
    },
    Rule {
        name: connection_reset::NAME,
        severity: Severity::Note,
        summary: "A call was told that its connection is cut off (ECONNRESET).",
        man: "tcp(7)",
        lesson: "tcp",
        find: connection_reset::find,
    },
    Rule {
        name: address_refused::NAME,
        severity: Severity::Note,
        summary: "An address is not there, not of this machine, or of another kind of socket.",
        man: "bind(2)",
        lesson: "unix-server",
        find: address_refused::find,
    },
    Rule {
        name: zombie::NAME,
        severity: Severity::Note,
        summary: "A process is dead and its parent has not waited for it.",
        man: "wait(2)",
        lesson: "unread-data-survives",
        find: zombie::find,
    },
    Rule {
        name: unused_ends::NAME,
        severity: Severity::Note,
        summary: "After a fork, ends of a pipe are open that one-way talk has no use for.",
        man: "pipe(2)",
        lesson: "one-pipe",
        find: unused_ends::find,
    },
    Rule {
        name: left_behind::NAME,
        severity: Severity::Note,
        summary: "A System V queue or semaphores outlive those who used them, and stay until they are removed.",
        man: "sysvipc(7)",
        lesson: "message-queue",
        find: left_behind::find,
    },
    Rule {
        name: bound_not_listening::NAME,
        severity: Severity::Note,
        summary: "A stream socket has an address, and nobody listens there: a connect is refused.",
        man: "connect(2)",
        lesson: "unix-server",
        find: bound_not_listening::find,
    },
    Rule {
        name: listener_shared::NAME,
        severity: Severity::Note,
        summary: "More than one process holds a listener: the close of one does not free its address.",
        man: "listen(2)",
        lesson: "tcp",
        find: listener_shared::find,
    },
    Rule {
        name: error_waits::NAME,
        severity: Severity::Warning,
        summary: "A connection was reset, or what was sent could not be delivered: the next call on the socket is told.",
        man: "socket(7)",
        lesson: "tcp",
        find: error_waits::find,
    },
    Rule {
        name: datagrams_dropped::NAME,
        severity: Severity::Note,
        summary: "Datagrams came for a socket whose queue had no room, and were thrown away.",
        man: "udp(7)",
        lesson: "udp",
        find: datagrams_dropped::find,
    },
    Rule {
        name: half_closed::NAME,
        severity: Severity::Note,
        summary: "One direction of a connection has been shut down, the other still works.",
        man: "shutdown(2)",
        lesson: "socketpair",
        find: half_closed::find,
    },
    Rule {
        name: in_flight::NAME,
        severity: Severity::Note,
        summary: "Descriptors travel in a message that nobody has received yet.",
        man: "unix(7)",
        lesson: "pass-a-descriptor",
        find: in_flight::find,
    },
];

/// The rule with this name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

/// The rule whose name is nearest to this one, where any is near enough to have been meant.
pub fn nearest_rule(name: &str) -> Option<&'static Rule> {
    let scored = RULES.iter().map(|rule| (strsim::jaro_winkler(rule.name, name), rule));
    let (score, rule) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (score > 0.7).then_some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_found_by_name_and_by_nearly_their_name() {
        for r in RULES {
            assert_eq!(rule(r.name).map(|found| found.name), Some(r.name));
            assert!(r.summary.ends_with('.') && !r.summary.contains('\n'), "{}", r.name);
        }
        assert!(rule("eof").is_none());
        assert_eq!(nearest_rule("eof-witheld").map(|r| r.name), Some("eof-withheld"));
        assert_eq!(nearest_rule("deadlocks").map(|r| r.name), Some("deadlock"));
        assert_eq!(nearest_rule("zombies").map(|r| r.name), Some("zombie"));
        assert_eq!(nearest_rule("qqq").map(|r| r.name), None);
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = RULES.iter().map(|r| r.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
    }
}
