//! Where the fields of CPython's structures are, by version. They differ from one minor version to the next, not within one:
//! cpython/Include/internal/pycore_runtime.h, pycore_interp.h, pycore_frame.h, cpython/pystate.h, cpython/code.h.

use crate::trace::memory::Memory;

/// From a thread's state to its innermost frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToFrame {
    /// Through a `_PyCFrame`: where the state points at it, and where that points at the frame.
    Through(u64, u64),
    /// The state points at it.
    At(u64),
}

/// Offsets in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// `_PyRuntimeState`: the first interpreter.
    pub(super) interpreters: u64,
    /// `PyInterpreterState`: the next one, its first thread.
    pub(super) next_interpreter: u64,
    pub(super) threads: u64,
    /// `PyThreadState`.
    pub(super) next_thread: u64,
    pub(super) thread_id: u64,
    pub(super) native_id: u64,
    pub(super) frame: ToFrame,
    /// `_PyInterpreterFrame`: its caller, its code, the instruction; whose it is, where some are the interpreter's own.
    pub(super) previous: u64,
    pub(super) code: u64,
    pub(super) instruction: u64,
    pub(super) owner: Option<u64>,
    /// `PyCodeObject`.
    pub(super) file: u64,
    pub(super) function: u64,
    pub(super) line_table: u64,
    pub(super) first_line: u64,
    pub(super) instructions: u64,
    /// Length of a `PyASCIIObject` and of a `PyCompactUnicodeObject`: the text follows.
    pub(super) ascii: u64,
    pub(super) compact: u64,
}

/// No field is farther from the beginning of its structure.
const FARTHEST: u64 = 1 << 16;

const V11: Layout = Layout {
    interpreters: 40,
    next_interpreter: 0,
    threads: 16,
    next_thread: 8,
    thread_id: 152,
    native_id: 160,
    frame: ToFrame::Through(56, 8),
    previous: 48,
    code: 32,
    instruction: 56,
    owner: None,
    file: 112,
    function: 128,
    line_table: 136,
    first_line: 72,
    instructions: 184,
    ascii: 48,
    compact: 72,
};

const V12: Layout = Layout {
    threads: 72,
    thread_id: 136,
    native_id: 144,
    frame: ToFrame::Through(56, 0),
    previous: 8,
    code: 0,
    owner: Some(70),
    first_line: 68,
    instructions: 192,
    ascii: 40,
    compact: 56,
    ..V11
};

/// Of this version (`PY_VERSION_HEX`), whose `_PyRuntime` is there; `None` for one that is not known.
pub(super) fn of(version: u64, memory: Memory<'_>, runtime: u64) -> Option<Layout> {
    match version >> 16 {
        0x030b => Some(V11),
        0x030c => Some(V12),
        0x030d => {
            let words: Vec<u64> =
                memory.bytes(runtime, 71 * 8).as_chunks().0.iter().map(|w| u64::from_le_bytes(*w)).collect();
            told(&words)
        }
        _ => None,
    }
}

/// What 3.13 tells of itself at the beginning of `_PyRuntime`: `_Py_DebugOffsets`.
fn told(words: &[u64]) -> Option<Layout> {
    let word = |at: usize| words.get(at).copied();
    // In a build without a lock for all (free-threaded) the fields mean something else.
    if word(0)? != u64::from_le_bytes(*b"xdebugpy") || word(2)? != 0 {
        return None;
    }
    let field = |at: usize| word(at).filter(|offset| *offset < FARTHEST);
    Some(Layout {
        interpreters: field(5)?,
        next_interpreter: field(8)?,
        threads: field(9)?,
        next_thread: field(21)?,
        thread_id: field(24)?,
        native_id: field(25)?,
        frame: ToFrame::At(field(23)?),
        previous: field(29)?,
        code: field(30)?,
        instruction: field(31)?,
        owner: Some(field(33)?),
        file: field(35)?,
        function: field(37)?,
        line_table: field(38)?,
        first_line: field(39)?,
        instructions: field(43)?,
        ascii: field(70)?,
        // A PyCompactUnicodeObject is that, a length and a pointer.
        compact: field(70)? + 16,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_interpreter_tells_of_itself_is_checked() {
        let mut words = vec![8; 71];
        assert_eq!(told(&words), None, "no mark");
        words[0] = u64::from_le_bytes(*b"xdebugpy");
        words[2] = 0;
        words[39] = 68;
        assert_eq!(told(&words).map(|l| (l.first_line, l.frame)), Some((68, ToFrame::At(8))));
        words[39] = FARTHEST;
        assert_eq!(told(&words), None, "too far");
        words[39] = 68;
        words[2] = 1;
        assert_eq!(told(&words), None, "free-threaded");
        assert_eq!(told(&words[..40]), None, "cut off");
    }
}
