//! The system calls that no safe library offers here: ptrace(2) with all its requests and every wait status. Each takes numbers, or
//! memory of ours that outlives it; none follows an address of the traced program.

use crate::world::Pid;
use nix::errno::Errno;
use nix::libc;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

/// What a stopped thread is about to do, or has done: `PTRACE_GET_SYSCALL_INFO`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallInfo {
    /// It is about to make this call, by the numbers of this architecture (`AUDIT_ARCH_…`).
    Entry { architecture: u32, number: u64, arguments: [u64; 6] },
    /// The call has returned this; a failure is a negative error number.
    Exit { value: i64 },
    /// Neither.
    Other,
}

/// `struct ptrace_syscall_info`, linux/ptrace.h.
#[repr(C)]
#[derive(Default)]
struct RawInfo {
    op: u8,
    pad: [u8; 3],
    arch: u32,
    instruction: u64,
    stack: u64,
    data: [u64; 8],
}

const GET_SYSCALL_INFO: libc::c_uint = 0x420e;
const LISTEN: libc::c_uint = 0x4208;
const INTERRUPT: libc::c_uint = 0x4207;
const OP_ENTRY: u8 = 1;
const OP_EXIT: u8 = 2;
const OP_SECCOMP: u8 = 3;

fn ptrace(request: libc::c_uint, tid: Pid, address: usize, data: usize) -> nix::Result<i64> {
    // SAFETY: each caller passes numbers, or the address of memory of ours of the size that the request fills in.
    let result = unsafe { libc::ptrace(request as _, tid, address, data) };
    Errno::result(result)
}

/// Begin to trace a thread, without stopping it.
pub(super) fn seize(tid: Pid, options: i32) -> nix::Result<()> {
    ptrace(libc::PTRACE_SEIZE as _, tid, 0, options.unsigned_abs() as usize).map(drop)
}

/// Let a stopped thread run, with this signal or 0.
pub(super) fn cont(tid: Pid, signal: i32) -> nix::Result<()> {
    ptrace(libc::PTRACE_CONT as _, tid, 0, signal.unsigned_abs() as usize).map(drop)
}

/// Let it run until the call that it is in returns, or else until it is about to make one, with this signal or 0.
pub(super) fn to_call_or_return(tid: Pid, signal: i32) -> nix::Result<()> {
    ptrace(libc::PTRACE_SYSCALL as _, tid, 0, signal.unsigned_abs() as usize).map(drop)
}

/// Have a thread stop soon. Of the calls that it may be asleep in, few return for that; signal(7) names them.
pub(super) fn interrupt(tid: Pid) -> nix::Result<()> {
    ptrace(INTERRUPT, tid, 0, 0).map(drop)
}

/// Trace a stopped thread no more: it goes on by itself, with this signal or 0.
pub(super) fn detach(tid: Pid, signal: i32) -> nix::Result<()> {
    ptrace(libc::PTRACE_DETACH as _, tid, 0, signal.unsigned_abs() as usize).map(drop)
}

/// Leave it stopped by its signal, and hear when it goes on.
pub(super) fn listen(tid: Pid) -> nix::Result<()> {
    ptrace(LISTEN, tid, 0, 0).map(drop)
}

/// The number that comes with an event: a new process's id, a thread's former id.
pub(super) fn message(tid: Pid) -> nix::Result<Pid> {
    let mut message: libc::c_ulong = 0;
    ptrace(libc::PTRACE_GETEVENTMSG as _, tid, 0, &raw mut message as usize)?;
    Pid::try_from(message).map_err(|_| Errno::ERANGE)
}

/// The call that a stopped thread is at.
pub(super) fn call_info(tid: Pid) -> nix::Result<CallInfo> {
    let mut info = RawInfo::default();
    ptrace(GET_SYSCALL_INFO, tid, size_of::<RawInfo>(), &raw mut info as usize)?;
    let [first, a, b, c, d, e, f, _] = info.data;
    Ok(match info.op {
        OP_ENTRY | OP_SECCOMP => {
            CallInfo::Entry { architecture: info.arch, number: first, arguments: [a, b, c, d, e, f] }
        }
        OP_EXIT => CallInfo::Exit { value: first.cast_signed() },
        _ => CallInfo::Other,
    })
}

/// Who sent the signal that a thread is stopped before: `None` where the kernel did.
pub(super) fn sender(tid: Pid) -> Option<Pid> {
    let mut info = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
    ptrace(libc::PTRACE_GETSIGINFO as _, tid, 0, info.as_mut_ptr() as usize).ok()?;
    // SAFETY: zeroed, then filled in by the kernel; all its bit patterns are valid, and si_pid is there for these codes.
    let (code, pid) = unsafe {
        let info = info.assume_init();
        (info.si_code, info.si_pid())
    };
    matches!(code, libc::SI_USER | libc::SI_TKILL | libc::SI_QUEUE).then_some(pid)
}

/// `waitpid(2)` for any traced thread: `None` where `wait` is false and nothing happened.
///
/// # Errors
/// ECHILD where nobody is left; EINTR where a signal for us arrived.
pub(super) fn wait(wait: bool) -> nix::Result<Option<(Pid, i32)>> {
    let mut status = 0;
    // Children of other threads, a stage's warden, are theirs.
    let options = libc::__WALL | libc::__WNOTHREAD | if wait { 0 } else { libc::WNOHANG };
    let nothing = std::ptr::null_mut::<libc::rusage>();
    // Not through waitpid(3): the library would arrange for the thread to be cancelled meanwhile, at each call.
    // SAFETY: the kernel writes one int, which outlives the call.
    let tid = Errno::result(unsafe { libc::syscall(libc::SYS_wait4, -1, &raw mut status, options, nothing) })?;
    let tid = Pid::try_from(tid).map_err(|_| Errno::ERANGE)?;
    Ok((tid != 0).then_some((tid, status)))
}

/// `waitpid(2)` for the end of one child.
pub(super) fn wait_for(pid: Pid) -> nix::Result<i32> {
    let mut status = 0;
    // SAFETY: the kernel writes one int, which outlives the call.
    Errno::result(unsafe { libc::waitpid(pid, &raw mut status, 0) })?;
    Ok(status)
}

/// Whether a thread has stopped or ended and that has not been told yet. Nothing is taken away.
pub(super) fn has_news(tid: Pid) -> bool {
    let mut info = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WNOWAIT | libc::WNOHANG | libc::__WALL | libc::WEXITED | libc::WSTOPPED;
    // SAFETY: the kernel fills in one siginfo_t, which outlives the call.
    let result = unsafe { libc::waitid(libc::P_PID, tid.unsigned_abs(), info.as_mut_ptr(), options) };
    // SAFETY: zeroed before, so initialised whatever the call did.
    result != 0 || unsafe { info.assume_init().si_pid() } != 0
}

/// Run on this processor alone, and let children do so; the one we are on. Which ones there were before.
pub(super) fn pin() -> nix::Result<nix::sched::CpuSet> {
    // SAFETY: takes nothing.
    let here = unsafe { libc::sched_getcpu() };
    let here = usize::try_from(Errno::result(here)?).map_err(|_| Errno::EINVAL)?;
    let before = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0))?;
    let mut set = nix::sched::CpuSet::new();
    set.set(here)?;
    nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &set)?;
    Ok(before)
}

/// Run on those of these processors that this thread was not pinned to, if there are others.
pub(super) fn run_elsewhere(all: &nix::sched::CpuSet) -> nix::Result<()> {
    let this = nix::unistd::Pid::from_raw(0);
    let (own, mut others) = (nix::sched::sched_getaffinity(this)?, *all);
    let mut left = false;
    for processor in 0..nix::sched::CpuSet::count() {
        match (all.is_set(processor)?, own.is_set(processor)?) {
            (true, true) => others.unset(processor)?,
            (true, false) => left = true,
            _ => {}
        }
    }
    nix::sched::sched_setaffinity(this, if left { &others } else { all })
}

static INTERRUPTS: AtomicU32 = AtomicU32::new(0);
static ENDING: AtomicI32 = AtomicI32::new(0);

extern "C" fn note(signal: libc::c_int) {
    match signal {
        libc::SIGINT => drop(INTERRUPTS.fetch_add(1, Ordering::Relaxed)),
        libc::SIGALRM => {}
        other => ENDING.store(other, Ordering::Relaxed),
    }
}

/// Hear of signals to ourselves: they interrupt a wait. SIGINT is counted, SIGTERM and SIGHUP are kept, SIGALRM only interrupts.
/// `alone`: nobody else in this program hears of the first three.
pub(super) fn hear_signals(alone: bool) -> nix::Result<()> {
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
    // Without SA_RESTART: a wait must return.
    let action = SigAction::new(SigHandler::Handler(note), SaFlags::empty(), SigSet::empty());
    let ending = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];
    for signal in ending.into_iter().filter(|_| alone).chain([Signal::SIGALRM]) {
        // SAFETY: the handler touches atomics alone, which is safe in a signal handler.
        unsafe { sigaction(signal, &action) }?;
    }
    // A wait hears of stops by itself: the kernel need not make a signal of each, which would be thrown away. Ends are signalled as ever.
    let quiet = SigAction::new(SigHandler::SigDfl, SaFlags::SA_NOCLDSTOP, SigSet::empty());
    // SAFETY: no handler.
    unsafe { sigaction(Signal::SIGCHLD, &quiet) }?;
    Ok(())
}

/// Signals to the whole program are for other threads than this one.
pub(super) fn leave_signals() {
    let _ = nix::sys::signal::SigSet::all().thread_block();
}

/// How many times SIGINT came, and the last of the other signals that end us, or 0.
pub(super) fn heard() -> (u32, i32) {
    (INTERRUPTS.load(Ordering::Relaxed), ENDING.load(Ordering::Relaxed))
}

/// Interrupts the waits of the thread that made it, again and again: `timer_create(2)`, which no child inherits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timer(usize);

impl Timer {
    /// One that does not tick yet. There is one for a trace, and it goes with the program.
    pub(super) fn of_this_thread() -> nix::Result<Timer> {
        let mut id: libc::timer_t = std::ptr::null_mut();
        // SAFETY: a sigevent of zeros is valid; the kernel reads it and writes one id, and both outlive the call.
        let made = unsafe {
            let mut event = std::mem::zeroed::<libc::sigevent>();
            event.sigev_notify = libc::SIGEV_THREAD_ID;
            event.sigev_signo = libc::SIGALRM;
            event.sigev_notify_thread_id = libc::gettid();
            libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut id)
        };
        Errno::result(made)?;
        Ok(Timer(id as usize))
    }

    /// Tick every so many microseconds; 0 ends it. Any thread may ask for it.
    pub(super) fn tick(self, microseconds: i64) {
        let time = libc::timespec { tv_sec: 0, tv_nsec: (microseconds * 1000) as _ };
        let timer = libc::itimerspec { it_interval: time, it_value: time };
        // SAFETY: the id is one that timer_create gave; the kernel reads one itimerspec, which outlives the call.
        unsafe { libc::timer_settime(self.0 as libc::timer_t, 0, &raw const timer, std::ptr::null_mut()) };
    }

    /// There is no such timer any more.
    pub(super) fn end(self) {
        self.tick(0);
    }
}

/// The file gives capabilities to whoever runs it: it has the extended attribute `security.capability`, capabilities(7).
pub(super) fn has_capabilities(path: &str) -> bool {
    let Ok(path) = std::ffi::CString::new(path) else { return false };
    // SAFETY: both strings end in a NUL byte, and with a size of 0 nothing is written.
    unsafe { libc::getxattr(path.as_ptr(), c"security.capability".as_ptr(), std::ptr::null_mut(), 0) >= 0 }
}
