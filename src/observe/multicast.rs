//! Which groups a UDP socket has joined.
//!
//! The kernel lists memberships by interface alone (`/proc/net/igmp`, `/proc/net/igmp6`); of a socket one can ask whether it has joined a given
//! group. So each socket is asked about each group that anybody here has joined.

use super::namespaces::{network_of, own_network};
use super::sockdiag::SocketInfo;
use super::through::Through;
use super::{sockets, sys};
use crate::world::{Family, Known, Membership, Multicast, Pid, SocketType};
use nix::errno::Errno;
use nix::libc;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;

/// `IPV6_MULTICAST_ALL` of linux/in6.h.
const IPV6_MULTICAST_ALL: i32 = 29;

/// What a UDP socket does with datagrams to groups; `None` for other sockets.
pub(super) fn of(through: &Through<'_>, info: &SocketInfo) -> Option<Known<Multicast>> {
    if info.family == Family::Unix || info.kind != SocketType::Datagram {
        return None;
    }
    let holder = through.object.holders.first()?.pid;
    let told = through.copy().and_then(|copy| ask(copy, holder, info.family));
    Some(told.map_or_else(Known::No, Known::Yes))
}

fn ask(copy: &OwnedFd, holder: Pid, family: Family) -> Result<Multicast, String> {
    let (level, all, ttl) = match family {
        Family::Inet6 => (libc::IPPROTO_IPV6, IPV6_MULTICAST_ALL, libc::IPV6_MULTICAST_HOPS),
        _ => (libc::IPPROTO_IP, libc::IP_MULTICAST_ALL, libc::IP_MULTICAST_TTL),
    };
    let option = |number| sys::socket_option(copy, level, number).map_err(sockets::reason);
    let (all, ttl) = (option(all)? != 0, option(ttl)?);
    let mut groups = Vec::new();
    // A socket over IPv6 can join groups of both.
    for candidate in candidates(holder)?.into_iter().filter(|c| family == Family::Inet6 || c.group.is_ipv4()) {
        match sys::has_joined(copy, candidate.group, candidate.index) {
            Ok(true) => groups.push(Membership { group: candidate.group, interface: candidate.interface }),
            // An interface of that number may have gone, or be one of another network namespace.
            Ok(false) | Err(Errno::ENODEV | Errno::ENOPROTOOPT) => {}
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
    group: IpAddr,
}

/// Of our own network namespace, and of the holder's, which may be another.
fn candidates(holder: Pid) -> Result<Vec<Candidate>, String> {
    let mut all = Vec::new();
    let same = network_of(holder).is_some_and(|network| own_network() == Some(network));
    let other = (!same).then(|| format!("/proc/{holder}/net"));
    for folder in std::iter::once("/proc/self/net".to_owned()).chain(other) {
        let path = format!("{folder}/igmp");
        let four = std::fs::read_to_string(&path).map_err(|error| format!("{path} cannot be read: {error}"))?;
        // Where there is no IPv6 there is no such file.
        let six = std::fs::read_to_string(format!("{folder}/igmp6")).unwrap_or_default();
        let found = parse(&four).into_iter().chain(six.lines().filter_map(parse6));
        let new: Vec<Candidate> = found.filter(|one| !all.contains(one)).collect();
        all.extend(new);
    }
    Ok(all)
}

/// `1    lo              ff020000000000000000000000000001     1 0000000C 0` (`igmp6_mc_seq_show` in net/ipv6/mcast.c).
fn parse6(line: &str) -> Option<Candidate> {
    let mut words = line.split_ascii_whitespace();
    let (index, interface, group) = (words.next()?.parse().ok()?, words.next()?.to_owned(), words.next()?);
    let group = u128::from_str_radix(group, 16).ok().filter(|_| group.len() == 32)?;
    Some(Candidate { index, interface, group: Ipv6Addr::from(group).into() })
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
            out.push(Candidate {
                index,
                interface: interface.to_owned(),
                group: Ipv4Addr::from(group.to_ne_bytes()).into(),
            });
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
        let one = |index, interface: &str, group: Ipv4Addr| Candidate {
            index,
            interface: interface.into(),
            group: group.into(),
        };
        assert_eq!(parse(&text), [one(1, "lo", news), one(1, "lo", hosts), one(2, "eth0", hosts)]);
        assert_eq!(parse(""), []);
        assert_eq!(parse("Idx\n\t\t010000E0 1\nx y\n\tzz\n"), []);
    }

    #[test]
    fn lines_of_ipv6_name_interface_and_group() {
        let found = parse6("2    eth0            ff0200000000000000000000000000fb     1 00000004 0");
        let group: Ipv6Addr = "ff02::fb".parse().unwrap();
        assert_eq!(found, Some(Candidate { index: 2, interface: "eth0".into(), group: group.into() }));
        for broken in ["", "2 eth0", "x eth0 ff0200000000000000000000000000fb 1", "2 eth0 ff02 1"] {
            assert_eq!(parse6(broken), None, "{broken}");
        }
    }
}
