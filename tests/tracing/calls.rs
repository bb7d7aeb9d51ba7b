//! The words in which calls are told, held against those of strace on the same program.

use crate::{Folder, PROGRAM, bare, built, refused};

/// The text of a trace.
fn text(options: &[&str], command: &[&str]) -> Option<String> {
    let folder = Folder::new();
    let file = folder.file("trace");
    let arguments = [&["trace", "--no-source", "-o", &file], options, &["--"], command].concat();
    let output = bare(PROGRAM, &arguments).output().unwrap();
    if refused(&output) {
        return None;
    }
    Some(std::fs::read_to_string(&file).unwrap())
}

/// The calls of a program, one a line, as the text says them.
fn told(options: &[&str], command: &[&str]) -> Option<String> {
    let text = text(options, command)?;
    let calls = text.lines().filter_map(|line| {
        let (step, rest) = line.trim_start().split_once(' ')?;
        step.parse::<usize>().ok()?;
        Some(rest.split_once("  ")?.1)
    });
    Some(calls.collect::<Vec<_>>().join("\n"))
}

/// What strace says of it; `None`, said aloud, without strace.
fn strace(command: &[&str]) -> Option<String> {
    let folder = Folder::new();
    let file = folder.file("strace");
    let ran = bare("strace", &[&["-f", "-o", &file, "--"], command].concat()).output();
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    if ran.is_err() || text.is_empty() {
        eprintln!("skipped: there is no strace here, or it may not trace");
        return None;
    }
    // It sets results in a column.
    Some(text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect())
}

/// Each call is told so, and strace says so of it.
fn are_told(options: &[&str], what: &str, calls: &[(&str, &str)]) {
    let Some(program) = built("calls") else { return };
    let Some(told) = told(options, &[program, what]) else { return };
    let strace = strace(&[program, what]);
    for (ours, theirs) in calls {
        assert!(told.lines().any(|line| line.contains(ours)), "no {ours} in\n{told}");
        assert!(strace.as_ref().is_none_or(|text| text.contains(theirs)), "strace says no {theirs}");
    }
}

#[test]
fn arguments_are_what_they_are() {
    are_told(
        &["--files"],
        "texts",
        &[
            ("eventfd(2, EFD_SEMAPHORE|EFD_NONBLOCK) = 3", "eventfd2(2, EFD_SEMAPHORE|EFD_NONBLOCK) = 3"),
            ("sendfile(6, 4, 4) = 4", "sendfile(6, 4, [0] => [4], 4)"),
            ("exec(\"/bin/sleep\", [\"evil\", \"0\"]) = 0", "execve(\"/bin/sleep\", [\"evil\", \"0\"], "),
        ],
    );
}

#[test]
fn who_was_not_asked_for_is_no_address() {
    let Some(program) = built("calls") else { return };
    let Some(told) = told(&[], &[program, "texts"]) else { return };
    let accept = told.lines().find(|line| line.starts_with("accept(7)")).unwrap();
    assert_eq!(accept, "accept(7) = 9");
}

#[test]
fn where_no_file_can_be_made_no_mode_is_told() {
    let Some(program) = built("calls") else { return };
    let Some(run) = crate::trace(&["--files"], &[program, "texts"]) else { return };
    let (opened, _) = run.find("open(\"/dev/null\", O_RDONLY|O_CLOEXEC)");
    assert_eq!(opened["call"], "open(\"/dev/null\", O_RDONLY|O_CLOEXEC)");
}

#[test]
fn news_are_told_as_the_numbers_they_are() {
    are_told(
        &[],
        "notices",
        &[
            ("write(3, [5], 8) = 8", "write(3, \"\\5\\0\\0\\0\\0\\0\\0\\0\", 8) = 8"),
            ("read(3, [5], 8) = 8", "read(3, \"\\5\\0\\0\\0\\0\\0\\0\\0\", 8) = 8"),
            ("timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC) = 4", "timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC) = 4"),
            ("timerfd_settime(4, 0, first 0.001 s, once) = 0", "it_value={tv_sec=0, tv_nsec=1000000}}, NULL) = 0"),
            ("read(4, [1 expiration], 8) = 8", "read(4, \"\\1\\0\\0\\0\\0\\0\\0\\0\", 8) = 8"),
            (
                "timerfd_settime(4, TFD_TIMER_ABSTIME, first at 3600 s, then every 7.5 s) = 0",
                "timerfd_settime(4, TFD_TIMER_ABSTIME, {it_interval={tv_sec=7, tv_nsec=500000000}, it_value={tv_sec=3600, ",
            ),
            ("timerfd_settime(4, 0, disarmed) = 0", "it_value={tv_sec=0, tv_nsec=0}}, NULL) = 0"),
            ("signalfd(-1, [SIGUSR1, SIGTERM], SFD_NONBLOCK) = 5", "signalfd4(-1, [USR1 TERM], 8, SFD_NONBLOCK) = 5"),
            ("read(5, [SIGUSR1 from calls[", "read(5, \"\\n\\0"),
        ],
    );
}

#[test]
fn what_is_waited_for_and_what_was_found_is_told() {
    are_told(
        &["--all"],
        "waits",
        &[
            ("epoll_create1(EPOLL_CLOEXEC) = 5", "epoll_create1(EPOLL_CLOEXEC) = 5"),
            (
                "epoll_ctl(5, EPOLL_CTL_ADD, 3, EPOLLIN|EPOLLET) = 0",
                "epoll_ctl(5, EPOLL_CTL_ADD, 3, {events=EPOLLIN|EPOLLET, ",
            ),
            ("epoll_ctl(5, EPOLL_CTL_MOD, 3, EPOLLIN) = 0", "epoll_ctl(5, EPOLL_CTL_MOD, 3, {events=EPOLLIN, "),
            ("epoll_wait(5, 1, 1) = 0  nothing is ready", "epoll_wait(5, [], 1, 1)"),
            ("epoll_wait(5, 1, -1) = 1  [3 EPOLLIN]", "epoll_wait(5, [{events=EPOLLIN, "),
            ("select(nfds=4, read=[3], 0.001 s) = 0  nothing is ready", "select"),
            ("select(nfds=5, read=[3], write=[4], no limit) = 2  read=[3], write=[4]", "= 2 (in [3], out [4])"),
            ("epoll_ctl(5, EPOLL_CTL_DEL, 3) = 0", "epoll_ctl(5, EPOLL_CTL_DEL, 3, NULL) = 0"),
        ],
    );
}

#[test]
fn a_queue_is_told_with_its_mode_sizes_and_time_limits() {
    are_told(
        &[],
        "queue",
        &[
            (", O_RDWR|O_CREAT, 0640, 2, 32) = 3", ", O_RDWR|O_CREAT, 0640, {mq_flags=0, mq_maxmsg=2, mq_msgsize=32, "),
            (", O_WRONLY|O_NONBLOCK) = 4", ", O_WRONLY|O_NONBLOCK) = 4"),
            (", O_RDONLY|O_CREAT, 0600) = 5", ", O_RDONLY|O_CREAT, 0600, NULL) = 5"),
            ("mq_send(3, \"y\", 1, 0) = 0  time limit 1.5 s of CLOCK_REALTIME, ", "mq_timedsend(3, \"y\", 1, 0, "),
            (
                "mq_receive(3, 32) = -1 ETIMEDOUT (Connection timed out)  time limit 1.5 s of CLOCK_REALTIME, ",
                "ETIMEDOUT",
            ),
        ],
    );
}

#[test]
fn calls_on_ordinary_files_are_told_where_they_are_asked_for() {
    let calls = [
        ("lseek(3, -5, SEEK_END) = 6", "lseek(3, -5, SEEK_END) = 6"),
        ("pread(3, \"wor\", 3, 6) = 3", "pread64(3, \"wor\", 3, 6) = 3"),
        ("pwrite(3, \"J\", 1, 0) = 1", "pwrite64(3, \"J\", 1, 0) = 1"),
        (
            "preadv(3, \"ello\", 4, 1) = 4",
            "preadv(3, [{iov_base=\"el\", iov_len=2}, {iov_base=\"lo\", iov_len=2}], 2, 1) = 4",
        ),
        (
            "pwritev(3, \"ello\", 4, 2) = 4",
            "pwritev(3, [{iov_base=\"el\", iov_len=2}, {iov_base=\"lo\", iov_len=2}], 2, 2) = 4",
        ),
        ("pread(3, \"\", 3, 100) = 0  EOF", "pread64(3, \"\", 3, 100) = 0"),
        ("copy_file_range(3, 4, 4) = 4", "copy_file_range(3, NULL, 4, NULL, 4, 0) = 4"),
        ("ftruncate(4, 3) = 0", "ftruncate(4, 3) = 0"),
        ("truncate(\"one\", 4) = 0", "truncate(\"one\", 4) = 0"),
        ("link(\"two\", \"three\") = 0", "link(\"two\", \"three\") = 0"),
        ("rename(\"one\", \"four\") = 0", "rename(\"one\", \"four\") = 0"),
        (
            "renameat(5, \"two\", 5, \"four\", RENAME_EXCHANGE) = 0",
            "renameat2(5, \"two\", 5, \"four\", RENAME_EXCHANGE) = 0",
        ),
    ];
    are_told(&["--files"], "files", &calls);
    are_told(&["--files", "--no-filter"], "files", &calls);
    let Some(program) = built("calls") else { return };
    for options in [&[][..], &["--no-filter"]] {
        let Some(told) = told(options, &[program, "files"]) else { return };
        for (call, _) in calls {
            assert!(!told.contains(call), "{call} is told in\n{told}");
        }
    }
}

#[test]
fn an_open_file_has_the_name_that_it_has_now() {
    let Some(program) = built("calls") else { return };
    let Some(run) = crate::trace(&["--files"], &[program, "files"]) else { return };
    let name = |call: &str, fd: i64| {
        let (moment, _) = run.find(call);
        let fds = moment["world"]["processes"][0]["fds"].as_array().unwrap();
        let fd = fds.iter().find(|f| f["fd"] == fd).unwrap();
        let made = fd["origin"]["call"].as_str().unwrap().to_owned();
        (fd["target"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned(), made)
    };
    let (one, two) = ("open(\"one\", O_RDWR|O_CREAT, 0640)", "open(\"two\", O_WRONLY|O_CREAT, 0600)");
    assert_eq!(name("link(", 3), ("one".into(), one.into()));
    assert_eq!(name("rename(", 3), ("four".into(), one.into()));
    assert_eq!(name("renameat(", 3), ("two".into(), one.into()));
    assert_eq!(name("renameat(", 4), ("four".into(), two.into()));
    assert!(name("unlink(\"four\")", 4).0.starts_with("four (deleted)"));
}

#[test]
fn of_a_large_table_only_what_changed_is_told() {
    let Some(program) = crate::traced() else { return };
    let Some(text) = text(&[], &[program, "many", "60"]) else { return };
    let made = text.split("\n\n").filter(|moment| moment.contains("  pipe(["));
    let mut tables: Vec<(usize, bool)> = made
        .map(|moment| {
            let rows = moment.lines().filter(|line| line.contains(" end   pipe:[") || line.contains(" end  pipe:["));
            (rows.count(), moment.contains("; of so many only what changed:"))
        })
        .collect();
    assert_eq!(tables.len(), 60, "{text}");
    let large = tables.split_off(tables.iter().position(|(_, only_changes)| *only_changes).unwrap());
    assert!(large.iter().all(|table| *table == (2, true)) && large.len() >= 35, "{large:?}");
    assert!(tables.iter().enumerate().all(|(at, (rows, _))| *rows == 2 * (at + 1)), "{tables:?}");
}
