//! The panes: each draws one part of a scene into one area.

pub mod code;
pub mod help;
pub mod keybar;
pub mod lists;
pub mod messages;
pub mod prompt;
pub mod say;
pub mod stage;
pub mod terminal;
pub mod title;
pub mod why;
