//! Writing a run to a file, moment by moment.

use super::Failure;
use super::ahead::Ahead;
use super::source::{Source, plain};
use crate::app::{Growing, note};
use crate::engine::{Moment, Script};
use crate::lesson::Lesson;
use crate::timeline::{About, Note, Timeline};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A run on its way into a file.
pub(super) struct Save {
    timeline: Growing,
    /// Of a program that may run for hours.
    _ahead: Option<Ahead>,
    lesson: Option<Lesson>,
    variant: Option<usize>,
    path: PathBuf,
}

/// Begin the file for what is to be played.
pub(super) fn create(path: &Path, force: bool, source: &Source) -> Result<Save, Failure> {
    let lesson = source.lesson.clone();
    let variant = lesson.as_ref().zip(source.variant).and_then(|(l, v)| l.variants.get(v));
    let variant = variant.map_or(String::new(), |v| format!(" · variant: {}", v.title));
    let about = About {
        title: format!("{}{variant}", source.script.title),
        source: source.script.source.clone(),
        code: lesson.as_ref().map(|l| l.code_of(source.variant).to_vec()).unwrap_or_default(),
    };
    let file = new_file(path, force)?;
    let timeline = Timeline::create(file, about).map_err(|error| unwritten(path, &error))?;
    let timeline = Arc::new(Mutex::new(timeline));
    Ok(Save { timeline, _ahead: None, lesson, variant: source.variant, path: path.to_owned() })
}

/// Begin the file for a program that is to be traced.
pub(super) fn of_command(path: &Path, force: bool, title: &str) -> Result<Save, Failure> {
    let timeline = Arc::new(Mutex::new(timeline(Some(path), force, title)?));
    let ahead = Ahead::of(Arc::clone(&timeline)).map_err(|error| unwritten(path, &error))?;
    Ok(Save { timeline, _ahead: Some(ahead), lesson: None, variant: None, path: path.to_owned() })
}

/// The run of a program that is to be traced, in this file, or in one that is gone with us.
pub(super) fn timeline(path: Option<&Path>, force: bool, title: &str) -> Result<Timeline, Failure> {
    let about = About { title: title.to_owned(), source: "traced".into(), code: Vec::new() };
    match path {
        Some(path) => Timeline::create(new_file(path, force)?, about).map_err(|error| unwritten(path, &error)),
        None => Timeline::temporary(about)
            .map_err(|error| Failure::failed(format!("there is nowhere to keep the run: {}", plain(&error)))),
    }
}

impl Save {
    /// Add a moment of a program that is traced.
    pub(super) fn traced(&mut self, moment: &Moment) -> Result<(), Failure> {
        self.push(moment, &Note::default(), b"")
    }

    /// Add a moment; `shown` is what the terminal has shown since the one before.
    pub(super) fn moment(&mut self, moment: &Moment, script: &Script, shown: &[u8]) -> Result<(), Failure> {
        let lesson = self.lesson.as_ref();
        let variant = lesson.zip(self.variant).and_then(|(l, v)| l.variants.get(v));
        let note = note(moment, script, lesson, variant);
        self.push(moment, &note, shown)
    }

    fn timeline(&self) -> MutexGuard<'_, Timeline> {
        self.timeline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&mut self, moment: &Moment, note: &Note, shown: &[u8]) -> Result<(), Failure> {
        let pushed = self.timeline().push(moment, note, shown);
        pushed.map_err(|error| Failure::failed(format!("{}: {error}", self.path.display())))
    }

    /// Write what is not written yet.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.timeline().finish().map_err(|error| unwritten(&self.path, &error))
    }
}

/// A file to write a run to, and to read it from.
fn new_file(path: &Path, force: bool) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::usage(format!("{} is there already; --force overwrites it", path.display()))
        }
        _ => unwritten(path, &error),
    })
}

pub(super) fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("{} cannot be written: {}", path.display(), plain(error)))
}
