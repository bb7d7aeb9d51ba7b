//! A reader waits for an end of file that cannot come while certain write ends are open.
//!
//! The boundary to ordinary waiting: it is raised where the reader's own table holds a write end,
//! or where every process that holds one is itself blocked, for good, in a wait or in a read of this
//! very pipe. A holder that is idle may yet write: that is `reader-blocked-on-empty`.

use crate::explain::ends::{self, End, Side};
use crate::explain::prose;
use crate::explain::waits::{Waits, Want};
use crate::explain::{Finding, Severity};
use crate::world::{FdNumber, Known, Object, ObjectKind, Process, World};

pub(super) const NAME: &str = "eof-withheld";

/// A blocked reader and the write ends that keep its end of file away.
struct Case<'w> {
    world: &'w World,
    reader: &'w Process,
    fd: FdNumber,
    object: &'w Object,
    severity: Severity,
    culprits: Vec<End<'w>>,
    /// Write ends of others that may yet write; empty unless it is a warning.
    others: Vec<End<'w>>,
}

/// Every reader whose end of file is withheld.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let waits = Waits::of(world);
    let readers = waits.iter().filter_map(|(i, reader, wait)| match wait.want {
        Want::Bytes { fd, object } => case(world, &waits, i, reader, fd, object),
        _ => None,
    });
    readers.map(|case| case.finding()).collect()
}

/// How grave it is for the process with this index, blocked in a read of this object; `None`: not at all.
pub(super) fn severity(
    world: &World,
    waits: &Waits<'_>,
    index: usize,
    reader: &Process,
    object: &Object,
) -> Option<Severity> {
    let writers = ends::ends(world, object, Side::Write);
    let stuck = waits.is_stuck(index);
    let own = writers.iter().any(|e| e.is_of(reader));
    let tied = || writers.iter().all(|e| e.is_of(reader) || is_tied(waits, e, object));
    // Through one and the same descriptor another of its threads may write.
    if own && !stuck && reader.threads.len() > 1 {
        return None;
    }
    match (own, stuck) {
        (true, true) => Some(Severity::Stuck),
        (true, false) if writers.iter().all(|e| e.is_of(reader)) => Some(Severity::Waiting),
        (true, false) => Some(Severity::Warning),
        (false, true) if tied() => Some(Severity::Stuck),
        (false, _) => None,
    }
}

/// The holder waits for a child, or reads this very pipe: it will not write before the reader goes on.
fn is_tied(waits: &Waits<'_>, end: &End<'_>, object: &Object) -> bool {
    waits.iter().filter(|(_, p, _)| end.is_of(p)).any(|(_, _, wait)| match wait.want {
        Want::Exit { .. } => true,
        Want::Bytes { object: other, .. } => other.id == object.id,
        _ => false,
    })
}

fn case<'w>(
    world: &'w World,
    waits: &Waits<'w>,
    index: usize,
    reader: &'w Process,
    fd: FdNumber,
    object: &'w Object,
) -> Option<Case<'w>> {
    let severity = severity(world, waits, index, reader, object)?;
    let writers = ends::ends(world, object, Side::Write);
    let (own, theirs): (Vec<_>, Vec<_>) = writers.into_iter().partition(|e| e.is_of(reader));
    let (culprits, others) = match severity {
        Severity::Warning => (own, theirs),
        // The reader's own first: that is the one to blame first.
        _ => (own.into_iter().chain(theirs).collect(), Vec::new()),
    };
    Some(Case { world, reader, fd, object, severity, culprits, others })
}

impl Case<'_> {
    fn finding(&self) -> Finding {
        Finding {
            rule: NAME.into(),
            severity: self.severity,
            process: self.reader.name.clone(),
            fd: Some(self.fd),
            object: Some(self.object.id.0.clone()),
            holders: self.culprits.iter().map(End::culprit).collect(),
            text: self.text(),
            fix: self.fix(),
            long: self.long(),
        }
    }

    fn name(&self) -> String {
        prose::plain(&self.reader.name)
    }

    fn is_own(&self, end: &End<'_>) -> bool {
        end.is_of(self.reader)
    }

    /// The read end itself, opened for both directions: no close can cure that one.
    fn is_the_read_end(&self, end: &End<'_>) -> bool {
        self.is_own(end) && end.holder.fd == self.fd
    }

    fn curable(&self) -> Vec<End<'_>> {
        self.culprits.iter().copied().filter(|e| !self.is_the_read_end(e)).collect()
    }

    fn fix(&self) -> String {
        match self.needs_reopening() {
            true => String::new(),
            false => ends::closes(&self.culprits),
        }
    }

    fn needs_reopening(&self) -> bool {
        self.culprits.iter().any(|e| self.is_the_read_end(e))
    }

    fn text(&self) -> String {
        let (name, fd, object) = (self.name(), self.fd, prose::object(self.object));
        if self.severity == Severity::Warning {
            let others = ends::named(&self.others, |e| e.whose(None));
            let own = ends::named(&self.culprits, |e| e.whose_and_whence(Some(self.reader)));
            return format!(
                "End of file cannot reach {name} on fd {fd} even once {others} {} closed, since {name} itself holds \
                 a write \
                 end of {object}: {own}. {}",
                if self.others.len() == 1 { "is" } else { "are" },
                self.cure()
            );
        }
        let empty = match &self.object.bytes {
            Known::Yes(_) => "is empty",
            Known::No(_) => "holds a number of bytes that could not be read",
        };
        let n = self.culprits.len();
        let open = format!("{} {} open", prose::count(n, "write end"), if n == 1 { "is" } else { "are" });
        let whose = ends::named(&self.culprits, |e| e.whose_and_whence(Some(self.reader)));
        format!(
            "{name} waits for bytes or end of file on fd {fd}. {object} {empty}, and {open}: {whose}. {}",
            self.cure()
        )
    }

    /// The last sentence: which closes, and when, since a process that is blocked makes no call.
    fn cure(&self) -> String {
        if self.needs_reopening() {
            return format!(
                "Opened with O_RDONLY, {}'s fd {} would not withhold its own end of file.",
                self.name(),
                self.fd
            );
        }
        let closes = |e: &End<'_>| match e.process {
            Some(_) => format!("close({}) in {}", e.holder.fd, e.who()),
            None => format!("the end of {}", e.who()),
        };
        let cures = ends::named(&self.curable(), closes);
        match self.culprits.as_slice() {
            [one] if self.is_own(one) => format!("{cures}, before the read, brings end of file."),
            [one] => format!("{cures}, {}, brings end of file.", before(one)),
            _ => format!("Only all of them closed bring end of file: {cures}."),
        }
    }

    fn long(&self) -> Vec<String> {
        let (name, object) = (self.name(), prose::object(self.object));
        let mut out = vec![format!(
            "The kernel's rule (pipe(7)): a read from an empty pipe returns 0, end of file, once every descriptor that \
             refers to its write end is closed, in every process. Until then it waits for bytes, whoever holds the \
             write end: the reader itself counts too."
        )];
        out.extend(self.culprits.iter().map(|e| e.provenance(Some(self.reader))));
        if !self.others.is_empty() {
            let others = ends::named(&self.others, |e| e.whose(None));
            out.push(format!(
                "Beside it {others} may still write to {object}, so {name} waits for bytes in the \
                ordinary way as long as nobody closes there."
            ));
        }
        out.push(self.elsewhere());
        out.push(self.outlook());
        if !self.world.is_of_a_stage() {
            out.push(
                "In the text of the program the close belongs before the call that blocks; a descriptor that came through \
                 an exec is closed by that where it is close-on-exec."
                    .to_owned(),
            );
        } else if let Some(program) = self.culprits.iter().find_map(|e| e.process?.program.as_deref()) {
            out.push(format!(
                "{} runs by exec and takes no orders from the stage: the close belongs before the exec, \
                or the descriptor wants close-on-exec.",
                prose::plain(program)
            ));
        }
        out.extend(ends::unseen(self.world, self.object));
        out
    }

    /// What can happen from here.
    fn outlook(&self) -> String {
        let name = self.name();
        match self.severity {
            Severity::Stuck if !self.world.is_of_a_stage() => format!(
                "Nothing here can release {name} now: a process that is blocked makes no call, the close included. It can be \
                 killed, or the program run again, with the close before the call that blocks."
            ),
            Severity::Stuck => format!(
                "Nothing here can release {name} now: a process that is blocked makes no call, the close \
                 included. It can be killed, or the steps done again with the close before the call that blocks."
            ),
            _ if self.object.kind == ObjectKind::Fifo => format!(
                "{name} would go on if another process opened the FIFO and wrote to it; end of file is out of reach \
                 all the same."
            ),
            _ => format!(
                "Bytes would wake {name}; end of file is out of reach until it has closed its own write end, which it \
                 can do only once the read has returned."
            ),
        }
    }

    /// Why closing anywhere else does not help.
    fn elsewhere(&self) -> String {
        let others: Vec<String> = self
            .world
            .living()
            .filter(|p| !self.culprits.iter().chain(&self.others).any(|e| e.is_of(p)))
            .map(|p| prose::plain(&p.name))
            .collect();
        let object = prose::object(self.object);
        let copies = "A fork copies the table: each copy of a write end keeps the pipe open for writing until it is \
            closed by itself, and a close in one process closes nothing in another.";
        match others.len() {
            0 => copies.to_owned(),
            1 => format!(
                "{copies} {} holds no write end of {object}: a close there changes nothing.",
                prose::list(&others)
            ),
            _ => format!(
                "{copies} {} hold no write end of {object}: a close there changes nothing.",
                prose::list(&others)
            ),
        }
    }
}

fn before(end: &End<'_>) -> String {
    match end.process.and_then(|p| p.state.blocked_in()) {
        Some(blocked) => format!("before its {}", prose::plain(&blocked.call)),
        None => "when it has no more to write".to_owned(),
    }
}

#[cfg(test)]
mod tests;
