//! Every lesson of the course, every variant of it, and the start of every task, played on the kernel.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::story;
use pipescope::engine::{Forward, Script, Session, needs, task};
use pipescope::lesson::{Lesson, Variant, builtin};
use pipescope::notation::parse_directed;
use std::io::Write;

/// Play to the end, and hold it against what the lesson says.
fn play(what: &str, script: Script) {
    if let Some(program) = script.missing() {
        let _ = writeln!(std::io::stderr(), "SKIPPED {what}: there is no {program} in /usr/bin or /bin");
        return;
    }
    let mut session = story::session(script);
    loop {
        let next = session.next().map(ToString::to_string).unwrap_or_default();
        match session.forward() {
            Ok(Forward::Stepped) => {}
            Ok(_) => break,
            Err(error) => panic!("{what}, step {} {next}: {error}", session.progress() + 1),
        }
    }
    let failures = story::failures(&session);
    assert!(failures.is_empty(), "{what}:\n{}", failures.join("\n"));
    judge_questions(what, &session);
}

/// One answer is right, and the kernel says which.
fn judge_questions(what: &str, session: &Session) {
    for index in 0..session.progress() {
        let Some((ask, Some(answered))) = session.question_of(index) else { continue };
        assert_eq!(answered.right.len(), 1, "{what}, step {}: {}", index + 1, ask.question);
        let first = &session.script().steps[index].call;
        assert!(ask.options.len() >= 2, "{what}, {first}: one answer is no choice");
    }
}

fn each(of: impl Fn(&Lesson)) {
    for lesson in builtin() {
        if lesson.slug == "message-queue" && !common::has_queues() {
            eprintln!("skipped: {}: this system has no message queues for us", lesson.slug);
            continue;
        }
        of(lesson);
    }
}

/// The stories of a lesson that can be played here: its own and those of its variants, each with a name.
fn stories(lesson: &Lesson) -> Vec<(String, Script)> {
    let own = std::iter::once((lesson.slug.clone(), None));
    let variants = lesson.variants.iter().map(|v| (format!("{} {}", lesson.slug, v.slug), Some(v)));
    let lacks = needs::lacks(lesson);
    if let Some(why) = lacks {
        eprintln!("SKIPPED {}, but for one variant: {why}", lesson.slug);
    }
    let can = |v: Option<&Variant>| lacks.is_none() || v.map(|v| &v.slug) == lesson.without_network.as_ref();
    let all = own.chain(variants).filter(|(_, v)| can(*v));
    all.map(|(name, v)| (name, Script::of_lesson(lesson, v))).collect()
}

#[test]
fn every_file_of_the_course_is_a_lesson() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/lessons");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| Some(name.split_once('-')?.1.strip_suffix(".toml")?.to_owned()))
        .collect();
    let mut names: Vec<String> = builtin().iter().map(|l| l.slug.clone()).collect();
    files.sort();
    names.sort();
    assert_eq!(names, files);
    assert!(names.len() >= 19, "{} lessons", names.len());
}

#[test]
fn every_lesson_does_on_the_kernel_what_it_says() {
    each(|lesson| stories(lesson).into_iter().take(1).for_each(|(name, story)| play(&name, story)));
}

#[test]
fn so_does_every_variant() {
    each(|lesson| {
        assert!(!lesson.variants.is_empty(), "{} has no variant", lesson.slug);
        stories(lesson).into_iter().skip(1).for_each(|(name, story)| play(&name, story));
    });
}

/// A way to reach each task in the fewest calls.
const SOLUTIONS: &[(&str, &[&str])] = &[
    (
        "one-pipe",
        &[
            "parent: pipe()",
            "parent: write(4, \"hi\")",
            "parent: close(4)",
            "parent: fork(child)",
            "child: read(3, 64)",
            "child: read(3, 64)",
        ],
    ),
    ("lowest-fd", &["parent: close(0)", "parent: pipe()"]),
    ("pipe-to-self", &["parent: read(3, 3)"]),
    (
        "fork-copies-the-table",
        &["parent: pipe()", "parent: fork(a)", "parent: fork(b)", "parent: close(3)", "parent: close(4)"],
    ),
    ("clean-eof", &["parent: close(4)", "child: read(3, 64)", "child: read(3, 64)"]),
    ("no-eof", &["child: close(4)", "child: read(3, 64)"]),
    ("unread-data-survives", &["parent: read(3, 64)", "parent: read(3, 64)", "parent: wait()"]),
    ("two-way", &["worker: write(6, \"4\")", "parent: read(5, 64)"]),
    ("broken-pipe", &["child: signal(SIGPIPE, ignore)", "child: write(4, \"x\")"]),
    ("full-pipe", &["child: read(3, 4096)"]),
    ("wait-before-read", &["parent: read(3, 70000)", "child: exit(0)", "parent: wait()"]),
    ("two-readers", &["a: read(3, 2)", "b: read(3, 2)", "a: read(3, 2)"]),
    ("shell-pipeline", &["shell: close(4)", "shell: wait()", "shell: wait()"]),
    ("leaked-to-a-sibling", &["second: close(4)"]),
    ("close-on-exec", &["parent: write(6, \"ping\")", "parent: read(3, 64)", "parent: close(6)"]),
    ("stdio-twice", &["child: _exit(0)", "printer: exit(0)"]),
    ("fifo", &["writer: open(\"talk\", O_WRONLY)", "writer: close(3)", "reader: read(3, 64)"]),
    (
        "socketpair",
        &["parent: shutdown(3, SHUT_WR)", "child: read(4, 64)", "child: write(4, \"bye\")", "parent: read(3, 64)"],
    ),
    ("message-boundaries", &["parent: send(3, \"WX\")", "parent: recv(4, 1)"]),
    ("python-pipe", &["parent: close(3)", "child: read(4, 4)"]),
    (
        "unix-server",
        &["client: connect(3, unix:srv)", "client: write(3, \"yes\")", "server: accept(3)", "server: read(4, 64)"],
    ),
    ("pass-a-descriptor", &["parent: sendmsg(3, \"x\", rights=[0])", "child: recvmsg(4, 16)"]),
    ("tcp", &["server: shutdown(4, SHUT_WR)", "client: read(3, 64)"]),
    ("udp", &["sender: sendto(3, \"abc\", addr(receiver.3))", "receiver: recv(3, 2)"]),
    (
        "multicast",
        &[
            "bob: setsockopt(3, IP_ADD_MEMBERSHIP, 239.1.2.3, 127.0.0.1)",
            "sender: sendto(3, \"hi\", 239.1.2.3:port(ann.3))",
        ],
    ),
    (
        "two-machines",
        &[
            "right: addr_add(\"eth0\", 10.0.0.2/24)",
            "right: connect(4, 10.0.0.1:port(left.3))",
            "right: write(4, \"yes\")",
            "left: accept(3)",
            "left: read(5, 64)",
        ],
    ),
    ("shared-memory", &["a: increment(m1, 0, 300000)", "b: increment(m1, 0, 300000)"]),
    ("message-queue", &["parent: mq_send(3, \"first\", 10)", "parent: mq_receive(3, 32)"]),
    ("pipes-or-sockets", &["stranger: write(3, \"ABCD\")", "parent: recv(5, 2)", "parent: recv(5, 2)"]),
];

#[test]
fn every_task_can_be_done_in_its_fewest_calls_and_not_sooner() {
    each(|lesson| {
        let Some(goal) = &lesson.goal else { return };
        let slug = lesson.slug.as_str();
        if let Some(why) = needs::lacks(lesson) {
            eprintln!("SKIPPED the task of {slug}: {why}");
            return;
        }
        let (_, solution) = SOLUTIONS.iter().find(|(name, _)| *name == slug).unwrap_or_else(|| panic!("{slug}"));
        assert_eq!(solution.len(), goal.best as usize, "{slug}");
        assert!(!goal.hints.is_empty(), "{slug} gives no hint");
        let mut session = story::session(Script::to_task(lesson, goal));
        session.jump(goal.start.len()).unwrap();
        let start = session.history().len() - 1;
        for (made, call) in solution.iter().enumerate() {
            let terminal = session.terminal().to_vec();
            assert!(
                !task::reached(goal, &session.history()[start..], &terminal),
                "{slug} is reached after {made} calls"
            );
            session.free(parse_directed(call, None).unwrap()).unwrap_or_else(|e| panic!("{slug}: {call}: {e}"));
        }
        // Programs end when they please.
        common::until(|| {
            session.notice();
            let terminal = session.terminal().to_vec();
            task::reached(goal, &session.history()[start..], &terminal)
        });
        assert_eq!(task::calls(&session.history()[start..]), solution.len());
    });
}

#[test]
fn every_lesson_asks_and_ends_with_nobody_left_unexplained() {
    each(|lesson| {
        assert!(lesson.steps.iter().any(|s| s.predict.is_some()), "{} asks nothing", lesson.slug);
        assert!((5..=22).contains(&lesson.steps.len()), "{} has {} steps", lesson.slug, lesson.steps.len());
        assert!(lesson.steps.iter().all(|s| !s.say.is_empty()), "{}: a step says nothing", lesson.slug);
    });
}

/// `cargo test --release --test course -- --ignored`, while the machine is busy with something else.
#[test]
#[ignore = "takes minutes"]
fn a_hundred_plays_of_each_lesson_and_variant_are_alike() {
    for round in 1..=100 {
        each(|lesson| {
            stories(lesson).into_iter().for_each(|(name, story)| play(&format!("{name}, round {round}"), story));
        });
    }
}
