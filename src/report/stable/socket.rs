//! Ports that the kernel picked, and names it made up.

use super::Stable;
use crate::notation::SocketDetail;
use crate::world::{Address, Known, Peer, Socket, SocketState};

/// The lowest port that stands for one the kernel picked; below the range it picks from (`ip_local_port_range`, ip(7)),
/// numbers were chosen by someone.
const FIRST_PORT: u16 = 40001;
const LOWEST_PICKED: u16 = 32768;

impl Stable {
    pub(super) fn brought(&mut self, brought: &mut SocketDetail) {
        match brought {
            SocketDetail::Address(Some(address)) => self.address(address),
            SocketDetail::Received(received) => {
                if let Some(from) = &mut received.from {
                    self.address(from);
                }
            }
            SocketDetail::Address(None) | SocketDetail::Option(_) | SocketDetail::Ready(_) => {}
        }
    }

    pub(super) fn socket(&mut self, known: &Known<Box<Socket>>) -> Known<Box<Socket>> {
        let mut known = known.clone();
        if let Known::Yes(socket) = &mut known {
            // Which of the two is a matter of how soon the acknowledgement came.
            if socket.state == SocketState::FinWait1 {
                socket.state = SocketState::FinWait2;
            }
            socket.unsent = Known::Yes(0);
            for address in [&mut socket.local, &mut socket.remote].into_iter().flatten() {
                self.address(address);
            }
            if let Known::Yes(Peer::Socket(inode)) = &mut socket.peer {
                *inode = self.inode(*inode);
            }
            for inode in &mut socket.waiting {
                *inode = self.inode(*inode);
            }
        }
        known
    }

    pub(super) fn address(&mut self, address: &mut Address) {
        if let Address::Inet(at) = address {
            at.set_port(self.port(at.port()));
        }
    }

    pub(super) fn port(&mut self, port: u16) -> u16 {
        if port < LOWEST_PICKED {
            return port;
        }
        let next = FIRST_PORT.saturating_add(u16::try_from(self.ports.len()).unwrap_or(u16::MAX));
        *self.ports.entry(port).or_insert(next)
    }
}
