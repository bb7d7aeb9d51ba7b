//! `pipescope record` and `pipescope shot`: the screen without a terminal.

use super::args::{LookArgs, RecordArgs, ShotArgs};
use super::play::{DEADLINE, failures};
use super::source::Source;
use super::{Failure, look};
use crate::app::Board;
use crate::engine::Session;
use crate::lesson::builtin;
use crate::record::{CastWriter, Encoder, Headless, Meta, Still, Version, svg};
use crate::stage::Options;
use crate::view::{Predict, Say, draw};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// So many characters are read in a second, by someone who also looks at the picture.
const READING: f64 = 18.0;

/// Render a whole lesson as an asciicast.
///
/// # Errors
/// Usage for what cannot be found; failure where a step or the file cannot be made, or an expectation is not met.
pub fn record(args: &RecordArgs, look: &LookArgs, options: &Options) -> Result<(), Failure> {
    if let Some(name) = &args.source {
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

fn film(args: &RecordArgs, source: Source, output: &Path, look: &LookArgs, options: &Options) -> Result<(), Failure> {
    let version = if args.cast_version == 2 { Version::V2 } else { Version::V3 };
    let meta =
        Meta { title: Some(source.script.title.clone()), timestamp: None, theme: Some(look::palette(look).theme()) };
    let (cols, rows) = args.size;
    let session = Session::open(source.script, options.clone(), DEADLINE)?;
    let mut board = Board::new(session, source.lesson, source.variant, look::for_file(look));
    board.settle_colours();
    let (path, force) = target(output, args.force);
    let cast = CastWriter::create(path, force, Encoder::new(version, cols, rows, meta)).map_err(written)?;
    let mut film = Film { board, cast, screen: Headless::new(cols, rows)?, at: Duration::ZERO, pace: args.pace };
    film.shoot()?;
    failures(&film.board.session)
}

/// Where to write, and whether something may be there already: `-` is standard output.
fn target(output: &Path, force: bool) -> (&Path, bool) {
    if output.as_os_str() == "-" { (Path::new("/dev/stdout"), true) } else { (output, force) }
}

fn written(error: crate::record::CastError) -> Failure {
    Failure::failed(error.to_string())
}

/// A lesson on its way into a cast.
struct Film {
    board: Board,
    cast: CastWriter,
    screen: Headless,
    at: Duration,
    pace: f64,
}

impl Film {
    fn shoot(&mut self) -> Result<(), Failure> {
        self.ask(false);
        self.frame()?;
        loop {
            // The question stands in the frame long enough to think; the truth comes without an answer.
            self.ask(true);
            if self.board.session.question().is_some() {
                self.frame()?;
            }
            self.ask(false);
            let session = &self.board.session;
            let Some(call) = session.next() else { break };
            let label = format!("{}: {call}", session.progress() + 1);
            self.cast.marker(self.at, &label).map_err(written)?;
            if let Err(error) = self.board.forward() {
                return Err(Failure::failed(format!("step {label}: {error}")));
            }
            self.board.follow();
            self.frame()?;
        }
        self.cast.output(self.at, Headless::leave()).map_err(written)?;
        self.cast.exit(self.at, 0).map_err(written)
    }

    fn ask(&mut self, on: bool) {
        self.board.ui.predict = if on { Predict::Lesson } else { Predict::Off };
        self.board.follow();
    }

    /// Draw, and let it stand as long as it takes to read.
    fn frame(&mut self) -> Result<(), Failure> {
        let scene = self.board.scene();
        let text = self.screen.frame(|frame| {
            draw(&scene, frame.area(), frame.buffer_mut());
        })?;
        let letters = match scene.say {
            Say::Sentence(text) => text.chars().count(),
            Say::Question { ask, .. } => {
                // As long again to think.
                2 * (ask.question.chars().count() + ask.options.iter().map(|o| o.text.chars().count()).sum::<usize>())
            }
            Say::Reveal { sentence, .. } => sentence.chars().count(),
        };
        self.cast.output(self.at, &text).map_err(written)?;
        let seconds = self.pace * (0.4 + letters as f64 / READING / 2.5);
        self.at += Duration::from_secs_f64(seconds.max(self.pace));
        Ok(())
    }
}

/// Write a still of the screen.
///
/// # Errors
/// As for [`record`].
pub fn shot(args: &ShotArgs, look: &LookArgs, options: Options) -> Result<(), Failure> {
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

fn write(path: &Path, force: bool, text: &str) -> Result<(), Failure> {
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
