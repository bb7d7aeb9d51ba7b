//! Objects of the interpreter, read from outside: texts, bytes, code.

use super::Python;
use super::linetable::line_at;
use crate::trace::memory::Memory;
use crate::trace::source::lines::Line;
use crate::trace::source::space::is_of_python;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// No text that is longer (bytes) is believed to be a path or a name.
const TEXT: u64 = 4096;
/// No table of lines that is longer (bytes) is read.
const TABLE: u64 = 1 << 20;

/// What a code object refers to, by which it is known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    file: u64,
    function: u64,
    table: u64,
    first: i32,
}

/// A function of a program, or its outermost text.
pub(super) struct Code {
    pub(super) mark: Mark,
    /// Path and name; `None` where it came with Python, or was made up.
    own: Option<(String, Option<String>)>,
    table: Vec<u8>,
    known: RefCell<HashMap<u64, Option<Rc<Line>>>>,
}

impl Code {
    /// The line of the instruction at this offset (bytes).
    pub(super) fn line(&self, offset: u64) -> Option<Rc<Line>> {
        let (file, function) = self.own.as_ref()?;
        let find = || {
            let line = line_at(&self.table, self.mark.first, offset / 2)?;
            Some(Rc::new(Line { file: file.clone(), line, function: function.clone() }))
        };
        self.known.borrow_mut().entry(offset).or_insert_with(find).clone()
    }
}

fn word(bytes: &[u8], at: u64) -> Option<u64> {
    bytes.get(usize::try_from(at).ok()?..)?.first_chunk().map(|word| u64::from_ne_bytes(*word))
}

impl Python {
    /// Whether what is there is an object of this type.
    fn is(bytes: &[u8], kind: u64) -> bool {
        // PyObject: reference count, type.
        word(bytes, 8) == Some(kind)
    }

    /// What a code object refers to; `None` where it is none.
    pub(super) fn mark(&self, memory: Memory<'_>, code: u64) -> Option<Mark> {
        let layout = &self.layout;
        let bytes =
            memory.bytes(code, layout.line_table.max(layout.function).max(layout.file).max(layout.first_line) + 8);
        let first =
            bytes.get(usize::try_from(layout.first_line).ok()?..)?.first_chunk().map(|n| i32::from_ne_bytes(*n));
        Python::is(&bytes, self.code_type).then_some(Mark {
            file: word(&bytes, layout.file)?,
            function: word(&bytes, layout.function)?,
            table: word(&bytes, layout.line_table)?,
            first: first?,
        })
    }

    pub(super) fn read_code(&self, memory: Memory<'_>, mark: Mark) -> Option<Code> {
        let file = self.text(memory, mark.file)?;
        let (own, table) = match is_of_python(&file) {
            true => (None, Vec::new()),
            false => {
                let function = self.text(memory, mark.function);
                (Some((absolute(memory, file), function)), self.table(memory, mark.table)?)
            }
        };
        Some(Code { mark, own, table, known: RefCell::default() })
    }

    /// A `str`, as those are whose characters follow the object: all that the compiler makes.
    fn text(&self, memory: Memory<'_>, at: u64) -> Option<String> {
        let head = memory.bytes(at, 40);
        let length = word(&head, 16).filter(|n| *n <= TEXT && Python::is(&head, self.text_type))?;
        // interned:2, kind:3, compact:1, ascii:1; interned is longer in none of the versions known.
        let state = word(&head, 32)? & 0xff;
        let (kind, compact, ascii) = (state >> 2 & 7, state >> 5 & 1, state >> 6 & 1);
        let from = at.checked_add(if ascii == 1 { self.layout.ascii } else { self.layout.compact })?;
        if compact == 0 || !matches!(kind, 1 | 2 | 4) {
            return None;
        }
        let bytes = memory.bytes(from, length * kind);
        if bytes.len() as u64 != length * kind {
            return None;
        }
        match kind {
            1 => Some(bytes.iter().map(|b| char::from(*b)).collect()),
            2 => bytes.as_chunks().0.iter().map(|c| char::from_u32(u32::from(u16::from_ne_bytes(*c)))).collect(),
            _ => bytes.as_chunks().0.iter().map(|c| char::from_u32(u32::from_ne_bytes(*c))).collect(),
        }
    }

    /// A `bytes`.
    fn table(&self, memory: Memory<'_>, at: u64) -> Option<Vec<u8>> {
        let head = memory.bytes(at, 32);
        let length = word(&head, 16).filter(|n| *n <= TABLE && Python::is(&head, self.bytes_type))?;
        Some(memory.bytes(at.checked_add(32)?, length)).filter(|bytes| bytes.len() as u64 == length)
    }
}

/// A script may have been named from the folder that the program was started in.
fn absolute(memory: Memory<'_>, file: String) -> String {
    if file.starts_with('/') {
        return file;
    }
    match std::fs::read_link(format!("/proc/{}/cwd", memory.thread)) {
        Ok(folder) => folder.join(&file).to_string_lossy().into_owned(),
        Err(_) => file,
    }
}
