//! Trace: programs that nobody wrote for this, followed call by call while they run by themselves.
//!
//! A program is started under ptrace(2) with a seccomp filter, so that only the calls of interest stop it. Every call that returns, blocks or is
//! released becomes a [`Moment`](crate::engine::Moment): what was called, what came of it, and the world as the kernel then holds it.

mod answer;
mod blocked;
mod calls;
mod decode;
mod edits;
mod events;
mod filter;
mod finish;
mod hand;
mod holding;
#[allow(unsafe_code)]
mod launch;
mod launcher;
mod leave;
mod letters;
mod memory;
mod moments;
mod origin;
mod picture;
mod pile;
mod privileges;
mod quiet;
mod refused;
mod source;
mod status;
#[allow(unsafe_code)]
mod sys;
mod system_v;
mod teller;
mod threads;
mod tracer;
mod unmapped;
mod until;

pub use decode::Interest;
pub use hand::{AtCall, Going, Hand, Order, Others, Since, Stand, Who};
pub use launch::Output;
pub use leave::await_end;
pub use moments::Sink;
pub use source::Sleepers;
pub use tracer::{Ended, Options, TraceError, run, run_behind};
pub use until::Until;
