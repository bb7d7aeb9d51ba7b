//! Calls that map memory for several processes to share: mmap(2) with `MAP_SHARED`, and System V memory, sysvipc(7).

use super::system_v::{command, key, made};
use super::{Caller, Class, Then, Verdict, seen};
use crate::notation::{Call, MemoryCall};
use crate::world::ObjectKind;
use nix::libc;

pub(super) fn decode(c: &mut Caller<'_>, name: &str) -> Option<Verdict> {
    let id = c.int(0);
    match name {
        "mmap" => Some(map(c)),
        "fallocate" => allocate(c),
        "shmget" => {
            let text = format!("{}, {}, {}", key(id), c.arg(1), made(c.int(2)));
            c.follow(seen(name, text), Then::Segment)
        }
        "shmat" => {
            let flags = if c.int(2) & libc::SHM_RDONLY == 0 { "" } else { ", SHM_RDONLY" };
            c.follow(seen(name, format!("{id}{flags}")), Then::Attached)
        }
        "shmdt" => {
            let mapping = c.picture.mapping_at(c.pid, c.arg(0)).and_then(|m| m.name);
            let text = mapping.map_or_else(|| format!("{:#x}", c.arg(0)), |name| name.to_string());
            c.follow(seen(name, text), Then::Detached(c.arg(0)))
        }
        "shmctl" => {
            let text = format!("{id}, {}", command(c.int(1)));
            let removes = c.int(1) & !0x100 == libc::IPC_RMID;
            let number = u64::from(id.unsigned_abs());
            c.follow(seen(name, text), if removes { Then::SegmentGone(number) } else { Then::Nothing })
        }
        _ => None,
    }
}

/// The filter lets pass what is private: without a filter that is let pass here.
fn map(c: &mut Caller<'_>) -> Verdict {
    let (flags, fd) = (c.int(3), c.int(4));
    if flags & libc::MAP_SHARED == 0 {
        return Verdict::Ignore;
    }
    let anonymous = flags & libc::MAP_ANONYMOUS != 0;
    if !anonymous && let Some(verdict) = passes(c) {
        return verdict;
    }
    let (prot, fd) = (c.int(2), if anonymous { -1 } else { fd });
    let call = MemoryCall::Mmap { length: c.arg(1), prot, flags, fd, offset: c.arg(5).cast_signed() };
    let then = Then::Mapped(c.arg(1), Some(fd).filter(|_| !anonymous));
    c.follow(Call::Memory(call), then).unwrap_or(Verdict::Ignore)
}

/// What is mapped through a descriptor and shared by nobody in the picture: devices, rings of the kernel, and files where they are not
/// asked for.
fn passes(c: &mut Caller<'_>) -> Option<Verdict> {
    let fd = c.int(4);
    match c.picture.class(c.pid, fd) {
        // Memory without a name, in the way that was before MAP_ANONYMOUS.
        Class::File if c.picture.link(c.pid, fd).as_deref() == Some("/dev/zero") => return None,
        // A table that is only looked things up in, as the C library has some, is no news for whoever asks for files.
        Class::File if !c.interest.all && c.int(2) & libc::PROT_WRITE == 0 => return Some(Verdict::LeaveOut),
        _ => {}
    }
    if let Err(verdict) = c.of_interest(fd) {
        return Some(verdict);
    }
    let kind = c.picture.behind(c.pid, fd).map(|object| object.kind);
    let mapped = kind.is_none_or(|kind| matches!(kind, ObjectKind::Memory | ObjectKind::File));
    (!mapped || kind.is_none() && c.picture.known_class(c.pid, fd).is_some()).then_some(Verdict::Ignore)
}

/// `fallocate(3, 0, 4096)`: from where on, and how much. Memory becomes longer by it.
fn allocate(c: &mut Caller<'_>) -> Option<Verdict> {
    let fd = c.int(0);
    if let Err(verdict) = c.of_interest(fd) {
        return Some(verdict);
    }
    let text = format!("{fd}, {}, {}, {}", c.int(1), c.arg(2).cast_signed(), c.arg(3).cast_signed());
    c.follow(seen("fallocate", text), Then::Size(fd))
}
