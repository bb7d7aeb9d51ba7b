//! `pipescope results`: what is kept of one's lessons and answers.

use super::Failure;
use crate::app::Kept;
use crate::lesson::builtin;
use std::io::Write;

/// Print what is kept, or delete it.
///
/// # Errors
/// Where the file cannot be removed, or standard output not written.
pub fn results(json: bool, delete: bool) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if delete {
        let removed = Kept::delete().map_err(|e| Failure::failed(format!("nothing was deleted: {e}")))?;
        match removed {
            Some(path) => writeln!(out, "deleted {}", path.display())?,
            None => writeln!(out, "there was nothing to delete")?,
        }
        return Ok(());
    }
    let kept = Kept::load();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&kept).map_err(std::io::Error::from)?)?;
        return Ok(());
    }
    for lesson in builtin() {
        let place = kept.lessons.get(&lesson.slug).cloned().unwrap_or_default();
        let mark = if place.done { "done" } else { "" };
        let here: Vec<_> = kept.answers.iter().filter(|a| a.lesson == lesson.slug).collect();
        let right = here.iter().filter(|a| a.right).count();
        let answers = if here.is_empty() { String::new() } else { format!("{right} of {} answers right", here.len()) };
        let task = place.task.map(|n| format!("task in {n} calls")).unwrap_or_default();
        let number = lesson.number.map(|n| n.to_string()).unwrap_or_default();
        let line = format!("{number:>3}  {:<24} {mark:<5} {answers:<24} {task}", lesson.slug);
        writeln!(out, "{}", line.trim_end())?;
    }
    if let Some(path) = Kept::path() {
        writeln!(out, "\nkept in {}; `pipescope results --delete` removes it", path.display())?;
    }
    out.flush()?;
    Ok(())
}
