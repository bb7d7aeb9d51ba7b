//! What the arguments of a call point at, in the memory of the thread that makes it.

use crate::observe::Memories;
use crate::world::{Address, Pid};
use nix::libc;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// So many bytes of data are kept of one call; how many there were is always exact.
pub(super) const KEPT: u64 = 4096;
/// The longest path, PATH_MAX.
const PATH: usize = 4096;
/// So many elements of a list are read.
const LIST: u64 = 1024;

/// The memory of one thread.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory<'m> {
    pub(super) thread: Pid,
    /// The process that the thread belongs to.
    pub(super) process: Pid,
    /// Those that are kept open.
    pub(super) memories: &'m Memories,
}

impl Memory<'_> {
    /// As many of these bytes as can be had.
    pub(super) fn bytes(self, address: u64, length: u64) -> Vec<u8> {
        let mut into = vec![0; usize::try_from(length).unwrap_or(0)];
        let got = if into.is_empty() { 0 } else { self.memories.read(self.process, self.thread, address, &mut into) };
        into.truncate(got);
        into
    }

    /// The same, into room that is there already: how many could be had.
    pub(super) fn into(self, address: u64, room: &mut [u8]) -> usize {
        self.memories.read(self.process, self.thread, address, room)
    }

    /// The first [`KEPT`] of them.
    pub(super) fn data(self, address: u64, length: u64) -> Vec<u8> {
        self.bytes(address, length.min(KEPT))
    }

    pub(super) fn number<const N: usize>(self, address: u64) -> Option<[u8; N]> {
        self.bytes(address, N as u64).try_into().ok()
    }

    pub(super) fn int(self, address: u64) -> Option<i32> {
        self.number(address).map(i32::from_ne_bytes)
    }

    pub(super) fn long(self, address: u64) -> Option<u64> {
        self.number(address).map(u64::from_ne_bytes)
    }

    /// A `struct timespec`: seconds, and what there is beside in nanoseconds. `None` where there is none, as at NULL.
    pub(super) fn timespec(self, address: u64) -> Option<(u64, u64)> {
        if address == 0 {
            return None;
        }
        Some((self.long(address)?, self.long(address.checked_add(8)?)?))
    }

    /// A C string, page by page: what follows its page may not be mapped.
    pub(super) fn string(self, address: u64) -> Option<String> {
        let mut text = Vec::new();
        let mut at = address;
        while text.len() < PATH {
            let part = self.bytes(at, 256 - at % 256);
            if let Some(end) = part.iter().position(|b| *b == 0) {
                text.extend_from_slice(part.get(..end)?);
                return Some(String::from_utf8_lossy(&text).into_owned());
            }
            if part.is_empty() {
                return None;
            }
            at = at.checked_add(part.len() as u64)?;
            text.extend(part);
        }
        None
    }

    /// A list of C strings that ends in NULL, as execve(2) takes it.
    pub(super) fn strings(self, address: u64) -> Vec<String> {
        let at = |i: u64| self.long(address.checked_add(i * 8)?).filter(|p| *p != 0);
        (0..LIST).map_while(at).map(|p| self.string(p).unwrap_or_default()).collect()
    }

    /// `struct iovec`: address and length of each piece.
    pub(super) fn vectors(self, address: u64, count: u64) -> Vec<(u64, u64)> {
        let bytes = self.bytes(address, count.min(LIST) * 16);
        let word = |b: &[u8]| b.first_chunk().map_or(0, |b| u64::from_ne_bytes(*b));
        bytes.as_chunks::<16>().0.iter().map(|b| (word(b), word(b.get(8..).unwrap_or_default()))).collect()
    }

    /// The first `length` bytes of these pieces, at the most [`KEPT`].
    pub(super) fn gather(self, pieces: &[(u64, u64)], length: u64) -> Vec<u8> {
        if let [(address, size)] = pieces {
            return self.data(*address, length.min(*size));
        }
        let mut left = length.min(KEPT);
        let mut all = Vec::new();
        for (address, size) in pieces {
            let part = self.bytes(*address, left.min(*size));
            left -= part.len() as u64;
            all.extend(part);
            if left == 0 {
                break;
            }
        }
        all
    }

    /// A `struct sockaddr`.
    pub(super) fn address(self, at: u64, length: u64) -> Option<Address> {
        if at == 0 {
            return None;
        }
        let bytes = self.bytes(at, length.min(128));
        let family = i32::from(u16::from_ne_bytes(*bytes.first_chunk()?));
        let port = || Some(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?));
        match family {
            libc::AF_UNIX => match bytes.get(2..)?.split_first()? {
                (0, name) => Some(Address::Abstract(name.to_vec())),
                _ => Some(Address::Path(bytes.get(2..)?.split(|b| *b == 0).next()?.to_vec())),
            },
            libc::AF_INET => {
                let ip: [u8; 4] = *bytes.get(4..)?.first_chunk()?;
                Some(Address::Inet(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(ip)), port()?)))
            }
            libc::AF_INET6 => {
                let ip: [u8; 16] = *bytes.get(8..)?.first_chunk()?;
                Some(Address::Inet(SocketAddr::new(IpAddr::V6(Ipv6Addr::from(ip)), port()?)))
            }
            _ => None,
        }
    }

    /// A `struct msghdr`.
    pub(super) fn header(self, at: u64) -> Option<Header> {
        let word = |i: u64| self.long(at.checked_add(i * 8)?);
        let name = (word(0)?, word(1)? & 0xffff_ffff);
        Some(Header {
            name,
            pieces: self.vectors(word(2)?, word(3)?),
            control: (word(4)?, word(5)?),
            flags: self.int(at.checked_add(48)?)?,
        })
    }

    /// The descriptors in control messages (`SCM_RIGHTS`), cmsg(3).
    pub(super) fn rights(self, (at, length): (u64, u64)) -> Vec<i32> {
        let bytes = self.bytes(at, length.min(4096));
        let mut rest = bytes.as_slice();
        let mut all = Vec::new();
        while let Some(size) = rest.first_chunk().map(|b| u64::from_ne_bytes(*b)).and_then(|n| usize::try_from(n).ok())
        {
            let int = |i: usize| rest.get(i..).and_then(|b| b.first_chunk()).map(|b| i32::from_ne_bytes(*b));
            if size < 16 || size > rest.len() {
                break;
            }
            if int(8) == Some(libc::SOL_SOCKET) && int(12) == Some(libc::SCM_RIGHTS) {
                all.extend((16..size).step_by(4).filter_map(int));
            }
            rest = rest.get(size.next_multiple_of(8)..).unwrap_or_default();
        }
        all
    }
}

/// What is needed of a `struct msghdr`.
pub(super) struct Header {
    /// Where the address is, and how long.
    pub(super) name: (u64, u64),
    /// The pieces of data.
    pub(super) pieces: Vec<(u64, u64)>,
    /// Where the control messages are, and how long.
    pub(super) control: (u64, u64),
    /// What recvmsg(2) says of the message.
    pub(super) flags: i32,
}
