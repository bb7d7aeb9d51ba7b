//! View: draws the screen from references, returns nothing, touches nothing.

mod glyphs;
mod scene;
mod theme;
mod ui;

pub use glyphs::Glyphs;
pub use scene::{LessonRow, Say, Scene};
pub use theme::Theme;
pub use ui::{Selection, Ui};
