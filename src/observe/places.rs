//! Where in the kernel a thread sleeps, `/proc/PID/wchan` (proc_pid_wchan(5)), and which call that tells.

use super::proc_dir::ProcDir;
use syscalls::Sysno;

/// The function that it sleeps in; `None` where it does not sleep, or that is not told.
pub(super) fn of(dir: &ProcDir) -> Option<String> {
    let mut buffer = [0; 128];
    let text = String::from_utf8_lossy(dir.read(c"wchan", &mut buffer).ok()?);
    (text != "0" && !text.is_empty()).then(|| text.into_owned())
}

/// The call that threads sleep there in, by the name that it has in the picture.
pub(super) fn call_at(place: &str) -> Option<&'static str> {
    PLACES.iter().find(|(start, _)| place.starts_with(start)).map(|(_, call)| *call)
}

/// The call that `restart_syscall(2)` has taken up again at this place, after a stop or a trace. Of four calls the kernel keeps what they
/// still have to do (`struct restart_block` in linux/restart_block.h), and puts the number of restart_syscall in the place of theirs;
/// the other registers hold their arguments still (`arch_do_signal_or_restart` in arch/x86/kernel/signal.c). Of the two that sleep by
/// the clock the one has an address first, the other the number of a clock.
pub(super) fn taken_up(place: &str, first: u64) -> Option<Sysno> {
    const LAST_CLOCK: u64 = 15;
    let name = match call_at(place) {
        _ if place.is_empty() => return None,
        Some("poll") => "poll",
        Some("futex") => "futex",
        // Of these the place is often the function that makes any call: what lies between has ended in jumps.
        Some("sleep") | None if first > LAST_CLOCK => "nanosleep",
        Some("sleep") | None => "clock_nanosleep",
        Some(_) => return None,
    };
    // Newer machines have no call of the name `poll`.
    name.parse().ok()
}

/// Functions of the kernel that threads sleep in, by the beginnings of their names: older kernels say `pipe_read`.
const PLACES: &[(&str, &str)] = &[
    ("anon_pipe_read", "read"),
    ("pipe_read", "read"),
    ("fifo_pipe_read", "read"),
    ("pipe_wait_readable", "read"),
    ("anon_pipe_write", "write"),
    ("pipe_write", "write"),
    ("fifo_pipe_write", "write"),
    ("pipe_wait_writable", "write"),
    ("do_wait", "wait"),
    ("wait_for_partner", "open"),
    ("fifo_open", "open"),
    ("inet_csk_accept", "accept"),
    ("ep_poll", "epoll_wait"),
    ("do_epoll_wait", "epoll_wait"),
    ("poll_schedule_timeout", "poll"),
    ("do_sys_poll", "poll"),
    ("do_select", "poll"),
    ("futex_", "futex"),
    ("__futex_wait", "futex"),
    ("hrtimer_nanosleep", "sleep"),
    ("do_nanosleep", "sleep"),
    ("alarmtimer_do_nsleep", "sleep"),
    ("do_cpu_nanosleep", "sleep"),
    ("unix_stream_", "recv"),
    ("unix_wait_for_peer", "send"),
    ("__skb_wait_for_more_packets", "recv"),
    ("sk_wait_data", "recv"),
    ("sock_alloc_send_pskb", "send"),
    ("sk_stream_wait_memory", "send"),
    ("flock_lock_inode_wait", "flock"),
    ("locks_lock_inode_wait", "flock"),
    ("posix_lock_inode_wait", "fcntl"),
    ("fcntl_setlk", "fcntl"),
    ("eventfd_read", "read"),
    ("wq_sleep", "mq_receive"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_it_sleeps_tells_the_call() {
        let table = [
            ("anon_pipe_read", Some("read")),
            ("pipe_write", Some("write")),
            ("do_wait", Some("wait")),
            ("futex_wait_queue", Some("futex")),
            ("", None),
            ("something_new", None),
        ];
        for (place, call) in table {
            assert_eq!(call_at(place), call, "{place}");
        }
    }

    #[test]
    fn where_it_sleeps_tells_which_call_was_taken_up_again() {
        let table = [
            ("futex_wait_queue", 0x7f00_0000_1000, Some("futex")),
            ("hrtimer_nanosleep", 0x7f00_0000_1000, Some("nanosleep")),
            ("hrtimer_nanosleep", 1, Some("clock_nanosleep")),
            ("do_syscall_64", 0, Some("clock_nanosleep")),
            ("pipe_read", 3, None),
            ("", 3, None),
        ];
        for (place, first, call) in table {
            assert_eq!(taken_up(place, first).map(|number| number.name()), call, "{place} {first}");
        }
    }
}
