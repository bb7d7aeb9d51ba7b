//! Locks, queues, eventfds, threads, and what no process can be asked about.

use super::{Holder, Said, Sleeper, View, ends, system_v};
use crate::observe::{Futex, Held, Lock, fdinfo_field, status_field};
use crate::survey::locks::{self, Who};
use crate::survey::{Want, name};
use crate::world::{Access, FdNumber, Pid};
use std::collections::BTreeSet;

pub(super) fn said(rule: &'static str, text: String) -> Said {
    Said { rule, text, ..Said::default() }
}

/// Stopped by a signal.
pub(super) fn stopped(view: &View<'_>, pid: Pid) -> Said {
    let text = format!(
        "{} is stopped by a signal: it does nothing, and keeps every descriptor and lock it holds. SIGCONT lets it go on.",
        view.name(pid)
    );
    Said { fix: format!("kill -CONT {pid}"), ..said("stopped", text) }
}

/// Stopped by whoever traces it, ptrace(2): a signal does nothing. `None` where that was for a moment, as at each call under strace(1).
pub(super) fn held_by_tracer(view: &View<'_>, pid: Pid) -> Option<Said> {
    let held = || status_field(pid, "State:").is_some_and(|state| state.starts_with('t'));
    for _ in 0..LOOKS {
        if !held() {
            return None;
        }
        std::thread::sleep(PAUSE);
    }
    let number = |pid, field| status_field(pid, field).and_then(|number| number.parse::<Pid>().ok());
    // It is a thread that traces.
    let thread = number(pid, "TracerPid:").filter(|tid| *tid > 0)?;
    let tracer = number(thread, "Tgid:").unwrap_or(thread);
    let text = format!(
        "{} is held by {}, which traces it: it does nothing, and keeps every descriptor and lock it holds, until its tracer lets it \
         go on or ends. SIGCONT does not.",
        view.name(pid),
        view.name(tracer)
    );
    Some(Said { holders: vec![view.holder(tracer, None, Access::None)], ..said("held-by-tracer", text) })
}

/// So many times it is looked whether a tracer holds a process, and so long after one another.
const LOOKS: u32 = 3;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);

/// A zombie.
pub(super) fn dead(view: &View<'_>, pid: Pid, parent: Pid) -> Said {
    let (own, parent_name) = (view.name(pid), view.name(parent));
    let text = format!(
        "{own} is dead and holds nothing any more: its descriptors and locks are given up. Only its entry is left, until \
         {parent_name} waits for it, which is {}.",
        view.machine.doing(parent)
    );
    let holders = vec![view.holder(parent, None, Access::None)];
    Said { holders, fix: format!("{parent_name}: waitpid({pid})"), ..said("dead-not-waited-for", text) }
}

/// A process of somebody else.
pub(super) fn not_permitted(view: &View<'_>, pid: Pid) -> Said {
    let threads = view.machine.threads(pid);
    let place = threads.iter().filter_map(|t| t.call.as_ref()).map(|c| c.place.as_str()).find(|p| !p.is_empty());
    let place = place.map_or_else(String::new, |p| format!(" It sleeps in the kernel's {}.", name::plain(p)));
    let text = format!(
        "{} acts as {} and its descriptors may not be read.{place} `sudo pipescope why {pid}` would see them.",
        view.name(pid),
        view.machine.user(pid)
    );
    Said { fix: format!("sudo pipescope why {pid}"), ..said("not-permitted", text) }
}

/// A file lock.
pub(super) fn lock(
    view: &View<'_>,
    sleeper: &Sleeper,
    lock: &Lock,
    fd: FdNumber,
    holders: &[(Pid, Vec<FdNumber>)],
) -> Said {
    let link = crate::observe::link_of(sleeper.pid, fd);
    let file = link.map_or_else(|| format!("the file {}", lock.file), |l| name::plain(&l.to_string_lossy()));
    let by = match lock.kind.as_str() {
        "FLOCK" => "flock(2)",
        "OFDLCK" => "fcntl(2), of an open file description",
        _ => "fcntl(2)",
    };
    let way = if lock.write { "alone" } else { "for reading" };
    let holders: Vec<Holder> = holders
        .iter()
        .flat_map(|(pid, fds)| match fds.as_slice() {
            [] => vec![view.holder(*pid, None, Access::None)],
            fds => fds.iter().map(|fd| view.holder(*pid, Some(*fd), Access::None)).collect(),
        })
        .collect();
    let start = format!("{} waits on fd {fd} for the lock of {file} ({by}).", view.name(sleeper.pid));
    let text = match holders.as_slice() {
        [] => format!("{start} It is held {way}, by no process that can be seen."),
        own if own.iter().all(|h| h.pid == sleeper.pid) => {
            let fds = ends::named(own, sleeper.pid);
            format!("{start} It has that lock itself, by {fds}: another open file description, so it waits for itself.")
        }
        _ => format!(
            "{start} It is held {way} by {}. {}.",
            ends::named(&holders, sleeper.pid),
            ends::doing(&holders, sleeper.pid)
        ),
    };
    let unlock = |h: &Holder| match (lock.kind.as_str(), h.fd) {
        ("FLOCK", Some(fd)) => Some(format!("{}: flock({fd}, LOCK_UN)", view.name(h.pid))),
        (_, Some(fd)) => Some(format!("{}: close({fd})", view.name(h.pid))),
        _ => None,
    };
    let calls: BTreeSet<String> = holders.iter().filter_map(unlock).collect();
    // A lock of flock(2) is given up by whoever has a copy of its open file description: by one for all. Others each have their own.
    let needed = if lock.kind == "FLOCK" && lock.write { 1 } else { calls.len() };
    let fix = calls.into_iter().take(needed).collect::<Vec<_>>().join("\n");
    Said { rule: "waiting-for-lock", holders, text, fix, shared: true, ..Said::default() }
}

/// A POSIX message queue: empty, or full.
pub(super) fn queue(view: &View<'_>, sleeper: &Sleeper, held: Held, access: Access) -> Said {
    let label = name::plain(&view.machine.label(held.thing));
    let (rule, what, other): (_, _, fn(Access) -> bool) = match access {
        Access::Write => ("queue-full", "for room in", Access::reads),
        _ => ("waiting-for-message", "for a message in", Access::writes),
    };
    let holders: Vec<Holder> = view.holders(held.thing, other);
    let can = if access == Access::Write { "receive from" } else { "send to" };
    let others: Vec<Holder> = holders.iter().filter(|h| h.pid != sleeper.pid).cloned().collect();
    let text = format!("{} waits {what} the queue {label}, fd {}.", view.name(sleeper.pid), held.fd);
    let text = match others.as_slice() {
        [] => format!("{text} No other process that can be seen could {can} it."),
        some => format!(
            "{text} By {} somebody could {can} it. {}.",
            ends::named(some, sleeper.pid),
            ends::doing(some, sleeper.pid)
        ),
    };
    Said { rule, holders, text, shared: true, ..Said::default() }
}

/// An eventfd whose count is 0.
pub(super) fn event(view: &View<'_>, sleeper: &Sleeper, held: Held) -> Said {
    let holders = view.holders(held.thing, |_| true);
    let others: Vec<Holder> = holders.iter().filter(|h| h.pid != sleeper.pid).cloned().collect();
    let start = format!("{} waits on fd {} for an eventfd to be written.", view.name(sleeper.pid), held.fd);
    let text = match others.as_slice() {
        [] => format!("{start} No other process that can be seen holds it: only a thread of its own can."),
        some => format!("{start} It is also {}. {}.", ends::named(some, sleeper.pid), ends::doing(some, sleeper.pid)),
    };
    Said { rule: "waiting-for-event", holders, text, shared: true, ..Said::default() }
}

/// A word in memory: a mutex, a condition, the end of a thread.
pub(super) fn futex(view: &View<'_>, sleeper: &Sleeper, futex: &Futex, sharers: &[Pid]) -> Said {
    let name = view.name(sleeper.pid);
    if let Some(who) = locks::holder(view.machine, sleeper.pid, futex) {
        return mutex(view, sleeper, who);
    }
    if let Some(tid) = locks::joined(view.machine, sleeper.pid, futex) {
        let asleep = view.waits.asleep(sleeper.pid).iter().find(|s| s.tid == tid);
        let doing = asleep.map_or_else(|| "running".into(), |s| format!("blocked in {}", name::call(&s.call.blocked)));
        return said("waiting-for-thread", format!("{name} waits for its thread {tid} to end, which is {doing}."));
    }
    let threads = view.machine.process(sleeper.pid).map_or(1, |p| p.threads);
    let others = sharers.iter().filter(|pid| **pid != sleeper.pid && !futex.private);
    let others: Vec<Holder> = others.map(|pid| view.holder(*pid, None, Access::None)).collect();
    let who = match (futex.private, threads) {
        (true, 1) => "Only a thread of its own could change it, and it has no other.".to_owned(),
        (true, n) => format!("One of its own {n} threads has to change it; the kernel does not know which."),
        (false, _) if sharers.is_empty() => {
            "Any process that shares that memory may change it; the kernel does not know which.".to_owned()
        }
        (false, n) if others.is_empty() => {
            format!("No other process has that memory mapped: one of its own {n} threads has to change it.")
        }
        (false, _) => {
            let who = ends::named(&others, sleeper.pid);
            format!(
                "Of those who have that memory too, {who}, or of its own threads one has to change it; the kernel does not know which."
            )
        }
    };
    let hangs = match (view.waits.holds_fast(sleeper), others.is_empty()) {
        (true, true) => " None of its threads can go on, and nobody else reaches that word: it hangs.",
        (true, false) => " None of them can go on: it hangs.",
        (false, _) => "",
    };
    let text =
        format!("{name} waits for a word in memory to change, as a lock or a condition has it (futex). {who}{hangs}");
    let shared = !futex.private && !sharers.is_empty();
    Said { holders: others, shared, ..said("waiting-for-thread", text) }
}

/// A lock in memory whose owner is known.
fn mutex(view: &View<'_>, sleeper: &Sleeper, who: Who) -> Said {
    let start = format!("{} waits for the {}", view.thread(sleeper.pid, sleeper.tid), view.mutex(sleeper));
    let (text, holders) = match who {
        Who::Ended(tid) => {
            let end = "has ended without giving it back: nobody else can, so it hangs.";
            (format!("{start}. The thread {tid}, which took it, {end}"), Vec::new())
        }
        Who::Thread(_, tid) if tid == sleeper.tid => (
            format!("{start}, which it has itself: it took it before, and cannot go on to give it back. It hangs."),
            vec![],
        ),
        Who::Thread(pid, tid) => {
            let asleep = view.waits.asleep(pid).iter().find(|s| s.tid == tid);
            let doing =
                asleep.map_or_else(|| "running".into(), |s| format!("blocked in {}", name::call(&s.call.blocked)));
            let hangs =
                if asleep.is_some_and(|s| view.waits.holds_fast(s)) { " and cannot go on: it hangs" } else { "" };
            let text = format!("{start}, which {} has. That one is {doing}{hangs}.", view.thread(pid, tid));
            (text, vec![Holder { doing, ..view.holder(pid, None, Access::None) }])
        }
    };
    Said { holders, ..said("waiting-for-mutex", text) }
}

/// A timer that has no time to come, and none that came and was not read: fdinfo of a timerfd, proc_pid_fdinfo(5).
fn is_disarmed(pid: Pid, fd: FdNumber) -> bool {
    let field = |name| fdinfo_field(pid, fd, name);
    field("it_value:").as_deref() == Some("(0, 0)") && field("ticks:").as_deref() == Some("0")
}

/// A clock, a person, a device.
pub(super) fn elsewhere(view: &View<'_>, sleeper: &Sleeper, want: &Want) -> Said {
    if let Some(said) = system_v::wait(view, sleeper) {
        return said;
    }
    let own = view.name(sleeper.pid);
    let text = match want {
        Want::Elsewhere { fd, link } if link.starts_with("/dev/pts/") || link.starts_with("/dev/tty") => {
            format!("{own} waits on fd {fd}, the terminal {}: for somebody to type.", name::plain(link))
        }
        Want::Elsewhere { fd, link } => match link.as_str() {
            "anon_inode:[timerfd]" if is_disarmed(sleeper.pid, *fd) => format!(
                "{own} waits on fd {fd} for a timer (timerfd) that is not set: it never expires unless somebody who has it sets it \
                 (timerfd_settime)."
            ),
            "anon_inode:[timerfd]" => format!("{own} waits on fd {fd} for a timer (timerfd): it goes on by itself."),
            // The master of a pseudo-terminal, pty(7).
            ptmx if ptmx.ends_with("/ptmx") => match fdinfo_field(sleeper.pid, *fd, "tty-index:") {
                Some(number) => format!(
                    "{own} waits on fd {fd}, the master of the terminal /dev/pts/{}: for what is written there.",
                    name::plain(&number)
                ),
                None => format!("{own} waits on fd {fd}, {}.", name::plain(ptmx)),
            },
            "anon_inode:[signalfd]" => format!("{own} waits on fd {fd} for a signal (signalfd)."),
            "anon_inode:inotify" => format!("{own} waits on fd {fd} for a change of files (inotify)."),
            _ => format!("{own} waits on fd {fd}, {}.", name::plain(link)),
        },
        Want::Time if sleeper.call.limited => format!("{own} sleeps until a time it has set itself."),
        Want::Time => format!("{own} sleeps until a signal comes."),
        _ if sleeper.call.blocked.call == "?" && !sleeper.call.place.is_empty() => {
            let place = name::plain(&sleeper.call.place);
            format!(
                "{own} sleeps in the kernel's {place}; in which call, we may not see. `sudo pipescope why {}` does.",
                sleeper.pid
            )
        }
        _ if sleeper.call.blocked.call == "?" => {
            format!("{own} sleeps in a call that we may not see. `sudo pipescope why {}` does.", sleeper.pid)
        }
        _ => format!(
            "{own} sleeps in {}; what would wake it cannot be read from /proc.",
            name::call(&sleeper.call.blocked)
        ),
    };
    said("waiting-elsewhere", text)
}
