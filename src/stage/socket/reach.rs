//! How far a script's sockets may reach: this machine's loopback, and UNIX sockets of the stage.

use crate::notation::{Addr, OptionValue, SocketCall};
use crate::observe::{glimpse, sockdiag};
use crate::stage::order::Rules;
use crate::stage::{Refusal, permit};
use crate::world::{Address, FdNumber, Pid};
use nix::libc;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

const OPTION: &str = "start pipescope with --allow-network";
/// The number of `lo` in every network namespace (`LOOPBACK_IFINDEX` of net/flow.h).
const LOOPBACK: u32 = 1;
/// `SOCK_PACKET` of linux/net.h, obsolete and still understood.
const PACKET: i32 = 10;

/// A call, as far as it reaches out.
pub(in crate::stage) struct Reach<'r> {
    pub(in crate::stage) rules: &'r Rules<'r>,
    /// The number of the process that is to make it, among all there ever were.
    pub(in crate::stage) caller: usize,
}

impl Reach<'_> {
    /// What can be said of a call without its address.
    pub(super) fn check(&self, call: &SocketCall) -> Result<(), Refusal> {
        if self.rules.options.allow_network {
            return Ok(());
        }
        match call {
            SocketCall::Socket { domain, kind, .. } | SocketCall::Socketpair { domain, kind, .. } => {
                domain_and_type(*domain, *kind)
            }
            SocketCall::Listen { fd, .. } => self.listen(*fd),
            SocketCall::Setsockopt {
                fd, value: OptionValue::Interface(at) | OptionValue::Membership(_, at), ..
            } if !at.is_loopback() && !self.rules.is_enclosed(self.caller, *fd) => Err(Refusal::NotAllowed(format!(
                "{at} is not an interface of loopback: a group may be joined on 127.0.0.1; {OPTION} for others"
            ))),
            SocketCall::Setsockopt {
                fd, value: OptionValue::Link(link) | OptionValue::Membership6(_, link), ..
            } if *link != LOOPBACK && !self.rules.is_enclosed(self.caller, *fd) => Err(Refusal::NotAllowed(format!(
                "{link} is not the interface of loopback: a group may be joined on lo; {OPTION} for others"
            ))),
            _ => Ok(()),
        }
    }

    /// Whoever listens on more than loopback can be reached from other machines.
    fn listen(&self, fd: FdNumber) -> Result<(), Refusal> {
        let Some(seen) = self.pid().and_then(|pid| glimpse::socket(pid, fd)) else { return Ok(()) };
        let inet = matches!(seen.domain, libc::AF_INET | libc::AF_INET6) && seen.kind == libc::SOCK_STREAM;
        match seen.local {
            Some(at) if inet && !is_loopback(at.ip()) && !self.rules.is_enclosed(self.caller, fd) => {
                Err(Refusal::NotAllowed(format!(
                    "listening on {at} would let other machines connect: bind to 127.0.0.1:0 or [::1]:0 first, or {OPTION}"
                )))
            }
            _ => Ok(()),
        }
    }

    /// The address itself, where the call may go there.
    pub(super) fn resolve(&self, call: &SocketCall, address: &Addr) -> Result<Address, Refusal> {
        let exact = match address {
            Addr::Exact(address) => address.clone(),
            Addr::Of(name, fd) => self.address_of(name, *fd)?,
            Addr::PortOf(ip, name, fd) => match self.address_of(name, *fd)? {
                Address::Inet(at) => Address::Inet(SocketAddr::new(*ip, at.port())),
                other => {
                    return Err(Refusal::Impossible(format!(
                        "{name}'s descriptor {fd} has the address {other}: no port"
                    )));
                }
            },
        };
        self.may_go(call, &exact)?;
        Ok(exact)
    }

    /// What getsockname says of a process's descriptor.
    fn address_of(&self, name: &str, fd: FdNumber) -> Result<Address, Refusal> {
        let index = self.rules.cast.living(name)?;
        let pid = self.rules.cast.actors.get(index).map_or(0, |actor| actor.pid);
        let none = |why: &str| Refusal::Impossible(format!("addr({name}.{fd}) names nothing: {why}"));
        match glimpse::address(pid, fd) {
            Ok(Some(address)) => Ok(address),
            Ok(None) => Err(none("that socket has no address yet; bind it first")),
            Err(why) => Err(none(&why)),
        }
    }

    fn may_go(&self, call: &SocketCall, address: &Address) -> Result<(), Refusal> {
        let name = call.name();
        match address {
            Address::Path(path) => self.path(name, path),
            Address::Abstract(hidden) if !self.rules.options.allow_network && name != "bind" => {
                self.hidden(name, hidden)
            }
            Address::Abstract(_) => Ok(()),
            Address::Inet(_) if self.rules.options.allow_network => Ok(()),
            Address::Inet(at) if is_loopback(at.ip()) || at.ip().is_unspecified() => Ok(()),
            Address::Inet(at) => match (call, at.ip()) {
                // Bound to a group, a socket only receives; what it receives, membership decides.
                (SocketCall::Bind { .. }, ip) if ip.is_multicast() => Ok(()),
                (SocketCall::Sendto { fd, .. } | SocketCall::Connect { fd, .. }, IpAddr::V4(ip))
                    if ip.is_multicast() =>
                {
                    self.group(name, *fd, ip)
                }
                _ if call.fd().is_some_and(|fd| self.rules.is_enclosed(self.caller, fd)) => Ok(()),
                _ => Err(Refusal::NotAllowed(format!(
                    "{name} to {at} would leave this machine: a script may reach 127.0.0.1, [::1] and UNIX sockets; {OPTION} \
                     to let it reach others"
                ))),
            },
        }
    }

    fn path(&self, call: &str, path: &[u8]) -> Result<(), Refusal> {
        if path.contains(&0) {
            return Err(Refusal::Impossible(format!("the path of {call} cannot hold a NUL byte")));
        }
        if path.len() > 4096 {
            return Err(Refusal::Impossible(format!("the path of {call} is longer than 4096 bytes")));
        }
        // A path that is no text is judged by what it looks like as text: a part that is not UTF-8 is never `..`.
        let text = String::from_utf8_lossy(path);
        let free = self.rules.options.allow_files || path.is_empty();
        if free { Ok(()) } else { permit::path(call, &text, self.rules.scratch, false) }
    }

    /// A name without a path belongs to whoever bound it: a stranger's socket is not for a script.
    fn hidden(&self, call: &str, name: &[u8]) -> Result<(), Refusal> {
        let sockets = sockdiag::read().map_err(|why| {
            Refusal::NotAllowed(format!(
                "{call} to an abstract name is not allowed: whose it is cannot be seen ({why})"
            ))
        })?;
        let bound = sockets.all.iter().filter(|s| matches!(&s.local, Some(Address::Abstract(n)) if n == name));
        let foreign = bound.filter(|s| s.inode != 0).any(|s| !self.on_stage(s.inode));
        if foreign {
            let shown = Address::Abstract(name.to_vec());
            return Err(Refusal::NotAllowed(format!(
                "{call} to {shown} is not allowed: a process outside the stage has that name; {OPTION} to let a script use it"
            )));
        }
        Ok(())
    }

    fn on_stage(&self, inode: u64) -> bool {
        let link = format!("socket:[{inode}]");
        let actors = self.rules.cast.actors.iter().filter(|actor| actor.alive());
        actors.into_iter().any(|actor| {
            let entries = std::fs::read_dir(format!("/proc/{}/fd", actor.pid)).into_iter().flatten().flatten();
            entries.into_iter().any(|e| std::fs::read_link(e.path()).is_ok_and(|l| l == Path::new(&link)))
        })
    }

    /// What goes to a group leaves through one interface: that must be loopback.
    fn group(&self, call: &str, fd: FdNumber, group: Ipv4Addr) -> Result<(), Refusal> {
        let Some(seen) = self.pid().and_then(|pid| glimpse::socket(pid, fd)) else { return Ok(()) };
        let bound = seen.local.is_some_and(|at| is_loopback(at.ip()));
        if self.rules.is_enclosed(self.caller, fd)
            || bound
            || seen.multicast_interface.is_some_and(|at| at.is_loopback())
        {
            return Ok(());
        }
        Err(Refusal::NotAllowed(format!(
            "{call} to the group {group} would leave this machine: bind the socket to 127.0.0.1:0 first, or set \
             IP_MULTICAST_IF to 127.0.0.1; {OPTION} to let it go elsewhere"
        )))
    }

    fn pid(&self) -> Option<Pid> {
        self.rules.cast.actors.get(self.caller).map(|actor| actor.pid)
    }
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// Numbers that the kernel does not know it refuses itself (`AF_MAX` of linux/socket.h).
fn domain_and_type(domain: i32, kind: i32) -> Result<(), Refusal> {
    let unknown = !(0..46).contains(&domain);
    let known = matches!(domain, libc::AF_UNSPEC | libc::AF_UNIX | libc::AF_INET | libc::AF_INET6);
    let plain = !matches!(kind & 0xf, libc::SOCK_RAW | PACKET) || domain == libc::AF_UNIX;
    if unknown || known && plain {
        return Ok(());
    }
    let what = if known { "a raw socket" } else { "a socket of this domain" };
    Err(Refusal::NotAllowed(format!(
        "{what} reaches beyond the stage: a script may use AF_UNIX, AF_INET and AF_INET6; {OPTION} to let it use others"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_and_types() {
        let (stream, raw) = (libc::SOCK_STREAM, libc::SOCK_RAW | libc::SOCK_CLOEXEC);
        for (domain, kind) in [(libc::AF_UNIX, stream), (libc::AF_INET, stream), (libc::AF_UNIX, raw), (-1, 1), (99, 1)]
        {
            assert_eq!(domain_and_type(domain, kind), Ok(()), "{domain} {kind}");
        }
        for (domain, kind) in [(libc::AF_INET, raw), (libc::AF_PACKET, stream), (libc::AF_NETLINK, libc::SOCK_DGRAM)] {
            let refused = domain_and_type(domain, kind).unwrap_err();
            assert!(matches!(&refused, Refusal::NotAllowed(t) if t.contains("--allow-network")), "{domain}");
        }
    }
}
