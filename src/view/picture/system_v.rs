//! Draws System V queues and semaphores: what is in the box of one, and the rows of the processes that have used it.
//!
//! No descriptor leads to them. A line comes from a process that was seen to use one, and its arrow shows the way that went: messages
//! in and out, semaphores up and down.

use super::canvas::Canvas;
use super::memory::flow;
use super::table::{Row, What, mark};
use super::text::{first_that_fits, fit, quoted, safe};
use super::{Picture, words};
use crate::view::Glyphs;
use crate::world::{Access, Body, Known, Object, Post, PostQueue, Process, Semaphores, Sleeper, Usage, User, Wants};
use ratatui::style::{Modifier, Style};

/// The rows inside a box.
pub(super) const ROWS: i32 = 3;

/// A process that has used one, as a row of its box.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used<'a> {
    object: &'a Object,
    user: &'a User,
    pub(super) access: Access,
    /// The last step has used it.
    pub(super) changed: bool,
}

/// A row for each that a process was seen to use.
pub(super) fn rows<'a>(picture: &Picture<'a>, process: &Process) -> Vec<Row<'a>> {
    let mut out = Vec::new();
    for (place, object) in picture.world.objects.iter().enumerate() {
        let Some(usage) = object.usage() else { continue };
        let Some(user) = usage.living().find(|user| user.pid == process.pid) else { continue };
        let waits = usage.sleepers.iter().any(|sleeper| sleeper.pid == process.pid);
        let old = picture.before.map(|before| {
            let usage = before.object(&object.id).and_then(Object::usage);
            usage.and_then(|usage| usage.users.iter().find(|old| old.pid == user.pid && !old.ended))
        });
        let changed = old.flatten().is_some_and(|old| old != user);
        let used = Used { object, user, access: access(usage, user), changed };
        out.push(Row {
            first: 0,
            last: 0,
            what: What::Used(used),
            new: old.is_some_and(|old| old.is_none()),
            was: None,
            waits,
            selected: false,
            object: Some(place),
        });
    }
    out
}

/// Which way it went, or is to go where somebody sleeps.
fn access(usage: &Usage, user: &User) -> Access {
    let mut ways = (user.puts + user.sets > 0, user.takes > 0);
    for sleeper in usage.sleepers.iter().filter(|sleeper| sleeper.pid == user.pid) {
        let (puts, takes) = match &sleeper.wants {
            Wants::Message(..) => (false, true),
            Wants::Room(_) => (true, false),
            Wants::Operations(all) => (all.iter().any(|o| o.change > 0), all.iter().any(|o| o.change <= 0)),
        };
        ways = (ways.0 || puts, ways.1 || takes);
    }
    match ways {
        (true, true) => Access::ReadWrite,
        (true, false) => Access::Write,
        (false, true) => Access::Read,
        (false, false) => Access::None,
    }
}

/// Draws such a row: a dot in place of a number, for no descriptor refers to it.
pub(super) fn draw_row(
    canvas: &mut Canvas,
    picture: &Picture,
    row: &Row,
    used: Used,
    at: (i32, i32, i32),
    lined: bool,
) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let (x, y, width) = at;
    let (sign, sign_style) =
        if used.changed && !row.waits { (glyphs.changed, theme.changed) } else { mark(picture, row) };
    canvas.put(x + 1, y, sign, sign_style);
    let from = canvas.put(x + 2, y, &format!("{:>3}", glyphs.dot), theme.hint) + 1;
    let style = match () {
        () if row.waits => theme.danger,
        () if row.new || used.changed => theme.changed,
        () => words::end_style(used.access, theme),
    };
    let text = first_that_fits(&told(used, row.waits, lined, glyphs), x + width - from, glyphs);
    canvas.put(from, y, &text, style);
}

/// What a process has done with it, the longest form first.
fn told(used: Used, waits: bool, lined: bool, glyphs: &Glyphs) -> Vec<String> {
    let [puts, takes] = if used.object.semaphores().is_some() { ["up", "down"] } else { ["sent", "received"] };
    let User { puts: put, takes: taken, sets, .. } = *used.user;
    let short = |word: &str| if word == "received" { "recv".to_owned() } else { word.to_owned() };
    let done = |takes: &str| {
        let parts = [(sets, "set"), (put, puts), (taken, takes)];
        let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{word} {n}")).collect();
        if parts.is_empty() { "has its id".to_owned() } else { parts.join(", ") }
    };
    let (long, brief) = (done(takes), done(&short(takes)));
    let name = safe(used.object.label(), glyphs);
    let mut out = Vec::new();
    if waits {
        let doing = if put + taken + sets == 0 { "waits here".to_owned() } else { format!("{brief} waits here") };
        match lined {
            true => out.extend([doing, "waits here".to_owned()]),
            false => out.extend([format!("{name} {doing}"), format!("{name} waits")]),
        }
        out.push("waits".to_owned());
        return out;
    }
    match lined {
        true => out.extend([long, brief]),
        false => out.extend([format!("{name} {long}"), format!("{name} {brief}"), name]),
    }
    out
}

/// Its name with the key that it is found by, the longest form first.
pub(super) fn names(object: &Object, glyphs: &Glyphs) -> Vec<String> {
    let label = safe(object.label(), glyphs);
    let with = |key: String| format!("{label} {} {key}", glyphs.dot);
    let key = object.key().into_iter();
    let short = |key: String| key.strip_prefix("key ").unwrap_or(&key).to_owned();
    key.flat_map(|key| [with(key.clone()), with(short(key))]).chain([label.clone()]).collect()
}

/// Draws what is in the box of one.
pub(super) fn draw(canvas: &mut Canvas, picture: &Picture, object: &Object, (x, y): (i32, i32), room: i32) {
    let Some(usage) = object.usage() else { return };
    let below = below(usage, object, &picture.glyphs);
    let rows = if below.is_some() { 1 } else { 2 };
    match &object.body {
        Body::PostQueue(queue) => self::queue(canvas, picture, (object, queue), (x, y), room, rows),
        Body::Semaphores(set) => semaphores(canvas, picture, (object, set), (x, y), room, rows + 1),
        _ => {}
    }
    if let Some((choices, waits)) = below {
        let style = if waits { picture.theme.danger } else { picture.theme.warning };
        canvas.put(x, y + 2, &first_that_fits(&choices, room, &picture.glyphs), style);
    }
}

/// Who sleeps at it; else, where nobody is left who has used it, what becomes of it. Whether somebody sleeps.
fn below(usage: &Usage, object: &Object, glyphs: &Glyphs) -> Option<(Vec<String>, bool)> {
    if let [first, more @ ..] = usage.sleepers.as_slice() {
        let who = safe(&first.process, glyphs);
        let more = if more.is_empty() { String::new() } else { format!(" +{}", more.len()) };
        let mark = glyphs.blocked;
        if first.served {
            let choices =
                [format!("{who} gets what it waited for{more}"), format!("{who} is served{more}"), "served".to_owned()];
            return Some((choices.into(), false));
        }
        let (long, short) = wanted(object, first);
        let choices = [
            format!("{mark} {who} waits for {long}{more}"),
            format!("{mark} {who} waits: {short}{more}"),
            format!("{mark} {who}: {short}{more}"),
            format!("{mark} {short}{more}"),
        ];
        return Some((choices.into(), true));
    }
    let call = if object.semaphores().is_some() { "semctl" } else { "msgctl" };
    let texts = match usage.made_by {
        Some(_) => {
            [format!("stays until {call}(IPC_RMID)"), "stays until IPC_RMID".to_owned(), "until IPC_RMID".to_owned()]
        }
        None => ["was there before, and stays".to_owned(), "was there before".to_owned(), "stays".to_owned()],
    };
    usage.is_left().then(|| (texts.into(), false))
}

/// What a sleeper waits for, in long and in short.
fn wanted(object: &Object, sleeper: &Sleeper) -> (String, String) {
    let hinders = match &sleeper.wants {
        Wants::Operations(all) => object.semaphores().and_then(|set| set.hinders(all)),
        _ => None,
    };
    if let Some((operation, _)) = hinders {
        let short = match operation.change {
            0 => format!("{}[=0]", operation.number),
            change => format!("{}[>={}]", operation.number, change.unsigned_abs()),
        };
        return (format!("{} {}", operation.number, operation.condition()), short);
    }
    let short = match &sleeper.wants {
        Wants::Message(0, _) => "any message".to_owned(),
        Wants::Message(kind, true) => format!("type not {kind}"),
        Wants::Message(kind, false) if *kind < 0 => format!("type <= {}", kind.unsigned_abs()),
        Wants::Message(kind, false) => format!("type {kind}"),
        Wants::Room(bytes) => format!("room for {bytes} B"),
        Wants::Operations(_) => "a change".to_owned(),
    };
    (sleeper.wants.message(), short)
}

fn queue(
    canvas: &mut Canvas,
    picture: &Picture,
    (object, queue): (&Object, &PostQueue),
    (x, y): (i32, i32),
    room: i32,
    rows: i32,
) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let full = queue.usage.sleepers.iter().any(|sleeper| matches!(sleeper.wants, Wants::Room(_)) && !sleeper.served);
    let from = if full { canvas.put(x, y, "FULL ", theme.danger) } else { x };
    let changed = picture.bytes_changed(&object.id);
    let style = if changed { theme.changed } else { theme.text };
    canvas.put(from, y, &first_that_fits(&fill(object, queue), room - (from - x), glyphs), style);
    match (&queue.waiting, queue.messages.value()) {
        (_, Some(0)) => {
            canvas.put(x, y + 1, "empty", theme.text);
        }
        (Known::Yes(waiting), _) => {
            let before = picture.before.and_then(|before| before.object(&object.id));
            let old = before.and_then(|o| o.post_queue()?.waiting.value());
            let is_new = |post: &Post| old.is_some_and(|old| !old.contains(post));
            let look = |post| if is_new(post) { theme.changed } else { theme.data };
            let boxed = waiting.iter().map(|post| (one(post, room, glyphs), look(post)));
            flow(canvas, picture, (x, y + 1), room, rows, &boxed.collect::<Vec<_>>());
        }
        (Known::No(why), _) => {
            canvas.put(x, y + 1, &fit(&format!("? {}", safe(why, glyphs)), room, glyphs), theme.hint);
        }
    }
}

/// A message with its type before it.
fn one(post: &Post, room: i32, glyphs: &Glyphs) -> String {
    let cut = (post.head.len() as u64) < post.length;
    format!("{}[{}]", post.kind, quoted(&post.head, cut, (room - 8).max(6), glyphs))
}

/// How full a queue is, the longest form first.
fn fill(object: &Object, queue: &PostQueue) -> Vec<String> {
    let show = |n: Option<&u64>| n.map_or_else(|| "?".to_owned(), u64::to_string);
    let (n, bytes, most) = (show(queue.messages.value()), show(object.bytes.value()), show(object.capacity.value()));
    let word = if n == "1" { "message" } else { "messages" };
    vec![
        format!("{n} {word}, {bytes} of {most} B"),
        format!("{n} {word}, {bytes}/{most} B"),
        format!("{n} {word}, {bytes} B"),
        format!("{n} {word}"),
        n,
    ]
}

fn semaphores(
    canvas: &mut Canvas,
    picture: &Picture,
    (object, set): (&Object, &Semaphores),
    (x, y): (i32, i32),
    room: i32,
    rows: i32,
) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let before = picture.before.and_then(|before| before.object(&object.id));
    let old = before.and_then(|o| o.semaphores()?.values.value());
    match &set.values {
        Known::Yes(values) => {
            let differs = |number: usize, value: u16| {
                old.is_some_and(|old| old.get(number).is_some_and(|was| was.value != value))
            };
            let cell = |(number, value): (usize, u16)| -> (String, Style) {
                let look = if differs(number, value) { theme.changed } else { theme.data };
                (format!("{number}[{value}]"), look.add_modifier(Modifier::BOLD))
            };
            let cells: Vec<_> = values.iter().map(|s| s.value).enumerate().map(cell).collect();
            flow(canvas, picture, (x, y), room, rows, &cells);
        }
        Known::No(why) => {
            canvas.put(x, y, &fit(&format!("? {}", safe(why, glyphs)), room, glyphs), theme.hint);
        }
    }
}

/// Of how many is known that they have used it, for the lower edge.
pub(super) fn edge(usage: &Usage, room: i32, glyphs: &Glyphs) -> String {
    let (all, living) = (usage.users.len() as u64 + usage.more_ended, usage.living().count());
    let choices = match living {
        0 => [format!(" used by {all}, all ended "), format!(" {all} users, ended "), format!(" {all} ended ")],
        n => [format!(" used by {n}, held by none "), format!(" used by {n} "), format!(" {n} users ")],
    };
    first_that_fits(&choices, room, glyphs)
}

/// All of one in a line: first what matters most.
pub(super) fn line(object: &Object, glyphs: &Glyphs) -> String {
    let below = object.usage().and_then(|usage| below(usage, object, glyphs));
    let below = below.and_then(|(texts, _)| texts.into_iter().nth(2));
    let parts: Vec<String> = match &object.body {
        Body::PostQueue(queue) => {
            let posts = queue.waiting.value().into_iter().flatten().map(|post| one(post, 24, glyphs));
            fill(object, queue).into_iter().nth(2).into_iter().chain(below).chain(posts).collect()
        }
        Body::Semaphores(set) => match &set.values {
            Known::Yes(values) => {
                let values = values.iter().enumerate().map(|(number, s)| format!("{number}[{}]", s.value));
                values.chain(below).collect()
            }
            Known::No(_) => std::iter::once("?".to_owned()).chain(below).collect(),
        },
        _ => Vec::new(),
    };
    parts.join(" ")
}

/// The call that a process sleeps in, where it is one on these, the longest form first.
pub(super) fn blocked(process: &Process, picture: &Picture, glyphs: &Glyphs) -> Vec<String> {
    let Some(call) = process.state.blocked_in().map(|blocked| safe(&blocked.call, glyphs)) else { return Vec::new() };
    let Some((object, sleeper)) = picture.world.system_v_sleeper(process) else { return Vec::new() };
    let (name, (_, short)) = (safe(object.label(), glyphs), wanted(object, sleeper));
    let mark = glyphs.blocked;
    vec![format!("{mark} BLOCKED {call}({name}): {short}"), format!("{mark} BLOCKED {call}({name})")]
}
