//! Numbers of the kernel by their C names.

use nix::errno::Errno;
use nix::sys::signal::Signal;

/// `EPIPE` for 32 (`errno(3)`); the number itself where it has no name.
pub(super) fn errno(number: i32) -> String {
    match Errno::from_raw(number) {
        Errno::UnknownErrno => number.to_string(),
        known => format!("{known:?}"),
    }
}

/// `SIGPIPE` for 13 (`signal(7)`); `SIG34` for a real-time signal.
pub(super) fn signal(number: i32) -> String {
    match Signal::try_from(number) {
        Ok(known) => known.as_str().to_owned(),
        Err(_) => format!("SIG{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_c_names() {
        for (number, want) in [(32, "EPIPE"), (9, "EBADF"), (11, "EAGAIN"), (22, "EINVAL"), (9999, "9999")] {
            assert_eq!(errno(number), want);
        }
        for (number, want) in [(13, "SIGPIPE"), (9, "SIGKILL"), (15, "SIGTERM"), (34, "SIG34")] {
            assert_eq!(signal(number), want);
        }
    }
}
