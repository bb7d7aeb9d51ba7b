//! Network namespaces as machines, on the kernel.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use common::{LIMIT, Play};
use pipescope::notation::{Outcome, parse_directed, show_completion};
use pipescope::observe::{self, Look, namespaces};
use pipescope::stage::{Refusal, Stage};
use pipescope::world::{Machine, Peer, Socket, World, other_end};
use std::process::Command;

const LOOK: Look = Look { peek: true, peek_bytes: 64, outsiders: false };

/// Two machines, left and right, with a cable: what the first step of each test is.
const CABLE: &[&str] = &[
    "left: unshare(CLONE_NEWUSER|CLONE_NEWNET)",
    "left: fork(right)",
    "right: unshare(CLONE_NEWNET)",
    "left: link_set(\"lo\", up)",
    "right: link_set(\"lo\", up)",
    "left: link_add(\"eth0\", right)",
    "left: link_set(\"eth0\", up)",
    "right: link_set(\"eth0\", up)",
    "left: addr_add(\"eth0\", 10.0.0.1/24)",
    "right: addr_add(\"eth0\", 10.0.0.2/24)",
];

fn begin() -> Play {
    let mut stage = Stage::start(&common::options()).unwrap();
    stage.start_process("left").unwrap();
    Play { stage }
}

fn allowed() -> bool {
    match namespaces::allowed() {
        Ok(()) => true,
        Err(why) => {
            eprintln!("SKIPPED: {why}");
            false
        }
    }
}

fn call(play: &mut Play, line: &str) -> String {
    play.stage.issue(&parse_directed(line, None).unwrap()).unwrap_or_else(|e| panic!("{line}: {e}"));
    let own = play.stage.settle(LIMIT).own.unwrap();
    assert!(!matches!(own.outcome, Outcome::Running), "{line}");
    show_completion(&own)
}

fn refused(play: &mut Play, line: &str) -> String {
    match play.stage.issue(&parse_directed(line, None).unwrap()) {
        Err(Refusal::NotAllowed(why)) => why,
        other => panic!("{line}: {other:?}"),
    }
}

/// A stage with two machines and a cable; none where the kernel has no veth(4).
fn cabled() -> Option<Play> {
    let mut play = begin();
    for line in CABLE {
        let said = call(&mut play, line);
        if said.contains("EOPNOTSUPP") {
            eprintln!("SKIPPED: this kernel has no veth pairs");
            return None;
        }
        assert!(!said.contains("= -1"), "{said}");
    }
    Some(play)
}

fn look(play: &Play) -> World {
    observe::read(&play.stage.subjects(), &LOOK)
}

fn socket<'w>(world: &'w World, name: &str, fd: i32) -> &'w Socket {
    let object = world.object_at(name, fd).unwrap();
    object.as_socket().unwrap_or_else(|| panic!("{:?}", object.socket))
}

fn pid(play: &Play, name: &str) -> i32 {
    play.stage.subjects().iter().find(|s| s.name == name).unwrap().pid
}

#[test]
fn each_network_is_a_machine_with_its_links() {
    if !allowed() {
        return;
    }
    let Some(play) = cabled() else { return };
    let world = look(&play);
    let [left, right] = world.machines.as_slice() else { panic!("{:?}", world.machines) };
    let told = |machine: &Machine| {
        let links = machine.links.value().unwrap();
        let one = |l: &pipescope::world::Link| {
            let v4 = l.addresses.iter().find(|(ip, _)| ip.is_ipv4());
            (l.name.clone(), l.up, l.carrier, v4.map(|(ip, bits)| format!("{ip}/{bits}")).unwrap_or_default())
        };
        links.iter().filter(|l| ["lo", "eth0"].contains(&l.name.as_str())).map(one).collect::<Vec<_>>()
    };
    let up = |name: &str, address: &str| (name.to_owned(), true, true, address.to_owned());
    assert_eq!(told(left), [up("lo", "127.0.0.1/8"), up("eth0", "10.0.0.1/24")]);
    assert_eq!(told(right), [up("lo", "127.0.0.1/8"), up("eth0", "10.0.0.2/24")]);
    assert_eq!(
        (left.members.as_slice(), right.members.as_slice()),
        ([pid(&play, "left")].as_slice(), [pid(&play, "right")].as_slice())
    );
    let cable = left.links.value().unwrap().iter().find(|l| l.name == "eth0").unwrap();
    assert_eq!(other_end(&world.machines, 0, cable).map(|(at, l)| (at, l.name.as_str())), Some((1, "eth0")));
    // Nothing of ours stays in there, and nothing was added to a table.
    assert!(world.processes.iter().all(|p| p.fds.iter().all(|fd| fd.number < 3)));
}

#[test]
fn a_connection_across_the_cable_has_both_ends() {
    if !allowed() {
        return;
    }
    let Some(mut play) = cabled() else { return };
    for line in ["left: socket(AF_INET, SOCK_STREAM)", "left: bind(3, 0.0.0.0:0)", "left: listen(3, 5)"] {
        call(&mut play, line);
    }
    call(&mut play, "right: socket(AF_INET, SOCK_STREAM)");
    assert!(call(&mut play, "right: connect(3, 127.0.0.1:port(left.3))").contains("ECONNREFUSED"));
    assert!(call(&mut play, "right: connect(3, 10.0.0.1:port(left.3))").contains("= 0"));
    let world = look(&play);
    assert_eq!(socket(&world, "right", 3).peer.value(), Some(&Peer::Unaccepted));
    assert_eq!(socket(&world, "left", 3).waiting, [world.object_at("right", 3).unwrap().inode]);
    call(&mut play, "left: accept(3)");
    call(&mut play, "right: write(3, \"hello\")");
    let mut world = look(&play);
    // The bytes cross the cable by themselves.
    common::until(|| {
        world = look(&play);
        world.object_at("left", 4).unwrap().bytes.value() == Some(&5)
    });
    let inode = |name, fd| world.object_at(name, fd).unwrap().inode;
    assert_eq!(socket(&world, "left", 4).peer.value(), Some(&Peer::Socket(inode("right", 3))));
    assert_eq!(socket(&world, "right", 3).peer.value(), Some(&Peer::Socket(inode("left", 4))));
    as_ss_has_it(&play, &world);
    call(&mut play, "left: link_set(\"eth0\", down)");
    let world = look(&play);
    let links = world.machines[1].links.value().unwrap();
    let eth0 = links.iter().find(|l| l.name == "eth0").unwrap();
    assert_eq!((eth0.up, eth0.carrier), (true, false));
}

#[test]
fn a_letter_for_a_group_over_ipv6_crosses_the_cable() {
    if !allowed() {
        return;
    }
    let Some(mut play) = cabled() else { return };
    let said = call(&mut play, "right: socket(AF_INET6, SOCK_DGRAM)");
    if said.contains("EAFNOSUPPORT") {
        eprintln!("SKIPPED: there is no IPv6 here");
        return;
    }
    for line in [
        "right: bind(3, [::]:0)",
        "right: setsockopt(3, IPV6_ADD_MEMBERSHIP, ff15::123, 2)",
        "left: socket(AF_INET6, SOCK_DGRAM)",
        "left: setsockopt(3, IPV6_MULTICAST_IF, 2)",
    ] {
        let said = call(&mut play, line);
        assert!(!said.contains("= -1"), "{line}: {said}");
    }
    let world = look(&play);
    let multicast = socket(&world, "right", 3).multicast.clone().unwrap();
    let groups = &multicast.value().unwrap().groups;
    assert_eq!((groups[0].group.to_string(), groups[0].interface.as_str()), ("ff15::123".into(), "eth0"));
    // Until nobody has claimed the address of the link as theirs, RFC 4862, there is none to send from.
    common::until(|| call(&mut play, "left: sendto(3, \"hi\", [ff15::123]:port(right.3))").contains("= 2"));
    assert!(call(&mut play, "right: recvfrom(3, 9)").contains("\"hi\""));
}

/// What `ss` says inside the namespace, where there is such a program and we may go there.
fn as_ss_has_it(play: &Play, world: &World) {
    for (name, fd) in [("left", 4), ("right", 3)] {
        let mut ss = Command::new("nsenter");
        ss.args(["-t", &pid(play, name).to_string(), "-U", "-n", "--preserve-credentials", "ss", "-tnOH"]);
        let Ok(output) = ss.output() else { return };
        if !output.status.success() {
            eprintln!("ss was not asked: {}", String::from_utf8_lossy(&output.stderr));
            return;
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let socket = socket(world, name, fd);
        let ends = [socket.local.as_ref().unwrap().to_string(), socket.remote.as_ref().unwrap().to_string()];
        assert!(ends.iter().all(|end| text.contains(end)), "{name}: {text} has not {ends:?}");
        assert!(text.contains("ESTAB"), "{text}");
    }
}

#[test]
fn the_machines_own_network_is_left_alone() {
    let mut play = begin();
    for line in
        ["left: link_add(\"eth0\", left)", "left: link_set(\"lo\", down)", "left: addr_add(\"lo\", 10.9.9.9/24)"]
    {
        assert!(refused(&mut play, line).contains("own network is left alone"), "{line}");
    }
    if !allowed() {
        return;
    }
    call(&mut play, "left: fork(right)");
    call(&mut play, "left: socket(AF_INET, SOCK_STREAM)");
    call(&mut play, "left: unshare(CLONE_NEWUSER|CLONE_NEWNET)");
    // right is still where all others are; and a socket made before belongs to that network.
    assert!(refused(&mut play, "left: link_add(\"eth0\", right)").contains("own network is left alone"));
    assert!(refused(&mut play, "left: connect(3, 192.0.2.1:9)").contains("would leave this machine"));
    let world = look(&play);
    assert_eq!(world.machines.iter().map(|m| m.own).collect::<Vec<_>>(), [false, true]);
    assert!(world.machines[1].links.reason().is_some());
    call(&mut play, "left: socket(AF_INET, SOCK_STREAM)");
    assert!(call(&mut play, "left: connect(4, 192.0.2.1:9)").contains("ENETUNREACH"));
    assert!(call(&mut play, "left: link_set(\"nothing\", up)").contains("ENODEV"));
}

#[test]
fn a_network_ends_with_its_last_process() {
    if !allowed() {
        return;
    }
    let Some(mut play) = cabled() else { return };
    for _ in 0..20 {
        look(&play);
    }
    call(&mut play, "right: exit(0)");
    call(&mut play, "left: wait()");
    // The kernel takes a network away in its own time; with it goes the other end of the cable, and ours with that.
    common::until(|| {
        let world = look(&play);
        let links = world.machines[0].links.value().unwrap().clone();
        world.machines.len() == 1 && links.iter().all(|l| l.name != "eth0")
    });
}
