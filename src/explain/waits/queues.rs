//! Waits at message queues: for a message, for room.

use super::{Wait, Want, others};
use crate::world::{BlockedIn, Process, World};

/// The wait of a process that sleeps in a call on a message queue; `None`: it is another call, or is about to wake.
pub(super) fn wait_of<'w>(world: &'w World, process: &'w Process, blocked: &BlockedIn) -> Option<Wait<'w>> {
    let sends = match blocked.call.as_str() {
        "mq_receive" | "mq_timedreceive" => false,
        "mq_send" | "mq_timedsend" => true,
        _ => return None,
    };
    let entry = process.fd(blocked.fd?)?;
    let object = world.object(entry.target.object()?)?;
    let queue = object.queue()?;
    let (waiting, most) = (queue.messages.value(), queue.most.value());
    let done =
        if sends { waiting.zip(most).is_some_and(|(n, most)| n < most) } else { waiting.is_some_and(|n| *n > 0) };
    let helps = object.holders.iter().filter(|h| if sends { h.access.reads() } else { h.access.writes() });
    let index = |pid| world.processes.iter().rposition(|p| p.pid == pid && p.state.is_alive());
    let mut releasers: Vec<usize> = helps.clone().filter_map(|h| index(h.pid)).collect();
    releasers.dedup();
    let fd = entry.number;
    (!done).then(|| Wait {
        want: if sends { Want::Slot { fd, object } } else { Want::Message { fd, object } },
        unsure: waiting.is_none() || helps.clone().any(|h| index(h.pid).is_none()),
        releasers,
        // By its name, anyone may open it.
        strangers: others(world, process),
    })
}
