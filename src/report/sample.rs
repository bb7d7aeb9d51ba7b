//! Moments made by hand, and any world at all, for the tests of this floor.

use crate::engine::{Cause, Check, Flow, Flowed, Moment};
use crate::explain::{Culprit, Finding, Severity};
use crate::notation::{Call, Completion, Data, Detail, Directed, Outcome};
use crate::world::*;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

pub const PIPE: &str = "pipe:[9751]";

fn fd(number: FdNumber, child: bool) -> Fd {
    let (target, access) = match number {
        0..=2 => (Target::Terminal, Access::ReadWrite),
        3 => (Target::Object(ObjectId(PIPE.into())), Access::Read),
        _ => (Target::Object(ObjectId(PIPE.into())), Access::Write),
    };
    let inherited = if child { vec![InheritedBy { step: 2, from: "parent".into() }] } else { Vec::new() };
    let origin = (number > 2).then(|| Origin { step: 1, call: "pipe()".into(), inherited });
    Fd { number, target, access, cloexec: false, nonblock: false, origin }
}

fn process(name: &str, pid: Pid, state: State, ends: &[FdNumber]) -> Process {
    let fds = (0..3).chain(ends.iter().copied()).map(|n| fd(n, name == "child")).collect();
    Process {
        name: name.into(),
        pid,
        ppid: 4240,
        program: None,
        state,
        fds,
        fds_unreadable: None,
        stdout: None,
        space: crate::world::Space::default(),
        threads: Vec::new(),
    }
}

fn moment(step: usize, cause: Cause, processes: Vec<Process>, bytes: &[u8]) -> Moment {
    let holder = |p: &Process, f: &Fd| Holder {
        process: p.name.clone(),
        pid: p.pid,
        fd: f.number,
        access: f.access,
        outside: false,
    };
    let ends = |p: &Process| p.fds.iter().filter(|f| f.number > 2).map(|f| holder(p, f)).collect::<Vec<_>>();
    let holders: Vec<Holder> = processes.iter().flat_map(ends).collect();
    let pipe = Object {
        id: ObjectId(PIPE.into()),
        kind: ObjectKind::Pipe,
        inode: 9751,
        bytes: Known::Yes(bytes.len() as u64),
        capacity: Known::Yes(65536),
        contents: Known::Yes(Contents { head: bytes.into(), cut: false, packets: Vec::new() }),
        socket: None,
        holders,
        body: crate::world::Body::default(),
    };
    let objects = if pipe.holders.is_empty() { Vec::new() } else { vec![pipe] };
    Moment::bare(step, cause, World { processes, objects, ..World::default() })
}

fn made(moment: &mut Moment, name: &str, call: Call, outcome: Outcome, detail: Detail) {
    moment.call = Some(Directed { process: name.into(), call: call.clone() });
    moment.own = Some(Completion { process: name.into(), call: Some(call), outcome, detail });
}

/// The stage is set up.
pub fn start() -> Moment {
    moment(0, Cause::Start, vec![process("parent", 4242, State::Idle, &[])], b"")
}

/// After the fork: both hold both ends, and a check of the child's pid fails.
pub fn forked() -> Moment {
    let both = [3, 4];
    let processes = vec![process("parent", 4242, State::Idle, &both), process("child", 4243, State::Idle, &both)];
    let mut m = moment(2, Cause::Script(1), processes, b"");
    let detail = Detail::Child("child".into(), 4243);
    made(&mut m, "parent", Call::Fork { name: Some("child".into()) }, Outcome::Returned(4243), detail);
    m.changes =
        vec![Change::Opened("parent".into(), 3), Change::Opened("parent".into(), 4), Change::Appeared("child".into())];
    m.checks = vec![Check { expect: "returns 5".into(), met: false, got: "returns 4243".into() }];
    m
}

/// The parent has written, and closed its write end; `hello` waits.
pub fn written() -> Moment {
    let mut parent = process("parent", 4242, State::Idle, &[4]);
    parent.fds[3].cloexec = true;
    let mut m = moment(4, Cause::Free, vec![parent, process("child", 4243, State::Idle, &[3, 4])], b"hello");
    let data = Data { unit: b"hello".to_vec(), times: 1 };
    made(&mut m, "parent", Call::Write { fd: 4, data }, Outcome::Returned(5), Detail::None);
    m.changes = vec![Change::Closed("parent".into(), fd(3, false)), Change::Bytes(ObjectId(PIPE.into()), 0, 5)];
    m.flows = vec![Flow {
        from: Some(("parent".into(), Some(4))),
        object: ObjectId(PIPE.into()),
        to: None,
        what: Flowed::Bytes(5, b"hello".to_vec()),
    }];
    m
}

/// The child waits for an end that its own write end, and a stranger's, withhold.
pub fn stuck() -> Moment {
    let blocked = BlockedIn { call: "read".into(), fd: Some(3), child: None, path: None, count: Some(64), opens: None };
    let processes = vec![
        process("parent", 4242, State::Idle, &[]),
        process("child", 4243, State::Blocked(blocked.clone()), &[3, 4]),
    ];
    let mut m = moment(7, Cause::Script(6), processes, b"");
    made(&mut m, "child", Call::Read { fd: 3, count: 64 }, Outcome::Blocked(blocked), Detail::None);
    m.world.objects[0].holders.push(Holder {
        process: "cat".into(),
        pid: 99,
        fd: 5,
        access: Access::Write,
        outside: true,
    });
    m.changes = diff(&written().world, &m.world);
    m.findings = vec![Finding {
        rule: "eof-withheld".into(),
        severity: Severity::Stuck,
        process: "child".into(),
        fd: Some(3),
        object: Some(PIPE.into()),
        holders: vec![Culprit {
            process: "child".into(),
            pid: 4243,
            fd: 4,
            access: Access::Write,
            origin: fd(4, true).origin,
        }],
        text: "child (pid 4243) waits on pipe:[9751] for an end of file that its own fd 4 withholds.".into(),
        fix: "child: close(4)".into(),
        long: vec!["fd 4 came from pipe() in step 1.".into()],
    }];
    m
}

/// The child read the end of file; the parent was killed meanwhile.
pub fn ended() -> Moment {
    let mut parent = process("parent", 4242, State::Zombie(Death::Killed(13)), &[]);
    parent.fds.clear();
    let mut m = moment(8, Cause::Noticed, vec![parent, process("child", 4243, State::Idle, &[3])], b"");
    made(&mut m, "child", Call::Read { fd: 3, count: 64 }, Outcome::Returned(0), Detail::Data(Vec::new()));
    m.resumed = vec![Completion {
        process: "parent".into(),
        call: None,
        outcome: Outcome::Died(Death::Killed(13)),
        detail: Detail::None,
    }];
    m.changes = diff(&stuck().world, &m.world);
    m
}

/// All of them, in order.
pub fn story() -> Vec<Moment> {
    vec![start(), forked(), written(), stuck(), ended()]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,6}", "pipe:\\[[0-9]{1,5}\\]", any::<String>()]
}

fn known<T: std::fmt::Debug + Clone>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Known<T>> {
    prop_oneof![value.prop_map(Known::Yes), text().prop_map(Known::No)]
}

fn access() -> impl Strategy<Value = Access> {
    prop::sample::select(vec![Access::Read, Access::Write, Access::ReadWrite, Access::None])
}

fn state() -> impl Strategy<Value = State> {
    let death = prop_oneof![(0..256).prop_map(Death::Exited), (1..65).prop_map(Death::Killed), Just(Death::Unknown)];
    let blocked =
        (text(), of(0..9), of(1..9999), of(text()), of(any::<u64>())).prop_map(|(call, fd, child, path, count)| {
            State::Blocked(BlockedIn { call, fd, child, path, count, opens: None })
        });
    prop_oneof![
        Just(State::Idle),
        Just(State::Running),
        Just(State::Stopped),
        blocked,
        death.clone().prop_map(State::Zombie),
        death.prop_map(State::Gone),
    ]
}

fn any_fd() -> impl Strategy<Value = Fd> {
    let target = prop_oneof![
        Just(Target::Terminal),
        text().prop_map(|t| Target::Object(ObjectId(t))),
        text().prop_map(Target::Other)
    ];
    let by = (0_usize..9, text()).prop_map(|(step, from)| InheritedBy { step, from });
    let origin = (0_usize..9, text(), vec(by, 0..3));
    let origin = origin.prop_map(|(step, call, inherited)| Origin { step, call, inherited });
    let parts = (0..99, target, access(), any::<bool>(), any::<bool>(), of(origin));
    parts.prop_map(|(number, target, access, cloexec, nonblock, origin)| Fd {
        number,
        target,
        access,
        cloexec,
        nonblock,
        origin,
    })
}

fn any_object() -> impl Strategy<Value = Object> {
    let kind = prop::sample::select(vec![ObjectKind::Pipe, ObjectKind::Fifo, ObjectKind::File]);
    let contents =
        (vec(any::<u8>(), 0..40), any::<bool>()).prop_map(|(head, cut)| Contents { head, cut, packets: Vec::new() });
    let holder = (text(), 1..9999, 0..9, access(), any::<bool>());
    let holder = holder.prop_map(|(process, pid, fd, access, outside)| Holder { process, pid, fd, access, outside });
    let parts =
        (text(), kind, any::<u64>(), known(any::<u64>()), known(any::<u64>()), known(contents), vec(holder, 0..4));
    parts.prop_map(|(id, kind, inode, bytes, capacity, contents, holders)| Object {
        id: ObjectId(id),
        kind,
        inode,
        bytes,
        capacity,
        contents,
        socket: None,
        holders,
        body: crate::world::Body::default(),
    })
}

/// Any world, consistent or not.
pub fn any_world() -> impl Strategy<Value = World> {
    let process = (text(), 1..9999, 0..9999, of(text()), state(), vec(any_fd(), 0..4), of(text()));
    let process = process.prop_map(|(name, pid, ppid, program, state, fds, fds_unreadable)| Process {
        stdout: None,
        name,
        pid,
        ppid,
        program,
        state,
        fds,
        space: crate::world::Space::default(),
        threads: Vec::new(),
        fds_unreadable,
    });
    (vec(process, 0..4), vec(any_object(), 0..3)).prop_map(|(processes, objects)| World {
        processes,
        objects,
        ..World::default()
    })
}
