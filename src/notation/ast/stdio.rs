//! Calls of C's standard output: functions of the C library, which make a system call only when they see fit.

use super::Data;
use serde::{Deserialize, Serialize};

/// A call of stdio(3) on `stdout`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the line above each variant names its fields as the man page does")]
pub enum StdioCall {
    /// `printf(data)`: the bytes as they stand; `%` means nothing here.
    Printf { data: Data },
    /// `fflush(stdout)`
    Fflush,
    /// `setvbuf(stdout, _IONBF|_IOLBF|_IOFBF)`
    Setvbuf { mode: Buffering },
}

impl StdioCall {
    /// Its C name: `printf`.
    pub fn name(&self) -> &'static str {
        match self {
            StdioCall::Printf { .. } => "printf",
            StdioCall::Fflush => "fflush",
            StdioCall::Setvbuf { .. } => "setvbuf",
        }
    }
}

/// When `stdout` hands its bytes to the kernel, `setvbuf(3)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Buffering {
    /// `_IONBF`: at once.
    None,
    /// `_IOLBF`: at the end of each line.
    Line,
    /// `_IOFBF`: when the buffer is full.
    Full,
}

impl Buffering {
    /// All of them.
    pub const ALL: [Buffering; 3] = [Buffering::None, Buffering::Line, Buffering::Full];

    /// Its C name: `_IOLBF`.
    pub fn name(self) -> &'static str {
        match self {
            Buffering::None => "_IONBF",
            Buffering::Line => "_IOLBF",
            Buffering::Full => "_IOFBF",
        }
    }
}
