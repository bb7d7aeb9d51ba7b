//! One descriptor in words: what it is, its flags, and where it came from.

use super::prose;
use crate::world::{Access, Fd, Process, Target, World};

/// A descriptor in words: `parent's 4: write end of pipe:[9751]; made by pipe() in step 1`.
pub fn descriptor(world: &World, process: &Process, fd: &Fd) -> String {
    let what = match &fd.target {
        Target::Terminal if !world.is_of_a_stage() => "the terminal".to_owned(),
        Target::Terminal => "the stage's terminal".to_owned(),
        Target::Other(text) => prose::plain(text),
        Target::Object(id) => {
            let object = world.object(id);
            let end = match fd.access {
                _ if object.is_none_or(|o| !o.is_pipe()) => "open ",
                Access::Read => "read end of ",
                Access::Write => "write end of ",
                Access::ReadWrite => "both ends of ",
                Access::None => "no end of ",
            };
            format!("{end}{}", object.map_or_else(|| prose::plain(&id.0), prose::object))
        }
    };
    let mut flags = String::new();
    if fd.cloexec {
        flags += ", close-on-exec";
    }
    if fd.nonblock {
        flags += ", non-blocking";
    }
    let origin = match &fd.origin {
        Some(origin) => prose::origin_long(origin),
        None => "there from the start".into(),
    };
    format!("{}'s {}: {what}{flags}; {origin}", prose::plain(&process.name), fd.number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{InheritedBy, Known, Object, ObjectId, ObjectKind, Origin, State};

    #[test]
    fn it_is_told_with_every_fork_on_its_way() {
        let id = ObjectId("pipe:[9]".into());
        let origin =
            Origin { step: 1, call: "pipe()".into(), inherited: vec![InheritedBy { step: 2, from: "parent".into() }] };
        let fd = |origin| Fd {
            number: 4,
            target: Target::Object(id.clone()),
            access: Access::Write,
            cloexec: true,
            nonblock: false,
            origin,
        };
        let no = || "".to_string();
        let object = Object {
            id: id.clone(),
            kind: ObjectKind::Pipe,
            inode: 9,
            bytes: Known::No(no()),
            capacity: Known::No(no()),
            contents: Known::No(no()),
            socket: None,
            holders: Vec::new(),
            body: crate::world::Body::default(),
        };
        let process = Process {
            stdout: None,
            name: "child".into(),
            pid: 2,
            ppid: 1,
            program: None,
            state: State::Idle,
            fds: Vec::new(),
            fds_unreadable: None,
            space: crate::world::Space::default(),
            threads: Vec::new(),
        };
        let world = World { objects: vec![object], ..World::default() };
        assert_eq!(
            descriptor(&world, &process, &fd(Some(origin))),
            "child's 4: write end of pipe:[9], close-on-exec; inherited at fork (step 2) from parent; made by pipe() in step 1"
        );
        assert_eq!(
            descriptor(&world, &process, &fd(None)),
            "child's 4: write end of pipe:[9], close-on-exec; there from the start"
        );
    }
}
