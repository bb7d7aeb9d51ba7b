//! Lesson: files to steps. TOML with places in its errors; the built-in course.

mod course;
mod error;
mod fields;
mod flow;
mod goal;
pub mod listing;
mod load;
mod model;
mod nearest;
mod program;
mod source;
mod step;
mod variant;

pub use course::{NoSuchLesson, builtin, find};
pub use error::LessonError;
pub use load::{load, load_file};
pub use model::{Answer, Goal, Lesson, LessonStep, Listing, Prediction, Variant};
pub use program::program;
