//! Calls that concern network namespaces, made ready for a mailbox: requests in the words of `rtnetlink(7)`.
//!
//! They reach only networks that the script itself has made: the machine's own is never touched, whatever is allowed.

use super::{Order, Rules};
use crate::notation::NetCall;
use crate::observe::namespaces;
use crate::stage::Refusal;
use crate::stage::perform::{BEFORE_MESSAGE, LINK_NAME, Op, REPLY, REPLY_ROOM};
use crate::world::Pid;
use nix::libc;

/// What a stage can follow a process into; the rest of what `unshare(2)` takes for good, but for bits that no page names.
const FOLLOWED: i32 =
    libc::CLONE_NEWUSER | libc::CLONE_NEWNET | libc::CLONE_FILES | libc::CLONE_FS | libc::CLONE_SYSVSEM;
const LEFT_ALONE: i32 = libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWUTS
    | CLONE_NEWTIME;
/// linux/sched.h.
const CLONE_NEWTIME: i32 = 0x80;

/// Kinds and flags of requests, linux/rtnetlink.h and linux/netlink.h.
const NEW_LINK: u16 = 16;
const NEW_ADDRESS: u16 = 20;
const ASK: u16 = 1 | 4;
const CREATE: u16 = 0x200 | 0x400;
/// Attributes, linux/if_link.h, linux/veth.h, linux/if_addr.h.
const NAME: u16 = 3;
const LINK_INFO: u16 = 18;
const NET_OF_PID: u16 = 19;
const INFO_KIND: u16 = 1;
const INFO_DATA: u16 = 2;
const VETH_PEER: u16 = 1;
const ADDRESS: u16 = 1;
const LOCAL: u16 = 2;
/// `struct nlmsghdr`, `struct ifinfomsg`.
const HEADER: usize = 16;
const INFO: usize = 16;
/// In requests about a link: where its number goes.
const INDEX: usize = HEADER + 4;

impl Rules<'_> {
    pub(super) fn net(&self, call: &NetCall) -> Result<Order, Refusal> {
        if let NetCall::Unshare { flags } = call {
            return unshare(*flags);
        }
        self.own_network(self.caller(), "it")?;
        match call {
            NetCall::Unshare { flags } => unshare(*flags),
            NetCall::LinkAdd { link, peer } => {
                let pid = self.child(peer)?;
                self.own_network(pid, &peer.to_string())?;
                let peer = [info(0, 0), name(link), attribute(NET_OF_PID, &pid.to_ne_bytes())].concat();
                let data = attribute(INFO_DATA, &attribute(VETH_PEER, &peer));
                let about = attribute(LINK_INFO, &[attribute(INFO_KIND, b"veth"), data].concat());
                request(link, 0, NEW_LINK, ASK | CREATE, &[info(0, 0), name(link), about].concat())
            }
            NetCall::AddrAdd { link, address, prefix } => {
                let family = u8::try_from(libc::AF_INET).unwrap_or(2);
                let about = [[family, *prefix, 0, 0].as_slice(), &[0; 4]].concat();
                let octets = address.octets();
                let body = [about, attribute(LOCAL, &octets), attribute(ADDRESS, &octets)].concat();
                request(link, INDEX, NEW_ADDRESS, ASK | CREATE, &body)
            }
            NetCall::LinkSet { link, up } => {
                let flag = libc::IFF_UP.cast_unsigned();
                request(link, INDEX, NEW_LINK, ASK, &info(if *up { flag } else { 0 }, flag))
            }
        }
    }

    fn caller(&self) -> Pid {
        self.cast.actors.get(self.actor).map_or(0, |actor| actor.pid)
    }

    /// It has left the machine's own network, and what is done in its own touches nobody else.
    fn own_network(&self, pid: Pid, who: &str) -> Result<(), Refusal> {
        match namespaces::network_of(pid) {
            Some(network) if namespaces::own_network().is_some_and(|own| own != network) => Ok(()),
            Some(_) => Err(Refusal::NotAllowed(format!(
                "the machine's own network is left alone: {who} must have a network of its own first, by unshare(CLONE_NEWNET)"
            ))),
            None => Err(Refusal::Impossible(format!("which network {who} is in cannot be read"))),
        }
    }
}

fn unshare(flags: i32) -> Result<Order, Refusal> {
    if flags & LEFT_ALONE != 0 && flags & !(FOLLOWED | LEFT_ALONE) == 0 {
        return Err(Refusal::Impossible(
            "the stage follows a process into another user and network namespace only: CLONE_NEWUSER, CLONE_NEWNET"
                .into(),
        ));
    }
    Ok(Order::new(Op::Unshare, [i64::from(flags), 0, 0, 0]))
}

/// A request, and the name of the link that it is about. `index`: where in the request the kernel's number of that link
/// goes, which the process asks for; 0: nowhere.
fn request(link: &str, index: usize, kind: u16, flags: u16, body: &[u8]) -> Result<Order, Refusal> {
    if link.contains('\0') {
        return Err(Refusal::Impossible("the name of a link cannot hold a NUL byte".into()));
    }
    if link.len() >= LINK_NAME {
        return Err(Refusal::Impossible(format!("the name of a link has at most {} bytes", LINK_NAME - 1)));
    }
    let length = HEADER + body.len();
    let mut bytes = link.as_bytes().to_vec();
    bytes.resize(BEFORE_MESSAGE, 0);
    bytes.extend(u32::try_from(length).unwrap_or(0).to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend(body);
    let order = Order::new(Op::Netlink, [length as i64, index as i64, 0, 0]).with(bytes);
    Ok(Order { used: REPLY + REPLY_ROOM, ..order })
}

/// `struct ifinfomsg`: these flags, of which `change` are meant.
fn info(flags: u32, change: u32) -> Vec<u8> {
    let mut bytes = vec![0; 8];
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(change.to_ne_bytes());
    debug_assert_eq!(bytes.len(), INFO);
    bytes
}

fn name(link: &str) -> Vec<u8> {
    attribute(NAME, &[link.as_bytes(), &[0]].concat())
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4 + value.len());
    bytes.extend(u16::try_from(4 + value.len()).unwrap_or(u16::MAX).to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

impl Rules<'_> {
    /// Where a descriptor of the caller leads to a socket of a network that the script has made: no packet leaves that.
    pub(in crate::stage) fn is_enclosed(&self, caller: usize, fd: i32) -> bool {
        let pid = self.cast.actors.get(caller).map_or(0, |actor| actor.pid);
        crate::observe::glimpse::is_of_other_network(pid, fd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_stage_cannot_follow_is_refused_and_the_rest_is_the_kernels_to_judge() {
        for flags in [0, libc::CLONE_NEWNET, libc::CLONE_NEWUSER | libc::CLONE_NEWNET, libc::CLONE_FILES, -1, 1] {
            assert!(unshare(flags).is_ok(), "{flags:#x}");
        }
        for flags in [libc::CLONE_NEWPID, libc::CLONE_NEWNET | libc::CLONE_NEWNS, libc::CLONE_NEWIPC] {
            assert!(unshare(flags).is_err(), "{flags:#x}");
        }
    }

    #[test]
    fn attributes_are_padded_and_requests_know_their_length() {
        assert_eq!(attribute(3, b"ab"), [6_u16.to_ne_bytes().as_slice(), &3_u16.to_ne_bytes(), b"ab\0\0"].concat());
        let order = request("eth0", INDEX, NEW_LINK, ASK, &info(1, 1)).unwrap();
        assert_eq!((order.args[0], order.args[1], order.bytes.len()), (32, 20, BEFORE_MESSAGE + 32));
        assert!(request("sixteen-letters-", 0, NEW_LINK, ASK, &[]).is_err());
        assert!(request("a\0", 0, NEW_LINK, ASK, &[]).is_err());
    }
}
