//! Record: asciicast and SVG, without a terminal.

mod cast;
mod screen;
mod tee;
mod writer;

pub use cast::{CastTheme, Encoder, Meta, Version};
pub use screen::Headless;
pub use tee::{Tap, Tee};
pub use writer::{CastError, CastWriter};
