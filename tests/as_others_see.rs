//! Every lesson, and after each of its steps: what is drawn, against what `ss` and `lsof +E` say of the same processes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;
mod readers {
    pub mod lsof;
    pub mod ss;
}

use common::story;
use pipescope::engine::{Forward, Script, needs};
use pipescope::lesson::{Lesson, Variant, builtin};
use pipescope::world::{Address, Family, Object, ObjectKind, Peer, Socket, SocketState, SocketType, World};
use readers::{lsof, ss};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Instant;

/// How `ss` names a state.
fn state(state: SocketState) -> &'static str {
    match state {
        SocketState::Established => "ESTAB",
        SocketState::Close => "UNCONN",
        SocketState::SynRecv => "SYN-RECV",
        other => other.name(),
    }
}

/// An address as `ss` writes it.
fn address(of: Option<&Address>) -> String {
    match of {
        None => "*".into(),
        Some(Address::Path(path)) => String::from_utf8_lossy(path).into_owned(),
        Some(Address::Abstract(name)) => format!("@{}", String::from_utf8_lossy(name)),
        Some(Address::Inet(at)) if at.port() == 0 && at.is_ipv4() => format!("{}:*", at.ip()),
        Some(Address::Inet(at)) => at.to_string(),
    }
}

/// What differs between a socket as it is drawn and as `ss` has it.
fn against_row(object: &Object, socket: &Socket, row: &ss::Row) -> Option<String> {
    let bytes = object.bytes.value().copied();
    let is = |drawn: Option<u64>, said: u64| drawn.is_none_or(|d| d == said);
    let first = socket.messages.value().map(|m| m.first.first().map_or(0, |m| m.length));
    let waiting = socket.backlog.as_ref().and_then(|b| b.value()).map(|b| (u64::from(b.waiting), u64::from(b.limit)));
    let wrong = |what: &str| Some(format!("{what}: drawn {object:#?}, ss says {row:?}"));
    if state(socket.state) != row.state {
        return wrong("state");
    }
    if let Some(backlog) = waiting {
        return if backlog == (row.received, row.sent) { None } else { wrong("backlog") };
    }
    let queues_agree = match (&object.id.0, socket.family, socket.kind) {
        (_, Family::Unix, SocketType::Datagram) => is(first, row.received),
        (_, Family::Unix, _) => is(bytes, row.received),
        // The end of the other side's bytes takes a place in the order of bytes, which `ss` counts until it was read.
        (_, _, SocketType::Stream) => {
            (is(bytes, row.received) || is(bytes.map(|b| b + 1), row.received))
                && is(socket.unsent.value().copied(), row.sent)
        }
        // In memory, so with what the kernel needs for each.
        _ => socket.messages.value().is_none_or(|m| m.first.is_empty() == (row.received == 0)),
    };
    if !queues_agree {
        return wrong("queues");
    }
    let peer = match socket.peer.value() {
        Some(Peer::Socket(inode)) => *inode,
        _ => 0,
    };
    if socket.family == Family::Unix {
        return if peer == row.peer { None } else { wrong("peer") };
    }
    let none = |text: &str| text.ends_with(":*");
    let (local, remote) = (address(socket.local.as_ref()), address(socket.remote.as_ref()));
    if local != row.local && !(local == "*" && none(&row.local)) {
        return wrong("own address");
    }
    if remote != row.remote && !(remote == "*" && none(&row.remote)) { wrong("other address") } else { None }
}

/// What differs between the sockets that are drawn and those that `ss` lists; how many were held against each other.
fn against_ss(world: &World, compared: &mut usize) -> Result<(), String> {
    // Nobody without a socket is asked about, and each namespace once.
    let is_socket = |o: &&Object| o.kind == ObjectKind::Socket;
    let holders = || world.objects.iter().filter(is_socket).flat_map(|o| &o.holders);
    let ours = world.living().map(|p| p.pid).filter(|pid| holders().any(|h| h.pid == *pid));
    let mut asked = BTreeMap::new();
    for pid in &ours.collect::<BTreeSet<i32>>() {
        let Some(rows) = asked.entry(ss::namespace(*pid)).or_insert_with(|| ss::ask(*pid)) else { continue };
        let sockets = world.objects.iter().filter(|o| o.kind == ObjectKind::Socket);
        let held = sockets.flat_map(|o| o.holders.iter().filter(|h| h.pid == *pid).map(move |h| (o, h.fd)));
        for (object, fd) in held {
            let Some(socket) = object.as_socket() else { continue };
            match rows.get(&object.inode) {
                Some(row) if !row.users.is_empty() && !row.users.contains(&(*pid, fd)) => {
                    return Err(format!("{pid} fd {fd}: drawn, but ss says {row:?}"));
                }
                Some(row) => against_row(object, socket, row).map_or(Ok(()), |w| Err(format!("{pid} fd {fd}: {w}")))?,
                // Without an address, or of TCP without a connection, a socket is in no list that is asked for.
                None if socket.local.as_ref().is_none_or(Address::is_unspecified) => continue,
                None if socket.family != Family::Unix && socket.state == SocketState::Close => continue,
                None => return Err(format!("{pid} fd {fd}: drawn, but ss has it not: {object:#?}")),
            }
            *compared += 1;
        }
        let drawn = |at: &(i32, i32)| world.objects.iter().any(|o| o.holders.iter().any(|h| (h.pid, h.fd) == *at));
        let mut users = rows.values().flat_map(|r| &r.users);
        if let Some(at) = users.find(|at| at.0 == *pid && !drawn(at)) {
            return Err(format!("{at:?}: ss has it, but it is not drawn"));
        }
    }
    Ok(())
}

fn ends<'o>(object: &'o Object, keep: impl Fn(&pipescope::world::Holder) -> bool + 'o) -> BTreeSet<lsof::End> {
    object.holders.iter().filter(|h| keep(h)).map(|h| (h.pid, h.fd)).collect()
}

/// Descriptors at the other end of a socket: of its peer, or of those that wait to be accepted.
fn others(world: &World, object: &Object) -> BTreeSet<lsof::End> {
    let waiting = object.as_socket().map(|s| s.waiting.as_slice()).unwrap_or_default();
    let waits = |o: &&Object| waiting.iter().any(|inode| o.is_socket_with(*inode));
    world.peer(object).into_iter().chain(world.objects.iter().filter(waits)).flat_map(|o| ends(o, |_| true)).collect()
}

/// What differs between what is drawn and what `lsof +E` says of the descriptors and of their other ends.
fn against_lsof(world: &World, compared: &mut usize) -> Result<(), String> {
    let pids: Vec<i32> = world.living().map(|p| p.pid).collect();
    let Some(lines) = lsof::ask(&pids).filter(|_| !pids.is_empty()) else { return Ok(()) };
    for object in world.objects.iter().filter(|o| o.is_channel()) {
        for holder in object.holders.iter().filter(|h| pids.contains(&h.pid)) {
            let at = (holder.pid, holder.fd);
            let Some(line) = lines.get(&at) else { return Err(format!("{at:?}: lsof has it not: {object:#?}")) };
            let wrong = |what: &str| Err(format!("{at:?} {what}: drawn {object:#?}, lsof says {line:?}"));
            if line.inode != object.inode && !ss::is_elsewhere(holder.pid) {
                return wrong("inode");
            }
            let expected = if object.is_pipe() { ends(object, |h| (h.pid, h.fd) != at) } else { others(world, object) };
            let told: BTreeSet<lsof::End> = line.ends.iter().filter(|e| **e != at).copied().collect();
            // Of a pipe the ends of the same kind are left out; of a socket in another namespace, all of them.
            let enough =
                if object.is_pipe() { !expected.is_empty() && told.is_subset(&expected) } else { told == expected };
            let says = !line.ends.is_empty();
            if says && !enough {
                return wrong("other ends");
            }
            *compared += usize::from(says);
        }
    }
    Ok(())
}

fn agreed(world: &World, by_ss: &mut usize, by_lsof: &mut usize) -> Result<(), String> {
    against_ss(world, by_ss).and_then(|()| against_lsof(world, by_lsof))
}

/// Play to the end; how many sockets and how many ends were held against the other readers.
fn play(what: &str, script: Script) -> (usize, usize) {
    let (mut by_ss, mut by_lsof) = (0, 0);
    if script.missing().is_some() {
        return (0, 0);
    }
    let mut session = story::session(script);
    loop {
        let next = session.next().map(ToString::to_string).unwrap_or_default();
        match session.forward() {
            Ok(Forward::Stepped) => {}
            Ok(_) => return (by_ss, by_lsof),
            Err(error) => panic!("{what}, step {} {next}: {error}", session.progress() + 1),
        }
        // Programs of their own (python3, what exec brought) go on meanwhile, and so may the network.
        let end = Instant::now() + common::LIMIT;
        while let Err(why) = agreed(&session.moment().world, &mut by_ss, &mut by_lsof) {
            assert!(Instant::now() < end, "{what}, after {next}: {why}");
            session.notice();
        }
    }
}

/// The stories of a lesson that can be played here.
fn stories(lesson: &Lesson) -> Vec<(String, Script)> {
    let own = std::iter::once((lesson.slug.clone(), None));
    let variants = lesson.variants.iter().map(|v| (format!("{} {}", lesson.slug, v.slug), Some(v)));
    let lacks = needs::lacks(lesson).is_some() || (lesson.slug == "message-queue" && !common::has_queues());
    let can = |v: Option<&Variant>| !lacks || v.is_some_and(|v| lesson.without_network.as_ref() == Some(&v.slug));
    own.chain(variants).filter(|(_, v)| can(*v)).map(|(name, v)| (name, Script::of_lesson(lesson, v))).collect()
}

/// Play these lessons with their variants; how many sockets and ends were held against the other readers.
fn course(which: impl Fn(&&Lesson) -> bool) -> (usize, usize) {
    let (mut by_ss, mut by_lsof) = (0, 0);
    for (name, script) in builtin().iter().filter(which).flat_map(stories) {
        let (a, b) = play(&name, script);
        (by_ss, by_lsof) = (by_ss + a, by_lsof + b);
    }
    eprintln!("{by_ss} sockets as ss has them, {by_lsof} ends as lsof has them");
    (by_ss, by_lsof)
}

fn there_is(program: &str) -> bool {
    let found = Command::new(program).arg("-v").output().is_ok();
    if !found {
        eprintln!("skipped: there is no {program} here");
    }
    found
}

#[test]
fn the_lessons_of_pipes_are_drawn_as_lsof_has_them() {
    let (_, ends) = course(|lesson| lesson.number < Some(20));
    assert!(ends > 500 || !there_is("lsof"), "{ends}");
}

#[test]
fn the_lessons_of_sockets_are_drawn_as_ss_and_lsof_have_them() {
    let (sockets, ends) = course(|lesson| lesson.number >= Some(20));
    assert!(ends > 200 || !there_is("lsof"), "{ends}");
    assert!(sockets > 200 || !there_is("ss"), "{sockets}");
}
