//! Which line of its source text a thread is at when it makes a call: by the debug information of the files that are mapped, or by
//! the frames of a Python interpreter.
//!
//! Everything is read from outside while the thread is stopped: `/proc/PID/maps`, the files, its stack. What is read is not trusted:
//! each look is bounded, and where something does not fit there is no line.

mod asleep;
mod debug;
mod elf;
mod files;
mod lines;
mod python;
mod registers;
mod space;
mod stack;
mod text;

use super::memory::Memory;
use crate::engine::Source;
use crate::world::Pid;
pub use asleep::Sleepers;
use files::Files;
use framehop::{FrameAddress, MayAllocateDuringUnwind, Unwinder};
use lines::Line;
use registers::Registers;
use space::Space;
use stack::Stack;
use std::collections::HashMap;
use std::rc::Rc;
use text::Texts;

/// So many frames are unwound in search of a line.
const FRAMES: usize = 64;

/// What is known of the programs' source text.
pub(super) struct Sources {
    /// The program runs; before its exec, what makes calls is ours.
    begun: bool,
    spaces: HashMap<Pid, Space>,
    files: Files,
    texts: Texts,
    rules: framehop::CacheNative<MayAllocateDuringUnwind>,
}

impl Sources {
    pub(super) fn new() -> Sources {
        Sources {
            begun: false,
            spaces: HashMap::new(),
            files: Files::default(),
            texts: Texts::new(),
            rules: framehop::CacheNative::new(),
        }
    }

    /// A child has what its parent has mapped, at the same addresses.
    pub(super) fn forked(&mut self, child: Pid, parent: Pid) {
        if let Some(space) = self.spaces.get(&parent).cloned() {
            self.spaces.insert(child, space);
        }
    }

    /// It runs another program.
    pub(super) fn execed(&mut self, pid: Pid) {
        self.begun = true;
        self.forget(pid);
    }

    /// It has ended.
    pub(super) fn forget(&mut self, pid: Pid) {
        self.spaces.remove(&pid);
    }

    /// The line that a thread is at, which is stopped at a call: of the innermost frame that is the program's own.
    pub(super) fn at(&mut self, memory: Memory<'_>) -> Option<Source> {
        if !self.begun {
            return None;
        }
        self.at_registers(memory, || Registers::of(memory.thread))
    }

    fn at_registers(&mut self, memory: Memory<'_>, registers: impl FnOnce() -> Option<Registers>) -> Option<Source> {
        let pid = memory.process;
        let space = self.spaces.entry(pid).or_default();
        if !space.is_of_use(memory, &mut self.files) {
            return None;
        }
        let registers = registers()?;
        if let Some(line) = space.python().and_then(|python| python.line(memory, &registers)) {
            let listing = self.texts.of_script(pid, &line.file);
            return Some(Source { file: line.file.clone(), line: line.line, function: line.function.clone(), listing });
        }
        let (line, changed) = self.innermost(memory, registers)?;
        let listing = self.texts.of_program(pid, &line.file, changed);
        Some(Source { file: line.file.clone(), line: line.line, function: line.function.clone(), listing })
    }

    /// Unwind until there is a line, and when the file with the program was last changed.
    fn innermost(&mut self, memory: Memory<'_>, registers: Registers) -> Option<(Rc<Line>, std::time::SystemTime)> {
        let space = self.spaces.get_mut(&memory.process)?;
        if !space.has_lines() {
            return None;
        }
        let mut stack = Stack::of(memory, registers.stack);
        let mut values = registers.to_unwind();
        let mut frame = FrameAddress::from_instruction_pointer(registers.instruction);
        for _ in 0..FRAMES {
            // The instruction that makes the call lies before the address that is next.
            let address = frame.address().wrapping_sub(1);
            let area = space.area(memory, address, &mut self.files)?;
            if let Some(found) = area.line(address) {
                return Some(found);
            }
            let caller =
                space.unwinder(address).unwind_frame(frame, &mut values, &mut self.rules, &mut |at| stack.word(at));
            frame = FrameAddress::from_return_address(caller.ok()??)?;
        }
        None
    }
}
