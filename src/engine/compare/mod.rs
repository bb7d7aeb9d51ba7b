//! Pipes or sockets: each way to talk tried on a stage of its own, one question at a time.
//!
//! A cell of the table is a small script of the notation, made by real processes, and what the kernel did at its last step
//! is the answer. Nothing is known beforehand but how to put an outcome into words.

mod notes;
mod play;
mod prove;
mod questions;
#[cfg(test)]
pub mod sample;
mod ways;

pub use notes::{NOTES, Note, notes};
pub use prove::prove;

/// A way by which processes can hand each other bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// `pipe(2)`
    Pipe,
    /// `pipe2(2)` with `O_DIRECT`
    Packets,
    /// `fifo(7)`
    Fifo,
    /// `socketpair(2)`: UNIX stream
    Socketpair,
    /// `unix(7)` with a path
    Unix,
    /// `tcp(7)` over loopback
    Tcp,
    /// `udp(7)` over loopback, both sides connected
    Udp,
}

impl Way {
    /// All of them, in the order of the table.
    pub const ALL: [Way; 7] = [Way::Pipe, Way::Packets, Way::Fifo, Way::Socketpair, Way::Unix, Way::Tcp, Way::Udp];

    /// Its name for a person, at most 11 columns.
    pub fn name(self) -> &'static str {
        match self {
            Way::Pipe => "pipe",
            Way::Packets => "packet pipe",
            Way::Fifo => "FIFO",
            Way::Socketpair => "socketpair",
            Way::Unix => "UNIX socket",
            Way::Tcp => "TCP",
            Way::Udp => "UDP",
        }
    }

    /// Its name in a narrow column, at most 9 columns.
    pub fn short(self) -> &'static str {
        match self {
            Way::Packets => "O_DIRECT",
            Way::Socketpair => "sockpair",
            Way::Unix => "UNIX sock",
            other => other.name(),
        }
    }

    /// Its name in options and JSON.
    pub fn slug(self) -> &'static str {
        match self {
            Way::Pipe => "pipe",
            Way::Packets => "packets",
            Way::Fifo => "fifo",
            Way::Socketpair => "socketpair",
            Way::Unix => "unix",
            Way::Tcp => "tcp",
            Way::Udp => "udp",
        }
    }
}

/// What is asked of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aspect {
    /// One way, or both?
    Direction,
    /// Must one process descend from the other?
    Relation,
    /// Can the other side be another machine?
    Machine,
    /// Does one read take one write?
    Boundaries,
    /// What does a reader learn when the writer closes?
    End,
    /// What does a writer learn when the reader is gone?
    Gone,
    /// How much waits before a writer must?
    Capacity,
    /// How long does a byte take there and back?
    RoundTrip,
    /// How much goes through in a second?
    Throughput,
}

impl Aspect {
    /// All of them, in the order of the table.
    pub const ALL: [Aspect; 9] = [
        Aspect::Direction,
        Aspect::Relation,
        Aspect::Machine,
        Aspect::Boundaries,
        Aspect::End,
        Aspect::Gone,
        Aspect::Capacity,
        Aspect::RoundTrip,
        Aspect::Throughput,
    ];

    /// The heading of its row, at most 10 columns.
    pub fn name(self) -> &'static str {
        match self {
            Aspect::Direction => "direction",
            Aspect::Relation => "between",
            Aspect::Machine => "machine",
            Aspect::Boundaries => "messages",
            Aspect::End => "at close",
            Aspect::Gone => "no reader",
            Aspect::Capacity => "capacity",
            Aspect::RoundTrip => "round trip",
            Aspect::Throughput => "throughput",
        }
    }

    /// What is asked, as a sentence.
    pub fn question(self) -> &'static str {
        match self {
            Aspect::Direction => "One way, or both ways?",
            Aspect::Relation => "Between relatives only, or between any two processes?",
            Aspect::Machine => "Can the other side be on another machine?",
            Aspect::Boundaries => "Are messages kept apart, or joined to a stream?",
            Aspect::End => "What does a reader learn when the writer closes?",
            Aspect::Gone => "What does a writer learn when the reader has vanished?",
            Aspect::Capacity => "How many bytes wait before a writer has to?",
            Aspect::RoundTrip => "How long does one byte take there and back?",
            Aspect::Throughput => "How much goes through in a second?",
        }
    }

    /// Its name in options and JSON.
    pub fn slug(self) -> &'static str {
        match self {
            Aspect::Direction => "direction",
            Aspect::Relation => "relation",
            Aspect::Machine => "machine",
            Aspect::Boundaries => "boundaries",
            Aspect::End => "end",
            Aspect::Gone => "gone",
            Aspect::Capacity => "capacity",
            Aspect::RoundTrip => "round-trip",
            Aspect::Throughput => "throughput",
        }
    }

    /// It is a measure, of this machine at this moment; else it is how the kernel always does it.
    pub fn is_measured(self) -> bool {
        matches!(self, Aspect::Capacity | Aspect::RoundTrip | Aspect::Throughput)
    }
}

/// One cell of the table: what was asked, what was done, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Of which way.
    pub way: Way,
    /// What was asked.
    pub aspect: Aspect,
    /// The calls that were made, in the notation; the last is the one that decides.
    pub script: Vec<String>,
    /// What the kernel answered to the one that decides, as a transcript has it.
    pub happened: String,
    /// The answer; or why there is none on this machine.
    pub answer: Result<Answer, String>,
}

/// What came of a cell's script.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// In a narrow column: at most 9 columns.
    pub short: String,
    /// As a sentence.
    pub text: String,
    /// In numbers, where it is a measure.
    pub figure: Option<Figure>,
}

/// A measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    /// Bytes.
    Bytes(u64),
    /// Nanoseconds: the median, and the quartiles around it.
    Nanoseconds {
        /// The first quartile.
        low: u64,
        /// The median.
        median: u64,
        /// The third quartile.
        high: u64,
    },
    /// Bytes in a second.
    Speed(u64),
}
