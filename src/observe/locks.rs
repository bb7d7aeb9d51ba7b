//! File locks and who waits for them: `/proc/locks`, proc_locks(5), and the `lock:` lines of fdinfo.

use super::proc_dir::{ProcDir, entry};
use super::sys;
use crate::world::{FdNumber, Pid};

/// A lock that is held, and who sleeps until it is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// `FLOCK` of flock(2), `POSIX` of fcntl(2), `OFDLCK` of fcntl's locks that belong to an open file description.
    pub kind: String,
    /// It keeps everyone out; else only those who want to write.
    pub write: bool,
    /// The process that took it; -1 where it belongs to an open file description, 0 for one of another pid namespace.
    pub pid: Pid,
    /// Device and inode of the file, as the kernel prints them: `08:01:1234`.
    pub file: String,
    /// The inode alone.
    pub inode: u64,
    /// The bytes it covers, as the kernel prints them: `0 EOF`.
    pub range: String,
    /// Processes that wait for it.
    pub waiters: Vec<Pid>,
}

impl Lock {
    /// Another lock that keeps the same waiters out, where several hold one for reading: the kernel lists them under one of these alone.
    pub fn is_beside(&self, other: &Lock) -> bool {
        let kind = |lock: &Lock| lock.kind == "FLOCK";
        !self.write && !other.write && kind(self) == kind(other) && self.file == other.file && self.overlaps(other)
    }

    fn overlaps(&self, other: &Lock) -> bool {
        let ends = |lock: &Lock| -> Option<(u64, u64)> {
            let (first, last) = lock.range.split_once(' ')?;
            Some((first.parse().ok()?, if last == "EOF" { u64::MAX } else { last.parse().ok()? }))
        };
        let (Some((first, last)), Some((start, end))) = (ends(self), ends(other)) else { return false };
        first <= end && start <= last
    }
}

/// Every lock of the files of which someone waits for one. Empty where the kernel does not tell.
pub fn contended() -> Vec<Lock> {
    let text = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    let all = parse(&text);
    let waited: Vec<String> =
        all.iter().filter(|lock| !lock.waiters.is_empty()).map(|lock| lock.file.clone()).collect();
    all.into_iter().filter(|lock| waited.contains(&lock.file)).collect()
}

fn parse(text: &str) -> Vec<Lock> {
    let mut all: Vec<(&str, Lock)> = Vec::new();
    for line in text.lines() {
        let Some((id, rest)) = line.split_once(':') else { continue };
        let waits = rest.trim_start().starts_with("->");
        let Some(lock) = one(rest.trim_start_matches([' ', '-', '>'])) else { continue };
        match all.iter_mut().find(|(known, _)| waits && *known == id) {
            Some((_, held)) => held.waiters.push(lock.pid),
            None if waits => {}
            None => all.push((id, lock)),
        }
    }
    all.into_iter().map(|(_, lock)| lock).collect()
}

/// `FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF`
fn one(text: &str) -> Option<Lock> {
    let mut words = text.split_ascii_whitespace();
    let kind = words.next()?.to_owned();
    let _how = words.next()?;
    let write = words.next()? == "WRITE";
    let pid = words.next()?.parse().ok()?;
    let file = words.next()?.to_owned();
    let inode = file.rsplit(':').next()?.parse().ok()?;
    let range = words.collect::<Vec<_>>().join(" ");
    Some(Lock { kind, write, pid, file, inode, range, waiters: Vec::new() })
}

/// The descriptors through which a process holds this lock. A flock(2) lock belongs to the open file description: a fork
/// hands it on, and it lives until the last copy is closed.
pub fn held_by(pid: Pid, lock: &Lock) -> Vec<FdNumber> {
    let Ok(process) = ProcDir::showing(pid) else { return Vec::new() };
    let (Ok(links), Ok(infos)) = (process.inside(c"fd"), process.inside(c"fdinfo")) else { return Vec::new() };
    let mut buffer = [0; 4096];
    let mut holds = |fd: &FdNumber| {
        let name = entry(*fd);
        if !sys::file_id(&links, &name).is_ok_and(|file| file.inode == lock.inode) {
            return false;
        }
        let text = infos.read(&name, &mut buffer).map(|text| String::from_utf8_lossy(text).into_owned());
        text.is_ok_and(|text| text.lines().any(|line| is_line_of(line, lock)))
    };
    links.numbers().unwrap_or_default().into_iter().filter(|fd| holds(fd)).collect()
}

/// `lock: 1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF`
fn is_line_of(line: &str, lock: &Lock) -> bool {
    let found = line.strip_prefix("lock:").and_then(|rest| one(rest.split_once(':')?.1));
    let key = |lock: &Lock| (lock.kind.clone(), lock.file.clone(), lock.pid, lock.range.clone());
    found.is_some_and(|found| key(&found) == key(lock))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "1: POSIX  ADVISORY  WRITE 708 08:01:1234 0 EOF\n\
        1: -> POSIX  ADVISORY  WRITE 709 08:01:1234 0 EOF\n\
        1:  -> POSIX  ADVISORY  READ  710 08:01:1234 0 EOF\n\
        2: FLOCK  ADVISORY  READ  99 00:2e:55 0 EOF\n\
        3: OFDLCK ADVISORY  WRITE -1 00:2e:56 0 9\n\
        3: -> OFDLCK ADVISORY  WRITE -1 00:2e:56 0 9\n\
        rubbish\n";

    #[test]
    fn holders_and_waiters() {
        let all = parse(TEXT);
        let brief: Vec<_> = all.iter().map(|l| (l.kind.as_str(), l.write, l.pid, l.inode, l.waiters.len())).collect();
        assert_eq!(brief, [("POSIX", true, 708, 1234, 2), ("FLOCK", false, 99, 55, 0), ("OFDLCK", true, -1, 56, 1)]);
        assert_eq!(all[0].waiters, [709, 710]);
    }

    #[test]
    fn several_may_hold_one_for_reading() {
        let lock = |text: &str| one(text).unwrap();
        let held = lock("POSIX ADVISORY READ 1 08:01:1234 0 9");
        for (other, beside) in [
            ("POSIX ADVISORY READ 2 08:01:1234 5 EOF", true),
            ("OFDLCK ADVISORY READ -1 08:01:1234 9 9", true),
            ("POSIX ADVISORY READ 2 08:01:1234 10 EOF", false),
            ("POSIX ADVISORY WRITE 2 08:01:1234 0 9", false),
            ("FLOCK ADVISORY READ 2 08:01:1234 0 EOF", false),
            ("POSIX ADVISORY READ 2 08:01:1235 0 9", false),
        ] {
            assert_eq!(held.is_beside(&lock(other)), beside, "{other}");
        }
    }

    #[test]
    fn a_descriptor_tells_its_lock() {
        let lock = &parse(TEXT)[1];
        assert!(is_line_of("lock:\t1: FLOCK  ADVISORY  READ  99 00:2e:55 0 EOF", lock));
        assert!(!is_line_of("lock:\t1: FLOCK  ADVISORY  READ  98 00:2e:55 0 EOF", lock));
        assert!(!is_line_of("lock:\t1: FLOCK  ADVISORY  READ  99 00:2e:55 0 9", lock));
        assert!(!is_line_of("pos:\t0", lock));
    }
}
