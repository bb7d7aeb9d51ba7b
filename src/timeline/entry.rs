//! What is kept of a run, and of each moment of it.

use crate::engine::{Cause, Check, Flow, Moment, Source, Traced};
use crate::explain::Finding;
use crate::lesson::Listing;
use crate::notation::{Completion, Directed};
use crate::world::World;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::delta::WorldDelta;
use super::patch::Patch;

/// What a run was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The heading: a lesson's, or the command that was run.
    pub title: String,
    /// Where it came from: a lesson's name, a file.
    pub source: String,
    /// The program beside it, in each language there is.
    pub code: Vec<Listing>,
}

/// What is known of a moment beside the moment itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The sentence of the moment; empty where there is none.
    pub say: String,
    /// The lines of each listing that it is (first, last), from 1, by language.
    pub marks: BTreeMap<String, (u32, u32)>,
}

/// A moment as it comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The moment.
    pub moment: Moment,
    /// What is known beside it.
    pub note: Note,
    /// The last of what the terminal had shown by then.
    pub terminal: Vec<u8>,
    /// The bytes of that which came with this moment.
    pub shown: usize,
}

/// A moment as it is kept: the world as what it changed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    pub step: u64,
    pub cause: Cause,
    pub call: Option<Directed>,
    pub own: Option<Completion>,
    pub resumed: Vec<Completion>,
    pub world: WorldDelta,
    pub flows: Vec<Flow>,
    /// What changed of those of the moment before.
    pub findings: Patch<Finding>,
    pub checks: Vec<Check>,
    /// How many bytes the terminal had shown in all.
    pub terminal: u64,
    pub traced: Option<Traced>,
    /// Without its text.
    pub source: Option<Source>,
    /// The number of that text.
    pub text: Option<u32>,
    /// The last of those that are new.
    pub shown: Vec<u8>,
    pub note: Note,
}

/// What holds before the first moment of a block.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Base {
    pub world: World,
    pub findings: Vec<Finding>,
    /// The last of what the terminal had shown.
    pub terminal: Vec<u8>,
}
