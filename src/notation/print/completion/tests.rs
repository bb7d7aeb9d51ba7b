use super::super::super::{Call, Measured, parse_directed};
use super::*;
use crate::world::MapName;

fn call(text: &str) -> Option<Call> {
    (!text.is_empty()).then(|| parse_directed(text, Some("parent")).unwrap().call)
}

fn line(text: &str, outcome: Outcome, detail: Detail) -> String {
    show_completion(&Completion { process: "parent".into(), call: call(text), outcome, detail })
}

fn blocked(call: &str, fd: Option<i32>) -> Outcome {
    Outcome::Blocked(BlockedIn { call: call.into(), fd, child: None, path: None, count: None, opens: None })
}

fn child(death: Death) -> Detail {
    Detail::Waited(Some("child".into()), 4243, death)
}

fn data(bytes: &[u8]) -> Detail {
    Detail::Data(bytes.to_vec())
}

#[test]
fn calls_that_returned() {
    use Outcome::Returned;
    let none = || Detail::None;
    let long = "0123456789abcdefghijklmnopqrstuvwxyz";
    let write_long = format!("write(4, \"{long}\")");
    let table = [
        (line("pipe()", Returned(0), Detail::Pair(3, 4)), "pipe([3, 4]) = 0"),
        (line("pipe2(O_CLOEXEC)", Returned(0), Detail::Pair(3, 4)), "pipe2([3, 4], O_CLOEXEC) = 0"),
        (line("fork()", Returned(4243), Detail::Child("child".into(), 4243)), "fork() = 4243  child"),
        (line("fork(child)", Returned(4243), Detail::Child("child".into(), 4243)), "fork() = 4243  child"),
        (line("fork(child)", Returned(4243), none()), "fork(child) = 4243"),
        (line("start(b)", Returned(4243), none()), "start(b) = 4243"),
        (line("close(4)", Returned(0), none()), "close(4) = 0"),
        (line("dup2(4, 1)", Returned(1), none()), "dup2(4, 1) = 1"),
        (line("read(3, 64)", Returned(5), data(b"hello")), "read(3, \"hello\", 64) = 5"),
        (line("read(3, 64)", Returned(0), data(b"")), "read(3, \"\", 64) = 0  EOF"),
        (line("read(3, 64)", Returned(0), none()), "read(3, \"\", 64) = 0  EOF"),
        (line("read(3, 0)", Returned(0), none()), "read(3, \"\", 0) = 0"),
        (line("read(3, 64)", Returned(5), none()), "read(3, 64) = 5"),
        (
            line("mmap(4096, PROT_READ, MAP_SHARED, 3)", Returned(0x7f00_0000_1000), Detail::Mapped(MapName(1))),
            "mmap(4096, PROT_READ, MAP_SHARED, 3) = 0x7f0000001000  m1",
        ),
        (line("load(m1, 0)", Returned(7), none()), "load(m1, 0) = 7"),
        (line("mq_send(3, \"hello\", 9)", Returned(0), none()), "mq_send(3, \"hello\", 5, 9) = 0"),
        (
            line("mq_receive(3, 16)", Returned(5), Detail::Message(b"hello".to_vec(), 9)),
            "mq_receive(3, \"hello\", 16) = 5  priority 9",
        ),
        (
            line("mq_getattr(3)", Returned(0), Detail::QueueState { messages: 1, most: 3, size: 16 }),
            "mq_getattr(3) = 0  1 of 3 messages, each of at most 16 bytes",
        ),
        (
            line(
                "round_trips(4, 5, 9)",
                Returned(9),
                Detail::Measured(Measured::Rounds { low: 4900, median: 5149, high: 8051 }),
            ),
            "round_trips(4, 5, 9) = 9  a round: median 5.1 us, half of them 4.9 to 8.1 us",
        ),
        (
            line("drain(3, 90)", Returned(90), Detail::Measured(Measured::Flow { bytes: 80, nanoseconds: 1000 })),
            "drain(3, 90) = 90  80 bytes in 0.0 ms: 80 MB/s",
        ),
        (line("read(3, 64)", Returned(2), data(b"\x1b\n")), "read(3, \"\\033\\n\", 64) = 2"),
        (line("read(3, 64)", Returned(50), data(b"hel")), "read(3, \"hel\"..., 64) = 50"),
        (line("read(3, 65536)", Returned(65536), data(&[b'x'; 65536])), "read(3, \"xxxxxxxxxx\"..., 65536) = 65536"),
        (line("write(4, \"hello\")", Returned(5), none()), "write(4, \"hello\", 5) = 5"),
        (line("write(4, \"hello\")", Returned(3), none()), "write(4, \"hello\", 5) = 3"),
        (
            line("read(3, 64)", Returned(40), data(&[[b'a'; 20], [b'b'; 20]].concat())),
            "read(3, \"a\" * 20 + \"b\" * 20, 64) = 40",
        ),
        (
            line("read(3, 640)", Returned(600), data(&b"abababab".map(|b| [b; 75]).concat())),
            "read(3, \"a\" * 75 + \"b\" * 75 + \"a\" * 75 + \"b\" * 75 + \"a\" * 75 + ..., 640) = 600",
        ),
        (line("write(4, \"x\" * 65536)", Returned(65536), none()), "write(4, \"xxxxxxxxxx\"..., 65536) = 65536"),
        (line("write(4, \"x\" * 12)", Returned(12), none()), "write(4, \"xxxxxxxxxxxx\", 12) = 12"),
        (line("write(4, \"x\" * 0)", Returned(0), none()), "write(4, \"\", 0) = 0"),
        (
            line("write(4, \"ab\" * 30000)", Returned(9), none()),
            "write(4, \"abababababababababababababababab\"..., 60000) = 9",
        ),
        (line(&write_long, Returned(36), none()), "write(4, \"0123456789abcdefghijklmnopqrstuv\"..., 36) = 36"),
        (line("open(\"f\", O_RDONLY)", Returned(3), none()), "open(\"f\", O_RDONLY) = 3"),
        (line("open(\"f\", O_WRONLY|O_CREAT)", Returned(3), none()), "open(\"f\", O_WRONLY|O_CREAT, 0666) = 3"),
        (line("mkfifo(\"f\")", Returned(0), none()), "mkfifo(\"f\", 0666) = 0"),
        (line("fcntl(3, F_GETFL)", Returned(2048), none()), "fcntl(3, F_GETFL) = 2048  O_RDONLY|O_NONBLOCK"),
        (line("fcntl(3, F_GETFD)", Returned(1), none()), "fcntl(3, F_GETFD) = 1  FD_CLOEXEC"),
        (line("fcntl(3, F_GETFD)", Returned(0), none()), "fcntl(3, F_GETFD) = 0"),
        (line("fcntl(3, F_SETPIPE_SZ, 1)", Returned(4096), none()), "fcntl(3, F_SETPIPE_SZ, 1) = 4096"),
        (line("signal(SIGPIPE, ignore)", Returned(0), none()), "signal(SIGPIPE, ignore) = 0"),
        (line("kill(child)", Returned(0), none()), "kill(child, SIGTERM) = 0"),
        (line("wait()", Returned(4243), child(Death::Exited(0))), "wait() = 4243  child exited 0"),
        (line("wait()", Returned(4243), child(Death::Killed(13))), "wait() = 4243  child killed by SIGPIPE"),
        (line("wait()", Returned(9), Detail::Waited(None, 9, Death::Unknown)), "wait() = 9  ended"),
        (line("waitpid(child)", Returned(4243), child(Death::Exited(7))), "waitpid(child) = 4243  child exited 7"),
        (line("waitpid(-1, WNOHANG)", Returned(0), none()), "waitpid(-1, WNOHANG) = 0  none has ended"),
        (line("exec([\"ls\"])", Returned(0), none()), "exec([\"ls\"]) = 0"),
    ];
    for (shown, expected) in table {
        assert_eq!(shown, expected);
    }
}

#[test]
fn calls_that_failed_wait_or_ended_their_process() {
    let killed = || Outcome::Died(Death::Killed(libc::SIGPIPE));
    let error = |number| Outcome::Error(number);
    let none = || Detail::None;
    let table = [
        (line("write(4, \"x\")", error(libc::EPIPE), none()), "write(4, \"x\", 1) = -1 EPIPE (Broken pipe)"),
        (line("read(3)", error(libc::EAGAIN), none()), "read(3, 4096) = -1 EAGAIN (Resource temporarily unavailable)"),
        (line("pipe()", error(libc::EMFILE), none()), "pipe() = -1 EMFILE (Too many open files)"),
        (line("close(42)", error(999), none()), "close(42) = -1 errno 999 (Unknown error 999)"),
        (line("read(3, 64)", blocked("read", Some(3)), none()), "read(3, ...  blocked"),
        (line("write(4, \"x\")", blocked("write", Some(4)), none()), "write(4, \"x\", 1 ...  blocked"),
        (line("open(\"f\", O_RDONLY)", blocked("open", None), none()), "open(\"f\", O_RDONLY ...  blocked"),
        (line("wait()", blocked("wait", None), none()), "wait(...  blocked"),
        (line("waitpid(child)", blocked("wait", None), none()), "waitpid(child ...  blocked"),
        (line("exec([\"yes\"])", Outcome::Running, none()), "exec([\"yes\"] ...  running"),
        (line("write(4, \"x\")", killed(), none()), "write(4, \"x\", 1)  +++ killed by SIGPIPE +++"),
        (line("exit(0)", Outcome::Died(Death::Exited(0)), none()), "exit(0)  +++ exited 0 +++"),
        (line("", Outcome::Died(Death::Exited(0)), none()), "+++ exited 0 +++"),
        (line("", killed(), none()), "+++ killed by SIGPIPE +++"),
        (line("", Outcome::Died(Death::Unknown), none()), "+++ ended +++"),
        (line("", blocked("read", Some(0)), none()), "read(0, ...  blocked"),
        (line("", blocked("wait", None), none()), "wait(...  blocked"),
        (line("", Outcome::Running, none()), "...  running"),
    ];
    for (shown, expected) in table {
        assert_eq!(shown, expected);
    }
}

/// A recording from elsewhere may hold anything.
#[test]
fn names_that_no_stage_gave_are_escaped() {
    let evil = || "\x1b[2J\n\u{202e}".to_owned();
    let name = "\\033[2J\\n\\342\\200\\256";
    let fork = line("fork()", Outcome::Returned(1), Detail::Child(evil(), 1));
    assert_eq!(fork, format!("fork() = 1  {name}"));
    let waited = line("wait()", Outcome::Returned(1), Detail::Waited(Some(evil()), 1, Death::Exited(0)));
    assert_eq!(waited, format!("wait() = 1  {name} exited 0"));
    assert_eq!(line("", blocked(&evil(), None), Detail::None), format!("{name}(...  blocked"));
    assert_eq!(Call::Start { name: evil() }.to_string(), format!("start({name})"));
}

#[test]
fn a_line_stays_short_whatever_the_data() {
    let path = "p".repeat(5000);
    let table = [
        format!("write(4, \"{}\")", "\\001".repeat(5000)),
        format!("open(\"{path}\", O_RDONLY)"),
        format!("exec([\"{path}\"])"),
        "write(4, \"xyz\" * 20000000)".to_owned(),
    ];
    for text in table {
        let shown = line(&text, Outcome::Returned(0), Detail::None);
        assert!(shown.len() < 400 && shown.contains("\"..."), "{} {shown}", shown.len());
    }
}

#[test]
fn data_is_a_sum_of_runs_only_where_it_is_made_of_long_ones() {
    let mut long = b"#include".to_vec();
    long.resize(4096, b'x');
    assert_eq!(shown(&long, 4096), "\"#includexxxxxxxxxxxxxxxxxxxxxxxx\"...");
    let runs = [[b'a'; 100], [b'b'; 100]].concat();
    assert_eq!(shown(&runs, 200), "\"a\" * 100 + \"b\" * 100");
}
