//! A receiver waits at the port of a multicast group that its socket has not joined: what is sent to the group passes it by.

use super::socket_ends::{copies, name};
use crate::explain::ends::End;
use crate::explain::prose;
use crate::explain::waits::{Waits, Want};
use crate::explain::{Finding, Severity};
use crate::world::{Address, Known, Membership, Multicast, Object, Process, World};

pub(super) const NAME: &str = "unjoined-receiver";

/// Every process that waits for a datagram on a port where others have joined a group, with a socket that takes no group.
pub(super) fn find(world: &World) -> Vec<Finding> {
    let waits = Waits::of(world);
    let mut out = Vec::new();
    for (_, process, wait) in waits.iter() {
        let Want::Arrival { fd, object } = wait.want else { continue };
        let Some(port) = port(object) else { continue };
        let deaf = multicast(object).is_some_and(|m| !m.all && m.groups.is_empty());
        let group = world.groups().into_iter().find_map(|(group, members)| {
            let here: Vec<&Object> = members.into_iter().filter(|member| self::port(member) == Some(port)).collect();
            (!here.is_empty()).then_some((group, here))
        });
        if let (true, Some((group, members))) = (deaf, group) {
            out.push(finding(world, process, fd, object, (port, group, &members)));
        }
    }
    out
}

fn finding(
    world: &World,
    process: &Process,
    fd: i32,
    object: &Object,
    (port, group, members): (u16, &Membership, &[&Object]),
) -> Finding {
    let holders: Vec<End<'_>> = members.iter().flat_map(|member| copies(world, member)).collect();
    let who = prose::plain(&process.name);
    let theirs: Vec<String> = holders.iter().map(|end| end.whose(None)).collect();
    let have = if theirs.len() == 1 { "has" } else { "have" };
    let at = group.group;
    let all = if at.is_ipv4() { "IP_MULTICAST_ALL" } else { "IPV6_MULTICAST_ALL" };
    // The address by which loopback is named is always this one.
    let fix = match group.interface.as_str() {
        "lo" if at.is_ipv4() => format!("{}: setsockopt({fd}, IP_ADD_MEMBERSHIP, {at}, 127.0.0.1)", process.name),
        "lo" => format!("{}: setsockopt({fd}, IPV6_ADD_MEMBERSHIP, {at}, lo)", process.name),
        _ => String::new(),
    };
    Finding {
        rule: NAME.into(),
        severity: Severity::Waiting,
        process: process.name.clone(),
        fd: Some(fd),
        object: Some(object.id.0.clone()),
        holders: holders.iter().map(End::culprit).collect(),
        text: format!(
            "{who} waits on fd {fd} at port {port} and has joined no group: what is sent to {at} there goes to {}, which {have} \
             joined it, and passes {who} by ({all} is 0).",
            prose::list(&theirs)
        ),
        fix,
        long: vec![format!(
            "The kernel's rule (ip(7)): a machine takes the datagrams of a group on an interface while any socket has joined it \
             there, and hands a copy to every socket that is bound to the port. With IP_MULTICAST_ALL 1, the default, a socket \
             gets it whoever has joined; with 0 only what it has joined itself. {} has joined nothing, so only a datagram to an \
             address of this machine can end the wait.",
            name(object)
        )],
    }
}

fn multicast(object: &Object) -> Option<&Multicast> {
    object.as_socket()?.multicast.as_ref().and_then(Known::value)
}

fn port(object: &Object) -> Option<u16> {
    match object.as_socket()?.local.as_ref()? {
        Address::Inet(at) => Some(at.port()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::sockets::stream;
    use crate::explain::build::stage;
    use crate::world::{Family, Peer, Socket, SocketState, SocketType};

    fn receiver(port: u16, joined: bool, all: bool) -> Socket {
        let group = || Membership { group: [239, 1, 2, 3].into(), interface: "lo".into() };
        let groups = if joined { vec![group()] } else { Vec::new() };
        Socket {
            family: Family::Inet,
            kind: SocketType::Datagram,
            local: Some(Address::Inet(([0, 0, 0, 0], port).into())),
            multicast: Some(Known::Yes(Multicast { groups, all, ttl: 1 })),
            ..stream(SocketState::Close, Peer::None)
        }
    }

    fn with(third: Socket) -> Vec<Finding> {
        let world = stage().process("ann").socket(3, 1, receiver(4000, true, true));
        let world = world.process("bob").socket(3, 2, receiver(4000, true, true));
        find(&world.process("cat").socket(3, 3, third).blocked_in("recv", 3).world())
    }

    #[test]
    fn members_and_the_cure_are_named() {
        let found = with(receiver(4000, false, false));
        assert_eq!(
            found[0].text,
            "cat waits on fd 3 at port 4000 and has joined no group: what is sent to 239.1.2.3 there goes to ann's fd 3 and bob's \
             fd 3, which have joined it, and passes cat by (IP_MULTICAST_ALL is 0)."
        );
        assert_eq!(found[0].fix, "cat: setsockopt(3, IP_ADD_MEMBERSHIP, 239.1.2.3, 127.0.0.1)");
        assert_eq!(found[0].holders.len(), 2);
    }

    #[test]
    fn whoever_gets_the_group_is_not_told_of() {
        for other in [receiver(4000, true, false), receiver(4000, false, true), receiver(4001, false, false)] {
            assert!(with(other).is_empty());
        }
    }
}
