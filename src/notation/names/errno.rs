//! The errors of `errno(3)`: number, name, and the text that `strerror(3)` gives.
//!
//! The texts are those of the GNU C library in the C locale, kept here so that a recording reads the same
//! whichever C library the program was built with.

/// Numbers come from [`libc`], because they differ between architectures.
macro_rules! errors {
    ($($name:ident $text:literal,)*) => {
        const ERRORS: &[(i32, &str, &str)] = &[$((libc::$name, stringify!($name), $text),)*];
    };
}

errors! {
    EPERM "Operation not permitted",
    ENOENT "No such file or directory",
    ESRCH "No such process",
    EINTR "Interrupted system call",
    EIO "Input/output error",
    ENXIO "No such device or address",
    E2BIG "Argument list too long",
    ENOEXEC "Exec format error",
    EBADF "Bad file descriptor",
    ECHILD "No child processes",
    EAGAIN "Resource temporarily unavailable",
    ENOMEM "Cannot allocate memory",
    EACCES "Permission denied",
    EFAULT "Bad address",
    ENOTBLK "Block device required",
    EBUSY "Device or resource busy",
    EEXIST "File exists",
    EXDEV "Invalid cross-device link",
    ENODEV "No such device",
    ENOTDIR "Not a directory",
    EISDIR "Is a directory",
    EINVAL "Invalid argument",
    ENFILE "Too many open files in system",
    EMFILE "Too many open files",
    ENOTTY "Inappropriate ioctl for device",
    ETXTBSY "Text file busy",
    EFBIG "File too large",
    ENOSPC "No space left on device",
    ESPIPE "Illegal seek",
    EROFS "Read-only file system",
    EMLINK "Too many links",
    EPIPE "Broken pipe",
    EDOM "Numerical argument out of domain",
    ERANGE "Numerical result out of range",
    EDEADLK "Resource deadlock avoided",
    ENAMETOOLONG "File name too long",
    ENOLCK "No locks available",
    ENOSYS "Function not implemented",
    ENOTEMPTY "Directory not empty",
    ELOOP "Too many levels of symbolic links",
    ENOMSG "No message of desired type",
    EIDRM "Identifier removed",
    ECHRNG "Channel number out of range",
    EL2NSYNC "Level 2 not synchronized",
    EL3HLT "Level 3 halted",
    EL3RST "Level 3 reset",
    ELNRNG "Link number out of range",
    EUNATCH "Protocol driver not attached",
    ENOCSI "No CSI structure available",
    EL2HLT "Level 2 halted",
    EBADE "Invalid exchange",
    EBADR "Invalid request descriptor",
    EXFULL "Exchange full",
    ENOANO "No anode",
    EBADRQC "Invalid request code",
    EBADSLT "Invalid slot",
    EBFONT "Bad font file format",
    ENOSTR "Device not a stream",
    ENODATA "No data available",
    ETIME "Timer expired",
    ENOSR "Out of streams resources",
    ENONET "Machine is not on the network",
    ENOPKG "Package not installed",
    EREMOTE "Object is remote",
    ENOLINK "Link has been severed",
    EADV "Advertise error",
    ESRMNT "Srmount error",
    ECOMM "Communication error on send",
    EPROTO "Protocol error",
    EMULTIHOP "Multihop attempted",
    EDOTDOT "RFS specific error",
    EBADMSG "Bad message",
    EOVERFLOW "Value too large for defined data type",
    ENOTUNIQ "Name not unique on network",
    EBADFD "File descriptor in bad state",
    EREMCHG "Remote address changed",
    ELIBACC "Can not access a needed shared library",
    ELIBBAD "Accessing a corrupted shared library",
    ELIBSCN ".lib section in a.out corrupted",
    ELIBMAX "Attempting to link in too many shared libraries",
    ELIBEXEC "Cannot exec a shared library directly",
    EILSEQ "Invalid or incomplete multibyte or wide character",
    ERESTART "Interrupted system call should be restarted",
    ESTRPIPE "Streams pipe error",
    EUSERS "Too many users",
    ENOTSOCK "Socket operation on non-socket",
    EDESTADDRREQ "Destination address required",
    EMSGSIZE "Message too long",
    EPROTOTYPE "Protocol wrong type for socket",
    ENOPROTOOPT "Protocol not available",
    EPROTONOSUPPORT "Protocol not supported",
    ESOCKTNOSUPPORT "Socket type not supported",
    EOPNOTSUPP "Operation not supported",
    EPFNOSUPPORT "Protocol family not supported",
    EAFNOSUPPORT "Address family not supported by protocol",
    EADDRINUSE "Address already in use",
    EADDRNOTAVAIL "Cannot assign requested address",
    ENETDOWN "Network is down",
    ENETUNREACH "Network is unreachable",
    ENETRESET "Network dropped connection on reset",
    ECONNABORTED "Software caused connection abort",
    ECONNRESET "Connection reset by peer",
    ENOBUFS "No buffer space available",
    EISCONN "Transport endpoint is already connected",
    ENOTCONN "Transport endpoint is not connected",
    ESHUTDOWN "Cannot send after transport endpoint shutdown",
    ETOOMANYREFS "Too many references: cannot splice",
    ETIMEDOUT "Connection timed out",
    ECONNREFUSED "Connection refused",
    EHOSTDOWN "Host is down",
    EHOSTUNREACH "No route to host",
    EALREADY "Operation already in progress",
    EINPROGRESS "Operation now in progress",
    ESTALE "Stale file handle",
    EUCLEAN "Structure needs cleaning",
    ENOTNAM "Not a XENIX named type file",
    ENAVAIL "No XENIX semaphores available",
    EISNAM "Is a named type file",
    EREMOTEIO "Remote I/O error",
    EDQUOT "Disk quota exceeded",
    ENOMEDIUM "No medium found",
    EMEDIUMTYPE "Wrong medium type",
    ECANCELED "Operation canceled",
    ENOKEY "Required key not available",
    EKEYEXPIRED "Key has expired",
    EKEYREVOKED "Key has been revoked",
    EKEYREJECTED "Key was rejected by service",
    EOWNERDEAD "Owner died",
    ENOTRECOVERABLE "State not recoverable",
    ERFKILL "Operation not possible due to RF-kill",
    EHWPOISON "Memory page has hardware error",
}

/// Second names of the same numbers; only the first are printed.
const ALIASES: &[(&str, i32)] =
    &[("EWOULDBLOCK", libc::EWOULDBLOCK), ("EDEADLOCK", libc::EDEADLOCK), ("ENOTSUP", libc::ENOTSUP)];

/// The name of an error, `EPIPE`; a number that no error has is printed as it is.
pub fn errno_name(errno: i32) -> String {
    known(errno).map_or_else(|| errno.to_string(), |(_, name, _)| (*name).to_owned())
}

/// What `strerror(3)` says of an error: `Broken pipe`.
pub fn errno_text(errno: i32) -> String {
    known(errno).map_or_else(|| format!("Unknown error {errno}"), |(_, _, text)| (*text).to_owned())
}

/// The number of the error called `name`, where there is one.
pub fn errno_number(name: &str) -> Option<i32> {
    let first = ERRORS.iter().find(|(_, n, _)| *n == name).map(|(number, ..)| *number);
    first.or_else(|| ALIASES.iter().find(|(n, _)| *n == name).map(|(_, number)| *number))
}

/// Every name an error has.
pub(crate) fn errno_names() -> impl Iterator<Item = &'static str> {
    ERRORS.iter().map(|(_, name, _)| *name).chain(ALIASES.iter().map(|(name, _)| *name))
}

fn known(errno: i32) -> Option<&'static (i32, &'static str, &'static str)> {
    ERRORS.iter().find(|(number, ..)| *number == errno)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::errno::Errno;

    #[test]
    fn every_error_of_the_kernel_is_known_by_its_name() {
        for number in 1..=133 {
            let other = Errno::from_raw(number);
            if other == Errno::UnknownErrno {
                assert!(known(number).is_none(), "{number}");
                assert_eq!(errno_name(number), number.to_string());
            } else {
                assert_eq!(errno_name(number), format!("{other:?}"), "{number}");
            }
        }
    }

    #[test]
    fn names_and_numbers_are_each_others_inverse() {
        for (number, name, _) in ERRORS {
            assert_eq!(errno_number(name), Some(*number), "{name}");
            assert_eq!(errno_name(*number), *name);
        }
        assert_eq!(errno_number("EWOULDBLOCK"), Some(libc::EAGAIN));
        assert_eq!(errno_number("epipe"), None);
    }

    #[test]
    #[cfg(target_env = "gnu")]
    fn texts_are_those_of_strerror() {
        for number in (-1..140).chain([999]).filter(|n| *n != 0) {
            let system = std::io::Error::from_raw_os_error(number).to_string();
            assert_eq!(format!("{} (os error {number})", errno_text(number)), system);
        }
    }
}
