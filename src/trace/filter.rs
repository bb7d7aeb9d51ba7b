//! The seccomp filter that says which calls stop a traced thread, as instructions of classic BPF, seccomp(2). All others run at
//! full speed: a filter that looks at nothing but the number is answered by the kernel from a bitmap.

use super::calls::{FILES, TRACED};
use nix::libc::{self, sock_filter};

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xc000_00b7;

/// linux/bpf_common.h
const LOAD: u16 = 0x20;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_GREATER_EQUAL: u16 = 0x35;
const JUMP_ANY_BIT: u16 = 0x45;
const RETURN: u16 = 0x06;

/// `struct seccomp_data`, linux/seccomp.h: where the number, the architecture and the arguments (their low halves) are.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const fn low_half(argument: u32) -> u32 {
    16 + 8 * argument
}

/// The x32 calls of x86_64 have this bit. Programs that use them run, and are not seen.
#[cfg(target_arch = "x86_64")]
const X32: u32 = 0x4000_0000;

/// Calls of which only some are of interest: their number, and which argument has to be one of which values.
fn particular() -> [(i64, u32, Vec<i32>); 2] {
    let changes = [libc::F_DUPFD, libc::F_DUPFD_CLOEXEC, libc::F_SETFD, libc::F_SETFL, libc::F_SETPIPE_SZ];
    let waits = [libc::F_SETLKW, libc::F_OFD_SETLKW];
    let commands = [&changes[..], &waits].concat();
    // What a program does with SIGPIPE decides how it learns that nobody reads.
    [(libc::SYS_fcntl, 1, commands), (libc::SYS_rt_sigaction, 0, vec![libc::SIGPIPE])]
}

/// `MAP_SHARED` and `MAP_SHARED_VALIDATE` have this bit, and no other type of mapping has, mmap(2): private memory stops nobody.
const SHARED: u32 = libc::MAP_SHARED.cast_unsigned();
/// Where mmap(2) has its flags.
const FLAGS: u32 = 3;

/// What the filter says, for a program that has none: whether this call is of interest. `files`: calls on ordinary files are too.
pub(super) fn stops(architecture: u32, number: u64, arguments: [u64; 6], files: bool) -> bool {
    let Ok(number) = i64::try_from(number) else { return false };
    if architecture != ARCHITECTURE {
        return false;
    }
    if number == libc::SYS_mmap {
        return arguments[FLAGS as usize] & u64::from(SHARED) != 0;
    }
    match particular().into_iter().find(|(particular, ..)| *particular == number) {
        Some((_, at, values)) => {
            let value = arguments.get(at as usize).map_or(0, |value| value & 0xffff_ffff);
            values.iter().any(|wanted| u64::from(wanted.cast_unsigned()) == value)
        }
        None => TRACED.contains(&number) || files && FILES.contains(&number),
    }
}

/// The filter. `files`: calls on ordinary files alone stop too, which cost nothing otherwise.
pub(super) fn program(files: bool) -> Vec<sock_filter> {
    let allow = || statement(RETURN, libc::SECCOMP_RET_ALLOW);
    let trace = || statement(RETURN, libc::SECCOMP_RET_TRACE);
    let mut out = vec![
        statement(LOAD, ARCH),
        // Another architecture's calls have other numbers: they are let go unseen.
        jump(JUMP_EQUAL, ARCHITECTURE, 1, 0),
        allow(),
        statement(LOAD, NUMBER),
    ];
    #[cfg(target_arch = "x86_64")]
    out.extend([jump(JUMP_GREATER_EQUAL, X32, 0, 1), allow()]);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = JUMP_GREATER_EQUAL;
    for (number, argument, values) in particular() {
        // Over this block: the load, a comparison and a return for each value, and the last word.
        let length = u8::try_from(2 + 2 * values.len()).unwrap_or(u8::MAX);
        out.push(jump(JUMP_EQUAL, of(number), 0, length));
        out.push(statement(LOAD, low_half(argument)));
        for value in values {
            out.push(jump(JUMP_EQUAL, value.cast_unsigned(), 0, 1));
            out.push(trace());
        }
        out.push(allow());
    }
    out.extend([
        jump(JUMP_EQUAL, of(libc::SYS_mmap), 0, 4),
        statement(LOAD, low_half(FLAGS)),
        jump(JUMP_ANY_BIT, SHARED, 0, 1),
        trace(),
        allow(),
    ]);
    for number in TRACED.iter().chain(FILES.iter().filter(|_| files)) {
        out.push(jump(JUMP_EQUAL, of(*number), 0, 1));
        out.push(trace());
    }
    out.push(allow());
    out
}

fn of(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn statement(code: u16, k: u32) -> sock_filter {
    sock_filter { code, jt: 0, jf: 0, k }
}

fn jump(code: u16, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would do: `seccomp_run_filters` with these instructions alone.
    fn run(arch: u32, number: i64, arguments: [u64; 6], files: bool) -> u32 {
        let program = program(files);
        let (mut at, mut value) = (0, 0);
        loop {
            let i = program[at];
            at += 1;
            match i.code {
                LOAD => {
                    value = match i.k {
                        NUMBER => of(number),
                        ARCH => arch,
                        k => u32::try_from(arguments[(k as usize - 16) / 8] & 0xffff_ffff).unwrap(),
                    }
                }
                JUMP_EQUAL => at += usize::from(if value == i.k { i.jt } else { i.jf }),
                JUMP_ANY_BIT => at += usize::from(if value & i.k != 0 { i.jt } else { i.jf }),
                JUMP_GREATER_EQUAL => at += usize::from(if value >= i.k { i.jt } else { i.jf }),
                RETURN => return i.k,
                other => panic!("instruction {other:#x}"),
            }
        }
    }

    #[test]
    fn the_filter_stops_what_it_should_and_nothing_else() {
        let trace = libc::SECCOMP_RET_TRACE;
        let allow = libc::SECCOMP_RET_ALLOW;
        let fcntl = |command: i32| [3, u64::from(command.cast_unsigned()), 0, 0, 0, 0];
        let mmap = |flags: i32| [0, 4096, 3, u64::from(flags.cast_unsigned()), 3, 0];
        let table = [
            (ARCHITECTURE, libc::SYS_pipe2, [0; 6], trace),
            (ARCHITECTURE, libc::SYS_close, [0; 6], trace),
            (ARCHITECTURE, libc::SYS_execve, [0; 6], trace),
            (ARCHITECTURE, libc::SYS_getppid, [0; 6], allow),
            (ARCHITECTURE, libc::SYS_mmap, [0; 6], allow),
            (ARCHITECTURE, libc::SYS_mmap, mmap(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS), allow),
            (ARCHITECTURE, libc::SYS_mmap, mmap(libc::MAP_SHARED | libc::MAP_ANONYMOUS), trace),
            (ARCHITECTURE, libc::SYS_mmap, mmap(libc::MAP_SHARED_VALIDATE), trace),
            (ARCHITECTURE, libc::SYS_fcntl, fcntl(libc::F_DUPFD), trace),
            (ARCHITECTURE, libc::SYS_fcntl, fcntl(libc::F_SETFL), trace),
            (ARCHITECTURE, libc::SYS_fcntl, fcntl(libc::F_GETFL), allow),
            (ARCHITECTURE, libc::SYS_fcntl, fcntl(libc::F_SETLK), allow),
            (ARCHITECTURE, libc::SYS_fcntl, fcntl(libc::F_SETLKW), trace),
            // i386, and x32.
            (0x4000_0003, libc::SYS_pipe2, [0; 6], allow),
            (ARCHITECTURE, libc::SYS_close | 0x4000_0000, [0; 6], allow),
        ];
        for (arch, number, arguments, expected) in table {
            for files in [false, true] {
                assert_eq!(run(arch, number, arguments, files), expected, "{arch:#x} {number} {arguments:?}");
                let stops = stops(arch, number.unsigned_abs(), arguments, files);
                assert_eq!(stops, expected == trace, "without a filter {arch:#x} {number} {arguments:?}");
            }
        }
        for number in FILES {
            for (files, expected) in [(false, allow), (true, trace)] {
                assert_eq!(run(ARCHITECTURE, *number, [3; 6], files), expected, "{number} {files}");
                assert_eq!(stops(ARCHITECTURE, number.unsigned_abs(), [3; 6], files), files, "{number}");
            }
        }
        assert!(program(true).len() < 4096);
    }
}
