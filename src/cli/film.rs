//! A whole lesson as a film: an asciicast, or an SVG that moves.

use super::args::{LookArgs, RecordArgs};
use super::play::{DEADLINE, failures};
use super::record::{target, write, written};
use super::source::Source;
use super::{Failure, look};
use crate::app::Board;
use crate::engine::Session;
use crate::record::{CastWriter, Encoder, Headless, Meta, Reel, Still, Version};
use crate::stage::Options;
use crate::view::{Predict, Say, draw};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::path::Path;
use std::time::Duration;

/// So many characters are read in a second, by someone who also looks at the picture.
const READING: f64 = 18.0;

/// Play `source` and write it to `output`: as SVG where its name ends so, else as an asciicast.
///
/// # Errors
/// Failure where a step or the file cannot be made, or an expectation is not met.
pub(super) fn film(
    args: &RecordArgs,
    source: Source,
    output: &Path,
    look: &LookArgs,
    options: &Options,
) -> Result<(), Failure> {
    let title = source.script.title.clone();
    let palette = look::palette(look);
    let session = Session::open(source.script, options.clone(), DEADLINE)?;
    let mut board = Board::new(session, source.lesson, source.variant, look::for_file(look));
    board.settle_colours();
    board.unattended = true;
    let (path, force) = target(output, args.force);
    let (cols, rows) = args.size;
    let moving = output.extension().is_some_and(|e| e.eq_ignore_ascii_case("svg"));
    let sink = if moving {
        Sink::Reel(Reel::default())
    } else {
        let version = if args.cast_version == 2 { Version::V2 } else { Version::V3 };
        let meta = Meta { title: Some(title.clone()), timestamp: None, theme: Some(palette.theme()) };
        let cast = CastWriter::create(path, force, Encoder::new(version, cols, rows, meta)).map_err(written)?;
        Sink::Cast(Box::new(cast), Box::new(Headless::new(cols, rows)?))
    };
    let mut film = Film { board, sink, size: args.size, at: Duration::ZERO, pace: args.pace };
    film.shoot()?;
    if let Sink::Reel(reel) = &film.sink {
        let still = Still { title: format!("pipescope: {title}"), palette };
        write(path, force, &reel.svg(&still).unwrap_or_default())?;
    }
    failures(&film.board.session)
}

/// Where the frames go.
enum Sink {
    Cast(Box<CastWriter>, Box<Headless>),
    Reel(Reel),
}

/// A lesson on its way into a film.
struct Film {
    board: Board,
    sink: Sink,
    size: (u16, u16),
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
            if let Sink::Cast(cast, _) = &mut self.sink {
                cast.marker(self.at, &label).map_err(written)?;
            }
            if let Err(error) = self.board.forward() {
                return Err(Failure::failed(format!("step {label}: {error}")));
            }
            self.board.select_actor();
            self.board.follow();
            self.frame()?;
        }
        if let Sink::Cast(cast, _) = &mut self.sink {
            cast.output(self.at, Headless::leave()).map_err(written)?;
            cast.exit(self.at, 0).map_err(written)?;
        }
        Ok(())
    }

    fn ask(&mut self, on: bool) {
        self.board.ui.predict = if on { Predict::Lesson } else { Predict::Off };
        self.board.follow();
    }

    /// Draw, and let it stand as long as it takes to read.
    fn frame(&mut self) -> Result<(), Failure> {
        let scene = self.board.scene();
        let seconds = self.pace * (0.4 + letters(scene.say) as f64 / READING / 2.5);
        let shown = Duration::from_secs_f64(seconds.max(self.pace));
        match &mut self.sink {
            Sink::Cast(cast, screen) => {
                let text = screen.frame(|frame| {
                    draw(&scene, frame.area(), frame.buffer_mut());
                })?;
                cast.output(self.at, &text).map_err(written)?;
            }
            Sink::Reel(reel) => {
                let mut buffer = Buffer::empty(Rect::new(0, 0, self.size.0, self.size.1));
                draw(&scene, buffer.area, &mut buffer);
                reel.push(buffer, shown);
            }
        }
        self.at += shown;
        Ok(())
    }
}

/// How much there is to read; of a question as much again, to think.
fn letters(say: Say) -> usize {
    match say {
        Say::Sentence(text) => text.chars().count(),
        Say::Question { ask, .. } => {
            2 * (ask.question.chars().count() + ask.options.iter().map(|o| o.text.chars().count()).sum::<usize>())
        }
        Say::Reveal { ask, sentence, .. } => {
            let options = ask.options.iter().map(|o| o.text.chars().count() + o.why.chars().count());
            sentence.chars().count() + options.sum::<usize>()
        }
    }
}
