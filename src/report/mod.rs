//! Report: a session as text and as JSON Lines, without a terminal.
