//! Who has not run since the last reading, and so has the table and sleeps in the call that it had then.
//!
//! A table of descriptors is changed by the threads that have it and by nobody else: by their calls, or by what the kernel has
//! them do once they run (`task_work_add` in kernel/task_work.c, as for descriptors that a supervisor adds,
//! seccomp_unotify(2)). The kernel counts how often each thread was given a processor and how long it had one
//! (`/proc/PID/task/TID/schedstat`, Documentation/scheduler/sched-stats.rst). The one number grows when it begins to run, the
//! other when it stops: where both are as they were and it sleeps, it has not run in between, however short.
//!
//! No other sign of /proc proves that: the times of `stat` are hundredths of a second, and the size of the folder `fd` is the same
//! after a close and an open.
//!
//! Processes may have one table (`CLONE_FILES` of clone(2) without `CLONE_THREAD`): kcmp(2) tells. Of those each is read each time. A
//! process that may not be looked into, and has one table with one that may be, is not found out.

use super::proc_dir::{ProcDir, entry};
use super::stat::Stat;
use super::sys;
use crate::world::Pid;
use nix::errno::Errno;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Nanoseconds on a processor, and how often it was given one.
pub(super) type Ran = [u64; 2];

/// How much each thread of a process had run, and the process that is meant by the pid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Runs {
    start_time: u64,
    threads: Vec<(Pid, Ran)>,
}

impl Runs {
    /// As it is now; `None` where a thread runs, is new or may have ended, or the kernel does not tell.
    pub(super) fn read(dir: &ProcDir, pid: Pid, stat: &Stat) -> Option<Runs> {
        let start_time = stat.start_time;
        if is_awake(stat) {
            return None;
        }
        if stat.threads <= 1 {
            return Some(Runs { start_time, threads: vec![(pid, ran(dir)?)] });
        }
        let tasks = dir.inside(c"task").ok()?;
        let one = |tid: Pid| Some((tid, thread(&tasks, tid)?));
        let threads = tasks.numbers().ok()?.into_iter().map(one).collect::<Option<Vec<_>>>()?;
        (threads.len() as u64 == stat.threads).then_some(Runs { start_time, threads })
    }

    /// The kernel keeps these counts.
    pub(super) fn are_told() -> bool {
        ProcDir::of(nix::unistd::getpid().as_raw()).is_ok_and(|own| ran(&own).is_some())
    }

    /// None of its threads has run since.
    pub(super) fn are_same(&self, dir: &ProcDir, stat: &Stat) -> bool {
        if is_awake(stat) || stat.start_time != self.start_time || stat.threads != self.threads.len() as u64 {
            return false;
        }
        match self.threads.as_slice() {
            [(_, before)] => ran(dir) == Some(*before),
            many => {
                let Ok(tasks) = dir.inside(c"task") else { return false };
                many.iter().all(|(tid, before)| thread(&tasks, *tid) == Some(*before))
            }
        }
    }
}

/// Of a thread that sleeps.
pub(super) fn thread(tasks: &ProcDir, tid: Pid) -> Option<Ran> {
    let dir = tasks.inside(&entry(tid)).ok()?;
    // Its own state: a thread that has been running all the time is counted only when it stops.
    if is_awake(&Stat::read(&dir).ok()?) { None } else { ran(&dir) }
}

/// A first thread that has ended before the others does nothing any more, and is shown until they have ended too.
fn is_awake(stat: &Stat) -> bool {
    !matches!(stat.state, 'S' | 'D' | 'T' | 't') && (stat.state != 'Z' || stat.is_zombie())
}

/// `None` too where the kernel was built without these counts (`CONFIG_SCHED_INFO`): it says 0.
fn ran(dir: &ProcDir) -> Option<Ran> {
    let mut buffer = [0; 128];
    let text = std::str::from_utf8(dir.read_start(c"schedstat", &mut buffer).ok()?).ok()?;
    let mut words = text.split_ascii_whitespace();
    let time = words.next()?.parse().ok()?;
    let _waited = words.next()?;
    let times: u64 = words.next()?.parse().ok()?;
    (times > 0).then_some([time, times])
}

/// Which processes have one table, found by the order in which the kernel keeps tables.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// Every process that may be looked into, in that order: those that have one table stand side by side.
    order: Vec<Pid>,
    /// Those that have theirs together with another, or of which that could not be found out.
    together: BTreeSet<Pid>,
    /// kcmp(2) tells nothing here.
    untold: bool,
}

impl Tables {
    /// Some processes have run, or are new, and may have got another table; these are still there, and have not run.
    pub(super) fn update(&mut self, ran: &[Pid], rested: &BTreeSet<Pid>) {
        self.order.retain(|pid| rested.contains(pid));
        self.together.retain(|pid| rested.contains(pid));
        for pid in ran {
            match sys::compare_tables(*pid, *pid) {
                Ok(_) => self.put(*pid),
                Err(Errno::ENOSYS) => self.untold = true,
                // It is gone, or may not be looked into, and no more may its table.
                Err(_) => {}
            }
        }
    }

    fn put(&mut self, pid: Pid) {
        match self.place(pid) {
            Ok(Ok(at)) => {
                self.together.extend(self.order.get(at).copied().into_iter().chain([pid]));
                self.order.insert(at, pid);
            }
            Ok(Err(at)) => self.order.insert(at, pid),
            Err(_) => drop(self.together.insert(pid)),
        }
    }

    /// Where in the order its table is, or would be.
    fn place(&mut self, pid: Pid) -> nix::Result<Result<usize, usize>> {
        let (mut low, mut high) = (0_usize, self.order.len());
        while let Some(other) = self.order.get(low.midpoint(high)).copied().filter(|_| low < high) {
            let middle = low.midpoint(high);
            match sys::compare_tables(other, pid) {
                Ok(Some(Ordering::Equal)) => return Ok(Ok(middle)),
                Ok(Some(Ordering::Less)) => low = middle + 1,
                Ok(Some(Ordering::Greater)) => high = middle,
                // The other has ended meanwhile.
                Err(Errno::ESRCH) if sys::compare_tables(pid, pid).is_ok() => {
                    self.order.remove(middle);
                    high -= 1;
                }
                Ok(None) => return Err(Errno::ENOSYS),
                Err(errno) => return Err(errno),
            }
        }
        Ok(Err(low))
    }

    /// No other process can change this one's table, as far as that can be found out.
    pub(super) fn is_its_own(&self, pid: Pid) -> bool {
        !self.untold && !self.together.contains(&pid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};

    /// Sleeps in a read until something comes.
    fn sleeper() -> Child {
        Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
    }

    fn looked_at(pid: Pid) -> (ProcDir, Stat) {
        let dir = ProcDir::of(pid).unwrap();
        let stat = Stat::read(&dir).unwrap();
        (dir, stat)
    }

    /// Until it sleeps and stays asleep: how much it has run by then.
    fn settled(pid: Pid) -> Runs {
        loop {
            let (dir, stat) = looked_at(pid);
            let Some(runs) = Runs::read(&dir, pid, &stat) else { continue };
            let call = dir.file(c"syscall").and_then(|_| super::super::blocked::Asleep::read(&dir));
            if matches!(call, Ok(super::super::blocked::Asleep::In(number, _)) if number.name() == "read") {
                return runs;
            }
        }
    }

    #[test]
    fn who_sleeps_on_has_not_run_and_who_was_woken_once_has() {
        use std::io::{Read, Write};
        let mut cat = sleeper();
        let pid = cat.id().cast_signed();
        let before = settled(pid);
        let (dir, stat) = looked_at(pid);
        assert!(before.are_same(&dir, &stat));
        cat.stdin.as_mut().unwrap().write_all(b"x").unwrap();
        cat.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        let after = settled(pid);
        let (dir, stat) = looked_at(pid);
        assert!(!before.are_same(&dir, &stat), "it has read a byte and written it");
        assert!(after.are_same(&dir, &stat));
        // Another process of the same pid, with the same counts.
        let reused = Runs { start_time: after.start_time + 1, ..after };
        assert!(!reused.are_same(&dir, &stat));
        drop(cat.stdin.take());
        cat.wait().unwrap();
    }

    #[test]
    fn who_runs_is_never_taken_for_asleep() {
        let pid = nix::unistd::getpid().as_raw();
        let (dir, stat) = looked_at(pid);
        // This thread runs, whatever the first one does.
        assert_eq!(Runs::read(&dir, pid, &stat), None);
    }

    #[test]
    fn processes_with_tables_of_their_own_are_told_from_those_with_one() {
        let mut cats: Vec<Child> = (0..9).map(|_| sleeper()).collect();
        let pids: Vec<Pid> = cats.iter().map(|cat| cat.id().cast_signed()).collect();
        let mut tables = Tables::default();
        tables.update(&pids, &BTreeSet::new());
        if tables.untold {
            eprintln!("skipped: this kernel has no kcmp");
        } else {
            assert!(pids.iter().all(|pid| tables.is_its_own(*pid)));
            assert_eq!(tables.order.len(), pids.len());
            // A thread has the table of its process, and for kcmp it is a process like any other.
            let own = nix::unistd::getpid().as_raw();
            let tid = nix::unistd::gettid().as_raw();
            tables.update(&[own, tid], &pids.iter().copied().collect());
            assert!(!tables.is_its_own(own) && !tables.is_its_own(tid));
            assert!(pids.iter().all(|pid| tables.is_its_own(*pid)));
            // One is gone: the others are found all the same.
            cats[4].kill().unwrap();
            cats[4].wait().unwrap();
            tables.update(&[tid], &pids.iter().copied().chain([own]).collect());
            assert!(!tables.is_its_own(tid));
        }
        for mut cat in cats {
            drop(cat.stdin.take());
            cat.wait().unwrap();
        }
    }
}
