//! What a mailbox answered to a call on a socket, from where the call was laid out.

use super::frame::{
    ADDRESS, ADDRESS_LENGTH, CONTROL, DATA, MESSAGE, MESSAGE_CONTROL_LENGTH, MESSAGE_FLAGS, OPTION, STORAGE,
};
use crate::notation::{Detail, Received, SocketCall, SocketDetail, SocketOption};
use crate::observe::sockdiag;
use crate::stage::memory::Memory;
use crate::world::{Address, BlockedIn, Pid, SocketType};
use nix::libc;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// What a call brought that returned `value`. `pid`: whose call it was, asleep at its mailbox by now.
pub(in crate::stage) fn detail(memory: &Memory, index: usize, pid: Pid, call: &SocketCall, value: i64) -> Detail {
    let count = usize::try_from(value).unwrap_or(0);
    let frame = memory.get(index, DATA);
    let brought = match call {
        SocketCall::Socketpair { .. } => {
            let pair = memory.get(index, DATA + 8);
            return match (i32_at(&pair, DATA), i32_at(&pair, DATA + 4)) {
                (Some(a), Some(b)) => Detail::Pair(a, b),
                _ => Detail::None,
            };
        }
        SocketCall::Accept { .. }
        | SocketCall::Accept4 { .. }
        | SocketCall::Getsockname { .. }
        | SocketCall::Getpeername { .. } => SocketDetail::Address(written(&frame)),
        SocketCall::Bind { .. } | SocketCall::Connect { .. } | SocketCall::Sendto { .. } => {
            if call.address().is_none_or(|address| address.asks().is_none()) {
                return Detail::None;
            }
            SocketDetail::Address(written(&frame))
        }
        SocketCall::Recv { fd, count: wanted, .. } | SocketCall::Recvfrom { fd, count: wanted, .. } => {
            let from = matches!(call, SocketCall::Recvfrom { .. }).then(|| written(&frame)).flatten();
            let data = data(memory, index, count.min(usize::try_from(*wanted).unwrap_or(usize::MAX)));
            let ended = count == 0 && *wanted > 0 && nothing_more(pid, *fd);
            SocketDetail::Received(Received { data, from, ended, ..Received::default() })
        }
        SocketCall::Recvmsg { fd, count: wanted, .. } => {
            let flags = i32_at(&frame, MESSAGE_FLAGS).unwrap_or(0);
            let data = data(memory, index, count.min(usize::try_from(*wanted).unwrap_or(usize::MAX)));
            let ended = count == 0 && *wanted > 0 && nothing_more(pid, *fd);
            let cut = flags & libc::MSG_TRUNC != 0;
            let length = i32_at(&frame, MESSAGE + 8).and_then(|n| usize::try_from(n).ok()).unwrap_or(0).min(STORAGE);
            let from = address_of(frame.get(ADDRESS..ADDRESS + length).unwrap_or_default());
            SocketDetail::Received(Received { data, from, rights: rights(&frame), cut, ended })
        }
        SocketCall::Getsockopt { option, .. } => SocketDetail::Option(option_value(*option, &frame)),
        SocketCall::Poll { fds, .. } => {
            let lists = memory.get(index, DATA + fds.len() * 8);
            let ready = fds.iter().enumerate().filter_map(|(n, (fd, _))| {
                let events = lists.get(DATA + n * 8 + 6..)?.first_chunk().map(|b| i16::from_ne_bytes(*b))?;
                (events != 0).then_some((*fd, events))
            });
            SocketDetail::Ready(ready.collect())
        }
        _ => return Detail::None,
    };
    Detail::Socket(brought)
}

/// Of `struct linger` the seconds, -1 where it is off; of `struct timeval` the milliseconds; else the first number.
fn option_value(option: SocketOption, frame: &[u8]) -> i32 {
    let long = |at: usize| frame.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| i64::from_ne_bytes(*b));
    let first = i32_at(frame, OPTION).unwrap_or(0);
    match option {
        SocketOption::Linger if first == 0 => -1,
        SocketOption::Linger => i32_at(frame, OPTION + 4).unwrap_or(0),
        SocketOption::ReceiveTimeout | SocketOption::SendTimeout => {
            let ms = long(OPTION).saturating_mul(1000).saturating_add(long(OPTION + 8) / 1000);
            i32::try_from(ms).unwrap_or(i32::MAX)
        }
        _ => first,
    }
}

fn data(memory: &Memory, index: usize, count: usize) -> Vec<u8> {
    memory.get(index, DATA + count).split_off(DATA)
}

/// 0 from a stream is its end; from a socket that keeps boundaries it is an empty message, unless nothing can come.
fn nothing_more(pid: Pid, fd: i32) -> bool {
    let link = std::fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok();
    let inode = link.as_ref().and_then(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
    let (Some(inode), Ok(sockets)) = (inode, sockdiag::read()) else { return true };
    sockets.by_inode(inode).is_none_or(|socket| {
        socket.kind == SocketType::Stream || socket.shutdown.value().is_some_and(|down| down.receive)
    })
}

/// The descriptors of the first control message, where that is SCM_RIGHTS.
fn rights(frame: &[u8]) -> Vec<i32> {
    let length = |at: usize| frame.get(at..)?.first_chunk().map(|b| usize::from_ne_bytes(*b));
    let (Some(all), Some(own)) = (length(MESSAGE_CONTROL_LENGTH), length(CONTROL)) else { return Vec::new() };
    let kind = (i32_at(frame, CONTROL + 8), i32_at(frame, CONTROL + 12));
    if all < 16 || kind != (Some(libc::SOL_SOCKET), Some(libc::SCM_RIGHTS)) {
        return Vec::new();
    }
    let list = frame.get(CONTROL + 16..CONTROL + own.min(all).max(16)).unwrap_or_default();
    list.as_chunks::<4>().0.iter().map(|b| i32::from_ne_bytes(*b)).collect()
}

/// The address that the kernel wrote.
fn written(frame: &[u8]) -> Option<Address> {
    let length = usize::try_from(i32_at(frame, ADDRESS_LENGTH)?).ok()?.min(STORAGE);
    address_of(frame.get(ADDRESS..ADDRESS + length)?)
}

/// From `struct sockaddr`; `None` where it names nothing.
fn address_of(bytes: &[u8]) -> Option<Address> {
    let family = i32::from(u16::from_ne_bytes(*bytes.first_chunk()?));
    let port = || bytes.get(2..)?.first_chunk().map(|b| u16::from_be_bytes(*b));
    match family {
        libc::AF_UNIX => {
            let name = bytes.get(2..)?;
            match name.split_first() {
                None => None,
                Some((0, rest)) => (!rest.is_empty()).then(|| Address::Abstract(rest.to_vec())),
                Some(_) => {
                    let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
                    Some(Address::Path(name.get(..end)?.to_vec()))
                }
            }
        }
        libc::AF_INET => {
            let ip = Ipv4Addr::from(*bytes.get(4..)?.first_chunk::<4>()?);
            Some(Address::Inet(SocketAddr::new(ip.into(), port()?)))
        }
        libc::AF_INET6 => {
            let ip = Ipv6Addr::from(*bytes.get(8..)?.first_chunk::<16>()?);
            let scope = bytes.get(24..)?.first_chunk().map(|b| u32::from_ne_bytes(*b))?;
            Some(Address::Inet(SocketAddrV6::new(ip, port()?, 0, scope).into()))
        }
        _ => None,
    }
}

fn i32_at(bytes: &[u8], at: usize) -> Option<i32> {
    bytes.get(at..)?.first_chunk().map(|b| i32::from_ne_bytes(*b))
}

/// Where a process sleeps that was given this call: the kernel's word for it becomes C's, which names more.
pub(in crate::stage) fn blocked(call: &SocketCall, told: Option<BlockedIn>) -> BlockedIn {
    let mut blocked =
        told.unwrap_or(BlockedIn { call: String::new(), fd: None, child: None, path: None, count: None, opens: None });
    let ours = ["", "recv", "recvfrom", "recvmsg", "send", "sendto", "sendmsg", "accept", "accept4", "connect", "poll"];
    if ours.contains(&blocked.call.as_str()) {
        blocked.call = if call.name() == "accept4" { "accept".to_owned() } else { call.name().to_owned() };
        blocked.fd = call.fd();
        blocked.count = call.takes().map(|(_, count, _)| count).or(call.puts().map(|(_, data)| data.len()));
    }
    blocked
}

#[cfg(test)]
mod tests {
    use super::super::sockaddr;
    use super::*;

    #[test]
    fn addresses_come_back_as_they_went() {
        for address in [
            Address::Path(b"srv".to_vec()),
            Address::Path(b"/a/b".to_vec()),
            Address::Abstract(b"x\0y".to_vec()),
            Address::Inet("127.0.0.1:8080".parse().unwrap()),
            Address::Inet("[::1]:80".parse().unwrap()),
        ] {
            assert_eq!(address_of(&sockaddr(&address)), Some(address));
        }
        assert_eq!(address_of(&sockaddr(&Address::Path(Vec::new()))), None);
        for bytes in [b"".as_slice(), b"\x02", b"\x02\0\x1f", b"\x0a\0\0\0\0\0", b"\xff\xff\0\0"] {
            assert_eq!(address_of(bytes), None);
        }
    }
}
