//! Debug information: in the program itself, or in a file of its own.

use crate::world::Pid;
use gimli::{EndianRcSlice, RunTimeEndian};
use object::{Object, ObjectSection, ReadCache};
use std::borrow::Cow;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// How the bytes of a file are had.
pub(super) type Reader<'c> = &'c ReadCache<File>;
/// Debug information that is read.
pub(super) type Dwarf = gimli::Dwarf<EndianRcSlice<RunTimeEndian>>;

/// A section that is longer (bytes) is left alone: reading it would hold the program up.
const LARGEST: u64 = 256 << 20;
/// Where systems keep debug information, gdb(1).
const FOLDER: &str = "/usr/lib/debug";

/// The file with the lines of a program, which is open; `None` where there are none.
pub(super) fn place<'c>(file: &object::File<'c, Reader<'c>>, opened: &File, path: &Path, pid: Pid) -> Option<File> {
    if has_lines(file) {
        return opened.try_clone().ok();
    }
    let by_id = file.build_id().ok().flatten().and_then(of_build_id);
    let by_id = by_id.and_then(|at| open(&super::files::beneath_root(pid, &at)));
    by_id.or_else(|| file.gnu_debuglink().ok().flatten().and_then(|(name, crc)| linked(path, name, crc)))
}

fn has_lines<'c>(file: &object::File<'c, Reader<'c>>) -> bool {
    file.section_by_name(".debug_line").is_some_and(|section| section.size() > 0)
}

/// A file of debug information.
fn open(path: &Path) -> Option<File> {
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let opened = File::open(path).ok()?;
    let cache = ReadCache::new(opened.try_clone().ok()?);
    object::File::parse(&cache).is_ok_and(|file| has_lines(&file)).then_some(opened)
}

/// `/usr/lib/debug/.build-id/ab/cdef.debug`
fn of_build_id(id: &[u8]) -> Option<PathBuf> {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let (first, rest) = id.split_first().filter(|(_, rest)| !rest.is_empty() && rest.len() < 64)?;
    Some(Path::new(FOLDER).join(format!(".build-id/{}/{}.debug", hex(&[*first]), hex(rest))))
}

/// The file that a program names, in the places where gdb(1) looks for it, with the checksum it must have.
fn linked(path: &Path, name: &[u8], crc: u32) -> Option<File> {
    let name = std::str::from_utf8(name).ok().filter(|n| !n.is_empty() && !n.contains('/'))?;
    let folder = path.parent()?;
    let places = [folder.join(name), folder.join(".debug").join(name)];
    let at = places.into_iter().find(|at| at != path && checksum(at) == Some(crc))?;
    open(&at)
}

fn checksum(path: &Path) -> Option<u32> {
    let small = std::fs::metadata(path).ok().is_some_and(|meta| meta.is_file() && meta.len() <= LARGEST);
    small.then(|| std::fs::read(path).ok()).flatten().map(|bytes| crc32fast::hash(&bytes))
}

/// Read it.
pub(super) fn read(opened: &File) -> Option<Dwarf> {
    let cache = ReadCache::new(opened.try_clone().ok()?);
    let file = object::File::parse(&cache).ok()?;
    let endian = if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let load = |id: gimli::SectionId| -> Result<_, gimli::Error> {
        let section = file.section_by_name(id.name()).filter(|s| s.size() <= LARGEST);
        let bytes = section.and_then(|s| s.uncompressed_data().ok()).unwrap_or(Cow::Borrowed(&[]));
        Ok(EndianRcSlice::new(Rc::from(&*bytes), endian))
    };
    gimli::Dwarf::load(load).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_id_names_a_file() {
        let named = |id: &[u8]| of_build_id(id).map(|p| p.to_string_lossy().into_owned());
        assert_eq!(named(&[0xab, 0x01, 0xff]).as_deref(), Some("/usr/lib/debug/.build-id/ab/01ff.debug"));
        assert_eq!((named(&[]), named(&[1]), named(&[7; 99])), (None, None, None));
    }
}
