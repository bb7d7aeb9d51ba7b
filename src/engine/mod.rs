//! Engine: steps, settles, keeps history. Waits for nobody but the stage.

mod moment;
pub mod tape;

pub use moment::{Cause, Check, Flow, Flowed, Moment};
