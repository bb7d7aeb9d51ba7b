//! Scenes with shared memory and message queues.

use super::stage::{Stage, looks, text};
use crate::view::Glyphs;
use crate::world::*;

const COUNTER: &str = "memfd:counter:[5]";

impl Stage {
    fn mapping(mut self, name: &str, map: u32, shared: bool, words: &[u64]) -> Stage {
        let mapping = Mapping {
            name: Some(MapName(map)),
            start: 4096 * u64::from(map),
            length: 4096,
            access: Access::ReadWrite,
            shared,
            object: shared.then(|| ObjectId(COUNTER.into())),
            offset: 0,
            words: Known::Yes(words.to_vec()),
        };
        let space = &mut self.process(name).space;
        space.mappings.retain(|m| m.name != mapping.name);
        space.mappings.push(mapping);
        self
    }

    /// The memory with these words; its mappings reckoned.
    fn words(mut self, words: &[u64]) -> Stage {
        let mapped = |p: &Process| {
            let (process, pid) = (p.name.clone(), p.pid);
            let shared = p.space.mappings.iter().find(|m| m.shared)?;
            Some(Mapped { process, pid, name: shared.name, access: shared.access, shared: true })
        };
        let maps = self.world.processes.iter().filter_map(mapped).collect();
        let object = self.world.objects.iter_mut().find(|o| o.id.0 == COUNTER).unwrap();
        let (size, words) = (Known::Yes(4096), Known::Yes(words.to_vec()));
        object.body = Body::Memory(Memory { size, words, maps, added: Vec::new() });
        self
    }

    fn queue(mut self, waiting: Known<&[(u32, &str)]>, count: u64) -> Stage {
        let one = |(priority, text): &(u32, &str)| QueueMessage {
            priority: *priority,
            head: text.as_bytes().to_vec(),
            length: text.len() as u64,
        };
        let waiting = match waiting {
            Known::Yes(all) => Known::Yes(all.iter().map(one).collect()),
            Known::No(why) => Known::No(why),
        };
        let (most, size) = (Known::Yes(4), Known::Yes(32));
        let object = self.world.objects.iter_mut().find(|o| o.kind == ObjectKind::Queue).unwrap();
        object.body = Body::Queue(Queue { messages: Known::Yes(count), most, size, waiting });
        self
    }
}

fn shared() -> Stage {
    let stage = Stage::new("parent").object(COUNTER, ObjectKind::Memory);
    let stage = stage.mapping("parent", 1, true, &[0, 0]).mapping("parent", 2, false, &[0]);
    stage.fork("parent", "child").words(&[0, 0])
}

fn jobs() -> Stage {
    let id = ObjectId("/pipescope-aBcDeF.jobs".into());
    let mut stage = Stage::new("parent").object(&id.0, ObjectKind::Queue);
    stage = stage.open("parent", Target::Object(id.clone()), Access::ReadWrite);
    stage.start("worker");
    stage.open("worker", Target::Object(id), Access::Read)
}

fn scenes() -> Vec<(&'static str, Stage)> {
    let mut waits = shared().words(&[7, 4242 | 0x8000_0000]).step();
    waits.process("child").space.waits_at = Some(4096 + 8);
    let blocked = BlockedIn { call: "futex".into(), fd: None, child: None, path: None, count: None, opens: None };
    waits.process("child").state = State::Blocked(blocked);
    vec![
        ("stored", shared().step().mapping("child", 1, true, &[0, 99]).words(&[0, 99])),
        ("own_copy", shared().step().mapping("child", 2, false, &[99])),
        ("waits", waits),
        (
            "queue",
            jobs()
                .queue(Known::Yes(&[(1, "low")]), 1)
                .step()
                .queue(Known::Yes(&[(9, "urgent"), (1, "low"), (1, "later"), (0, "last of all")]), 4),
        ),
        ("queue_unknown", jobs().queue(Known::No(Queue::UNSEEN.into()), 2).step()),
        ("queue_empty", jobs().queue(Known::Yes(&[(1, "low")]), 1).step().queue(Known::Yes(&[]), 0)),
    ]
}

#[test]
fn memory_and_queues_are_drawn() {
    for (name, stage) in scenes() {
        for width in [40, 78, 116] {
            let drawn = text(&stage.draw(width, Glyphs::UNICODE));
            insta::assert_snapshot!(format!("memory_{name}_{width}"), drawn);
            assert!(text(&stage.draw(width, Glyphs::ASCII)).is_ascii());
        }
    }
}

#[test]
fn the_word_that_changed_stands_out() {
    let stage = shared().words(&[5, 0]).step().words(&[5, 99]);
    let drawn = looks(&stage.draw(78, Glyphs::UNICODE));
    let look = |word: &str| {
        let line = drawn.lines().find(|line| line.contains(word)).unwrap();
        line.chars().skip(3).take(40).collect::<String>()
    };
    assert_ne!(look("0[5]"), look("8[99]"));
}
