//! Waits at several descriptors at once, and of other kinds than a read or a write.

use super::{Hang, ask, finding, hang, holders};

fn text(finding: &serde_json::Value) -> &str {
    finding["text"].as_str().unwrap()
}

/// Parent and child wait for each other, the parent at several descriptors.
fn is_a_deadlock(hang: &Hang) {
    let found = super::ask(hang, |f| f["rule"] == "deadlock");
    let mut both = holders(hang, &found);
    both.sort();
    assert_eq!(both, ["child", "parent"], "{found:#}");
}

#[test]
fn select_waits_for_what_its_sets_hold() {
    let hang = hang!("select");
    let found = finding(&hang, "reader-blocked-on-empty", "parent");
    assert_eq!((&found["call"], holders(&hang, &found)), (&"select()".into(), vec!["child 6".into()]), "{found:#}");
    is_a_deadlock(&hang);
}

#[test]
fn select_with_a_time_limit_goes_on() {
    let hang = hang!("select-limited");
    let found = finding(&hang, "reader-blocked-on-empty", "parent");
    assert_eq!((&found["stuck"], holders(&hang, &found)), (&false.into(), vec!["child 6".into()]), "{found:#}");
}

#[test]
fn select_waits_for_room() {
    let hang = hang!("select-room");
    let found = finding(&hang, "writer-blocked-on-full", "parent");
    assert_eq!((&found["fd"], holders(&hang, &found)), (&4.into(), vec!["child 3".into()]), "{found:#}");
}

#[test]
fn an_end_that_is_watched_for_both_directions_is_waited_at_in_its_own() {
    let hang = hang!("edges");
    let found = finding(&hang, "waiting-elsewhere", "parent");
    assert_eq!(holders(&hang, &found), ["child 4"], "{found:#}");
    assert!(text(&found).contains("for a reader to make room there once more"), "{found:#}");
    let reader = finding(&hang, "reader-blocked-on-empty", "parent");
    assert_eq!(holders(&hang, &reader), ["child 7"], "{reader:#}");
    is_a_deadlock(&hang);
}

#[test]
fn an_epoll_instance_that_another_watches_is_looked_into() {
    let hang = hang!("nested-epoll");
    let found = finding(&hang, "reader-blocked-on-empty", "parent");
    assert_eq!(holders(&hang, &found), ["child 8"], "{found:#}");
    is_a_deadlock(&hang);
}

#[test]
fn a_process_lives_on_without_its_first_thread() {
    let hang = hang!("first-thread-gone");
    let found = finding(&hang, "reader-blocked-on-empty", "parent");
    let mut all = holders(&hang, &found);
    all.sort();
    assert_eq!((&found["call"], all), (&"read(3)".into(), vec!["child 4".to_owned(), "parent 4".into()]), "{found:#}");
    assert_ne!(found["tid"], found["pid"], "{found:#}");
    let graph = super::pipescope(&["graph", &hang.pid("child").to_string(), "--json"]);
    let graph = String::from_utf8(graph.stdout).unwrap();
    assert!(graph.contains(&format!("\"pid\":{}", hang.pid("parent"))), "{graph}");
}

#[test]
fn a_circle_leads_over_a_process_without_its_first_thread() {
    let hang = hang!("first-thread-of-a-circle-gone");
    is_a_deadlock(&hang);
}

#[test]
fn a_call_that_is_taken_up_again_after_a_stop_is_the_call_that_it_was() {
    use nix::sys::signal::{Signal, kill};
    let hang = hang!("taken-up-again");
    let asleep = |about: &str, rule: &str, call: &str| {
        let pid = i64::from(hang.pid(about));
        super::ask(&hang, |f| f["pid"] == pid && f["rule"] == rule && f["call"] == call)
    };
    let told = || {
        asleep("parent", "reader-blocked-on-empty", "poll(5)");
        asleep("nap", "waiting-elsewhere", "sleep()");
        asleep("waiter", "waiting-for-thread", "futex()");
    };
    told();
    for about in ["parent", "nap", "waiter"] {
        kill(nix::unistd::Pid::from_raw(hang.pid(about)), Signal::SIGSTOP).unwrap();
        finding(&hang, "stopped", about);
        kill(nix::unistd::Pid::from_raw(hang.pid(about)), Signal::SIGCONT).unwrap();
    }
    told();
    let number = |about: &str| {
        let text = std::fs::read_to_string(format!("/proc/{}/syscall", hang.pid(about))).unwrap();
        text.split(' ').next().unwrap().to_owned()
    };
    assert_eq!(number("nap"), nix::libc::SYS_restart_syscall.to_string(), "the kernel says nanosleep anyway");
    is_a_deadlock(&hang);
}

#[test]
fn an_open_that_breaks_a_lease_waits_for_its_holder() {
    let hang = hang!("breaks-a-lease");
    if hang.ended() {
        eprintln!("skipped: files here have no leases");
        return;
    }
    let found = finding(&hang, "waiting-for-lease", "parent");
    assert_eq!(holders(&hang, &found), ["child 3"], "{found:#}");
    assert_eq!(found["fix"], format!("hangs[{}]: fcntl(3, F_SETLEASE, F_UNLCK)", hang.pid("child")), "{found:#}");
    assert!(!text(&found).contains("FIFO"), "{found:#}");
}

#[test]
fn a_timer_that_is_not_set_does_not_come() {
    for (name, what) in [("timer", "it goes on by itself"), ("timer-not-set", "that is not set: it never expires")] {
        let hang = hang!(name);
        let found = finding(&hang, "waiting-elsewhere", "parent");
        assert!(text(&found).contains(what), "{found:#}");
    }
}

#[test]
fn a_wait_for_a_child_says_for_what() {
    let hang = hang!("for-a-stop");
    let found = finding(&hang, "waiting-for-child", "parent");
    assert!(text(&found).contains("to be stopped by a signal (waitid, WSTOPPED), and not for its end"), "{found:#}");
    assert_eq!((&found["stuck"], holders(&hang, &found)), (&false.into(), vec!["child".into()]), "{found:#}");
    let hang = hang!("for-a-stop-or-end");
    let found = finding(&hang, "waiting-for-child", "parent");
    let text = text(&found);
    assert!(text.contains(" to exit, ") && text.contains("once a child of those is stopped"), "{found:#}");
    assert!(!text.contains("only once"), "{found:#}");
}

#[test]
fn a_thread_is_called_by_its_own_name_where_it_has_one() {
    let hang = hang!("names");
    let found = super::ask(&hang, |f| f["call"] == "read(3)" && f["thread"] == "worker of jobs");
    let first = finding(&hang, "waiting-for-thread", "parent");
    assert!(first["thread"].is_null(), "{first:#}");
    let output = super::pipescope(&["why", &hang.group().to_string()]);
    let told = String::from_utf8(output.stdout).unwrap().replace('\n', " ");
    assert!(told.contains(&format!("thread {} \"worker of jobs\": blocked in read(3)", found["tid"])), "{told}");
}

#[test]
fn who_has_the_master_of_a_terminal_is_named_and_circles_lead_over_it() {
    for (name, what) in
        [("terminal", "for somebody to type"), ("terminal-full", "for what was written there to be taken")]
    {
        let hang = hang!(name);
        if hang.ended() {
            eprintln!("skipped: there are no pseudo-terminals here");
            return;
        }
        // Each has the other's master until it has come to close that.
        let waits = |who: &str, master: &str| {
            let pid = hang.pid(who);
            ask(&hang, |f| f["rule"] == "waiting-for-terminal" && f["pid"] == pid && holders(&hang, f) == [master])
        };
        let found = waits("child", "parent 3");
        assert!(text(&found).contains(what), "{found:#}");
        waits("other", "other 3");
        is_a_deadlock(&hang);
    }
}

#[test]
fn a_master_is_called_by_its_terminal() {
    let hang = hang!("master");
    if hang.ended() {
        eprintln!("skipped: there are no pseudo-terminals here");
        return;
    }
    let found = finding(&hang, "waiting-elsewhere", "parent");
    assert!(text(&found).contains("the master of the terminal /dev/pts/"), "{found:#}");
}
