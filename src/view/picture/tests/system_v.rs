//! Scenes with System V queues and semaphores.

use super::stage::{Stage, looks, text};
use crate::view::Glyphs;
use crate::world::*;

const QUEUE: ObjectKind = ObjectKind::PostQueue;
const SET: ObjectKind = ObjectKind::Semaphores;

impl Stage {
    fn system_v(mut self, kind: ObjectKind, key: i32) -> Stage {
        let mut object = Object::system_v(kind, 40);
        match &mut object.body {
            Body::PostQueue(queue) => queue.key = Known::Yes(key),
            Body::Semaphores(set) => set.key = Known::Yes(key),
            _ => {}
        }
        object.usage_mut().unwrap().made_by = Some("parent".into());
        self.world.objects.push(object);
        self
    }

    fn last(&mut self) -> &mut Object {
        self.world.objects.last_mut().unwrap()
    }

    fn used(mut self, name: &str, puts: u64, takes: u64) -> Stage {
        let (process, pid) = (name.to_owned(), self.process(name).pid);
        let usage = self.last().usage_mut().unwrap();
        usage.users.retain(|user| user.pid != pid);
        usage.users.push(User { process, pid, puts, takes, sets: 0, ended: false });
        self
    }

    /// Messages by type, and so many that nobody saw.
    fn posts(mut self, posts: &[(i64, &str)], unseen: u64) -> Stage {
        let one = |(kind, text): &(i64, &str)| Post {
            kind: *kind,
            head: text.as_bytes().to_vec(),
            length: text.len() as u64,
            from: "parent".into(),
        };
        let all: Vec<Post> = posts.iter().map(one).collect();
        let object = self.last();
        object.bytes = Known::Yes(all.iter().map(|post| post.length).sum::<u64>() + 9 * unseen);
        object.capacity = Known::Yes(16384);
        if let Body::PostQueue(queue) = &mut object.body {
            queue.messages = Known::Yes(all.len() as u64 + unseen);
            queue.waiting = if unseen == 0 { Known::Yes(all) } else { Known::No(PostQueue::UNSEEN.into()) };
        }
        self
    }

    fn values(mut self, values: &[u16]) -> Stage {
        let one = |value: &u16| Semaphore { value: *value, last: 0, wait_to_grow: 1, wait_for_zero: 0 };
        if let Body::Semaphores(set) = &mut self.last().body {
            set.count = Known::Yes(values.len() as u64);
            set.values = Known::Yes(values.iter().map(one).collect());
        }
        self
    }

    fn sleeps(mut self, name: &str, call: &str, wants: Wants) -> Stage {
        let pid = self.process(name).pid;
        let sleeper = Sleeper { process: name.into(), pid, thread: pid, wants, served: false };
        self.last().usage_mut().unwrap().sleepers.push(sleeper);
        let blocked = BlockedIn { call: call.into(), fd: None, child: None, path: None, count: None, opens: None };
        self.process(name).state = State::Blocked(blocked);
        self
    }

    fn ended(mut self, name: &str) -> Stage {
        let process = self.process(name);
        process.state = State::Gone(Death::Exited(0));
        process.fds.clear();
        self.last().usage_mut().unwrap().users.iter_mut().for_each(|user| user.ended |= user.process == name);
        self
    }
}

fn family() -> Stage {
    Stage::new("parent").fork("parent", "child")
}

fn queue() -> Stage {
    family().system_v(QUEUE, 0x1234).used("parent", 1, 0).posts(&[(1, "first")], 0)
}

fn set() -> Stage {
    family().system_v(SET, PRIVATE_KEY).used("parent", 1, 0).values(&[1, 0])
}

fn scenes() -> Vec<(&'static str, Stage)> {
    let both = vec![Operation { number: 0, change: -1 }, Operation { number: 1, change: -2 }];
    vec![
        ("sent", queue().step().used("parent", 2, 0).posts(&[(1, "first"), (7, "second")], 0)),
        ("received", queue().used("child", 0, 0).step().used("child", 0, 1).posts(&[], 0)),
        ("awaited", queue().step().used("child", 0, 0).sleeps("child", "msgrcv", Wants::Message(2, false))),
        ("full", queue().step().used("child", 0, 0).sleeps("child", "msgsnd", Wants::Room(4))),
        ("unknown", queue().step().posts(&[], 3)),
        ("left", queue().used("child", 0, 1).ended("child").step().ended("parent")),
        ("semaphores", set().used("child", 0, 0).step().used("child", 1, 1).values(&[0, 1])),
        ("semaphore_awaited", set().step().used("child", 0, 0).sleeps("child", "semop", Wants::Operations(both))),
    ]
}

#[test]
fn queues_and_semaphores_without_holders_are_drawn() {
    for (name, stage) in scenes() {
        for width in [40, 78, 116] {
            let drawn = text(&stage.draw(width, Glyphs::UNICODE));
            insta::assert_snapshot!(format!("system_v_{name}_{width}"), drawn);
            assert!(text(&stage.draw(width, Glyphs::ASCII)).is_ascii());
        }
    }
}

#[test]
fn the_value_that_changed_stands_out() {
    let drawn = looks(&set().used("child", 0, 0).step().values(&[1, 5]).draw(78, Glyphs::UNICODE));
    let look = |word: &str| {
        drawn.lines().find(|line| line.contains(word)).unwrap().chars().skip(3).take(40).collect::<String>()
    };
    assert_ne!(look("0[1]"), look("1[5]"));
}

/// A message on its way runs along the lines of those who used the queue, which no descriptor has.
#[test]
fn a_message_runs_along_the_lines_of_its_users() {
    let stage = queue().used("child", 0, 1);
    let end = |name: &str| Some((name.to_owned(), None));
    let flow = crate::engine::Flow {
        from: end("parent"),
        object: ObjectId::system_v(QUEUE, 40),
        to: end("child"),
        what: crate::engine::Flowed::Bytes(5, b"first".to_vec()),
    };
    let at = |frame: u8| {
        let shown = text(&stage.draw_moving(78, Glyphs::UNICODE, Some((std::slice::from_ref(&flow), frame))));
        shown.lines().find_map(|line| line.chars().position(|c| c == '●')).unwrap()
    };
    assert!(at(0) < at(9), "{} {}", at(0), at(9));
}
