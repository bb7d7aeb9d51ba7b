//! Timeline: a whole run, every moment of it, in a file; any moment of it back within milliseconds.
//!
//! Moments are only ever added. They are kept in blocks of a few dozen, of more where the world is large: the world at the start of the block, then what each
//! moment changed of it. A block that is full is compressed and written; in memory stays a line of index for each. One that is not
//! can be written as it is, for whoever is killed ([`Timeline::write_ahead`]). The file is
//! one without a name while nobody asked for one, so that nothing is left behind however the program ends.

mod block;
mod delta;
mod entry;
mod file;
mod kept;
mod open;
mod patch;
mod search;
mod store;
mod texts;
mod unpacked;

pub use entry::{About, Entry, Note};
pub use file::{Flaw, OpenError, is_timeline};
pub use kept::Kept;
pub use search::{Aim, Brief, Forwards, Kinds, Lines};
pub use store::{Timeline, TimelineError};

#[cfg(test)]
mod tests;
