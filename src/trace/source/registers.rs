//! The registers that unwinding begins with.

use crate::world::Pid;
use framehop::UnwindRegsNative;

/// Of a stopped thread.
#[derive(Debug, Clone, Copy)]
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

    pub(super) fn to_unwind(self) -> UnwindRegsNative {
        #[cfg(target_arch = "x86_64")]
        return UnwindRegsNative::new(self.instruction, self.stack, self.frame);
        #[cfg(target_arch = "aarch64")]
        return UnwindRegsNative::new(self.link, self.stack, self.frame);
    }
}
