//! From the types of the program to the shapes of schema 1.

use super::super::names;
use super::shape::*;
use super::{memory, system_v};
use crate::engine::{self, Cause, Flowed, Moment};
use crate::explain;
use crate::notation::{self, Call, Detail, Measured, escape};
use crate::world::{self, Access, Death, Holder, ObjectKind, State, Target};

/// So many characters of data or contents at most; more is cut and said so.
pub(super) const LIMIT: usize = 4096;

pub(super) fn head(moment: &Moment) -> MomentHead<'_> {
    let (cause, script_index) = match moment.cause {
        Cause::Start => ("start", None),
        Cause::Script(index) => ("script", Some(index)),
        Cause::Free => ("free", None),
        Cause::Noticed => ("noticed", None),
        Cause::Traced => ("traced", None),
    };
    let mut own = moment.own.as_ref().map(completion).unwrap_or_default();
    if let Some(directed) = &moment.call {
        own.process = Some(&directed.process);
        own.call = Some(directed.call.to_string());
    }
    MomentHead {
        r#type: "moment",
        step: moment.step,
        cause,
        script_index,
        own,
        resumed: moment.resumed.iter().map(completion).collect(),
        flows: moment.flows.iter().map(flow).collect(),
    }
}

pub(super) fn tail(moment: &Moment) -> MomentTail<'_> {
    MomentTail {
        checks: moment.checks.iter().map(|c| Check { expect: &c.expect, met: c.met, got: &c.got }).collect(),
        traced: moment.traced.map(|t| Traced {
            thread: t.thread,
            seconds: t.after.as_secs_f64(),
            left_out: t.left_out,
        }),
        source: moment.source.as_ref().map(|s| Source {
            file: &s.file,
            line: s.line,
            function: s.function.as_deref(),
            text: s.text(),
        }),
    }
}

fn completion(done: &notation::Completion) -> Completion<'_> {
    let mut out = Completion {
        process: Some(&done.process),
        call: done.call.as_ref().map(Call::to_string),
        outcome: Some(outcome(&done.outcome)),
        // A read of no bytes returns 0 as well, and says nothing about the end.
        eof: done.is_eof(),
        ..Completion::default()
    };
    match &done.detail {
        Detail::None => {}
        Detail::Pair(read, write) => out.fds = Some([*read, *write]),
        Detail::Data(bytes) => {
            let (text, cut) = escape(bytes, LIMIT);
            (out.data, out.data_cut) = (Some(text), cut);
        }
        Detail::Socket(brought) => {
            if let Some(bytes) = done.detail.data() {
                let (text, cut) = escape(bytes, LIMIT);
                (out.data, out.data_cut) = (Some(text), cut);
            }
            out.socket = Some(super::socket::brought(brought));
        }
        Detail::Child(process, pid) => out.child = Some(Child { process, pid: *pid }),
        Detail::Waited(process, pid, how) => {
            out.waited = Some(Waited { process: process.as_deref(), pid: *pid, ended: death(*how) });
        }
        Detail::Measured(measured) => out.measured = Some(measure(measured)),
        Detail::Remark(text) => out.remark = Some(text),
        Detail::Mapped(name) => out.mapping = Some(name.to_string()),
        Detail::Message(bytes, priority) => {
            let (text, cut) = escape(bytes, LIMIT);
            (out.data, out.data_cut, out.priority) = (Some(text), cut, Some(*priority));
        }
        Detail::Posted(letter) => out.message = Some(system_v::Letter { r#type: letter.kind, from: None }),
        Detail::Letter(letter) => {
            let (text, cut) = escape(&letter.data, LIMIT);
            (out.data, out.data_cut) = (Some(text), cut || (letter.data.len() as u64) < letter.length);
            out.message = Some(system_v::Letter { r#type: letter.kind, from: letter.from.as_deref() });
        }
        Detail::QueueState { messages, most, size } => {
            out.queue = Some(memory::Attributes { messages: *messages, most: *most, size: *size });
        }
    }
    out
}

fn measure(measured: &Measured) -> super::shape::Measured {
    let mut out = super::shape::Measured::default();
    match measured {
        Measured::Rounds { low, median, high } => out.round_ns = Some([*low, *median, *high]),
        Measured::Flow { bytes, nanoseconds } => (out.bytes, out.ns) = (Some(*bytes), Some(*nanoseconds)),
    }
    out
}

fn outcome(outcome: &notation::Outcome) -> Outcome<'_> {
    match outcome {
        notation::Outcome::Returned(value) => Outcome::Returned { value: *value },
        notation::Outcome::Error(number) => Outcome::Error { errno: names::errno(*number), number: *number },
        notation::Outcome::Blocked(b) => {
            Outcome::Blocked { r#in: &b.call, fd: b.fd, child: b.child, path: b.path.as_deref(), count: b.count }
        }
        notation::Outcome::Died(how) => death(*how),
        notation::Outcome::Running => Outcome::Running,
        notation::Outcome::Interrupted => Outcome::Interrupted,
        notation::Outcome::Signal(number, from) => Outcome::Signal { signal: names::signal(*number), from: *from },
    }
}

fn death(how: Death) -> Outcome<'static> {
    match how {
        Death::Exited(code) => Outcome::Exited { code },
        Death::Killed(number) => Outcome::Killed { signal: names::signal(number) },
        Death::Unknown => Outcome::Ended { how: None, how_unknown: "nobody could read its wait status" },
    }
}

fn flow(flow: &engine::Flow) -> Flow<'_> {
    fn end(end: &engine::FlowEnd) -> End<'_> {
        End { process: &end.0, fd: end.1 }
    }
    let (bytes, data, eof) = match &flow.what {
        Flowed::Bytes(count, head) => (*count, Some((escape(head, LIMIT), head.len())), false),
        Flowed::Eof => (0, None, true),
        Flowed::Lost(count) | Flowed::Dropped(count) => (*count, None, false),
    };
    let data_cut = data.as_ref().is_some_and(|((_, cut), length)| *cut || (*length as u64) < bytes);
    Flow {
        from: flow.from.as_ref().map(end),
        object: &flow.object.0,
        to: flow.to.as_ref().map(end),
        bytes,
        data: data.map(|((text, _), _)| text),
        data_cut,
        eof,
        lost: matches!(flow.what, Flowed::Lost(_)),
        dropped: matches!(flow.what, Flowed::Dropped(_)),
    }
}

pub(super) fn world(world: &world::World) -> World<'_> {
    World {
        processes: world.processes.iter().map(process).collect(),
        objects: world.objects.iter().map(object).collect(),
        machines: super::machine::machines(world),
    }
}

pub(super) fn process(process: &world::Process) -> Process<'_> {
    let (state, ended) = match &process.state {
        State::Idle => ("idle", None),
        State::Running => ("running", None),
        State::Blocked(_) => ("blocked", None),
        State::Stopped => ("stopped", None),
        State::Zombie(how) => ("zombie", Some(death(*how))),
        State::Gone(how @ Death::Exited(_)) => ("exited", Some(death(*how))),
        State::Gone(how @ Death::Killed(_)) => ("killed", Some(death(*how))),
        State::Gone(how @ Death::Unknown) => ("ended", Some(death(*how))),
    };
    let fds = process.fds.iter().map(fd).collect::<Vec<_>>();
    let fds_unknown = process.fds_unreadable.as_deref();
    Process {
        name: &process.name,
        pid: process.pid,
        ppid: process.ppid,
        program: process.program.as_deref(),
        state,
        blocked_in: process.state.blocked_in().map(blocked_in),
        threads: process.threads.iter().map(thread).collect(),
        ended,
        mappings: memory::mappings(&process.space),
        mappings_unknown: process.space.unreadable.as_deref(),
        waits_at: memory::waits_at(&process.space),
        fds: (!fds.is_empty() || fds_unknown.is_none()).then_some(fds),
        fds_unknown,
        stdout: process.stdout.as_ref().and_then(world::Known::value).map(stdout),
        stdout_unknown: process.stdout.as_ref().and_then(world::Known::reason),
    }
}

fn blocked_in(b: &world::BlockedIn) -> BlockedIn<'_> {
    BlockedIn { call: &b.call, fd: b.fd, child: b.child, path: b.path.as_deref(), count: b.count }
}

fn thread(thread: &world::Thread) -> Thread<'_> {
    Thread { thread: thread.tid, blocked_in: thread.asleep.as_ref().map(blocked_in) }
}

fn stdout(kept: &world::Buffered) -> Stdout {
    let (contents, long) = escape(&kept.contents.head, LIMIT);
    Stdout {
        bytes: kept.bytes,
        size: kept.size,
        buffering: match kept.mode {
            world::Buffering::None => "none",
            world::Buffering::Line => "line",
            world::Buffering::Full => "full",
        },
        contents,
        contents_cut: long || kept.contents.cut,
    }
}

fn fd(fd: &world::Fd) -> Fd<'_> {
    let (target, target_kind) = match &fd.target {
        Target::Terminal => ("terminal", "terminal"),
        Target::Object(id) => (id.0.as_str(), "object"),
        Target::Other(text) => (text.as_str(), "other"),
    };
    Fd {
        fd: fd.number,
        target,
        target_kind,
        access: access(fd.access),
        cloexec: fd.cloexec,
        nonblock: fd.nonblock,
        origin: fd.origin.as_ref().map(origin),
    }
}

pub(super) fn access(access: Access) -> &'static str {
    match access {
        Access::Read => "r",
        Access::Write => "w",
        Access::ReadWrite => "rw",
        Access::None => "-",
    }
}

fn origin(origin: &world::Origin) -> Origin<'_> {
    let inherited = origin.inherited.iter().map(|i| Inherited { step: i.step, from: &i.from });
    Origin { step: origin.step, call: &origin.call, inherited: inherited.collect() }
}

pub(super) fn object(object: &world::Object) -> Object<'_> {
    let contents = object.contents.value().map(|c| (escape(&c.head, LIMIT), c.cut));
    let neither = object.holders.iter().filter(|h| h.access == Access::None);
    Object {
        id: &object.id.0,
        kind: match object.kind {
            ObjectKind::Pipe => "pipe",
            ObjectKind::Fifo => "fifo",
            ObjectKind::File => "file",
            ObjectKind::Memory => "memory",
            ObjectKind::Queue => "queue",
            ObjectKind::Socket => "socket",
            ObjectKind::PostQueue => "system-v-queue",
            ObjectKind::Semaphores => "semaphores",
        },
        inode: object.inode,
        bytes: object.bytes.value().copied(),
        bytes_unknown: object.bytes.reason(),
        capacity: object.capacity.value().copied(),
        capacity_unknown: object.capacity.reason(),
        contents_cut: contents.as_ref().is_some_and(|((_, long), cut)| *long || *cut),
        contents: contents.map(|((text, _), _)| text),
        contents_unknown: object.contents.reason(),
        socket: object.socket.as_ref().map(super::socket::socket),
        readers: object.readers().map(holder).collect(),
        writers: object.writers().map(holder).collect(),
        packets: memory::packets(object.contents.value()),
        memory: memory::memory(&object.body),
        queue: memory::queue(&object.body),
        system_v_queue: system_v::queue(&object.body),
        semaphores: system_v::semaphores(&object.body),
        others: neither.map(holder).collect(),
    }
}

fn holder(holder: &Holder) -> HolderLine<'_> {
    HolderLine { process: &holder.process, pid: holder.pid, fd: holder.fd, outside: holder.outside }
}

pub(super) fn finding(finding: &explain::Finding, fix_now: bool) -> Finding<'_> {
    Finding {
        rule: &finding.rule,
        severity: match finding.severity {
            explain::Severity::Note => "note",
            explain::Severity::Warning => "warning",
            explain::Severity::Waiting => "waiting",
            explain::Severity::Stuck => "stuck",
        },
        process: &finding.process,
        fd: finding.fd,
        object: finding.object.as_deref(),
        holders: finding.holders.iter().map(culprit).collect(),
        text: &finding.text,
        fix: &finding.fix,
        fix_now,
        long: &finding.long,
    }
}

fn culprit(culprit: &explain::Culprit) -> Culprit<'_> {
    Culprit {
        process: &culprit.process,
        pid: culprit.pid,
        fd: culprit.fd,
        access: access(culprit.access),
        origin: culprit.origin.as_ref().map(origin),
    }
}
