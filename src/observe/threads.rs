//! The threads of a process: which sleep, in which call, on what. From /proc alone.

use super::blocked::{self, Asleep};
use super::fds::Flags;
use super::proc_dir::{ProcDir, entry};
use super::stat::Stat;
use super::watched::{self, Changes, Watched};
use super::{owner, places};
use crate::world::{Access, BlockedIn, FdNumber, Pid};
use nix::errno::Errno;
use nix::libc;
use std::path::PathBuf;

/// One thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Its id, as `gettid(2)`; of the first thread it is the process's.
    pub tid: Pid,
    /// Its name, at the most 15 bytes: the process's, or one of its own (pthread_setname_np(3)). That of the first is the process's.
    pub comm: String,
    /// The letter of `/proc/PID/task/TID/stat`: `S` asleep, `D` asleep and not to be woken by a signal, `R` running,
    /// `T` stopped, `Z` ended.
    pub letter: char,
    /// The call it sleeps in, where it sleeps.
    pub call: Option<Call>,
}

/// A call that a thread sleeps in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its name, its descriptor and so on. Where the kernel does not say which call it is, its name is `?`.
    pub blocked: BlockedIn,
    /// Number and arguments, to tell whether it is still the same; all 0 where they are not known.
    pub raw: (u32, [u64; 6]),
    /// Where in the kernel it sleeps, `/proc/PID/wchan`; empty where that is not told.
    pub place: String,
    /// A call that waits for several: each descriptor, and for which direction.
    pub watched: Vec<Watched>,
    /// It has a time limit: nobody need wake it.
    pub limited: bool,
    /// Of an open: the access that it asks for.
    pub open_for: Option<Access>,
    /// Of a wait for a child: for what.
    pub changes: Changes,
    /// Of a connect: the address it was given, as `struct sockaddr`.
    pub address: Vec<u8>,
    /// Of a futex: the word, and how.
    pub futex: Option<Futex>,
    /// Of a semop(2): the semaphores of the set, each with what is to be added to it; 0 waits for it to be 0.
    pub operations: Vec<(u16, i16)>,
}

/// A wait at a word in memory, `futex(2)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Futex {
    /// The word's address.
    pub word: u64,
    /// `FUTEX_PRIVATE_FLAG`: only threads of the same process can wake it.
    pub private: bool,
    /// The value it expects there. pthread_join(3) expects the id of the thread.
    pub value: u32,
    /// Where that word looks like a lock: the thread that has it, by the id that it has where the process lives. A claim: any word may
    /// look so.
    pub owner: Option<Pid>,
}

/// All threads of a process; empty where it is gone.
pub fn threads(pid: Pid) -> Vec<Thread> {
    let Ok(process) = ProcDir::of(pid) else { return Vec::new() };
    let Ok(tasks) = process.inside(c"task") else { return Vec::new() };
    let tids = tasks.numbers().unwrap_or_default();
    tids.into_iter().filter_map(|tid| thread(tid, &tasks.inside(&entry(tid)).ok()?)).collect()
}

fn thread(tid: Pid, dir: &ProcDir) -> Option<Thread> {
    let stat = Stat::read(dir).ok()?;
    let call = matches!(stat.state, 'S' | 'D').then(|| call(tid, dir)).flatten();
    Some(Thread { tid, comm: stat.comm, letter: stat.state, call })
}

/// `None`: it runs, or sleeps in no call. Memory and descriptors are asked of the thread itself: the first one of its process may have
/// ended.
fn call(tid: Pid, dir: &ProcDir) -> Option<Call> {
    let place = places::of(dir).unwrap_or_default();
    match Asleep::read(dir) {
        Ok(Asleep::In(number, arguments)) => {
            let memory = blocked::memory_of(tid, dir);
            let blocked = blocked::describe(number, arguments, &memory);
            let raw = (u32::try_from(number.id()).unwrap_or(0), arguments);
            let watched = watched::watched(dir, number, arguments, &memory);
            let limited = watched::is_limited(number, arguments);
            let futex = futex(&blocked.call, arguments, &memory);
            let open_for = (blocked.call == "open").then(|| watched::open_for(number, arguments, &memory));
            let address = match blocked.call.as_str() {
                "connect" => watched::bytes_at(arguments[1], arguments[2], &memory),
                _ => Vec::new(),
            };
            let operations = match blocked.call.as_str() {
                "semop" | "semtimedop" => operations(arguments, &memory),
                _ => Vec::new(),
            };
            let changes = watched::changes(number, arguments);
            Some(Call { blocked, raw, place, watched, limited, open_for, changes, address, futex, operations })
        }
        Ok(Asleep::Not | Asleep::Elsewhere) => None,
        Err(_) => Some(by_place(place)),
    }
}

/// `struct sembuf`: unsigned short sem_num, short sem_op, short sem_flg.
fn operations([_, address, count, ..]: [u64; 6], memory: blocked::Memory<'_>) -> Vec<(u16, i16)> {
    // SEMOPM, the most of one call, is 500 by default.
    let mut bytes = vec![0; usize::try_from(count).unwrap_or(0).min(500) * 6];
    let got = memory(address, &mut bytes).unwrap_or(0);
    let all = bytes.get(..got).unwrap_or_default().as_chunks::<6>().0;
    all.iter().map(|b| (u16::from_ne_bytes([b[0], b[1]]), i16::from_ne_bytes([b[2], b[3]]))).collect()
}

fn futex(call: &str, [word, operation, value, ..]: [u64; 6], memory: blocked::Memory<'_>) -> Option<Futex> {
    if call != "futex" {
        return None;
    }
    let low = |register: u64| u32::try_from(register & 0xffff_ffff).unwrap_or(0);
    let (operation, value) = (low(operation), low(value));
    let private = operation & libc::FUTEX_PRIVATE_FLAG.unsigned_abs() != 0;
    Some(Futex { word, private, value, owner: owner::owner(word, operation, value, memory) })
}

/// The thread of a process that has this id where the process lives. `None` where it has no such thread.
pub fn own_thread(pid: Pid, threads: &[Thread], id: Pid) -> Option<Pid> {
    let same = has_our_ids(pid);
    let is_it = |tid: &Pid| if same { *tid == id } else { id_inside(*tid) == Some(id) };
    threads.iter().map(|t| t.tid).find(is_it)
}

/// A process lives in our pid namespace: it has the id there that we know it by.
pub fn has_our_ids(pid: Pid) -> bool {
    id_inside(pid) == Some(pid)
}

/// The id of a thread in the pid namespace that it lives in, the last of `NSpid` in proc_pid_status(5).
fn id_inside(tid: Pid) -> Option<Pid> {
    status_field(tid, "NSpid:")?.split_whitespace().next_back()?.parse().ok()
}

/// Where it sleeps tells the call, and not the descriptor.
fn by_place(place: String) -> Call {
    let call = places::call_at(&place).unwrap_or("?");
    let blocked = BlockedIn { call: call.into(), fd: None, child: None, path: None, count: None, opens: None };
    Call {
        blocked,
        raw: (0, [0; 6]),
        place,
        watched: Vec::new(),
        limited: false,
        open_for: None,
        changes: Changes { ends: call == "wait", ..Changes::default() },
        address: Vec::new(),
        futex: None,
        operations: Vec::new(),
    }
}

/// Whether a thread sleeps in this very call still, and who was found to have the lock that it waits for has it still. `false` also
/// where one may not look, or it is gone.
pub fn still_in(pid: Pid, tid: Pid, call: &Call) -> bool {
    let Ok(process) = ProcDir::of(pid) else { return false };
    let Ok(dir) = process.inside(c"task").and_then(|tasks| tasks.inside(&entry(tid))) else { return false };
    match Asleep::read(&dir) {
        Ok(Asleep::In(number, arguments)) => {
            let owned = call.futex.filter(|f| f.owner.is_some());
            let now = || futex(&call.blocked.call, arguments, &blocked::memory_of(tid, &dir));
            (u32::try_from(number.id()).unwrap_or(0), arguments) == call.raw && (owned.is_none() || owned == now())
        }
        Ok(_) => false,
        Err(Errno::EACCES | Errno::EPERM) => Stat::read(&dir).is_ok_and(|stat| matches!(stat.state, 'S' | 'D')),
        Err(_) => false,
    }
}

/// What `readlink /proc/PID/fd/N` says; `None` where it is closed or may not be read.
pub fn link_of(pid: Pid, fd: FdNumber) -> Option<PathBuf> {
    let through_another = || ProcDir::of(pid).ok()?.living_thread()?.inside(c"fd").ok()?.link(&entry(fd)).ok();
    std::fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok().or_else(|| through_another().map(PathBuf::from))
}

/// The inode of the file that a descriptor of a process refers to.
pub fn inode_of(pid: Pid, fd: FdNumber) -> Option<u64> {
    let links = ProcDir::showing(pid).and_then(|dir| dir.inside(c"fd")).ok()?;
    super::sys::file_id(&links, &entry(fd)).ok().map(|file| file.inode)
}

/// A field of `/proc/PID/status`, proc_pid_status(5); `name` has its colon. A thread's id is as good as a process's.
pub fn status_field(pid: Pid, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
}

/// The signals that a process has handlers for, each as the bit one below its number: `SigCgt` of proc_pid_status(5).
pub fn caught(pid: Pid) -> Option<u64> {
    status_field(pid, "SigCgt:").and_then(|mask| u64::from_str_radix(&mask, 16).ok())
}

/// Whether this signal is among those.
pub fn catches(caught: u64, signal: i32) -> bool {
    caught & 1_u64.unbounded_shl(signal.unsigned_abs().wrapping_sub(1)) != 0
}

/// The process that a pidfd stands for, the `Pid:` line of its fdinfo (pidfd_open(2)); `None` where that has ended, or is not
/// in our pid namespace.
pub fn pidfd(pid: Pid, fd: FdNumber) -> Option<Pid> {
    fdinfo_field(pid, fd, "Pid:")?.parse().ok().filter(|pid| *pid > 0)
}

/// A field of `/proc/PID/fdinfo/N`, proc_pid_fdinfo(5); `name` has its colon.
pub fn fdinfo_field(pid: Pid, fd: FdNumber, name: &str) -> Option<String> {
    let mut buffer = [0; 1024];
    let infos = ProcDir::showing(pid).and_then(|dir| dir.inside(c"fdinfo")).ok()?;
    let text = String::from_utf8_lossy(infos.read(&entry(fd), &mut buffer).ok()?);
    text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
}

/// Whether two processes have one memory, as a parent and its child have after vfork(2); `None` where that may not be asked.
pub fn share_memory(one: Pid, other: Pid) -> Option<bool> {
    super::sys::same_memory(one, other).ok()
}

/// Close-on-exec and non-blocking of these descriptors of a process, from fdinfo; `None` for one that is closed or may not be
/// read.
pub fn flags_of(pid: Pid, fds: &[FdNumber]) -> Vec<Option<(bool, bool)>> {
    let infos = ProcDir::showing(pid).and_then(|dir| dir.inside(c"fdinfo"));
    let one = |fd: &FdNumber| {
        let mut buffer = [0; 256];
        let flags = Flags::parse(infos.as_ref().ok()?.read_start(&entry(*fd), &mut buffer).ok()?)?;
        Some((flags.cloexec, flags.nonblock))
    };
    fds.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_futex_is_private_or_not() {
        let nothing = |_: u64, _: &mut [u8]| None;
        let of = |operation| {
            futex("futex", [0x1000, operation, 4242, 0, 0, 0], &nothing).map(|f| (f.private, f.value, f.owner))
        };
        assert_eq!(of(128), Some((true, 4242, None)));
        assert_eq!(of(9), Some((false, 4242, None)));
        assert_eq!(futex("read", [0; 6], &nothing), None);
    }

    #[test]
    fn a_thread_that_sleeps_is_seen_and_one_that_runs_is_not() {
        let (read, _write) = nix::unistd::pipe().unwrap();
        use std::os::fd::AsRawFd;
        let fd = read.as_raw_fd();
        let (tell, told) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            tell.send(nix::unistd::gettid().as_raw()).unwrap();
            let mut byte = [0];
            nix::unistd::read(&read, &mut byte).unwrap()
        });
        let tid = told.recv().unwrap();
        let pid = nix::unistd::getpid().as_raw();
        let seen = loop {
            let all = threads(pid);
            let one = all.into_iter().find(|t| t.tid == tid).unwrap();
            match one.call {
                Some(call) if call.blocked.call == "read" => break call,
                _ => std::thread::yield_now(),
            }
        };
        assert!(still_in(pid, tid, &seen));
        if seen.raw != (0, [0; 6]) {
            assert_eq!((seen.blocked.fd, seen.limited), (Some(fd), false));
        }
        drop(_write);
        assert_eq!(reader.join().unwrap(), 0);
    }
}
