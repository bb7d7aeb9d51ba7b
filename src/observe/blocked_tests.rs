use super::*;

fn line(number: Sysno, arguments: &str) -> Option<Asleep> {
    Asleep::parse(format!("{} {arguments} 0x7ffd 0x7f00\n", number.id()).as_bytes())
}

fn nothing(_: u64, _: &mut [u8]) -> Option<usize> {
    None
}

fn described(number: Sysno, arguments: [u64; 6]) -> BlockedIn {
    describe(number, arguments, &nothing)
}

#[test]
fn lines_are_told_apart() {
    assert_eq!(Asleep::parse(b"running\n"), Some(Asleep::Not));
    assert_eq!(Asleep::parse(b"-1 0x7ffd 0x7f00\n"), Some(Asleep::Elsewhere));
    assert_eq!(
        line(Sysno::read, "0x3 0x7ffe 0x40 0x0 0x0 0x0"),
        Some(Asleep::In(Sysno::read, [3, 0x7ffe, 64, 0, 0, 0]))
    );
    for bad in ["", "x", "0", "0 3 4 5 6 7 8", "0 0x3 0x4", "99999999 0x0 0x0 0x0 0x0 0x0 0x0"] {
        assert_eq!(Asleep::parse(bad.as_bytes()), None, "{bad}");
    }
}

#[test]
fn the_mailbox_is_a_futex() {
    assert!(Asleep::In(Sysno::futex, [0; 6]).at_mailbox());
    let own = [0x7f00, 9, 0, 0, 0, 0xffff_ffff];
    assert!(!Asleep::In(Sysno::futex, own).at_mailbox());
    assert_eq!(Asleep::In(Sysno::futex, own).word(), Some(0x7f00));
    assert_eq!(Asleep::In(Sysno::read, own).word(), None);
    assert!(Asleep::In(Sysno::restart_syscall, [0; 6]).at_mailbox());
    assert!(!Asleep::In(Sysno::read, [0; 6]).at_mailbox());
    assert!(!Asleep::Not.at_mailbox());
}

#[test]
fn reads_and_writes_say_where_and_how_much() {
    let read = described(Sysno::read, [3, 0x1000, 64, 0, 0, 0]);
    assert_eq!((read.call.as_str(), read.fd, read.count), ("read", Some(3), Some(64)));
    let write = described(Sysno::write, [4, 0x1000, 65_537, 0, 0, 0]);
    assert_eq!((write.call.as_str(), write.fd, write.count), ("write", Some(4), Some(65_537)));
    let vector = described(Sysno::writev, [5, 0x1000, 2, 0, 0, 0]);
    assert_eq!((vector.call.as_str(), vector.fd, vector.count), ("writev", Some(5), None));
    // Only the lower half of a register is the descriptor.
    assert_eq!(described(Sysno::read, [0xdead_0000_0003, 0, 1, 0, 0, 0]).fd, Some(3));
}

#[test]
fn a_wait_names_its_child_where_it_waits_for_one() {
    let table = [
        (Sysno::wait4, [4242, 0, 0, 0, 0, 0], Some(4242)),
        (Sysno::wait4, [u64::from(u32::MAX), 0, 0, 0, 0, 0], None),
        (Sysno::wait4, [u64::MAX, 0, 0, 0, 0, 0], None),
        (Sysno::wait4, [0, 0, 0, 0, 0, 0], None),
        (Sysno::waitid, [0, 4242, 0, 4, 0, 0], None),
        (Sysno::waitid, [1, 4242, 0, 4, 0, 0], Some(4242)),
    ];
    for (number, arguments, expected) in table {
        let blocked = described(number, arguments);
        assert_eq!((blocked.call.as_str(), blocked.child), ("wait", expected), "{number:?} {arguments:?}");
    }
}

#[test]
fn names_do_not_depend_on_the_variant() {
    let table = [
        (Sysno::openat, "open"),
        (Sysno::openat2, "open"),
        (Sysno::ppoll, "poll"),
        (Sysno::pselect6, "select"),
        (Sysno::clock_nanosleep, "sleep"),
        (Sysno::nanosleep, "sleep"),
        (Sysno::epoll_pwait, "epoll_wait"),
        (Sysno::rt_sigsuspend, "sigsuspend"),
        (Sysno::futex, "futex"),
        (Sysno::clone, "vfork"),
        (Sysno::msync, "msync"),
    ];
    for (number, expected) in table {
        assert_eq!(described(number, [0; 6]).call, expected);
    }
}

#[test]
fn the_path_of_an_open_is_read_across_pages() {
    // The string begins three bytes before the end of a page.
    const START: u64 = 0x1ffd;
    let text = b"/tmp/fifo\0rubbish";
    let memory = |address: u64, into: &mut [u8]| {
        assert!(address % 4096 + into.len() as u64 <= 4096, "read beyond a page");
        let at = usize::try_from(address - START).ok()?;
        let rest = text.get(at..)?;
        // A page is always mapped whole: what follows the text is zero.
        into.iter_mut().enumerate().for_each(|(i, b)| *b = rest.get(i).copied().unwrap_or(0));
        Some(into.len())
    };
    let blocked = describe(Sysno::openat, [u64::MAX, START, 0, 0, 0, 0], &memory);
    assert_eq!(blocked.path.as_deref(), Some("/tmp/fifo"));
    assert_eq!(described(Sysno::openat, [u64::MAX, START, 0, 0, 0, 0]).path, None);
    let asked = |flags: i32| described(Sysno::openat, [0, 0, flags as u64, 0, 0, 0]).opens;
    assert_eq!(asked(libc::O_WRONLY | libc::O_CLOEXEC), Some(Access::Write));
    assert_eq!(asked(libc::O_PATH), None);
}

#[test]
fn a_string_without_an_end_is_not_believed() {
    let memory = |_: u64, into: &mut [u8]| {
        into.fill(b'a');
        Some(into.len())
    };
    assert_eq!(describe(Sysno::openat, [0, 0x1000, 0, 0, 0, 0], &memory).path, None);
}

#[test]
fn a_poll_on_one_descriptor_names_it() {
    let memory = |_: u64, into: &mut [u8]| {
        into.copy_from_slice(&7i32.to_le_bytes());
        Some(4)
    };
    assert_eq!(describe(Sysno::ppoll, [0x1000, 1, 0, 0, 0, 0], &memory).fd, Some(7));
    assert_eq!(describe(Sysno::ppoll, [0x1000, 2, 0, 0, 0, 0], &memory).fd, None);
    assert_eq!(described(Sysno::ppoll, [0x1000, 1, 0, 0, 0, 0]).fd, None);
    // The first argument of pselect6 is a number, the second an address.
    assert_eq!(describe(Sysno::pselect6, [5, 1, 0, 0, 0, 0], &memory).fd, None);
}
