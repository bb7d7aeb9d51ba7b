//! Every program of the course, as it is shown: compiled without a warning, run, and held against its lesson.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
#[path = "programs/group.rs"]
mod group;

use group::{Group, until_said};
use pipescope::lesson::{Lesson, LessonStep, Listing, builtin};
use pipescope::notation::Call;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a program ends.
enum End {
    /// With the exit code 0, having said these lines. `*` stands for what may differ from run to run.
    Says(&'static [&'static str]),
    /// The same, the lines in any order.
    SaysInAnyOrder(&'static [&'static str]),
    /// Never: it has said these lines, and its processes sleep in these calls.
    Hangs(&'static [&'static str], &'static [&'static str]),
    /// It is run several times at once: a test of its own.
    Meets,
}

/// What the lessons say, for C and Python alike.
const ENDS: &[(&str, End)] = &[
    ("one-pipe", End::Says(&["got hello", "read returned 0"])),
    ("lowest-fd", End::Says(&["pipe: 3 4", "pipe: 3 5", "dup: 4", "dup: 0", "42 is not open", "dup2: 9"])),
    (
        "pipe-to-self",
        End::Says(&[
            "read he",
            "read llo!!",
            "write: Bad file descriptor",
            "read: Bad file descriptor",
            "read returned 0",
        ]),
    ),
    ("fork-copies-the-table", End::Says(&["child: from", "parent: parent"])),
    ("clean-eof", End::Says(&["read returned 5", "read returned 0", "read returned 0"])),
    ("no-eof", End::Hangs(&["read returned 5"], &["read 3", "wait"])),
    ("unread-data-survives", End::Says(&["read bye", "read returned 0", "exit 7", "wait: No child processes"])),
    ("two-way", End::Says(&["heard 2+2?", "heard 4"])),
    ("broken-pipe", End::Says(&["signal 13"])),
    ("full-pipe", End::Says(&["room for 65536", "read 65537 bytes"])),
    ("wait-before-read", End::Hangs(&[], &["wait", "write 4"])),
    ("two-readers", End::SaysInAnyOrder(&["*: abc", "*: def", "*: x"])),
    (
        "non-blocking",
        End::Says(&["flags 2048", "read 2", "read: Resource temporarily unavailable", "read 0", "flags 0"]),
    ),
    ("atomic-writes", End::Says(&["4097: * torn", "4096: 0 torn"])),
    ("shell-pipeline", End::Says(&["2"])),
    ("leaked-to-a-sibling", End::Says(&["second: close", "first: end of file"])),
    ("close-on-exec", End::Says(&["read hello", "read returned 0"])),
    ("stdio-twice", End::Says(&["read 12: hello", "hello", "read returned 0"])),
    ("fifo", End::Meets),
    ("socketpair", End::Says(&["child ping", "parent pong", "child read 0", "parent bye", "parent read 0"])),
    (
        "message-boundaries",
        End::Says(&[
            "ABCD",
            "AB",
            "C",
            "recv: Resource temporarily unavailable",
            "recv: Resource temporarily unavailable",
            "EF",
            "0",
        ]),
    ),
    ("python-pipe", End::Says(&["child got hi", "parent got 42", "end of file"])),
    ("unix-server", End::Says(&["connect: Connection refused", "read hi", "read 0", "bind: Address already in use"])),
    ("pass-a-descriptor", End::Says(&["child has 3", "read hi", "read 0"])),
    ("tcp", End::Says(&["read hello", "read 0"])),
    ("udp", End::Says(&["sent 1", "got one", "got tw", "send: Connection refused"])),
    ("multicast", End::Says(&["the second got one"])),
    ("two-machines", End::Says(&["127.0.0.1: Connection refused", "10.0.0.1: connected", "read hi"])),
    ("shared-memory", End::Says(&["0 and 99", "*"])),
    ("message-queue", End::Says(&["receive: Message too long", "9 urgent", "1 low", "1 later", "0 wake", "0 last"])),
    ("pipes-or-sockets", End::Says(&["pipe ABCD", "TCP ABCD"])),
];

/// The steps that no line of the program makes: a person, a stranger, the stage or the interpreter does.
const UNMARKED: &[(&str, &str)] = &[
    ("no-eof", "kill"),
    ("wait-before-read", "helper"),
    ("wait-before-read", "kill"),
    ("atomic-writes", "fill"),
    ("fifo", "writer"),
    ("python-pipe", "child-exits"),
    ("unix-server", "client"),
    ("tcp", "client"),
    ("udp", "receiver"),
    ("multicast", "bob"),
    ("multicast", "cat"),
    ("multicast", "sender"),
    ("shared-memory", "wake"),
    ("message-queue", "worker"),
    ("pipes-or-sockets", "pipe-back"),
    ("pipes-or-sockets", "stranger"),
    ("pipes-or-sockets", "stranger-pipe"),
    ("pipes-or-sockets", "name"),
];

/// What a pane beside the messages has room for, in columns, on a screen of 120; and lines enough to be seen whole.
const WIDEST: usize = 44;
const LONGEST: usize = 33;
/// What cannot be done in so few: a network takes many calls.
const LONGER: &[(&str, usize)] = &[("two_machines.c", 62), ("two_machines.py", 53), ("python_pipe_steps.py", 53)];

/// A folder for one test, taken away when it is over.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("pipescope-programs-{test}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Said where nobody captures it: a test that was skipped must not look like one that passed.
fn skip(test: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {why}");
}

/// What the lesson does cannot be done here, at least not by its programs.
fn lacks(test: &str, lesson: &Lesson) -> bool {
    if lesson.without_network.is_none() {
        return false;
    }
    let ip = || match Command::new("ip").arg("-V").output() {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err("there is no ip(8)".to_owned()),
    };
    let had = pipescope::observe::namespaces::allowed().and_then(|()| ip());
    had.inspect_err(|why| skip(&format!("{test}, {}", lesson.slug), why)).is_err()
}

fn has_cc() -> bool {
    Command::new("cc").arg("--version").output().is_ok_and(|o| o.status.success())
}

/// The interpreter itself, not a script in front of it.
fn python() -> Option<String> {
    let ask = "import sys; assert sys.version_info >= (3, 10); print(sys.executable)";
    let output = Command::new("python3").args(["-c", ask]).output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

fn listing<'a>(lesson: &'a Lesson, language: &str) -> &'a Listing {
    lesson.code.iter().find(|l| l.language == language).unwrap_or_else(|| panic!("{}: no {language}", lesson.slug))
}

/// Write out what is shown, and compile it: as a house would, and as somebody would who has just saved it.
fn compiled(lesson: &Lesson, dir: &Path) -> PathBuf {
    let shown = listing(lesson, "c");
    let (source, program) = (dir.join(&shown.file), dir.join(&lesson.slug));
    std::fs::write(&source, &shown.text).unwrap();
    for flags in [&[][..], &["-std=c17", "-D_GNU_SOURCE"]] {
        let mut cc = Command::new("cc");
        cc.args(flags).args(["-Wall", "-Wextra", "-Werror", "-o"]).arg(&program).arg(&source);
        let output = cc.output().unwrap();
        assert!(output.status.success(), "{cc:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    program
}

/// Makes ready the program of a lesson in a folder, and says how it is run.
type Runner = Box<dyn Fn(&Lesson, &Path) -> Command>;

/// How to run the programs of a language, or nothing where the language is missing here.
fn runner(test: &str, language: &str) -> Option<Runner> {
    if language == "c" {
        if !has_cc() {
            skip(test, "there is no C compiler (cc)");
            return None;
        }
        return Some(Box::new(|lesson, dir| Command::new(compiled(lesson, dir))));
    }
    let Some(python) = python() else {
        skip(test, "there is no python3, 3.10 or newer");
        return None;
    };
    Some(Box::new(move |lesson, dir| {
        let shown = listing(lesson, "python");
        std::fs::write(dir.join(&shown.file), &shown.text).unwrap();
        let mut command = Command::new(&python);
        command.arg(&shown.file);
        command
    }))
}

fn matches(expected: &str, said: &str) -> bool {
    match expected.split_once('*') {
        Some((before, after)) => said.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).is_some(),
        None => expected == said,
    }
}

fn said_in_order(what: &str, expected: &[&str], said: &str) {
    let lines: Vec<&str> = said.lines().collect();
    let same = lines.len() == expected.len() && expected.iter().zip(&lines).all(|(e, l)| matches(e, l));
    assert!(same, "{what} said {lines:?}, not {expected:?}");
}

fn said_in_any_order(what: &str, expected: &[&str], said: &str) {
    let mut left: Vec<&str> = said.lines().collect();
    for line in expected {
        let at = left.iter().position(|l| matches(line, l));
        left.remove(at.unwrap_or_else(|| panic!("{what} did not say {line}: {said:?}")));
    }
    assert!(left.is_empty(), "{what} said {left:?} besides");
}

fn each_ends_as_its_lesson_says(test: &str, language: &str) {
    let Some(run) = runner(test, language) else { return };
    let folder = Folder::new(test);
    for lesson in builtin() {
        let what = format!("{} in {language}", lesson.slug);
        let (_, end) = ENDS.iter().find(|(slug, _)| *slug == lesson.slug).unwrap();
        if matches!(end, End::Meets) || lacks(test, lesson) {
            continue;
        }
        if lesson.slug == "message-queue" && !common::has_queues() {
            skip(&what, "this system has no message queues for us");
            continue;
        }
        let mut group = Group::start(&run(lesson, &folder.0), &folder.0, "output");
        match end {
            End::Hangs(says, calls) => {
                group.hangs_in(calls);
                said_in_order(&what, says, &group.says());
            }
            End::Says(says) => {
                assert_eq!(group.end(), 0, "{what}: {}", group.says());
                said_in_order(&what, says, &group.says());
            }
            End::SaysInAnyOrder(says) => {
                assert_eq!(group.end(), 0, "{what}: {}", group.says());
                said_in_any_order(&what, says, &group.says());
            }
            End::Meets => {}
        }
    }
}

#[test]
fn each_c_program_ends_as_its_lesson_says() {
    each_ends_as_its_lesson_says("c", "c");
}

#[test]
fn each_python_program_ends_as_its_lesson_says() {
    each_ends_as_its_lesson_says("python", "python");
}

#[test]
fn strangers_meet_at_a_fifo() {
    let lesson = builtin().iter().find(|l| l.slug == "fifo").unwrap();
    for language in ["c", "python"] {
        let Some(run) = runner("fifo", language) else { continue };
        let folder = Folder::new(&format!("fifo-{language}"));
        let dir = &folder.0;
        let command = run(lesson, dir);
        let another = |word: &str| {
            let mut again = Command::new(command.get_program());
            again.args(command.get_args()).arg(word);
            Group::start(&again, dir, word)
        };
        let mut reader = Group::start(&command, dir, "reader");
        // There is nobody at the other end.
        reader.hangs_in(&["open"]);
        assert_eq!(another("hi").end(), 0);
        until_said(&reader, "read returned 0");
        reader.hangs_in(&["open"]);
        assert_eq!(another("again").end(), 0);
        assert_eq!(reader.end(), 0);
        said_in_order(language, &["read hi", "read returned 0", "read again"], &reader.says());
        let mut late = another("late");
        assert_eq!(late.end(), 1);
        assert!(late.says().contains("No such file or directory"), "{language}: {}", late.says());
    }
}

/// What the lesson's calls send is what the interpreter here sends, for both kinds of Pipe.
#[test]
fn python_sends_what_the_lesson_says() {
    let Some(python) = python() else { return skip("python_sends", "there is no python3, 3.10 or newer") };
    let lesson = builtin().iter().find(|l| l.slug == "python-pipe").unwrap();
    let sent = |id: &str| {
        let step = lesson.steps.iter().find(|s| s.id.as_deref() == Some(id)).unwrap();
        let Call::Write { data, .. } = &step.call.call else { panic!("{id} is no write") };
        data.unit.clone()
    };
    for (duplex, value, id) in [("True", "'hi'", "send-hi"), ("True", "42", "send-42"), ("False", "42", "send-42")] {
        let ask = format!(
            "import os; from multiprocessing import Pipe; r, w = Pipe({duplex}); w.send({value}); \
             os.write(1, os.read(r.fileno(), 99))"
        );
        let mut said = Command::new(&python).args(["-c", &ask]).output().unwrap().stdout;
        // The byte after PROTO is the protocol's number, which newer ones have raised without another difference.
        let at = said.iter().position(|b| *b == 0x80).unwrap() + 1;
        assert!((4..=5).contains(&said[at]), "{said:?}");
        said[at] = 4;
        assert_eq!(said, sent(id), "Pipe({duplex}), send({value})");
    }
}

#[test]
fn the_program_of_the_article_receives_all_and_ends() {
    let Some(python) = python() else { return skip("article", "there is no python3, 3.10 or newer") };
    let folder = Folder::new("article");
    let file = "python_pipe_article.py";
    std::fs::write(folder.0.join(file), pipescope::lesson::program(file).unwrap()).unwrap();
    let mut group = Group::start(Command::new(&python).arg(file), &folder.0, "output");
    assert_eq!(group.end(), 0, "{}", group.says());
    said_in_order(file, &["received 1000"], &group.says());
}

#[test]
fn every_lesson_has_a_program_in_c_and_in_python() {
    for lesson in builtin() {
        let stem = lesson.slug.replace('-', "_");
        for (language, extension) in [("c", "c"), ("python", "py")] {
            let shown = listing(lesson, language);
            assert_eq!(shown.file, format!("{stem}.{extension}"));
            let path = format!("{}/assets/programs/{}", env!("CARGO_MANIFEST_DIR"), shown.file);
            assert_eq!(std::fs::read_to_string(path).unwrap(), shown.text);
        }
        assert_eq!(lesson.code.len(), 2, "{}", lesson.slug);
    }
    let slugs: Vec<&str> = builtin().iter().map(|l| l.slug.as_str()).collect();
    assert_eq!(slugs, ENDS.iter().map(|(slug, _)| *slug).collect::<Vec<_>>());
}

#[test]
fn programs_fit_beside_the_stage() {
    let variants = builtin().iter().flat_map(|l| &l.variants).flat_map(|v| &v.code);
    for shown in builtin().iter().flat_map(|l| &l.code).chain(variants) {
        let lines: Vec<&str> = shown.text.lines().collect();
        let longest = LONGER.iter().find(|(file, _)| *file == shown.file).map_or(LONGEST, |(_, lines)| *lines);
        assert!(lines.len() <= longest, "{} has {} lines", shown.file, lines.len());
        for (index, line) in lines.iter().enumerate() {
            assert!(line.chars().count() <= WIDEST, "{}:{} is too wide", shown.file, index + 1);
            assert!(!line.contains('\t') && line.trim_end() == *line, "{}:{} has blanks", shown.file, index + 1);
        }
    }
}

/// The words by which a line is known to make a call.
fn words(call: &str) -> &'static [&'static str] {
    match call {
        "pipe" | "pipe2" => &["pipe(", "pipe2(", ".Pipe("],
        "fork" => &["fork()", ".start()"],
        "close" => &["close("],
        "dup" => &["dup("],
        "dup2" => &["dup2("],
        "read" => &["read(", ".recv_bytes(", ".recv("],
        "write" => &["write(", ".send_bytes(", ".send("],
        "open" => &["open("],
        "mkfifo" => &["mkfifo("],
        "unlink" => &["unlink("],
        "fcntl" => &["fcntl("],
        "wait" => &["wait(", ".join()"],
        "exec" => &["exec"],
        "exit" | "_exit" => &["exit("],
        // A person types, and the program goes on: with whatever line.
        "type" => &[""],
        "printf" => &["printf(", "print("],
        "fflush" => &["flush("],
        "socketpair" => &["socketpair(", ".Pipe("],
        "socket" => &["socket("],
        "bind" => &["bind(", "create_server("],
        "listen" => &["listen("],
        "connect" => &["connect("],
        "accept" => &["accept("],
        "shutdown" => &["shutdown("],
        "send" => &["send("],
        "recv" => &["recv("],
        "sendto" => &["sendto("],
        "recvfrom" => &["recvfrom("],
        "memfd_create" => &["memfd_create("],
        "ftruncate" => &["ftruncate("],
        "mmap" => &["mmap("],
        "load" => &["print(", "printf("],
        "store" => &["] = "],
        "increment" => &["++", "+= 1"],
        "mq_open" => &["mq_open("],
        "mq_send" => &["mq_send("],
        "mq_receive" => &["receive("],
        "mq_unlink" => &["mq_unlink("],
        "sendmsg" => &["sendmsg(", "send_fds("],
        "recvmsg" => &["recvmsg(", "recv_fds("],
        "unshare" => &["unshare(", "SYS_unshare"],
        "link_add" => &["ip link add"],
        "link_set" => &["ip link set"],
        "addr_add" => &["ip addr add"],
        "setsockopt" => &["setsockopt(", "SET("],
        _ => &[],
    }
}

fn marked(step: &LessonStep, shown: &Listing) -> Option<String> {
    let (first, last) = *step.marks.get(&shown.language)?;
    let count = (last - first + 1) as usize;
    Some(shown.text.lines().skip(first as usize - 1).take(count).collect::<Vec<_>>().join("\n"))
}

#[test]
fn the_marked_lines_make_the_call_of_the_step() {
    for lesson in builtin() {
        let stories = std::iter::once((&lesson.steps, None));
        let stories = stories.chain(lesson.variants.iter().enumerate().map(|(index, v)| (&v.steps, Some(index))));
        let all = stories.flat_map(|(steps, v)| steps.iter().map(move |s| (s, lesson.code_of(v))));
        for (step, shown) in all.flat_map(|(s, code)| code.iter().map(move |l| (s, l))) {
            let Some(text) = marked(step, shown) else { continue };
            let name = step.call.call.name();
            let known = words(name).iter().any(|word| text.contains(word));
            assert!(known, "{} {:?}: {name} is not made by\n{text}\nin {}", lesson.slug, step.id, shown.file);
        }
    }
}

#[test]
fn every_step_is_marked_in_both_languages() {
    let mut unmarked: Vec<(&str, &str)> = Vec::new();
    for lesson in builtin() {
        for step in &lesson.steps {
            let id = step.id.as_deref().unwrap();
            match lesson.code.iter().filter(|l| step.marks.contains_key(&l.language)).count() {
                0 => unmarked.push((&lesson.slug, id)),
                2 => {}
                _ => panic!("{} {id} is marked in one language only", lesson.slug),
            }
        }
    }
    assert_eq!(unmarked, UNMARKED);
}

/// A variant that a Python program plays shows that very program, not another one.
#[test]
fn what_a_variant_runs_is_what_it_shows() {
    let mut found = 0;
    for (lesson, variant) in builtin().iter().flat_map(|l| l.variants.iter().map(move |v| (l, v))) {
        for step in &variant.steps {
            let Call::Exec { argv } = &step.call.call else { continue };
            let Some(file) = argv.get(1).filter(|file| file.ends_with(".py")) else { continue };
            let shown: Vec<&str> = variant.code.iter().map(|l| l.file.as_str()).collect();
            assert_eq!(shown, [file.as_str()], "{} {}", lesson.slug, variant.slug);
            found += 1;
        }
    }
    assert_eq!(found, 3);
}
