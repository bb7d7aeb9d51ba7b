//! Every process of the machine and its table, in one fast reading.

use super::links::{Held, Tables, Thing};
use super::mapped::has_touched;
use super::proc_dir::{self, ProcDir, entry};
use super::rested::{self, Runs};
use super::stat::Stat;
use crate::world::{FdNumber, Pid};
use nix::errno::Errno;
use nix::sys::stat::fstat;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A process as /proc shows it to anyone, and its table where that may be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Its process id.
    pub pid: Pid,
    /// Its parent's.
    pub ppid: Pid,
    /// Its process group's, the job it belongs to.
    pub group: Pid,
    /// Its command's name, at the most 15 bytes.
    pub comm: String,
    /// The letter of `/proc/PID/stat` for its first thread.
    pub letter: char,
    /// It is dead and not waited for.
    pub zombie: bool,
    /// How many threads it has, without a first one that has ended before the others.
    pub threads: u64,
    /// When it started, in clock ticks since boot: tells a reused pid from the same process.
    pub start_time: u64,
    /// The user it acts as: the folder `/proc/PID` is its effective user's, also where what is inside is root's because nobody else may
    /// look into it (`task_dump_owner` in fs/proc/base.c).
    pub uid: u32,
    /// Its descriptors that refer to things which processes share.
    pub held: Vec<Held>,
    /// Its descriptors that may be masters of terminals.
    pub masters: Vec<FdNumber>,
    /// Its table may not be read, and is not empty: it may hold an end unseen.
    pub unseen: bool,
    /// None of its threads has run since the reading before, by the same [`Again`]: its table is as it was then, and its threads
    /// sleep in the calls that they slept in then.
    pub rested: bool,
    /// It may have shared memory mapped; `false` only where the reading asked for that and the kernel says that it has touched
    /// none.
    pub maps: bool,
}

/// The machine at one moment, or as near to one as a reading of /proc can be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Every process but those of the kernel itself, in the order of the pids.
    pub processes: Vec<ProcessInfo>,
    /// The paths of FIFOs, queues and memory.
    pub paths: HashMap<Thing, String>,
}

/// So many processes are worth a second thread.
pub(super) const WORTH_A_THREAD: usize = 64;
/// More threads than these would mostly wait for each other in the kernel.
const THREADS: usize = 4;
/// So many processes a thread takes at a time: few enough that all end together, enough that they seldom meet.
const SHARE: usize = 4;

/// Read it. Processes that end meanwhile are left out.
///
/// # Errors
/// Where /proc itself cannot be read; the text says why.
pub fn read() -> Result<Reading, String> {
    read_by(false, None, || ()).map(|(part, ())| part.reading)
}

/// As [`read`], ask who maps shared memory, and do something else at the same time: on a machine with processors to spare one
/// thread does that first.
///
/// # Errors
/// As [`read`].
pub fn read_whole<T: Send>(other: impl FnOnce() -> T + Send) -> Result<(Reading, T), String> {
    read_by(true, None, other).map(|(part, done)| (part.reading, done))
}

/// Readings of the same machine, one after the other: who has not run since the one before is not read again.
#[derive(Default)]
pub struct Again {
    known: Known,
    tables: rested::Tables,
}

/// What is known of each process, and how much its threads had run by then.
type Known = HashMap<Pid, (Runs, ProcessInfo)>;

impl Again {
    /// As [`read`], and do something else at the same time, as [`read_whole`] does. Who maps memory is not asked.
    ///
    /// # Errors
    /// As [`read`].
    pub fn read<T: Send>(&mut self, other: impl FnOnce() -> T + Send) -> Result<(Reading, T), String> {
        let (Part { mut reading, runs }, done) = read_by(false, Some(&self.known), other)?;
        let has_rested = |p: &&ProcessInfo| p.rested;
        let rested = reading.processes.iter().filter(has_rested).map(|p| p.pid).collect();
        let ran: Vec<Pid> =
            reading.processes.iter().filter(|p| !p.rested && !p.zombie && !p.unseen).map(|p| p.pid).collect();
        self.tables.update(&ran, &rested);
        self.read_shared(&mut reading);
        let mut runs: HashMap<Pid, Runs> = runs.into_iter().collect();
        let mut before = std::mem::take(&mut self.known);
        for process in &reading.processes {
            let kept = match process.rested {
                true => before.remove(&process.pid).map(|(runs, _)| runs),
                false => runs.remove(&process.pid),
            };
            if let Some(kept) = kept.filter(|_| may_be_kept(process) && self.tables.is_its_own(process.pid)) {
                self.known.insert(process.pid, (kept, process.clone()));
            }
        }
        Ok((reading, done))
    }

    /// Who has rested, and has one table with another that has not.
    fn read_shared(&self, reading: &mut Reading) {
        let mut tables = Tables::default();
        let Ok(root) = proc_dir::root() else { return };
        for process in reading.processes.iter_mut().filter(|p| p.rested && !self.tables.is_its_own(p.pid)) {
            if let Some((again, _)) = one(&root, process.pid, false, None, &mut tables) {
                *process = again;
            }
        }
        reading.paths.extend(tables.paths);
    }
}

/// What it holds is named by the kernel alone: a path may be given to something else while it sleeps.
fn may_be_kept(process: &ProcessInfo) -> bool {
    let has_path = |h: &Held| matches!(h.thing, Thing::Fifo(..) | Thing::Queue(..) | Thing::Memory(..));
    !process.zombie && !process.held.iter().any(has_path)
}

/// What was read, and what the other thing came to. `known`: what was known before, of who asks again and again.
fn read_by<T: Send>(maps: bool, known: Option<&Known>, other: impl FnOnce() -> T + Send) -> Result<(Part, T), String> {
    let wrong = |errno: Errno| format!("/proc cannot be read: {}", errno.desc());
    let root = proc_dir::root().map_err(wrong)?;
    let pids = root.numbers().map_err(wrong)?;
    let threads =
        if pids.len() < WORTH_A_THREAD { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
    let todo = Todo { root, pids, next: AtomicUsize::new(0), maps, known };
    let (mut part, done) = match threads {
        1 => (todo.part(), other()),
        _ => together(&todo, threads.min(THREADS) - 1, other)?,
    };
    part.reading.processes.sort_by_key(|p| p.pid);
    Ok((part, done))
}

/// By this thread and so many helpers, the first of which begins with something else.
fn together<T: Send>(todo: &Todo<'_>, helpers: usize, other: impl FnOnce() -> T + Send) -> Result<(Part, T), String> {
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            let done = other();
            (todo.help(), done)
        });
        let more: Vec<_> = (1..helpers).map(|_| scope.spawn(|| todo.help())).collect();
        let mut all = todo.part();
        let (helped, done) = first.join().map_err(|_| "a thread that reads /proc failed".to_owned())?;
        for part in more.into_iter().filter_map(|helper| helper.join().ok()).chain([helped]) {
            all.reading.processes.extend(part.reading.processes);
            all.reading.paths.extend(part.reading.paths);
            all.runs.extend(part.runs);
        }
        Ok((all, done))
    })
}

/// What there is to read, for several threads.
struct Todo<'k> {
    root: ProcDir,
    pids: Vec<Pid>,
    /// The first that nobody has taken.
    next: AtomicUsize,
    /// Ask who maps shared memory.
    maps: bool,
    /// What was known at the reading before; `None` where nobody will ask for one after this.
    known: Option<&'k Known>,
}

/// What one thread has read, or all of them.
struct Part {
    reading: Reading,
    /// How much the threads of those that were read anew had run before.
    runs: Vec<(Pid, Runs)>,
}

impl Todo<'_> {
    /// With descriptors of its own: the kernel counts who uses one only where threads share their table. Where it refuses, it
    /// is slower and no worse.
    fn help(&self) -> Part {
        let _ = nix::sched::unshare(nix::sched::CloneFlags::CLONE_FILES);
        self.part()
    }

    /// Processes that no other thread has taken, until there are none.
    fn part(&self) -> Part {
        let mut tables = Tables::default();
        let (mut processes, mut runs) = (Vec::new(), Vec::new());
        while let Some(rest) = self.pids.get(self.next.fetch_add(SHARE, Ordering::Relaxed)..).filter(|r| !r.is_empty())
        {
            for pid in rest.iter().take(SHARE) {
                let Some((process, ran)) = one(&self.root, *pid, self.maps, self.known, &mut tables) else { continue };
                runs.extend(ran.map(|ran| (*pid, ran)));
                processes.push(process);
            }
        }
        Part { reading: Reading { processes, paths: tables.paths }, runs }
    }
}

/// A process, and how much its threads had run before it was read anew; that only where there is a `known`.
fn one(
    root: &ProcDir,
    pid: Pid,
    maps: bool,
    known: Option<&Known>,
    tables: &mut Tables,
) -> Option<(ProcessInfo, Option<Runs>)> {
    let dir = root.inside(&entry(pid)).ok()?;
    let stat = Stat::read(&dir).ok()?;
    if stat.kernel {
        return None;
    }
    let before = known.and_then(|known| known.get(&pid));
    if let Some((_, before)) = before.filter(|(runs, _)| runs.are_same(&dir, &stat)) {
        // What others can change of it, as by setpgid(2), is in its stat.
        let ProcessInfo { held, masters, uid, unseen, maps, .. } = before.clone();
        return Some((ProcessInfo { rested: true, held, masters, uid, unseen, maps, ..of_stat(pid, stat) }, None));
    }
    let runs = known.and_then(|_| Runs::read(&dir, pid, &stat));
    let zombie = stat.is_zombie();
    tables.masters.clear();
    let (held, refused) = if zombie { (Vec::new(), false) } else { table(&dir, &stat, tables) };
    let process = ProcessInfo {
        uid: fstat(&dir).map_or(u32::MAX, |stat| stat.st_uid),
        held,
        masters: std::mem::take(&mut tables.masters),
        unseen: refused && !is_empty(&dir),
        maps: !zombie && (!maps || has_touched(&dir)),
        ..of_stat(pid, stat)
    };
    Some((process, runs))
}

fn of_stat(pid: Pid, stat: Stat) -> ProcessInfo {
    ProcessInfo {
        pid,
        ppid: stat.ppid,
        group: stat.group,
        letter: stat.state,
        zombie: stat.is_zombie(),
        threads: stat.threads - u64::from(stat.state == 'Z' && !stat.is_zombie()),
        start_time: stat.start_time,
        comm: stat.comm,
        ..ProcessInfo::default()
    }
}

/// The table, and whether it was refused.
pub(super) fn table(dir: &ProcDir, stat: &Stat, tables: &mut Tables) -> (Vec<Held>, bool) {
    let read = match stat.state {
        // The first thread has ended: the table is shown through another.
        'Z' => through_another(dir, tables),
        _ => tables.read(dir, c"fd"),
    };
    match read {
        Ok(held) => (held, false),
        Err(Errno::EACCES | Errno::EPERM) => (Vec::new(), true),
        Err(_) => (Vec::new(), false),
    }
}

fn through_another(dir: &ProcDir, tables: &mut Tables) -> nix::Result<Vec<Held>> {
    match dir.living_thread() {
        Some(task) => tables.read(&task, c"fd"),
        None => Ok(Vec::new()),
    }
}

/// Since Linux 6.2 the size of the folder is the number of descriptors, and anyone may see it; before, it is 0 for all.
fn is_empty(dir: &ProcDir) -> bool {
    let size = |dir: &ProcDir| nix::sys::stat::fstatat(dir, c"fd", nix::fcntl::AtFlags::empty()).map(|s| s.st_size);
    let told = ProcDir::of(nix::unistd::getpid().as_raw()).and_then(|own| size(&own)).is_ok_and(|size| size > 0);
    told && size(dir) == Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn we_are_on_the_machine_with_what_we_hold() {
        let (read_end, _write_end) = nix::unistd::pipe().unwrap();
        let reading = read().unwrap();
        let own = nix::unistd::getpid().as_raw();
        let me = reading.processes.iter().find(|p| p.pid == own).unwrap();
        assert!(me.held.iter().any(|h| h.fd == read_end.as_raw_fd() && matches!(h.thing, Thing::Pipe(_))));
        assert_eq!((me.ppid, me.unseen, me.zombie), (nix::unistd::getppid().as_raw(), false, false));
        assert!(reading.processes.is_sorted_by_key(|p| p.pid));
    }
}
