//! A deadlock: processes that wait for each other in a circle, over whatever it may be.

use super::{Finding, Holder, Said, Sleeper, View, ends, flights, name};
use crate::observe::{Held, Thing};
use crate::survey::{Wait, Want};
use crate::world::{Access, Known, Peer, Pid};
use std::collections::BTreeSet;

/// So many ends are named that should have been closed.
const NAMED: usize = 3;

/// The circle that this process is part of, where it is in one that has not been told yet.
pub(super) fn finding(view: &View<'_>, pid: Pid, told: &mut BTreeSet<Pid>) -> Option<Finding> {
    if told.contains(&pid) {
        return None;
    }
    let circle = view.waits.circle(pid)?;
    told.extend(&circle);
    if !view.waits.hold_still(view.machine, circle.iter().flat_map(|pid| view.waits.asleep(*pid))) {
        return None;
    }
    let next = |i: usize| circle.get(i + 1).or(circle.first()).copied();
    let links: Vec<String> = circle.iter().enumerate().filter_map(|(i, pid)| link(view, *pid, next(i)?)).collect();
    let none = if circle.len() == 2 { "Both are" } else { "All are" };
    let last = circle.iter().max().copied().unwrap_or(pid);
    let mends: Vec<Mend> = circle.iter().enumerate().filter_map(|(i, pid)| mend(view, *pid, next(i)?)).collect();
    let instead = mends.first().map(|mend| format!(" It would not have come about {}.", mend.text)).unwrap_or_default();
    let text = format!(
        "Deadlock: {}. {none} blocked, so none can make the call that another waits for.{instead}",
        links.join("; ")
    );
    let mut fix: Vec<String> = mends.into_iter().take(1).map(|mend| mend.calls).collect();
    fix.push(format!("kill {last}"));
    let holders = circle.iter().map(|pid| view.holder(*pid, None, Access::None)).collect();
    let said = Said { rule: "deadlock", holders, text, fix: fix.join("\n"), shared: true, ..Said::default() };
    let said = flights::of_circle(view, &circle, said);
    let unseen = view.machine.unseen().count();
    Some(Finding { unseen, stuck: true, ..view.whole(pid, said) })
}

/// The circle of threads that the thread of this finding is part of, where it is in one that has not been told yet: each waits for a
/// lock that the next one has, or for its end. `told`: the threads and the processes that have been.
pub(super) fn of_threads(
    view: &View<'_>,
    finding: &Finding,
    told: (&mut BTreeSet<Pid>, &mut BTreeSet<Pid>),
) -> Option<Finding> {
    let start = view.waits.asleep(finding.pid).iter().find(|s| s.tid == finding.tid)?;
    let circle =
        view.waits.circle_of_threads(start).filter(|circle| !told.0.contains(&start.tid) && circle.len() > 1)?;
    if !view.waits.hold_still(view.machine, circle.iter().copied()) {
        return None;
    }
    let pids: BTreeSet<Pid> = circle.iter().map(|s| s.pid).collect();
    told.0.extend(circle.iter().map(|s| s.tid));
    told.1.extend(&pids);
    let name = |s: &Sleeper| match pids.len() {
        1 => format!("thread {}", s.tid),
        _ => view.thread(s.pid, s.tid),
    };
    let link = |(place, s): (usize, &&Sleeper)| {
        let next = circle.get(place + 1).or(circle.first()).map(|next| name(next)).unwrap_or_default();
        match s.call.futex.is_some_and(|f| f.owner.is_some()) {
            true => format!("{} waits for the {}, which {next} has", name(s), view.mutex(s)),
            false => format!("{} waits for {next} to end", name(s)),
        }
    };
    let links: Vec<String> = circle.iter().enumerate().map(link).collect();
    let whose = if pids.len() == 1 { format!(" of {}", view.name(start.pid)) } else { String::new() };
    let all_locks = circle.iter().all(|s| s.call.futex.is_some_and(|f| f.owner.is_some()));
    let instead = match all_locks {
        true => " It would not have come about had all taken them in the same order.",
        false => "",
    };
    let none = if circle.len() == 2 { "Both are" } else { "All are" };
    let text = format!(
        "Deadlock{whose}: {}. {none} blocked, so none can do what another waits for.{instead}",
        links.join("; ")
    );
    let holders = pids.iter().map(|pid| view.holder(*pid, None, Access::None)).collect();
    let fix = pids.iter().max().map(|pid| format!("kill {pid}")).unwrap_or_default();
    let said = Said { rule: "deadlock", holders, text, fix, shared: pids.len() > 1, ..Said::default() };
    Some(Finding { tid: start.tid, stuck: true, ..view.whole(start.pid, said) })
}

/// What a program of the circle should have done before it went to sleep.
struct Mend {
    /// After `It would not have come about`.
    text: String,
    /// The calls, one a line: `a[1]: read(3)`.
    calls: String,
}

/// What `next`, whom `pid` waits for, owes it: to have read, or to have closed.
fn mend(view: &View<'_>, pid: Pid, next: Pid) -> Option<Mend> {
    let waits_for_child =
        view.waits.asleep(next).iter().flat_map(|s| &s.waits).any(|w| matches!(w.want, Want::Child(_)));
    let Want::Pipe(held) = wait(view, pid, next)?.want else { return None };
    match (held.access.reads(), waits_for_child) {
        (true, true) => end_of_file(view, held.thing),
        (true, false) => None,
        (false, true) => read_before(view, held.thing, next),
        (false, false) => read_meanwhile(view, held.thing, pid, next),
    }
}

/// End of file comes once every write end is closed, those of the reader itself among them: few enough to name.
fn end_of_file(view: &View<'_>, thing: Thing) -> Option<Mend> {
    let writers: Vec<Holder> = view.holders(thing, Access::writes);
    if writers.is_empty() || writers.len() > NAMED {
        return None;
    }
    let close = |h: &Holder| Some(format!("{} closed fd {}", view.name(h.pid), h.fd?));
    let did: Vec<String> = writers.iter().filter_map(close).collect();
    let before = if writers.len() == 1 { "before it waited for its child" } else { "before any of them waited" };
    Some(Mend { text: format!("had {} {before}", name::list(&did)), calls: ends::closes(&writers) })
}

/// Who waits for a child should have read what that writes; to the end, where one can come.
fn read_before(view: &View<'_>, thing: Thing, next: Pid) -> Option<Mend> {
    let fd = view.machine.holders(thing).iter().find(|h| h.pid == next && h.access.reads())?.fd?;
    let keeps_it_open = view.machine.holders(thing).iter().any(|h| h.pid == next && h.access.writes());
    let name = view.name(next);
    let read = if keeps_it_open { format!("read what comes by fd {fd}") } else { format!("read fd {fd} to its end") };
    Some(Mend {
        text: format!("had {name} {read} before it waited for its child"),
        calls: format!("{name}: read({fd})"),
    })
}

/// Both write and neither reads: to a program that passes on what it gets, whoever started it has to write and read at once.
fn read_meanwhile(view: &View<'_>, thing: Thing, pid: Pid, next: Pid) -> Option<Mend> {
    let fd = view.machine.holders(thing).iter().find(|h| h.pid == next && h.access.reads())?.fd?;
    let parent = |pid: Pid| view.machine.process(pid).map(|p| p.ppid).filter(|pid| *pid > 1);
    if !std::iter::successors(parent(pid), |pid| parent(*pid)).any(|ancestor| ancestor == next) {
        return None;
    }
    let name = view.name(next);
    let text = format!("had {name} read fd {fd} while it still had to write: with poll(2), or in a thread of its own");
    Some(Mend { text, calls: format!("{name}: read({fd})") })
}

fn wait<'v>(view: &'v View<'_>, pid: Pid, next: Pid) -> Option<&'v Wait> {
    view.waits.asleep(pid).iter().flat_map(|s| &s.waits).find(|w| w.releasers.contains(&next))
}

/// `a[1] waits for bytes in pipe:[9] from b[2] (fd 4)`.
fn link(view: &View<'_>, pid: Pid, next: Pid) -> Option<String> {
    Some(format!("{} waits for {}", view.name(pid), what(view, pid, wait(view, pid, next)?, next)))
}

fn what(view: &View<'_>, pid: Pid, wait: &Wait, next: Pid) -> String {
    let who = view.name(next);
    let label = wait.want.thing().map(|t| name::plain(&view.machine.label(t))).unwrap_or_default();
    match &wait.want {
        Want::Pipe(held) if held.access.reads() => {
            format!("bytes or end of file in {label}, a write end of which {}", by(view, *held, next, Access::writes))
        }
        Want::Pipe(held) => format!("room in {label}, a read end of which {}", by(view, *held, next, Access::reads)),
        Want::OtherEnd { held, .. } => {
            let (other, side): (fn(Access) -> bool, _) =
                if held.access.reads() { (Access::writes, "write") } else { (Access::reads, "read") };
            format!("something to happen at {label}, a {side} end of which {}", by(view, *held, next, other))
        }
        Want::Open { path, .. } => {
            let path = path.as_deref().map(name::plain).unwrap_or_default();
            format!("somebody to open FIFO {path}, as {who} of the same job might")
        }
        Want::Lease { path, .. } => {
            let path = path.as_deref().map(name::plain).unwrap_or_default();
            format!("the lease of file {path} that {who} holds")
        }
        Want::Child(_) => format!("its child {who} to exit"),
        Want::Change(_) => format!("its child {who} to be stopped or to go on"),
        Want::Terminal { fd, access, .. } => {
            let what = if access.reads() { "somebody to type at" } else { "room in" };
            let path = crate::observe::link_of(pid, *fd).map(|path| name::plain(&path.to_string_lossy()));
            format!("{what} the terminal {}, the master of which {who} has", path.unwrap_or_default())
        }
        Want::Vfork(_) => format!("its child {who} to run another program or to exit"),
        Want::Socket { access: Access::Write, .. } => {
            format!("room to send by {label}, which {who} has to read at its other end")
        }
        Want::Socket { inode, .. } => {
            let at_end = is_at_other_end(view, *inode, next);
            let where_it_is = if at_end { format!("{who} holds") } else { format!("may be in flight to {who}") };
            format!("bytes or end of file from {label}, the other end of which {where_it_is}")
        }
        Want::Connect { .. } => format!("{who} to accept its connection"),
        Want::Lock { lock, fd, .. } => {
            let path = crate::observe::link_of(pid, *fd).map(|path| name::plain(&path.to_string_lossy()));
            format!("the lock of file {} that {who} holds", path.unwrap_or_else(|| lock.file.clone()))
        }
        Want::Queue(..) => format!("the queue {label}, that {who} has open"),
        Want::Event(_) => format!("an eventfd that {who} holds"),
        Want::Futex(futex) if futex.owner.is_some() => format!("a lock in memory that {who} has"),
        Want::Futex(_) => format!("a word in memory to change, which {who} can reach"),
        _ => who,
    }
}

fn is_at_other_end(view: &View<'_>, inode: u64, pid: Pid) -> bool {
    let Known::Yes(Peer::Socket(peer)) = view.machine.peer(inode) else { return true };
    view.machine.holders(Thing::Socket(peer)).iter().any(|h| h.pid == pid)
}

fn by(view: &View<'_>, held: Held, next: Pid, fits: fn(Access) -> bool) -> String {
    let all = view.machine.holders(held.thing).iter();
    match all.into_iter().find(|h| h.pid == next && fits(h.access)).and_then(|h| h.fd) {
        Some(fd) => format!("is fd {fd} of {}", view.name(next)),
        // It holds none, and was found to be one who could bring it: by receiving one.
        None => format!("may be in flight to {}", view.name(next)),
    }
}
