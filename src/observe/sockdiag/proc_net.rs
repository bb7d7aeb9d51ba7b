//! The same lists as text: `/proc/PID/net/unix` and its kin, proc_pid_net(5). They tell less: no peers of UNIX
//! sockets, no shutdown, no limit of a backlog.

use super::{Part, SocketInfo};
use crate::world::{Address, Family, Known, Peer, SocketState, SocketType};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

const UNTOLD: &str = "/proc/net does not tell, and the kernel refuses sock_diag";

/// Read one list from a folder such as `/proc/self/net`.
pub(super) fn read(folder: &Path, part: Part) -> Result<Vec<SocketInfo>, String> {
    let name = match part {
        Part::Unix => "unix",
        Part::Tcp(Family::Inet6) => "tcp6",
        Part::Tcp(_) => "tcp",
        Part::Udp(Family::Inet6) => "udp6",
        Part::Udp(_) => "udp",
    };
    let file = folder.join(name);
    let text = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let lines = text.split(|b| *b == b'\n').skip(1);
    let parse = |line: &[u8]| if part == Part::Unix { unix(line) } else { inet(line, part) };
    Ok(lines.filter_map(parse).collect())
}

fn blank(inode: u64, family: Family, kind: SocketType, state: SocketState) -> SocketInfo {
    SocketInfo {
        inode,
        family,
        kind,
        state,
        local: None,
        file: None,
        remote: None,
        peer: Known::No(UNTOLD.into()),
        receive_queue: Known::No(UNTOLD.into()),
        send_queue: Known::No(UNTOLD.into()),
        backlog: (state == SocketState::Listen).then(|| Known::No(UNTOLD.into())),
        waiting: Vec::new(),
        shutdown: Known::No(UNTOLD.into()),
        uid: Known::No(UNTOLD.into()),
        dropped: None,
    }
}

/// `Num: RefCount Protocol Flags Type St Inode Path`
fn unix(line: &[u8]) -> Option<SocketInfo> {
    let mut rest = line;
    let mut fields = [b"".as_slice(); 7];
    for field in &mut fields {
        rest = rest.trim_ascii_start();
        let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        (*field, rest) = rest.split_at(end);
    }
    let [_, _, _, flags, kind, state, inode] = fields.map(|field| std::str::from_utf8(field).unwrap_or_default());
    let kind = match u32::from_str_radix(kind, 16).ok()? {
        1 => SocketType::Stream,
        2 => SocketType::Datagram,
        5 => SocketType::SeqPacket,
        _ => return None,
    };
    // __SO_ACCEPTCON of linux/net.h; SS_CONNECTED is 3.
    let listens = u32::from_str_radix(flags, 16).ok()? & 0x1_0000 != 0;
    let state = match (listens, state) {
        (true, _) => SocketState::Listen,
        (_, "03") => SocketState::Established,
        _ => SocketState::Close,
    };
    let mut socket = blank(inode.parse().ok()?, Family::Unix, kind, state);
    // One space, and then the name as it is.
    socket.local = match rest.strip_prefix(b" ").unwrap_or_default() {
        [] => None,
        [b'@', name @ ..] => Some(Address::Abstract(name.to_vec())),
        path => Some(Address::Path(path.to_vec())),
    };
    Some(socket)
}

/// `sl local remote st tx:rx tr:when retransmits uid timeout inode ref pointer drops`, the last of UDP alone
fn inet(line: &[u8], part: Part) -> Option<SocketInfo> {
    let fields: Vec<&str> = std::str::from_utf8(line).ok()?.split_ascii_whitespace().collect();
    let field = |n: usize| fields.get(n).copied();
    let state = SocketState::from_number(u8::from_str_radix(field(3)?, 16).ok()?)?;
    let (kind, family) = match part {
        Part::Udp(family) => (SocketType::Datagram, family),
        Part::Tcp(family) => (SocketType::Stream, family),
        Part::Unix => return None,
    };
    let mut socket = blank(field(9)?.parse().ok()?, family, kind, state);
    let place = |text| Some(Some(Address::Inet(address(text)?)).filter(|a: &Address| !a.is_unspecified()));
    (socket.local, socket.remote) = (place(field(1)?)?, place(field(2)?)?);
    socket.peer = Known::Yes(Peer::None);
    socket.uid = Known::Yes(field(7)?.parse().ok()?);
    let (send, receive) = field(4)?.split_once(':')?;
    let count = |text| u64::from_str_radix(text, 16).ok();
    (socket.receive_queue, socket.send_queue) = match (state, kind) {
        (SocketState::Listen, _) => (Known::Yes(0), Known::Yes(0)),
        (_, SocketType::Stream) => (Known::Yes(count(receive)?), Known::Yes(count(send)?)),
        _ => (super::nothing_or(count(receive)?, super::MEMORY), super::nothing_or(count(send)?, super::MEMORY)),
    };
    if kind == SocketType::Datagram {
        socket.dropped = field(12).and_then(|drops| drops.parse().ok());
    }
    Some(socket)
}

/// `0100007F:1F90`: words of 32 bits as this machine keeps them, and a port in plain hexadecimal.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(ip.get(at * 8..at * 8 + 8)?, 16).ok().map(u32::to_ne_bytes);
    let ip: IpAddr = match ip.len() {
        8 => Ipv4Addr::from(word(0)?).into(),
        32 => {
            let mut bytes = [0; 16];
            for (at, four) in bytes.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                *four = word(at)?;
            }
            Ipv6Addr::from(bytes).into()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn lines_of_tcp() {
        let line = b"   0: 0100007F:1F90 0100007F:9C40 01 00000004:00000003 00:00000000 00000000  1000        0 55 1 0";
        let socket = inet(line, Part::Tcp(Family::Inet)).unwrap();
        assert_eq!(socket.local, Some(Address::Inet("127.0.0.1:8080".parse().unwrap())));
        assert_eq!(socket.remote, Some(Address::Inet("127.0.0.1:40000".parse().unwrap())));
        assert_eq!((socket.send_queue, socket.receive_queue), (Known::Yes(4), Known::Yes(3)));
        assert_eq!((socket.inode, socket.uid), (55, Known::Yes(1000)));
        let six = "00000000000000000000000001000000:0050";
        assert_eq!(address(six), Some("[::1]:80".parse().unwrap()));
    }

    #[test]
    fn lines_of_unix_sockets() {
        let table: &[(&[u8], SocketState, Option<Address>)] = &[
            (
                b"0000: 00000002 00000000 00010000 0001 01 77 @x y",
                SocketState::Listen,
                Some(Address::Abstract(b"x y".to_vec())),
            ),
            (b"0000: 00000003 00000000 00000000 0001 03 77", SocketState::Established, None),
            (
                b"0000: 00000002 00000000 00000000 0002 01 77 /run/a b",
                SocketState::Close,
                Some(Address::Path(b"/run/a b".to_vec())),
            ),
        ];
        for (line, state, local) in table {
            let socket = unix(line).unwrap();
            assert_eq!((socket.inode, socket.state, &socket.local), (77, *state, local));
        }
    }

    #[test]
    fn what_is_no_line_is_left_out() {
        for line in [b"".as_slice(), b"x", b"0: 0 0 0 0", b"0000: 2 0 z 1 1 7"] {
            assert!(unix(line).is_none());
            assert!(inet(line, Part::Tcp(Family::Inet)).is_none());
        }
    }
}
