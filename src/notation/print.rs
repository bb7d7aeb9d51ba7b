//! Printing the notation: calls as they are written, and calls with their results as strace prints them.
//!
//! Whatever a value holds, what is printed is one line without control characters: names and texts that came from
//! elsewhere are escaped, not trusted.

mod call;
mod completion;
mod escape;
mod expect;
mod measure;
mod memory;
mod net;
mod socket;

pub use completion::show_completion;
pub use escape::escape;

use escape::plain;
