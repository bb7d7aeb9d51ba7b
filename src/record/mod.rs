//! Record: asciicast and SVG, without a terminal.

mod cast;
mod palette;
mod reel;
mod screen;
mod shapes;
mod still;
mod tee;
mod writer;

pub use cast::{CastTheme, Encoder, Meta, Version};
pub use palette::{Palette, Rgb};
pub use reel::Reel;
pub use screen::Headless;
pub use still::{Still, svg, text};
pub use tee::{Tap, Tee};
pub use writer::{CastError, CastWriter};
