//! `pipescope check`: everything that is wrong in lesson files, and whether the kernel does what they say.

use super::play::DEADLINE;
use super::{Failure, source};
use crate::engine::{Forward, Script, Session, needs};
use crate::lesson::{Lesson, load_file};
use crate::stage::Options;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Say everything wrong in these files, and play those that can be played.
///
/// # Errors
/// Usage where a file cannot be read; failure where one is wrong.
pub fn check(files: &[PathBuf], options: &Options) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let mut wrong = 0;
    for path in files {
        let text = source::file(path)?;
        let found = match load_file(path, &text) {
            Err(errors) => errors.iter().map(|e| e.report()).collect(),
            Ok(lesson) => trial(path, &lesson, options)?,
        };
        if found.is_empty() {
            writeln!(out, "{}: good", path.display())?;
        }
        for said in &found {
            writeln!(out, "{said}")?;
        }
        wrong += found.len();
    }
    out.flush()?;
    match wrong {
        0 => Ok(()),
        1 => Err(Failure::failed("one thing is wrong")),
        n => Err(Failure::failed(format!("{n} things are wrong"))),
    }
}

/// Play the lesson and every variant of it: what the kernel does otherwise than it says.
fn trial(path: &Path, lesson: &Lesson, options: &Options) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for variant in std::iter::once(None).chain(lesson.variants.iter().map(Some)) {
        if let Some(why) = needs::lacks(lesson).filter(|_| variant.map(|v| &v.slug) != lesson.without_network.as_ref())
        {
            let name = variant.map_or("the lesson itself", |v| v.slug.as_str());
            eprintln!("{}: {name} was not played: {why}", path.display());
            continue;
        }
        let which = variant.map_or(String::new(), |v| format!(" (variant {})", v.slug));
        let script = Script::of_lesson(lesson, variant);
        if let Some(program) = script.missing() {
            writeln!(std::io::stderr(), "{}{which}: not played, for this machine has no {program}", path.display())?;
            continue;
        }
        let mut session = Session::open(script, options.clone(), DEADLINE)?;
        let stopped = loop {
            match session.forward() {
                Ok(Forward::Stepped) => {}
                Ok(_) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        let place = |step: usize| format!("{}: step {step}{which}", path.display());
        let call = |step: usize| session.script().steps.get(step.wrapping_sub(1)).map(|s| s.call.to_string());
        for (step, check) in session.failures() {
            let call = call(step).unwrap_or_default();
            found.push(format!("{}, {call}: expected {}; the kernel: {}", place(step), check.expect, check.got));
        }
        for index in 0..session.progress() {
            if let Some((ask, Some(answered))) = session.question_of(index)
                && answered.right.is_empty()
            {
                found.push(format!("{}: the kernel makes no answer right of: {}", place(index + 1), ask.question));
            }
        }
        if let Some(why) = stopped {
            let step = session.progress() + 1;
            found.push(format!("{}, {}: {why}", place(step), call(step).unwrap_or_default()));
        }
    }
    Ok(found)
}
