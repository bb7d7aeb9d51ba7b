//! System V queues and semaphores, as a transcript tells them.

use super::line::Lines;
use super::tables::SHOWN;
use crate::notation::escape;
use crate::world::{Known, Object, Post, PostQueue, Semaphores, Sleeper, Usage, User, Wants};
use std::io::{self, Write};

/// So many messages, semaphores or users are told one by one.
const TOLD: usize = 16;

/// A queue: how full it is, its messages, who has used it and who sleeps at it.
pub(super) fn queue<W: Write>(lines: &mut Lines<W>, object: &Object, queue: &PostQueue) -> io::Result<()> {
    let fill = match (&queue.messages, &object.bytes, &object.capacity) {
        (Known::Yes(1), Known::Yes(bytes), Known::Yes(room)) => format!("1 message, {bytes} of {room} bytes"),
        (Known::Yes(n), Known::Yes(bytes), Known::Yes(room)) => format!("{n} messages, {bytes} of {room} bytes"),
        (Known::No(why), ..) => format!("messages unknown: {why}"),
        (Known::Yes(n), ..) => format!("{n} messages"),
    };
    lines.line(4, &format!("{}{}  {fill}", object.id, key(object)))?;
    match &queue.waiting {
        Known::Yes(all) if !all.is_empty() => {
            lines.line(6, &format!("waiting: {}", some(all.iter().map(post), " ", all.len())))?;
        }
        Known::No(why) if queue.messages.value().is_some() => lines.line(6, &format!("messages unknown: {why}"))?,
        _ => {}
    }
    usage(lines, &queue.usage, ["sent", "received"])?;
    sleepers(lines, &queue.usage, |sleeper| sleeper.wants.message())
}

/// A set of semaphores: their values, who has used it and who sleeps at it.
pub(super) fn semaphores<W: Write>(lines: &mut Lines<W>, object: &Object, set: &Semaphores) -> io::Result<()> {
    let values = match (&set.values, &set.count) {
        (Known::Yes(all), _) => {
            let each = all.iter().enumerate().map(|(number, one)| format!("{number}[{}]", one.value));
            some(each, " ", set.count.value().map_or(all.len(), |n| usize::try_from(*n).unwrap_or(all.len())))
        }
        (Known::No(why), Known::Yes(count)) => format!("{count} semaphores, values unknown: {why}"),
        (Known::No(why), Known::No(_)) => format!("values unknown: {why}"),
    };
    lines.line(4, &format!("{}{}  {values}", object.id, key(object)))?;
    usage(lines, &set.usage, ["up", "down"])?;
    sleepers(lines, &set.usage, |sleeper| {
        let Wants::Operations(all) = &sleeper.wants else { return sleeper.wants.message() };
        match set.hinders(all) {
            Some((operation, _)) => format!("semaphore {} {}", operation.number, operation.condition()),
            None => sleeper.wants.message(),
        }
    })
}

fn key(object: &Object) -> String {
    object.key().map(|key| format!("  {key}")).unwrap_or_default()
}

fn post(post: &Post) -> String {
    let (text, cut) = escape(&post.head, SHOWN);
    let more = if cut || (post.head.len() as u64) < post.length { "..." } else { "" };
    format!("{}[\"{text}\"{more}] from {}", post.kind, post.from)
}

/// Nobody holds it, so it is said who was seen to use it, and what becomes of it.
fn usage<W: Write>(lines: &mut Lines<W>, usage: &Usage, words: [&str; 2]) -> io::Result<()> {
    let [puts, takes] = words;
    let one = |user: &User| {
        let parts = [(user.sets, "set"), (user.puts, puts), (user.takes, takes)];
        let mut parts: Vec<String> =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{word} {n}")).collect();
        if user.ended {
            parts.push("has ended".to_owned());
        }
        let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
        format!("{}{parts}", user.process)
    };
    let count = usage.users.len() + usize::try_from(usage.more_ended).unwrap_or(0);
    let before = if usage.made_by.is_none() { "; it was there before" } else { "" };
    lines.line(6, &format!("used by: {}{before}", some(usage.users.iter().map(one), ", ", count)))?;
    match usage.is_left() {
        true => lines.line(6, "nobody who lives was seen to use it: it stays until it is removed"),
        false => Ok(()),
    }
}

fn sleepers<W: Write>(lines: &mut Lines<W>, usage: &Usage, wants: impl Fn(&Sleeper) -> String) -> io::Result<()> {
    if usage.sleepers.is_empty() {
        return Ok(());
    }
    let one = |sleeper: &Sleeper| {
        let thread = if sleeper.thread == sleeper.pid { String::new() } else { format!(" thread {}", sleeper.thread) };
        match sleeper.served {
            true => format!("{}{thread} has been given what it waits for", sleeper.process),
            false => format!("{}{thread} waits for {}", sleeper.process, wants(sleeper)),
        }
    };
    lines.line(6, &format!("asleep: {}", some(usage.sleepers.iter().map(one), ", ", usage.sleepers.len())))
}

/// The first of them, and how many more there are.
fn some(all: impl Iterator<Item = String>, between: &str, count: usize) -> String {
    let told: Vec<String> = all.take(TOLD).collect();
    let more = count.saturating_sub(told.len());
    let tail = if more > 0 { format!("{between}and {more} more") } else { String::new() };
    format!("{}{tail}", told.join(between))
}
