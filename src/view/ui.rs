//! The state of the screen that is not the state of the stage: focus, scroll, overlays, theme; and how keys change it.

mod overlay;
mod select;
#[cfg(test)]
mod tests;
mod update;

pub use overlay::{Overlay, Prompt};
pub use select::Selection;
pub use update::Effect;

use super::{Glyphs, Theme};
use crate::world::{ObjectId, ProcName};

/// A part of the screen that can have it all to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pane {
    /// The picture.
    Stage,
    /// The tape.
    Messages,
    /// The program's text.
    Code,
    /// The stage's terminal.
    Terminal,
}

/// Before which calls a prediction is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Predict {
    /// None.
    Off,
    /// Where the lesson asks.
    Lesson,
    /// Every call that can go one way or another.
    Every,
}

impl Predict {
    /// The next of the three, and what to say of it.
    pub fn next(self) -> (Predict, &'static str) {
        match self {
            Predict::Lesson => (Predict::Every, "predictions: before every call"),
            Predict::Every => (Predict::Off, "predictions: none"),
            Predict::Off => (Predict::Lesson, "predictions: where the lesson asks"),
        }
    }
}

/// Which messages are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// Those of one process.
    Process(ProcName),
    /// Those about one object.
    Object(ObjectId),
}

/// What the picture shows where it is taller than its place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Follow {
    /// What the newest step changed, and with it what is selected where there is room for both.
    #[default]
    Step,
    /// What a person has selected.
    Selection,
    /// What a person has scrolled to.
    Hand,
}

/// Everything the screen remembers between frames.
#[derive(Debug, Clone)]
pub struct Ui {
    /// What is selected on the stage.
    pub selection: Selection,
    /// First row of the stage picture that is shown.
    pub stage_scroll: u16,
    /// What the picture scrolls by itself to.
    pub stage_follows: Follow,
    /// How many lines the messages are scrolled up from the newest; 0 follows.
    pub messages_scroll: u16,
    /// How many rows the terminal is scrolled up from its last; 0 follows.
    pub terminal_scroll: u16,
    /// Which messages are shown.
    pub filter: Filter,
    /// What lies over the stage.
    pub overlay: Overlay,
    /// The pane that has the screen to itself.
    pub zoom: Option<Pane>,
    /// The lines made at the prompt, oldest first.
    pub history: Vec<String>,
    /// The listing's language that is preferred: `c`, `python`.
    pub language: String,
    /// Before which calls a prediction is asked for.
    pub predict: Predict,
    /// The layout for a projector: fewer panes, keys echoed, answers judged on demand.
    pub present: bool,
    /// The screen is blank until the next key.
    pub blank: bool,
    /// Whether an answer was right is not shown yet.
    pub veiled: bool,
    /// The key that was pressed last, for those who watch.
    pub echo: Option<String>,
    /// Bytes on their way are shown moving.
    pub moves: bool,
    /// The frame of that which is shown, from 0, while they do.
    pub motion: Option<u8>,
    /// Autoplay: milliseconds between steps.
    pub pace: u32,
    /// Colours and attributes.
    pub theme: Theme,
    /// Unicode or ASCII.
    pub glyphs: Glyphs,
}

impl Ui {
    /// A screen as it is at the start.
    pub fn new(theme: Theme, glyphs: Glyphs) -> Ui {
        Ui {
            selection: Selection::default(),
            stage_scroll: 0,
            stage_follows: Follow::Step,
            moves: false,
            motion: None,
            messages_scroll: 0,
            terminal_scroll: 0,
            filter: Filter::All,
            overlay: Overlay::None,
            zoom: None,
            history: Vec::new(),
            language: "c".into(),
            predict: Predict::Lesson,
            present: false,
            blank: false,
            veiled: false,
            echo: None,
            pace: 1500,
            theme,
            glyphs,
        }
    }
}
