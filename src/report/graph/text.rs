//! Who shares what with whom, for a person at 80 columns.

use super::drawing::{by_process, push_numbers};
use crate::observe::Thing;
use crate::report::HIDDEN;
use crate::report::words::words;
use crate::report::wrap::wrap_into;
use crate::survey::{End, Machine, Picture, QuickMap, Shared};
use crate::world::{Access, Pid};
use std::io::{self, Write};

/// So many processes and more are not told one by one what they are doing.
const FEW: usize = 40;
/// So many bytes are written at a time, and more where one thing has more.
const PAGE: usize = 60 << 10;

/// First the processes and what they are doing, where they are few, then each thing with everyone at its ends.
///
/// # Errors
/// What writing to the output met.
pub fn graph_text(out: &mut impl Write, machine: &Machine, picture: &Picture<'_>) -> io::Result<()> {
    let mut text = Text { machine, page: String::new(), line: String::new() };
    let unread = |pid: &Pid| machine.process(*pid).is_some_and(|p| p.unseen);
    match picture.things.is_empty() {
        true if picture.processes.iter().any(unread) => {
            text.page.push_str("What they share may not be read.\n");
        }
        true => text.page.push_str("Nothing is shared.\n"),
        false => {}
    }
    if picture.processes.len() <= FEW {
        for pid in &picture.processes {
            let words = machine.command(*pid).as_deref().map(words).unwrap_or_default();
            let (name, user, doing) = (machine.name(*pid), machine.user(*pid), machine.doing(*pid));
            text.wrap(&format!("{name}{words} (user {user}): {doing}"), 0);
        }
    }
    let sockets = picture.things.iter().enumerate().filter(|(_, s)| s.socket.is_some());
    let places: QuickMap<Thing, usize> = sockets.map(|(place, s)| (s.thing, place)).collect();
    // Those that were told with the socket that they are connected to.
    let mut told = vec![false; picture.things.len()];
    for (place, shared) in picture.things.iter().enumerate() {
        if told.get(place) == Some(&true) {
            continue;
        }
        let peer = shared.socket.as_ref().and_then(|s| s.peer);
        let other = peer.and_then(|peer| places.get(&peer).copied());
        other.and_then(|place| told.get_mut(place)).into_iter().for_each(|told| *told = true);
        let other = other.and_then(|place| picture.things.get(place));
        text.page.push('\n');
        match peer {
            Some(_) => text.connection(shared, other),
            None => text.thing(shared),
        }
        match shared.more + other.map_or(0, |other| other.more) {
            0 => {}
            more => text.wrap(&format!("and {more} more processes (--format json lists them)"), 2),
        }
        if text.page.len() >= PAGE {
            out.write_all(text.page.as_bytes())?;
            text.page.clear();
        }
    }
    if picture.unseen > 0 {
        let are = if picture.unseen == 1 { "process is" } else { "processes are" };
        let way_out = if nix::unistd::geteuid().is_root() { "" } else { ": sudo shows them" };
        text.page.push('\n');
        text.wrap(&format!("{} {are} not to be read and may hold more ends, unseen{way_out}.", picture.unseen), 0);
    }
    if machine.hides_others() {
        text.page.push('\n');
        text.wrap(HIDDEN, 0);
    }
    out.write_all(text.page.as_bytes())
}

/// What has been made and not yet written. A machine may have tens of thousands of things: their lines are put together in
/// the same memory.
struct Text<'m> {
    machine: &'m Machine,
    page: String,
    line: String,
}

impl Text<'_> {
    fn wrap(&mut self, text: &str, indent: usize) {
        wrap_into(&mut self.page, text, indent);
    }

    fn thing(&mut self, shared: &Shared<'_>) {
        self.wrap(&heading(shared), 0);
        match shared.thing {
            Thing::Pipe(_) | Thing::Fifo(..) | Thing::Queue(..) => {
                let both = |e: &&End| e.access == Access::ReadWrite;
                self.side("write", shared.writers().filter(|e| !both(e)));
                self.side("read", shared.readers().filter(|e| !both(e)));
                self.side("both", shared.ends.iter().filter(both));
            }
            _ => self.side("", shared.ends.iter()),
        }
    }

    fn connection(&mut self, one: &Shared<'_>, other: Option<&Shared<'_>>) {
        let label = other.map_or("?", |o| o.label.as_str());
        let mut addresses =
            [Some(one), other].into_iter().flatten().filter_map(|s| s.socket.as_ref()?.address.as_deref());
        match addresses.next() {
            Some(address) => self.wrap(&format!("{} <-> {label} {address}", one.label), 0),
            None => self.put(&[&one.label, " <-> ", label], 0),
        }
        for shared in [Some(one), other].into_iter().flatten() {
            match shared.ends.is_empty() {
                true => self.page.extend(["  ", &shared.label, ": held by nobody that can be seen\n"]),
                false => self.side(&shared.label, shared.ends.iter()),
            }
        }
    }

    fn put(&mut self, parts: &[&str], indent: usize) {
        self.line.clear();
        self.line.extend(parts.iter().copied());
        wrap_into(&mut self.page, &self.line, indent);
    }

    fn side<'e>(&mut self, name: &str, mut ends: impl Iterator<Item = &'e End>) {
        let Some(first) = ends.next() else { return };
        self.line.clear();
        if !name.is_empty() {
            self.line.push_str(name);
            self.line.push(' ');
        }
        match ends.next() {
            None => self.process(first.pid, &[*first]),
            Some(second) => {
                let all: Vec<End> = [first, second].into_iter().chain(ends).copied().collect();
                for (i, (pid, _, ends)) in by_process(&all).iter().enumerate() {
                    self.line.push_str(if i == 0 { "" } else { "; " });
                    self.process(*pid, ends);
                }
            }
        }
        wrap_into(&mut self.page, &self.line, 2);
    }

    fn process(&mut self, pid: Pid, ends: &[End]) {
        self.line.push_str(&self.machine.name(pid));
        self.line.push(' ');
        push_numbers(&mut self.line, ends);
    }
}

fn heading(shared: &Shared<'_>) -> String {
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

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
