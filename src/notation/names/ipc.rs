//! Flags and numbers of calls that traced programs make and the stage does not: `eventfd(2)`, `epoll_ctl(2)`,
//! `timerfd_create(2)`, `signalfd(2)`.

use super::flags::join;

const EVENTFD: &[(&str, i32)] =
    &[("EFD_SEMAPHORE", libc::EFD_SEMAPHORE), ("EFD_NONBLOCK", libc::EFD_NONBLOCK), ("EFD_CLOEXEC", libc::EFD_CLOEXEC)];

/// The flags of `eventfd(2)`: `EFD_SEMAPHORE|EFD_NONBLOCK`, or `0`.
pub fn eventfd_flags_name(flags: i32) -> String {
    join(flags, None, EVENTFD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_names_of_their_own_call() {
        let table = [
            (eventfd_flags_name(0), "0"),
            (eventfd_flags_name(libc::EFD_SEMAPHORE | libc::EFD_NONBLOCK), "EFD_SEMAPHORE|EFD_NONBLOCK"),
            (eventfd_flags_name(libc::EFD_CLOEXEC | 4), "EFD_CLOEXEC|0x4"),
        ];
        for (printed, expected) in table {
            assert_eq!(printed, expected);
        }
    }
}
