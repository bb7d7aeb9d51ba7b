//! A call that the kernel has just refused for its address.

use super::process::{FdNumber, Known, ProcName};
use super::socket::{Address, SocketState};
use serde::{Deserialize, Serialize};

/// The last call, where it failed for an address (EADDRINUSE, ECONNREFUSED and the like) or for what became of its connection
/// (ECONNRESET), and what the kernel lists at the address that it named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Whose call it was.
    pub process: ProcName,
    /// On which descriptor.
    pub fd: FdNumber,
    /// The call's C name.
    pub call: String,
    /// The number as in `errno(3)`.
    pub errno: i32,
    /// The address that it named; of a connection that was reset, the socket's own.
    pub address: Address,
    /// The sockets of its kind that have the address, in the network of the process.
    pub there: Known<Vec<Occupant>>,
}

/// A socket that has an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occupant {
    /// The number in `socket:[9751]`; 0: no process has it, it is the rest of a closed connection.
    pub inode: u64,
    /// Its state.
    pub state: SocketState,
    /// Its address.
    pub local: Address,
    /// What it is, or was, connected to.
    pub remote: Option<Address>,
}
