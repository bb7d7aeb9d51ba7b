//! What would wake who hangs, and what would have: no cure that is none, no end that cannot come, and no hang where a signal ends it.

use super::{Hang, ask, finding, hang, holders};
use serde_json::Value;

fn text(found: &Value) -> &str {
    found["text"].as_str().unwrap()
}

#[test]
fn every_write_end_has_to_be_closed_the_reader_s_own_too() {
    let hang = hang!("both-keep");
    let found = ask(&hang, |f| f["rule"] == "deadlock");
    let name = |who: &str| format!("hangs[{}]", hang.pid(who));
    let ends =
        format!("had {} closed fd 4 and {} closed fd 4 before any of them waited", name("parent"), name("child"));
    assert!(text(&found).contains(&ends), "{found:#}");
    let fix: Vec<&str> = found["fix"].as_str().unwrap().lines().collect();
    let calls = [format!("{}: close(4)", name("parent")), format!("{}: close(4)", name("child"))];
    assert_eq!(fix[..2], calls);
}

#[test]
fn what_has_no_end_is_not_to_be_read_to_its_end() {
    let hang = hang!("keeps-what-it-reads");
    let found = ask(&hang, |f| f["rule"] == "deadlock");
    assert!(text(&found).contains("read what comes by fd 3 before it waited for its child"), "{found:#}");
}

#[test]
fn a_filter_is_not_to_blame() {
    let hang = hang!("filter");
    let found = ask(&hang, |f| f["rule"] == "deadlock");
    let blamed = format!("had hangs[{}] read fd 5 while it still had to write", hang.group());
    assert!(text(&found).contains(&blamed), "{found:#}");
}

#[test]
fn datagrams_know_no_end() {
    let hang = hang!("datagrams");
    let found = finding(&hang, "peer-silent", "receiver");
    assert!(text(&found).contains("Datagrams know no end of file"), "{found:#}");
    assert!(!text(&found).contains("brings end of file") && found["fix"] == "", "{found:#}");
    let hang = hang!("datagrams-gone");
    let found = finding(&hang, "peer-silent", "receiver");
    assert!(text(&found).contains("nothing comes from there any more"), "{found:#}");
    assert_eq!(found["stuck"], true, "{found:#}");
}

#[test]
fn all_who_hold_a_lock_are_named() {
    let hang = hang!("shared-lock");
    let found = finding(&hang, "waiting-for-lock", "waiter");
    let mut all = holders(&hang, &found);
    all.sort();
    assert_eq!(all, ["one 5", "other 5"], "{found:#}");
    assert_eq!(found["fix"].as_str().unwrap().lines().count(), 2, "{found:#}");
    let hang = hang!("own-lock");
    let found = finding(&hang, "waiting-for-lock", "waiter");
    assert!(text(&found).contains("so it waits for itself"), "{found:#}");
}

#[test]
fn a_signal_that_is_to_come_may_end_any_wait() {
    for (kind, signal) in [("alarm", "SIGALRM"), ("timer", "what its timers send"), ("child", "SIGCHLD")] {
        let hang = hang!(&format!("signal-{kind}"));
        let found = finding(&hang, "eof-withheld", "reader");
        assert!(text(&found).contains(&format!("has a handler for {signal}")), "{found:#}");
        assert_eq!((&found["stuck"], &found["fix"]), (&Value::Bool(false), &Value::from("")), "{found:#}");
    }
}

#[test]
fn who_shares_the_memory_is_known() {
    let hang = hang!("semaphores");
    let found = ask(&hang, |f| f["rule"] == "deadlock");
    let mut all = holders(&hang, &found);
    all.sort();
    assert_eq!(all, ["child", "parent"]);
    let own = finding(&hang, "waiting-for-thread", "child");
    assert_eq!(holders(&hang, &own), ["parent"], "{own:#}");
    assert!(text(&own).ends_with("None of them can go on: it hangs."), "{own:#}");
}

#[test]
fn a_listener_whose_path_is_gone_gets_no_client() {
    let hang = hang!("unlinked");
    let found = finding(&hang, "waiting-for-client", "server");
    assert!(text(&found).contains("nobody can connect to it"), "{found:#}");
}
