//! Pipes, FIFOs and children: judged by the rules of `explain`.

use super::{Holder, Said, Sleeper, View, ends, name};
use crate::explain;
use crate::observe::{Held, Thing, look_into};
use crate::survey::world;
use crate::world::{Access, BlockedIn, FdNumber, Pid, State, World};
use std::collections::BTreeSet;

/// Of the bytes in one pipe so many are shown.
const PEEK: usize = 256;

/// A read of an empty pipe or FIFO, or a write to a full one.
pub(super) fn pipe(view: &View<'_>, sleeper: &Sleeper, held: Held) -> Said {
    let reads = held.access.reads();
    let concerned = concerned(view, sleeper.pid, view.machine.holders(held.thing).iter().map(|h| h.pid));
    let mut world = small_world(view, &concerned, held.thing);
    // Whatever the call is, poll(2) too: it sleeps for want of bytes, or of room.
    let count = sleeper.call.blocked.count.filter(|_| sleeper.call.watched.is_empty());
    put_to_sleep(view, &mut world, sleeper.pid, if reads { "read" } else { "write" }, Some(held.fd), count);
    let rules: &[&'static str] =
        if reads { &["reader-blocked-on-empty", "eof-withheld"] } else { &["writer-blocked-on-full"] };
    let own = view.name(sleeper.pid);
    let mut found: Vec<(&'static str, explain::Finding)> = Vec::new();
    for rule in rules {
        let all = explain::rule(rule).map(|rule| (rule.find)(&world)).unwrap_or_default();
        found.extend(all.into_iter().find(|f| f.process == own && f.fd == Some(held.fd)).map(|f| (*rule, f)));
    }
    let holders = view.holders(held.thing, if reads { Access::writes } else { Access::reads });
    let texts: Vec<String> = found.iter().map(|(_, f)| f.text.clone()).collect();
    let fix = match found.iter().map(|(_, f)| f.fix.as_str()).find(|fix| !fix.is_empty()) {
        Some(fix) => fix.to_owned(),
        None if reads => ends::closes(&holders),
        None => reads_of(view, sleeper.pid, &holders),
    };
    let (rule, text) = match found.first() {
        Some((rule, _)) => (*rule, texts.join(" ")),
        // Bytes came since: it is about to wake.
        None => (rules[0], format!("{own} is about to wake: {} has changed.", view.machine.label(held.thing))),
    };
    let label = view.machine.label(held.thing);
    let peeked = world.objects.into_iter().find(|o| view.options.peek && o.id.0 == label);
    Said { rule, holders, text, fix, shared: !found.is_empty(), peeked, ..Said::default() }
}

/// An end that is watched for what happens at the other.
pub(super) fn other_end(view: &View<'_>, sleeper: &Sleeper, held: Held, edge: bool) -> Said {
    let (other, who): (fn(Access) -> bool, _) = match held.access.reads() {
        true => (Access::writes, "writer"),
        false => (Access::reads, "reader"),
    };
    let holders = view.holders(held.thing, other);
    let what = match edge {
        true => format!("for a {who} to make room there once more, or for its last {who} to go"),
        false => format!("for its last {who} to go"),
    };
    let label = name::plain(&view.machine.label(held.thing));
    let text = format!("{} waits on fd {}, {label}, {what}.", view.name(sleeper.pid), held.fd);
    let text = match holders.as_slice() {
        [] => text,
        some => format!("{text} The other end is {}.", ends::named(some, sleeper.pid)),
    };
    Said { rule: "waiting-elsewhere", holders, text, shared: true, ..Said::default() }
}

/// The read that would make room, by each of the others who could make it.
fn reads_of(view: &View<'_>, own: Pid, holders: &[Holder]) -> String {
    let read = |h: &Holder| Some(format!("{}: read({})", view.name(h.pid), h.fd?));
    holders.iter().filter(|h| h.pid != own).filter_map(read).collect::<Vec<_>>().join("\n")
}

/// The process itself, these, and all that any of them waits for.
fn concerned(view: &View<'_>, pid: Pid, others: impl Iterator<Item = Pid>) -> BTreeSet<Pid> {
    view.waits.concerned(others.chain([pid]))
}

fn small_world(view: &View<'_>, concerned: &BTreeSet<Pid>, thing: Thing) -> World {
    let mut world = world(view.machine, view.waits, concerned, &[thing]);
    if view.options.peek {
        look_into(world.objects.iter_mut(), PEEK);
    }
    world
}

/// The state of the process is this call of one of its threads, for as long as a rule looks at it.
fn put_to_sleep(view: &View<'_>, world: &mut World, pid: Pid, call: &str, fd: Option<FdNumber>, count: Option<u64>) {
    let name = view.name(pid);
    if let Some(process) = world.processes.iter_mut().find(|p| p.name == name) {
        process.state =
            State::Blocked(BlockedIn { call: call.into(), fd, child: None, path: None, count, opens: None });
    }
}

/// A parent that vfork(2) lets go on once its child has a memory of its own, or is gone.
pub(super) fn vfork(view: &View<'_>, sleeper: &Sleeper, which: Option<Pid>) -> Said {
    let own = view.name(sleeper.pid);
    let children = view.machine.children(sleeper.pid).map(|p| p.pid).filter(|pid| which.is_none_or(|one| one == *pid));
    let holders: Vec<Holder> = children.map(|pid| view.holder(pid, None, Access::None)).collect();
    let whose = match holders.len() {
        0 => "no child of it can be seen".to_owned(),
        _ => ends::doing(&holders, sleeper.pid),
    };
    let child = match holders.as_slice() {
        [one] => view.name(one.pid),
        _ => "the child that it made".to_owned(),
    };
    let shared = if which.is_some() { " Until then the two have one memory." } else { "" };
    let text = format!(
        "{own} sleeps in vfork until {child} runs another program or exits, whichever comes first: {whose}.{shared}"
    );
    Said { rule: "waiting-for-child", holders, text, ..Said::default() }
}

/// A wait for a child that is not for its end.
pub(super) fn change(view: &View<'_>, sleeper: &Sleeper, which: Option<Pid>) -> Said {
    let children = view.machine.children(sleeper.pid).map(|p| p.pid).filter(|pid| which.is_none_or(|one| one == *pid));
    let holders: Vec<Holder> = children.map(|pid| view.holder(pid, None, Access::None)).collect();
    let (what, option) = match (sleeper.call.changes.stops, sleeper.call.changes.goes_on) {
        (true, true) => ("to be stopped by a signal, or to go on after that", "WSTOPPED, WCONTINUED"),
        (false, true) => ("to go on after a stop", "WCONTINUED"),
        _ => ("to be stopped by a signal", "WSTOPPED"),
    };
    let (child, doing) = match holders.as_slice() {
        [] => ("a child".to_owned(), "no child of it can be seen".to_owned()),
        [one] => (format!("its child {}", view.name(one.pid)), ends::doing(&holders, sleeper.pid)),
        _ => ("a child".to_owned(), ends::doing(&holders, sleeper.pid)),
    };
    let text = format!(
        "{} waits for {child} {what} (waitid, {option}), and not for its end: {doing}.",
        view.name(sleeper.pid)
    );
    Said { rule: "waiting-for-child", holders, text, ..Said::default() }
}

/// A wait for a child.
pub(super) fn child(view: &View<'_>, sleeper: &Sleeper, which: Option<Pid>) -> Said {
    let own = view.name(sleeper.pid);
    let children: Vec<Pid> =
        view.machine.children(sleeper.pid).map(|p| p.pid).filter(|pid| which.is_none_or(|one| one == *pid)).collect();
    let holders: Vec<Holder> = children.iter().map(|pid| view.holder(*pid, None, Access::None)).collect();
    let concerned = concerned(view, sleeper.pid, children.iter().copied());
    let mut world = world(view.machine, view.waits, &concerned, &[]);
    put_to_sleep(view, &mut world, sleeper.pid, "wait", None, None);
    if let Some(State::Blocked(blocked)) = world.processes.iter_mut().find(|p| p.name == own).map(|p| &mut p.state) {
        blocked.child = which;
    }
    let found = explain::rule("waiting-for-child").map(|rule| (rule.find)(&world)).unwrap_or_default();
    let text = match (holders.as_slice(), found.into_iter().find(|f| f.process == own)) {
        ([], _) | (_, None) => format!("{own} waits for a child to exit, and no child of it can be seen."),
        (_, Some(found)) if sleeper.call.changes.stops => {
            let text = found.text.rsplit_once(" wait returns only").map_or(found.text.as_str(), |(before, _)| before);
            format!("{text} wait returns too once a child of those is stopped by a signal (WUNTRACED).")
        }
        (_, Some(found)) => found.text,
    };
    Said { rule: "waiting-for-child", holders, text, ..Said::default() }
}
