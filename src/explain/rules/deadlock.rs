//! Processes that wait for each other in a circle: none can make the call that would release another.

use crate::explain::ends::{self, End, Side};
use crate::explain::prose;
use crate::explain::waits::{Wait, Waits, Want};
use crate::explain::{Finding, Severity};
use crate::world::{FdNumber, Object, ObjectId, Process, State, World};

pub(super) const NAME: &str = "deadlock";

/// One circle of two processes and more.
struct Knot<'w> {
    world: &'w World,
    waits: &'w Waits<'w>,
    members: Vec<usize>,
    cycle: Vec<usize>,
}

/// Every circle of waits; one process that waits for itself alone is told by the rules about its call.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let waits = Waits::of(world);
    let knots = waits.knots();
    let all = knots.into_iter().map(|members| Knot { world, waits: &waits, cycle: waits.cycle(&members), members });
    all.filter_map(|knot| knot.finding()).collect()
}

impl<'w> Knot<'w> {
    fn finding(&self) -> Option<Finding> {
        let (first, wait) = self.member(*self.cycle.first()?)?;
        let (fd, object) = at(wait).unzip();
        let killer = self.killer();
        let victim = self.victim();
        Some(Finding {
            rule: NAME.into(),
            severity: Severity::Stuck,
            process: first.name.clone(),
            fd,
            object: object.map(|id| id.0.clone()),
            holders: self.ends().iter().map(End::culprit).collect(),
            text: self.text(victim),
            fix: match (killer, victim) {
                (Some(k), Some(v)) => format!("{}: kill({}, SIGKILL)", k.name, v.name),
                _ => String::new(),
            },
            long: self.long(victim),
        })
    }

    fn member(&self, index: usize) -> Option<(&'w Process, &'w Wait<'w>)> {
        Some((self.world.processes.get(index)?, self.waits.wait(index)?))
    }

    /// The ends in the members' hands that would release another of them.
    fn ends(&self) -> Vec<End<'w>> {
        let mut out: Vec<End<'w>> = Vec::new();
        for (_, wait) in self.members.iter().filter_map(|i| self.member(*i)) {
            for end in others_ends(self.world, wait) {
                let of_member = self.members.iter().filter_map(|i| self.member(*i)).any(|(p, _)| end.is_of(p));
                let known = out.iter().any(|e| (e.holder.pid, e.holder.fd) == (end.holder.pid, end.holder.fd));
                if of_member && !known {
                    out.push(end);
                }
            }
        }
        out
    }

    /// Somebody who is free to send a signal.
    fn killer(&self) -> Option<&'w Process> {
        self.world.living().find(|p| p.state == State::Idle)
    }

    /// The youngest member of the circle: what it made is the least to lose.
    fn victim(&self) -> Option<&'w Process> {
        self.world.processes.get(*self.cycle.iter().max()?)
    }

    fn text(&self, victim: Option<&Process>) -> String {
        let mut links = Vec::new();
        for (k, index) in self.cycle.iter().enumerate() {
            let next = self.cycle.get(k + 1).or(self.cycle.first());
            let (Some((p, wait)), Some(Some(next))) = (self.member(*index), next.map(|n| self.world.processes.get(*n)))
            else {
                continue;
            };
            links.push(self.link(p, wait, next));
        }
        let none = match self.members.len() {
            2 => "Both are blocked, so neither can make a call",
            _ => "All are blocked, so none can make a call",
        };
        let rest: Vec<String> = self
            .members
            .iter()
            .filter(|i| !self.cycle.contains(i))
            .filter_map(|i| Some(prose::plain(&self.world.processes.get(*i)?.name)))
            .collect();
        let rest = match rest.len() {
            0 => String::new(),
            1 => format!(" {} is caught in it too.", prose::list(&rest)),
            _ => format!(" {} are caught in it too.", prose::list(&rest)),
        };
        let way_out = match victim {
            Some(v) => format!(": kill one (kill -9 {} for {}), or start over.", v.pid, prose::plain(&v.name)),
            None => ".".to_owned(),
        };
        format!("Deadlock: {}.{rest} {none}{way_out}", links.join(", and "))
    }

    /// `child waits for room in pipe:[9751], whose only read end is parent's fd 3`.
    fn link(&self, process: &Process, wait: &Wait<'_>, next: &Process) -> String {
        let name = prose::plain(&process.name);
        let next_name = prose::plain(&next.name);
        let whose = |side: Side, object, word: &str| {
            let all = ends::ends(self.world, object, side);
            let theirs: Vec<End<'_>> = all.iter().copied().filter(|e| e.is_of(next)).collect();
            let fds = ends::named(&theirs, |e| e.whose(None));
            match all.len() {
                1 => format!("whose only {word} end is {fds}"),
                n if n == theirs.len() => format!("whose {word} ends are {fds}"),
                n => format!(
                    "of whose {} {} {fds}",
                    prose::count(n, &format!("{word} end")),
                    if theirs.len() == 1 { "one is" } else { "some are" }
                ),
            }
        };
        match &wait.want {
            Want::Bytes { object, .. } => {
                format!("{name} waits for bytes in {}, {}", prose::object(object), whose(Side::Write, object, "write"))
            }
            Want::Room { object, .. } => {
                format!("{name} waits for room in {}, {}", prose::object(object), whose(Side::Read, object, "read"))
            }
            Want::Arrival { object, .. } => {
                format!("{name} waits for bytes at {}, {}", prose::object(object), self.other_end(object, next))
            }
            Want::Drain { object, .. } => format!(
                "{name} waits for room at the other end of {}, {}",
                prose::object(object),
                self.other_end(object, next)
            ),
            Want::Connection { object, .. } => {
                format!("{name} waits for a connection at {}", prose::object(object))
            }
            Want::Acceptance { object, .. } => {
                format!("{name} waits in connect at {} for {next_name} to accept", prose::object(object))
            }
            Want::Exit { .. } => format!("{name} waits for {next_name} to exit (wait)"),
            Want::OtherEnd { path } => {
                format!("{name} waits for the other end of FIFO {}, which {next_name} could open", prose::plain(path))
            }
            Want::Lock(lock) => format!("{name} waits for the lock at ({}), which {next_name} has", lock.place()),
            Want::Message { object, .. } => {
                format!("{name} waits for a message in {}, to which {next_name} could send", prose::object(object))
            }
            Want::Slot { object, .. } => {
                format!("{name} waits for room in {}, from which {next_name} could receive", prose::object(object))
            }
        }
    }

    /// `whose other end is parent's fd 3`.
    fn other_end(&self, object: &Object, next: &Process) -> String {
        let all = self.world.peer(object).map(|peer| ends::ends(self.world, peer, Side::Write)).unwrap_or_default();
        let theirs: Vec<End<'_>> = all.into_iter().filter(|e| e.is_of(next)).collect();
        format!("whose other end is {}", ends::named(&theirs, |e| e.whose(None)))
    }

    fn long(&self, victim: Option<&Process>) -> Vec<String> {
        let mut out = vec![
            "Each of these processes sleeps in a call that only another of them could end, and that other sleeps \
             too. The \
             kernel does not notice: no error comes, and no time limit runs out."
                .to_owned(),
        ];
        for (p, wait) in self.members.iter().filter_map(|i| self.member(*i)) {
            let others = wait.releasers.iter().filter_map(|i| Some(prose::plain(&self.world.processes.get(*i)?.name)));
            let others: Vec<String> = others.collect();
            out.push(format!(
                "{} (pid {}) is {}. It could be released by {}.",
                prose::plain(&p.name),
                p.pid,
                prose::doing(p),
                prose::list_or(&others)
            ));
        }
        out.extend(self.ends().iter().map(|e| e.provenance(None)));
        out.push(self.advice());
        if let Some(v) = victim {
            out.push(format!(
                "A process that is blocked makes no call of its own. Killing {} closes all it holds: its readers get \
                 end of file, \
                 its writers SIGPIPE, its parent's wait returns, unless others hold the same ends.",
                prose::plain(&v.name)
            ));
        }
        out
    }

    /// What to do otherwise the next time, by the kinds of waits that met.
    fn advice(&self) -> String {
        let kinds = || self.members.iter().filter_map(|i| self.waits.wait(*i)).map(|w| &w.want);
        let exit = kinds().any(|w| matches!(w, Want::Exit { .. }));
        let room = kinds().any(|w| matches!(w, Want::Room { .. } | Want::Drain { .. } | Want::Slot { .. }));
        let open = kinds().any(|w| matches!(w, Want::OtherEnd { .. }));
        if kinds().all(|w| matches!(w, Want::Lock(_))) {
            return "The way round it: take the locks in the same order in every process.".to_owned();
        }
        if kinds().any(|w| matches!(w, Want::Lock(_))) {
            return "The way round it: wait for nobody while a lock is held.".to_owned();
        }
        match (exit, room, open) {
            (true, true, _) => {
                "The way round it: read all that the child writes, up to end of file, and wait for it \
                only then."
            }
            (true, ..) => {
                "The way round it: give the child what it waits for, bytes or the close of the write end, \
                and wait for it only then."
            }
            (_, true, _) => {
                "The way round it: never let both sides write without bound; one must read while the \
                other writes."
            }
            (.., true) => {
                "The way round it: open the FIFOs in the same order in both processes, one for reading, \
                the other for writing."
            }
            _ => "The way round it: agree who speaks first. One must write before it reads.",
        }
        .to_owned()
    }
}

/// What the wait is at: the descriptor and the object, for a pipe.
fn at<'w>(wait: &Wait<'w>) -> Option<(FdNumber, &'w ObjectId)> {
    match wait.want {
        Want::Bytes { fd, object }
        | Want::Room { fd, object, .. }
        | Want::Arrival { fd, object }
        | Want::Drain { fd, object }
        | Want::Connection { fd, object }
        | Want::Acceptance { fd, object }
        | Want::Message { fd, object }
        | Want::Slot { fd, object } => Some((fd, &object.id)),
        _ => None,
    }
}

fn others_ends<'w>(world: &'w World, wait: &Wait<'w>) -> Vec<End<'w>> {
    match wait.want {
        Want::Bytes { object, .. } => ends::ends(world, object, Side::Write),
        Want::Room { object, .. } => ends::ends(world, object, Side::Read),
        Want::Arrival { object, .. } | Want::Drain { object, .. } => {
            world.peer(object).map(|peer| ends::ends(world, peer, Side::Write)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
