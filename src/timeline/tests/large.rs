//! A run of many processes that hold much: kept in little more than what happens in it.

use super::*;
use crate::world::FdNumber;

/// What a parent and `n` children hold after as many forks, each with a read end of every pipe; the parent has pid 1000.
fn family(n: u16) -> World {
    let id = |pipe: u16| ObjectId(format!("pipe:[{}]", 90_000 + u32::from(pipe)));
    let name = |of: u16| format!("python3[{}]", 1000 + of);
    let entry = |pipe: u16| Fd {
        number: FdNumber::from(3 + pipe),
        target: Target::Object(id(pipe)),
        access: Access::Read,
        cloexec: true,
        nonblock: false,
        origin: Some(Origin {
            step: usize::from(pipe),
            call: "pipe()".into(),
            inherited: vec![InheritedBy { step: usize::from(n), from: name(0) }],
        }),
    };
    let process = |of: u16| Process {
        name: name(of),
        pid: i32::from(1000 + of),
        ppid: 1000,
        program: Some("python3".into()),
        state: State::Running,
        threads: Vec::new(),
        fds: (0..n).map(entry).collect(),
        fds_unreadable: None,
        stdout: None,
        space: Space::default(),
    };
    let holder = |pipe: u16, of: u16| Holder {
        process: name(of),
        pid: i32::from(1000 + of),
        fd: FdNumber::from(3 + pipe),
        access: Access::Read,
        outside: false,
    };
    let object = |pipe: u16| Object {
        id: id(pipe),
        kind: ObjectKind::Pipe,
        inode: 90_000 + u64::from(pipe),
        bytes: Known::Yes(0),
        capacity: Known::Yes(65536),
        contents: Known::Yes(Contents::default()),
        socket: None,
        holders: (0..=n).map(|of| holder(pipe, of)).collect(),
        body: Body::default(),
    };
    World { processes: (0..=n).map(process).collect(), objects: (0..n).map(object).collect(), ..World::default() }
}

/// One of them closes the first of its descriptors.
fn close(world: &mut World, of: usize) -> Completion {
    let process = &mut world.processes[of];
    let fd = process.fds.remove(0);
    let object = world.objects.iter_mut().find(|o| Some(&o.id) == fd.target.object()).unwrap();
    object.holders.retain(|h| (h.pid, h.fd) != (process.pid, fd.number));
    let call = parse_directed(&format!("x: close({})", fd.number), None).unwrap().call;
    Completion { process: process.name.clone(), call: Some(call), outcome: Outcome::Returned(0), detail: Detail::None }
}

/// Every child closes all it has, in turn. The bytes that a moment takes in the file, and how many there are.
fn bytes_each(n: u16) -> (u64, usize) {
    let mut timeline = Timeline::temporary(about()).unwrap();
    let (mut world, mut some) = (family(n), Vec::new());
    let steps = usize::from(n) * usize::from(n);
    for step in 0..steps {
        let own = close(&mut world, 1 + step % usize::from(n));
        let moment = Moment { own: Some(own), ..Moment::bare(step, Cause::Traced, std::mem::take(&mut world)) };
        timeline.push(&moment, &Note::default(), b"").unwrap();
        world = moment.world;
        if step % 191 == 0 {
            some.push((step, world.clone()));
        }
    }
    timeline.finish().unwrap();
    for (step, world) in some.into_iter().rev() {
        assert!(timeline.get(step).unwrap().moment.world == world, "{step}");
    }
    let mut copy = tempfile::tempfile().unwrap();
    timeline.copy_to(copy.try_clone().unwrap()).unwrap();
    (copy.seek(SeekFrom::End(0)).unwrap() / steps as u64, steps)
}

#[test]
fn a_moment_takes_as_much_among_many_as_among_few() {
    let (few, _) = bytes_each(8);
    let (many, steps) = bytes_each(40);
    // With the world at its start in every block, and the rest of a list for one that goes, it was many thousands.
    assert!(many < 150 && many < 3 * few, "{few} bytes, {many} bytes for each of {steps}");
}
