//! `/proc/PID/stat`, proc_pid_stat(5).

use super::proc_dir::ProcDir;
use crate::world::{Death, Pid};
use nix::errno::Errno;

/// What is needed of `/proc/PID/stat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stat {
    /// Field 2: the command's name, at the most 15 bytes, which may hold spaces and parentheses.
    pub(super) comm: String,
    /// Field 3: the state's letter.
    pub(super) state: char,
    /// Field 4: the parent.
    pub(super) ppid: Pid,
    /// Field 5: the process group.
    pub(super) group: Pid,
    /// Field 9, the flag PF_KTHREAD (linux/sched.h): part of the kernel, with no descriptors.
    pub(super) kernel: bool,
    /// Field 20: how many threads it has.
    pub(super) threads: u64,
    /// Field 22: when it started, in clock ticks since boot.
    pub(super) start_time: u64,
    /// Field 52: the wait status it ended with; reads 0 without the right to look.
    pub(super) exit_code: Option<i32>,
}

const PF_KTHREAD: u64 = 0x0020_0000;

/// Field 3 alone, the state's letter.
pub(super) fn letter(text: &[u8]) -> Option<u8> {
    let close = text.iter().rposition(|&b| b == b')')?;
    text.get(close + 2).copied()
}

impl Stat {
    /// Read it: the kernel gives the whole line at once. Errors: ENOENT or ESRCH where the process is gone.
    pub(super) fn read(dir: &ProcDir) -> nix::Result<Stat> {
        let mut buffer = [0; 2048];
        Stat::parse(dir.read_start(c"stat", &mut buffer)?).ok_or(Errno::ESRCH)
    }

    /// Dead as a whole: a zombie, not a first thread that ended before the others.
    pub(super) fn is_zombie(&self) -> bool {
        self.state == 'Z' && self.threads <= 1
    }

    fn parse(text: &[u8]) -> Option<Stat> {
        // The name may hold anything, a ')' too; nothing after it does: the last one ends it.
        let open = text.iter().position(|&b| b == b'(')?;
        let close = text.iter().rposition(|&b| b == b')')?;
        let comm = String::from_utf8_lossy(text.get(open + 1..close)?).into_owned();
        let rest = std::str::from_utf8(text.get(close + 1..)?).ok()?;
        // The list begins with field 3, and no kernel has 64.
        let mut fields = [None; 61];
        fields.iter_mut().zip(rest.split_ascii_whitespace()).for_each(|(field, text)| *field = Some(text));
        let field = |number: usize| fields.get(number - 3).copied().flatten();
        Some(Stat {
            comm,
            state: field(3)?.chars().next()?,
            ppid: field(4)?.parse().ok()?,
            group: field(5)?.parse().ok()?,
            kernel: field(9)?.parse::<u64>().ok()? & PF_KTHREAD != 0,
            threads: field(20)?.parse().ok()?,
            start_time: field(22)?.parse().ok()?,
            exit_code: field(52).and_then(|text| text.parse().ok()),
        })
    }
}

/// How a process ended, from its wait status as wait(2) encodes it.
pub(super) fn death(status: i32) -> Death {
    match status & 0x7f {
        0 => Death::Exited((status >> 8) & 0xff),
        signal => Death::Killed(signal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAIL: &str = "4240 4242 4240 34816 4242 4194304 98 0 0 0 0 0 0 0 20 0 1 0 123456 2904064 370 \
        18446744073709551615 94 94 140 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 94 94 94 140 140 140 140";

    #[test]
    fn names_with_spaces_and_parentheses_are_read() {
        for name in ["sleep", "a b", "x) R 1 (y", "(sd-pam)", "", ") ) )", "tmux: server"] {
            let text = format!("4242 ({name}) S {TAIL} 256\n");
            let stat = Stat::parse(text.as_bytes()).unwrap();
            assert_eq!(stat.comm, name);
            assert_eq!((stat.state, stat.ppid, stat.threads, stat.start_time), ('S', 4240, 1, 123_456), "{name}");
            assert_eq!(stat.exit_code, Some(256), "{name}");
        }
    }

    #[test]
    fn bytes_that_are_not_text_do_not_hide_the_rest() {
        let mut text = b"1 (".to_vec();
        text.extend([0xff, 0xfe]);
        text.extend(format!(") R {TAIL} 0\n").as_bytes());
        assert_eq!(Stat::parse(&text).unwrap().state, 'R');
    }

    #[test]
    fn an_old_kernel_without_exit_code_leaves_it_unknown() {
        let stat = Stat::parse(format!("1 (x) Z {TAIL}").as_bytes()).unwrap();
        assert_eq!(stat.exit_code, None);
    }

    #[test]
    fn what_is_cut_short_is_not_believed() {
        for text in ["", "12", "12 (x", "12 (x)", "12 (x) S", "12 (x) S 1 2 3", ")12(", "12 (x) S y"] {
            assert_eq!(Stat::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn kernel_threads_are_told_apart() {
        let stat = Stat::parse(format!("1 (x) S {TAIL}").as_bytes()).unwrap();
        assert!(!stat.kernel);
        let tail = TAIL.replacen(" 4194304 ", " 2129984 ", 1);
        assert!(Stat::parse(format!("2 (kthreadd) S {tail}").as_bytes()).unwrap().kernel);
    }

    #[test]
    fn a_zombie_is_one_only_without_other_threads() {
        let of = |letter, threads: &str| {
            let tail = TAIL.replacen(" 20 0 1 ", &format!(" 20 0 {threads} "), 1);
            Stat::parse(format!("1 (x) {letter} {tail} 0").as_bytes()).unwrap().is_zombie()
        };
        assert!(of('Z', "1"));
        assert!(!of('Z', "3"));
        assert!(!of('S', "1"));
    }

    #[test]
    fn wait_statuses_are_told_apart() {
        let table = [
            (0, Death::Exited(0)),
            (0x0100, Death::Exited(1)),
            (0xff00, Death::Exited(255)),
            (9, Death::Killed(9)),
            (13, Death::Killed(13)),
            (11 | 0x80, Death::Killed(11)),
        ];
        for (status, expected) in table {
            assert_eq!(death(status), expected, "{status:#x}");
        }
    }
}
