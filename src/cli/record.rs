//! `pipescope record` and `pipescope shot`: the screen without a terminal.

use super::args::{LookArgs, RecordArgs, ShotArgs};
use super::film::film;
use super::play::{DEADLINE, failures};
use super::source::Source;
use super::{Failure, look};
use crate::app::Board;
use crate::engine::Session;
use crate::lesson::builtin;
use crate::record::{Still, svg};
use crate::stage::Options;
use crate::view::{Predict, draw};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Render a whole lesson, or all of them.
///
/// # Errors
/// Usage for what cannot be found; failure where a step or the file cannot be made, or an expectation is not met.
pub fn record(args: &RecordArgs, look: &LookArgs, options: &Options) -> Result<(), Failure> {
    if let Some(name) = &args.source {
        known(&args.output, &["cast", "svg"], "an asciicast or a moving SVG; of an asciicast, `agg` makes a GIF")?;
        return film(args, Source::find(name, args.variant.as_deref())?, &args.output, look, options);
    }
    std::fs::create_dir_all(&args.output)
        .map_err(|error| Failure::failed(format!("{}: {}", args.output.display(), super::source::plain(&error))))?;
    for lesson in builtin() {
        let file = format!("{:02}-{}.cast", lesson.number.unwrap_or_default(), lesson.slug);
        film(args, Source::of_lesson(lesson.clone(), None)?, &args.output.join(file), look, options)?;
    }
    Ok(())
}

/// Whether a name without an ending, or with one of these; another would promise what the file is not.
fn known(output: &Path, endings: &[&str], made: &str) -> Result<(), Failure> {
    match output.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase) {
        Some(ending) if !endings.contains(&ending.as_str()) && FORMATS.contains(&ending.as_str()) => {
            let list: Vec<String> = endings.iter().map(|e| format!(".{e}")).collect();
            Err(Failure::usage(format!(
                "{}: what is written is {made}: name it {}",
                output.display(),
                list.join(" or ")
            )))
        }
        _ => Ok(()),
    }
}

/// The endings of pictures and films that others make.
const FORMATS: [&str; 12] = ["gif", "png", "jpg", "jpeg", "webp", "webm", "mp4", "mkv", "apng", "pdf", "html", "svg"];

/// Where to write, and whether something may be there already: `-` is standard output.
pub(super) fn target(output: &Path, force: bool) -> (&Path, bool) {
    if output.as_os_str() == "-" { (Path::new("/dev/stdout"), true) } else { (output, force) }
}

pub(super) fn written(error: crate::record::CastError) -> Failure {
    Failure::failed(error.to_string())
}

/// Write a still of the screen.
///
/// # Errors
/// As for [`record`].
pub fn shot(args: &ShotArgs, look: &LookArgs, options: Options) -> Result<(), Failure> {
    known(&args.output, &["svg"], "an SVG")?;
    let source = Source::find(&args.source, args.variant.as_deref())?;
    let steps = source.script.steps.len();
    let step = args.step.unwrap_or(steps);
    if step > steps {
        return Err(Failure::usage(format!("{} has {steps} steps; there is no step {step}", args.source)));
    }
    let mut session = Session::open(source.script, options, DEADLINE)?;
    session.jump(step).map_err(|error| Failure::failed(format!("step {}: {error}", session.progress() + 1)))?;
    let title = format!("pipescope: {}, step {step} of {steps}", session.script().title);
    let mut ui = look::for_file(look);
    // A still shows what happened, not what is asked next.
    ui.predict = Predict::Off;
    let mut board = Board::new(session, source.lesson, source.variant, ui);
    board.settle_colours();
    board.select_actor();
    board.follow();
    let (cols, rows) = args.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, cols, rows));
    draw(&board.scene(), buffer.area, &mut buffer);
    let picture = svg(&buffer, &Still { title, palette: look::palette(look) });
    let (path, force) = target(&args.output, args.force);
    write(path, force, &picture)?;
    failures(&board.session)
}

pub(super) fn write(path: &Path, force: bool, text: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let written = options.write(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let help = if error.kind() == std::io::ErrorKind::AlreadyExists { "; --force overwrites it" } else { "" };
        Failure::failed(format!("{}: {}{help}", path.display(), super::source::plain(&error)))
    })
}
