//! The calls there are, in one table: the parser's help, completion and documentation are made from it.

mod measure;
mod memory;
mod net;
mod queue;
mod seen;
mod socket;

pub use seen::traced_summary;

/// One call of the notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallSpec {
    /// Its C name.
    pub name: &'static str,
    /// How it is written, optional arguments in brackets: `open(path, flags[, mode])`.
    pub signature: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// A line that would be understood, without the process.
    pub example: &'static str,
    /// What stands at each place between the parentheses.
    pub arguments: &'static [Argument],
}

/// What stands at one place between the parentheses of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// A descriptor the process has.
    Fd,
    /// A number of its own choice: a count, an exit code, a descriptor to be made.
    Number,
    /// Bytes in quotes.
    Data,
    /// A path in quotes.
    Path,
    /// An octal file mode.
    Mode,
    /// Flags of `pipe2` and `dup3`.
    Flags,
    /// Flags of `open`.
    OpenFlags,
    /// A command of `fcntl`.
    Fcntl,
    /// What the command of `fcntl` takes.
    FcntlArgument,
    /// A signal.
    Signal,
    /// `default` or `ignore`.
    Disposition,
    /// A process, by name or number.
    Process,
    /// The name of a process that does not exist yet.
    NewName,
    /// Options of `waitpid`.
    WaitOptions,
    /// A list of strings.
    Argv,
    /// `stdout`.
    Stream,
    /// How `stdout` is buffered.
    Buffering,
    /// A mapping of the process: `m1`.
    Mapping,
    /// Flags of `memfd_create`.
    MemfdFlags,
    /// What the pages of a mapping may be used for.
    Prot,
    /// Flags of `mmap`.
    MapFlags,
    /// A domain of `socket`.
    Domain,
    /// A type of `socket`, with its flags.
    SocketType,
    /// The address of a socket.
    Address,
    /// Flags of `accept4`.
    AcceptFlags,
    /// Flags of `send` and `recv`.
    MessageFlags,
    /// A direction of `shutdown`.
    How,
    /// An option of `setsockopt`.
    SocketOption,
    /// `rights=[fd, ...]`
    Rights,
    /// `[fd POLL..., ...]`
    PollList,
    /// Flags of `unshare`.
    CloneFlags,
    /// `up` or `down`.
    UpDown,
}

/// The calls there are, in the order of the course, family by family.
pub const CALLS: &[CallSpec] = &joined::<{ total(FAMILIES) }>(FAMILIES);

/// The families, each in a table of its own.
const FAMILIES: &[&[CallSpec]] =
    &[PLAIN, socket::SOCKET_CALLS, &memory::CALLS, &queue::CALLS, &measure::CALLS, &net::CALLS];

const fn total(tables: &[&[CallSpec]]) -> usize {
    let (mut table, mut count) = (0, 0);
    while table < tables.len() {
        count += tables[table].len();
        table += 1;
    }
    count
}

/// One table of all; worked out by the compiler, which would refuse a place that is not there.
const fn joined<const N: usize>(tables: &[&[CallSpec]]) -> [CallSpec; N] {
    let mut all = [PLAIN[0]; N];
    let (mut table, mut at) = (0, 0);
    while table < tables.len() {
        let mut row = 0;
        while row < tables[table].len() {
            all[at] = tables[table][row];
            at += 1;
            row += 1;
        }
        table += 1;
    }
    all
}

/// Pipes, files and processes: make, share, move bytes, files, flags, signals, end.
const PLAIN: &[CallSpec] = &[
    CallSpec {
        name: "pipe",
        signature: "pipe()",
        summary: "Make a pipe: the lowest free descriptor becomes its read end, the next its write end.",
        example: "pipe()",
        arguments: &[],
    },
    CallSpec {
        name: "pipe2",
        signature: "pipe2(flags)",
        summary: "Make a pipe whose ends are close-on-exec or non-blocking from the start.",
        example: "pipe2(O_CLOEXEC)",
        arguments: &[Argument::Flags],
    },
    CallSpec {
        name: "fork",
        signature: "fork([name])",
        summary: "Make a child, a copy of this process with a copy of its descriptor table.",
        example: "fork(child)",
        arguments: &[Argument::NewName],
    },
    CallSpec {
        name: "close",
        signature: "close(fd)",
        summary: "Give a descriptor up.",
        example: "close(4)",
        arguments: &[Argument::Fd],
    },
    CallSpec {
        name: "dup",
        signature: "dup(fd)",
        summary: "Copy a descriptor to the lowest free number.",
        example: "dup(4)",
        arguments: &[Argument::Fd],
    },
    CallSpec {
        name: "dup2",
        signature: "dup2(from, to)",
        summary: "Copy a descriptor to a number of one's choice, closing what was there.",
        example: "dup2(4, 1)",
        arguments: &[Argument::Fd, Argument::Number],
    },
    CallSpec {
        name: "dup3",
        signature: "dup3(from, to, flags)",
        summary: "As dup2, and make the copy close-on-exec.",
        example: "dup3(4, 1, O_CLOEXEC)",
        arguments: &[Argument::Fd, Argument::Number, Argument::Flags],
    },
    CallSpec {
        name: "read",
        signature: "read(fd[, count])",
        summary: "Take bytes out; 0 means end of file. Without a count, up to 4096.",
        example: "read(3, 64)",
        arguments: &[Argument::Fd, Argument::Number],
    },
    CallSpec {
        name: "write",
        signature: "write(fd, data)",
        summary: "Put bytes in.",
        example: "write(4, \"hello\")",
        arguments: &[Argument::Fd, Argument::Data],
    },
    CallSpec {
        name: "open",
        signature: "open(path, flags[, mode])",
        summary: "Open a file or a FIFO; opening a FIFO waits for the other side. A new file has mode 0666 unless said.",
        example: "open(\"talk\", O_WRONLY)",
        arguments: &[Argument::Path, Argument::OpenFlags, Argument::Mode],
    },
    CallSpec {
        name: "mkfifo",
        signature: "mkfifo(path[, mode])",
        summary: "Make a FIFO, a pipe with a path. Its mode is 0666 unless said.",
        example: "mkfifo(\"talk\")",
        arguments: &[Argument::Path, Argument::Mode],
    },
    CallSpec {
        name: "unlink",
        signature: "unlink(path)",
        summary: "Remove a path; what is open stays open.",
        example: "unlink(\"talk\")",
        arguments: &[Argument::Path],
    },
    CallSpec {
        name: "fcntl",
        signature: "fcntl(fd, F_...[, argument])",
        summary: "Read or set the flags of a descriptor or its description, or the size of a pipe.",
        example: "fcntl(3, F_SETFL, O_NONBLOCK)",
        arguments: &[Argument::Fd, Argument::Fcntl, Argument::FcntlArgument],
    },
    CallSpec {
        name: "signal",
        signature: "signal(SIG, default|ignore)",
        summary: "Choose what a signal does to this process.",
        example: "signal(SIGPIPE, ignore)",
        arguments: &[Argument::Signal, Argument::Disposition],
    },
    CallSpec {
        name: "kill",
        signature: "kill(process[, SIG])",
        summary: "Send a signal; SIGTERM unless said.",
        example: "kill(child, SIGTERM)",
        arguments: &[Argument::Process, Argument::Signal],
    },
    CallSpec {
        name: "wait",
        signature: "wait()",
        summary: "Wait until any child ends, and learn how.",
        example: "wait()",
        arguments: &[],
    },
    CallSpec {
        name: "waitpid",
        signature: "waitpid(process[, options])",
        summary: "Wait for one child, or for any with -1.",
        example: "waitpid(child, WNOHANG)",
        arguments: &[Argument::Process, Argument::WaitOptions],
    },
    CallSpec {
        name: "exec",
        signature: "exec([program, argument, ...])",
        summary: "Become another program; descriptors stay, but for those that are close-on-exec.",
        example: "exec([\"ls\", \"-l\"])",
        arguments: &[Argument::Argv],
    },
    CallSpec {
        name: "exit",
        signature: "exit([code])",
        summary: "Write what printf has kept, and end this process; the kernel closes its descriptors. The code is 0 unless said.",
        example: "exit(0)",
        arguments: &[Argument::Number],
    },
    CallSpec {
        name: "_exit",
        signature: "_exit([code])",
        summary: "End this process at once: what printf has kept is lost.",
        example: "_exit(0)",
        arguments: &[Argument::Number],
    },
    CallSpec {
        name: "printf",
        signature: "printf(data)",
        summary: "Print to stdout as C does: into a buffer of the process, which is written to descriptor 1 now or later.",
        example: "printf(\"hello\\n\")",
        arguments: &[Argument::Data],
    },
    CallSpec {
        name: "fflush",
        signature: "fflush(stdout)",
        summary: "Write what printf has kept to descriptor 1.",
        example: "fflush(stdout)",
        arguments: &[Argument::Stream],
    },
    CallSpec {
        name: "setvbuf",
        signature: "setvbuf(stdout, mode)",
        summary: "Choose when printf writes: at once (_IONBF), line by line (_IOLBF), when the buffer is full (_IOFBF).",
        example: "setvbuf(stdout, _IOLBF)",
        arguments: &[Argument::Stream, Argument::Buffering],
    },
    CallSpec {
        name: "start",
        signature: "start(name)",
        summary: "Said by the stage: begin a process that is no relation of the others.",
        example: "start(other)",
        arguments: &[Argument::NewName],
    },
    CallSpec {
        name: "type",
        signature: "type(data)",
        summary: "Said by the stage: type into its terminal, as a person would; \\n is Enter.",
        example: "type(\"hello\\n\")",
        arguments: &[Argument::Data],
    },
];

/// Other names of C for the same calls: name, and the call it means.
pub(crate) const ALIASES: &[(&str, &str)] = &[
    ("_Exit", "_exit"),
    ("execl", "exec"),
    ("execlp", "exec"),
    ("execv", "exec"),
    ("execve", "exec"),
    ("execvp", "exec"),
    ("execvpe", "exec"),
    ("mq_close", "close"),
    ("mq_timedsend", "mq_send"),
    ("mq_timedreceive", "mq_receive"),
];

/// The call called `name`, by its own name or by another that C has for it.
pub fn call_spec(name: &str) -> Option<&'static CallSpec> {
    let own = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, own)| own);
    CALLS.iter().find(|spec| spec.name == own)
}

/// How the call called `call_name` is written, optional arguments in brackets.
pub fn signature(call_name: &str) -> Option<&'static str> {
    call_spec(call_name).map(|spec| spec.signature)
}

#[cfg(test)]
mod tests {
    use super::super::{Call, parse_directed};
    use super::*;

    #[test]
    fn every_example_is_understood_and_is_of_its_call() {
        for spec in CALLS {
            let directed = parse_directed(spec.example, Some("parent")).unwrap();
            assert!(directed.call.to_string().starts_with(&format!("{}(", spec.name)), "{}", spec.name);
            assert!(spec.signature.starts_with(&format!("{}(", spec.name)), "{}", spec.name);
            assert!(spec.summary.ends_with('.'));
        }
    }

    #[test]
    fn every_alias_means_a_call() {
        for (alias, own) in ALIASES {
            assert_eq!(call_spec(alias).map(|s| s.name), Some(*own));
        }
        assert_eq!(signature("_Exit"), Some("_exit([code])"));
        assert_eq!(signature("socket"), Some("socket(domain, type[, protocol])"));
        assert_eq!(signature("soket"), None);
    }

    #[test]
    fn the_table_names_the_call_that_the_tree_has() {
        assert_eq!(Call::Wait.name(), "wait");
        assert!(CALLS.iter().all(|spec| parse_directed(spec.example, Some("p")).unwrap().call.name() == spec.name));
    }
}
