//! pipescope: see inter-process communication as the kernel holds it.

pub mod app;
pub mod cli;
pub mod engine;
pub mod explain;
pub mod lesson;
pub mod notation;
pub mod observe;
pub mod record;
pub mod report;
pub mod stage;
pub mod survey;
pub mod trace;
pub mod view;
pub mod world;
