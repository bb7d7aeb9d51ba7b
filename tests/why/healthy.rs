//! What only looks like a hang: nothing is said against it.

use super::{Hang, Value, finding, hang, holders, pipescope};

#[test]
fn how_an_event_loop_wakes_itself_is_no_trouble() {
    let hang = hang!("event-loop");
    let own = finding(&hang, "own-end", "parent");
    assert_eq!((holders(&hang, &own), &own["stuck"]), (vec!["parent 4".to_owned()], &Value::from(false)));
    let other = finding(&hang, "reader-blocked-on-empty", "parent");
    assert_eq!(holders(&hang, &other), ["child 6"]);
    let text = String::from_utf8(pipescope(&["why", &hang.group().to_string()]).stdout).unwrap();
    assert!(text.contains("None of them is seen to hang"), "{text}");
    assert!(text.contains("for end of file: hangs["), "{text}");
}

#[test]
fn an_event_loop_that_watches_nothing_else_is_no_trouble_either() {
    let hang = hang!("self-pipe");
    finding(&hang, "own-end", "loop");
    let text = String::from_utf8(pipescope(&["why", "--all", "--json"]).stdout).unwrap();
    assert!(!text.contains(&format!("\"pid\":{},", hang.pid("loop"))), "{text}");
}

#[test]
fn what_another_thread_may_write_is_not_withheld() {
    let hang = hang!("threads-pipe");
    let found = finding(&hang, "own-end", "process");
    assert!(found["text"].as_str().unwrap().contains("another of its 2 threads may write there"), "{found:#}");
    assert_eq!(found["fix"], "");
}

#[test]
fn who_watches_its_output_for_errors_waits_for_no_bytes() {
    let hang = hang!("watches-output");
    let found = finding(&hang, "waiting-elsewhere", "tail");
    assert!(found["text"].as_str().unwrap().contains("for its last reader to go"), "{found:#}");
    let reader = finding(&hang, "reader-blocked-on-empty", "reader");
    assert_eq!(reader["stuck"], false, "{reader:#}");
}

#[test]
fn a_slow_but_healthy_pipeline_is_never_called_stuck() {
    let hang = hang!("healthy");
    for _ in 0..50 {
        let output = pipescope(&["why", &hang.group().to_string(), "--json"]);
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let found: Value = serde_json::from_str(line).unwrap();
            assert_eq!(found["stuck"], false, "{found:#}");
            assert!(found["rule"] != "deadlock" && found["rule"] != "eof-withheld", "{found:#}");
        }
    }
}
