//! Requests to the kernel's network configuration, `rtnetlink(7)`, made by a lesson process itself.
//!
//! The socket for it is closed again before the call has come back: the table stays as it was.

use super::{Answer, argument, ask, ask6};
use crate::stage::memory::{AREA, Memory};
use nix::libc;

/// `struct ifreq` begins with the name of a link, `IFNAMSIZ` bytes long.
pub(in crate::stage) const LINK_NAME: usize = 16;
/// What goes with the name: a number, or the address of something.
const UNION: usize = LINK_NAME;
/// `struct ethtool_value`, behind the `struct ifreq` of 40 bytes.
const ETHTOOL: usize = 40;
/// Before the request in the area.
pub(in crate::stage) const BEFORE_MESSAGE: usize = 64;
/// Where the answer is put: far behind any request.
pub(in crate::stage) const REPLY: usize = 8192;
pub(in crate::stage) const REPLY_ROOM: usize = 4096;
/// linux/netlink.h, linux/sockios.h, linux/ethtool.h.
const ERROR: u16 = 2;
const GET_INDEX: i64 = 0x8933;
const ETHTOOL_CALL: i64 = 0x8946;
const GET_LINK: u32 = 0xa;

/// Make the request that lies in the area: its length, and where in it the number of the link goes (0: nowhere).
pub(super) fn perform(memory: &Memory, index: usize) -> Answer {
    let slot = memory.slot(index);
    let area = Area(memory.area(index));
    let socket = ask(
        libc::SYS_socket,
        [libc::AF_NETLINK.into(), (libc::SOCK_RAW | libc::SOCK_CLOEXEC).into(), libc::NETLINK_ROUTE.into(), 0],
    );
    if socket.0 < 0 {
        return socket;
    }
    let answer = request(&area, socket.0, argument(slot, 0), argument(slot, 1));
    if answer.1 == 0 {
        settle(&area, socket.0);
    }
    ask(libc::SYS_close, [socket.0, 0, 0, 0]);
    answer
}

fn request(area: &Area, socket: i64, length: i64, index: i64) -> Answer {
    if index != 0 {
        let known = ask(libc::SYS_ioctl, [socket, GET_INDEX, area.at(0), 0]);
        if known.0 < 0 {
            return known;
        }
        let number: u32 = area.get(UNION);
        area.put(BEFORE_MESSAGE + usize::try_from(index).unwrap_or(0).min(REPLY), number);
    }
    let sent = ask6(libc::SYS_sendto, [socket, area.at(BEFORE_MESSAGE), length, 0, 0, 0]);
    if sent.0 < 0 {
        return sent;
    }
    // The kernel carries a request out before sendto returns: its answer is there.
    let got = ask6(libc::SYS_recvfrom, [socket, area.at(REPLY), REPLY_ROOM as i64, libc::MSG_DONTWAIT.into(), 0, 0]);
    if got.0 < 0 {
        return got;
    }
    let (kind, error): (u16, i32) = (area.get(REPLY + 4), area.get(REPLY + 16));
    match (kind, error) {
        (ERROR, 0) => (0, 0),
        (ERROR, error) => (-1, error.saturating_neg()),
        _ => (-1, libc::EPROTO),
    }
}

/// What follows from a link's coming up, the kernel does a moment later (net/core/link_watch.c); whoever asks for the link's
/// state has it done at once.
fn settle(area: &Area, socket: i64) {
    area.put(ETHTOOL, GET_LINK);
    area.put(UNION, area.at(ETHTOOL));
    ask(libc::SYS_ioctl, [socket, ETHTOOL_CALL, area.at(0), 0]);
}

/// This process's own part of the shared memory.
struct Area(*mut u8);

impl Area {
    fn at(&self, offset: usize) -> i64 {
        self.0 as i64 + offset as i64
    }

    fn get<T: Copy>(&self, offset: usize) -> T {
        let offset = offset.min(AREA - 16);
        // SAFETY: within the area, which belongs to this process while it carries out a command; `T` is an integer.
        unsafe { self.0.add(offset).cast::<T>().read_unaligned() }
    }

    fn put<T: Copy>(&self, offset: usize, value: T) {
        let offset = offset.min(AREA - 16);
        // SAFETY: as above.
        unsafe { self.0.add(offset).cast::<T>().write_unaligned(value) };
    }
}
