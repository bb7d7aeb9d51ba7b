//! Calls on paths: FIFOs and shared memory always, ordinary files where they are asked for.

use super::{Caller, Then, Verdict, seen};
use crate::notation::{Call, DEFAULT_MODE, MemoryCall, escape, link_flags_name, open_flags_name, rename_flags_name};
use nix::libc;
use std::os::unix::fs::FileTypeExt;

pub(super) fn decode(c: &mut Caller<'_>, name: &str) -> Option<Verdict> {
    match name {
        "open" => open(c, libc::AT_FDCWD, 0, c.int(1), c.arg(2)),
        "creat" => open(c, libc::AT_FDCWD, 0, libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC, c.arg(1)),
        "openat" => open(c, c.int(0), 1, c.int(2), c.arg(3)),
        "openat2" => {
            // The first two fields of struct open_how, linux/openat2.h.
            let how = |n| c.memory().long(c.arg(2) + n).unwrap_or(0);
            open(c, c.int(0), 1, i32::try_from(how(0) & 0x7fff_ffff).unwrap_or(0), how(8))
        }
        "mknod" if is_fifo(c.arg(1)) => mkfifo(c, 0, c.arg(1)),
        "mknodat" if is_fifo(c.arg(2)) => mkfifo(c, 1, c.arg(2)),
        "mknod" | "mknodat" => Some(Verdict::Ignore),
        "truncate" => truncate(c),
        "ftruncate" => ftruncate(c),
        "lseek" => seek(c),
        "rename" | "renameat" | "renameat2" | "link" | "linkat" => renamed(c, name),
        "unlink" => unlink(c, libc::AT_FDCWD, 0),
        "unlinkat" => unlink(c, c.int(0), 1),
        _ => None,
    }
}

fn is_fifo(mode: u64) -> bool {
    mode & u64::from(libc::S_IFMT) == u64::from(libc::S_IFIFO)
}

fn low(mode: u64) -> u32 {
    u32::try_from(mode & 0o7777).unwrap_or(0)
}

/// Where a path of the caller leads, as we can look at it without following it anywhere else.
fn seen_from_here(c: &Caller<'_>, dir: i32, path: &str) -> String {
    if let Some(own) = of_its_own(c, path) {
        return own;
    }
    match (path.starts_with('/'), dir) {
        (true, _) => format!("/proc/{}/root{path}", c.tid),
        (false, libc::AT_FDCWD) => format!("/proc/{}/cwd/{path}", c.tid),
        (false, fd) => format!("/proc/{}/fd/{fd}/{path}", c.tid),
    }
}

/// Links that mean something else to whoever follows them: to us they would be ours.
fn of_its_own(c: &Caller<'_>, path: &str) -> Option<String> {
    let behind = |prefix: &str| path.strip_prefix(prefix);
    let number = match path {
        "/dev/stdin" => Some("0"),
        "/dev/stdout" => Some("1"),
        "/dev/stderr" => Some("2"),
        _ => behind("/dev/fd/"),
    };
    match (number, behind("/proc/self/").or(behind("/proc/thread-self/"))) {
        (Some(number), _) => Some(format!("/proc/{}/fd/{number}", c.pid)),
        (_, Some(rest)) => Some(format!("/proc/{}/{rest}", c.pid)),
        _ => None,
    }
}

/// The file that a link leads to is one of memory, which has no type of its own.
fn is_memory(link: &str) -> bool {
    std::fs::read_link(link).is_ok_and(|target| {
        let target = target.as_os_str().as_encoded_bytes();
        target.starts_with(b"/memfd:") || target.starts_with(b"/dev/shm/")
    })
}

/// Something that processes talk through is, or was made, at a path.
fn is_channel(c: &Caller<'_>, dir: i32, path: &str) -> bool {
    let mut at = seen_from_here(c, dir, path);
    let mut there = std::fs::symlink_metadata(&at);
    if there.as_ref().is_ok_and(|m| m.file_type().is_symlink()) {
        // A link may lead to a descriptor of the caller's.
        let target = std::fs::read_link(&at).ok().and_then(|target| of_its_own(c, target.to_str()?));
        at = target.unwrap_or(at);
        there = std::fs::metadata(&at);
    }
    let channel = there.is_ok_and(|m| m.file_type().is_fifo() || m.file_type().is_socket());
    channel || path.starts_with("/dev/shm/") || at.starts_with(&format!("/proc/{}/fd/", c.pid)) && is_memory(&at)
}

fn open(c: &mut Caller<'_>, dir: i32, at: usize, flags: i32, mode: u64) -> Option<Verdict> {
    let path = c.memory().string(c.arg(at)).unwrap_or_default();
    if !(c.interest.files_too() || is_channel(c, dir, &path)) {
        return Some(Verdict::LeaveOut);
    }
    // The kernel looks at a mode only where a file may be made: else what stands there is not meant as one.
    let mode = if makes(flags) { low(mode) } else { DEFAULT_MODE };
    let call = match path.starts_with('/') || dir == libc::AT_FDCWD {
        true => Call::Open { path, flags: flags & !libc::O_LARGEFILE, mode },
        false => seen("openat", format!("{dir}, {}, {}{}", quoted(&path), open_flags_name(flags), said(flags, mode))),
    };
    c.follow(call, Then::New)
}

/// It may make a file, open(2).
fn makes(flags: i32) -> bool {
    flags & (libc::O_CREAT | (libc::O_TMPFILE & !libc::O_DIRECTORY)) != 0
}

fn said(flags: i32, mode: u32) -> String {
    if makes(flags) { format!(", 0{mode:o}") } else { String::new() }
}

fn mkfifo(c: &Caller<'_>, at: usize, mode: u64) -> Option<Verdict> {
    let path = c.memory().string(c.arg(at)).unwrap_or_default();
    c.follow(Call::Mkfifo { path, mode: low(mode) }, Then::Nothing)
}

fn unlink(c: &Caller<'_>, dir: i32, at: usize) -> Option<Verdict> {
    let path = c.memory().string(c.arg(at)).unwrap_or_default();
    if !(c.interest.files_too() || is_channel(c, dir, &path)) {
        return Some(Verdict::LeaveOut);
    }
    // What is open under that name is called otherwise from then on.
    c.follow(Call::Unlink { path }, if c.interest.files_too() { Then::Renamed } else { Then::Unnamed })
}

fn quoted(path: &str) -> String {
    format!("\"{}\"", escape(path.as_bytes(), 256).0)
}

fn truncate(c: &Caller<'_>) -> Option<Verdict> {
    let path = c.memory().string(c.arg(0)).unwrap_or_default();
    c.follow(seen("truncate", format!("{}, {}", quoted(&path), c.arg(1).cast_signed())), Then::Nothing)
}

fn ftruncate(c: &mut Caller<'_>) -> Option<Verdict> {
    let (fd, length) = (c.int(0), c.arg(1).cast_signed());
    if let Err(verdict) = c.of_interest(fd) {
        return Some(verdict);
    }
    c.follow(Call::Memory(MemoryCall::Ftruncate { fd, length }), Then::Size(fd))
}

fn seek(c: &mut Caller<'_>) -> Option<Verdict> {
    let fd = c.int(0);
    if let Err(verdict) = c.of_interest(fd) {
        return Some(verdict);
    }
    let whence = match c.int(2) {
        libc::SEEK_SET => "SEEK_SET",
        libc::SEEK_CUR => "SEEK_CUR",
        libc::SEEK_END => "SEEK_END",
        libc::SEEK_DATA => "SEEK_DATA",
        libc::SEEK_HOLE => "SEEK_HOLE",
        other => &other.to_string(),
    };
    c.follow(seen("lseek", format!("{fd}, {}, {whence}", c.arg(1).cast_signed())), Then::Nothing)
}

/// `rename("a", "b")`, `renameat(5, "a", 6, "b", RENAME_EXCHANGE)`; the folders are told where a path begins there.
fn renamed(c: &Caller<'_>, name: &str) -> Option<Verdict> {
    let path = |at: usize| c.memory().string(c.arg(at)).unwrap_or_default();
    let (plain, from, to, flags) = match name {
        "rename" | "link" => (name, (libc::AT_FDCWD, path(0)), (libc::AT_FDCWD, path(1)), 0),
        _ => {
            let plain = if name == "linkat" { "link" } else { "rename" };
            let flags = if name == "renameat" { 0 } else { c.int(4) };
            (plain, (c.int(0), path(1)), (c.int(2), path(3)), flags)
        }
    };
    let begins_there = |(dir, path): &(i32, String)| *dir != libc::AT_FDCWD && !path.starts_with('/');
    let at = begins_there(&from) || begins_there(&to);
    let shown = |(dir, path): &(i32, String)| match (at, *dir) {
        (false, _) => quoted(path),
        (true, libc::AT_FDCWD) => format!("AT_FDCWD, {}", quoted(path)),
        (true, dir) => format!("{dir}, {}", quoted(path)),
    };
    let flags = match (flags, plain) {
        (0, _) => String::new(),
        (flags, "link") => format!(", {}", link_flags_name(flags)),
        (flags, _) => format!(", {}", rename_flags_name(flags)),
    };
    let text = format!("{}, {}{flags}", shown(&from), shown(&to));
    c.follow(seen(&format!("{plain}{}", if at { "at" } else { "" }), text), Then::Renamed)
}
