//! Printing the notation: calls as they are written, and calls with their results as strace prints them.

use super::{Call, Completion};
use std::fmt;

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not yet")
    }
}

/// Bytes as a C string literal without its quotes: printable UTF-8 as it is, everything else escaped as in C.
/// At most `limit` characters; the flag says whether something was left off.
pub fn escape(bytes: &[u8], limit: usize) -> (String, bool) {
    let _ = (bytes, limit);
    (String::new(), false)
}

/// A call with its result, without the process's name: `write(4, "hello", 5) = 5`.
pub fn show_completion(completion: &Completion) -> String {
    let _ = completion;
    String::new()
}
