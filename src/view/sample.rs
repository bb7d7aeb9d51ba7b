//! Moments of the lesson one-pipe, made by hand, for the tests of this floor.
#![allow(missing_docs, reason = "for tests only")]

use super::{Glyphs, LessonRow, Say, Scene, Terminal, Theme, Ui};
use crate::engine::tape::{TapeKind, TapeLine};
use crate::engine::{Cause, Moment};
use crate::explain::{Finding, Severity};
use crate::lesson::{Answer, Lesson, Listing, Prediction};
use crate::notation::{Call, Directed};
use crate::world::*;
use ratatui::{buffer::Buffer, layout::Rect};

pub const PIPE: &str = "pipe:[9751]";

fn fd(number: FdNumber, access: Access) -> Fd {
    let target = if number < 3 { Target::Terminal } else { Target::Object(ObjectId(PIPE.into())) };
    let origin = (number > 2).then(|| Origin { step: 1, call: "pipe()".into(), inherited: Vec::new() });
    Fd { number, target, access, cloexec: false, nonblock: false, origin }
}

fn process(name: &str, pid: Pid, state: State, ends: &[FdNumber]) -> Process {
    let mut fds: Vec<Fd> = (0..3).map(|n| fd(n, Access::ReadWrite)).collect();
    fds.extend(ends.iter().map(|n| fd(*n, if *n == 3 { Access::Read } else { Access::Write })));
    Process {
        name: name.into(),
        pid,
        ppid: 1,
        program: None,
        state,
        fds,
        fds_unreadable: None,
        stdout: None,
        space: crate::world::Space::default(),
        threads: Vec::new(),
    }
}

fn moment(step: usize, processes: Vec<Process>) -> Moment {
    let holders = processes.iter().flat_map(|p| {
        p.fds.iter().filter(|f| f.number > 2).map(|f| Holder {
            process: p.name.clone(),
            pid: p.pid,
            fd: f.number,
            access: f.access,
            outside: false,
        })
    });
    let pipe = Object {
        id: ObjectId(PIPE.into()),
        kind: ObjectKind::Pipe,
        inode: 9751,
        bytes: Known::Yes(0),
        capacity: Known::Yes(65536),
        contents: Known::Yes(Contents::default()),
        socket: None,
        holders: holders.collect(),
        body: crate::world::Body::default(),
    };
    let objects = if pipe.holders.is_empty() { Vec::new() } else { vec![pipe] };
    Moment::bare(step, Cause::Script(step), World { processes, objects, ..World::default() })
}

/// After the fork: both hold both ends.
pub fn forked() -> Moment {
    moment(2, vec![process("parent", 4242, State::Idle, &[3, 4]), process("child", 4243, State::Idle, &[3, 4])])
}

/// The child waits for an end that its own write end withholds.
pub fn stuck() -> Moment {
    let state = State::Blocked(BlockedIn {
        call: "read".into(),
        fd: Some(3),
        child: None,
        path: None,
        count: Some(64),
        opens: None,
    });
    let mut m = moment(7, vec![process("parent", 4242, State::Idle, &[]), process("child", 4243, state, &[3, 4])]);
    let world = std::mem::take(&mut m.world);
    m.changes = diff(&forked().world, &world);
    m.world = world;
    let finding = |rule: &str, severity, text: &str, fix: &str| Finding {
        rule: rule.into(),
        severity,
        process: "child".into(),
        fd: Some(3),
        object: Some(PIPE.into()),
        holders: Vec::new(),
        text: text.into(),
        fix: fix.into(),
        long: vec![
            "child fd 4 is a write end: made by pipe() in step 1, inherited from parent at the fork in step 2.".into(),
        ],
    };
    m.findings = vec![
        finding(
            "eof-withheld",
            Severity::Stuck,
            "child waits in read(3) for bytes or end of file. The pipe is empty, and the only write end open is child's own fd 4, inherited at fork (step 2).",
            "child: close(4)",
        ),
        finding("unused-end", Severity::Warning, "child holds a write end that it never used.", "child: close(4)"),
    ];
    m
}

pub fn tape() -> Vec<TapeLine> {
    let line = |step, kind, process: &str, text: &str| TapeLine {
        step,
        kind,
        process: Some(process.into()),
        from: None,
        object: (kind != TapeKind::Death).then(|| ObjectId(PIPE.into())),
        text: text.into(),
    };
    vec![
        line(1, TapeKind::Call, "parent", "pipe() = [3, 4]"),
        line(2, TapeKind::Call, "parent", "fork() = 4243 (child)"),
        line(4, TapeKind::Call, "parent", "write(4, \"hello\", 5) = 5"),
        line(4, TapeKind::Data, "parent", "parent 4 -> pipe:[9751]  \"hello\""),
        line(5, TapeKind::Resumed, "child", "read(3, \"hello\", 64) = 5"),
        line(5, TapeKind::Data, "child", "parent 4 -> pipe:[9751] -> child 3  \"hello\""),
        line(6, TapeKind::Error, "parent", "write(4, \"x\", 1) = -1 EPIPE (Broken pipe)"),
        line(6, TapeKind::Death, "parent", "+++ killed by SIGPIPE +++"),
        line(6, TapeKind::Eof, "child", "read(3, \"\", 64) = 0  EOF"),
        line(7, TapeKind::Blocked, "child", "read(3, ...  blocked"),
    ]
}

pub fn ask() -> Prediction {
    let answer = |text: &str, why: &str| Answer { text: text.into(), when: Vec::new(), why: why.into() };
    Prediction {
        question: "What does the last read return?".into(),
        options: vec![
            answer("0", "no write end is open any more: end of file."),
            answer("it blocks", "it would, were a write end open."),
            answer("-1", "end of file is no error."),
        ],
    }
}

/// In a trace: the child waits for a message of a type that no message in the queue has.
pub fn posted() -> Moment {
    let call = BlockedIn { call: "msgrcv".into(), fd: None, child: None, path: None, count: None, opens: None };
    let processes = [("send[4242]", 4242, State::Running), ("recv[4243]", 4243, State::Blocked(call))];
    let user = |n: usize, puts| {
        let (name, pid, _) = &processes[n];
        User { process: (*name).into(), pid: *pid, puts, takes: 0, sets: 0, ended: false }
    };
    let mut queue = Object::system_v(ObjectKind::PostQueue, 40);
    (queue.bytes, queue.capacity) = (Known::Yes(5), Known::Yes(16384));
    let post = Post { kind: 1, head: b"hello".to_vec(), length: 5, from: "send[4242]".into() };
    let wants = Wants::Message(2, false);
    let sleeper = Sleeper { process: "recv[4243]".into(), pid: 4243, thread: 4243, wants, served: false };
    if let Body::PostQueue(body) = &mut queue.body {
        (body.key, body.messages, body.waiting) = (Known::Yes(0x1234), Known::Yes(1), Known::Yes(vec![post]));
        let (users, sleepers) = (vec![user(0, 1), user(1, 0)], vec![sleeper]);
        body.usage = Usage { made_by: Some("send[4242]".into()), users, more_ended: 0, sleepers };
    }
    let mut m = moment(6, processes.map(|(name, pid, state)| process(name, pid, state, &[])).into());
    m.world.objects = vec![queue];
    m.findings = crate::explain::findings(&m.world);
    m
}

/// Everything that a scene refers to.
pub struct Stand {
    pub lesson: Lesson,
    pub listing: Listing,
    pub moment: Moment,
    pub before: Moment,
    pub next: Directed,
    pub tape: Vec<TapeLine>,
    pub terminal: Vec<String>,
    pub lessons: Vec<LessonRow>,
    pub ui: Ui,
}

impl Stand {
    pub fn new() -> Stand {
        let mut ui = Ui::new(Theme::dark(), Glyphs::UNICODE);
        ui.selection.process = Some("parent".into());
        ui.selection.fd = Some(3);
        let row = |n: u32, slug: &str, title: &str| LessonRow {
            number: Some(n),
            slug: slug.into(),
            title: title.into(),
            summary: format!("{title}, step by step."),
            learn: vec!["What one knows afterwards.".into()],
            done: n == 1,
            step: 0,
        };
        let lessons = vec![
            row(1, "one-pipe", "The three steps of building a pipe"),
            row(6, "no-eof", "The end that never comes"),
        ];
        let text = "int p[2];\npipe(p);\nif (fork() == 0) {\n    char buf[64];\n    ssize_t n;\n    while ((n = read(p[0], buf, 64)) > 0)\n        write(1, buf, n);\n    /* close(p[1]) is missing */\n    _exit(0);\n}\n";
        let listing = Listing { language: "c".into(), file: "no_eof.c".into(), text: text.into() };
        let lesson = Lesson {
            slug: "no-eof".into(),
            number: Some(6),
            title: "The end that never comes".into(),
            code: vec![listing.clone()],
            ..Lesson::default()
        };
        let next = Directed { process: "child".into(), call: Call::Close { fd: 4 } };
        Stand {
            lesson,
            listing,
            moment: stuck(),
            before: forked(),
            next,
            tape: tape(),
            terminal: Vec::new(),
            lessons,
            ui,
        }
    }

    pub fn scene(&self) -> Scene<'_> {
        Scene {
            lesson: Some(&self.lesson),
            title: "",
            variant: None,
            moment: &self.moment,
            before: Some(&self.before),
            live: true,
            progress: (7, 9),
            next: Some(&self.next),
            off_script: false,
            say: Say::Sentence("The parent has closed its write end. Is that enough for the child to see the end?"),
            tape: &self.tape,
            terminal: Terminal { lines: &self.terminal, ..Terminal::default() },
            code: Some((&self.listing, Some((6, 7)))),
            code_near: None,
            coloured: None,
            in_task: false,
            playing: false,
            lessons: &self.lessons,
            notice: None,
            recorded: None,
            ui: &self.ui,
        }
    }
}

/// The screen as text.
pub fn shot(scene: &Scene, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    super::draw(scene, area, &mut buf);
    let mut out = String::new();
    for y in 0..height {
        let line: String = (0..width).map(|x| buf[(x, y)].symbol()).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
