//! The line that a thread of a Python interpreter is at, from the interpreter's memory: CPython 3.11, 3.12 and 3.13.
//!
//! The interpreter's state is read as a debugger would, never asked: each object is taken for what it should be only where its type
//! says so, and a chain that does not fit or does not end has no line.

mod layout;
mod linetable;
mod objects;

use super::elf::Elf;
use super::lines::Line;
use super::registers::Registers;
use crate::trace::memory::Memory;
use crate::world::Pid;
use layout::{Layout, ToFrame};
use objects::Code;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

/// So many interpreters of a process, threads of one and frames of a thread are looked at.
const INTERPRETERS: usize = 16;
const THREADS: usize = 1024;
const FRAMES: usize = 128;
/// So many functions are kept.
const KEPT: usize = 4096;
/// A frame that the interpreter has for itself: `FRAME_OWNED_BY_CSTACK`, pycore_frame.h.
const OF_THE_INTERPRETER: u8 = 3;

/// An interpreter in a process.
#[derive(Clone)]
pub(super) struct Python {
    layout: Layout,
    /// Where `_PyRuntime` is.
    runtime: u64,
    code_type: u64,
    text_type: u64,
    bytes_type: u64,
    /// The state of each thread that was looked for.
    states: HashMap<Pid, u64>,
    /// Functions by their addresses.
    codes: HashMap<u64, Rc<Code>>,
}

impl Python {
    /// Whether a file with this name may hold an interpreter.
    pub(super) fn may_be(path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("python") || name.starts_with("libpython")
    }

    /// The interpreter in a file that a process has mapped; `None` where there is none, or one of a version that is not known.
    pub(super) fn of(file: &Elf, bias: u64, memory: Memory<'_>) -> Option<Python> {
        let names = ["_PyRuntime", "Py_Version", "PyCode_Type", "PyUnicode_Type", "PyBytes_Type"];
        let [runtime, version, code_type, text_type, bytes_type] =
            file.symbols(names).map(|at| at.map(|at| at.wrapping_add(bias)));
        let runtime = runtime?;
        let layout = layout::of(memory.long(version?)?, memory, runtime)?;
        Some(Python {
            layout,
            runtime,
            code_type: code_type?,
            text_type: text_type?,
            bytes_type: bytes_type?,
            states: HashMap::new(),
            codes: HashMap::new(),
        })
    }

    /// The line of the innermost frame of a stopped thread that is neither Python's own nor an installed package's.
    pub(super) fn line(&mut self, memory: Memory<'_>, registers: &Registers) -> Option<Rc<Line>> {
        let state = self.state(memory, registers)?;
        let mut frame = match self.layout.frame {
            ToFrame::At(at) => memory.long(state.checked_add(at)?)?,
            ToFrame::Through(at, next) => memory.long(memory.long(state.checked_add(at)?)?.checked_add(next)?)?,
        };
        for _ in 0..FRAMES {
            if frame == 0 {
                return None;
            }
            let bytes = memory.bytes(frame, 80);
            let word = |at: u64| {
                let at = usize::try_from(at).ok()?;
                bytes.get(at..)?.first_chunk().map(|word| u64::from_ne_bytes(*word))
            };
            let owner = self.layout.owner.and_then(|at| bytes.get(usize::try_from(at).ok()?));
            if owner != Some(&OF_THE_INTERPRETER) {
                let (code, instruction) = (word(self.layout.code)?, word(self.layout.instruction)?);
                let offset = instruction.checked_sub(code.checked_add(self.layout.instructions)?);
                let line = self.code(memory, code)?.line(offset?);
                if line.is_some() {
                    return line;
                }
            }
            frame = word(self.layout.previous)?;
        }
        None
    }

    /// A function, read anew where there is another at its place by now.
    fn code(&mut self, memory: Memory<'_>, at: u64) -> Option<Rc<Code>> {
        let mark = self.mark(memory, at)?;
        if let Some(code) = self.codes.get(&at).filter(|code| code.mark == mark) {
            return Some(Rc::clone(code));
        }
        let code = Rc::new(self.read_code(memory, mark)?);
        if self.codes.len() >= KEPT {
            self.codes.clear();
        }
        self.codes.insert(at, Rc::clone(&code));
        Some(code)
    }

    /// The state of a thread (`PyThreadState`).
    fn state(&mut self, memory: Memory<'_>, registers: &Registers) -> Option<u64> {
        if let Some(state) = self.states.get(&memory.thread).copied().filter(|at| self.is_of(memory, *at, registers)) {
            return Some(state);
        }
        let state = self.find_state(memory, registers)?;
        self.states.insert(memory.thread, state);
        Some(state)
    }

    fn find_state(&self, memory: Memory<'_>, registers: &Registers) -> Option<u64> {
        let mut interpreter = memory.long(self.runtime.checked_add(self.layout.interpreters)?)?;
        for _ in 0..INTERPRETERS {
            if interpreter == 0 {
                return None;
            }
            let mut state = memory.long(interpreter.checked_add(self.layout.threads)?)?;
            for _ in 0..THREADS {
                if state == 0 {
                    break;
                }
                if self.is_of(memory, state, registers) {
                    return Some(state);
                }
                state = memory.long(state.checked_add(self.layout.next_thread)?)?;
            }
            interpreter = memory.long(interpreter.checked_add(self.layout.next_interpreter)?)?;
        }
        None
    }

    /// Whether a state is this thread's. Its `pthread_self` tells as well: the other number is that of the parent for a moment after fork.
    fn is_of(&self, memory: Memory<'_>, state: u64, registers: &Registers) -> bool {
        let id = |at: u64| state.checked_add(at).and_then(|at| memory.long(at));
        let thread = registers.thread.is_some_and(|own| id(self.layout.thread_id) == Some(own));
        thread || id(self.layout.native_id) == u64::try_from(memory.thread).ok()
    }
}
