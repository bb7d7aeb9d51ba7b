//! Flows: what went from whom through what to whom, from the calls that completed.
//!
//! Who wrote the bytes that a read brings is known only while every byte in the pipe was seen going in;
//! that is checked against the number of bytes the kernel reports, and given up where it differs.

use super::{Flow, Flowed};
use crate::notation::{Call, Completion, Detail, Outcome};
use crate::world::{FdNumber, ObjectId, ProcName, World};
use std::collections::{BTreeMap, VecDeque};

/// How many bytes of a flow are kept for show.
const HEAD: usize = 256;

/// Bytes that one write put into an object and nobody has taken out yet.
#[derive(Debug, Clone)]
struct Parcel {
    from: (ProcName, FdNumber),
    bytes: u64,
}

/// Who wrote what is still waiting, for each object where every byte was seen.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    waiting: BTreeMap<ObjectId, VecDeque<Parcel>>,
}

impl Ways {
    /// The flows of the calls that completed between two worlds, in order; `calls` has the step's own first.
    pub fn flows(&mut self, before: &World, after: &World, calls: &[&Completion]) -> Vec<Flow> {
        let mut flows: Vec<Flow> = Vec::new();
        for flow in calls.iter().filter_map(|c| flow(before, after, c)) {
            match (&flow.from, &flow.what) {
                (Some(from), Flowed::Bytes(bytes, _)) => {
                    let parcel = Parcel { from: from.clone(), bytes: *bytes };
                    self.waiting.entry(flow.object.clone()).or_default().push_back(parcel);
                    flows.push(flow);
                }
                (None, Flowed::Bytes(bytes, _)) => {
                    let from = self.take(&flow.object, *bytes);
                    merge(&mut flows, Flow { from, ..flow });
                }
                _ => flows.push(flow),
            }
        }
        self.reconcile(after);
        flows
    }

    /// Take `bytes` out of the queue; the writer, where all of them came through one descriptor.
    fn take(&mut self, object: &ObjectId, mut bytes: u64) -> Option<(ProcName, FdNumber)> {
        let queue = self.waiting.get_mut(object)?;
        let first = queue.front()?.from.clone();
        let mut same = true;
        while bytes > 0 {
            let parcel = queue.front_mut()?;
            same &= parcel.from == first;
            let taken = parcel.bytes.min(bytes);
            parcel.bytes -= taken;
            bytes -= taken;
            if parcel.bytes == 0 {
                queue.pop_front();
            }
        }
        same.then_some(first)
    }

    /// Forget every queue that does not hold as many bytes as the kernel says.
    fn reconcile(&mut self, world: &World) {
        self.waiting.retain(|id, queue| {
            let seen: u64 = queue.iter().map(|p| p.bytes).sum();
            let held = world.object(id).and_then(|o| o.bytes.value().copied());
            held.is_none_or(|held| held == seen) && world.object(id).is_some()
        });
    }
}

/// A write whose bytes were taken out in the same step is one flow, not two.
fn merge(flows: &mut Vec<Flow>, read: Flow) {
    let whole = flows.iter_mut().find(|f| {
        f.object == read.object && f.to.is_none() && f.from.is_some() && f.from == read.from && f.what == read.what
    });
    match whole {
        Some(write) => write.to = read.to,
        None => flows.push(read),
    }
}

fn flow(before: &World, after: &World, completion: &Completion) -> Option<Flow> {
    let Outcome::Returned(value) = completion.outcome else { return None };
    let who = &completion.process;
    let through = |fd: FdNumber| {
        let object = before.object_at(who, fd).or_else(|| after.object_at(who, fd))?;
        object.is_pipe().then(|| object.id.clone())
    };
    match (completion.call.as_ref()?, &completion.detail) {
        (Call::Write { fd, data }, _) if value > 0 => {
            let sent = usize::try_from(value).unwrap_or(usize::MAX).min(HEAD);
            let head: Vec<u8> = data.unit.iter().copied().cycle().take(sent).collect();
            let what = Flowed::Bytes(value.unsigned_abs(), head);
            Some(Flow { from: Some((who.clone(), *fd)), object: through(*fd)?, to: None, what })
        }
        (Call::Read { fd, .. }, Detail::Data(data)) if value > 0 => {
            let head: Vec<u8> = data.iter().copied().take(HEAD).collect();
            let what = Flowed::Bytes(value.unsigned_abs(), head);
            Some(Flow { from: None, object: through(*fd)?, to: Some((who.clone(), *fd)), what })
        }
        (Call::Read { fd, count }, _) if value == 0 && *count > 0 => {
            Some(Flow { from: None, object: through(*fd)?, to: Some((who.clone(), *fd)), what: Flowed::Eof })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::Data;
    use crate::world::{Access, Contents, Fd, Known, Object, ObjectKind, Process, State, Target};

    fn world(bytes: u64) -> World {
        let id = ObjectId("pipe:[7]".into());
        let process = |name: &str, pid| Process {
            name: name.into(),
            pid,
            ppid: 1,
            program: None,
            state: State::Idle,
            fds: [(3, Access::Read), (4, Access::Write)]
                .map(|(number, access)| Fd {
                    number,
                    target: Target::Object(id.clone()),
                    access,
                    cloexec: false,
                    nonblock: false,
                    origin: None,
                })
                .into(),
            fds_unreadable: None,
        };
        let object = Object {
            id: id.clone(),
            kind: ObjectKind::Pipe,
            inode: 7,
            bytes: Known::Yes(bytes),
            capacity: Known::Yes(65536),
            contents: Known::Yes(Contents::default()),
            socket: None,
            holders: Vec::new(),
        };
        World { processes: vec![process("parent", 10), process("child", 11)], objects: vec![object] }
    }

    fn write(process: &str, text: &str) -> Completion {
        let data = Data { unit: text.into(), times: 1 };
        Completion {
            process: process.into(),
            outcome: Outcome::Returned(text.len() as i64),
            call: Some(Call::Write { fd: 4, data }),
            detail: Detail::None,
        }
    }

    fn read(process: &str, text: &str) -> Completion {
        Completion {
            process: process.into(),
            outcome: Outcome::Returned(text.len() as i64),
            call: Some(Call::Read { fd: 3, count: 64 }),
            detail: Detail::Data(text.into()),
        }
    }

    #[test]
    fn a_read_names_the_writer_of_its_bytes() {
        let mut ways = Ways::default();
        ways.flows(&world(0), &world(5), &[&write("parent", "hello")]);
        let flows = ways.flows(&world(5), &world(3), &[&read("child", "he")]);
        assert_eq!(flows.len(), 1);
        assert_eq!(flows[0].from, Some(("parent".into(), 4)));
        assert_eq!(flows[0].to, Some(("child".into(), 3)));
    }

    #[test]
    fn a_write_that_releases_a_read_is_one_flow() {
        let mut ways = Ways::default();
        let flows = ways.flows(&world(0), &world(0), &[&write("parent", "hello"), &read("child", "hello")]);
        assert_eq!(flows.len(), 1);
        assert_eq!(flows[0].from, Some(("parent".into(), 4)));
        assert_eq!(flows[0].to, Some(("child".into(), 3)));
    }

    #[test]
    fn bytes_of_two_writers_have_no_single_source() {
        let mut ways = Ways::default();
        ways.flows(&world(0), &world(1), &[&write("parent", "a")]);
        ways.flows(&world(1), &world(2), &[&write("child", "b")]);
        let flows = ways.flows(&world(2), &world(0), &[&read("child", "ab")]);
        assert_eq!(flows[0].from, None);
    }

    #[test]
    fn bytes_that_were_not_seen_going_in_have_no_source() {
        let mut ways = Ways::default();
        ways.flows(&world(0), &world(9), &[&write("parent", "hello")]);
        let flows = ways.flows(&world(9), &world(4), &[&read("child", "hello")]);
        assert_eq!(flows[0].from, None);
    }

    #[test]
    fn a_read_of_nothing_is_end_of_file_only_where_something_was_asked_for() {
        let flows = Ways::default().flows(&world(0), &world(0), &[&read("child", "")]);
        assert_eq!(flows[0].what, Flowed::Eof);
        let none = Completion { call: Some(Call::Read { fd: 3, count: 0 }), ..read("child", "") };
        assert!(Ways::default().flows(&world(0), &world(0), &[&none]).is_empty());
    }
}
