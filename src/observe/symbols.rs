//! What a program calls an address of its data, by the symbols of its file: `jobs`, `state+16`.

use super::maps::{Area, parse};
use crate::world::Pid;
use object::{Object, ObjectSegment, ObjectSymbol, ReadCache, SymbolKind};
use std::fs::{File, metadata, read_to_string};
use std::os::unix::fs::MetadataExt;

/// A file with more symbols is left alone.
const MOST: usize = 1 << 20;

/// The variable at this address of a process, and how far into it; `None` where no file has a name for it, as for all that was
/// allocated, or where that may not be read.
pub fn variable_at(pid: Pid, address: u64) -> Option<String> {
    let maps = read_to_string(format!("/proc/{pid}/maps")).ok()?;
    let areas: Vec<Area> = maps.lines().filter_map(parse).collect();
    let at = areas.iter().position(|a| (a.start..a.end).contains(&address))?;
    let area = file_of(&areas, at)?;
    let path = format!("/proc/{pid}/root{}", area.path);
    // Another file may have been put into its place.
    metadata(&path).ok().filter(|m| m.ino() == area.inode)?;
    let cache = ReadCache::new(File::open(path).ok()?);
    let file = object::File::parse(&cache).ok()?;
    let within = address.checked_sub(bias(&file, area)?)?;
    let all = || file.symbols().chain(file.dynamic_symbols());
    if all().nth(MOST).is_some() {
        return None;
    }
    let holds = |s: &object::Symbol<'_, '_, _>| {
        s.is_definition()
            && s.kind() == SymbolKind::Data
            && within.checked_sub(s.address()).is_some_and(|n| n < s.size())
    };
    let symbol = all().find(holds)?;
    let name = symbol.name().ok()?;
    // Any letter is a type's name to who demangles.
    let mangled = ["_Z", "_R"].iter().any(|start| name.starts_with(start));
    let name = if mangled { addr2line::demangle_auto(name.into(), None).into_owned() } else { name.to_owned() };
    match within - symbol.address() {
        0 => Some(name),
        more => Some(format!("{name}+{more}")),
    }
}

/// The area of the file that this area belongs to: itself or, where variables that begin as 0 are (`.bss`), the one that ends where
/// it begins.
fn file_of(areas: &[Area], at: usize) -> Option<&Area> {
    let area = areas.get(at)?;
    if area.inode != 0 {
        return Some(area);
    }
    let before = areas.get(at.checked_sub(1)?)?;
    (before.inode != 0 && before.end == area.start && area.path.is_empty()).then_some(before)
}

/// What must be added to an address of the file to have that of the process.
fn bias<'c>(file: &object::File<'c, &'c ReadCache<File>>, area: &Area) -> Option<u64> {
    let begins = |s: &object::Segment<'c, '_, _>| {
        let (offset, length) = s.file_range();
        // A segment is mapped from the beginning of its first page on.
        ((offset & !0xfff)..offset.saturating_add(length.max(1))).contains(&area.offset)
    };
    // Where one ends in the page in which the next begins, that page is mapped with both: the later one has the data.
    let segment = file.segments().filter(begins).last()?;
    let at = area.offset.wrapping_sub(segment.file_range().0).wrapping_add(segment.address());
    Some(area.start.wrapping_sub(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    static DATA: [AtomicU64; 2] = [AtomicU64::new(7), AtomicU64::new(8)];
    static ZERO: AtomicU64 = AtomicU64::new(0);

    #[test]
    fn variables_are_called_by_their_names() {
        let me = nix::unistd::getpid().as_raw();
        let of = |word: &AtomicU64| variable_at(me, std::ptr::from_ref(word) as u64);
        let ends = |word, end| of(word).is_some_and(|name| name.contains("symbols::tests::") && name.ends_with(end));
        assert!(ends(&DATA[0], "::DATA"), "{:?}", of(&DATA[0]));
        assert!(ends(&DATA[1], "::DATA+8"), "{:?}", of(&DATA[1]));
        assert!(ends(&ZERO, "::ZERO"), "{:?}", of(&ZERO));
        let allocated = Box::new(AtomicU64::new(DATA[0].load(Ordering::Relaxed)));
        assert_eq!(of(&allocated), None);
        assert_eq!(variable_at(me, 0), None);
    }
}
