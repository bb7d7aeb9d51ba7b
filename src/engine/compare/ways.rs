//! How each way is set up: who writes through which descriptor, and who reads through which.

use super::Way;

/// Two processes with a way between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setup {
    /// The calls that make it.
    pub(super) lines: &'static str,
    /// Who writes, and through which descriptor.
    pub(super) writer: (&'static str, i32),
    /// Who reads, and through which.
    pub(super) reader: (&'static str, i32),
    /// The writer's descriptor for what comes back, and the reader's for what goes back.
    pub(super) back: (i32, i32),
}

const PIPE: Setup = Setup {
    lines: "parent: pipe()\nparent: fork(child)\nparent: close(3)\nchild: close(4)",
    writer: ("parent", 4),
    reader: ("child", 3),
    back: (4, 3),
};
const PACKETS: Setup =
    Setup { lines: "parent: pipe2(O_DIRECT)\nparent: fork(child)\nparent: close(3)\nchild: close(4)", ..PIPE };
const FIFO: Setup = Setup {
    lines: "stage: start(reader)\nstage: start(writer)\nreader: mkfifo(\"talk\")\nreader: open(\"talk\", O_RDONLY)\n\
            writer: open(\"talk\", O_WRONLY)",
    writer: ("writer", 3),
    reader: ("reader", 3),
    back: (3, 3),
};
const SOCKETPAIR: Setup = Setup {
    lines: "parent: socketpair(AF_UNIX, SOCK_STREAM)\nparent: fork(child)\nparent: close(4)\nchild: close(3)",
    writer: ("parent", 3),
    reader: ("child", 4),
    back: (3, 4),
};
const UNIX: Setup = Setup {
    lines: "stage: start(server)\nstage: start(client)\nserver: socket(AF_UNIX, SOCK_STREAM)\nserver: bind(3, unix:srv)\n\
            server: listen(3, 1)\nclient: socket(AF_UNIX, SOCK_STREAM)\nclient: connect(3, unix:srv)\nserver: accept(3)",
    writer: ("client", 3),
    reader: ("server", 4),
    back: (3, 4),
};
const TCP: Setup = Setup {
    lines: "stage: start(server)\nstage: start(client)\nserver: socket(AF_INET, SOCK_STREAM)\nserver: bind(3, 127.0.0.1:0)\n\
            server: listen(3, 1)\nclient: socket(AF_INET, SOCK_STREAM)\nclient: connect(3, addr(server.3))\nserver: accept(3)",
    ..UNIX
};
const UDP: Setup = Setup {
    lines: "stage: start(receiver)\nstage: start(sender)\nreceiver: socket(AF_INET, SOCK_DGRAM)\n\
            receiver: bind(3, 127.0.0.1:0)\nsender: socket(AF_INET, SOCK_DGRAM)\nsender: bind(3, 127.0.0.1:0)\n\
            sender: connect(3, addr(receiver.3))\nreceiver: connect(3, addr(sender.3))",
    writer: ("sender", 3),
    reader: ("receiver", 3),
    back: (3, 3),
};

/// One of the way.
pub(super) fn setup(way: Way) -> Setup {
    match way {
        Way::Pipe => PIPE,
        Way::Packets => PACKETS,
        Way::Fifo => FIFO,
        Way::Socketpair => SOCKETPAIR,
        Way::Unix => UNIX,
        Way::Tcp => TCP,
        Way::Udp => UDP,
    }
}

/// There and back: what goes one way only is needed twice.
pub(super) fn round(way: Way) -> Setup {
    let two = |lines| Setup { lines, writer: ("parent", 4), reader: ("child", 3), back: (5, 6) };
    match way {
        Way::Pipe => two("parent: pipe()\nparent: pipe()\nparent: fork(child)"),
        Way::Packets => two("parent: pipe2(O_DIRECT)\nparent: pipe2(O_DIRECT)\nparent: fork(child)"),
        Way::Fifo => Setup {
            lines: "stage: start(reader)\nstage: start(writer)\nreader: mkfifo(\"there\")\nreader: mkfifo(\"back\")\n\
                    reader: open(\"there\", O_RDONLY)\nwriter: open(\"there\", O_WRONLY)\nreader: open(\"back\", O_WRONLY)\n\
                    writer: open(\"back\", O_RDONLY)",
            back: (4, 4),
            ..FIFO
        },
        other => setup(other),
    }
}
