//! What is often said of pipes and sockets, and what these cells show instead.

use super::{Aspect, Way};

/// A remark beside one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note {
    /// Beside which.
    pub way: Way,
    /// Beside which.
    pub aspect: Aspect,
    /// What is often said.
    pub said: &'static str,
    /// What is so.
    pub so: &'static str,
}

const fn note(way: Way, aspect: Aspect, said: &'static str, so: &'static str) -> Note {
    Note { way, aspect, said, so }
}

/// All of them.
pub const NOTES: &[Note] = &[
    note(
        Way::Pipe,
        Aspect::Direction,
        "A pipe goes both ways.",
        "Python's Pipe() does, and it is a socketpair. A pipe of Linux goes one way, pipe(7); some other systems have two-way ones.",
    ),
    note(
        Way::Pipe,
        Aspect::Relation,
        "Pipes join only related processes.",
        "That is a limit of pipe(), not of pipes: a FIFO is one with a path, and a descriptor can be passed by SCM_RIGHTS.",
    ),
    note(
        Way::Packets,
        Aspect::Boundaries,
        "A pipe is a stream of bytes.",
        "Unless it is made with O_DIRECT: then each write is a packet, and each read takes one, pipe(2).",
    ),
    note(
        Way::Fifo,
        Aspect::Relation,
        "For unrelated processes you need sockets.",
        "These two were started apart, and met at a path.",
    ),
    note(
        Way::Socketpair,
        Aspect::Direction,
        "There are pipes, and there are sockets.",
        "socketpair() is a pipe's cousin: two descriptors without a name, inherited by fork, and both ways.",
    ),
    note(
        Way::Unix,
        Aspect::Machine,
        "Sockets are for networks.",
        "UNIX sockets never leave the machine. They have paths, pass descriptors, and tell who is at the other end.",
    ),
    note(
        Way::Tcp,
        Aspect::Boundaries,
        "Sockets send messages.",
        "A stream socket joins them as a pipe does. SOCK_DGRAM and SOCK_SEQPACKET keep them.",
    ),
    note(
        Way::Tcp,
        Aspect::Gone,
        "A write to a peer that is gone fails.",
        "The second one does. The first only finds out.",
    ),
    note(
        Way::Udp,
        Aspect::End,
        "At the end there is end of file.",
        "Not without a connection: a receiver of datagrams is told nothing when senders go.",
    ),
];

/// The remarks beside one cell.
pub fn notes(way: Way, aspect: Aspect) -> impl Iterator<Item = &'static Note> {
    NOTES.iter().filter(move |note| note.way == way && note.aspect == aspect)
}
