//! What goes wrong at sockets, each told on the step where it happens: in the text, as a finding and as JSON.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// What `play` says of a script, as text, and its moments as JSON.
fn play(name: &str, script: &str) -> (String, Vec<Value>) {
    let path = std::env::temp_dir().join(format!("socket-troubles-{name}-{}.pipe", std::process::id()));
    std::fs::write(&path, script).unwrap();
    let run = |json: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_pipescope")).arg("play").args(json).arg(&path).output().unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        assert!(out.status.success(), "{text}\n{}", String::from_utf8_lossy(&out.stderr));
        text
    };
    let (text, json) = (run(&[]), run(&["--json"]));
    std::fs::remove_file(&path).unwrap();
    let moments = json.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    (text, moments.filter(|line| line["type"] == "moment").collect())
}

/// The moment after this call of the script, counted from 1.
fn step(moments: &[Value], number: u64) -> &Value {
    moments.iter().find(|m| m["step"] == number).unwrap()
}

/// The part of the text that tells of a step.
fn told(text: &str, number: usize) -> &str {
    let from = text.find(&format!("\n {number:>2} ")).unwrap_or_else(|| panic!("{text}")) + 1;
    let rest = &text[from..];
    &rest[..rest.find(&format!("\n {:>2} ", number + 1)).unwrap_or(rest.len())]
}

/// The socket that this process holds at 3.
fn socket<'m>(moment: &'m Value, process: &str) -> &'m Value {
    let processes = moment["world"]["processes"].as_array().unwrap();
    let holder = processes.iter().find(|p| p["name"] == process).unwrap();
    let fd = holder["fds"].as_array().unwrap().iter().find(|fd| fd["fd"] == 3).unwrap();
    let objects = moment["world"]["objects"].as_array().unwrap();
    &objects.iter().find(|o| o["id"] == fd["target"]).unwrap_or_else(|| panic!("{fd}"))["socket"]
}

const CONNECTED: &str = "server: socket(AF_INET, SOCK_STREAM)\nserver: bind(3, 127.0.0.1:0)\nserver: listen(3, 5)\n\
    stage: start(client)\nclient: socket(AF_INET, SOCK_STREAM)\nclient: connect(3, addr(server.3))\nserver: accept(3)\n";

#[test]
fn a_reset_is_told_at_the_close_that_makes_it() {
    let script = format!(
        "{CONNECTED}client: write(3, \"unread\")\nserver: close(4)\nexpect finding error-waits, no finding bound-not-listening\n\
         client: read(3, 10)\nexpect error ECONNRESET, no finding error-waits\nclient: read(3, 10)\nexpect eof\n\
         client: write(3, \"x\")\n"
    );
    let (text, moments) = play("reset", &script);
    let close = told(&text, 9);
    assert!(close.contains("TCP, CLOSED, an error waits"), "{close}");
    assert!(close.contains("error-waits: The connection at client's fd 3 was cut off"), "{close}");
    let read = told(&text, 10);
    assert!(read.contains("TCP, CLOSED, the connection is over") && read.contains("over, error-waits"), "{read}");
    assert!(told(&text, 12).contains("killed by SIGPIPE"), "{text}");
    let (before, after) = (socket(step(&moments, 9), "client"), socket(step(&moments, 10), "client"));
    assert_eq!((&before["state"], &before["error"]), (&"CLOSED".into(), &true.into()), "{before}");
    assert_eq!((&after["state"], &after["error"]), (&"CLOSED".into(), &false.into()), "{after}");
}

#[test]
fn a_unix_socket_hears_that_its_bytes_were_never_read() {
    let script = "parent: socketpair(AF_UNIX, SOCK_STREAM)\nparent: fork(child)\nparent: close(4)\nchild: close(3)\n\
        parent: write(3, \"unread\")\nexpect no finding error-waits\nchild: close(4)\nexpect finding error-waits\n\
        parent: read(3, 9)\nexpect error ECONNRESET, no finding error-waits\nparent: read(3, 9)\nexpect eof\n";
    let (text, _) = play("unix-reset", script);
    assert!(
        told(&text, 6).contains("the other side closed while bytes that it had been sent waited there unread"),
        "{text}"
    );
}

/// Both stages call their sockets `srv`, each in a folder of its own.
#[test]
fn a_path_of_another_stage_is_another_file() {
    let bind = "parent: socket(AF_UNIX, SOCK_STREAM)\nparent: bind(3, unix:srv)\n";
    let path = std::env::temp_dir().join(format!("socket-troubles-held-{}.pipe", std::process::id()));
    std::fs::write(&path, bind).unwrap();
    let mut other = Command::new(env!("CARGO_BIN_EXE_pipescope"))
        .args(["play", "--hold"])
        .arg(&path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(other.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("bind(3, unix:srv) = 0")), "the other stage says nothing");
    let script = format!(
        "{bind}parent: close(3)\nparent: socket(AF_UNIX, SOCK_STREAM)\nparent: bind(3, unix:srv)\nexpect error EADDRINUSE\n"
    );
    let (text, _) = play("clash", &script);
    assert!(told(&text, 5).contains("No socket has it any more"), "{text}");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(other.id().cast_signed()), nix::sys::signal::SIGTERM).unwrap();
    other.wait().unwrap();
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_datagram_that_has_no_room_is_dropped_and_counted() {
    // Half of what is asked for is there for messages, and each takes more than its bytes: one has room, ten do not.
    let send = "s: sendto(3, \"x\" * 1000, addr(r.3))\n".repeat(10);
    let script = format!(
        "r: socket(AF_INET, SOCK_DGRAM)\nr: setsockopt(3, SO_RCVBUF, 2304)\nr: bind(3, 127.0.0.1:0)\nstage: start(s)\n\
         s: socket(AF_INET, SOCK_DGRAM)\n{send}"
    );
    let (text, moments) = play("drop", &script);
    let first = told(&text, 6);
    assert!(!first.contains("dropped"), "{first}");
    let receiver = socket(step(&moments, 15), "r");
    let kept = receiver["messages"].as_array().unwrap().len() as u64;
    assert_eq!(receiver["dropped"].as_u64().unwrap() + kept, 10, "{receiver}");
    let flows: Vec<&Value> = moments.iter().flat_map(|m| m["flows"].as_array().unwrap()).collect();
    let dropped = flows.iter().filter(|flow| flow["dropped"] == true).count() as u64;
    assert_eq!(dropped, receiver["dropped"].as_u64().unwrap());
    let last = told(&text, 15);
    assert!(last.contains("1000 bytes, dropped: there is no room for them"), "{last}");
    assert!(text.contains("datagrams-dropped: r has lost one datagram that came for"), "{text}");
}

#[test]
fn a_message_that_is_cut_loses_its_rest_and_the_next_has_its_sender() {
    let script = "r: socket(AF_INET, SOCK_DGRAM)\nr: bind(3, 127.0.0.1:0)\nstage: start(s)\ns: socket(AF_INET, SOCK_DGRAM)\n\
        s: sendto(3, \"first letter\", addr(r.3))\ns: sendto(3, \"second\", addr(r.3))\nr: recv(3, 5)\nr: recv(3, 9)\n";
    let (text, moments) = play("cut", script);
    assert!(told(&text, 7).contains("7 more bytes of the message did not fit and are lost"), "{text}");
    let flows = |number| step(&moments, number)["flows"].as_array().unwrap().clone();
    assert!(flows(7).iter().any(|flow| flow["lost"] == true && flow["bytes"] == 7), "{:?}", flows(7));
    assert_eq!(flows(8)[0]["from"]["process"], "s", "{:?}", flows(8));
    // The very first goes to the other's socket, though the sender's own had no address before.
    assert_ne!(flows(5)[0]["object"], flows(5)[0]["from"], "{:?}", flows(5));
    assert_eq!(flows(5)[0]["object"], flows(6)[0]["object"]);
}

#[test]
fn a_datagram_that_nobody_takes_comes_back_as_an_error() {
    let script = "r: socket(AF_INET, SOCK_DGRAM)\nr: bind(3, 127.0.0.1:0)\nstage: start(s)\ns: socket(AF_INET, SOCK_DGRAM)\n\
        s: connect(3, addr(r.3))\nr: close(3)\ns: send(3, \"x\")\nexpect finding error-waits\ns: send(3, \"y\")\n\
        expect error ECONNREFUSED\n";
    let (text, moments) = play("undelivered", script);
    assert!(told(&text, 7).contains("what was sent from it came back undelivered"), "{text}");
    assert_eq!(socket(step(&moments, 7), "s")["error"], true);
}

#[test]
fn a_socket_without_an_address_is_known_for_what_it_is() {
    let (text, moments) =
        play("fresh", "p: socket(AF_INET, SOCK_STREAM)\nstage: start(q)\nq: socket(AF_INET6, SOCK_DGRAM)\n");
    assert!(told(&text, 1).contains("TCP, CLOSED"), "{text}");
    let fresh = socket(step(&moments, 1), "p");
    assert_eq!((&fresh["state"], &fresh["local"], &fresh["error"]), (&"CLOSED".into(), &Value::Null, &false.into()));
    let six = socket(step(&moments, 3), "q");
    assert!(six["family"] == "AF_INET6" || six.is_null(), "{six}");
}

#[test]
fn a_datagram_is_told_to_have_gone_to_whoever_took_it() {
    let script = "a: socket(AF_INET, SOCK_DGRAM)\na: setsockopt(3, SO_REUSEADDR, 1)\na: bind(3, 0.0.0.0:0)\n\
        a: setsockopt(3, IP_ADD_MEMBERSHIP, 239.1.2.3, 127.0.0.1)\nstage: start(b)\nb: socket(AF_INET, SOCK_DGRAM)\n\
        b: setsockopt(3, SO_REUSEADDR, 1)\nb: bind(3, 0.0.0.0:port(a.3))\n\
        b: setsockopt(3, IP_ADD_MEMBERSHIP, 239.1.2.3, 127.0.0.1)\nb: recv(3, 2)\nexpect blocks\nstage: start(s)\n\
        s: socket(AF_INET, SOCK_DGRAM)\ns: setsockopt(3, IP_MULTICAST_IF, 127.0.0.1)\n\
        s: sendto(3, \"one\", 239.1.2.3:port(a.3))\nexpect b: data \"on\"\na: recv(3, 2, MSG_TRUNC)\nexpect returns 3\n\
        a: close(3)\nb: close(3)\ns: sendto(3, \"x\", 127.0.0.1:1)\n";
    let script = script.replace("a: ", "parent: ").replace("a.3", "parent.3");
    let (text, moments) = play("took", &script);
    let sent = told(&text, 14);
    assert!(sent.contains("s 3 -> socket:[") && sent.contains("] -> b 3  \"on\""), "{sent}");
    // Both members, and what b has taken of it.
    assert_eq!(sent.matches("s 3 -> socket:[").count(), 3, "{sent}");
    let received = told(&text, 15);
    assert!(received.contains("s 3 -> socket:[") && received.contains("] -> parent 3  \"on\""), "{received}");
    assert!(received.contains("1 more byte of the message did not fit and is lost"), "{received}");
    assert!(told(&text, 18).contains("s 3 -> nobody on this stage  \"x\""), "{text}");
    let flows = step(&moments, 14)["flows"].as_array().unwrap();
    assert!(flows.iter().all(|f| f["object"] != socket_id(step(&moments, 14), "s")), "{flows:?}");
}

/// What this process holds at 3.
fn socket_id(moment: &Value, process: &str) -> Value {
    let processes = moment["world"]["processes"].as_array().unwrap();
    let holder = processes.iter().find(|p| p["name"] == process).unwrap();
    holder["fds"].as_array().unwrap().iter().find(|fd| fd["fd"] == 3).unwrap()["target"].clone()
}

#[test]
fn a_sender_and_a_connect_that_wait_are_told_what_is_full() {
    let script = format!(
        "{CONNECTED}client: write(3, \"x\" * 9000000)\nexpect blocks, finding socket-writer-blocked\nserver: close(4)\n\
         expect no finding socket-writer-blocked\n"
    );
    let (text, _) = play("full", &script);
    assert!(told(&text, 8).contains("      send queue: "), "{text}");
    assert!(told(&text, 8).contains("fix: server: recv(4, 65536)"), "{text}");
    let script = "parent: socket(AF_UNIX, SOCK_STREAM)\nparent: bind(3, unix:srv)\nparent: listen(3, 0)\nstage: start(c)\n\
        c: socket(AF_UNIX, SOCK_STREAM)\nc: connect(3, unix:srv)\nc: socket(AF_UNIX, SOCK_STREAM)\nc: connect(4, unix:srv)\n\
        expect blocks, finding connect-waits\nparent: accept(3)\nexpect c: returns 0, no finding connect-waits\n";
    let (text, _) = play("backlog", script);
    assert!(told(&text, 8).contains("is full: 1 of 0 wait"), "{text}");
}

#[test]
fn a_connect_that_does_not_wait_and_one_that_does_are_refused() {
    let script = "parent: socket(AF_INET, SOCK_STREAM)\nparent: bind(3, 127.0.0.1:0)\nstage: start(c)\n\
        c: socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK)\nc: connect(3, addr(parent.3))\nexpect error EINPROGRESS, finding error-waits\n\
        c: getsockopt(3, SO_ERROR)\nc: socket(AF_INET, SOCK_STREAM)\nc: connect(4, addr(parent.3))\n\
        expect error ECONNREFUSED, finding connection-refused\nparent: listen(3, 5)\nexpect no finding bound-not-listening\n";
    let (text, _) = play("not-waited", script);
    assert!(told(&text, 5).contains("is told which, ECONNREFUSED or ECONNRESET"), "{text}");
    assert!(told(&text, 6).contains("ECONNREFUSED"), "{text}");
}

#[test]
fn a_blocked_send_is_told_of_the_reset_that_ends_it() {
    let script = format!(
        "{CONNECTED}client: fcntl(3, F_SETFL, O_NONBLOCK)\nclient: write(3, \"x\" * 16000000)\n\
         client: write(3, \"x\" * 16000000)\nclient: fcntl(3, F_SETFL, 0)\nclient: write(3, \"x\" * 1000000)\nexpect blocks\n\
         server: close(4)\nexpect client: error ECONNRESET, finding connection-reset\n"
    );
    let (text, _) = play("reset-while-sending", &script);
    assert!(told(&text, 13).contains("client's write on fd 3 failed with ECONNRESET"), "{text}");
}
