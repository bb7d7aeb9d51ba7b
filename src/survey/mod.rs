//! Survey: the whole machine as /proc shows it, for an engineer whose own program hangs. It changes nothing: no tracing,
//! and no descriptor of anyone's opened unless a peek is asked for.
//!
//! Who holds an end is a question to all of /proc, whichever process is asked about: [`Machine::read`] goes through every
//! table, [`why`] says what the sleeping wait for, [`Picture`] who shares what with whom.

mod alarms;
pub mod doctor;
mod flights;
mod focus;
mod holders;
mod listeners;
mod live;
mod locks;
mod machine;
mod name;
mod networks;
mod opens;
mod picture;
mod quick;
mod several;
mod wait;
mod waits;
pub mod why;
mod world;

pub use crate::observe::Thing;
pub use flights::{Flight, Flights};
pub use focus::focus;
pub use holders::End;
pub use live::{Live, Look};
pub use machine::Machine;
pub use name::{Asked, NameError};
pub use picture::{Picture, Shared, SocketEnd};
pub use quick::QuickMap;
pub use wait::{Sleeper, Wait, Want};
pub use waits::Waits;
pub use world::{world, world_with};
