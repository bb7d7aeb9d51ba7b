//! A program or library: what of it is needed to unwind, and to find lines.

use super::debug::{self, Reader};
use super::lines::{Line, Lines};
use crate::world::Pid;
use object::{Object, ObjectSection, ObjectSegment, ObjectSymbol, ReadCache, SegmentFlags};
use std::cell::OnceCell;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::time::SystemTime;

/// Unwind information that is longer (bytes) is left alone.
const LARGEST: u64 = 64 << 20;

/// The bytes of a section, and its addresses.
#[derive(Clone)]
struct Section {
    addresses: Range<u64>,
    bytes: Rc<[u8]>,
}

/// One file.
///
/// It is kept open: the process by whose root it was found may be gone when more of it is needed.
pub(super) struct Elf {
    file: File,
    /// When it was last changed.
    pub(super) changed: SystemTime,
    /// Of each segment that may be executed.
    segments: Vec<Segment>,
    eh_frame: Option<Section>,
    eh_frame_header: Option<Section>,
    debug_frame: Option<Section>,
    /// Where its debug information is: itself, or a file of its own.
    debug: Option<File>,
    lines: OnceCell<Option<Lines>>,
}

/// A part of the file that is mapped.
#[derive(Debug, Clone, Copy, Default)]
struct Segment {
    /// Where in the file it begins, and how long it is there.
    offset: u64,
    length: u64,
    /// The address that the file gives to its beginning.
    address: u64,
}

/// One that may be executed; of the others nobody asks, and the page in which one ends and the next begins is mapped with both.
fn executable<'d>(segment: &impl ObjectSegment<'d>) -> Option<Segment> {
    let SegmentFlags::Elf { p_flags } = segment.flags() else { return None };
    let (offset, length) = segment.file_range();
    (p_flags & object::elf::PF_X != 0).then_some(Segment { offset, length, address: segment.address() })
}

fn bias(segments: &[Segment], start: u64, offset: u64) -> u64 {
    // A segment is mapped from the beginning of its first page on.
    let within = |s: &&Segment| ((s.offset & !0xfff)..s.offset.saturating_add(s.length)).contains(&offset);
    let segment = segments.iter().find(within).copied().unwrap_or_default();
    start.wrapping_sub(offset.wrapping_sub(segment.offset).wrapping_add(segment.address))
}

impl Elf {
    pub(super) fn open(path: &Path, pid: Pid, changed: SystemTime) -> Option<Elf> {
        let opened = File::open(path).ok()?;
        let cache = ReadCache::new(opened.try_clone().ok()?);
        let file = object::File::parse(&cache).ok()?;
        Some(Elf {
            changed,
            segments: file.segments().filter_map(|s| executable(&s)).collect(),
            eh_frame: section(&file, ".eh_frame"),
            eh_frame_header: section(&file, ".eh_frame_hdr"),
            debug_frame: section(&file, ".debug_frame"),
            debug: debug::place(&file, &opened, path, pid),
            lines: OnceCell::new(),
            file: opened,
        })
    }

    /// There is debug information for it.
    pub(super) fn has_lines(&self) -> bool {
        self.debug.is_some()
    }

    /// What must be added to its addresses, given that this offset in the file is mapped at this address, to be executed.
    pub(super) fn bias(&self, start: u64, offset: u64) -> u64 {
        bias(&self.segments, start, offset)
    }

    /// What the unwinder needs of it.
    pub(super) fn unwinding(&self) -> framehop::ExplicitModuleSectionInfo<Rc<[u8]>> {
        let bytes = |section: &Option<Section>| section.as_ref().map(|s| Rc::clone(&s.bytes));
        let addresses = |section: &Option<Section>| section.as_ref().map(|s| s.addresses.clone());
        framehop::ExplicitModuleSectionInfo {
            eh_frame_svma: addresses(&self.eh_frame),
            eh_frame: bytes(&self.eh_frame),
            eh_frame_hdr_svma: addresses(&self.eh_frame_header),
            eh_frame_hdr: bytes(&self.eh_frame_header),
            debug_frame: bytes(&self.debug_frame),
            ..Default::default()
        }
    }

    /// The line at an address of the file.
    pub(super) fn line(&self, address: u64) -> Option<Rc<Line>> {
        let read = || Lines::of(debug::read(self.debug.as_ref()?)?);
        self.lines.get_or_init(read).as_ref()?.at(address)
    }

    /// The addresses of these symbols, where they are defined.
    pub(super) fn symbols<const N: usize>(&self, names: [&str; N]) -> [Option<u64>; N] {
        let mut found = [None; N];
        let Ok(file) = self.file.try_clone() else { return found };
        let cache = ReadCache::new(file);
        let Ok(file) = object::File::parse(&cache) else { return found };
        for symbol in file.dynamic_symbols().chain(file.symbols()).filter(|s| s.is_definition()) {
            let at = names.iter().position(|name| symbol.name() == Ok(name));
            if let Some(slot) = at.and_then(|at| found.get_mut(at)) {
                slot.get_or_insert(symbol.address());
            }
        }
        found
    }
}

fn section<'c>(file: &object::File<'c, Reader<'c>>, name: &str) -> Option<Section> {
    let section = file.section_by_name(name).filter(|s| s.size() <= LARGEST)?;
    let bytes = section.uncompressed_data().ok().filter(|bytes| !bytes.is_empty())?;
    Some(Section { addresses: section.address()..section.address() + section.size(), bytes: Rc::from(&*bytes) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_wherever_linkers_put_the_code() {
        let (base, at) = (0x5555_0000_0000, |offset, length, address| Segment { offset, length, address });
        let table = [
            // GNU ld: each segment on pages of its own. Mapped from, at which offset.
            (at(0x1000, 0x2345, 0x1000), 0x1000, 0x1000),
            // LLVM's: in the page where the one before ends, and so its addresses are a page ahead.
            (at(0x1_ab10, 0x5_1dd0, 0x1_bb10), 0x1_b000, 0x1_a000),
            // The whole of it, from the beginning.
            (at(0, 0x9000, 0), 0, 0),
        ];
        for (segment, mapped, offset) in table {
            assert_eq!(bias(&[segment], base + mapped, offset), base, "{segment:x?}");
        }
        // Not to be moved: its addresses are those that it gives.
        assert_eq!(bias(&[at(0x1000, 0x5000, 0x40_1000)], 0x40_1000, 0x1000), 0);
    }
}
