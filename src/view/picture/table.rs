//! The rows of a process's descriptor table, and how one is drawn.

use super::canvas::Canvas;
use super::memory_rows::{draw_mapping, mappings};
use super::system_v::{self, Used};
use super::text::{columns, first_that_fits, fit, safe};
use super::thread_rows::{self, Thread};
use super::{Picture, words};
use crate::world::{Access, Buffered, Change, Fd, FdNumber, Known, Mapping, Object, Process, Target, in_runs};
use ratatui::style::{Modifier, Style};

/// What a row says.
#[derive(Debug, Clone)]
pub(super) enum What<'a> {
    /// A descriptor.
    Open(&'a Fd),
    /// A descriptor that the last step closed, as it was.
    Closed(&'a Fd),
    /// Numbers that are free below one that is taken.
    Free,
    /// A remark in place of descriptors.
    Note(String),
    /// The descriptors that a traced program began with and has not used so far.
    Inherited(Vec<FdNumber>),
    /// Memory that is mapped.
    Map(&'a Mapping),
    /// A System V queue or semaphores that it was seen to use.
    Used(Used<'a>),
    /// A mapping that the last step gave up, as it was.
    Unmapped(&'a Mapping),
    /// The threads that have no row, in words, the longest form first.
    More(Vec<String>),
    /// A thread of several; whether it is there since the last step.
    Thread(Thread<'a>, bool),
    /// Below is what lies in the process's own memory.
    OwnMemory,
    /// What printf has kept there.
    Stdout(&'a Known<Buffered>),
}

/// One row of a table: a descriptor, or several that are alike.
#[derive(Debug, Clone)]
pub(super) struct Row<'a> {
    pub(super) first: FdNumber,
    pub(super) last: FdNumber,
    pub(super) what: What<'a>,
    /// The last step made it.
    pub(super) new: bool,
    /// What it was before the last step changed it.
    pub(super) was: Option<&'a Fd>,
    /// Its process is blocked on it, or a thread of that is.
    pub(super) waits: bool,
    pub(super) selected: bool,
    /// The place in the world of what it refers to, found once: there may be tens of thousands.
    pub(super) object: Option<usize>,
}

impl<'a> Row<'a> {
    /// One that nothing is known of but what it says.
    pub(super) fn of(what: What<'a>) -> Row<'a> {
        Row { first: 0, last: 0, what, new: false, was: None, waits: false, selected: false, object: None }
    }
}

impl Row<'_> {
    /// The access of the open descriptor and the place of its object in the world, where it refers to one.
    pub(super) fn refers(&self) -> Option<(usize, Access)> {
        let access = match self.what {
            What::Open(fd) => fd.access,
            What::Map(mapping) if mapping.shared => mapping.access,
            What::Used(used) => used.access,
            _ => return None,
        };
        Some((self.object?, access))
    }

    fn find(&mut self, picture: &Picture, process: &Process) {
        let id = match self.what {
            What::Open(fd) => fd.target.object(),
            What::Map(mapping) => mapping.object.as_ref(),
            _ => None,
        };
        let Some(id) = id else { return };
        let all = || picture.world.objects.iter();
        // Pids are compared sooner than names.
        let held = all().position(|o| o.holders.iter().any(|h| h.pid == process.pid) && o.id == *id);
        self.object = held.or_else(|| all().position(|o| o.id == *id));
    }

    /// It is a System V object that the process was seen to use.
    pub(super) fn is_used(&self) -> bool {
        matches!(self.what, What::Used(_))
    }

    /// It is a descriptor, or several.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.what, What::Open(_))
    }

    /// The last step made, changed or closed it.
    pub(super) fn is_changed(&self) -> bool {
        let used = matches!(self.what, What::Used(used) if used.changed);
        self.new || self.was.is_some() || used || matches!(self.what, What::Closed(_) | What::Unmapped(_))
    }

    fn is_plain_terminal(&self) -> bool {
        let plain = |fd: &Fd| fd.target == Target::Terminal && !fd.cloexec && !fd.nonblock;
        let (What::Open(fd) | What::Closed(fd)) = self.what else { return false };
        plain(fd) && !self.new && self.was.is_none() && !self.waits && !self.selected
    }

    fn joins(&self, next: &Row) -> bool {
        let alike =
            matches!((&self.what, &next.what), (What::Open(_), What::Open(_)) | (What::Closed(_), What::Closed(_)));
        alike && self.last + 1 == next.first && self.is_plain_terminal() && next.is_plain_terminal()
    }
}

/// The rows of `process`, by number.
pub(super) fn rows<'a>(picture: &Picture<'a>, process: &'a Process) -> Vec<Row<'a>> {
    let changes = picture.changes_of(process);
    let threads = thread_rows::threads(picture, process);
    let waits_on = thread_rows::waits_on(process, &threads);
    let selected = picture.selection.fd.filter(|_| picture.is_selected(process));
    let row = |number, what| Row { first: number, last: number, ..Row::of(what) };
    let mut all: Vec<Row<'a>> = process.fds.iter().map(|fd| row(fd.number, What::Open(fd))).collect();
    for change in &changes {
        match change {
            Change::Closed(_, fd) if process.fd(fd.number).is_none() => all.push(row(fd.number, What::Closed(fd))),
            Change::Opened(_, number) => all.iter_mut().filter(|r| r.first == *number).for_each(|r| r.new = true),
            Change::Replaced(_, fd) => all.iter_mut().filter(|r| r.first == fd.number).for_each(|r| r.was = Some(fd)),
            _ => {}
        }
    }
    all.sort_by_key(|r| r.first);
    for r in all.iter_mut().filter(|r| matches!(r.what, What::Open(_))) {
        r.waits = waits_on.contains(&r.first);
    }
    for r in &mut all {
        r.selected = selected == Some(r.first);
        r.find(picture, process);
    }
    let is_inherited = |row: &Row<'_>| {
        let object = row.object.and_then(|place| picture.world.objects.get(place));
        object.is_some_and(Object::is_inherited)
    };
    let mut out: Vec<Row<'a>> = Vec::with_capacity(all.len() + 1);
    let (mut free, mut gaps, mut inherited) = (0, Vec::new(), Vec::new());
    for next in all {
        if next.first > free && free > 0 {
            gaps.push(Row { last: next.first - 1, ..row(free, What::Free) });
        }
        free = next.first.saturating_add(1);
        match (&next.what, out.last_mut()) {
            (What::Open(fd), _) if is_inherited(&next) && !next.is_changed() && !next.waits && !next.selected => {
                inherited.push(fd.number);
            }
            (_, Some(last)) if last.joins(&next) => last.last = next.last,
            _ => {
                out.append(&mut gaps);
                out.push(next);
            }
        }
    }
    if !inherited.is_empty() {
        out.insert(0, row(0, What::Inherited(inherited)));
    }
    match &process.fds_unreadable {
        Some(why) => out.push(row(0, What::Note(format!("? table: {}", safe(why, &picture.glyphs))))),
        None if out.is_empty() => {
            let nothing = if picture.only_shared { "shares nothing" } else { "no descriptors" };
            out.push(row(0, What::Note(nothing.to_owned())));
        }
        None => {}
    }
    out.extend(thread_rows::rows(picture, process, threads));
    out.extend(mappings(picture, process, &changes).into_iter().map(|mut row| {
        row.find(picture, process);
        row
    }));
    if process.state.is_alive() {
        out.extend(system_v::rows(picture, process));
    }
    if let Some(kept) = &process.stdout {
        let new = changes.iter().any(|c| matches!(c, Change::Printed(_)));
        out.push(row(0, What::OwnMemory));
        out.push(Row { new, ..row(0, What::Stdout(kept)) });
    }
    out
}

/// Draws `row` into `width` columns from (x, y) on; `lined` says that a line leads from it to what it refers to.
pub(super) fn draw(canvas: &mut Canvas, picture: &Picture, row: &Row, (x, y): (i32, i32), width: i32, lined: bool) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    if let What::Note(note) = &row.what {
        canvas.put(x + 1, y, &fit(note, width - 2, glyphs), theme.hint);
        return;
    }
    if let What::More(texts) = &row.what {
        canvas.put(x + 1, y, &first_that_fits(texts, width - 2, glyphs), theme.hint);
        return;
    }
    if let What::Thread(thread, fresh) = &row.what {
        thread_rows::draw(canvas, picture, row, (thread, *fresh), (x, y, width));
        return;
    }
    if let What::Inherited(numbers) = &row.what {
        let numbers = in_runs(numbers);
        let texts = [format!("inherited: {numbers}"), format!("given {numbers}")];
        canvas.put(x + 2, y, &first_that_fits(&texts, width - 3, glyphs), theme.text);
        return;
    }
    if let What::OwnMemory = row.what {
        let text = first_that_fits(&words::own_memory(), width - 2, glyphs);
        canvas.put(x + 1, y, &text, theme.hint);
        return;
    }
    if let What::Map(mapping) | What::Unmapped(mapping) = row.what {
        draw_mapping(canvas, picture, row, mapping, (x, y, width), lined);
        return;
    }
    if let What::Used(used) = row.what {
        return system_v::draw_row(canvas, picture, row, used, (x, y, width), lined);
    }
    if let What::Stdout(kept) = row.what {
        let style = if row.new { theme.changed } else { theme.text };
        let mark = if row.new { glyphs.changed } else { " " };
        canvas.put(x + 1, y, mark, style);
        canvas.put(x + 3, y, &first_that_fits(&words::stdout(kept, glyphs), width - 4, glyphs), style);
        return;
    }
    if row.selected {
        canvas.put(x, y, glyphs.selected, theme.selected);
    }
    let (mark, mark_style) = mark(picture, row);
    canvas.put(x + 1, y, mark, mark_style);
    let number = if row.first == row.last {
        format!("{:>3}", row.first)
    } else {
        format!("{:>3}", format!("{}-{}", row.first, row.last))
    };
    let number_style = match row.what {
        What::Free => theme.hint,
        What::Closed(_) => theme.closed,
        _ if row.new || row.was.is_some() => theme.changed,
        _ if row.waits => theme.danger,
        _ => theme.text.add_modifier(Modifier::BOLD),
    };
    let from = canvas.put(x + 2, y, &fit(&number, width - 2, glyphs), number_style) + 1;
    let mut at = from;
    for (text, style) in parts(picture, row, x + width - from, lined) {
        if at > from {
            at += 1;
        }
        at = canvas.put(at, y, &text, style);
    }
    if row.selected {
        canvas.tint(x, y, width, theme.selected);
    }
}

pub(super) fn mark(picture: &Picture, row: &Row) -> (&'static str, Style) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    match row.what {
        What::Closed(_) => (glyphs.closed, theme.text),
        _ if row.waits => (glyphs.blocked, theme.danger),
        _ if row.new => (glyphs.new, theme.changed),
        _ if row.was.is_some() => (glyphs.changed, theme.changed),
        _ => (" ", theme.text),
    }
}

/// The words of a row, each with its look, as many as `room` columns hold; the gravest first.
fn parts(picture: &Picture, row: &Row, room: i32, lined: bool) -> Vec<(String, Style)> {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let fd = match &row.what {
        What::Free => return vec![("free".to_owned(), theme.hint)],
        What::Closed(fd) => {
            let plain = theme.closed.remove_modifier(Modifier::CROSSED_OUT);
            let name = fit(&target(picture, fd, room - 7, true), room - 7, glyphs);
            return vec![(name, theme.closed), ("closed".to_owned(), plain)];
        }
        What::Open(fd) => *fd,
        _ => return Vec::new(),
    };
    let style = match fd.target {
        Target::Object(_) => words::end_style(fd.access, theme),
        _ => theme.text,
    };
    let style = if row.waits { style.add_modifier(Modifier::BOLD) } else { style };
    let flags = flags(fd, false);
    let main =
        target(picture, fd, room - if flags.is_empty() { 0 } else { columns(&self::flags(fd, true)) + 1 }, lined);
    let mut left = room - columns(&main);
    let mut out = vec![(main, style)];
    let mut add = |choices: &[String], style: Style| {
        if let Some(choice) = choices.iter().find(|c| columns(c) < left) {
            left -= columns(choice) + 1;
            out.push((choice.clone(), style));
        }
    };
    if !flags.is_empty() {
        add(&[flags, self::flags(fd, true)], theme.text);
    }
    if row.waits {
        add(&["waits here".to_owned(), "waits".to_owned()], theme.danger);
    }
    if let Some(was) = row.was.filter(|was| was.target != fd.target) {
        let name = |fd: &Fd| match &fd.target {
            Target::Terminal => "terminal".to_owned(),
            _ => target(picture, fd, room, true),
        };
        add(&[format!("was {}", name(was))], theme.hint);
    }
    out
}

/// What `fd` refers to, in words, in `room` columns; the object's name too, unless a line leads to it.
fn target(picture: &Picture, fd: &Fd, room: i32, lined: bool) -> String {
    let glyphs = &picture.glyphs;
    let arrow = words::arrow(fd.access, glyphs);
    match &fd.target {
        Target::Terminal => "terminal".to_owned(),
        Target::Other(link) => {
            let (link, short) = (safe(link, glyphs), safe(link.rsplit('/').next().unwrap_or(link), glyphs));
            let end = words::end_letter(fd.access);
            first_that_fits(&[format!("{link} {end}"), format!("{short} {end}"), short], room, glyphs)
        }
        Target::Object(id) => {
            let object = picture.world.object(id);
            // Its object may be gone; its name still says what it was. A path was a FIFO or an ordinary file, which has no ends.
            let path = object.is_none() && id.0.starts_with('/');
            let end = match object {
                _ if id.0.starts_with("socket:[") => "socket",
                _ if path => words::way(fd.access),
                object => words::end(fd.access, object),
            };
            if lined && !path && object.is_none_or(|o| o.is_shared_by_kind()) {
                return fit(end, room, glyphs);
            }
            let last = id.0.rsplit('/').next().filter(|_| path).unwrap_or(&id.0);
            let name = safe(object.map_or(last, |o| o.label()), glyphs);
            let word = end.split(' ').next().unwrap_or(end);
            let short = words::end_letter(fd.access);
            if path {
                let choices = [format!("{end} {arrow} {name}"), end.to_owned(), short.to_owned()];
                return first_that_fits(&choices, room, glyphs);
            }
            let choices = [
                format!("{end} {arrow} {name}"),
                format!("{word} {arrow} {name}"),
                format!("{short} {arrow} {name}"),
                format!("{short}{arrow}{name}"),
            ];
            first_that_fits(&choices, room, glyphs)
        }
    }
}

/// The flags that are set: words, or two letters each.
fn flags(fd: &Fd, short: bool) -> String {
    match (fd.cloexec, fd.nonblock, short) {
        (false, false, _) => "",
        (true, false, false) => "cloexec",
        (false, true, false) => "nonblock",
        (true, true, false) => "cloexec nonblock",
        (true, false, true) => "cx",
        (false, true, true) => "nb",
        (true, true, true) => "cx nb",
    }
    .to_owned()
}
