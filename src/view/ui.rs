//! The state of the screen that is not the state of the stage: focus, scroll, overlays, theme.

use super::{Glyphs, Theme};
use crate::world::{FdNumber, ProcName};

/// What is selected on the stage: a process, perhaps one of its descriptors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The process.
    pub process: Option<ProcName>,
    /// One of its descriptors.
    pub fd: Option<FdNumber>,
}

/// Everything the screen remembers between frames.
#[derive(Debug, Clone)]
pub struct Ui {
    /// What is selected on the stage.
    pub selection: Selection,
    /// First row of the stage picture that is shown.
    pub stage_scroll: u16,
    /// Colours and attributes.
    pub theme: Theme,
    /// Unicode or ASCII.
    pub glyphs: Glyphs,
}
