//! Flags of `unshare(2)`.

use super::flags::join;

/// What a process can have anew, in the order of the page.
pub(super) const CLONE: &[(&str, i32)] = &[
    ("CLONE_NEWUSER", libc::CLONE_NEWUSER),
    ("CLONE_NEWNET", libc::CLONE_NEWNET),
    ("CLONE_FILES", libc::CLONE_FILES),
    ("CLONE_FS", libc::CLONE_FS),
    ("CLONE_NEWCGROUP", libc::CLONE_NEWCGROUP),
    ("CLONE_NEWIPC", libc::CLONE_NEWIPC),
    ("CLONE_NEWNS", libc::CLONE_NEWNS),
    ("CLONE_NEWPID", libc::CLONE_NEWPID),
    ("CLONE_NEWUTS", libc::CLONE_NEWUTS),
    ("CLONE_SYSVSEM", libc::CLONE_SYSVSEM),
];

/// The flags of `unshare(2)`: `CLONE_NEWUSER|CLONE_NEWNET`, or `0`.
pub fn clone_flags_name(flags: i32) -> String {
    join(flags, None, CLONE)
}

/// The names of those that a stage can follow.
pub(crate) const CLONE_FLAGS: [&str; 2] = ["CLONE_NEWUSER", "CLONE_NEWNET"];
