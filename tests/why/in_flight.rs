//! Ends that were sent over a UNIX socket and not received yet: open, and in no table.

use super::{Hang, Value, ask, finding, hang, holders, pipescope};

/// Who can receive what is in flight, as `name fd`, of each socket.
fn receivers(hang: &Hang, finding: &Value) -> Vec<Vec<String>> {
    finding["in_flight"].as_array().unwrap().iter().map(|flight| holders(hang, flight)).collect()
}

/// The sockets of other tests may have descriptors in flight at the same time.
fn is_received_by(hang: &Hang, finding: &Value, receiver: &str) -> bool {
    receivers(hang, finding).contains(&vec![receiver.to_owned()])
}

#[test]
fn an_end_that_no_table_shows_is_said_to_be_in_flight_and_who_can_receive_it() {
    // Program, rule, what nobody holds, who can receive it, what is said of that.
    let table: &[(&str, &str, &str, &str, &str)] = &[
        (
            "sent-write-end",
            "reader-blocked-on-empty",
            "A write end may be in flight",
            "keeper 6",
            "End of file comes once",
        ),
        ("sent-read-end", "writer-blocked-on-full", "A read end may be in flight", "keeper 6", "Whoever receives it"),
        (
            "sent-to-a-listener",
            "reader-blocked-on-empty",
            "A write end",
            "keeper 3",
            "by a listener once it has accepted",
        ),
        ("sent-twice", "reader-blocked-on-empty", "A write end", "keeper 8", "not received yet"),
        ("sent-other-end", "peer-silent", "A descriptor of socket:[", "keeper 6", "End of file comes once"),
    ];
    for (name, rule, what, receiver, end) in table {
        let hang = hang!(name);
        let pid = i64::from(hang.pid("waiter"));
        let found = ask(&hang, |f| f["rule"] == *rule && f["pid"] == pid && !f["in_flight"].is_null());
        let text = found["text"].as_str().unwrap();
        assert!(is_received_by(&hang, &found, receiver), "{name}: {found:#}");
        assert!(found["holders"].as_array().unwrap().is_empty(), "{name}: {found:#}");
        for part in [what, end, "the kernel does not tell what"] {
            assert!(text.contains(part), "{name}: {text}");
        }
    }
}

#[test]
fn closing_the_end_that_is_seen_is_not_said_to_be_enough() {
    let hang = hang!("sent-a-copy");
    let found = finding(&hang, "reader-blocked-on-empty", "waiter");
    assert_eq!(holders(&hang, &found), ["parent 4"]);
    assert!(is_received_by(&hang, &found, "keeper 6"), "{found:#}");
    let text = found["text"].as_str().unwrap();
    assert!(
        text.contains("This holds unless another write end is in flight, sent and not received yet, in socket:["),
        "{text}"
    );
    let output = pipescope(&["why", &hang.pid("waiter").to_string()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("- to be received in socket:["), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn the_kernel_clears_away_what_nobody_can_receive_any_more() {
    let hang = hang!("sent-in-a-circle");
    // It has got its end of file, and sleeps in another call.
    let found = finding(&hang, "waiting-elsewhere", "waiter");
    assert_eq!(found["call"], "pause()");
}

/// Where everyone can be seen and nobody else is there.
fn alone(hang: &Hang, fits: impl Fn(&Value) -> bool) -> Value {
    let began = std::time::Instant::now();
    loop {
        let output = hang.inside(&["why", "hangs", "--json"]);
        let text = String::from_utf8(output.stdout).unwrap();
        let found = text.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()).find(&fits);
        if let Some(found) = found {
            return found;
        }
        assert!(began.elapsed() < super::common::LIMIT, "nothing fits in:\n{text}");
    }
}

#[test]
fn who_alone_can_receive_what_it_waits_for_hangs_for_good() {
    let Some(hang) = Hang::start_alone("sent-to-itself") else { return };
    let found = alone(&hang, |f| !f["in_flight"].is_null());
    assert_eq!((&found["rule"], &found["stuck"]), (&Value::from("reader-blocked-on-empty"), &Value::from(true)));
    let text = found["text"].as_str().unwrap();
    assert!(text.contains("by its own fd 6") && text.contains("it should have received that before"), "{text}");
    assert_eq!(found["fix"], "hangs[1]: close(6)");
}

#[test]
fn a_circle_leads_over_a_descriptor_in_flight_too() {
    let Some(hang) = Hang::start_alone("sent-to-its-parent") else { return };
    let found = alone(&hang, |f| f["rule"] == "deadlock");
    let text = found["text"].as_str().unwrap();
    let waiter = hang.pid("waiter");
    assert!(text.contains("a write end of which may be in flight to hangs[1]"), "{text}");
    assert!(text.contains(&format!("hangs[1] waits for its child hangs[{waiter}] to exit")), "{text}");
}

#[test]
fn a_socket_that_is_in_flight_itself_is_named_with_what_waits_in_it() {
    let Some(hang) = Hang::start_alone("sent-twice") else { return };
    let found = alone(&hang, |f| !f["in_flight"].is_null());
    let counts: Vec<&Value> = found["in_flight"].as_array().unwrap().iter().map(|f| &f["descriptors"]).collect();
    assert_eq!(counts, [&Value::from(1), &Value::Null], "{found:#}");
    let text = found["text"].as_str().unwrap();
    assert!(
        text.contains("is in no table that can be seen, and may be in flight too, with what waits in it."),
        "{text}"
    );
    assert_eq!((&found["stuck"], &found["fix"]), (&Value::from(false), &Value::from("")));
}
