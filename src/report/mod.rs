//! Report: a session as text and as JSON Lines, without a terminal.
//!
//! Every writer here gives a failed write back to its caller: a reader that went away (`| head`) is an
//! [`std::io::ErrorKind::BrokenPipe`] to end quietly on, never a panic.

mod compare;
mod dot;
mod graph;
mod json;
mod names;
mod stable;
mod transcript;
mod why;
mod words;
mod wrap;

pub use compare::{compare_json, compare_markdown, compare_text};
pub use dot::dot;
pub use graph::{graph_dot, graph_mermaid, graph_svg, graph_text};
pub use json::JsonLines;
pub use stable::Stable;
pub use transcript::{Style, Transcript};
pub use why::{why_json, why_text};

/// Of what a terminal has shown, so much is told at once, in bytes.
const SHOWN: usize = 4096;

/// Said where /proc does not list all processes.
const HIDDEN: &str =
    "/proc hides the processes of other users here (hidepid): holders among them cannot even be counted.";

/// What a terminal has shown, its own line ends as one character each, the last of it where it is long; and whether it
/// was cut.
fn last_of(shown: &[u8]) -> (Vec<u8>, bool) {
    let last = shown.get(shown.len().saturating_sub(SHOWN)..).unwrap_or_default();
    (last.iter().copied().filter(|b| *b != b'\r').collect(), shown.len() > SHOWN)
}

#[cfg(test)]
mod sample;
