//! Flags by their C names, joined by `|` as in C: those of `open(2)`, `fcntl(2)` and `waitpid(2)`.

/// The kernel's own `O_LARGEFILE`, which it adds to every description on 64-bit systems and so `F_GETFL` returns.
/// [`libc::O_LARGEFILE`] is 0 there, as in C.
#[cfg(any(target_arch = "x86_64", target_arch = "x86", target_arch = "riscv64"))]
const LARGEFILE: i32 = 0o100_000;
#[cfg(any(target_arch = "aarch64", target_arch = "arm"))]
const LARGEFILE: i32 = 0o400_000;
#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "x86",
    target_arch = "riscv64",
    target_arch = "aarch64",
    target_arch = "arm"
)))]
const LARGEFILE: i32 = libc::O_LARGEFILE;

/// The directions: the low two bits, a number and not flags.
const ACCESS: &[(&str, i32)] = &[
    ("O_RDONLY", libc::O_RDONLY),
    ("O_WRONLY", libc::O_WRONLY),
    ("O_RDWR", libc::O_RDWR),
    ("O_ACCMODE", libc::O_ACCMODE),
];

/// Flags of `open(2)` in the order they are printed; one that is made of others stands before them.
const OPEN: &[(&str, i32)] = &[
    ("O_CREAT", libc::O_CREAT),
    ("O_EXCL", libc::O_EXCL),
    ("O_NOCTTY", libc::O_NOCTTY),
    ("O_TRUNC", libc::O_TRUNC),
    ("O_APPEND", libc::O_APPEND),
    ("O_NONBLOCK", libc::O_NONBLOCK),
    ("O_SYNC", libc::O_SYNC),
    ("O_DSYNC", libc::O_DSYNC),
    ("O_ASYNC", libc::O_ASYNC),
    ("O_DIRECT", libc::O_DIRECT),
    ("O_LARGEFILE", LARGEFILE),
    ("O_TMPFILE", libc::O_TMPFILE),
    ("O_DIRECTORY", libc::O_DIRECTORY),
    ("O_NOFOLLOW", libc::O_NOFOLLOW),
    ("O_NOATIME", libc::O_NOATIME),
    ("O_PATH", libc::O_PATH),
    ("O_CLOEXEC", libc::O_CLOEXEC),
];

/// Second names, understood and never printed.
const OPEN_ALIASES: &[(&str, i32)] =
    &[("O_NDELAY", libc::O_NONBLOCK), ("O_RSYNC", libc::O_SYNC), ("O_FSYNC", libc::O_SYNC)];

const DESCRIPTOR: &[(&str, i32)] = &[("FD_CLOEXEC", libc::FD_CLOEXEC)];

/// Options of `waitpid(2)` and what else `wait4(2)` takes, in the order they are printed.
const WAIT: &[(&str, i32)] = &[
    ("WNOHANG", libc::WNOHANG),
    ("WUNTRACED", libc::WUNTRACED),
    ("WEXITED", libc::WEXITED),
    ("WCONTINUED", libc::WCONTINUED),
    ("WNOWAIT", libc::WNOWAIT),
    ("__WNOTHREAD", libc::__WNOTHREAD),
    ("__WALL", libc::__WALL),
    ("__WCLONE", libc::__WCLONE),
];

/// Flags where no direction is asked for (`pipe2`, `dup3`, `F_SETFL`): `O_NONBLOCK|O_CLOEXEC`; `0` where there are
/// none. Bits without a name are printed in hexadecimal.
pub fn flags_name(flags: i32) -> String {
    if flags & libc::O_ACCMODE == 0 { join(flags, None, OPEN) } else { open_flags_name(flags) }
}

/// The flags of `open(2)`, the direction first: `O_RDONLY`, `O_WRONLY|O_CREAT`.
pub fn open_flags_name(flags: i32) -> String {
    if flags < 0 {
        return flags.to_string();
    }
    let access = ACCESS.iter().find(|(_, bits)| flags & libc::O_ACCMODE == *bits);
    join(flags & !libc::O_ACCMODE, access.map(|(name, _)| *name), OPEN)
}

/// The flags of a descriptor, as `F_SETFD` takes them: `FD_CLOEXEC`, or `0`.
pub fn fd_flags_name(flags: i32) -> String {
    join(flags, None, DESCRIPTOR)
}

/// The options of `waitpid(2)`: `WNOHANG|WUNTRACED`, or `0`.
pub fn wait_options_name(options: i32) -> String {
    join(options, None, WAIT)
}

/// The value of the flag called `name`, whichever call it belongs to.
///
/// To C all flags are numbers, so each is understood wherever flags stand; the kernel judges.
pub fn flag_number(name: &str) -> Option<i32> {
    all().find(|(known, _)| *known == name).map(|(_, bits)| bits)
}

/// Every name a flag has.
pub(crate) fn flag_names() -> impl Iterator<Item = &'static str> {
    all().map(|(name, _)| name)
}

/// The names that may follow `open(path,`.
pub(crate) fn open_flag_names() -> impl Iterator<Item = &'static str> {
    ACCESS.iter().take(3).chain(OPEN).map(|(name, _)| *name)
}

/// The names of the options of `waitpid(2)` that its page lists.
pub(crate) const WAIT_OPTIONS: [&str; 3] = ["WNOHANG", "WUNTRACED", "WCONTINUED"];

fn all() -> impl Iterator<Item = (&'static str, i32)> {
    [ACCESS, OPEN, OPEN_ALIASES, DESCRIPTOR, WAIT]
        .into_iter()
        .flatten()
        .copied()
        .chain(super::memory::all())
        .chain(super::net::CLONE.iter().copied())
}

/// `first` and the names of the bits in `flags`; a negative number is no set of flags anyone meant, and stays one.
pub(super) fn join(flags: i32, first: Option<&str>, names: &[(&str, i32)]) -> String {
    if flags < 0 {
        return flags.to_string();
    }
    let mut parts: Vec<String> = first.iter().map(|name| (*name).to_owned()).collect();
    let mut left = flags;
    for (name, bits) in names {
        if *bits != 0 && left & bits == *bits {
            parts.push((*name).to_owned());
            left &= !bits;
        }
    }
    if left != 0 || parts.is_empty() {
        parts.push(if left == 0 { "0".to_owned() } else { format!("{left:#x}") });
    }
    parts.join("|")
}

/// A number that is no set of flags, by its name; in decimal where it has none.
pub(super) fn one(number: i32, names: &[(&str, i32)]) -> String {
    names.iter().find(|(_, n)| *n == number).map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_printed_by_name() {
        let table = [
            (open_flags_name(0), "O_RDONLY"),
            (open_flags_name(libc::O_WRONLY | libc::O_CREAT), "O_WRONLY|O_CREAT"),
            (open_flags_name(libc::O_RDWR | libc::O_SYNC), "O_RDWR|O_SYNC"),
            (open_flags_name(libc::O_TMPFILE | libc::O_WRONLY), "O_WRONLY|O_TMPFILE"),
            (open_flags_name(libc::O_DSYNC), "O_RDONLY|O_DSYNC"),
            (open_flags_name(3), "O_ACCMODE"),
            (flags_name(0), "0"),
            (flags_name(libc::O_NONBLOCK | libc::O_CLOEXEC), "O_NONBLOCK|O_CLOEXEC"),
            (flags_name(libc::O_RDWR), "O_RDWR"),
            (flags_name(0x4000_0000 | libc::O_NONBLOCK), "O_NONBLOCK|0x40000000"),
            (flags_name(-1), "-1"),
            (fd_flags_name(0), "0"),
            (fd_flags_name(1), "FD_CLOEXEC"),
            (fd_flags_name(libc::O_NONBLOCK), "0x800"),
            (wait_options_name(libc::WNOHANG | libc::WUNTRACED), "WNOHANG|WUNTRACED"),
            (wait_options_name(0), "0"),
        ];
        for (printed, expected) in table {
            assert_eq!(printed, expected);
        }
    }

    #[test]
    fn a_negative_direction_is_still_a_number() {
        assert_eq!(open_flags_name(-1), "-1");
        assert_eq!(open_flags_name(i32::MIN), i32::MIN.to_string());
    }

    #[test]
    fn names_have_numbers() {
        assert_eq!(flag_number("O_CLOEXEC"), Some(libc::O_CLOEXEC));
        assert_eq!(flag_number("O_NDELAY"), Some(libc::O_NONBLOCK));
        assert_eq!(flag_number("WNOHANG"), Some(libc::WNOHANG));
        assert_eq!(flag_number("o_cloexec"), None);
        assert!(flag_names().chain(WAIT_OPTIONS).all(|name| flag_number(name).is_some()));
    }
}
