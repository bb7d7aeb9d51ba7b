//! What descriptors in flight take away from a sentence: an end may be open, or be used, that no table shows.

use super::{Holder, InFlight, Said, Sleeper, View, Wait, ends, name};
use crate::observe::Thing;
use crate::survey::{Flights, Want};
use crate::world::{Known, Peer, Pid, SocketState};

/// So many sockets that nobody holds are named.
const NAMED: usize = 3;

/// What has been said of a wait and, where descriptors are in flight, that an end may be among them.
pub(super) fn qualified(view: &View<'_>, sleeper: &Sleeper, wait: &Wait, said: Said) -> Said {
    let Some(what) = what(view, &wait.want).filter(|_| said.shared) else { return said };
    let flights = view.machine.flights();
    let seen = said.holders.iter().any(|h| h.fd.is_some());
    if flights.held.is_empty() && (seen || flights.unheld.is_empty()) {
        return said;
    }
    let in_flight = told(view, flights);
    if seen {
        let text = format!("{} This holds unless another {what} is in flight, {}.", said.text, places(&in_flight));
        return Said { text, in_flight, ..said };
    }
    let mut text = format!("{} A {what} may be in flight: {}", said.text, sentences(&in_flight, sleeper.pid));
    text.push_str(&end(&in_flight, &wait.want, sleeper.pid));
    // The one place where it can be.
    let fix = match (in_flight.as_slice(), view.machine.unseen().next().is_none()) {
        ([one], true) => ends::closes(&one.holders),
        _ => said.fix,
    };
    Said { text, fix, in_flight, ..said }
}

/// `sent and not received yet, in socket:[9752] and 3 more`
fn places(in_flight: &[InFlight]) -> String {
    let more = in_flight.len().saturating_sub(NAMED);
    let mut some: Vec<String> = in_flight.iter().take(NAMED).map(|f| f.socket.clone()).collect();
    if more > 0 {
        some.push(format!("{more} more"));
    }
    format!("sent and not received yet, in {}", name::list(&some))
}

/// The same of a circle: who receives such a descriptor could open it.
pub(super) fn of_circle(view: &View<'_>, pids: &[Pid], said: Said) -> Said {
    let flights = view.machine.flights();
    let waits = pids.iter().flat_map(|pid| view.waits.asleep(*pid)).flat_map(|s| &s.waits);
    if flights.held.is_empty() || waits.into_iter().all(|wait| what(view, &wait.want).is_none()) {
        return said;
    }
    let in_flight = told(view, flights);
    // Those of the circle cannot receive anything.
    let only_these = in_flight.iter().all(|f| !f.holders.is_empty() && f.holders.iter().all(|h| pids.contains(&h.pid)));
    if only_these {
        return Said { in_flight, ..said };
    }
    let text = format!(
        "{} This holds unless something they wait at is in flight: {}",
        said.text,
        sentences(&in_flight, pids.first().copied().unwrap_or(0))
    );
    Said { text, in_flight, ..said }
}

/// What it is that would have to be in flight; `None`: of such a wait nothing can be.
fn what(view: &View<'_>, want: &Want) -> Option<String> {
    let of = |thing| Some(format!("descriptor of {}", name::plain(&view.machine.label(thing))));
    match want {
        Want::Pipe(held) => Some(if held.access.reads() { "write end" } else { "read end" }.to_owned()),
        Want::Queue(held, _) | Want::Event(held) => of(held.thing),
        Want::Socket { inode, .. } => match view.machine.peer(*inode) {
            Known::Yes(Peer::Socket(peer)) => of(Thing::Socket(peer)),
            Known::Yes(Peer::Unaccepted) => Some("descriptor of the listener".to_owned()),
            _ => None,
        },
        Want::Connect { listener: Some(listener), .. } => of(Thing::Socket(*listener)),
        // A lock of a process is no descriptor's.
        Want::Lock { lock, .. } if lock.kind == "POSIX" => None,
        Want::Lock { .. } => Some("descriptor that has the lock".to_owned()),
        _ => None,
    }
}

fn told(view: &View<'_>, flights: &Flights) -> Vec<InFlight> {
    let label = |inode| view.machine.label(Thing::Socket(inode));
    let held = flights.held.iter().map(|flight| InFlight {
        socket: label(flight.socket),
        descriptors: Some(flight.descriptors),
        listens: view.machine.socket(flight.socket).is_ok_and(|s| s.state == SocketState::Listen),
        holders: view.holders(Thing::Socket(flight.socket), |_| true),
    });
    let unheld = flights.unheld.iter().map(|inode| InFlight {
        socket: label(*inode),
        descriptors: None,
        listens: false,
        holders: Vec::new(),
    });
    held.chain(unheld).collect()
}

/// Where they wait, and who can receive them.
fn sentences(in_flight: &[InFlight], own: Pid) -> String {
    let held: Vec<(&InFlight, u64)> = in_flight.iter().filter_map(|f| Some((f, f.descriptors?))).collect();
    let mut out = Vec::new();
    if !held.is_empty() {
        let one = |n: u64| n == 1;
        let place = |(f, n): &(&InFlight, u64)| {
            format!("in {} {n} {}", f.socket, if one(*n) { "descriptor" } else { "descriptors" })
        };
        let places: Vec<String> = held.iter().map(place).collect();
        let (waits, was, it, its) = match one(held.iter().map(|(_, n)| n).sum()) {
            true => ("waits", "was", "it refers", "It"),
            false => ("wait", "were", "they refer", "They"),
        };
        let receivers: Vec<Holder> = held.iter().flat_map(|(f, _)| f.holders.iter().cloned()).collect();
        let accepted = match held.iter().any(|(f, _)| f.listens) {
            true => ", by a listener once it has accepted the connection",
            false => "",
        };
        out.push(format!(
            "{} {waits} that {was} sent (SCM_RIGHTS) and not received yet; the kernel does not tell what {it} to. {its} can be \
             received by {}{accepted}.",
            name::list(&places),
            ends::named(&receivers, own)
        ));
    }
    let unheld: Vec<String> = in_flight.iter().filter(|f| f.descriptors.is_none()).map(|f| f.socket.clone()).collect();
    if !unheld.is_empty() {
        let more = unheld.len().saturating_sub(NAMED);
        let mut some: Vec<String> = unheld.into_iter().take(NAMED).collect();
        if more > 0 {
            some.push(format!("{more} more"));
        }
        let (is, it) = if some.len() == 1 { ("is", "it") } else { ("are", "them") };
        out.push(format!(
            "{} {is} in no table that can be seen, and may be in flight too, with what waits in {it}.",
            name::list(&some)
        ));
    }
    out.join(" ")
}

/// What would end the wait.
fn end(in_flight: &[InFlight], want: &Want, own: Pid) -> String {
    let receivers: Vec<Pid> = in_flight.iter().flat_map(|f| &f.holders).map(|h| h.pid).collect();
    let brings_end = matches!(want, Want::Pipe(held) if held.access.reads()) || matches!(want, Want::Socket { .. });
    let them = if in_flight.len() == 1 { "that socket" } else { "the socket it is in" };
    match receivers.as_slice() {
        [] => String::new(),
        all if all.iter().all(|pid| *pid == own) => {
            " Nobody else can, and it is blocked: it should have received that before.".to_owned()
        }
        _ if brings_end => format!(
            " End of file comes once whoever receives it has closed it, or once all who hold {them} have closed that."
        ),
        _ => format!(" Whoever receives it can use it; once all who hold {them} have closed that, it is closed too."),
    }
}
