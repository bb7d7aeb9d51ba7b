//! What calls do that a traced program makes: those that the notation has no form for, and those of which its own table
//! says something that holds for the stage alone.

use super::call_spec;

/// A call by the name it is told under, and what it does, in a sentence or two.
#[rustfmt::skip]
const SEEN: &[(&str, &str)] = &[
    // Of these the table of the notation says how they are written there, or what a stage makes of them.
    ("_exit", "End the process; the kernel closes its descriptors. This call writes nothing of what printf keeps: exit(3) and the return from \
               main have done that before they make it."),
    ("bind", "Give a socket an address."),
    ("connect", "Connect to a listener, or choose whom datagrams go to."),
    ("fcntl", "Read or set the flags of a descriptor or its description, or the size of a pipe; or wait for a lock of a file."),
    ("kill", "Send a signal to a process, or to a group of them."),
    ("mkfifo", "Make a FIFO, a pipe with a path."),
    ("mq_open", "Open a message queue by name, or make it."),
    ("open", "Open a file or a FIFO; opening a FIFO waits for the other side."),
    ("read", "Take bytes out; 0 means end of file."),
    ("sendto", "Send one datagram to an address."),
    ("waitpid", "Wait for a child to end, or for one of several, and learn how."),

    ("clone", "Make a thread, which shares the memory and the descriptors of this one, or a process that shares some of them."),
    ("clock_nanosleep", "Sleep until a point of time."),
    ("close_range", "Give up all descriptors from one number to another, or mark them close-on-exec."),
    ("copy_file_range", "Copy bytes from one file to another inside the kernel."),
    ("epoll_create", "Make an epoll instance: a list, kept by the kernel, of descriptors to wait for."),
    ("epoll_create1", "Make an epoll instance: a list, kept by the kernel, of descriptors to wait for."),
    ("epoll_ctl", "Put a descriptor on the list of an epoll instance, change what is waited for on it, or take it off."),
    ("epoll_wait", "Wait until something on the list of an epoll instance is ready; the time limit is in milliseconds, -1 means none."),
    ("eventfd", "Make a counter behind a descriptor: a write adds to it, a read takes it and waits while it is 0."),
    ("deliver", "A signal that was sent to the process arrives."),
    ("fallocate", "Give memory or a file room from one offset on; what is new is zeros."),
    ("flock", "Lock a file for all who ask, or give the lock back; it belongs to the open file description."),
    ("inotify_init", "Make a queue of news about files."),
    ("inotify_init1", "Make a queue of news about files."),
    ("io_uring_enter", "Hand the kernel what was put into a ring, and wait until so much of it is done."),
    ("io_uring_setup", "Make a ring through which calls are handed to the kernel without being made; what goes through it is not seen."),
    ("link", "Give a file one more name."),
    ("linkat", "Give a file one more name, by paths that begin at open folders."),
    ("lseek", "Set the offset that the next read or write begins at: that of the open file description, for every copy of the descriptor."),
    ("mprotect", "Say what memory may be used for: to touch it otherwise is SIGSEGV."),
    ("mremap", "Make a mapping longer or shorter, or move it to other addresses."),
    ("msgctl", "Ask about a System V message queue, change it or remove it."),
    ("msgget", "Find a System V message queue by its key, or make it."),
    ("msgrcv", "Take a message out of a System V queue; wait while there is none of that type."),
    ("msgsnd", "Put a message into a System V queue; wait while there is no room."),
    ("nanosleep", "Sleep for some time."),
    ("openat", "Open a file or a FIFO, by a path that begins at an open folder."),
    ("pause", "Sleep until a signal comes."),
    ("pidfd_getfd", "Take a copy of a descriptor of another process."),
    ("pidfd_open", "Get a descriptor that refers to a process; it is readable once that has ended."),
    ("pidfd_send_signal", "Send a signal to the process behind a descriptor."),
    ("pread", "Take bytes out of a file from an offset on; the offset of the description stays."),
    ("preadv", "Take bytes out of a file into several pieces of memory, from an offset on where one is given."),
    ("ptrace", "Trace another process, or let the parent trace this one."),
    ("pwrite", "Put bytes into a file from an offset on; the offset of the description stays."),
    ("pwritev", "Put bytes from several pieces of memory into a file, from an offset on where one is given."),
    ("readv", "Take bytes out, into several pieces of memory."),
    ("recvmmsg", "Take several messages out of a socket."),
    ("rename", "Give a file another name; what is open stays open."),
    ("renameat", "Give a file another name, by paths that begin at open folders; what is open stays open."),
    ("rt_sigqueueinfo", "Send a signal with a value to a process."),
    ("rt_tgsigqueueinfo", "Send a signal with a value to a thread."),
    ("select", "Wait until one of several descriptors is ready."),
    ("semctl", "Ask about System V semaphores, set them or remove them."),
    ("semget", "Find a set of System V semaphores by its key, or make it."),
    ("semop", "Add to System V semaphores or take from them; wait where one would fall below 0, or is to become 0."),
    ("semtimedop", "As semop, with a limit to the wait."),
    ("sendfile", "Hand bytes of a file to another descriptor inside the kernel: to the first, from the second."),
    ("sendmmsg", "Send several messages through a socket."),
    ("shmat", "Map System V shared memory."),
    ("shmctl", "Ask about System V shared memory, change it or remove it."),
    ("shmdt", "Give a mapping of System V shared memory up."),
    ("shmget", "Find System V shared memory by its key, or make it."),
    ("signalfd", "Make a descriptor that signals are read from, or choose which; they should be blocked, or they arrive as ever too."),
    ("sigsuspend", "Sleep until a signal comes, with other signals blocked meanwhile."),
    ("sigtimedwait", "Take a signal that is blocked; wait until one of these comes."),
    ("splice", "Move bytes from one descriptor to another inside the kernel; one of them is a pipe."),
    ("tee", "Copy what waits in one pipe into another, and leave it there."),
    ("tgkill", "Send a signal to one thread of a process."),
    ("timerfd_create", "Make a timer behind a descriptor, which is readable once it has expired."),
    ("timerfd_settime", "Set a timer: when it expires first, and how often from then on."),
    ("tkill", "Send a signal to one thread."),
    ("truncate", "Give a file this size; what is new is zeros."),
    ("vfork", "Make a child that uses this process's memory; the parent sleeps until it runs another program or ends."),
    ("vmsplice", "Put memory of this process into a pipe without copying it."),
    ("waitid", "Wait for a child to end, stop or go on, and learn how."),
    ("writev", "Put bytes in, from several pieces of memory."),
];

/// What the call does that a traced program's trace calls `name`; empty where nothing is known of it.
pub fn traced_summary(name: &str) -> &'static str {
    let own = SEEN.iter().find(|(seen, _)| *seen == name).map(|(_, summary)| *summary);
    own.or_else(|| call_spec(name).map(|spec| spec.summary)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_said_once_and_in_sentences() {
        for (at, (name, summary)) in SEEN.iter().enumerate() {
            assert!(summary.ends_with('.'), "{name}");
            assert!(!SEEN[..at].iter().any(|(other, _)| other == name), "{name} stands there twice");
            assert!(!summary.contains("stage"), "{name}");
        }
        assert_eq!(traced_summary("close"), "Give a descriptor up.");
        assert_eq!(traced_summary("getppid"), "");
        // Whether anything is lost by it nobody can know who sees the call alone.
        assert!(traced_summary("_exit").contains("exit(3)") && !traced_summary("_exit").contains("lost"));
    }
}
