//! What may stand in the calls on sockets.

use super::super::calls::Argument;
use super::super::names::socket as names;
use super::{Candidate, Context, Place, descriptors, flags};

/// Candidates for one argument of a call on a socket; `word` is what has been typed of it.
pub(super) fn argument(
    kind: Argument,
    place: &Place<'_>,
    word: &str,
    process: Option<&str>,
    context: &Context,
) -> Vec<Candidate> {
    match kind {
        Argument::Domain => table(names::DOMAINS.get(..3).unwrap_or_default(), "domain"),
        Argument::SocketType if place.arguments.contains('|') => flags(place, names_of(names::ACCEPT)),
        Argument::SocketType => table(names::TYPES.get(..3).unwrap_or_default(), "type"),
        Argument::AcceptFlags => flags(place, names_of(names::ACCEPT)),
        Argument::MessageFlags => flags(place, names_of(names::MESSAGE.get(..4).unwrap_or_default())),
        Argument::How => table(names::HOW, "direction"),
        Argument::SocketOption => names::OPTIONS.iter().map(|(name, ..)| Candidate::new(*name, "option")).collect(),
        Argument::Rights => match place.arguments.contains("rights=[") {
            true => descriptors(process, context),
            false => vec![Candidate::new("rights=[", "descriptors to send along")],
        },
        Argument::PollList => poll(place, process, context),
        Argument::Address => address(place, word, context),
        _ => Vec::new(),
    }
}

fn names_of(table: &'static [(&'static str, i32)]) -> impl Iterator<Item = &'static str> {
    table.iter().map(|(name, _)| *name)
}

fn table(table: &'static [(&'static str, i32)], hint: &str) -> Vec<Candidate> {
    names_of(table).map(|name| Candidate::new(name, hint)).collect()
}

/// Behind a descriptor and a space its events; else a descriptor.
fn poll(place: &Place<'_>, process: Option<&str>, context: &Context) -> Vec<Candidate> {
    let Some((_, inside)) = place.arguments.rsplit_once('[') else { return Vec::new() };
    let item = inside.rsplit(',').next().unwrap_or_default().trim_start();
    match item.split_once(' ') {
        Some(_) => flags(place, names_of(names::EVENTS.get(..2).unwrap_or_default())),
        None => descriptors(process, context),
    }
}

/// An address, or, within `addr(` and `port(`, whose.
fn address(place: &Place<'_>, word: &str, context: &Context) -> Vec<Candidate> {
    let before = place.arguments.strip_suffix(word).unwrap_or(place.arguments);
    let asks = [("addr(", "its address"), ("port(", "its port")];
    for (form, hint) in asks {
        let Some((_, inside)) = before.rsplit_once(form) else { continue };
        if inside.contains(')') {
            return Vec::new();
        }
        let Some(name) = inside.strip_suffix('.') else { return everyone(context, hint) };
        let held = context.processes.iter().find(|(known, _)| known == name);
        let numbers = held.into_iter().flat_map(|(_, fds)| fds).filter(|fd| **fd > 2);
        return numbers.map(|fd| Candidate::new(format!("{fd})"), hint)).collect();
    }
    vec![
        Candidate::new("addr(", "the address of another descriptor: addr(NAME.FD)"),
        Candidate::new("unix:", "a path in the stage's folder: unix:srv; or unix:@name"),
        Candidate::new("127.0.0.1:0", "any free port of this machine; or 127.0.0.1:port(NAME.FD)"),
        Candidate::new("[::1]:0", "the same over IPv6"),
    ]
}

fn everyone(context: &Context, hint: &str) -> Vec<Candidate> {
    let pairs = context.processes.iter().flat_map(|(name, fds)| fds.iter().map(move |fd| (name, *fd)));
    pairs.filter(|(_, fd)| *fd > 2).map(|(name, fd)| Candidate::new(format!("{name}.{fd})"), hint)).collect()
}
