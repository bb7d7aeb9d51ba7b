//! What is done to find an answer, and how each outcome is put into words.

use super::ways::{Setup, round, setup};
use super::{Aspect, Way};

/// What a step's outcome means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Means {
    /// Where the clause of the notation holds: this answer, in short and as a sentence.
    Where(&'static str, &'static str, &'static str),
    /// The answer is in the address that getsockname told: an internet address, or one within this kernel.
    Name,
    /// The answer is what the ping measured.
    Rounds,
    /// The answer is what the drain measured.
    Flow,
}

/// A step after the way was set up.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A call, and what its outcomes mean; where none fits, the next step is made.
    Call(String, &'static [Means]),
    /// A call made again and again until it fails with EAGAIN, at most so often; what it returned, added up, is the answer
    /// where that is asked for.
    Until(String, usize, Option<&'static str>),
}

/// Where it is set up, and the steps from there.
pub(super) fn question(way: Way, aspect: Aspect) -> (Setup, Vec<Step>) {
    use Step::{Call, Until};
    let setup = if aspect == Aspect::RoundTrip { round(way) } else { setup(way) };
    let ((writer, out), (reader, into), (back, answer)) = (setup.writer, setup.reader, setup.back);
    let write = |text: &str| format!("{writer}: write({out}, \"{text}\")");
    let read = format!("{reader}: read({into}, 64)");
    let steps = match aspect {
        Aspect::Direction => vec![
            Call(format!("{reader}: write({into}, \"x\")"), ONE_WAY),
            Call(format!("{writer}: read({out}, 64)"), BOTH_WAYS),
        ],
        Aspect::Relation if matches!(way, Way::Pipe | Way::Packets | Way::Socketpair) => {
            vec![Call("stage: start(stranger)".into(), &[]), Call(format!("stranger: write({out}, \"x\")"), RELATIVES)]
        }
        Aspect::Relation => vec![Call(write("x"), &[]), Call(read, STRANGERS)],
        Aspect::Machine => vec![Call(format!("{writer}: getsockname({out})"), NAMES)],
        Aspect::Boundaries => vec![Call(write("AB"), &[]), Call(write("CD"), &[]), Call(read, BOUNDARIES)],
        Aspect::End => vec![Call(format!("{writer}: close({out})"), &[]), Call(read, AT_CLOSE)],
        Aspect::Gone => {
            vec![Call(format!("{reader}: close({into})"), &[]), Call(write("x"), AT_ONCE), Call(write("x"), LATER)]
        }
        Aspect::Capacity if way == Way::Udp => vec![
            Call(format!("{reader}: fcntl({into}, F_SETFL, O_NONBLOCK)"), &[]),
            Until(format!("{writer}: write({out}, \"x\" * 16384)"), 32, None),
            Until(
                format!("{reader}: read({into}, 65536)"),
                64,
                Some("what came after that was lost, and nobody was told"),
            ),
        ],
        Aspect::Capacity => vec![
            Call(format!("{writer}: fcntl({out}, F_SETFL, O_NONBLOCK)"), &[]),
            Until(format!("{writer}: write({out}, \"x\" * 65536)"), 400, Some(full(way))),
        ],
        Aspect::RoundTrip => vec![
            Call(format!("{reader}: echo({into}, {answer}, 2000)"), &[]),
            Call(format!("{writer}: round_trips({out}, {back}, 2000)"), &[Means::Rounds]),
        ],
        Aspect::Throughput => {
            let patience = if way == Way::Udp { ", 300" } else { "" };
            vec![
                Call(format!("{reader}: drain({into}, 33554432{patience})"), &[]),
                Call(format!("{writer}: pour({out}, 33554432)"), &[Means::Flow]),
            ]
        }
    };
    (setup, steps)
}

fn full(way: Way) -> &'static str {
    match way {
        Way::Packets => "as packets of at most 4096; 16 packets fill it however small they are",
        Way::Tcp => "part of it at the sender, part at the receiver",
        _ => "then a write has to wait, or fails with EAGAIN",
    }
}

const ONE_WAY: &[Means] = &[Means::Where(
    "error EBADF",
    "one way",
    "What reads cannot write: the descriptor is open for reading only. Answers need a second one.",
)];
const BOTH_WAYS: &[Means] =
    &[Means::Where("data \"x\"", "both ways", "What reads can write as well, and it comes out at the other side.")];
const RELATIVES: &[Means] = &[Means::Where(
    "error EBADF",
    "relatives",
    "A process that was not forked has no such descriptor, and there is no name by which to open it.",
)];
const STRANGERS: &[Means] =
    &[Means::Where("data \"x\"", "any two", "Neither was forked by the other: they met by a name, a path or a port.")];
const NAMES: &[Means] = &[
    Means::Where("error ENOTSOCK", "this one", "It has no address. Whoever is to have it must share this kernel."),
    Means::Name,
];
const BOUNDARIES: &[Means] = &[
    Means::Where("data \"ABCD\"", "joined", "AB and CD came as ABCD: a stream has no messages."),
    Means::Where("data \"AB\"", "kept", "AB came, and CD waits for the next read: each message is kept apart."),
];
const AT_CLOSE: &[Means] = &[
    Means::Where(
        "eof",
        "EOF",
        "The read returned 0: end of file. One copy of the writer's end left open anywhere would prevent it.",
    ),
    Means::Where(
        "blocks",
        "nothing",
        "The reader sleeps on: there is no connection that could end, and no end of file.",
    ),
];
const AT_ONCE: &[Means] = &[
    Means::Where(
        "killed SIGPIPE",
        "SIGPIPE",
        "SIGPIPE kills the writer at its first write; where it is ignored, write fails with EPIPE.",
    ),
    Means::Where("error ECONNREFUSED", "refused", "The first write fails with ECONNREFUSED."),
];
const LATER: &[Means] = &[
    Means::Where(
        "killed SIGPIPE",
        "SIGPIPE *",
        "* The first write succeeds and is lost. Its answer, a reset, makes the second one SIGPIPE or EPIPE.",
    ),
    Means::Where(
        "error ECONNREFUSED",
        "refused *",
        "* The first write succeeds and is lost; the second tells ECONNREFUSED. Without connect, nobody would tell at all.",
    ),
    Means::Where("returns 1", "nothing", "Every write succeeds, and is lost."),
];
