//! Lesson: files to steps. TOML with places in its errors; the built-in course.

mod model;

pub use model::{Answer, Lesson, LessonStep, Listing, Prediction, Variant};
