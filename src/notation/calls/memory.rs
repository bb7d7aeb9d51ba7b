//! The calls that concern shared memory.

use super::{Argument, CallSpec};

pub(super) const CALLS: [CallSpec; 13] = [
    CallSpec {
        name: "memfd_create",
        signature: "memfd_create(name[, flags])",
        summary: "Make memory that has a descriptor and no path; its size is 0 until ftruncate.",
        example: "memfd_create(\"counter\")",
        arguments: &[Argument::Path, Argument::MemfdFlags],
    },
    CallSpec {
        name: "shm_open",
        signature: "shm_open(name, flags[, mode])",
        summary: "Open shared memory by name, or make it. The names are this stage's own. Its mode is 0600 unless said.",
        example: "shm_open(\"/counter\", O_RDWR|O_CREAT)",
        arguments: &[Argument::Path, Argument::OpenFlags, Argument::Mode],
    },
    CallSpec {
        name: "shm_unlink",
        signature: "shm_unlink(name)",
        summary: "Remove the name of shared memory; what is open or mapped stays.",
        example: "shm_unlink(\"/counter\")",
        arguments: &[Argument::Path],
    },
    CallSpec {
        name: "ftruncate",
        signature: "ftruncate(fd, length)",
        summary: "Give memory or a file this size; what is new is zeros.",
        example: "ftruncate(3, 4096)",
        arguments: &[Argument::Fd, Argument::Number],
    },
    CallSpec {
        name: "mmap",
        signature: "mmap(length, prot, flags[, fd[, offset]])",
        summary: "Map memory: the mapping is called m1, the next m2. With MAP_ANONYMOUS there is no descriptor.",
        example: "mmap(4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3)",
        arguments: &[Argument::Number, Argument::Prot, Argument::MapFlags, Argument::Fd, Argument::Number],
    },
    CallSpec {
        name: "munmap",
        signature: "munmap(mapping)",
        summary: "Give a mapping up; to touch it afterwards is SIGSEGV.",
        example: "munmap(m1)",
        arguments: &[Argument::Mapping],
    },
    CallSpec {
        name: "load",
        signature: "load(mapping, offset)",
        summary: "Load the 64-bit word at an offset in bytes: an instruction, no system call.",
        example: "load(m1, 0)",
        arguments: &[Argument::Mapping, Argument::Number],
    },
    CallSpec {
        name: "store",
        signature: "store(mapping, offset, value)",
        summary: "Store a 64-bit word at an offset in bytes: an instruction, no system call.",
        example: "store(m1, 0, 99)",
        arguments: &[Argument::Mapping, Argument::Number, Argument::Number],
    },
    CallSpec {
        name: "increment",
        signature: "increment(mapping, offset, times[, gate])",
        summary: "Load, add 1, store, so many times at full speed. With a gate, wait first while the word there is 0.",
        example: "increment(m1, 0, 300000)",
        arguments: &[Argument::Mapping, Argument::Number, Argument::Number, Argument::Number],
    },
    CallSpec {
        name: "atomic_increment",
        signature: "atomic_increment(mapping, offset, times[, gate])",
        summary: "As increment, each addition in one piece: no other process comes between its load and its store.",
        example: "atomic_increment(m1, 0, 300000)",
        arguments: &[Argument::Mapping, Argument::Number, Argument::Number, Argument::Number],
    },
    CallSpec {
        name: "lock",
        signature: "lock(mapping, offset)",
        summary: "Take the lock at an offset, which then holds the pid; wait in futex while another has it.",
        example: "lock(m1, 8)",
        arguments: &[Argument::Mapping, Argument::Number],
    },
    CallSpec {
        name: "unlock",
        signature: "unlock(mapping, offset)",
        summary: "Give the lock at an offset back, and wake one that waits for it.",
        example: "unlock(m1, 8)",
        arguments: &[Argument::Mapping, Argument::Number],
    },
    CallSpec {
        name: "futex_wake",
        signature: "futex_wake(mapping, offset[, count])",
        summary: "Wake those that sleep in futex at an offset, all of them unless said.",
        example: "futex_wake(m1, 8)",
        arguments: &[Argument::Mapping, Argument::Number, Argument::Number],
    },
];
