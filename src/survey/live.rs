//! The machine looked at again and again, at a fraction of what the first look costs: most processes sleep.

use super::quick::QuickMap;
use super::why::{Finding, trouble};
use super::{Asked, Machine, Picture, Waits, focus, world_with};
use crate::observe::{Again, ProcessInfo, Thread};
use crate::world::{Pid, Process, World};
use std::collections::BTreeSet;
use std::rc::Rc;

/// What is kept from one look to the next.
#[derive(Default)]
pub struct Live {
    pub(super) again: Again,
    pub(super) threads: QuickMap<Pid, Rc<[Thread]>>,
}

/// What one look has shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// The processes asked about with the pipes, FIFOs, sockets and message queues they have, and whoever shares these.
    pub world: World,
    /// What hangs of them.
    pub trouble: Vec<Finding>,
    /// Processes that did not let us look: more ends may be held there.
    pub unseen: usize,
}

impl Live {
    /// Look at every process. `everybody`: everybody is going to be asked about. `asked`: who is, now that it is known who is there.
    ///
    /// # Errors
    /// Where /proc cannot be read; the text says why.
    pub fn look(&mut self, everybody: bool, asked: impl FnOnce(&Machine) -> Asked) -> Result<Look, String> {
        let machine = Machine::read_again(self, everybody)?;
        let asked = asked(&machine);
        let look = look(&machine, &asked, everybody);
        // What it has read of sleeping threads may serve the next.
        self.threads = machine.into_threads();
        Ok(look)
    }
}

fn look(machine: &Machine, asked: &Asked, everybody: bool) -> Look {
    let picture = Picture::without_memory(machine, asked);
    let mut pids: BTreeSet<Pid> = picture.processes.iter().copied().collect();
    let concerned = machine.processes().iter().map(|p| p.pid).filter(|pid| asked.has(*pid) || pids.contains(pid));
    let waits = Waits::of(machine, concerned);
    let of_an_open = |p: &&ProcessInfo| waits.asleep(p.pid).iter().any(|s| s.call.blocked.opens.is_some());
    pids.extend(machine.processes().iter().filter(|p| asked.has(p.pid)).filter(of_an_open).map(|p| p.pid));
    let mut world = world_with(machine, &waits, &pids, picture.things.iter().map(|shared| shared.thing));
    if let Asked::Some(own) = asked {
        focus(&mut world, &own.iter().copied().collect());
    }
    // Among everybody, who shares nothing of this kind would only hide those who do. One that sleeps until somebody opens the other
    // end of a FIFO shares nothing yet.
    let opens = |p: &Process| p.state.blocked_in().is_some_and(|b| b.opens.is_some());
    world.processes.retain(|p| !p.fds.is_empty() || opens(p) || (!everybody && asked.has(p.pid)));
    Look { world, trouble: trouble(machine, &waits, asked), unseen: picture.unseen }
}
