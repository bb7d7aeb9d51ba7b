//! The calls that concern network namespaces.

use super::{Argument, CallSpec};

pub(super) const CALLS: [CallSpec; 4] = [
    CallSpec {
        name: "unshare",
        signature: "unshare(flags)",
        summary: "Leave what is shared with others: CLONE_NEWNET is a network of its own, for which an ordinary user needs \
                  CLONE_NEWUSER too.",
        example: "unshare(CLONE_NEWUSER|CLONE_NEWNET)",
        arguments: &[Argument::CloneFlags],
    },
    CallSpec {
        name: "link_add",
        signature: "link_add(link, NAME)",
        summary: "Make a veth pair, a cable between this network and that of another process: ip link add ... type veth.",
        example: "link_add(\"eth0\", right)",
        arguments: &[Argument::Path, Argument::Process],
    },
    CallSpec {
        name: "addr_add",
        signature: "addr_add(link, ADDRESS/LENGTH)",
        summary: "Give a link of its own network an address: ip addr add.",
        example: "addr_add(\"eth0\", 10.0.0.1/24)",
        arguments: &[Argument::Path, Argument::Path],
    },
    CallSpec {
        name: "link_set",
        signature: "link_set(link, up|down)",
        summary: "Switch a link of its own network on or off: ip link set.",
        example: "link_set(\"lo\", up)",
        arguments: &[Argument::Path, Argument::UpDown],
    },
];
