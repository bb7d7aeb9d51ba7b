//! Which groups a UDP socket has joined.
//!
//! The kernel lists memberships by interface alone (`/proc/net/igmp`); of a socket one can ask whether it has joined a given
//! group. So each socket is asked about each group that anybody here has joined.

use super::sockdiag::SocketInfo;
use super::{sockets, sys};
use crate::world::{Family, Known, Membership, Multicast, Object, Pid, SocketType};
use nix::errno::Errno;
use nix::libc;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;

/// What a UDP socket over IPv4 does with datagrams to groups; `None` for other sockets.
pub(super) fn of(object: &Object, info: &SocketInfo, steady: Option<&[Pid]>) -> Option<Known<Multicast>> {
    if info.family != Family::Inet || info.kind != SocketType::Datagram {
        return None;
    }
    let holder = object.holders.first()?.pid;
    let told = sockets::duplicate(object, steady).and_then(|copy| ask(&copy, holder));
    Some(told.map_or_else(Known::No, Known::Yes))
}

fn ask(copy: &OwnedFd, holder: Pid) -> Result<Multicast, String> {
    let option = |number| sys::socket_option(copy, libc::IPPROTO_IP, number).map_err(sockets::reason);
    let (all, ttl) = (option(libc::IP_MULTICAST_ALL)? != 0, option(libc::IP_MULTICAST_TTL)?);
    let mut groups = Vec::new();
    for candidate in candidates(holder)? {
        match sys::has_joined(copy, candidate.group, candidate.index) {
            Ok(true) => groups.push(Membership { group: candidate.group, interface: candidate.interface }),
            // An interface of that number may have gone, or be one of another network namespace.
            Ok(false) | Err(Errno::ENODEV) => {}
            Err(errno) => return Err(sockets::reason(errno)),
        }
    }
    Ok(Multicast { groups, all, ttl: u8::try_from(ttl).unwrap_or(u8::MAX) })
}

/// A group that somebody has joined on an interface.
#[derive(Debug, PartialEq, Eq)]
struct Candidate {
    index: u32,
    interface: String,
    group: Ipv4Addr,
}

/// Of our own network namespace, and of the holder's, which may be another.
fn candidates(holder: Pid) -> Result<Vec<Candidate>, String> {
    let mut all = Vec::new();
    for path in ["/proc/self/net/igmp".to_owned(), format!("/proc/{holder}/net/igmp")] {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{path} cannot be read: {error}"))?;
        let new: Vec<Candidate> = parse(&text).into_iter().filter(|one| !all.contains(one)).collect();
        all.extend(new);
    }
    Ok(all)
}

/// Lines of an interface begin with its number, those of its groups with white space (`igmp_mc_seq_show` in net/ipv4/igmp.c).
fn parse(text: &str) -> Vec<Candidate> {
    let mut out = Vec::new();
    let mut current: Option<(u32, &str)> = None;
    for line in text.lines().skip(1) {
        let mut words = line.split_ascii_whitespace();
        let first = words.next().unwrap_or_default();
        if !line.starts_with(char::is_whitespace) {
            current = first.parse().ok().zip(words.next());
        } else if let (Some((index, interface)), Ok(group)) = (current, u32::from_str_radix(first, 16)) {
            // The four bytes in the order of the network, printed as a number of this machine.
            out.push(Candidate { index, interface: interface.to_owned(), group: group.to_ne_bytes().into() });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_belong_to_the_interface_above_them() {
        let group = |a: Ipv4Addr| format!("\t\t\t\t{:08X}     1 0:00000000\t\t0\n", u32::from_ne_bytes(a.octets()));
        let (hosts, news) = (Ipv4Addr::new(224, 0, 0, 1), Ipv4Addr::new(239, 1, 2, 3));
        let text = format!(
            "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n1\tlo        :     2      V3\n{}{}2\teth0      :     \
             1      V3\n{}",
            group(news),
            group(hosts),
            group(hosts)
        );
        let one = |index, interface: &str, group| Candidate { index, interface: interface.into(), group };
        assert_eq!(parse(&text), [one(1, "lo", news), one(1, "lo", hosts), one(2, "eth0", hosts)]);
        assert_eq!(parse(""), []);
        assert_eq!(parse("Idx\n\t\t010000E0 1\nx y\n\tzz\n"), []);
    }
}
