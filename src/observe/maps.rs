//! What a process has mapped: `/proc/PID/maps`, proc_pid_maps(5).

use super::Subject;
use super::blocked::{Asleep, Memory, memory_of};
use super::objects::{self, Objects};
use super::proc_dir::ProcDir;
use crate::world::{Access, Known, Mapped, Mapping, ObjectId, Space, State};
use std::io::Read;

/// So many words at the start of a mapping are read.
pub(super) const WORDS: usize = 8;
/// The stage's own memory, by which a process is spoken to: no part of the lesson.
const MAILBOXES: &str = "/memfd:pipescope-stage (deleted)";

/// One line of the file: an area of a process's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// Its first address.
    pub start: u64,
    /// The address after its last.
    pub end: u64,
    /// What its pages may be used for.
    pub access: Access,
    /// `MAP_SHARED`.
    pub shared: bool,
    /// Where in the file it begins.
    pub offset: u64,
    /// Of what is mapped: major and minor device number.
    pub device: (u32, u32),
    /// Its inode; 0 for anonymous memory.
    pub inode: u64,
    /// Its path, perhaps empty.
    pub path: String,
}

impl Area {
    /// A file that is only looked things up in, as the C library has some: nothing that is told through it.
    pub fn is_table(&self) -> bool {
        let file = self.path.starts_with('/') && !["/memfd:", "/dev/"].iter().any(|p| self.path.starts_with(p));
        self.shared && file && !self.access.writes() && !is_memory(&self.path)
    }

    /// Memory that processes share, and no file of theirs.
    pub fn is_memory(&self) -> bool {
        self.shared && is_memory(&self.path)
    }

    /// Device and inode: what it is known again by, whatever it is called.
    pub fn file(&self) -> FileKey {
        FileKey { device: self.device, inode: self.inode }
    }

    /// The identity of what it shows.
    pub fn object(&self) -> ObjectId {
        objects::named(&self.path, self.inode)
    }
}

/// What a file, or memory that lies behind an inode, is known again by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileKey {
    /// Major and minor number.
    pub device: (u32, u32),
    /// The number of its inode.
    pub inode: u64,
}

/// The path of memory, in the words of `/proc/PID/maps`: shm_overview(7), memfd_create(2), sysvipc(7), and what has no name, of which
/// prctl(2) can give the mapping one (`PR_SET_VMA_ANON_NAME`).
fn is_memory(path: &str) -> bool {
    ["/dev/shm/", "/memfd:", "/SYSV", "/dev/zero (deleted)", "/anon_hugepage (deleted)", "[anon_shmem:"]
        .iter()
        .any(|start| path.starts_with(start))
}

/// What a process has mapped, and the word it sleeps at. Each object gets one more that maps it.
pub(super) fn read(subject: &Subject, state: &State, objects: &mut Objects) -> Space {
    if !state.is_alive() {
        return Space::default();
    }
    let Ok(dir) = ProcDir::of(subject.pid) else { return Space::default() };
    let mut text = String::new();
    let read = dir.file(c"maps").map_err(std::io::Error::from);
    if let Err(error) = read.and_then(|file| std::fs::File::from(file).read_to_string(&mut text)) {
        let why = match error.kind() {
            std::io::ErrorKind::PermissionDenied => "no permission to read its mappings; root may".to_owned(),
            _ => format!("its mappings could not be read ({error})"),
        };
        return Space { unreadable: Some(why), ..Space::default() };
    }
    let memory = memory_of(subject.pid, &dir);
    let mut mappings = mappings(subject, &text.lines().filter_map(parse).collect::<Vec<_>>(), objects);
    for mapping in &mut mappings {
        mapping.words = words(mapping, &memory);
        if let Some(id) = &mapping.object {
            let (process, pid, name) = (subject.name.clone(), subject.pid, mapping.name);
            let mapped = Mapped { process, pid, name, access: mapping.access, shared: mapping.shared };
            objects.mapped(id, mapped, mapping);
        }
    }
    let in_futex = state.blocked_in().is_some_and(|b| b.call == "futex");
    let waits_at = if in_futex { Asleep::read(&dir).ok().and_then(Asleep::word) } else { None };
    Space { mappings, unreadable: None, waits_at }
}

/// The shared areas, and the private ones that calls made; those that calls made by their names.
fn mappings(subject: &Subject, areas: &[Area], objects: &mut Objects) -> Vec<Mapping> {
    let mut out = Vec::new();
    for area in areas.iter().filter(|a| a.path != MAILBOXES && !a.is_table()) {
        let within = |start: u64| area.start <= start && start < area.end;
        let named: Vec<_> = subject.maps.iter().filter(|(_, start, _)| within(*start)).collect();
        let object = (area.inode != 0 && (area.shared || !named.is_empty())).then(|| objects.of_area(area));
        let mapping = |name, start: u64, length| Mapping {
            name,
            start,
            length,
            access: area.access,
            shared: area.shared,
            object: object.clone(),
            offset: area.offset + (start - area.start),
            words: Known::No("nobody has looked".into()),
        };
        out.extend(named.iter().map(|(name, start, length)| mapping(Some(*name), *start, *length)));
        if named.is_empty() && area.shared {
            out.push(mapping(None, area.start, area.end - area.start));
        }
    }
    out
}

fn words(mapping: &Mapping, memory: Memory<'_>) -> Known<Vec<u64>> {
    let mut bytes = [0; WORDS * 8];
    match memory(mapping.start, &mut bytes) {
        Some(n) if n > 0 => Known::Yes(to_words(bytes.get(..n).unwrap_or_default())),
        _ => Known::No("there is nothing behind it that could be read".into()),
    }
}

/// Bytes as words of 64 bits, in this machine's order.
pub(super) fn to_words(bytes: &[u8]) -> Vec<u64> {
    bytes.chunks_exact(8).map(|word| word.try_into().map_or(0, u64::from_ne_bytes)).collect()
}

/// `7f0000000000-7f0000001000 rw-s 00000000 00:01 1044  /dev/zero (deleted)`
pub(super) fn parse(line: &str) -> Option<Area> {
    let mut words = line.splitn(6, ' ');
    let (start, end) = words.next()?.split_once('-')?;
    let permissions = words.next()?;
    let hex = |text: &str| u64::from_str_radix(text, 16).ok();
    let offset = hex(words.next()?)?;
    let (major, minor) = words.next()?.split_once(':')?;
    let device = (u32::from_str_radix(major, 16).ok()?, u32::from_str_radix(minor, 16).ok()?);
    let inode = words.next()?.parse().ok()?;
    let path = words.next().unwrap_or_default().trim_start().to_owned();
    let access = match (permissions.starts_with('r'), permissions.get(1..2) == Some("w")) {
        (true, true) => Access::ReadWrite,
        (true, false) => Access::Read,
        (false, true) => Access::Write,
        (false, false) => Access::None,
    };
    let shared = permissions.ends_with('s');
    Some(Area { start: hex(start)?, end: hex(end)?, access, shared, offset, device, inode, path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::MapName;

    const TEXT: &str = "\
55d0c0000000-55d0c0001000 r--p 00000000 08:01 131 /usr/bin/cat
7f0000000000-7f0000001000 rw-s 00000000 00:01 1044                       /dev/zero (deleted)
7f0000001000-7f0000004000 rw-p 00000000 00:00 0
7f0000005000-7f0000006000 r--s 00001000 00:19 77                         /dev/shm/pipescope-aB3dEf.counter
7f0000007000-7f0010000000 rw-s 00000000 00:01 12                         /memfd:pipescope-stage (deleted)
7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]
";

    #[test]
    fn shared_areas_are_told_and_private_ones_where_a_call_made_them() {
        let mut objects = Objects::default();
        let maps = vec![(MapName(1), 0x7f00_0000_0000, 4096), (MapName(2), 0x7f00_0000_2000, 4096)];
        let subject = Subject { maps, ..Subject::default() };
        let areas: Vec<Area> = TEXT.lines().filter_map(parse).collect();
        let told: Vec<String> = mappings(&subject, &areas, &mut objects)
            .iter()
            .map(|m| {
                let name = m.name.map_or_else(|| "-".to_owned(), |n| n.to_string());
                let object = m.object.as_ref().map_or("-", |id| id.0.as_str());
                format!("{name} {:x} {} {:?} shared={} {object} {}", m.start, m.length, m.access, m.shared, m.offset)
            })
            .collect();
        assert_eq!(
            told,
            [
                "m1 7f0000000000 4096 ReadWrite shared=true anonymous:[1044] 0",
                "m2 7f0000002000 4096 ReadWrite shared=false - 4096",
                "- 7f0000005000 4096 Read shared=true /dev/shm/pipescope-aB3dEf.counter 4096",
            ]
        );
    }

    #[test]
    fn what_is_no_area_is_passed_over() {
        for line in ["", "x", "1-2", "1-2 rw-p", "1-2 rw-p 0 0:0", "1-2 rw-p 0 00 1", "z-2 rw-p 0 0:0 0"] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
