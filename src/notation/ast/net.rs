//! Calls that concern network namespaces and the links between them.

use super::Target;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// A call that concerns a network namespace, `network_namespaces(7)`. Those on links and addresses are what `ip(8)` does: one
/// request over a netlink socket (`rtnetlink(7)`) that the process opens for it and closes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the line above each variant names its fields")]
pub enum NetCall {
    /// `unshare(flags)`, `unshare(2)`
    Unshare { flags: i32 },
    /// `link_add(link, NAME)`: a `veth(4)` pair, one end here, one in the network namespace of another process, both with
    /// this name
    LinkAdd { link: String, peer: Target },
    /// `addr_add(link, ADDRESS/LENGTH)`
    AddrAdd { link: String, address: Ipv4Addr, prefix: u8 },
    /// `link_set(link, up|down)`
    LinkSet { link: String, up: bool },
}

impl NetCall {
    /// Its name: that of the system call, or the words of `ip(8)`.
    pub fn name(&self) -> &'static str {
        match self {
            NetCall::Unshare { .. } => "unshare",
            NetCall::LinkAdd { .. } => "link_add",
            NetCall::AddrAdd { .. } => "addr_add",
            NetCall::LinkSet { .. } => "link_set",
        }
    }
}
