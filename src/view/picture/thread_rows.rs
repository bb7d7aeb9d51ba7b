//! The rows of a process's box for its threads, where it has several: which are held at their next calls, and which sleep.

use super::canvas::Canvas;
use super::table::{Row, What};
use super::text::{first_that_fits, safe};
use super::{Picture, words};
use crate::notation::Call;
use crate::world::{BlockedIn, Change, FdNumber, Pid, Process};
use ratatui::style::Modifier;

/// So many threads of a process are told of one by one, and where there are more, so many of those that are held.
const THREADS: usize = 5;
const HELD: usize = 3;

/// A thread, and what it does.
#[derive(Debug, Clone)]
pub(super) struct Thread<'a> {
    pub(super) tid: Pid,
    does: Does<'a>,
}

/// What a thread does.
#[derive(Debug, Clone)]
enum Does<'a> {
    /// It is held before this call; so many others go before it.
    Next(&'a Call, usize),
    Sleeps(&'a BlockedIn),
    Runs,
}

/// The threads of a process by their ids, with what each does now. None where it has one alone.
pub(super) fn threads<'a>(picture: &Picture<'a>, process: &'a Process) -> Vec<Thread<'a>> {
    let since = || picture.since.unwrap_or_default().iter().filter(|since| since.pid == process.pid);
    let before = process.threads.iter().filter(|t| !since().any(|since| since.tid == t.tid));
    let mut all: Vec<Thread<'a>> = before
        .chain(since().filter_map(|since| since.now.as_ref()))
        .map(|thread| {
            let held = picture.waiting.iter().position(|at| at.tid == thread.tid);
            let held = held.and_then(|place| Some((place, picture.waiting.get(place)?)));
            let does = match (held, &thread.asleep) {
                (Some((place, at)), _) => Does::Next(&at.call.call, place),
                (None, Some(call)) => Does::Sleeps(call),
                (None, None) => Does::Runs,
            };
            Thread { tid: thread.tid, does }
        })
        .collect();
    all.sort_by_key(|thread| thread.tid);
    if all.len() > 1 { all } else { Vec::new() }
}

/// The descriptors that a process's threads sleep on, or that itself does.
pub(super) fn waits_on(process: &Process, threads: &[Thread]) -> Vec<FdNumber> {
    let own = process.state.blocked_in().and_then(|call| call.fd);
    let theirs = threads.iter().filter_map(|thread| match thread.does {
        Does::Sleeps(call) => call.fd,
        _ => None,
    });
    own.into_iter().chain(theirs).collect()
}

/// The rows: how many threads there are, then each; of many the one that is selected, some that are held and some that sleep, and how
/// many more there are.
pub(super) fn rows<'a>(picture: &Picture<'a>, process: &'a Process, threads: Vec<Thread<'a>>) -> Vec<Row<'a>> {
    if threads.is_empty() {
        return Vec::new();
    }
    let changes = picture.changes_of(process);
    let before = picture.before.and_then(|world| world.process(&process.name));
    let selected = picture.selection.thread.filter(|_| picture.is_selected(process));
    let mut out = vec![Row::of(What::Note(format!("{} threads", threads.len())))];
    let shown = shown(&threads, selected, picture.since.is_some());
    let (told, rest): (Vec<_>, Vec<_>) = threads.into_iter().partition(|thread| shown.contains(&thread.tid));
    out.extend(told.into_iter().map(|thread| {
        let tid = thread.tid;
        // The first is told of with the second, and was there.
        let first = tid == process.pid && before.is_none_or(|before| before.thread(tid).is_none());
        let new = !first && changes.iter().any(|c| matches!(c, Change::Thread(_, changed) if *changed == tid));
        let fresh = new && before.is_some_and(|before| before.thread(tid).is_none());
        Row { new, selected: selected == Some(tid), ..Row::of(What::Thread(thread, fresh)) }
    }));
    out.extend((!rest.is_empty()).then(|| Row::of(What::More(more(&rest, picture)))));
    out
}

/// The ids of those that have a row. In the past nobody is known to run: who does not sleep may have been held.
fn shown(threads: &[Thread], selected: Option<Pid>, live: bool) -> Vec<Pid> {
    let tids = |wanted: fn(&Does) -> bool| threads.iter().filter(move |t| wanted(&t.does)).map(|t| t.tid);
    let asleep: Vec<Pid> = tids(|does| matches!(does, Does::Sleeps(_))).collect();
    let running = tids(|does| matches!(does, Does::Runs)).filter(|_| live);
    let mut held: Vec<(usize, Pid)> = threads
        .iter()
        .filter_map(|t| match t.does {
            Does::Next(_, place) => Some((place, t.tid)),
            _ => None,
        })
        .collect();
    held.sort_unstable();
    let few = if threads.len() <= THREADS { THREADS } else { HELD.max(THREADS.saturating_sub(asleep.len())) };
    let held = held.into_iter().take(few).map(|(_, tid)| tid);
    let chosen = selected.filter(|tid| threads.iter().any(|t| t.tid == *tid));
    let mut out: Vec<Pid> = Vec::new();
    for tid in chosen.into_iter().chain(held).chain(asleep).chain(running) {
        if out.len() < THREADS && !out.contains(&tid) {
            out.push(tid);
        }
    }
    out
}

/// How many have no row of their own, and what they do, the longest form first.
fn more(rest: &[Thread], picture: &Picture) -> Vec<String> {
    let count = |wanted: fn(&Does) -> bool| rest.iter().filter(|t| wanted(&t.does)).count();
    let mark = picture.glyphs.blocked;
    let kinds = [
        (count(|does| matches!(does, Does::Next(..))), "held".to_owned(), "held".to_owned()),
        (count(|does| matches!(does, Does::Sleeps(_))), format!("{mark} asleep"), mark.to_owned()),
        // Who runs is known of the newest moment alone.
        (
            count(|does| matches!(does, Does::Runs)) * usize::from(picture.since.is_some()),
            "running".into(),
            "run".into(),
        ),
    ];
    let there = || kinds.iter().filter(|(n, ..)| *n > 0);
    let long: Vec<String> = there().map(|(n, what, _)| format!("{n} {what}")).collect();
    let short: Vec<String> = there().map(|(n, _, what)| format!("{n} {what}")).collect();
    if long.is_empty() {
        return vec![format!("and {} more", rest.len())];
    }
    vec![format!("and {}", long.join(", ")), format!("and {}", short.join(", ")), short.join(" ")]
}

/// Draws the row of a thread: its id, and what it does. `fresh`: it is there since the last step.
pub(super) fn draw(
    canvas: &mut Canvas,
    picture: &Picture,
    row: &Row,
    (thread, fresh): (&Thread, bool),
    at: (i32, i32, i32),
) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let (x, y, width) = at;
    if row.selected {
        canvas.put(x, y, glyphs.selected, theme.selected);
    }
    let (mark, look) = match thread.does {
        _ if fresh => (glyphs.new, theme.changed),
        Does::Sleeps(_) => (glyphs.blocked, theme.danger),
        _ if row.new => (glyphs.changed, theme.changed),
        _ => (" ", theme.text),
    };
    canvas.put(x + 1, y, mark, look);
    let tid = thread.tid.to_string();
    let style = if row.new { theme.changed } else { theme.text.add_modifier(Modifier::BOLD) };
    let from = canvas.put(x + 3, y, &tid, style) + 1;
    let (texts, style) = match &thread.does {
        Does::Next(call, place) => {
            let style = if *place == 0 { theme.title } else { theme.text };
            (words::next(&safe(&call.to_string(), glyphs), "next ", ""), style)
        }
        Does::Sleeps(call) => (words::calls(call, picture.world, glyphs), theme.danger),
        // In the past it may have been held.
        Does::Runs if picture.since.is_none() => (vec!["awake".to_owned()], theme.text),
        Does::Runs => (vec!["running".to_owned(), "runs".to_owned()], theme.text),
    };
    canvas.put(from, y, &first_that_fits(&texts, x + width - from, glyphs), style);
    if row.selected {
        canvas.tint(x, y, width, theme.selected);
    }
}
