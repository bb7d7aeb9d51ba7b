//! What is said of sockets in schema 1.

use crate::notation::{SocketDetail, events_name};
use crate::world::{Address, FdNumber};
use serde::Serialize;

/// What a call on a socket brought; only what applies to the call is there.
#[derive(Default, Serialize)]
pub(super) struct Brought {
    /// The address it was told, or went to; null: the socket has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rights: Vec<FdNumber>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    message_cut: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    option: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready: Option<Vec<Ready>>,
}

#[derive(Serialize)]
struct Ready {
    fd: FdNumber,
    events: String,
}

pub(super) fn brought(detail: &SocketDetail) -> Brought {
    let mut out = Brought::default();
    match detail {
        SocketDetail::Address(address) => out.address = Some(address.as_ref().map(Address::to_string)),
        SocketDetail::Received(received) => {
            out.from = received.from.as_ref().map(Address::to_string);
            out.rights.clone_from(&received.rights);
            out.message_cut = received.cut;
        }
        SocketDetail::Option(value) => out.option = Some(*value),
        SocketDetail::Ready(ready) => {
            let each = ready.iter().map(|(fd, events)| Ready { fd: *fd, events: events_name(*events) });
            out.ready = Some(each.collect());
        }
    }
    out
}
