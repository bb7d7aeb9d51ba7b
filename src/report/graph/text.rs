//! Who shares what with whom, for a person at 80 columns.

use super::drawing::{by_process, numbers};
use crate::observe::Thing;
use crate::report::wrap::wrap;
use crate::survey::{End, Machine, Picture, Shared};
use crate::world::Access;
use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

/// So many processes and more are not told one by one what they are doing.
const FEW: usize = 40;

/// First the processes and what they are doing, where they are few, then each thing with everyone at its ends.
///
/// # Errors
/// What writing to the output met.
pub fn graph_text(out: &mut impl Write, machine: &Machine, picture: &Picture) -> io::Result<()> {
    if picture.things.is_empty() {
        writeln!(out, "Nothing is shared.")?;
    }
    if picture.processes.len() <= FEW {
        for pid in &picture.processes {
            let text = format!("{} (user {}): {}", machine.name(*pid), machine.user(*pid), machine.doing(*pid));
            write!(out, "{}", wrap(&text, 0))?;
        }
    }
    let places: HashMap<Thing, &Shared> = picture.things.iter().map(|s| (s.thing, s)).collect();
    let mut told: HashSet<Thing> = HashSet::new();
    for shared in &picture.things {
        if !told.insert(shared.thing) {
            continue;
        }
        writeln!(out)?;
        match shared.socket.as_ref().and_then(|s| s.peer) {
            Some(peer) => {
                told.insert(peer);
                connection(out, machine, shared, places.get(&peer).copied())?;
            }
            None => thing(out, machine, shared)?,
        }
        let peer = shared.socket.as_ref().and_then(|s| places.get(&s.peer?));
        match shared.more + peer.map_or(0, |peer| peer.more) {
            0 => {}
            more => write!(out, "{}", wrap(&format!("and {more} more processes (--format json lists them)"), 2))?,
        }
    }
    if picture.unseen > 0 {
        let text = format!(
            "{} not to be read and may hold more ends, unseen{}.",
            if picture.unseen == 1 { "1 process is".to_owned() } else { format!("{} processes are", picture.unseen) },
            if nix::unistd::geteuid().is_root() { "" } else { ": sudo shows them" }
        );
        write!(out, "\n{}", wrap(&text, 0))?;
    }
    Ok(())
}

fn thing(out: &mut impl Write, machine: &Machine, shared: &Shared) -> io::Result<()> {
    write!(out, "{}", wrap(&heading(shared), 0))?;
    match shared.thing {
        Thing::Pipe(_) | Thing::Fifo(..) | Thing::Queue(..) => {
            let both = |e: &&End| e.access == Access::ReadWrite;
            side(out, machine, "write", shared.writers().filter(|e| !both(e)))?;
            side(out, machine, "read", shared.readers().filter(|e| !both(e)))?;
            side(out, machine, "both", shared.ends.iter().filter(both))
        }
        _ => side(out, machine, "", shared.ends.iter()),
    }
}

fn connection(out: &mut impl Write, machine: &Machine, one: &Shared, other: Option<&Shared>) -> io::Result<()> {
    let other_label = other.map_or("?", |o| o.label.as_str());
    let addresses: Vec<&str> =
        [Some(one), other].into_iter().flatten().filter_map(|s| s.socket.as_ref()?.address.as_deref()).collect();
    let address = addresses.first().map(|a| format!(" {a}")).unwrap_or_default();
    write!(out, "{}", wrap(&format!("{} <-> {other_label}{address}", one.label), 0))?;
    for shared in [Some(one), other].into_iter().flatten() {
        match shared.ends.is_empty() {
            true => writeln!(out, "  {}: held by nobody that can be seen", shared.label)?,
            false => side(out, machine, &shared.label, shared.ends.iter())?,
        }
    }
    Ok(())
}

fn heading(shared: &Shared) -> String {
    let kind = match shared.thing {
        Thing::Fifo(..) => "FIFO ",
        Thing::Queue(..) => "message queue ",
        Thing::Memory(..) => "shared memory ",
        _ => "",
    };
    let mut text = format!("{kind}{}", plain(&shared.label));
    if let Some(socket) = &shared.socket {
        match socket.listens {
            Some(Some(n)) if n > 0 => text.push_str(&format!(" listens, {n} not accepted")),
            Some(_) => text.push_str(" listens"),
            None => {}
        }
        if let Some(address) = &socket.address {
            text.push_str(&format!(" at {address}"));
        }
        if let Some(apart) = &socket.apart {
            text.push_str(&format!(" ({})", plain(apart)));
        }
    }
    text
}

fn side<'e>(
    out: &mut impl Write,
    machine: &Machine,
    name: &str,
    ends: impl Iterator<Item = &'e End>,
) -> io::Result<()> {
    let ends: Vec<End> = ends.copied().collect();
    if ends.is_empty() {
        return Ok(());
    }
    let one = |(pid, _, ends): &(i32, Access, Vec<End>)| format!("{} {}", machine.name(*pid), numbers(ends));
    let list: Vec<String> = by_process(&ends).iter().map(one).collect();
    let name = if name.is_empty() { String::new() } else { format!("{name:<5} ") };
    write!(out, "{}", wrap(&format!("{name}{}", list.join("; ")), 2))
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
