//! Links and addresses of a network namespace, `rtnetlink(7)`.

use super::netlink::{attributes, dump_of, u32_at};
use crate::world::Link;
use nix::libc;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::BorrowedFd;

/// linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h, linux/if.h.
const GET_LINK: u16 = 18;
const GET_ADDRESS: u16 = 22;
const NAME: u16 = 3;
const LINK: u16 = 5;
const NET_ID: u16 = 37;
const ADDRESS: u16 = 1;
const LOCAL: u16 = 2;
const LOWER_UP: u32 = 1 << 16;
/// `struct ifinfomsg`, `struct ifaddrmsg`.
const INFO: usize = 16;
const ADDRESS_INFO: usize = 8;

/// The links, in the order of their numbers, as yet without addresses.
pub(in crate::observe) fn links(netlink: BorrowedFd<'_>) -> nix::Result<Vec<Link>> {
    let mut links = dump_of(netlink, GET_LINK, &[0; INFO], link)?;
    links.sort_by_key(|link: &Link| link.index);
    Ok(links)
}

/// The addresses, each with the number of its link.
pub(in crate::observe) fn addresses(netlink: BorrowedFd<'_>) -> nix::Result<Vec<(u32, (IpAddr, u8))>> {
    dump_of(netlink, GET_ADDRESS, &[0; ADDRESS_INFO], address)
}

fn link(body: &[u8]) -> Option<Link> {
    let (index, flags) = (u32_at(body, 4)?, u32_at(body, 8)?);
    let mut link = Link {
        name: String::new(),
        index,
        up: flags & libc::IFF_UP.cast_unsigned() != 0,
        carrier: flags & LOWER_UP != 0,
        addresses: Vec::new(),
        other_end: None,
    };
    let (mut other, mut elsewhere) = (None, false);
    for (kind, value) in attributes(body.get(INFO..)?) {
        match kind {
            NAME => {
                let bytes = value.split(|b| *b == 0).next().unwrap_or_default();
                link.name = String::from_utf8_lossy(bytes).into_owned();
            }
            LINK => other = u32_at(value, 0),
            NET_ID => elsewhere = true,
            _ => {}
        }
    }
    // Within one namespace IFLA_LINK may also name what a link stands upon.
    link.other_end = other.filter(|_| elsewhere);
    Some(link)
}

fn address(body: &[u8]) -> Option<(u32, (IpAddr, u8))> {
    let (family, prefix) = (i32::from(*body.first()?), *body.get(1)?);
    let (mut local, mut address) = (None, None);
    for (kind, value) in attributes(body.get(ADDRESS_INFO..)?) {
        match kind {
            LOCAL => local = Some(value),
            ADDRESS => address = Some(value),
            _ => {}
        }
    }
    // Of a link with two ends, the address is that of the other one.
    let bytes = local.or(address)?;
    let ip = match family {
        libc::AF_INET => IpAddr::from(Ipv4Addr::from(*bytes.first_chunk::<4>()?)),
        libc::AF_INET6 => IpAddr::from(Ipv6Addr::from(*bytes.first_chunk::<16>()?)),
        _ => return None,
    };
    let made_up = matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local());
    (!made_up).then_some((u32_at(body, 4)?, (ip, prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = u16::try_from(4 + value.len()).unwrap().to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn one_end_of_a_pair_is_read() {
        let mut body = vec![0; 4];
        body.extend(2_u32.to_ne_bytes());
        body.extend((LOWER_UP | 1).to_ne_bytes());
        body.extend([0; 4]);
        body.extend(attribute(NAME, b"eth0\0"));
        body.extend(attribute(LINK, &3_u32.to_ne_bytes()));
        let without = link(&body).unwrap();
        assert_eq!((without.name.as_str(), without.other_end, without.state()), ("eth0", None, "up"));
        body.extend(attribute(NET_ID, &0_u32.to_ne_bytes()));
        assert_eq!(link(&body).unwrap().other_end, Some(3));
        for length in 0..INFO - 1 {
            assert_eq!(link(&body[..length]), None);
        }
    }

    #[test]
    fn addresses_are_read_but_for_those_of_the_link_alone() {
        let with = |family: i32, ip: &[u8]| {
            let mut body = vec![u8::try_from(family).unwrap(), 24, 0, 0];
            body.extend(2_u32.to_ne_bytes());
            body.extend(attribute(LOCAL, ip));
            address(&body)
        };
        assert_eq!(with(libc::AF_INET, &[10, 0, 0, 1]), Some((2, ([10, 0, 0, 1].into(), 24))));
        assert_eq!(with(libc::AF_INET, &[10, 0]), None);
        let mut v6 = [0; 16];
        (v6[0], v6[1]) = (0xfe, 0x80);
        assert_eq!(with(libc::AF_INET6, &v6), None);
        v6[0] = 0xfd;
        assert!(with(libc::AF_INET6, &v6).is_some());
    }
}
