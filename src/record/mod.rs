//! Record: asciicast and SVG, without a terminal.

mod cast;
mod writer;

pub use cast::{CastTheme, Encoder, Meta, Version};
pub use writer::{CastError, CastWriter};
