//! Flows: what went from whom through what to whom, from the calls that completed.
//!
//! Who wrote the bytes that a read brings is known only while every byte in the pipe was seen going in;
//! that is checked against the number of bytes the kernel reports, and given up where it differs.

use super::letters::Letters;
use super::targets::targets;
use super::{Flow, FlowEnd, Flowed, system_v};
use crate::notation::{Call, Completion, Outcome, StdioCall};
use crate::world::{Death, FdNumber, Object, ObjectId, World};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// How many bytes of a flow are kept for show.
const HEAD: usize = 256;
/// So many queues are each looked for among all objects.
const FEW: usize = 4;
/// `STDOUT_FILENO`, unistd(3).
const STDOUT: FdNumber = 1;

/// Bytes that one write put into an object and nobody has taken out yet.
#[derive(Debug, Clone)]
struct Parcel {
    from: FlowEnd,
    bytes: u64,
}

/// Who wrote what is still waiting, for each object where every byte was seen.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    waiting: BTreeMap<ObjectId, VecDeque<Parcel>>,
    letters: Letters,
}

impl Ways {
    /// The flows of the calls that completed between two worlds, in order; `calls` has the step's own first.
    pub fn flows(&mut self, before: &World, after: &World, calls: &[&Completion]) -> Vec<Flow> {
        self.flows_beside(before, after, calls, &[])
    }

    /// As [`Ways::flows`], while calls on the objects `busy` have not returned: what they move is in no list yet, and is
    /// missing in what the kernel counts, or counted already.
    pub fn flows_beside(
        &mut self,
        before: &World,
        after: &World,
        calls: &[&Completion],
        busy: &[ObjectId],
    ) -> Vec<Flow> {
        let mut flows: Vec<Flow> = Vec::new();
        for completion in calls {
            if let Some(flow) = self.letters.flow(before, after, completion) {
                merge(&mut flows, flow);
            }
            system_v::flows(completion).into_iter().for_each(|flow| merge(&mut flows, flow));
            self.follow(&mut flows, flow(before, after, completion, calls));
        }
        self.reconcile(after, busy);
        self.letters.reconcile(after, busy);
        flows
    }

    /// Take in what one call moved through pipes and sockets.
    fn follow(&mut self, flows: &mut Vec<Flow>, moved: Vec<Flow>) {
        for flow in moved {
            match (&flow.from, &flow.what) {
                (Some(from), Flowed::Bytes(bytes, _)) => {
                    let parcel = Parcel { from: from.clone(), bytes: *bytes };
                    self.waiting.entry(flow.object.clone()).or_default().push_back(parcel);
                    flows.push(flow);
                }
                (None, Flowed::Bytes(bytes, _)) => {
                    let from = self.take(&flow.object, *bytes);
                    merge(flows, Flow { from, ..flow });
                }
                _ => {
                    // A message is taken whole.
                    if let Flowed::Lost(lost) = flow.what {
                        self.take(&flow.object, lost);
                    }
                    flows.push(flow);
                }
            }
        }
    }

    /// Take `bytes` out of the queue; the writer, where all of them came through one descriptor.
    fn take(&mut self, object: &ObjectId, mut bytes: u64) -> Option<FlowEnd> {
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
    fn reconcile(&mut self, world: &World, busy: &[ObjectId]) {
        // Each object is looked for once, not each queue among all objects.
        let many: Option<HashMap<&ObjectId, &Object, foldhash::fast::RandomState>> =
            (self.waiting.len() > FEW).then(|| world.objects.iter().map(|o| (&o.id, o)).collect());
        self.waiting.retain(|id, queue| {
            let object = many.as_ref().map_or_else(|| world.object(id), |many| many.get(id).copied());
            let Some(object) = object else { return false };
            let seen = || queue.iter().map(|p| p.bytes).sum::<u64>();
            busy.contains(id) || object.bytes.value().is_none_or(|held| *held == seen())
        });
    }
}

/// A write whose bytes were taken out in the same step is one flow, not two.
fn merge(flows: &mut Vec<Flow>, read: Flow) {
    let whole = flows.iter_mut().find(|f| {
        let same = f.object == read.object && f.from == read.from && f.what == read.what;
        same && f.to.is_none() && f.from.is_some() && read.to.is_some()
    });
    match whole {
        Some(write) => write.to = read.to,
        None => flows.push(read),
    }
}

fn flow(before: &World, after: &World, completion: &Completion, calls: &[&Completion]) -> Vec<Flow> {
    if let Some(Call::Stdio(_) | Call::Exit { .. }) = completion.call {
        return printed(before, after, completion).into_iter().collect();
    }
    let (Outcome::Returned(value), Some(call)) = (&completion.outcome, &completion.call) else { return Vec::new() };
    let who = &completion.process;
    let (count, value) = (value.unsigned_abs(), *value);
    if let Some((fd, data)) = call.puts() {
        if value <= 0 {
            return Vec::new();
        }
        let sent = usize::try_from(value).unwrap_or(usize::MAX).min(HEAD);
        let head: Vec<u8> = data.unit.iter().copied().cycle().take(sent).collect();
        let to = |object: ObjectId| {
            let lost = dropped(after, &object) > dropped(before, &object);
            let what = if lost { Flowed::Dropped(count) } else { Flowed::Bytes(count, head.clone()) };
            Flow { from: Some((who.clone(), Some(fd))), object, to: None, what }
        };
        return targets((before, after), completion, fd, calls).into_iter().map(to).collect();
    }
    let Some((fd, _)) = call.takes() else { return Vec::new() };
    let Some(object) = at(before, after, who, fd).filter(|o| o.is_channel()) else { return Vec::new() };
    let taken = |what| Flow { from: None, object: object.id.clone(), to: Some((who.clone(), Some(fd))), what };
    if completion.is_eof() {
        return vec![taken(Flowed::Eof)];
    }
    let mut flows = Vec::new();
    // With MSG_TRUNC, recv(2) returns the length of the whole message.
    let fitted = completion.detail.data().map_or(count, |data| count.min(data.len() as u64));
    let count = if object.as_socket().is_some_and(|s| s.kind.keeps_boundaries()) { fitted } else { count };
    if let Some(data) = completion.detail.data().filter(|_| value > 0) {
        flows.push(taken(Flowed::Bytes(count, data.iter().copied().take(HEAD).collect())));
    }
    if let Some(lost) = lost(before, who, fd, count) {
        flows.push(taken(Flowed::Lost(lost)));
    }
    flows
}

fn at<'w>(before: &'w World, after: &'w World, who: &str, fd: FdNumber) -> Option<&'w Object> {
    before.object_at(who, fd).or_else(|| after.object_at(who, fd))
}

/// Datagrams that a socket has thrown away, as the kernel counts them.
fn dropped(world: &World, socket: &ObjectId) -> u64 {
    world.object(socket).and_then(|o| o.as_socket()?.dropped).unwrap_or(0)
}

/// How many bytes of the message that a call took first did not fit: they are gone, as messages are taken whole.
fn lost(before: &World, who: &str, fd: FdNumber, taken: u64) -> Option<u64> {
    let object = before.object_at(who, fd)?;
    let length = match object.as_socket() {
        Some(socket) => socket.messages.value()?.first.first()?.length,
        None => packet(object)?,
    };
    length.checked_sub(taken).filter(|lost| *lost > 0)
}

/// The length of the first packet in a pipe that keeps them apart (`O_DIRECT`, pipe(2)): of one alone that is all that waits.
fn packet(pipe: &Object) -> Option<u64> {
    let contents = pipe.contents.value().filter(|_| pipe.is_pipe())?;
    contents.packets.first().map(|length| *length as u64)
}

/// What stdio(3) has handed to the kernel: what was kept before, and printed now, and is kept no more.
fn printed(before: &World, after: &World, completion: &Completion) -> Option<Flow> {
    let who = &completion.process;
    let object = before.object_at(who, STDOUT).filter(|object| object.is_pipe())?;
    let kept = |world: &World| world.process(who)?.stdout.as_ref()?.value().cloned();
    let (mut bytes, mut head) = kept(before).map_or((0, Vec::new()), |kept| (kept.bytes, kept.contents.head));
    let left = match completion.outcome {
        Outcome::Returned(_) => kept(after).map_or(0, |kept| kept.bytes),
        // Where nobody could have read it, the last write has failed, and exit does not tell.
        Outcome::Died(Death::Exited(_)) if object.readers().any(|r| r.process != *who) => 0,
        _ => return None,
    };
    if let Some(Call::Stdio(StdioCall::Printf { data })) = &completion.call {
        bytes += data.len();
        head.extend(data.unit.iter().copied().cycle().take(usize::try_from(data.len()).unwrap_or(HEAD).min(HEAD)));
    }
    let went = bytes.checked_sub(left).filter(|went| *went > 0)?;
    head.truncate(usize::try_from(went).unwrap_or(HEAD).min(HEAD));
    let what = Flowed::Bytes(went, head);
    Some(Flow { from: Some((who.clone(), Some(STDOUT))), object: object.id.clone(), to: None, what })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::{Data, Detail};
    use crate::world::{Access, Contents, Fd, Known, ObjectKind, Process, State, Target};

    fn world(bytes: u64) -> World {
        let id = ObjectId("pipe:[7]".into());
        let process = |name: &str, pid| Process {
            stdout: None,
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
            space: crate::world::Space::default(),
            threads: Vec::new(),
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
            body: crate::world::Body::default(),
        };
        World {
            processes: vec![process("parent", 10), process("child", 11)],
            objects: vec![object],
            ..World::default()
        }
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
        assert_eq!(flows[0].from, Some(("parent".into(), Some(4))));
        assert_eq!(flows[0].to, Some(("child".into(), Some(3))));
    }

    #[test]
    fn a_write_that_releases_a_read_is_one_flow() {
        let mut ways = Ways::default();
        let flows = ways.flows(&world(0), &world(0), &[&write("parent", "hello"), &read("child", "hello")]);
        assert_eq!(flows.len(), 1);
        assert_eq!(flows[0].from, Some(("parent".into(), Some(4))));
        assert_eq!(flows[0].to, Some(("child".into(), Some(3))));
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
