//! Engine: steps, settles, keeps history. Waits for nobody but the stage.

pub mod check;
pub mod compare;
mod counters;
mod flows;
mod guess;
mod letters;
mod live;
mod moment;
pub mod needs;
mod origins;
mod queues;
mod quiz;
mod refused;
mod save;
mod script;
mod session;
mod source;
mod system_v;
pub mod tape;
mod targets;
pub mod task;
mod terminal;

pub use flows::Ways;
pub use guess::Guess;
pub use live::Live;
pub use moment::{Cause, Check, Flow, FlowEnd, Flowed, Moment, Traced};
pub use quiz::{Answered, Quiz};
pub use save::to_script;
pub use script::{FIRST, Script};
pub use session::{DEADLINE, Forward, Session, StepError};
pub use source::Source;
pub use terminal::TerminalLog;
