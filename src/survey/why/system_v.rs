//! System V queues and semaphores: the kernel keeps who used one last, and not who has it in use.

use super::others::said;
use super::{Said, Sleeper, View};
use crate::observe::{Semaphore, message_queue, semaphore};
use crate::world::{Access, Pid};

/// A wait for one of them; `None` where it is another wait, or may not be seen.
pub(super) fn wait(view: &View<'_>, sleeper: &Sleeper) -> Option<Said> {
    match sleeper.call.blocked.call.as_str() {
        "msgrcv" => queue(view, sleeper, "waiting-for-message", "for a message in"),
        "msgsnd" => queue(view, sleeper, "queue-full", "for room in"),
        "semop" | "semtimedop" => semaphores(view, sleeper),
        _ => None,
    }
}

fn queue(view: &View<'_>, sleeper: &Sleeper, rule: &'static str, what: &str) -> Option<Said> {
    let id = sleeper.call.raw.1[0];
    let queue = message_queue(sleeper.pid, id)?;
    let messages = if queue.messages == 1 { "1 message".into() } else { format!("{} messages", queue.messages) };
    let text = format!(
        "{} waits {what} the System V queue {id}, which holds {messages} of {} bytes in all. Last sent to it: {}. Last \
         received from it: {}. Whoever knows its key may use it.",
        view.name(sleeper.pid),
        queue.bytes,
        who(view, queue.last_sender),
        who(view, queue.last_receiver)
    );
    let last = if rule == "queue-full" { queue.last_receiver } else { queue.last_sender };
    Some(with(view, last, said(rule, text)))
}

/// A call may have operations on several semaphores, of which it does all or none: told is the first that it cannot do now.
fn semaphores(view: &View<'_>, sleeper: &Sleeper) -> Option<Said> {
    let set = sleeper.call.raw.1[0];
    let operations = &sleeper.call.operations;
    let known = operations
        .iter()
        .filter_map(|(number, change)| Some((*number, *change, semaphore(sleeper.pid, set, *number)?)));
    let known: Vec<(u16, i16, Semaphore)> = known.collect();
    let (number, change, found) = known.iter().find(|one| must_wait(one)).or(known.first())?;
    let until = match change {
        0 => "for it to be 0".to_owned(),
        change => format!("for it to be {} at least", i32::from(*change).abs()),
    };
    let beside = found.wait_to_grow + found.wait_for_zero - 1;
    let beside = if beside > 0 { format!(" So many wait at it beside: {beside}.") } else { String::new() };
    let text = format!(
        "{} waits at semaphore {number} of the System V set {set}, which is {}, {until}. Last changed by: {}.{beside} Whoever \
         knows its key may change it.",
        view.name(sleeper.pid),
        found.value,
        who(view, found.last)
    );
    Some(with(view, found.last, said("waiting-for-semaphore", text)))
}

fn must_wait((_, change, found): &(u16, i16, Semaphore)) -> bool {
    match change {
        0 => found.value != 0,
        change => found.value + i32::from(*change) < 0,
    }
}

fn who(view: &View<'_>, pid: Pid) -> String {
    match pid {
        0 => "nobody".to_owned(),
        _ if view.machine.process(pid).is_some() => format!("{}, which is {}", view.name(pid), view.machine.doing(pid)),
        _ => format!("process {pid}, which is gone"),
    }
}

/// Who used it last is the one to ask.
fn with(view: &View<'_>, last: Pid, said: Said) -> Said {
    let holders = view.machine.process(last).map(|p| view.holder(p.pid, None, Access::None)).into_iter().collect();
    Said { holders, ..said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_waits_for_a_value() {
        let of =
            |change, value| must_wait(&(0, change, Semaphore { value, last: 0, wait_to_grow: 1, wait_for_zero: 0 }));
        for (change, value, expected) in
            [(-1, 0, true), (-1, 1, false), (-3, 2, true), (0, 1, true), (0, 0, false), (1, 0, false)]
        {
            assert_eq!(of(change, value), expected, "{change} {value}");
        }
    }
}
