//! The notation: one strace-like language for lesson files, the prompt, the message pane and
//! transcripts. Parses and prints; knows nothing of processes.

mod ast;
mod outcome;
mod parse;
mod print;

pub use ast::{Call, Data, Did, Directed, Disposition, Expect, Fcntl, Line, STAGE, StateWord, Target};
pub use outcome::{Completion, Detail, Outcome};
pub use parse::{ParseError, ScriptError, ScriptLine, parse_directed, parse_expects, parse_line, parse_script};
pub use print::{escape, show_completion};
