//! What is kept from one use to the next: lessons played to their end, tasks done, answers given, the last place. A plain
//! JSON file in the person's own state folder (XDG Base Directory Specification); it is never sent anywhere.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

/// So many of the newest answers are kept.
const ANSWERS: usize = 2000;

/// All that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The version of this form.
    pub schema: u32,
    /// The hint for the first use was shown.
    pub greeted: bool,
    /// The lesson that was open last.
    pub last: Option<String>,
    /// By the lesson's name.
    pub lessons: BTreeMap<String, Place>,
    /// Oldest first.
    pub answers: Vec<Given>,
}

/// How far somebody came in a lesson.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// It was played to its end.
    pub done: bool,
    /// The step that was reached last.
    pub step: usize,
    /// The fewest calls its task was done with.
    pub task: Option<usize>,
}

/// An answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The lesson's name; `lab` in the sandbox.
    pub lesson: String,
    /// The step it was asked before, from 1.
    pub step: usize,
    /// The question.
    pub question: String,
    /// What was said.
    pub said: String,
    /// The kernel did that.
    pub right: bool,
}

impl Kept {
    /// The file; `None` where the person has no home.
    pub fn path() -> Option<PathBuf> {
        let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
        let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
        Some(state.join("pipescope/progress.json"))
    }

    /// What is kept; nothing where there is no such file, or it cannot be understood.
    pub fn load() -> Kept {
        let text = Kept::path().and_then(|path| std::fs::read(path).ok());
        text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }

    /// Keep it. The file is whole at any time: it is written beside and then put in place.
    ///
    /// # Errors
    /// Where the folder cannot be made or the file not written.
    pub fn save(&mut self) -> io::Result<()> {
        let Some(path) = Kept::path() else { return Ok(()) };
        self.schema = 1;
        let surplus = self.answers.len().saturating_sub(ANSWERS);
        self.answers.drain(..surplus);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let beside = path.with_extension(format!("json.{}", std::process::id()));
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(&beside, text)?;
        std::fs::rename(&beside, &path)
    }

    /// Forget everything; the file that was removed, where there was one.
    ///
    /// # Errors
    /// Where it is there and cannot be removed.
    pub fn delete() -> io::Result<Option<PathBuf>> {
        let Some(path) = Kept::path() else { return Ok(None) };
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(Some(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The place in this lesson.
    pub fn place(&mut self, lesson: &str) -> &mut Place {
        self.lessons.entry(lesson.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_or_foreign_file_is_read_as_far_as_it_goes() {
        let kept: Kept =
            serde_json::from_str(r#"{"last":"one-pipe","lessons":{"no-eof":{"done":true}},"new":1}"#).unwrap();
        assert_eq!(kept.last.as_deref(), Some("one-pipe"));
        assert!(kept.lessons["no-eof"].done && kept.lessons["no-eof"].task.is_none());
    }
}
