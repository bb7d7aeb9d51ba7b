//! What objects are beside queues of bytes: the words of memory, the state of message queues.
//!
//! Neither has an end that an open descriptor would hold, as a pipe has: to look is harmless at any time. Memory is read through
//! a process that maps it; a page that nobody has touched yet may come into being by that, filled with zeros as it is.

use super::maps::{WORDS, to_words};
use super::objects::Objects;
use super::sys;
use crate::world::{Body, Holder, Known, Object, ObjectKind, Process, Queue};
use nix::fcntl::{OFlag, open};
use nix::sys::stat::{Mode, fstat};
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;

/// Fill in what is to be known of memory and message queues.
pub(super) fn fill(objects: &mut Objects, processes: &[Process]) {
    for object in objects.iter_mut() {
        match object.kind {
            ObjectKind::Memory => memory(object, processes),
            ObjectKind::Queue => queue(object),
            ObjectKind::Pipe | ObjectKind::Fifo | ObjectKind::Socket | ObjectKind::File => {}
            ObjectKind::PostQueue | ObjectKind::Semaphores => {}
        }
    }
}

fn memory(object: &mut Object, processes: &[Process]) {
    let id = object.id.clone();
    let mappings = processes.iter().flat_map(|p| &p.space.mappings).filter(|m| m.object.as_ref() == Some(&id));
    let first = mappings.filter(|m| m.shared && m.offset == 0).find(|m| m.words.value().is_some());
    let words = match first {
        Some(mapping) => mapping.words.clone(),
        None => through_descriptor(object),
    };
    let Body::Memory(memory) = &mut object.body else { return };
    // What lies behind the end reads as zeros in the last page, and is no part of it.
    let size = memory.size.value().copied().unwrap_or(u64::MAX);
    memory.words = match words {
        _ if size == 0 => Known::Yes(Vec::new()),
        Known::Yes(mut words) => {
            words.truncate(usize::try_from(size.div_ceil(8)).unwrap_or(WORDS));
            Known::Yes(words)
        }
        unknown @ Known::No(_) => unknown,
    };
}

/// The words of memory that nobody maps, through a descriptor.
fn through_descriptor(object: &Object) -> Known<Vec<u64>> {
    let mut bytes = [0; WORDS * 8];
    for holder in object.readers() {
        if let Ok(fd) = own(holder)
            && fstat(&fd).is_ok_and(|stat| stat.st_ino == object.inode)
            && let Ok(n) = File::from(fd).read_at(&mut bytes, 0)
        {
            return Known::Yes(to_words(bytes.get(..n).unwrap_or_default()));
        }
    }
    Known::No("nobody maps it from its start".into())
}

/// A description of our own, which moves no position and holds nothing that matters.
fn own(holder: &Holder) -> nix::Result<OwnedFd> {
    let path = format!("/proc/{}/fd/{}", holder.pid, holder.fd);
    open(path.as_str(), OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC, Mode::empty())
}

fn queue(object: &mut Object) {
    let mut seen = Known::No("no descriptor of it may be looked through".to_owned());
    for holder in &object.holders {
        let attributes = own(holder).and_then(|fd| Ok((sys::queue_attributes(&fd)?, queued_bytes(fd))));
        let borrowed = || -> nix::Result<_> {
            let fd = sys::pidfd_getfd(sys::pidfd_open(holder.pid)?.as_fd(), holder.fd)?;
            Ok((sys::queue_attributes(&fd)?, None))
        };
        match attributes.or_else(|_| borrowed()) {
            Ok(found) => {
                seen = Known::Yes(found);
                break;
            }
            Err(errno) => seen = Known::No(format!("the kernel refused the look ({errno:?})")),
        }
    }
    let shown = |value: Option<u64>| value.map_or_else(|| Known::No("the kernel did not say".into()), Known::Yes);
    let body = match seen {
        Known::Yes((attributes, bytes)) => {
            object.bytes = shown(bytes);
            let [_, most, size, messages] = attributes.map(|n| u64::try_from(n).ok());
            Queue {
                messages: shown(messages),
                most: shown(most),
                size: shown(size),
                waiting: Known::No(Queue::UNSEEN.into()),
            }
        }
        Known::No(why) => {
            object.bytes = Known::No(why.clone());
            let no = || Known::No(why.clone());
            Queue { messages: no(), most: no(), size: no(), waiting: Known::No(why) }
        }
    };
    object.body = Body::Queue(body);
}

/// `QSIZE:129 NOTIFY:...`: the bytes of all messages, mq_overview(7).
fn queued_bytes(fd: OwnedFd) -> Option<u64> {
    let mut buffer = [0; 128];
    let n = File::from(fd).read_at(&mut buffer, 0).ok()?;
    let text = std::str::from_utf8(buffer.get(..n)?).ok()?;
    text.strip_prefix("QSIZE:")?.split_ascii_whitespace().next()?.parse().ok()
}
