//! View: draws the screen from references, returns nothing, touches nothing.

mod glyphs;
mod picture;
mod scene;
mod theme;
mod ui;

pub use glyphs::{Arms, Glyphs};
pub use picture::Picture;
pub use scene::{LessonRow, Say, Scene};
pub use theme::Theme;
pub use ui::{Selection, Ui};
