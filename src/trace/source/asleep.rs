//! The same for threads that nobody traces, while they sleep in a call.

use super::Sources;
use super::registers::Registers;
use crate::engine::Source;
use crate::observe::Memories;
use crate::trace::memory::Memory;
use crate::world::Pid;

/// Where sleeping threads are in their programs' source text, found from /proc alone.
pub struct Sleepers {
    sources: Sources,
    memories: Memories,
}

impl Default for Sleepers {
    fn default() -> Sleepers {
        Sleepers { sources: Sources::new(), memories: Memories::default() }
    }
}

impl Sleepers {
    /// The line that a thread of a process made the call from that it sleeps in. `None` where it does not sleep, may not be looked into,
    /// has no debug information, or was called through code that keeps its caller in the frame pointer, which /proc does not tell.
    pub fn at(&mut self, process: Pid, thread: Pid) -> Option<Source> {
        let registers = Registers::asleep(process, thread)?;
        let memory = Memory { thread, process, memories: &self.memories };
        let found = self.sources.at_registers(memory, || Some(registers))?;
        // It has slept all the while, or what was read of its stack is of no use.
        (Registers::asleep(process, thread) == Some(registers)).then_some(found)
    }
}
