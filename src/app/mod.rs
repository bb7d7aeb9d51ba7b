//! The program on the terminal: an event loop around a session and its screen.

mod act;
mod board;
mod events;
mod recording;
mod sentence;
mod shown;
mod terminal;
mod typing;

pub use board::Board;
pub use shown::STAGE_TERMINAL;

use crate::lesson::{Lesson, builtin};
use crate::record::{CastWriter, Tee};
use crate::stage::Options;
use crate::view::{LessonRow, Mode, draw};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use events::Wake;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{Event, KeyEventKind};
use ratatui::layout::Rect;
use recording::Recording;
use signal_hook::consts::{SIGCONT, SIGTSTP};
use std::io::{self, Stdout, stdout};
use std::time::{Duration, Instant};
use terminal::Taken;

/// How often to look whether something changed without a step.
const GLANCE: Duration = Duration::from_millis(200);
/// The same while a person types into the stage's terminal, which echoes.
const ECHO: Duration = Duration::from_millis(15);

/// How the program came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The person left.
    Quit,
    /// This signal asked for it.
    Signal(i32),
    /// The terminal is gone.
    TerminalGone,
}

/// What the loop is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Wait for what comes.
    Wait,
    /// Go back to the shell for a while.
    Suspend,
    /// Take the terminal again: we were stopped without having been asked.
    Retake,
    /// End.
    End(End),
}

/// The program on the terminal.
pub struct App {
    board: Board,
    options: Options,
    /// When autoplay makes the next step.
    due: Option<Instant>,
    /// Something on the screen is to be drawn anew.
    dirty: bool,
}

type Screen = Terminal<CrosstermBackend<Tee<Stdout>>>;

/// Take the terminal, show `board`, and act on keys until the person leaves. `options` are those of the stages of further
/// lessons; `cast` is written with what the terminal is sent.
///
/// # Errors
/// Where the terminal refuses or fails. It is given back in any case.
pub fn run(board: Board, options: Options, cast: Option<CastWriter>) -> io::Result<(End, Option<String>)> {
    let (tee, tap) = Tee::new(stdout());
    let (tee, mut recording) = match cast {
        Some(cast) => (tee, Some(Recording::new(cast, tap))),
        None => (Tee::plain(stdout()), None),
    };
    let taken = Taken::take()?;
    let mut app = App { board, options, due: None, dirty: true };
    let result = Terminal::new(CrosstermBackend::new(tee))
        .and_then(|mut screen| app.event_loop(&mut screen, &taken, &mut recording));
    drop(app);
    drop(taken);
    if let Some(recording) = &mut recording {
        recording.end(i32::from(result.is_err()));
    }
    result.map(|end| (end, recording.map(|r| r.report())))
}

/// The next frame is drawn whole. (`Terminal::clear` would ask the terminal where its cursor is, and the answer would be
/// taken for keys.)
fn begin_anew(screen: &mut Screen) -> io::Result<()> {
    let size = screen.size()?;
    screen.resize(Rect::new(0, 0, size.width, size.height))
}

impl App {
    fn event_loop(&mut self, screen: &mut Screen, taken: &Taken, rec: &mut Option<Recording>) -> io::Result<End> {
        let wakes = events::listen()?;
        let mut look = Instant::now() + GLANCE;
        loop {
            if std::mem::take(&mut self.dirty) {
                self.frame(screen, rec)?;
            }
            let next = match self.wait(&wakes, look) {
                Ok(wake) => self.handle(wake, rec),
                Err(RecvTimeoutError::Timeout) => Next::Wait,
                Err(RecvTimeoutError::Disconnected) => Next::End(End::TerminalGone),
            };
            match next {
                Next::Wait => {}
                Next::Suspend => self.suspend(screen, taken)?,
                Next::Retake => {
                    taken.retake()?;
                    begin_anew(screen)?;
                    self.dirty = true;
                }
                Next::End(end) => return Ok(end),
            }
            if Instant::now() >= look {
                self.glance();
                look = Instant::now() + self.pause();
            }
            if self.due.is_some_and(|due| Instant::now() >= due) {
                self.play_on(rec);
            }
        }
    }

    fn wait(&self, wakes: &Receiver<Wake>, look: Instant) -> Result<Wake, RecvTimeoutError> {
        let until = self.due.map_or(look, |due| due.min(look)).min(Instant::now() + self.pause());
        wakes.recv_deadline(until)
    }

    fn pause(&self) -> Duration {
        if Mode::of(&self.board.ui.overlay) == Mode::Terminal { ECHO } else { GLANCE }
    }

    fn frame(&mut self, screen: &mut Screen, rec: &mut Option<Recording>) -> io::Result<()> {
        let scene = self.board.scene();
        let mut reach = None;
        screen.draw(|frame| {
            let drawn = draw(&scene, frame.area(), frame.buffer_mut());
            reach = Some(drawn.reach);
            if let Some(at) = drawn.cursor {
                frame.set_cursor_position(at);
            }
        })?;
        if let Some(reach) = reach {
            self.board.ui.stay_within(reach);
        }
        if let Some(why) = rec.as_mut().and_then(Recording::frame) {
            self.say(format!("nothing more is recorded: {why}"));
        }
        Ok(())
    }

    /// Has something changed without a step?
    fn glance(&mut self) {
        if self.board.session.notice() {
            self.board.follow();
            self.dirty = true;
        }
    }

    fn handle(&mut self, wake: Wake, rec: &mut Option<Recording>) -> Next {
        match wake {
            Wake::Input(Event::Key(key)) if key.kind != KeyEventKind::Release => {
                self.dirty = true;
                self.key(key, rec)
            }
            Wake::Input(Event::Paste(text)) => {
                self.dirty = true;
                if Mode::of(&self.board.ui.overlay) == Mode::Terminal {
                    self.board.session.live().stage().type_in(text.as_bytes());
                } else {
                    self.board.ui.paste(&text);
                }
                Next::Wait
            }
            Wake::Input(Event::Resize(cols, rows)) => {
                self.dirty = true;
                if let Some(rec) = rec {
                    rec.resize(cols, rows);
                }
                Next::Wait
            }
            Wake::Input(_) => Next::Wait,
            Wake::Signal(SIGTSTP) => Next::Suspend,
            // Whoever stopped us has had the terminal meanwhile.
            Wake::Signal(SIGCONT) => Next::Retake,
            Wake::Signal(signal) => Next::End(End::Signal(signal)),
            Wake::TerminalGone => Next::End(End::TerminalGone),
        }
    }

    /// Give the terminal back, stop as any program does, and go on where we were.
    fn suspend(&mut self, screen: &mut Screen, taken: &Taken) -> io::Result<()> {
        taken.release();
        signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
        taken.retake()?;
        begin_anew(screen)?;
        self.dirty = true;
        Ok(())
    }

    fn say(&mut self, text: impl Into<String>) {
        self.board.notice = Some(text.into());
        self.dirty = true;
    }

    /// The course, read when it is first wanted.
    fn fetch_course(&mut self) {
        if self.board.lessons.is_empty() {
            let row = |lesson: &Lesson| LessonRow {
                number: lesson.number,
                slug: lesson.slug.clone(),
                title: lesson.title.clone(),
                summary: lesson.summary.clone(),
                done: false,
            };
            self.board.lessons = builtin().iter().map(row).collect();
        }
    }
}
