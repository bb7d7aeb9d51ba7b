//! Memory, mappings and message queues, as a transcript tells them.

use super::line::Lines;
use super::tables::{SHOWN, list};
use crate::notation::escape;
use crate::world::{Access, Body, Change, Known, Mapped, Mapping, Object, QueueMessage, World, lock};
use std::io::{self, Write};

/// A mapping that came, went, or has words of its own that are others.
pub(super) fn mapping<W: Write>(lines: &mut Lines<W>, world: &World, change: &Change) -> io::Result<()> {
    match change {
        Change::Mapped(who, name) | Change::Words(who, name) => {
            let Some(mapping) = world.process(who).and_then(|p| p.space.named(*name)) else { return Ok(()) };
            let what = match (&mapping.object, mapping.shared) {
                (Some(id), true) => format!("shared  {id}"),
                (Some(id), false) => format!("own copy of {id}  {}", words(&mapping.words)),
                (None, _) => format!("own memory  {}", words(&mapping.words)),
            };
            lines.line(4, &format!("{who}  {name}  {}, {} bytes, {what}", access(mapping), mapping.length))
        }
        Change::Unmapped(who, Mapping { name: Some(name), .. }) => lines.line(4, &format!("{who}  {name}  unmapped")),
        _ => Ok(()),
    }
}

fn access(mapping: &Mapping) -> &'static str {
    match mapping.access {
        Access::Read => "reads",
        Access::Write => "writes",
        Access::ReadWrite => "reads and writes",
        Access::None => "neither reads nor writes",
    }
}

/// Each word behind its offset, up to the last that is not 0.
fn words(words: &Known<Vec<u64>>) -> String {
    match words {
        Known::Yes(words) if words.is_empty() => "0 bytes".to_owned(),
        Known::Yes(words) => {
            let last = words.iter().rposition(|word| *word != 0).unwrap_or(0);
            let shown =
                words.iter().take(last + 1).enumerate().map(|(i, word)| format!("{}[{}]", i * 8, lock::spelled(*word)));
            shown.collect::<Vec<_>>().join(" ")
        }
        Known::No(why) => format!("words unknown: {why}"),
    }
}

/// Memory or a queue, and what it holds.
pub(super) fn body<W: Write>(lines: &mut Lines<W>, object: &Object) -> io::Result<()> {
    match &object.body {
        Body::Memory(memory) => {
            let one = |m: &Mapped| if m.shared { m.process.clone() } else { format!("{} (copy)", m.process) };
            let alike = memory.maps.chunk_by(|a, b| one(a) == one(b));
            let times = |n: usize| if n > 1 { format!(" ({n} mappings)") } else { String::new() };
            let maps = alike.filter_map(|same| Some(format!("{}{}", one(same.first()?), times(same.len()))));
            let maps: Vec<String> = maps.collect();
            let maps = if maps.is_empty() { "nobody that is seen".to_owned() } else { maps.join(", ") };
            let size = match &memory.size {
                Known::Yes(size) => format!("{size} bytes  "),
                Known::No(_) => String::new(),
            };
            let words = if memory.size == Known::Yes(0) { "nothing in it".to_owned() } else { words(&memory.words) };
            lines.line(4, &format!("{}  {size}{words}; mapped by {maps}", object.id))
        }
        Body::Queue(queue) => {
            let show = |n: &Known<u64>| n.value().map_or_else(|| "?".to_owned(), u64::to_string);
            let count = format!("{} of {} messages", show(&queue.messages), show(&queue.most));
            lines.line(4, &format!("{}  {count}", object.id))?;
            match &queue.waiting {
                Known::Yes(waiting) if !waiting.is_empty() => {
                    let all: Vec<String> = waiting.iter().map(message).collect();
                    lines.line(6, &format!("waiting: {}", all.join(" ")))?;
                }
                Known::No(why) => lines.line(6, &format!("messages unknown: {why}"))?,
                Known::Yes(_) => {}
            }
            lines.line(6, &format!("readers: {}; writers: {}", list(object.readers()), list(object.writers())))
        }
        Body::PostQueue(queue) => super::system_v::queue(lines, object, queue),
        Body::Semaphores(set) => super::system_v::semaphores(lines, object, set),
        Body::Plain => Ok(()),
    }
}

fn message(message: &QueueMessage) -> String {
    let (text, cut) = escape(&message.head, SHOWN);
    let more = if cut || (message.head.len() as u64) < message.length { "..." } else { "" };
    format!("{}[\"{text}\"{more}]", message.priority)
}
