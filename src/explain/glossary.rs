//! The terms of the course, each in plain words, with the man page and the lesson that shows it.

/// One term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The term, as the man pages spell it.
    pub term: &'static str,
    /// Its meaning, in one to three sentences.
    pub meaning: &'static str,
    /// The man page that defines it.
    pub man: &'static str,
    /// The slug of the lesson that shows it.
    pub lesson: &'static str,
}

const fn term(term: &'static str, man: &'static str, lesson: &'static str, meaning: &'static str) -> Term {
    Term { term, meaning, man, lesson }
}

/// Every term, in the order of the alphabet, capitals and small letters alike.
pub const TERMS: &[Term] = &[
    term(
        "atomic write",
        "pipe(7)",
        "atomic-writes",
        "A write of up to PIPE_BUF bytes goes into a pipe in one piece, never mixed with another writer's. A longer \
         one may be split.",
    ),
    term(
        "blocking",
        "read(2)",
        "no-eof",
        "A call blocks when it does not return until something has happened: bytes came, room was made, a child \
         ended. Meanwhile the process sleeps and makes no other call.",
    ),
    term(
        "capacity",
        "pipe(7)",
        "full-pipe",
        "How many bytes a pipe can hold before a write waits: 65536 by default, kept in pages of 4096. fcntl with \
         F_GETPIPE_SZ tells it and F_SETPIPE_SZ changes it.",
    ),
    term(
        "close-on-exec",
        "fcntl(2)",
        "close-on-exec",
        "A flag of one descriptor (FD_CLOEXEC): the kernel closes it when the process execs. A copy made by dup or \
         dup2 does not have it.",
    ),
    term(
        "deadlock",
        "pipe(7)",
        "wait-before-read",
        "Processes wait for each other in a circle, so that none can go on. The kernel reports no error: they sleep \
         until one is killed.",
    ),
    term(
        "EAGAIN",
        "read(2)",
        "non-blocking",
        "The error of a non-blocking call that would have had to wait. It says nothing is there yet; it is not end \
         of file.",
    ),
    term(
        "end of file",
        "read(2)",
        "clean-eof",
        "What a read reports by returning 0: the pipe is empty and every write end is closed. It is no byte in the \
         pipe but a state of it.",
    ),
    term(
        "EPIPE",
        "write(2)",
        "broken-pipe",
        "The error of a write to a pipe without any read end, where SIGPIPE did not kill the writer first.",
    ),
    term(
        "exec",
        "execve(2)",
        "shell-pipeline",
        "Replaces the program a process runs by another. The process, its pid and its table of descriptors stay, \
         apart from those that are close-on-exec.",
    ),
    term(
        "exit",
        "_exit(2)",
        "unread-data-survives",
        "Ends a process. The kernel closes all its descriptors and keeps the exit code for the parent to collect by \
         wait.",
    ),
    term(
        "FIFO",
        "fifo(7)",
        "fifo",
        "A pipe with a path in the file system, so that unrelated processes can open it. Opening one end waits until \
         another process opens the other.",
    ),
    term(
        "file descriptor",
        "open(2)",
        "lowest-fd",
        "A small number by which a process names something it has open. It is an index into that process's own \
         table, and a new one is always the lowest that is free.",
    ),
    term(
        "file descriptor table",
        "fork(2)",
        "fork-copies-the-table",
        "The list of a process's open descriptors, each entry referring to an open file description. fork copies the \
         table; what it refers to is shared.",
    ),
    term(
        "fork",
        "fork(2)",
        "fork-copies-the-table",
        "Makes a child that is a copy of the process that calls it, table of descriptors included. Pipes are not \
         copied: both now hold the same ones.",
    ),
    term(
        "message queue",
        "mq_overview(7)",
        "message-queue",
        "A queue of whole messages in the kernel, each with a priority; the highest comes first. It has a \
         name, keeps what was sent until somebody receives it, and knows no end of file.",
    ),
    term(
        "multicast group",
        "ip(7)",
        "multicast",
        "An address from 224.0.0.0 on, or in ff00::/8, that sockets join (IP_ADD_MEMBERSHIP, IPV6_ADD_MEMBERSHIP). What is sent to it is copied to every socket on \
         its port that has joined, and, while IP_MULTICAST_ALL or IPV6_MULTICAST_ALL is 1, to those that have not.",
    ),
    term(
        "mutex",
        "futex(7)",
        "shared-memory",
        "A lock: a word in memory that one process at a time may hold. Who finds it taken sleeps in futex \
         until it is given back. The kernel does not free it when its owner dies, unless it is a robust one.",
    ),
    term(
        "network namespace",
        "network_namespaces(7)",
        "two-machines",
        "A network of its own: links, addresses, ports. To sockets it is a machine; processes, pipes and files know nothing \
         of it. unshare(CLONE_NEWNET) makes one.",
    ),
    term(
        "non-blocking",
        "fcntl(2)",
        "non-blocking",
        "With O_NONBLOCK a call that would wait fails with EAGAIN instead. The flag belongs to the open file \
         description, so every copy of the descriptor has it.",
    ),
    term(
        "open file description",
        "open(2)",
        "non-blocking",
        "What descriptors refer to: the kernel's record of one opening, with its access mode, its O_NONBLOCK flag \
         and its position. dup and fork make more references to the same one.",
    ),
    term(
        "orphan",
        "wait(2)",
        "unread-data-survives",
        "A process whose parent has ended. It gets a new parent, init or the nearest subreaper, which will wait for \
         it.",
    ),
    term(
        "parent and child",
        "fork(2)",
        "one-pipe",
        "The process that called fork, and the new one it made. Only the parent can wait for the child.",
    ),
    term(
        "pid",
        "getpid(2)",
        "fork-copies-the-table",
        "The number by which the kernel names a process. It is free for another process once the parent has waited \
         for its end.",
    ),
    term(
        "pipe",
        "pipe(7)",
        "one-pipe",
        "A queue of bytes in the kernel with a read end and a write end. Bytes go one way, come out in the order in \
         which they went in, and come out once.",
    ),
    term(
        "PIPE_BUF",
        "pipe(7)",
        "atomic-writes",
        "The largest number of bytes that a write puts into a pipe in one piece: 4096 on Linux.",
    ),
    term(
        "process",
        "fork(2)",
        "one-pipe",
        "A program that runs, with a memory and a table of descriptors of its own. Processes share nothing by \
         themselves; pipes are one way to pass bytes between them.",
    ),
    term(
        "race",
        "mmap(2)",
        "shared-memory",
        "An outcome that depends on who comes first. Two processes that add to one word at once lose \
         additions, as each addition is a load and a store with room between.",
    ),
    term(
        "read end",
        "pipe(2)",
        "one-pipe",
        "The side of a pipe through which bytes are taken out: the first of the two descriptors that pipe returns.",
    ),
    term(
        "shared memory",
        "mmap(2)",
        "shared-memory",
        "Memory that several processes have mapped: what one stores there the others load, without any call. \
         It stays as long as it is mapped or open anywhere.",
    ),
    term(
        "signal",
        "signal(7)",
        "broken-pipe",
        "A short notice from the kernel or a process, such as SIGPIPE or SIGKILL. It may be ignored or handled, \
         SIGKILL and SIGSTOP excepted; by default most end the process.",
    ),
    term(
        "SIGPIPE",
        "signal(7)",
        "broken-pipe",
        "The signal a process gets for writing to a pipe that has no read end. It kills by default; where it is \
         ignored, the write fails with EPIPE.",
    ),
    term(
        "standard input, output and error",
        "stdin(3)",
        "shell-pipeline",
        "Descriptors 0, 1 and 2: where a program reads, writes and complains unless told otherwise. A shell points \
         them at a pipe before the exec.",
    ),
    term(
        "stdio buffer",
        "setvbuf(3)",
        "stdio-twice",
        "Memory of the process in which printf keeps bytes until the C library writes them: at the end of a line on a \
         terminal, else when it is full or at exit. The kernel knows nothing of it, and fork copies it.",
    ),
    term(
        "system call",
        "syscalls(2)",
        "one-pipe",
        "A request of a process to the kernel, such as read or fork. Everything a process does to the world outside \
         its memory is one.",
    ),
    term(
        "terminal",
        "pty(7)",
        "stdio-twice",
        "The device behind a shell's window: what is typed can be read from it, and what is written to it is shown.",
    ),
    term(
        "veth pair",
        "veth(4)",
        "two-machines",
        "Two links that are joined as by a cable: what goes into one comes out of the other. Each may be in another network \
         namespace.",
    ),
    term(
        "wait",
        "wait(2)",
        "unread-data-survives",
        "Sleeps until a child has ended and collects how. waitpid does so for one particular child.",
    ),
    term(
        "write end",
        "pipe(2)",
        "one-pipe",
        "The side of a pipe through which bytes are put in: the second of the two descriptors that pipe returns. \
         While any copy of it is open anywhere, readers get no end of file.",
    ),
    term(
        "zombie",
        "wait(2)",
        "unread-data-survives",
        "A process that has ended and was not yet waited for. Its descriptors are closed; only its pid and how it \
         ended are kept, for its parent.",
    ),
];

/// The meaning of a term, capitals and small letters alike.
pub fn lookup(term: &str) -> Option<&'static Term> {
    TERMS.iter().find(|t| t.term.eq_ignore_ascii_case(term.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COURSE: &[&str] = &[
        "one-pipe",
        "lowest-fd",
        "pipe-to-self",
        "fork-copies-the-table",
        "clean-eof",
        "no-eof",
        "unread-data-survives",
        "two-way",
        "broken-pipe",
        "full-pipe",
        "wait-before-read",
        "two-readers",
        "non-blocking",
        "atomic-writes",
        "shell-pipeline",
        "leaked-to-a-sibling",
        "close-on-exec",
        "stdio-twice",
        "fifo",
        "socketpair",
        "message-boundaries",
        "python-pipe",
        "unix-server",
        "pass-a-descriptor",
        "tcp",
        "udp",
        "multicast",
        "two-machines",
        "shared-memory",
        "message-queue",
        "pipes-or-sockets",
    ];

    #[test]
    fn the_table_is_in_order_and_whole() {
        let keys: Vec<String> = TERMS.iter().map(|t| t.term.to_lowercase()).collect();
        assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
        for t in TERMS {
            let sentences = t.meaning.matches(". ").count() + 1;
            assert!(t.meaning.ends_with('.') && sentences <= 3, "{}", t.term);
            assert!(t.man.ends_with(')') && t.man.contains('('), "{}", t.term);
            assert!(COURSE.contains(&t.lesson), "{}: no lesson {}", t.term, t.lesson);
        }
    }

    #[test]
    fn every_rule_points_at_a_lesson() {
        for rule in crate::explain::RULES {
            assert!(COURSE.contains(&rule.lesson), "{}: no lesson {}", rule.name, rule.lesson);
        }
    }

    #[test]
    fn terms_are_found_whatever_the_case() {
        assert_eq!(lookup("epipe").map(|t| t.term), Some("EPIPE"));
        assert_eq!(lookup(" End of file ").map(|t| t.man), Some("read(2)"));
        assert!(lookup("carrier pigeon").is_none());
    }
}
