//! Memory that processes share by mapping it: `/proc/PID/maps`, proc_pid_maps(5). It outlives the descriptor it was mapped by.

use super::links::Thing;
use super::maps::{FileKey, parse};
use super::proc_dir::ProcDir;
use crate::world::{Access, Pid};
use std::io::Read;

/// A mapping that other processes may have too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// The memory.
    pub thing: Thing,
    /// Its path, as `/proc/PID/maps` has it.
    pub path: String,
    /// What may be done with it.
    pub access: Access,
}

/// The shared memory that each of these processes has mapped, each once; files on disk are left out, and processes that
/// have none or may not be looked at.
pub fn mapped(pids: &[Pid]) -> Vec<(Pid, Vec<Mapped>)> {
    let part = |pids: &[Pid]| {
        let mut buffer = vec![0; 64 << 10];
        let all = pids.iter().map(|pid| (*pid, of_process(*pid, &mut buffer)));
        all.filter(|(_, mapped)| !mapped.is_empty()).collect::<Vec<_>>()
    };
    if pids.len() < super::machine::WORTH_A_THREAD {
        return part(pids);
    }
    let (first, second) = pids.split_at(pids.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| part(second));
        let mut all = part(first);
        all.extend(other.join().unwrap_or_default());
        all
    })
}

/// What a process has mapped at this address, to share, a file on disk among it: processes that have the same mapped have one memory
/// there. `Ok(None)`: it is its own, and nobody else reaches it.
///
/// # Errors
/// Where its mappings may not be read, or there are none at that address any more.
pub fn shared_at(pid: Pid, address: u64) -> std::io::Result<Option<FileKey>> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let mut areas = maps.lines().filter_map(parse);
    let area = areas.find(|area| (area.start..area.end).contains(&address)).ok_or(std::io::ErrorKind::NotFound)?;
    Ok(area.shared.then(|| area.file()))
}

/// Whether a process has this mapped, to share; `false` also where that may not be read.
pub fn shares(pid: Pid, what: FileKey) -> bool {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    maps.lines().filter_map(parse).any(|area| area.shared && area.file() == what)
}

/// Whether a process has touched memory that others may have mapped too, which the kernel tells at a tenth of the cost of all
/// mappings: `RssShmem` of `/proc/PID/status` is not 0. Where there is no such line, it may have.
pub(super) fn has_touched(dir: &ProcDir) -> bool {
    let mut buffer = [0; 4096];
    let Ok(text) = dir.read_start(c"status", &mut buffer) else { return false };
    let line = text.split(|b| *b == b'\n').find_map(|line| line.strip_prefix(b"RssShmem:"));
    line.is_none_or(|line| line.trim_ascii() != b"0 kB")
}

fn of_process(pid: Pid, buffer: &mut Vec<u8>) -> Vec<Mapped> {
    let mut all: Vec<Mapped> = Vec::new();
    let text = std::fs::File::open(format!("/proc/{pid}/maps")).and_then(|file| read_all(file, buffer));
    for found in text.unwrap_or_default().split(|b| *b == b'\n').filter_map(one) {
        match all.iter_mut().find(|known| known.thing == found.thing) {
            Some(known) if found.access.writes() => known.access = Access::ReadWrite,
            Some(_) => {}
            None => all.push(found),
        }
    }
    all
}

/// The kernel gives a page at a time: the buffer is used again for each process, and grows as it must.
fn read_all(mut file: std::fs::File, buffer: &mut Vec<u8>) -> std::io::Result<&[u8]> {
    let mut length = 0;
    loop {
        if length == buffer.len() {
            buffer.resize(length * 2, 0);
        }
        match file.read(buffer.get_mut(length..).unwrap_or_default())? {
            0 => return Ok(buffer.get(..length).unwrap_or_default()),
            n => length += n,
        }
    }
}

/// `7f00-7f01 rw-s 00000000 00:01 1026  /dev/zero (deleted)`
fn one(line: &[u8]) -> Option<Mapped> {
    // Most lines are private: told by one byte, before any other work.
    let space = line.iter().position(|b| *b == b' ')?;
    let [read, write, _, b's', ..] = *line.get(space + 1..)? else { return None };
    let text = std::str::from_utf8(line).ok()?;
    let mut words = text.split_ascii_whitespace().skip(3);
    let (major, minor) = words.next()?.split_once(':')?;
    let device = (u32::from_str_radix(major, 16).ok()?, u32::from_str_radix(minor, 16).ok()?);
    let inode = words.next()?.parse().ok()?;
    let path = text.get(text.find('/')?..)?;
    let memory = ["/dev/shm/", "/memfd:", "/SYSV", "/dev/zero (deleted)"].iter().any(|start| path.starts_with(start));
    let access = match (read, write) {
        (_, b'w') => Access::ReadWrite,
        (b'r', _) => Access::Read,
        _ => Access::None,
    };
    (memory && inode != 0).then(|| Mapped { thing: Thing::Memory(inode, device), path: path.to_owned(), access })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_memory_is_told_from_files_and_private_memory() {
        let of = |line: &str| one(line.as_bytes()).map(|m| (m.thing, m.access, m.path));
        let zero = "7f5c1000-7f5c2000 rw-s 00000000 00:01 1026                       /dev/zero (deleted)";
        assert_eq!(of(zero), Some((Thing::Memory(1026, (0, 1)), Access::ReadWrite, "/dev/zero (deleted)".to_owned())));
        let shm = "7f5c1000-7f5c2000 r--s 00000000 00:1a 7                          /dev/shm/a b";
        assert_eq!(of(shm), Some((Thing::Memory(7, (0, 26)), Access::Read, "/dev/shm/a b".to_owned())));
        for other in [
            "7f5c1000-7f5c2000 rw-p 00000000 00:01 1026                      /dev/zero (deleted)",
            "7f5c1000-7f5c2000 r--s 00000000 08:01 99                        /usr/lib/gconv/gconv-modules.cache",
            "7f5c1000-7f5c2000 rw-p 00000000 00:00 0 ",
            "",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
