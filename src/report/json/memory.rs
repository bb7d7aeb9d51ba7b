//! Memory and message queues, in the shapes of schema 1.

use super::convert::{LIMIT, access};
use crate::notation::escape;
use crate::world::{self, Body, Known, Pid};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Mapping<'a> {
    pub(super) name: Option<String>,
    /// In hexadecimal, as /proc has it: such a number is too large for some readers of JSON.
    pub(super) address: String,
    pub(super) length: u64,
    pub(super) access: &'static str,
    pub(super) shared: bool,
    pub(super) object: Option<&'a str>,
    pub(super) offset: u64,
    #[serde(flatten)]
    pub(super) words: Words<'a>,
}

/// Words of 64 bits, as text: such numbers are too large for some readers of JSON.
#[derive(Serialize)]
pub(super) struct Words<'a> {
    words: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    words_unknown: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Memory<'a> {
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_unknown: Option<&'a str>,
    #[serde(flatten)]
    words: Words<'a>,
    mapped_by: Vec<Mapped<'a>>,
}

#[derive(Serialize)]
struct Mapped<'a> {
    process: &'a str,
    pid: Pid,
    name: Option<String>,
    access: &'static str,
    shared: bool,
}

#[derive(Serialize)]
pub(super) struct Queue<'a> {
    messages: Option<u64>,
    most: Option<u64>,
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'a str>,
    /// The messages in the order in which they will come.
    waiting: Option<Vec<QueueMessage>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_unknown: Option<&'a str>,
}

#[derive(Serialize)]
struct QueueMessage {
    priority: u32,
    length: u64,
    data: String,
    data_cut: bool,
}

fn message(message: &world::QueueMessage) -> QueueMessage {
    let (data, long) = escape(&message.head, LIMIT);
    let data_cut = long || (message.head.len() as u64) < message.length;
    QueueMessage { priority: message.priority, length: message.length, data, data_cut }
}

/// What `mq_getattr` told.
#[derive(Serialize)]
pub(super) struct Attributes {
    pub(super) messages: i64,
    pub(super) most: i64,
    pub(super) size: i64,
}

/// Where in a mapping a process sleeps.
#[derive(Serialize)]
pub(super) struct WaitsAt {
    mapping: Option<String>,
    offset: u64,
}

/// How many of the things that came are kept apart, and how long each is.
pub(super) fn packets(contents: Option<&world::Contents>) -> Option<&[usize]> {
    contents.map(|c| c.packets.as_slice()).filter(|p| !p.is_empty())
}

pub(super) fn mappings(space: &world::Space) -> Vec<Mapping<'_>> {
    space.mappings.iter().map(mapping).collect()
}

fn mapping(m: &world::Mapping) -> Mapping<'_> {
    Mapping {
        name: m.name.map(|n| n.to_string()),
        address: format!("{:#x}", m.start),
        length: m.length,
        access: access(m.access),
        shared: m.shared,
        object: m.object.as_ref().map(|id| id.0.as_str()),
        offset: m.offset,
        words: words(&m.words),
    }
}

pub(super) fn waits_at(space: &world::Space) -> Option<WaitsAt> {
    let (mapping, offset) = space.waits_in()?;
    Some(WaitsAt { mapping: mapping.name.map(|n| n.to_string()), offset })
}

fn words(words: &Known<Vec<u64>>) -> Words<'_> {
    Words { words: words.value().map(|w| w.iter().map(u64::to_string).collect()), words_unknown: words.reason() }
}

pub(super) fn memory(body: &Body) -> Option<Memory<'_>> {
    let Body::Memory(memory) = body else { return None };
    Some(Memory {
        size: memory.size.value().copied(),
        size_unknown: memory.size.reason(),
        words: words(&memory.words),
        mapped_by: memory.maps.iter().map(mapped).collect(),
    })
}

fn mapped(m: &world::Mapped) -> Mapped<'_> {
    let name = m.name.map(|n| n.to_string());
    Mapped { process: &m.process, pid: m.pid, name, access: access(m.access), shared: m.shared }
}

pub(super) fn queue(body: &Body) -> Option<Queue<'_>> {
    let Body::Queue(queue) = body else { return None };
    Some(Queue {
        messages: queue.messages.value().copied(),
        most: queue.most.value().copied(),
        size: queue.size.value().copied(),
        unknown: queue.messages.reason(),
        waiting: queue.waiting.value().map(|all| all.iter().map(message).collect()),
        waiting_unknown: queue.waiting.reason(),
    })
}
