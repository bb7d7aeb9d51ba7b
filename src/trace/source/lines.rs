//! From an address to a line, by debug information (DWARF).

use super::debug::Dwarf;
use super::space::is_of_the_system;
use addr2line::Context;
use gimli::{EndianRcSlice, RunTimeEndian};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// So many addresses are kept; a program makes its calls from few places.
const KEPT: usize = 1 << 16;
/// No path or name that is longer (bytes) is believed.
const LONGEST: usize = 4096;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The path of the source file.
    pub(super) file: String,
    /// Its number, from 1.
    pub(super) line: u32,
    /// The function it is in.
    pub(super) function: Option<String>,
}

/// The lines of one file.
pub(super) struct Lines {
    context: Context<EndianRcSlice<RunTimeEndian>>,
    known: RefCell<HashMap<u64, Option<Rc<Line>>>>,
}

impl Lines {
    pub(super) fn of(dwarf: Dwarf) -> Option<Lines> {
        Some(Lines { context: Context::from_dwarf(dwarf).ok()?, known: RefCell::default() })
    }

    /// The line at an address: of the innermost function that is there, inlined or not, and is none of the system's.
    pub(super) fn at(&self, address: u64) -> Option<Rc<Line>> {
        if let Some(known) = self.known.borrow().get(&address) {
            return known.clone();
        }
        let found = self.find(address).map(Rc::new);
        let mut known = self.known.borrow_mut();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(address, found.clone());
        found
    }

    fn find(&self, address: u64) -> Option<Line> {
        let mut frames = self.context.find_frames(address).skip_all_loads().ok()?;
        while let Ok(Some(frame)) = frames.next() {
            let place = frame.location.and_then(|l| Some((l.file?.to_owned(), l.line.filter(|line| *line > 0)?)));
            let Some((file, line)) = place.filter(|(file, _)| file.len() < LONGEST && !is_of_the_system(file)) else {
                continue;
            };
            let function = frame.function.and_then(|f| Some(f.demangle().ok()?.into_owned()));
            return Some(Line { file, line, function: function.filter(|name| name.len() < LONGEST) });
        }
        None
    }
}
