//! Flags of `memfd_create(2)` and `mmap(2)`.

use super::flags::join;

/// Flags of `memfd_create(2)`.
pub(super) const MEMFD: &[(&str, i32)] =
    &[("MFD_CLOEXEC", libc::MFD_CLOEXEC.cast_signed()), ("MFD_ALLOW_SEALING", libc::MFD_ALLOW_SEALING.cast_signed())];

/// What pages may be used for.
pub(super) const PROT: &[(&str, i32)] =
    &[("PROT_READ", libc::PROT_READ), ("PROT_WRITE", libc::PROT_WRITE), ("PROT_EXEC", libc::PROT_EXEC)];

/// Flags of `mmap(2)`; one that is made of others stands before them.
pub(super) const MAP: &[(&str, i32)] = &[
    ("MAP_SHARED_VALIDATE", libc::MAP_SHARED_VALIDATE),
    ("MAP_SHARED", libc::MAP_SHARED),
    ("MAP_PRIVATE", libc::MAP_PRIVATE),
    ("MAP_ANONYMOUS", libc::MAP_ANONYMOUS),
    ("MAP_FIXED", libc::MAP_FIXED),
    ("MAP_NORESERVE", libc::MAP_NORESERVE),
    ("MAP_POPULATE", libc::MAP_POPULATE),
];

/// Second names, understood and never printed.
pub(super) const ALIASES: &[(&str, i32)] = &[("MAP_ANON", libc::MAP_ANONYMOUS), ("PROT_NONE", libc::PROT_NONE)];

/// The flags of `memfd_create(2)`: `MFD_CLOEXEC`, or `0`.
pub fn memfd_flags_name(flags: i32) -> String {
    join(flags, None, MEMFD)
}

/// What pages may be used for: `PROT_READ|PROT_WRITE`, or `PROT_NONE`.
pub fn prot_name(prot: i32) -> String {
    if prot == 0 { "PROT_NONE".to_owned() } else { join(prot, None, PROT) }
}

/// The flags of `mmap(2)`: `MAP_SHARED|MAP_ANONYMOUS`.
pub fn map_flags_name(flags: i32) -> String {
    join(flags, None, MAP)
}

/// Every flag that has a name here.
pub(super) fn all() -> impl Iterator<Item = (&'static str, i32)> {
    [MEMFD, PROT, MAP, ALIASES].into_iter().flatten().copied()
}

/// The names that may stand where pages' uses do.
pub(crate) fn prot_names() -> impl Iterator<Item = &'static str> {
    PROT.iter().map(|(name, _)| *name).chain(["PROT_NONE"])
}

/// The names of the common flags of `mmap(2)`.
pub(crate) const MAP_FLAGS: [&str; 3] = ["MAP_SHARED", "MAP_PRIVATE", "MAP_ANONYMOUS"];
