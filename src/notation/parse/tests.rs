use super::*;
use std::fmt::Write as _;

pub(super) mod property;

/// What each line means, said as it is printed.
#[test]
fn lines_that_are_understood() {
    let table = [
        ("parent: pipe()", "parent: pipe()"),
        ("  parent :pipe( )  # -> 3, 4", "parent: pipe()"),
        ("\u{feff}parent: pipe()\r", "parent: pipe()"),
        ("parent: pipe(2)", "parent: pipe()"),
        ("parent: pipe(fds);", "parent: pipe()"),
        ("parent: pipe([3, 4]) = 0", "parent: pipe()"),
        ("parent: pipe2(O_CLOEXEC | O_NONBLOCK)", "parent: pipe2(O_NONBLOCK|O_CLOEXEC)"),
        ("parent: pipe2([3, 4], O_CLOEXEC) = 0", "parent: pipe2(O_CLOEXEC)"),
        ("parent: pipe2(p, 0)", "parent: pipe2(0)"),
        ("parent: pipe2(0x80000000)", "parent: pipe2(-2147483648)"),
        ("parent: pipe2(WNOHANG)", "parent: pipe2(O_WRONLY)"),
        ("parent: fork(child)", "parent: fork(child)"),
        ("parent: fork()", "parent: fork()"),
        ("parent: fork() = 4243  child", "parent: fork(child)"),
        ("parent: fork() = -1 EAGAIN (Resource temporarily unavailable)", "parent: fork()"),
        ("parent: close(42)", "parent: close(42)"),
        ("parent: close(-1)", "parent: close(-1)"),
        ("parent: close(STDOUT_FILENO)", "parent: close(1)"),
        ("a-1_B: dup(0x10)", "a-1_B: dup(16)"),
        ("parent: dup2(4,1)", "parent: dup2(4, 1)"),
        ("parent: dup3(4, 1, O_CLOEXEC)", "parent: dup3(4, 1, O_CLOEXEC)"),
        ("parent: read(3)", "parent: read(3, 4096)"),
        ("parent: read(3, 0)", "parent: read(3, 0)"),
        ("parent: read(3, -1)", "parent: read(3, 18446744073709551615)"),
        ("parent: read(3, buf, 64)", "parent: read(3, 64)"),
        ("parent: read(3, &c, 1)", "parent: read(3, 1)"),
        ("parent: read(3, \"a\\\"b\"..., 64) = 40", "parent: read(3, 64)"),
        ("parent: read(3, \"\", 64) = 0  EOF", "parent: read(3, 64)"),
        ("parent: write(4, \"hello\")", "parent: write(4, \"hello\")"),
        ("parent: write(4, \"hello\", 5) = 5", "parent: write(4, \"hello\")"),
        ("parent: write(4, \"x\", 1)  +++ killed by SIGPIPE +++", "parent: write(4, \"x\")"),
        ("parent: write(4, \"x\" * 65536)", "parent: write(4, \"x\" * 65536)"),
        ("parent: write(4, \"x\"*0, 0)", "parent: write(4, \"x\" * 0)"),
        ("parent: write(4, \"a#b\") # c", "parent: write(4, \"a#b\")"),
        ("parent: write(4, \"größe\")", "parent: write(4, \"größe\")"),
        (r#"p: write(4, "\n\t\r\a\b\v\f\e\0\"\'\\\?")"#, r#"p: write(4, "\n\t\r\a\b\v\f\033\0\"'\\?")"#),
        (r#"p: write(4, "\x41\x4\1012\377\0001")"#, r#"p: write(4, "A\004A2\377\0001")"#),
        (r#"p: write(4, "\u00e9\U0001F600")"#, "p: write(4, \"é😀\")"),
        ("p: open(\"f\", 0)", "p: open(\"f\", O_RDONLY)"),
        ("p: open(\"f\", O_CREAT|O_WRONLY, 0644)", "p: open(\"f\", O_WRONLY|O_CREAT, 0644)"),
        ("p: open(\"f\", O_CREAT|O_WRONLY, 644)", "p: open(\"f\", O_WRONLY|O_CREAT, 01204)"),
        ("p: open(\"f\", O_CREAT, 0)", "p: open(\"f\", O_RDONLY|O_CREAT, 0)"),
        ("p: open(\"\", O_NDELAY)", "p: open(\"\", O_RDONLY|O_NONBLOCK)"),
        ("p: mkfifo(\"talk\")", "p: mkfifo(\"talk\")"),
        ("p: mkfifo(\"talk\", 0o600)", "p: mkfifo(\"talk\", 0600)"),
        ("p: mkfifo(\"talk\", 0666)", "p: mkfifo(\"talk\")"),
        ("p: unlink(\"talk\")", "p: unlink(\"talk\")"),
        ("p: fcntl(3, F_GETFL)", "p: fcntl(3, F_GETFL)"),
        ("p: fcntl(3, F_GETFL, 0) = 2048  O_RDONLY|O_NONBLOCK", "p: fcntl(3, F_GETFL)"),
        ("p: fcntl(3, 4, 04000)", "p: fcntl(3, F_SETFL, O_NONBLOCK)"),
        ("p: fcntl(3, F_SETFD, FD_CLOEXEC)", "p: fcntl(3, F_SETFD, FD_CLOEXEC)"),
        ("p: fcntl(3, F_SETFD, 0)", "p: fcntl(3, F_SETFD, 0)"),
        ("p: fcntl(3, F_SETPIPE_SZ, 4096)", "p: fcntl(3, F_SETPIPE_SZ, 4096)"),
        ("p: fcntl(3, F_DUPFD_CLOEXEC, 10)", "p: fcntl(3, F_DUPFD_CLOEXEC, 10)"),
        ("p: signal(SIGPIPE, SIG_IGN)", "p: signal(SIGPIPE, ignore)"),
        ("p: signal(SIGRTMIN+1, default)", "p: signal(SIGRTMIN+1, default)"),
        ("p: signal(99, ignore)", "p: signal(99, ignore)"),
        ("p: kill(child)", "p: kill(child, SIGTERM)"),
        ("p: kill(-1, 0)", "p: kill(-1, 0)"),
        ("p: wait()", "p: wait()"),
        ("p: wait(NULL)", "p: wait()"),
        ("p: wait(&status)", "p: wait()"),
        ("p: wait(...) = 4243  child exited 0", "p: wait()"),
        ("p: waitpid(child)", "p: waitpid(child)"),
        ("p: waitpid(-1, WNOHANG)", "p: waitpid(-1, WNOHANG)"),
        ("p: waitpid(child, NULL, WNOHANG|WUNTRACED)", "p: waitpid(child, WNOHANG|WUNTRACED)"),
        ("p: waitpid(child, status, 0)", "p: waitpid(child)"),
        ("p: waitpid(child, &status)", "p: waitpid(child)"),
        ("p: exec([\"ls\", \"-l\"])", "p: exec([\"ls\", \"-l\"])"),
        ("p: exec([\"ls\", NULL])", "p: exec([\"ls\"])"),
        ("p: exec(\"ls\", \"-l\")", "p: exec([\"ls\", \"-l\"])"),
        ("p: execvp(\"ls\", [\"ls\", \"-l\"])", "p: exec([\"ls\", \"-l\"])"),
        ("p: execve(\"/bin/ls\", [\"ls\"], environ)", "p: exec([\"/bin/ls\"])"),
        ("p: execlp(\"ls\", \"ls\", \"-l\", NULL)", "p: exec([\"ls\", \"-l\"])"),
        ("p: exec(\"ls\")", "p: exec([\"ls\"])"),
        ("p: exit(7)", "p: exit(7)"),
        ("p: exit()", "p: exit(0)"),
        ("p: exit(EXIT_FAILURE)", "p: exit(1)"),
        ("p: _Exit(EXIT_FAILURE)", "p: _exit(1)"),
        ("p: read(3, \"a\" * 20 + \"b\" * 20, 64) = 40", "p: read(3, 64)"),
        ("p: read(3, \"a\" * 75 + \"b\" + ..., 640) = 600", "p: read(3, 640)"),
        ("p: fflush()", "p: fflush(stdout)"),
        ("p: fflush(NULL)", "p: fflush(stdout)"),
        ("p: setvbuf(stdout, NULL, _IONBF, 0)", "p: setvbuf(stdout, _IONBF)"),
        ("p: exit(0)  +++ exited 0 +++", "p: exit(0)"),
        ("p: memfd_create(\"box\")", "p: memfd_create(\"box\")"),
        ("p: memfd_create(\"box\", MFD_CLOEXEC) = 3", "p: memfd_create(\"box\", MFD_CLOEXEC)"),
        ("p: shm_open(\"/c\", O_RDWR|O_CREAT, 0600)", "p: shm_open(\"/c\", O_RDWR|O_CREAT)"),
        ("p: shm_open(\"/c\", O_RDWR, 0)", "p: shm_open(\"/c\", O_RDWR, 0)"),
        ("p: shm_unlink(\"/c\")", "p: shm_unlink(\"/c\")"),
        ("p: ftruncate(3, 4096)", "p: ftruncate(3, 4096)"),
        ("p: mmap(NULL, 4096, PROT_READ, MAP_SHARED, 3, 0)", "p: mmap(4096, PROT_READ, MAP_SHARED, 3)"),
        (
            "p: mmap(4096, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANON) = 0x7f0000000000  m1",
            "p: mmap(4096, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS)",
        ),
        ("p: mmap(0x1000, PROT_NONE, MAP_PRIVATE, 3, 4096)", "p: mmap(4096, PROT_NONE, MAP_PRIVATE, 3, 4096)"),
        ("p: munmap(m1)", "p: munmap(m1)"),
        ("p: load(m1, 0) = 7", "p: load(m1, 0)"),
        ("p: store(m12, 8, -1)", "p: store(m12, 8, -1)"),
        ("p: increment(m1, 0, 300000)", "p: increment(m1, 0, 300000)"),
        ("p: atomic_increment(m1, 0, 5, 16)", "p: atomic_increment(m1, 0, 5, 16)"),
        ("p: lock(m1, 8)", "p: lock(m1, 8)"),
        ("p: unlock(m1, 8)", "p: unlock(m1, 8)"),
        ("p: futex_wake(m1, 8)", "p: futex_wake(m1, 8)"),
        ("p: futex_wake(m1, 8, 1)", "p: futex_wake(m1, 8, 1)"),
        ("p: mq_open(\"/q\", O_RDONLY)", "p: mq_open(\"/q\", O_RDONLY)"),
        ("p: mq_open(\"/q\", O_RDWR|O_CREAT, 0600, 3, 16)", "p: mq_open(\"/q\", O_RDWR|O_CREAT, 0600, 3, 16)"),
        ("p: mq_send(3, \"hello\", 9)", "p: mq_send(3, \"hello\", 9)"),
        ("p: mq_send(3, \"hello\", 5, 9) = 0", "p: mq_send(3, \"hello\", 9)"),
        ("p: mq_receive(3, 16)", "p: mq_receive(3, 16)"),
        ("p: mq_receive(3, buf, 16, &prio)", "p: mq_receive(3, 16)"),
        ("p: mq_receive(3, \"a\"..., 16) = 5  priority 9", "p: mq_receive(3, 16)"),
        ("p: mq_unlink(\"/q\")", "p: mq_unlink(\"/q\")"),
        ("p: mq_getattr(3) = 0  1 of 3 messages, each of at most 16 bytes", "p: mq_getattr(3)"),
        ("p: mq_close(3)", "p: close(3)"),
        ("stage: start(writer)", "stage: start(writer)"),
        ("start(writer)", "stage: start(writer)"),
    ];
    for (text, printed) in table {
        match parse_line(text) {
            Ok(Some(Line::Call(directed))) => assert_eq!(directed.to_string(), printed, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_default_stands_in_for_the_process_that_is_left_out() {
    assert_eq!(parse_directed("close(3)", Some("child")).unwrap().to_string(), "child: close(3)");
    assert_eq!(parse_directed("parent: close(3)", Some("child")).unwrap().to_string(), "parent: close(3)");
    assert_eq!(parse_directed("start(b)", Some("child")).unwrap().to_string(), "stage: start(b)");
}

#[test]
fn lines_that_say_nothing() {
    for text in ["", "   ", "\t\r", "# parent: pipe()", "  # x", "\u{feff}", "\n"] {
        assert_eq!(parse_line(text), Ok(None), "{text:?}");
    }
}

#[test]
fn expectations_that_are_understood() {
    let table = [
        ("returns 5", "returns 5"),
        ("returns 3 4, parent holds 0 1 2 3 4", "returns 3 4, parent holds 0 1 2 3 4"),
        ("data \"hello\" , eof", "data \"hello\", eof"),
        ("data \"x\" * 3", "data \"x\" * 3"),
        ("returns m1, priority 9", "returns m1, priority 9"),
        ("word parent.m1 8 5, word a.m2 0 below 600000", "word parent.m1 8 5, word a.m2 0 below 600000"),
        ("messages parent.3 2", "messages parent.3 2"),
        ("error EPIPE, error 32, error EWOULDBLOCK, error 999", "error EPIPE, error EPIPE, error EAGAIN, error 999"),
        ("blocks, running, exits 0, killed SIGPIPE", "blocks, running, exits 0, killed SIGPIPE"),
        ("child: data \"a, b: c\", b: eof # d", "child: data \"a, b: c\", b: eof"),
        ("a is idle, a is running, a is blocked", "a is idle, a is running, a is blocked"),
        ("a is blocked in read, a is blocked in wait4", "a is blocked in read, a is blocked in wait4"),
        ("a is stopped, a is zombie, a is gone", "a is stopped, a is zombie, a is gone"),
        ("a holds nothing, a holds 0", "a holds nothing, a holds 0"),
        ("bytes a.3 0, readers a-b.3 1, writers a.10 2", "bytes a.3 0, readers a-b.3 1, writers a.10 2"),
        (
            "finding eof-withheld, no finding deadlock, no findings",
            "finding eof-withheld, no finding deadlock, no findings",
        ),
        ("shows \"a\\n\"", "shows \"a\\n\""),
        // A process may be called as a clause is.
        ("data is idle, data: eof, running is running", "data is idle, data: eof, running is running"),
        ("finding is, finding is idle, finding holds 0", "finding is, finding is idle, finding holds 0"),
        ("bytes holds.3 0, bytes is.3 0, bytes is idle", "bytes holds.3 0, bytes is.3 0, bytes is idle"),
        ("no is idle, no: eof, no findings", "no is idle, no: eof, no findings"),
    ];
    for (text, printed) in table {
        match parse_expects(text) {
            Ok(expects) => assert_eq!(listed(&expects), printed, "{text}"),
            Err(e) => panic!("{text}: {e:?}"),
        }
        let line = format!("  expect {text}");
        assert_eq!(parse_line(&line).unwrap(), Some(Line::Expect(parse_expects(text).unwrap())));
    }
}

fn listed(expects: &[Expect]) -> String {
    expects.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Each line with its place underlined, what is wrong, and the help.
pub(super) fn complaints(lines: &[&str], parse: impl Fn(&str) -> Option<ParseError>) -> String {
    let mut out = String::new();
    for line in lines {
        let Some(error) = parse(line) else { panic!("understood: {line}") };
        let (from, to) = (error.at.start, error.at.end);
        let under = "^".repeat(line[from..to].chars().count().max(1));
        let indent = " ".repeat(line[..from].chars().count());
        writeln!(out, "{line}\n{indent}{under} {}", error.message).unwrap();
        if let Some(help) = error.help {
            writeln!(out, "  help: {help}").unwrap();
        }
        out.push('\n');
    }
    out
}

#[test]
fn calls_that_are_wrong() {
    let lines = include_str!("tests/wrong_calls.txt").lines().collect::<Vec<_>>();
    insta::assert_snapshot!(complaints(&lines, |line| parse_line(line).err()));
}

#[test]
fn expectations_that_are_wrong() {
    let lines = include_str!("tests/wrong_expects.txt").lines().collect::<Vec<_>>();
    insta::assert_snapshot!(complaints(&lines, |line| parse_expects(line).err()));
}

#[test]
fn calls_that_are_wrong_where_the_process_is_known() {
    let lines = ["", "clsoe(3)", "close 3", "parent close(3)", "close(3), close(4)", "par: ", "expect eof"];
    insta::assert_snapshot!(complaints(&lines, |line| parse_directed(line, Some("parent")).err()));
}

/// The places once more, to the byte: what stands between the brackets is what the error points at.
#[test]
fn places_are_exact() {
    let table = [
        "parent: ⟦raed⟧(3, 64)",
        "parent: pipe2(O_CLOEXEC|⟦O_NONBLCOK⟧)",
        "parent: close(⟦é⟧)",
        "⟦größe⟧: klose(3)",
        "parent: close(3⟦⟧",
        "parent: close(3⟦⟧   # no parenthesis",
        "parent: close(3) ⟦x⟧",
        "parent: write(4, \"é⟦\\q⟧\")",
        "parent: write(4, ⟦\"abc)⟧",
        "parent: write(4, ⟦\"x\" * 67108865⟧)",
        "parent: write(4, \"hello\", ⟦6⟧)",
        "⟦toolongtobeaname⟧: pipe()",
        "⟦parent⟧: start(x)",
        "expect eof, ⟦clozes⟧ 3",
        "expect bytes parent.⟦x⟧ 3",
    ];
    for marked in table {
        let text = marked.replace(['⟦', '⟧'], "");
        let start = marked.find('⟦').unwrap();
        let end = marked.find('⟧').unwrap() - '⟦'.len_utf8();
        let error = parse_line(&text).unwrap_err();
        assert_eq!(error.at, start..end, "{marked}: {error}");
    }
}

#[test]
fn a_script_reports_every_wrong_line() {
    let text = "# a story\nparent: pipe()\r\nexpect returns 3 4\n\nparent: clsoe(3)\nexpect eof,\n";
    let errors = parse_script(text).unwrap_err();
    assert_eq!(errors.iter().map(|e| (e.line, e.error.at.clone())).collect::<Vec<_>>(), [(5, 8..13), (6, 11..11)]);
    let good = parse_script("# a story\nparent: pipe()\r\nexpect returns 3 4\n\nparent: close(3)").unwrap();
    assert_eq!(good.iter().map(|l| l.number).collect::<Vec<_>>(), [2, 3, 5]);
    assert_eq!(parse_script(""), Ok(Vec::new()));
}

#[test]
fn sizes_have_limits() {
    let long = format!("parent: write(4, \"{}\")", "é".repeat(LINE_LIMIT / 2));
    let error = parse_line(&long).unwrap_err();
    assert!(long.is_char_boundary(error.at.start) && error.at.end == long.len());
    assert_eq!(error.message, "this line is longer than 64 KiB");
    let most = format!("p: write(4, \"xy\" * {})", DATA_LIMIT / 2);
    assert!(parse_line(&most).is_ok());
    for times in [DATA_LIMIT / 2 + 1, u64::MAX] {
        let error = parse_line(&format!("p: write(4, \"xy\" * {times})")).unwrap_err();
        assert_eq!(error.message, "that is more than 64 MiB in all");
    }
}

#[test]
fn a_message_holds_nothing_that_a_terminal_obeys() {
    for text in ["p: \x1b[2J", "p: close(\x1b[2J)", "\u{202e}: pipe()", "p: write(4, \"\\\x07\")", "expect \x1b"] {
        let error = parse_line(text).unwrap_err();
        let said = format!("{}{}", error.message, error.help.unwrap_or_default());
        assert!(!said.contains(|c: char| c.is_control() || c == '\u{202e}'), "{said:?}");
    }
}

#[test]
fn names_of_processes() {
    for good in ["parent", "a", "_x", "worker-2", "P", "fifteen-letters"] {
        assert_eq!(check_name(good), Ok(()), "{good}");
    }
    for bad in ["", "1st", "-a", "a b", "stage", "expect", "sixteen--letters", "é", "a.b", "a\n"] {
        assert!(check_name(bad).is_err(), "{bad}");
    }
}
