//! What is said of calls that are refused for their address, and of processes that wait for each other across sockets: on the kernel.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::story;
use pipescope::engine::{Forward, Script, Session};
use pipescope::explain::Finding;
use pipescope::observe::sockdiag;
use pipescope::world::Known;

/// Play a script to its end; every `expect` in it must hold.
fn play(text: &str) -> Session {
    let mut session = story::session(Script::of_text("test", text).unwrap());
    while matches!(session.forward().unwrap(), Forward::Stepped) {}
    let failures = story::failures(&session);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    session
}

fn last(session: &Session, rule: &str) -> Finding {
    session.told().findings.iter().find(|f| f.rule == rule).unwrap_or_else(|| panic!("{:#?}", session.told())).clone()
}

#[test]
fn whoever_has_the_address_is_named() {
    let session = play(
        "a: socket(AF_INET, SOCK_STREAM)
         a: bind(3, 127.0.0.1:0)
         a: fork(b)
         b: socket(AF_INET, SOCK_STREAM)
         b: bind(4, addr(a.3))
         expect error EADDRINUSE, finding address-in-use",
    );
    let found = last(&session, "address-in-use");
    assert!(found.text.ends_with("held by a's fd 3 and b's fd 3."), "{}", found.text);
    assert_eq!(found.fix, "a: close(3)\nb: close(3)");
}

#[test]
fn a_closed_connection_keeps_its_address() {
    let session = play(
        "a: socket(AF_INET, SOCK_STREAM)
         a: bind(3, 127.0.0.1:0)
         a: listen(3, 5)
         a: socket(AF_INET, SOCK_STREAM)
         a: connect(4, addr(a.3))
         a: accept(3)
         a: close(5)
         a: read(4, 1)
         expect eof
         a: socket(AF_INET, SOCK_STREAM)
         a: setsockopt(5, SO_REUSEADDR, 1)
         a: bind(5, addr(a.3))
         expect error EADDRINUSE, finding address-in-use",
    );
    // The listener has it, and nobody else that a process holds.
    assert!(last(&session, "address-in-use").text.ends_with("held by a's fd 3."));
    let mut session = session;
    let port = match session.moment().world.object_at("a", 3).unwrap().as_socket().unwrap().local.clone().unwrap() {
        pipescope::world::Address::Inet(at) => at.port(),
        other => panic!("{other}"),
    };
    let mut call = |line: &str| {
        session.free(pipescope::notation::parse_directed(line, Some("a")).unwrap()).unwrap();
    };
    call("close(4)");
    call("close(3)");
    call("close(5)");
    call("socket(AF_INET, SOCK_STREAM)");
    // Both sides have closed: what is left waits its minute out.
    common::until(|| {
        let sockets = sockdiag::read().unwrap();
        let rest = sockets.all.iter().filter(|s| {
            let at = |a: &Option<pipescope::world::Address>| matches!(a, Some(pipescope::world::Address::Inet(at)) if at.port() == port);
            at(&s.local)
        });
        rest.into_iter().all(|s| s.inode == 0 && s.state == pipescope::world::SocketState::TimeWait)
    });
    call(&format!("bind(3, 127.0.0.1:{port})"));
    let found = last(&session, "address-in-use");
    assert!(found.text.contains("TIME-WAIT"), "{}", found.text);
    assert_eq!(found.fix, "a: setsockopt(3, SO_REUSEADDR, 1)");
}

#[test]
fn a_path_that_was_left_is_told_from_one_that_is_taken() {
    let session = play(
        "a: socket(AF_UNIX, SOCK_STREAM)
         a: bind(3, unix:srv)
         a: socket(AF_UNIX, SOCK_STREAM)
         a: connect(4, unix:srv)
         expect error ECONNREFUSED, finding connection-refused
         a: bind(4, unix:srv)
         expect error EADDRINUSE, finding address-in-use
         a: close(3)
         a: bind(4, unix:srv)
         expect error EADDRINUSE, finding address-in-use",
    );
    let texts: Vec<&Finding> =
        session.history().iter().flat_map(|m| &m.findings).filter(|f| f.rule == "address-in-use").collect();
    assert!(texts[0].text.ends_with("held by a's fd 3."), "{}", texts[0].text);
    assert_eq!(texts[1].fix, "a: unlink(\"srv\")");
    let refused = session.history().iter().flat_map(|m| &m.findings).find(|f| f.rule == "connection-refused").unwrap();
    assert!(refused.text.ends_with("a's fd 3 has that address, and does not listen."), "{}", refused.text);
}

#[test]
fn two_that_receive_from_each_other_are_in_a_deadlock() {
    let read = |kind: &str| {
        format!(
            "a: socketpair(AF_UNIX, {kind})
             a: fork(b)
             a: close(4)
             b: close(3)
             a: recv(3, 64)
             expect blocks, no finding deadlock
             b: recv(4, 64)
             expect blocks, finding deadlock"
        )
    };
    for kind in ["SOCK_STREAM", "SOCK_SEQPACKET"] {
        let session = play(&read(kind));
        let found = last(&session, "deadlock");
        assert!(found.text.contains("whose other end is b's fd 4"), "{}", found.text);
        assert!(found.text.contains("whose other end is a's fd 3"), "{}", found.text);
    }
    let session = play(
        "s: socket(AF_INET, SOCK_STREAM)
         s: bind(3, 127.0.0.1:0)
         s: listen(3, 5)
         stage: start(c)
         c: socket(AF_INET, SOCK_STREAM)
         c: connect(3, addr(s.3))
         s: accept(3)
         c: recv(3, 64)
         s: recv(4, 64)
         expect blocks, finding deadlock",
    );
    assert!(last(&session, "deadlock").holders.len() == 2);
    assert!(matches!(session.moment().world.object_at("s", 4).unwrap().bytes, Known::Yes(0)));
}
