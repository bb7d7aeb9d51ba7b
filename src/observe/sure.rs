//! Whether what was read of several processes is so at one moment.
//!
//! A reading of /proc goes from one process to the next: while it does, one may close what another is found to wait for. What is
//! to be said of several together is held against them once more: none of them ran from before this second look until after it
//! ([`super::rested`]), so that it shows them as they were at one moment, the moment of its end.

use super::machine::{ProcessInfo, table};
use super::proc_dir::{self, ProcDir, entry};
use super::rested::{self, Ran, Runs};
use super::stat::Stat;
use super::{Call, Tables, still_in};
use crate::world::Pid;

/// So often it is tried: one that hangs may still wake for a signal now and then.
const TRIES: usize = 3;

/// These processes are as they were read, all at once, and each of these threads (process, thread) sleeps in its call, also those
/// of processes that are none of them, whose other threads may do what they like. `false` too where one of them runs now and then,
/// or is gone.
pub fn hold_still(processes: &[&ProcessInfo], calls: &[(Pid, Pid, &Call)]) -> bool {
    (0..TRIES).any(|_| hold_still_now(processes, calls).unwrap_or(false))
}

fn hold_still_now(processes: &[&ProcessInfo], calls: &[(Pid, Pid, &Call)]) -> Option<bool> {
    let root = proc_dir::root().ok()?;
    let mut tables = Tables::default();
    let mut rested: Vec<(&ProcessInfo, ProcDir, Option<Runs>)> = Vec::new();
    for process in processes {
        let dir = root.inside(&entry(process.pid)).ok()?;
        let stat = Stat::read(&dir).ok()?;
        let same = stat.start_time == process.start_time && stat.is_zombie() == process.zombie;
        // The dead do nothing, and hold nothing.
        let runs = if process.zombie || !Runs::are_told() { None } else { Some(Runs::read(&dir, process.pid, &stat)?) };
        if !same {
            return Some(false);
        }
        rested.push((process, dir, runs));
    }
    for (process, dir, _) in rested.iter().filter(|(p, ..)| !p.zombie && !p.unseen) {
        let (held, _) = table(dir, &Stat::read(dir).ok()?, &mut tables);
        if held != process.held {
            return Some(false);
        }
    }
    let apart = calls.iter().filter(|(pid, ..)| !processes.iter().any(|p| p.pid == *pid));
    let ran = |(pid, tid, _): &(Pid, Pid, &Call)| -> Option<Ran> {
        let tasks = root.inside(&entry(*pid)).and_then(|dir| dir.inside(c"task")).ok()?;
        rested::thread(&tasks, *tid)
    };
    let told = Runs::are_told();
    let ran_before = apart.clone().map(|one| ran(one).filter(|_| told)).collect::<Vec<_>>();
    if !calls.iter().all(|(pid, tid, call)| still_in(*pid, *tid, call)) {
        return Some(false);
    }
    if told && !apart.zip(ran_before).all(|(one, before)| before.is_some() && ran(one) == before) {
        return Some(false);
    }
    let has_rested = |(_, dir, runs): &(&ProcessInfo, ProcDir, Option<Runs>)| {
        runs.as_ref().is_none_or(|runs| Stat::read(dir).is_ok_and(|stat| runs.are_same(dir, &stat)))
    };
    Some(rested.iter().all(has_rested))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};

    fn read(pid: Pid) -> ProcessInfo {
        let reading = super::super::read_machine().unwrap();
        reading.processes.into_iter().find(|p| p.pid == pid).unwrap()
    }

    fn asleep_in_read(pid: Pid) -> Call {
        loop {
            let threads = super::super::threads(pid);
            if let Some(call) = threads.into_iter().find_map(|t| t.call.filter(|c| c.blocked.call == "read")) {
                return call;
            }
        }
    }

    #[test]
    fn who_sleeps_holds_still_and_who_was_read_before_something_changed_does_not() {
        let mut cats: Vec<Child> =
            (0..2).map(|_| Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap()).collect();
        let pids: Vec<Pid> = cats.iter().map(|cat| cat.id().cast_signed()).collect();
        let calls: Vec<Call> = pids.iter().map(|pid| asleep_in_read(*pid)).collect();
        let infos: Vec<ProcessInfo> = pids.iter().map(|pid| read(*pid)).collect();
        let both: Vec<&ProcessInfo> = infos.iter().collect();
        let calls: Vec<(Pid, Pid, &Call)> = pids.iter().zip(&calls).map(|(pid, call)| (*pid, *pid, call)).collect();
        assert!(hold_still(&both, &calls));
        // As another table, an earlier process of the same pid, and another call would have been read.
        let other = |change: fn(&mut ProcessInfo)| {
            let mut info = infos[0].clone();
            change(&mut info);
            hold_still(&[&info, &infos[1]], &calls)
        };
        assert!(!other(|p| p.held.clear()));
        assert!(!other(|p| p.start_time -= 1));
        let mut call = calls[0].2.clone();
        call.raw.1[0] += 1;
        assert!(!hold_still(&both, &[(pids[0], pids[0], &call)]));
        for cat in &mut cats {
            drop(cat.stdin.take());
            cat.wait().unwrap();
        }
        assert!(!hold_still(&both, &[]));
    }
}
