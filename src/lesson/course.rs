//! The built-in course.

use super::nearest::nearest;
use super::program::program;
use super::{Lesson, LessonError, load};
use std::fmt;
use std::sync::OnceLock;

macro_rules! lessons {
    ($($file:literal),* $(,)?) => {
        /// Every lesson file, in the order of the course: its name, and its text.
        const FILES: &[(&str, &str)] = &[$(($file, include_str!(concat!("../../assets/lessons/", $file)))),*];
    };
}

lessons![
    "01-one-pipe.toml",
    "02-lowest-fd.toml",
    "03-pipe-to-self.toml",
    "04-fork-copies-the-table.toml",
    "05-clean-eof.toml",
    "06-no-eof.toml",
    "07-unread-data-survives.toml",
    "08-two-way.toml",
    "09-broken-pipe.toml",
    "10-full-pipe.toml",
    "11-wait-before-read.toml",
    "12-two-readers.toml",
    "13-non-blocking.toml",
    "14-atomic-writes.toml",
    "15-shell-pipeline.toml",
    "16-leaked-to-a-sibling.toml",
    "17-close-on-exec.toml",
    "18-stdio-twice.toml",
    "19-fifo.toml",
    "20-socketpair.toml",
    "21-message-boundaries.toml",
    "22-python-pipe.toml",
    "23-unix-server.toml",
    "24-pass-a-descriptor.toml",
    "25-tcp.toml",
    "26-udp.toml",
    "27-multicast.toml",
    "28-two-machines.toml",
    "29-shared-memory.toml",
    "30-message-queue.toml",
    "31-pipes-or-sockets.toml",
];

/// There is no lesson of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchLesson {
    /// The name that was asked for.
    pub name: String,
    /// The names most like it, the likest first.
    pub nearest: Vec<String>,
}

impl fmt::Display for NoSuchLesson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no lesson `{}`", self.name.escape_debug())?;
        match self.nearest.as_slice() {
            [] => Ok(()),
            near => write!(f, "; did you mean {}?", near.join(" or ")),
        }
    }
}

impl std::error::Error for NoSuchLesson {}

/// The built-in lessons, in the order of the course. Read once; one that is broken is left out (a test reads them all).
pub fn builtin() -> &'static [Lesson] {
    static LESSONS: OnceLock<Vec<Lesson>> = OnceLock::new();
    LESSONS.get_or_init(|| FILES.iter().filter_map(|(file, text)| read(file, text).ok()).collect())
}

/// A built-in lesson by its name or its number.
///
/// # Errors
/// [`NoSuchLesson`] with the names most like it.
pub fn find(name: &str) -> Result<Lesson, NoSuchLesson> {
    let number: Option<u32> = name.parse().ok();
    let is = |file: &str| {
        let (own, slug) = number_and_slug(file);
        slug == name || (number.is_some() && own == number)
    };
    // Its file alone is read: all of them would take longer than the first frame.
    let found = FILES.iter().find(|(file, _)| is(file)).and_then(|(file, text)| read(file, text).ok());
    found.ok_or_else(|| {
        let near = nearest(name, FILES.iter().map(|(file, _)| number_and_slug(file).1));
        NoSuchLesson { name: name.into(), nearest: near.into_iter().map(Into::into).collect() }
    })
}

/// `01-one-pipe.toml` is lesson 1, `one-pipe`.
fn number_and_slug(file: &str) -> (Option<u32>, &str) {
    let stem = file.strip_suffix(".toml").unwrap_or(file);
    let (number, slug) = stem.split_once('-').unwrap_or(("", stem));
    (number.parse().ok(), slug)
}

fn read(file: &str, text: &str) -> Result<Lesson, Vec<LessonError>> {
    let (number, slug) = number_and_slug(file);
    let show = |name: &str| {
        program(name).map(Into::into).ok_or_else(|| format!("there is no program {name} in assets/programs"))
    };
    let lesson = load(file, slug, text, &show)?;
    Ok(Lesson { number, ..lesson })
}

#[cfg(test)]
mod tests;
