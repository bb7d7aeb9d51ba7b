//! Sockets: a silent peer, one that does not read, a listener that nobody accepts on.

use super::{Holder, Said, Sleeper, View, ends};
use crate::observe::Thing;
use crate::survey::listeners;
use crate::survey::picture::address;
use crate::world::{Access, FdNumber, Known, Peer, Pid, SocketType};

/// A receive or a send.
pub(super) fn socket(view: &View<'_>, sleeper: &Sleeper, (fd, inode): (FdNumber, u64), access: Access) -> Said {
    let start = start(view, sleeper, fd, inode, access);
    let peer = match view.machine.peer(inode) {
        Known::Yes(Peer::Socket(peer)) => peer,
        Known::Yes(Peer::Unaccepted) => return not_accepted(view, sleeper, inode, &start),
        Known::Yes(Peer::Gone) if is_datagram(view, inode) => {
            return without(
                start,
                "Its other end has been closed, and datagrams know no end of file: nothing comes from there any more.",
            );
        }
        Known::Yes(Peer::Gone) => return without(start, "Its other end has been closed."),
        Known::Yes(Peer::Elsewhere) => {
            let remote = view.machine.socket_anywhere(inode).ok().and_then(|s| s.remote.clone());
            let remote = remote.map_or_else(String::new, |a| format!(", {},", address(&a)));
            return without(
                start,
                &format!(
                    "Its other end{remote} is in no network namespace that can be looked into here: on another machine, or hidden."
                ),
            );
        }
        Known::Yes(Peer::None) => {
            return without(start, "It is not connected: anyone who has its address may send to it.");
        }
        Known::No(why) => return without(start, &format!("Who holds its other end is not known: {why}.")),
    };
    let holders = view.holders(Thing::Socket(peer), |_| true);
    let label = view.machine.label(Thing::Socket(peer));
    if holders.is_empty() {
        let text = format!("{start} Its other end is {label}, and no process that can be seen holds it.");
        let rule = if access == Access::Write { "peer-not-reading" } else { "peer-silent" };
        return Said { rule, holders, text, shared: true, ..Said::default() };
    }
    match access {
        Access::Write => {
            let own: Vec<Pid> = vec![sleeper.pid];
            let doing = match holders.iter().all(|h| own.contains(&h.pid)) {
                true => "It alone could read there, and it is blocked".to_owned(),
                false => format!("Of those who could read there, {}", ends::doing(&holders, sleeper.pid)),
            };
            let text = format!("{start} Its other end, {label}, is {}. {doing}.", ends::named(&holders, sleeper.pid));
            Said { rule: "peer-not-reading", holders, text, shared: true, ..Said::default() }
        }
        _ if is_datagram(view, inode) => no_datagram(sleeper, &start, &label, holders),
        _ => silent(sleeper, &start, &label, holders),
    }
}

/// It waits for a datagram: who could send one. Closing brings nothing, unix(7).
fn no_datagram(sleeper: &Sleeper, start: &str, label: &str, holders: Vec<Holder>) -> Said {
    let named = ends::named(&holders, sleeper.pid);
    let doing = match holders.iter().all(|h| h.pid == sleeper.pid) {
        true => "It alone could send by that, and it is blocked".to_owned(),
        false => format!("Of those who could send by that, {}", ends::doing(&holders, sleeper.pid)),
    };
    let text = format!(
        "{start} Its other end, {label}, is {named}. {doing}. Datagrams know no end of file: closing that would not wake it."
    );
    Said { rule: "peer-silent", holders, text, shared: true, ..Said::default() }
}

/// It keeps datagrams apart and has no end of file; a `SOCK_SEQPACKET` has one.
fn is_datagram(view: &View<'_>, inode: u64) -> bool {
    view.machine.socket_anywhere(inode).is_ok_and(|s| s.kind == SocketType::Datagram)
}

/// It waits for bytes or the end: who could send, and which closes bring the end.
fn silent(sleeper: &Sleeper, start: &str, label: &str, holders: Vec<Holder>) -> Said {
    let (own, theirs): (Vec<Holder>, Vec<Holder>) = holders.iter().cloned().partition(|h| h.pid == sleeper.pid);
    let named = ends::named(&holders, sleeper.pid);
    let mut text = format!("{start} Its other end, {label}, is {named}.");
    let fix = ends::closes(if own.is_empty() { &holders } else { &own });
    match (own.is_empty(), theirs.is_empty()) {
        (false, true) => text.push_str(" It holds the other end itself, so no end of file can come while it is blocked: it should have closed that before."),
        (false, false) => text.push_str(&format!(
            " Even once the others have closed theirs, no end of file comes: it holds the other end itself. {}.",
            ends::doing(&theirs, sleeper.pid)
        )),
        _ => {
            let all = if holders.len() == 1 { "Closing it brings" } else { "Only all of them closed bring" };
            text.push_str(&format!(" {all} end of file. {}.", ends::doing(&theirs, sleeper.pid)));
        }
    }
    let rule = if own.is_empty() { "peer-silent" } else { "eof-withheld" };
    Said { rule, holders, text, fix, shared: true, ..Said::default() }
}

fn start(view: &View<'_>, sleeper: &Sleeper, fd: FdNumber, inode: u64, access: Access) -> String {
    let what = match access {
        Access::Write => "for room to send",
        Access::ReadWrite => "for bytes, or for room to send,",
        _ if is_datagram(view, inode) => "for a datagram",
        _ => "for bytes or end of file",
    };
    format!("{} waits {what} on fd {fd}, {}.", view.name(sleeper.pid), view.machine.label(Thing::Socket(inode)))
}

fn without(start: String, why: &str) -> Said {
    Said { rule: "peer-silent", text: format!("{start} {why}"), ..Said::default() }
}

/// The connection is complete and waits in a listener's queue.
fn not_accepted(view: &View<'_>, sleeper: &Sleeper, inode: u64, start: &str) -> Said {
    let Some(listener) = view.machine.listener_of(inode) else {
        return without(start.to_owned(), "Nobody has accepted the connection.");
    };
    listening(
        view,
        sleeper,
        listener.inode,
        &format!("{start} The connection is complete, and nobody has accepted it:"),
    )
}

/// Who should accept, and what they do instead.
fn listening(view: &View<'_>, sleeper: &Sleeper, listener: u64, start: &str) -> Said {
    let holders = view.holders(Thing::Socket(listener), |_| true);
    let label = view.machine.label(Thing::Socket(listener));
    let info = view.machine.socket_anywhere(listener).ok();
    let at = info.and_then(|s| s.local.as_ref()).map_or_else(String::new, |a| format!(" at {}", address(a)));
    let queue = match info.and_then(|s| s.backlog.as_ref()) {
        Some(Known::Yes(queue)) => format!(" ({} in its queue, which may hold {})", queue.waiting, queue.limit),
        _ => String::new(),
    };
    let mut text = format!("{start} it waits at the listener {label}{at}{queue}");
    match holders.is_empty() {
        true => text.push_str(", which no process that can be seen holds."),
        false if holders.iter().all(|h| h.pid == sleeper.pid) => {
            let own = ends::named(&holders, sleeper.pid);
            text.push_str(&format!(", which is {own}: it alone could accept, and it is blocked."));
        }
        false => text.push_str(&format!(
            ", which is {}. {}.",
            ends::named(&holders, sleeper.pid),
            ends::doing(&holders, sleeper.pid)
        )),
    }
    let fix =
        holders.first().and_then(|h| Some(format!("{}: accept({})", view.name(h.pid), h.fd?))).unwrap_or_default();
    Said { rule: "not-accepted", holders, text, fix, shared: true, ..Said::default() }
}

/// An accept, or a poll of a listener: ordinary.
pub(super) fn accept(view: &View<'_>, sleeper: &Sleeper, fd: FdNumber, inode: u64) -> Said {
    let local = view.machine.socket_anywhere(inode).ok().and_then(|s| s.local.clone());
    let at = local.map_or_else(String::new, |a| format!(" at {}", address(&a)));
    let start = format!(
        "{} waits for a client on fd {fd}, the listener {}{at}",
        view.name(sleeper.pid),
        view.machine.label(Thing::Socket(inode))
    );
    let text = match listeners::is_out_of_reach(view.machine, sleeper.pid, inode) {
        true => format!("{start}. That path does not lead to it any more: nobody can connect to it."),
        false => format!("{start}. That is what servers do; no connection is waiting."),
    };
    Said { rule: "waiting-for-client", text, ..Said::default() }
}

/// A connect that is not answered.
pub(super) fn connect(view: &View<'_>, sleeper: &Sleeper, (fd, inode): (FdNumber, u64), listener: Option<u64>) -> Said {
    let start = format!("{} waits on fd {fd} for a connection to be taken:", view.name(sleeper.pid));
    match listener {
        Some(listener) => listening(view, sleeper, listener, &start),
        None => {
            let remote = view.machine.socket_anywhere(inode).ok().and_then(|s| s.remote.clone());
            let to = remote.map_or_else(|| "its address".to_owned(), |a| address(&a));
            let text = format!("{start} nobody in its network namespace listens at {to}, as far as can be seen.");
            Said { rule: "not-accepted", text, shared: true, ..Said::default() }
        }
    }
}
