//! The registers that unwinding begins with.

use crate::world::Pid;
use framehop::UnwindRegsNative;

/// Of a stopped thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Registers {
    /// The instruction that is next.
    pub(super) instruction: u64,
    /// The top of the stack.
    pub(super) stack: u64,
    /// The frame pointer, where the code keeps one.
    frame: u64,
    /// Where the function returns to, where a register holds that.
    #[cfg(target_arch = "aarch64")]
    link: u64,
    /// What `pthread_self(3)` returns in this thread; `None` where no register says so.
    pub(super) thread: Option<u64>,
}

impl Registers {
    /// `None` where the thread is not stopped any more.
    pub(super) fn of(tid: Pid) -> Option<Registers> {
        let all = nix::sys::ptrace::getregs(nix::unistd::Pid::from_raw(tid)).ok()?;
        #[cfg(target_arch = "x86_64")]
        return Some(Registers { instruction: all.rip, stack: all.rsp, frame: all.rbp, thread: Some(all.fs_base) });
        #[cfg(target_arch = "aarch64")]
        return Some(Registers {
            instruction: all.pc,
            stack: all.sp,
            frame: all.regs[29],
            link: all.regs[30],
            thread: None,
        });
    }

    /// Of a thread that sleeps in a call, as far as `/proc/PID/task/TID/syscall` tells it (proc_pid_syscall(5)): the last two are the
    /// stack and the instruction. What the frame pointer was is not told: code that needs it cannot be unwound from.
    pub(super) fn asleep(pid: Pid, tid: Pid) -> Option<Registers> {
        let text = std::fs::read_to_string(format!("/proc/{pid}/task/{tid}/syscall")).ok()?;
        let mut words = text.split_ascii_whitespace().rev();
        let mut hex = || u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok();
        let (instruction, stack) = (hex()?, hex()?);
        #[cfg(target_arch = "x86_64")]
        return Some(Registers { instruction, stack, frame: 0, thread: None });
        #[cfg(target_arch = "aarch64")]
        return Some(Registers { instruction, stack, frame: 0, link: 0, thread: None });
    }

    pub(super) fn to_unwind(self) -> UnwindRegsNative {
        #[cfg(target_arch = "x86_64")]
        return UnwindRegsNative::new(self.instruction, self.stack, self.frame);
        #[cfg(target_arch = "aarch64")]
        return UnwindRegsNative::new(self.link, self.stack, self.frame);
    }
}
