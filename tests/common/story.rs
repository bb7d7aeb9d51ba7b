//! A session for tests: a script on a real stage.

use super::LIMIT;
use pipescope::engine::{Script, Session};

/// A session of `script`.
pub fn session(script: Script) -> Session {
    Session::open(script, super::options(), LIMIT).unwrap()
}

/// The same from lines of the notation.
pub fn of_text(text: &str) -> Session {
    session(Script::of_text("test", text).unwrap_or_else(|e| panic!("{e:?}")))
}

/// Everything the kernel did otherwise than the script expects.
pub fn failures(session: &Session) -> Vec<String> {
    session.failures().map(|(step, c)| format!("step {step}: {} / {}", c.expect, c.got)).collect()
}
