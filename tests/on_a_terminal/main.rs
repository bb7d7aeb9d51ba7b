//! The real program in a pseudo-terminal, as a person meets it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../common/cast.rs"]
#[allow(dead_code, reason = "each test program uses some of it")]
mod cast;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/folder.rs"]
#[allow(dead_code, reason = "each test program uses some of it")]
mod folder;

mod bytes;
mod comparing;
mod ending;
mod killing;
mod manners;
mod program;
mod recording;
mod saved;
mod steps;
