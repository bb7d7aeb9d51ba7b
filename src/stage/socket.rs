//! Calls on sockets made ready for a mailbox, and what a mailbox answered.

mod answer;
mod frame;
mod reach;

pub(super) use answer::{blocked, detail};
pub(super) use reach::Reach;

use super::Refusal;
use super::memory::AREA;
use super::order::{Order, Rules};
use crate::notation::{Data, OptionValue, SocketCall, SocketOption};
use crate::world::Address;
use frame::{ADDRESS, ADDRESS_LENGTH, CONTROL, CONTROL_ROOM, DATA, Frame, OPTION, OPTION_LENGTH, STORAGE};
use nix::libc;

/// The most descriptors that one message takes: `SCM_MAX_FD` of net/scm.h.
const MOST_RIGHTS: usize = 253;
/// As many as one poll can be given here.
const MOST_POLLED: usize = 4096;

impl Rules<'_> {
    /// Make a call on a socket ready.
    ///
    /// # Errors
    /// Where it is not allowed, or too long for a mailbox. Wrong arguments are no error here: the kernel judges them.
    pub(super) fn socket(&self, caller: usize, call: &SocketCall) -> Result<Order, Refusal> {
        let n = |number: i32| i64::from(number);
        let reach = Reach { rules: self, caller };
        reach.check(call)?;
        let address = call.address().map(|address| reach.resolve(call, address)).transpose()?;
        let address = address.as_ref();
        let frame = match call {
            SocketCall::Socket { domain, kind, protocol } => {
                Frame::new(libc::SYS_socket, &[n(*domain), n(*kind), n(*protocol)])
            }
            SocketCall::Socketpair { domain, kind, protocol } => {
                Frame::new(libc::SYS_socketpair, &[n(*domain), n(*kind), n(*protocol)]).pointer(DATA).room(8)
            }
            SocketCall::Bind { fd, .. } => Frame::new(libc::SYS_bind, &[n(*fd)]).address(address),
            SocketCall::Connect { fd, .. } => Frame::new(libc::SYS_connect, &[n(*fd)]).address(address),
            SocketCall::Listen { fd, backlog } => Frame::new(libc::SYS_listen, &[n(*fd), n(*backlog)]),
            SocketCall::Accept { fd } => asking(Frame::new(libc::SYS_accept, &[n(*fd)])),
            SocketCall::Accept4 { fd, flags } => asking(Frame::new(libc::SYS_accept4, &[n(*fd)])).value(n(*flags)),
            SocketCall::Getsockname { fd } => asking(Frame::new(libc::SYS_getsockname, &[n(*fd)])),
            SocketCall::Getpeername { fd } => asking(Frame::new(libc::SYS_getpeername, &[n(*fd)])),
            SocketCall::Shutdown { fd, how } => Frame::new(libc::SYS_shutdown, &[n(*fd), n(*how)]),
            SocketCall::Send { fd, data, flags } => sending(*fd, data, *flags)?.value(0).value(0),
            SocketCall::Sendto { fd, data, flags, .. } => sending(*fd, data, *flags)?.address(address),
            SocketCall::Sendmsg { fd, data, rights, flags } => sendmsg(*fd, data, rights, *flags)?,
            SocketCall::Recv { fd, count, flags } => receiving(*fd, *count, *flags)?.value(0).value(0),
            SocketCall::Recvfrom { fd, count, flags } => asking(receiving(*fd, *count, *flags)?),
            SocketCall::Recvmsg { fd, count, flags } => {
                let count = fits("recvmsg", *count)?;
                let message = Frame::new(libc::SYS_recvmsg, &[n(*fd)]).asked().message(count, CONTROL_ROOM);
                message.value(n(*flags)).room(count)
            }
            SocketCall::Setsockopt { fd, option, value } => {
                let (level, number) = option.numbers();
                let bytes = option_bytes(*value);
                let length = bytes.len() as i64;
                let frame = Frame::new(libc::SYS_setsockopt, &[n(*fd), n(level), n(number)]).pointer(OPTION);
                frame.lay(OPTION, &bytes).value(length)
            }
            SocketCall::Getsockopt { fd, option } => {
                let (level, number) = option.numbers();
                let frame = Frame::new(libc::SYS_getsockopt, &[n(*fd), n(level), n(number)]).pointer(OPTION);
                frame.lay(OPTION_LENGTH, &option_length(*option).to_ne_bytes()).pointer(OPTION_LENGTH)
            }
            SocketCall::Poll { fds, timeout } => poll(fds, *timeout)?,
        };
        Ok(frame.order())
    }
}

/// The kernel is to write an address.
fn asking(frame: Frame) -> Frame {
    let length = u32::try_from(STORAGE).unwrap_or(0).to_ne_bytes();
    frame.lay(ADDRESS_LENGTH, &length).pointer(ADDRESS).pointer(ADDRESS_LENGTH)
}

/// Data that fits into one mailbox, repetition carried out.
fn whole(call: &str, data: &Data) -> Result<Vec<u8>, Refusal> {
    fits(call, data.len())?;
    Ok(data.bytes())
}

fn fits(call: &str, count: u64) -> Result<usize, Refusal> {
    usize::try_from(count).ok().filter(|count| *count <= AREA - DATA).ok_or_else(|| {
        let most = AREA - DATA;
        Refusal::Impossible(format!("{call} can move {most} bytes at once here: ask for less, several times"))
    })
}

fn sending(fd: i32, data: &Data, flags: i32) -> Result<Frame, Refusal> {
    let bytes = whole("send", data)?;
    let frame = Frame::new(libc::SYS_sendto, &[fd.into()]).pointer(DATA).value(bytes.len() as i64).value(flags.into());
    Ok(frame.lay(DATA, &bytes))
}

fn receiving(fd: i32, count: u64, flags: i32) -> Result<Frame, Refusal> {
    let count = fits("recv", count)?;
    let frame = Frame::new(libc::SYS_recvfrom, &[fd.into()]).pointer(DATA);
    Ok(frame.value(count as i64).value(flags.into()).room(count))
}

/// `struct cmsghdr` and the descriptors behind it, cmsg(3).
fn sendmsg(fd: i32, data: &Data, rights: &[i32], flags: i32) -> Result<Frame, Refusal> {
    if rights.len() > MOST_RIGHTS + 1 {
        return Err(Refusal::Impossible(format!("one message takes at most {MOST_RIGHTS} descriptors: send several")));
    }
    let bytes = whole("sendmsg", data)?;
    let mut control = Vec::new();
    if !rights.is_empty() {
        control.extend((16 + rights.len() * 4).to_ne_bytes());
        control.extend(libc::SOL_SOCKET.to_ne_bytes());
        control.extend(libc::SCM_RIGHTS.to_ne_bytes());
        control.extend(rights.iter().flat_map(|right| right.to_ne_bytes()));
    }
    let frame = Frame::new(libc::SYS_sendmsg, &[fd.into()]).message(bytes.len(), control.len());
    Ok(frame.value(flags.into()).lay(CONTROL, &control).lay(DATA, &bytes))
}

/// How many bytes the value of an option has.
fn option_length(option: SocketOption) -> u32 {
    match option {
        // struct linger, struct timeval, struct ucred.
        SocketOption::Linger => 8,
        SocketOption::ReceiveTimeout | SocketOption::SendTimeout => 16,
        SocketOption::PeerCred => 12,
        _ => 4,
    }
}

fn option_bytes(value: OptionValue) -> Vec<u8> {
    match value {
        OptionValue::Number(number) => number.to_ne_bytes().to_vec(),
        OptionValue::Interface(at) => at.octets().to_vec(),
        // struct ip_mreq: the group, then the interface.
        OptionValue::Membership(group, at) => [group.octets(), at.octets()].concat(),
        OptionValue::Linger(on, seconds) => [on.to_ne_bytes(), seconds.to_ne_bytes()].concat(),
        // struct timeval: seconds, microseconds.
        OptionValue::Time(ms) => {
            [i64::from(ms / 1000).to_ne_bytes(), i64::from(ms % 1000 * 1000).to_ne_bytes()].concat()
        }
        OptionValue::Link(link) => link.to_ne_bytes().to_vec(),
        // struct ipv6_mreq: the same.
        OptionValue::Membership6(group, link) => [group.octets().as_slice(), &link.to_ne_bytes()].concat(),
    }
}

fn poll(fds: &[(i32, i16)], timeout: i32) -> Result<Frame, Refusal> {
    if fds.len() > MOST_POLLED {
        return Err(Refusal::Impossible(format!("poll can be given {MOST_POLLED} descriptors here")));
    }
    let each = |(fd, events): &(i32, i16)| {
        [fd.to_ne_bytes(), [events.to_ne_bytes(), [0; 2]].concat().try_into().unwrap_or_default()].concat()
    };
    let bytes: Vec<u8> = fds.iter().flat_map(each).collect();
    let frame = polling(fds.len() as i64, timeout);
    Ok(frame.lay(DATA, &bytes))
}

#[cfg(target_arch = "x86_64")]
fn polling(count: i64, timeout: i32) -> Frame {
    Frame::new(libc::SYS_poll, &[]).pointer(DATA).value(count).value(timeout.into())
}

/// Newer architectures have ppoll(2) alone: a `struct timespec` instead of milliseconds, and none for -1.
#[cfg(not(target_arch = "x86_64"))]
fn polling(count: i64, timeout: i32) -> Frame {
    let frame = Frame::new(libc::SYS_ppoll, &[]).pointer(DATA).value(count);
    let frame = match u64::try_from(timeout) {
        Ok(ms) => {
            let time = [(ms / 1000).to_ne_bytes(), (ms % 1000 * 1_000_000).to_ne_bytes()].concat();
            frame.lay(OPTION, &time).pointer(OPTION)
        }
        Err(_) => frame.value(0),
    };
    frame.value(0).value(8)
}

/// An address as the kernel takes it: `struct sockaddr_un`, `sockaddr_in`, `sockaddr_in6`.
fn sockaddr(address: &Address) -> Vec<u8> {
    let family = |family: i32| u16::try_from(family).unwrap_or(0).to_ne_bytes();
    let mut bytes = Vec::new();
    match address {
        Address::Path(path) => {
            bytes.extend(family(libc::AF_UNIX));
            bytes.extend(path);
            // Without a path at all the kernel picks an abstract name, unix(7).
            if !path.is_empty() {
                bytes.push(0);
            }
        }
        Address::Abstract(name) => {
            bytes.extend(family(libc::AF_UNIX));
            bytes.push(0);
            bytes.extend(name);
        }
        Address::Inet(std::net::SocketAddr::V4(at)) => {
            bytes.extend(family(libc::AF_INET));
            bytes.extend(at.port().to_be_bytes());
            bytes.extend(at.ip().octets());
            bytes.extend([0; 8]);
        }
        Address::Inet(std::net::SocketAddr::V6(at)) => {
            bytes.extend(family(libc::AF_INET6));
            bytes.extend(at.port().to_be_bytes());
            bytes.extend([0; 4]);
            bytes.extend(at.ip().octets());
            bytes.extend(at.scope_id().to_ne_bytes());
        }
    }
    bytes
}
