//! What folds to a line: processes out of focus, pipes that are not drawn, and the whole picture where it is narrow.

use super::canvas::Canvas;
use super::layout::Plan;
use super::table::Row;
use super::text::{columns, first_that_fits, fit, safe};
use super::{Picture, boxes, machines as side_by_side, pipes, sockets, table, words};
use crate::explain::machines;
use crate::world::{Body, Change, Holder, Machine, Membership, Object, ObjectKind, Process};
use ratatui::style::{Modifier, Style};

/// One line.
#[derive(Debug)]
pub(super) enum Line<'a> {
    /// A process with its state and what it holds.
    Process(&'a Process),
    /// Processes that have ended and are waited for, which nothing is to be told of now.
    Ended(Vec<&'a Process>),
    /// A process with its state, above its table.
    Heading(&'a Process),
    /// A row of a table.
    Row(Row<'a>),
    /// An object with its bytes and holders.
    Object(&'a Object),
    /// A pipe with the bytes that wait in it (narrow form).
    Bytes(&'a Object),
    /// Who holds each end of a pipe, below its bytes (narrow form).
    Ends(&'a Object),
    /// A holder of the pipe above that does not belong to the stage (narrow form).
    Outside(&'a Holder),
    /// A network namespace with its links, by its place in the world.
    Machine(usize, &'a Machine),
    /// A row of the two machines that are drawn side by side, from 0.
    Machines(i32),
    /// A multicast group with the sockets that have joined it.
    Group(&'a Membership, Vec<&'a Object>),
    /// An object that nobody refers to any more.
    Vanished(&'a Object),
}

impl Line<'_> {
    /// The last step changed what it tells of.
    pub(super) fn is_changed(&self, picture: &Picture) -> bool {
        match self {
            Line::Process(process) => !picture.changes_of(process).is_empty(),
            // Of its threads its rows tell.
            Line::Heading(process) => picture.changes_of(process).iter().any(|c| !matches!(c, Change::Thread(..))),
            Line::Ended(_) => false,
            Line::Row(row) => row.is_changed(),
            Line::Object(object) | Line::Bytes(object) => {
                picture.bytes_changed(&object.id) || picture.body_changed(&object.id) || picture.is_new(&object.id)
            }
            Line::Vanished(_) => true,
            Line::Machine(_, machine) => picture.changes.contains(&Change::Machine(machine.network)),
            Line::Machines(_) => picture.changes.iter().any(|c| matches!(c, Change::Machine(_))),
            Line::Group(_, members) => members.iter().any(|member| picture.socket_changed(&member.id)),
            Line::Ends(_) | Line::Outside(_) => false,
        }
    }
}

/// Draws a line into the plan's width.
pub(super) fn draw(canvas: &mut Canvas, picture: &Picture, plan: &Plan, y: i32, line: &Line) {
    if !canvas.shows(y, y + 1) {
        return;
    }
    let (x, end) = (plan.left, plan.left + plan.width);
    match line {
        Line::Process(process) => {
            let from = name_and_state(canvas, picture, process, (x, y), end);
            let parts = holdings(picture, process);
            flow(canvas, picture, (from + 2, y), end, &parts);
        }
        Line::Ended(processes) => {
            let theme = picture.theme;
            let from = canvas.put(x + 2, y, &format!("{} have ended:", processes.len()), theme.text) + 1;
            let names = processes.iter().map(|p| (safe(&p.name, &picture.glyphs), theme.hint));
            flow(canvas, picture, (from, y), end, &names.collect::<Vec<_>>());
        }
        Line::Heading(process) => {
            name_and_state(canvas, picture, process, (x, y), end);
        }
        Line::Row(row) => table::draw(canvas, picture, row, (x + 1, y), plan.width - 1, false),
        Line::Object(object) => {
            let mut from = name(canvas, picture, object, (x, y), end);
            if object.is_pipe() {
                from = pipes::count(canvas, picture, object, (from, y), end - from) + 2;
            } else if let Some(socket) = object.as_socket() {
                let room = (end - from).min(34);
                let text = first_that_fits(&sockets::state(socket), room, &picture.glyphs);
                from = canvas.put(from, y, &text, picture.theme.text) + 2;
            }
            if object.body != Body::Plain {
                let what =
                    fit(&safe(&words::body(object, &picture.glyphs), &picture.glyphs), end - from, &picture.glyphs);
                from = canvas.put(from, y, &what, picture.theme.text) + 2;
            }
            if !object.holders.is_empty() {
                holders(canvas, picture, object, (from, y), end);
            }
        }
        Line::Ends(object) => holders(canvas, picture, object, (x + 2, y), end),
        Line::Outside(holder) => pipes::outsider(canvas, picture, holder, (x + 2, y), plan.width - 2),
        Line::Bytes(object) => {
            let from = name(canvas, picture, object, (x, y), end);
            if object.kind == ObjectKind::Socket {
                let text = object.as_socket().map(sockets::state).unwrap_or_default();
                let text = first_that_fits(&text, end - from, &picture.glyphs);
                let from = canvas.put(from, y, &text, picture.theme.text) + 2;
                sockets::queue(canvas, picture, object, (from, y), end - from);
                return;
            }
            let from = pipes::count(canvas, picture, object, (from, y), end - from) + 2;
            pipes::contents(canvas, picture, object, (from, y), end - from);
        }
        Line::Machine(index, machine) => self::machine(canvas, picture, (*index, machine), (x, y), end),
        // The first of its rows that is in the window draws all of it.
        Line::Machines(row) if *row == 0 || !canvas.shows(y - 1, y) => {
            side_by_side::draw(canvas, picture, (x, y - row), plan.width);
        }
        Line::Machines(_) => {}
        Line::Group(group, members) => {
            let text = format!("group {} on {}", group.group, safe(&group.interface, &picture.glyphs));
            let text = fit(&text, end - x - 2, &picture.glyphs);
            let from = canvas.put(x + 2, y, &text, picture.theme.title) + 2;
            let names = members.iter().flat_map(|o| &o.holders);
            let names = names.map(|h| (format!("{}.{}", safe(&h.process, &picture.glyphs), h.fd), picture.theme.text));
            let parts: Vec<Part> = std::iter::once(("joined by".to_owned(), picture.theme.text)).chain(names).collect();
            flow(canvas, picture, (from, y), end, &parts);
        }
        Line::Vanished(object) => {
            let theme = picture.theme;
            let from = canvas.put(x, y, picture.glyphs.closed, theme.text) + 1;
            let name = fit(&words::object_name(object, &picture.glyphs), end - from, &picture.glyphs);
            let from = canvas.put(from, y, &name, theme.closed) + 1;
            let plain = theme.closed.remove_modifier(Modifier::CROSSED_OUT);
            // What has a name of its own stays, and others may have it: it is gone from here.
            let choices = match object.kind {
                ObjectKind::Pipe | ObjectKind::Socket => ["gone: nobody refers to it any more", "gone"],
                kind if kind.is_system_v() => ["removed, with all that was in it", "removed"],
                _ => ["nobody here has it open any more", "closed"],
            };
            let choices = choices.map(str::to_owned);
            canvas.put(from, y, &first_that_fits(&choices, end - from, &picture.glyphs), plain);
        }
    }
}

fn name_and_state(canvas: &mut Canvas, picture: &Picture, process: &Process, (x, y): (i32, i32), end: i32) -> i32 {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let selected = picture.is_selected(process);
    if selected {
        canvas.put(x, y, glyphs.selected, theme.selected);
    }
    let state = words::state(process, picture, glyphs);
    let shortest = state.last().map_or(0, |s| columns(s));
    let name = first_that_fits(&boxes::heading(process, glyphs), end - x - shortest - 4, glyphs);
    let style =
        if selected && picture.selection.is_of_whole() { theme.title.patch(theme.selected) } else { theme.title };
    let from = canvas.put(x + 2, y, &name, style) + 2;
    boxes::draw_state(canvas, picture, process, (from, y), end - from)
}

type Part = (String, Style);

/// What a process holds: the ends by number, before the name of each object.
fn holdings(picture: &Picture, process: &Process) -> Vec<Part> {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let mut out = Vec::new();
    // A whole machine has tens of thousands of objects, each with few holders.
    let is_held = |o: &&Object| o.holders.iter().any(|h| h.pid == process.pid);
    for object in picture.world.objects.iter().filter(is_held).filter(|o| !o.is_inherited()) {
        let mut held = false;
        for fd in process.fds.iter().filter(|fd| fd.target.object() == Some(&object.id)) {
            held = true;
            let text = format!("{}{}", words::end_letter(fd.access), fd.number);
            out.push((text, words::end_style(fd.access, theme)));
        }
        if held {
            out.push((format!("{} ", safe(object.label(), glyphs)), theme.text));
        }
    }
    let used =
        picture.world.objects.iter().filter(|o| o.usage().is_some_and(|u| u.living().any(|u| u.pid == process.pid)));
    out.extend(used.map(|object| (format!("{} {}", glyphs.dot, safe(object.label(), glyphs)), theme.text)));
    if let Some(why) = &process.fds_unreadable {
        out.push((format!("? table: {}", safe(why, glyphs)), theme.hint));
    }
    out
}

/// Whose it is, and its links.
fn machine(canvas: &mut Canvas, picture: &Picture, (index, machine): (usize, &Machine), (x, y): (i32, i32), end: i32) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let changed = picture.changes.contains(&Change::Machine(machine.network));
    let style = if changed { theme.changed } else { theme.text };
    if changed {
        canvas.put(x, y, glyphs.changed, theme.changed);
    }
    let name = safe(&machines::name(picture.world, machine), glyphs);
    let from = canvas.put(x + 2, y, &fit(&name, end - x - 2, glyphs), theme.title) + 2;
    match machines::links(picture.world, index) {
        Ok(links) => {
            let links = links.iter().map(|link| safe(link, glyphs)).collect();
            let shown = links_that_fit(links, end - from);
            let parts: Vec<Part> = shown.iter().map(|link| (format!("{link} "), style)).collect();
            flow(canvas, picture, (from, y), end, &parts);
        }
        Err(why) => {
            canvas.put(from, y, &fit(&safe(&why, glyphs), end - from, glyphs), theme.hint);
        }
    }
}

/// All of each link where there is room; else `lo` without its addresses, which are the same everywhere; else no `lo`: it is the
/// cable that differs, and the long form has both; at last not whereto the cable leads.
fn links_that_fit(links: Vec<String>, room: i32) -> Vec<String> {
    let fits = |links: &[String]| links.iter().map(|link| columns(link) + 2).sum::<i32>() - 2 <= room;
    if fits(&links) {
        return links;
    }
    let loopback = |link: &str| link.starts_with("lo ");
    let brief =
        |link: String| if loopback(&link) { link.split(' ').take(2).collect::<Vec<_>>().join(" ") } else { link };
    let mut links: Vec<String> = links.into_iter().map(brief).collect();
    if !fits(&links) && links.len() > 1 {
        links.retain(|link| !loopback(link));
    }
    if !fits(&links) {
        let short = |link: String| link.split_once(" to ").map(|(link, _)| link.to_owned()).unwrap_or(link);
        links = links.into_iter().map(short).collect();
    }
    links
}

/// The name of an object; answers the column for what follows it.
fn name(canvas: &mut Canvas, picture: &Picture, object: &Object, (x, y): (i32, i32), end: i32) -> i32 {
    if picture.is_new(&object.id) {
        canvas.put(x, y, picture.glyphs.new, picture.theme.changed);
    }
    // What is in it says more than the key.
    let name = match object.kind.is_system_v() {
        true => safe(object.label(), &picture.glyphs),
        false => words::object_name(object, &picture.glyphs),
    };
    let name = fit(&name, end - x - 2, &picture.glyphs);
    canvas.put(x + 2, y, &name, picture.theme.title) + 2
}

/// Who holds each end: by name, as far as there is room, else how many.
fn holders(canvas: &mut Canvas, picture: &Picture, object: &Object, (x, y): (i32, i32), end: i32) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let named = |h: &Holder| {
        let who = safe(&h.process, glyphs);
        let pid = format!("[{}]", h.pid);
        // Running processes that are watched have it in their names.
        let pid = if h.outside && !who.ends_with(&pid) { pid } else { String::new() };
        format!("{who}{pid}.{}", h.fd)
    };
    if object.kind == ObjectKind::Socket {
        let names = std::iter::once(("held by".to_owned(), theme.text));
        let parts: Vec<Part> = names.chain(object.holders.iter().map(|h| (named(h), theme.text))).collect();
        flow(canvas, picture, (x, y), end, &parts);
        return;
    }
    let ends = [
        ("readers", theme.read_end, theme.warning, object.readers().map(named).collect::<Vec<_>>()),
        ("writers", theme.write_end, theme.eof, object.writers().map(named).collect::<Vec<_>>()),
    ];
    let mut parts = Vec::new();
    // All names; else the writers' only, for they withhold the end of file; else the numbers alone.
    for (readers_named, writers_named) in [(true, true), (false, true), (false, false)] {
        parts.clear();
        for ((word, style, none, holders), named) in ends.iter().zip([readers_named, writers_named]) {
            let style = if holders.is_empty() { none } else { style };
            parts.push((format!("{word} {}", holders.len()), style.add_modifier(Modifier::BOLD)));
            if named {
                parts.extend(holders.iter().map(|h| (h.clone(), *style)));
            }
            if let Some(last) = parts.last_mut() {
                last.0.push(' ');
            }
        }
        if parts.iter().map(|(text, _)| columns(text) + 1).sum::<i32>() - 2 <= end - x {
            break;
        }
    }
    if parts.iter().map(|(text, _)| columns(text) + 1).sum::<i32>() - 2 <= end - x {
        flow(canvas, picture, (x, y), end, &parts);
    } else {
        pipes::ends(canvas, picture, object, (x, y), end - x);
    }
}

/// Draws `parts` one after the other; where they do not all fit, says how many are left out.
fn flow(canvas: &mut Canvas, picture: &Picture, (mut x, y): (i32, i32), end: i32, parts: &[Part]) {
    for (i, (text, style)) in parts.iter().enumerate() {
        let rest = parts.len() - i;
        let more = format!("+{rest} more");
        let tail = if rest > 1 { columns(&more) + 1 } else { 0 };
        if x + columns(text.trim_end()) + tail > end {
            canvas.put(x, y, &fit(&more, end - x, &picture.glyphs), picture.theme.hint);
            return;
        }
        x = canvas.put(x, y, text, *style) + 1;
    }
}
