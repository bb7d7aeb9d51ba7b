//! A program or library: what of it is needed to unwind, and to find lines.

use super::debug::{self, Reader};
use super::lines::{Line, Lines};
use crate::world::Pid;
use object::{Object, ObjectSection, ObjectSegment, ObjectSymbol, ReadCache};
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
    /// Of each segment: offset in the file, length there, address.
    segments: Vec<(u64, u64, u64)>,
    eh_frame: Option<Section>,
    eh_frame_header: Option<Section>,
    debug_frame: Option<Section>,
    /// Where its debug information is: itself, or a file of its own.
    debug: Option<File>,
    lines: OnceCell<Option<Lines>>,
}

impl Elf {
    pub(super) fn open(path: &Path, pid: Pid, changed: SystemTime) -> Option<Elf> {
        let opened = File::open(path).ok()?;
        let cache = ReadCache::new(opened.try_clone().ok()?);
        let file = object::File::parse(&cache).ok()?;
        Some(Elf {
            changed,
            segments: file.segments().map(|s| (s.file_range().0, s.file_range().1, s.address())).collect(),
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

    /// What must be added to its addresses, given that this offset in the file is mapped at this address.
    pub(super) fn bias(&self, start: u64, offset: u64) -> u64 {
        let within = |(at, length, _): &&(u64, u64, u64)| {
            // A segment is mapped from the beginning of its first page on.
            let from = at & !0xfff;
            (from..at.saturating_add(*length)).contains(&offset)
        };
        let (at, _, address) = self.segments.iter().find(within).copied().unwrap_or_default();
        start.wrapping_sub(offset.wrapping_sub(at).wrapping_add(address))
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
