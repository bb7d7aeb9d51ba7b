//! Report: a session as text and as JSON Lines, without a terminal.
//!
//! Every writer here gives a failed write back to its caller: a reader that went away (`| head`) is an
//! [`std::io::ErrorKind::BrokenPipe`] to end quietly on, never a panic.

mod dot;
mod json;
mod names;
mod stable;
mod transcript;

pub use dot::dot;
pub use json::JsonLines;
pub use stable::Stable;
pub use transcript::{Style, Transcript};

#[cfg(test)]
mod sample;
