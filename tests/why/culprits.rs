//! Programs that hang, one of each kind: the right culprit is named, and the call that would help.

use super::{Hang, finding, hang, holders, pipescope};

#[test]
fn each_kind_of_hang_has_its_culprit() {
    // Program, rule, about whom, who holds it.
    let table: &[(&str, &str, &str, &[&str])] = &[
        ("own-end", "eof-withheld", "reader", &["reader 4"]),
        ("own-end", "waiting-for-child", "parent", &["reader"]),
        ("parent-keeps", "eof-withheld", "reader", &["parent 4"]),
        ("three-holders", "reader-blocked-on-empty", "reader", &["parent 4", "sibling 4"]),
        ("wait-before-read", "writer-blocked-on-full", "writer", &["parent 3"]),
        ("own-socket", "eof-withheld", "receiver", &["receiver 4"]),
        ("crossed-sockets", "peer-silent", "child", &["parent 3"]),
        ("crossed-sends", "peer-not-reading", "child", &["parent 3"]),
        ("not-accepted", "not-accepted", "client", &["server 3"]),
        ("backlog-full", "not-accepted", "client", &["server 3"]),
        ("flock", "waiting-for-lock", "waiter", &["holder 3"]),
        ("fcntl-lock", "waiting-for-lock", "waiter", &["holder 3"]),
        ("two-kinds-of-locks", "waiting-for-lock", "waiter", &["holder 3"]),
        ("two-kinds-of-locks", "waiting-for-lock", "second", &["flocker 3"]),
        ("eventfd", "waiting-for-event", "child", &["parent 3", "child 3"]),
        ("poll", "eof-withheld", "poller", &["poller 4"]),
        ("epoll", "eof-withheld", "poller", &["poller 4"]),
        ("stopped", "reader-blocked-on-empty", "reader", &["writer 4"]),
    ];
    for (name, rule, about, culprits) in table {
        let hang = hang!(name);
        let found = finding(&hang, rule, about);
        assert_eq!(holders(&hang, &found), *culprits, "{name}: {found:#}");
        // The sentence names them too, save the process's own ends, which it calls so.
        for culprit in found["holders"].as_array().unwrap() {
            let name = format!("{}[{}]", culprit["comm"].as_str().unwrap(), culprit["pid"]);
            assert!(found["text"].as_str().unwrap().contains(&name), "{name}: {found:#}");
        }
    }
}

#[test]
fn who_used_a_system_v_thing_last_is_the_one_to_ask() {
    let table: &[(&str, &str, &[&str])] = &[
        ("system-v-queue", "waiting-for-message", &["which holds 0 messages", "Last sent to it: hangs["]),
        ("system-v-semaphore", "waiting-for-semaphore", &["semaphore 1 of", "which is 1, for it to be 2 at least"]),
    ];
    for (name, rule, parts) in table {
        let hang = hang!(name);
        if hang.ended() {
            eprintln!("skipped: this kernel has no such thing");
            continue;
        }
        let found = finding(&hang, rule, "child");
        let text = found["text"].as_str().unwrap();
        assert!(parts.iter().all(|part| text.contains(part)), "{name}: {text}");
        assert_eq!(holders(&hang, &found), ["parent"], "{name}: {found:#}");
    }
}

#[test]
fn python_s_pipe_of_which_both_kept_an_end() {
    for (how, rule) in [("duplex", "eof-withheld"), ("oneway", "eof-withheld")] {
        let Some(hang) = Hang::python("pipe_kept.py", how) else { return };
        let found = finding(&hang, rule, "child");
        let holders = holders(&hang, &found);
        // The child's own copy is the one to blame; the parent's is told too.
        assert!(holders.iter().any(|h| h.starts_with("child ")), "{how}: {found:#}");
        assert!(holders.iter().any(|h| h.starts_with("parent ")), "{how}: {found:#}");
        assert!(
            found["fix"].as_str().unwrap().contains(&format!("[{}]: close(", hang.pid("child"))),
            "{how}: {found:#}"
        );
    }
}

#[test]
fn three_holders_are_told_with_every_close() {
    let hang = hang!("three-holders");
    let found = finding(&hang, "reader-blocked-on-empty", "reader");
    let closes: Vec<String> =
        ["parent", "sibling"].iter().map(|who| format!("hangs[{}]: close(4)", hang.pid(who))).collect();
    assert_eq!(found["fix"].as_str().unwrap().lines().collect::<Vec<_>>(), closes);
}

#[test]
fn a_thread_and_who_waits_for_it() {
    let hang = hang!("thread");
    let found = finding(&hang, "eof-withheld", "process");
    assert_ne!(found["tid"], found["pid"]);
    // Tools that show threads give their ids: whose thread it is, is asked about.
    let by_thread = pipescope(&["why", &found["tid"].to_string(), "--json"]);
    assert!(String::from_utf8(by_thread.stdout).unwrap().contains("eof-withheld"), "{found:#}");
    let join = finding(&hang, "waiting-for-thread", "process");
    assert!(join["text"].as_str().unwrap().contains(&format!("its thread {} to end", found["tid"])), "{join:#}");
}

#[test]
fn a_child_is_waited_for_through_a_pidfd_too() {
    let hang = hang!("pidfd");
    if hang.ended() {
        eprintln!("skipped: this kernel has no pidfds");
        return;
    }
    let found = finding(&hang, "waiting-for-child", "parent");
    assert_eq!(holders(&hang, &found), ["child"]);
}

#[test]
fn the_dead_are_said_to_be_dead() {
    let hang = hang!("zombie");
    let found = finding(&hang, "dead-not-waited-for", "child");
    assert_eq!(holders(&hang, &found), ["parent"]);
    assert_eq!(found["fix"], format!("hangs[{}]: waitpid({})", hang.group(), hang.pid("child")));
}

#[test]
fn a_queue_names_who_could_send() {
    let Some(hang) = Hang::start("queue") else { return };
    if hang.ended() {
        eprintln!("skipped: this machine has no POSIX message queues");
        return;
    }
    let found = finding(&hang, "waiting-for-message", "child");
    assert!(found["text"].as_str().unwrap().contains(&format!("hangs[{}]", hang.pid("parent"))), "{found:#}");
}

#[test]
fn an_open_of_a_fifo_says_which_end_is_missing() {
    let hang = hang!("fifo-open");
    let found = finding(&hang, "blocked-open", "opener");
    let text = found["text"].as_str().unwrap();
    assert!(text.contains("for writing and waits: nobody has it open for reading"), "{text}");
    assert!(found["fix"].as_str().unwrap().starts_with("cat < "), "{found:#}");
}

#[test]
fn who_is_held_by_a_tracer_is_not_told_to_go_on() {
    let hang = hang!("self-pipe");
    let held = nix::unistd::Pid::from_raw(hang.pid("loop"));
    if let Err(why) = nix::sys::ptrace::attach(held) {
        eprintln!("skipped: nobody may be traced here ({why})");
        return;
    }
    let found = finding(&hang, "held-by-tracer", "loop");
    // It is a thread that traces, and its process that is named.
    assert_eq!(found["holders"][0]["pid"], i64::from(std::process::id()), "{found:#}");
    assert_eq!(found["fix"], "", "{found:#}");
    nix::sys::ptrace::detach(held, None).unwrap();
}

#[test]
fn what_is_stopped_can_be_told_to_go_on() {
    let hang = hang!("stopped");
    let found = finding(&hang, "stopped", "writer");
    assert_eq!(found["fix"], format!("kill -CONT {}", hang.pid("writer")));
    let reader = finding(&hang, "reader-blocked-on-empty", "reader");
    assert!(reader["text"].as_str().unwrap().contains("stopped by a signal"), "{reader:#}");
    assert_eq!(reader["fix"], found["fix"]);
}

#[test]
fn a_parent_in_vfork_waits_for_an_exec_as_well_as_for_an_exit() {
    let hang = hang!("vfork");
    let found = finding(&hang, "waiting-for-child", "parent");
    assert_eq!(found["call"], "vfork()");
    // There is another child, which it does not wait for.
    assert_eq!(holders(&hang, &found), ["child"]);
    let child = hang.pid("child");
    let text = found["text"].as_str().unwrap();
    assert!(text.contains(&format!("until hangs[{child}] runs another program or exits")), "{text}");
    assert!(text.contains(&format!("hangs[{child}] is blocked in read(3)")), "{text}");
}

#[test]
fn sockets_of_another_network_namespace_are_told_of_as_any() {
    let hang = hang!("own-network");
    if hang.ended() {
        eprintln!("skipped: no network namespace can be made here");
        return;
    }
    // The kernel's list here has none of them.
    let silent = finding(&hang, "peer-silent", "client");
    assert_eq!(holders(&hang, &silent), ["server 4"], "{silent:#}");
    let server = finding(&hang, "waiting-for-client", "acceptor");
    assert!(server["text"].as_str().unwrap().contains(" at 127.0.0.1:"), "{server:#}");
}

#[test]
fn of_two_listeners_at_one_path_the_one_that_the_path_leads_to_is_named() {
    let hang = hang!("bound-twice");
    let found = finding(&hang, "not-accepted", "client");
    assert_eq!(holders(&hang, &found), ["server 4"], "{found:#}");
}

#[test]
fn a_connection_from_one_network_namespace_to_another_has_two_ends() {
    let Some(hang) = Hang::python("two_networks.py", "") else { return };
    if hang.ended() {
        eprintln!("skipped: no two networks can be joined here");
        return;
    }
    let found = finding(&hang, "peer-silent", "client");
    let server = hang.pid("server");
    let ends: Vec<&serde_json::Value> = found["holders"].as_array().unwrap().iter().map(|h| &h["pid"]).collect();
    assert_eq!(ends, [&serde_json::Value::from(server)], "{found:#}");
    assert!(found["text"].as_str().unwrap().contains("Closing it brings end of file"), "{found:#}");
}
