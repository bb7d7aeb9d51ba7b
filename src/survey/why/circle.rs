//! A deadlock: processes that wait for each other in a circle, over whatever it may be.

use super::{Finding, Said, View, name};
use crate::observe::Held;
use crate::survey::{Wait, Want};
use crate::world::{Access, Pid};
use std::collections::BTreeSet;

/// The circle that this process is part of, where it is in one that has not been told yet.
pub(super) fn finding(view: &View<'_>, pid: Pid, told: &mut BTreeSet<Pid>) -> Option<Finding> {
    if told.contains(&pid) {
        return None;
    }
    let circle = view.waits.circle(pid)?;
    told.extend(&circle);
    if !view.waits.still_hold(&circle) {
        return None;
    }
    let next = |i: usize| circle.get(i + 1).or(circle.first()).copied();
    let links: Vec<String> = circle.iter().enumerate().filter_map(|(i, pid)| link(view, *pid, next(i)?)).collect();
    let none = if circle.len() == 2 { "Both are" } else { "All are" };
    let last = circle.iter().max().copied().unwrap_or(pid);
    let text =
        format!("Deadlock: {}. {none} blocked, so none can make the call that another waits for.", links.join("; "));
    let holders = circle.iter().map(|pid| view.holder(*pid, None, Access::None)).collect();
    let said = Said { rule: "deadlock", holders, text, fix: format!("kill {last}"), shared: true, peeked: None };
    let unseen = view.machine.unseen().count();
    Some(Finding { unseen, stuck: true, ..view.whole(pid, said) })
}

/// `a[1] waits for bytes in pipe:[9] from b[2] (fd 4)`.
fn link(view: &View<'_>, pid: Pid, next: Pid) -> Option<String> {
    let mut waits = view.waits.asleep(pid).iter().flat_map(|s| &s.waits);
    let wait = waits.find(|w| w.releasers.contains(&next))?;
    Some(format!("{} waits for {}", view.name(pid), what(view, wait, next)))
}

fn what(view: &View<'_>, wait: &Wait, next: Pid) -> String {
    let who = view.name(next);
    let label = wait.want.thing().map(|t| name::plain(&view.machine.label(t))).unwrap_or_default();
    match &wait.want {
        Want::Pipe(held) if held.access.reads() => {
            format!(
                "bytes or end of file in {label}, a write end of which is {}",
                by(view, *held, next, Access::writes)
            )
        }
        Want::Pipe(held) => format!("room in {label}, a read end of which is {}", by(view, *held, next, Access::reads)),
        Want::Open { path, .. } => {
            let path = path.as_deref().map(name::plain).unwrap_or_default();
            format!("somebody to open FIFO {path}, as {who} of the same job might")
        }
        Want::Child(_) => format!("its child {who} to exit"),
        Want::Socket { access: Access::Write, .. } => {
            format!("room to send by {label}, which {who} has to read at its other end")
        }
        Want::Socket { .. } => format!("bytes or end of file from {label}, the other end of which {who} holds"),
        Want::Connect { .. } => format!("{who} to accept its connection"),
        Want::Lock { lock, .. } => format!("the lock of file {} that {who} holds", lock.file),
        Want::Queue(..) => format!("the queue {label}, that {who} has open"),
        Want::Event(_) => format!("an eventfd that {who} holds"),
        _ => who,
    }
}

fn by(view: &View<'_>, held: Held, next: Pid, fits: fn(Access) -> bool) -> String {
    let all = view.machine.holders(held.thing).iter();
    let fd = all.into_iter().find(|h| h.pid == next && fits(h.access)).map_or(-1, |h| h.fd);
    format!("fd {fd} of {}", view.name(next))
}
