//! The real program without a terminal, where it is used roughly: signals and kill -9, bytes that are no text, readers that
//! leave, files that are wrong; and casts and stills held against what was played.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../common/cast.rs"]
#[allow(dead_code, reason = "each test program uses some of it")]
mod cast;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/folder.rs"]
#[allow(dead_code, reason = "each test program uses some of it")]
mod folder;

mod files;
mod hold;
mod play;
mod run;
mod stills;
