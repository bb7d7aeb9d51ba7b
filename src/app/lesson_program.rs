//! A lesson's own program, run for real and traced: written into the stage's folder, compiled where it is C, shown as any traced
//! program is, and gone with the stage.

use super::live::Live;
use super::recording::Recording;
use super::replay::Replay;
use super::terminal::Taken;
use super::tracing::{Start, Tracing};
use super::viewer::Viewer;
use super::{App, End, Screen, begin_anew};
use crate::lesson::{Lesson, Listing, program};
use crate::timeline::{About, Timeline};
use crate::trace::{Interest, Options, Output, TraceError};
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

impl App {
    /// The lesson's program on the screen until the person leaves it; the end where it is ours too.
    pub(super) fn trace(
        &mut self,
        screen: &mut Screen,
        taken: &Taken,
        rec: &mut Option<Recording>,
    ) -> io::Result<Option<End>> {
        let begun = self.start().and_then(|mut start| {
            let live = start().map_err(|error| error.to_string())?;
            let replay = Replay::of(live.run(), self.board.ui.clone()).map_err(|error| error.to_string())?;
            Ok(Viewer { replay, tracing: Some(Tracing::new(live, start)), due: None })
        });
        let mut viewer = match begun {
            Ok(viewer) => viewer,
            Err(why) => {
                self.say(why);
                return Ok(None);
            }
        };
        rec.iter_mut().for_each(|rec| rec.marker("the program itself, traced"));
        let end = viewer.event_loop(screen, taken, &mut |size| {
            // Why nothing more is recorded is said where the recording was begun, or at the end.
            let _ = rec.as_mut().and_then(|rec| rec.frame(size));
        });
        drop(viewer);
        begin_anew(screen)?;
        self.dirty = true;
        Ok(Some(end?).filter(|end| *end != End::Quit))
    }

    /// What starts the program that is shown.
    fn start(&mut self) -> Result<Start, String> {
        let lesson = self.board.lesson.as_ref().ok_or("there is no lesson with a program")?;
        let listing =
            shown(lesson, self.board.variant, &self.board.ui.language).ok_or("this lesson has no program")?.clone();
        if program(&listing.file) != Some(listing.text.as_str()) && !self.options.allow_exec {
            return Err(format!("{} is not of the course: --allow-exec lets it run", listing.file));
        }
        let folder = self.board.session.live().stage().scratch().to_owned();
        let command = ready(&listing, &folder)?;
        let options = Options {
            command,
            interest: Interest::default(),
            folder: Some(folder),
            output: Output::Inherited,
            pin: true,
            source: true,
            filter: true,
            hand: None,
        };
        Ok(Box::new(move || {
            let about = About { title: listing.file.clone(), source: "traced".into(), code: vec![listing.clone()] };
            let nowhere = |error: io::Error| TraceError::Refused(format!("there is nowhere to keep the run: {error}"));
            Live::start(options.clone(), Timeline::temporary(about).map_err(nowhere)?)
        }))
    }
}

/// The program that is meant: what the lesson names, else what stands beside the stage.
fn shown<'l>(lesson: &'l Lesson, variant: Option<usize>, language: &str) -> Option<&'l Listing> {
    let code = lesson.code_of(variant);
    let beside = || code.iter().find(|l| l.language == language).or_else(|| code.first());
    lesson.trace.as_ref().or_else(beside)
}

/// Write it into the folder, and say how it is run.
fn ready(listing: &Listing, folder: &Path) -> Result<Vec<OsString>, String> {
    let source = folder.join(&listing.file);
    std::fs::write(&source, &listing.text).map_err(|error| format!("{}: {error}", source.display()))?;
    if listing.language == "python" {
        return Ok(vec![python()?.into(), source.into()]);
    }
    let program = source.with_extension("");
    let mut cc = Command::new("cc");
    cc.args(["-g", "-o"]).arg(&program).arg(&source).stdin(Stdio::null());
    match cc.output() {
        Ok(output) if output.status.success() => Ok(vec![program.into()]),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("cc: {}", said.lines().find(|line| line.contains("error")).unwrap_or("it does not compile")))
        }
        Err(_) => Err("there is no C compiler (cc) here; L shows the program in another language".into()),
    }
}

/// The interpreter itself, not a script in front of it: what that does would be traced too.
fn python() -> Result<String, String> {
    let missing = || "there is no python3 here; L shows the program in another language".to_owned();
    let mut ask = Command::new("python3");
    let output = ask.args(["-c", "import sys; print(sys.executable)"]).stdin(Stdio::null()).output();
    let output = output.ok().filter(|output| output.status.success()).ok_or_else(missing)?;
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if path.is_empty() { Err(missing()) } else { Ok(path) }
}
