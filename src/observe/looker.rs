//! Looks into single pipes and sockets, one after the other, while their holders are followed call by call.
//!
//! A look takes a copy of a descriptor for a moment. Whoever calls this sees to it that the holder cannot give its own up
//! meanwhile: a traced process stops before every call that closes a descriptor, and goes on only when the look is over.

use super::asker::Asker;
use super::objects::Objects;
use super::peek::{self, Peeker, known, reason};
use super::through::Through;
use super::{Moved, bodies, moved, sockets, sys};
use crate::world::{Contents, Holder, Known, Object, ObjectKind, Pid};
use std::os::fd::OwnedFd;

/// What is kept from one look to the next: a pidfd for each process, and a pipe of our own.
#[derive(Default)]
pub struct Looker {
    peeker: Peeker,
    asker: Asker,
}

impl Looker {
    /// Bytes and contents of a pipe or FIFO, and its capacity where `sizes` says that it may have changed. Only through
    /// holders that `steady` says do not give theirs up meanwhile.
    pub fn pipe(&mut self, object: &mut Object, limit: usize, sizes: bool, steady: impl Fn(Pid) -> bool) {
        let Object { holders, bytes, capacity, contents, .. } = object;
        let mut refused = None;
        let steady = |h: &&Holder| !h.outside && steady(h.pid);
        let reads_only = |h: &&Holder| super::tracee::reads_only(h.access);
        let readers = holders.iter().filter(reads_only);
        for holder in readers.chain(holders.iter().filter(|h| !reads_only(h))).filter(steady) {
            let end = match self.peeker.same_description(holder) {
                // A holder that is steady cannot have something else at that number by now.
                Ok(end) => end,
                Err(errno) => {
                    refused = Some(errno);
                    continue;
                }
            };
            if sizes || capacity.value().is_none() {
                *capacity = known(peek::capacity(&end));
            }
            (*bytes, *contents) = match holder.access.reads() {
                true => self.peeker.waiting(&end, limit),
                false => behind_a_write_end(&end),
            };
            return;
        }
        let why = refused.map_or_else(|| "no descriptor of it could be looked through".to_owned(), reason);
        (*bytes, *contents) = (Known::No(why.clone()), Known::No(why));
    }

    /// Look again into one end of a connection after a call has moved bytes through it; the other end is to be looked into too.
    /// `false` where more than these may have changed, and both must be asked anew.
    pub fn moved(&mut self, object: &mut Object, limit: usize, steady: impl Fn(Pid) -> bool) -> bool {
        moved::look(object, &self.peeker.pidfds, limit, steady)
    }

    /// Look again into a UNIX connection after a call that did this to it through one end and nothing else; `receiver` is the end that
    /// the bytes wait in. `false` as of [`Looker::moved`].
    pub fn moved_so(
        &mut self,
        [receiver, sender]: [&mut Object; 2],
        moved: Moved,
        limit: usize,
        steady: impl Fn(Pid) -> bool,
    ) -> bool {
        moved::look_at_receiver(receiver, moved, &self.peeker.pidfds, limit, steady)
            && receiver.bytes.value().is_some_and(|waiting| moved::tell_sender(sender, *waiting))
    }

    /// Everything the kernel tells of these sockets.
    pub fn sockets<'o>(&mut self, found: impl Iterator<Item = &'o mut Object>, limit: usize, steady: &[Pid]) {
        let pidfds = &self.peeker.pidfds;
        // Those of our own network namespace: a traced program has another only where it made one.
        let mut asking = self.asker.look();
        for object in found.filter(|o| o.kind == ObjectKind::Socket) {
            let through = Through::new(object, pidfds, Some(steady));
            let seen = sockets::look(asking.socket(&through), &through, limit);
            seen.put_into(object);
        }
    }

    /// What waits in a message queue, or lies in memory.
    pub fn body(&mut self, object: &mut Object) {
        let mut objects = Objects::default();
        objects.insert(object.clone());
        bodies::fill(&mut objects, &[]);
        if let Some(filled) = objects.into_objects().pop() {
            *object = filled;
        }
    }

    /// The process has ended: its pid may come to mean another.
    pub fn forget(&mut self, pid: Pid) {
        self.peeker.pidfds.forget(pid);
    }
}

/// How much waits in a pipe of which there is no descriptor that reads.
fn behind_a_write_end(end: &OwnedFd) -> (Known<u64>, Known<Contents>) {
    let bytes = known(sys::bytes_waiting(end));
    let contents = match &bytes {
        Known::Yes(0) => Known::Yes(Contents::default()),
        _ => Known::No("copied only through a read end whose process does not run".into()),
    };
    (bytes, contents)
}
