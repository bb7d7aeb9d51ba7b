//! Calls that concern network namespaces.

use super::call::quoted;
use crate::notation::{NetCall, clone_flags_name};

/// What stands between the parentheses.
pub(super) fn arguments(call: &NetCall) -> String {
    match call {
        NetCall::Unshare { flags } => clone_flags_name(*flags),
        NetCall::LinkAdd { link, peer } => format!("{}, {peer}", quoted(link.as_bytes())),
        NetCall::AddrAdd { link, address, prefix } => format!("{}, {address}/{prefix}", quoted(link.as_bytes())),
        NetCall::LinkSet { link, up } => format!("{}, {}", quoted(link.as_bytes()), if *up { "up" } else { "down" }),
    }
}
