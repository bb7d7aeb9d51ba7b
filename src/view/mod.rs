//! View: draws the screen from references, returns nothing, touches nothing.

mod compare;
pub mod complete;
pub mod form;
mod glyphs;
pub mod keys;
mod layout;
mod lessons;
mod paint;
mod pane;
mod picture;
#[cfg(test)]
mod sample;
mod scene;
mod screen;
#[cfg(test)]
mod screen_tests;
mod syntax;
mod theme;
mod ui;
mod watch;

pub use compare::{COMPARE_KEYS, Compare, CompareKey, draw_compare};
pub use glyphs::{Arms, Glyphs};
pub use keys::{Action, KeyContext, Mode};
pub use paint::Reach;
pub use picture::{FRAMES, Picture};
pub use scene::{LessonRow, Live, Recorded, Say, Scene, Terminal};
pub use screen::{Drawn, draw};
pub use syntax::{Coloured, colour};
pub use theme::Theme;
pub use ui::{Effect, Filter, Follow, Overlay, Pane, Predict, Prompt, Selection, Ui};
pub use watch::{WATCH_KEYS, Watch, WatchKey, draw_watch};
