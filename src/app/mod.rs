//! The program on the terminal: an event loop around a session and its screen.

mod act;
mod allocator;
mod board;
mod colours;
mod compare;
mod events;
mod keep;
mod lesson_program;
mod live;
mod pace;
mod recording;
mod replay;
mod sentence;
mod shown;
mod task;
mod terminal;
mod tracing;
mod typing;
mod unrun;
mod viewer;
mod watch;

pub use board::Board;
pub use compare::compare;
pub use keep::Kept;
pub use live::Live;
pub use replay::{Growing, Replay};
pub use sentence::note;
pub use shown::STAGE_TERMINAL;
pub use tracing::Start;
pub use unrun::why_not_run;
pub use viewer::{NotShown, Shown, view_run, view_trace};
pub use watch::watch;

use crate::engine::{Flow, Flowed};
use crate::lesson::{Lesson, builtin};
use crate::record::{CastWriter, Tee};
use crate::stage::Options;
use crate::view::{FRAMES, LessonRow, Mode, Overlay, draw};
use compare::Comparing;
use crossbeam_channel::{Receiver, RecvTimeoutError, at, select};
use events::Wake;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{Event, KeyEventKind};
use ratatui::layout::Rect;
use recording::Recording;
use signal_hook::consts::{SIGCONT, SIGTSTP};
use std::io::{self, Stdout, stdout};
use std::mem::ManuallyDrop;
use std::time::{Duration, Instant};
use terminal::Taken;

/// How often to look whether something changed without a step.
const GLANCE: Duration = Duration::from_millis(200);
/// The same while a person types into the stage's terminal, which echoes.
const ECHO: Duration = Duration::from_millis(15);

/// How long each frame of bytes on their way is shown.
const MOTION: Duration = Duration::from_millis(45);

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
    /// Draw everything: the terminal may have lost what it showed.
    Redraw,
    /// Show pipes and sockets compared.
    Compare,
    /// Run the lesson's own program, traced.
    Trace,
    /// End.
    End(End),
}

/// The program on the terminal.
pub struct App {
    board: Board,
    options: Options,
    /// When autoplay makes the next step.
    due: Option<Instant>,
    /// When the next frame of bytes on their way is due.
    moving: Option<Instant>,
    /// When the last step was made by a key: for those who present, two are never one slip apart.
    stepped: Option<Instant>,
    /// What is kept from one use to the next.
    kept: Kept,
    /// Something on the screen is to be drawn anew.
    dirty: bool,
    /// Opened from the table of pipes and sockets, to which the end leads back.
    beside: bool,
    /// That table, once it was looked at.
    comparing: Option<Comparing>,
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
    let mut app = App::new(board, options, Kept::load());
    app.greet();
    let mut screen = new_screen(tee)?;
    let result = app.event_loop(&mut screen, &taken, &mut recording);
    let kept = app.keep();
    drop(app);
    drop(taken);
    if let Some(recording) = &mut recording {
        recording.end(i32::from(result.is_err()));
    }
    let report = [recording.map(|r| r.report()), kept].into_iter().flatten().reduce(|a, b| format!("{a}\n{b}"));
    result.map(|end| (end, report))
}

/// Never dropped: it would say on standard error that the cursor cannot be shown, and panic where that is gone as well.
/// Our own guard gives everything back.
fn new_screen(tee: Tee<Stdout>) -> io::Result<ManuallyDrop<Screen>> {
    Ok(ManuallyDrop::new(Terminal::new(CrosstermBackend::new(tee))?))
}

/// The next frame is drawn whole. (`Terminal::clear` would ask the terminal where its cursor is, and the answer would be
/// taken for keys.)
fn begin_anew(screen: &mut Screen) -> io::Result<()> {
    let size = screen.size()?;
    screen.resize(Rect::new(0, 0, size.width, size.height))
}

impl App {
    fn new(board: Board, options: Options, kept: Kept) -> App {
        let (due, moving, stepped) = (None, None, None);
        App { board, options, due, moving, stepped, kept, dirty: true, beside: false, comparing: None }
    }

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
                Next::Redraw => {
                    begin_anew(screen)?;
                    self.dirty = true;
                }
                Next::Compare => {
                    if let Some(end) = self.compare(screen, taken, rec)? {
                        return Ok(end);
                    }
                }
                Next::Trace => {
                    if let Some(end) = self.trace(screen, taken, rec)? {
                        return Ok(end);
                    }
                }
                Next::End(end) => return Ok(end),
            }
            if Instant::now() >= look {
                self.glance();
                look = Instant::now() + self.pause();
            }
            if self.moving.is_some_and(|due| Instant::now() >= due) {
                self.move_on();
            }
            if self.due.is_some_and(|due| Instant::now() >= due) {
                self.play_on(rec);
            }
        }
    }

    /// The table of pipes and sockets, until the person leaves it; the end where it is the program's.
    fn compare(&mut self, screen: &mut Screen, taken: &Taken, rec: &mut Option<Recording>) -> io::Result<Option<End>> {
        let mut table = match self.comparing.take() {
            Some(table) => table,
            None => Comparing::new(self.board.ui.clone(), self.options.clone())?,
        };
        let end = table.show(screen, taken, rec, &mut self.kept)?;
        self.comparing = Some(table);
        begin_anew(screen)?;
        self.dirty = true;
        Ok((end != End::Quit).then_some(end))
    }

    fn wait(&mut self, wakes: &Receiver<Wake>, look: Instant) -> Result<Wake, RecvTimeoutError> {
        let until = [Some(look), self.due, self.moving, Some(Instant::now() + self.pause())];
        let until = until.into_iter().flatten().min().unwrap_or(look);
        select! {
            recv(wakes) -> wake => wake.map_err(|_| RecvTimeoutError::Disconnected),
            recv(self.board.colours().coming()) -> found => {
                self.board.colours().take(found.ok());
                self.dirty = true;
                Err(RecvTimeoutError::Timeout)
            }
            recv(at(until)) -> _ => Err(RecvTimeoutError::Timeout),
        }
    }

    fn pause(&self) -> Duration {
        if Mode::of(&self.board.ui.overlay) == Mode::Terminal { ECHO } else { GLANCE }
    }

    fn frame(&mut self, screen: &mut Screen, rec: &mut Option<Recording>) -> io::Result<()> {
        let scene = self.board.scene();
        let mut reach = None;
        let drawn = screen.draw(|frame| {
            let drawn = draw(&scene, frame.area(), frame.buffer_mut());
            reach = Some(drawn.reach);
            if let Some(at) = drawn.cursor {
                frame.set_cursor_position(at);
            }
        })?;
        let size = (drawn.area.width, drawn.area.height);
        if let Some(reach) = reach {
            self.board.ui.stay_within(reach);
        }
        if let Some(why) = rec.as_mut().and_then(|rec| rec.frame(size)) {
            self.say(format!("nothing more is recorded: {why}"));
        }
        Ok(())
    }

    /// Bytes went somewhere in the newest moment: show them on their way, where that is wanted.
    fn set_moving(&mut self) {
        let board = &mut self.board;
        let bytes = |flow: &Flow| matches!(flow.what, Flowed::Bytes(..));
        let goes = board.ui.moves && board.session.is_live() && board.session.moment().flows.iter().any(bytes);
        board.ui.motion = goes.then_some(0);
        self.moving = goes.then(|| Instant::now() + MOTION);
    }

    /// Which moment is the newest of all.
    fn newest(&self) -> (u64, usize) {
        (self.board.session.branch_number(), self.board.session.history().len())
    }

    /// The next frame of it.
    fn move_on(&mut self) {
        let next = self.board.ui.motion.map(|frame| frame + 1).filter(|frame| *frame < FRAMES);
        self.board.ui.motion = next;
        self.moving = next.map(|_| Instant::now() + MOTION);
        self.dirty = true;
    }

    /// It ends at the next key, wherever it is.
    fn stop_moving(&mut self) {
        self.board.ui.motion = None;
        self.moving = None;
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
                self.stop_moving();
                let before = self.newest();
                let next = self.key(key, rec);
                if self.newest() != before {
                    self.set_moving();
                }
                next
            }
            Wake::Input(Event::Paste(text)) => {
                self.dirty = true;
                self.paste(&text, rec);
                Next::Wait
            }
            // Smaller and back at once looks like no change, but the terminal has cut what it showed.
            Wake::Input(Event::Resize(..)) => Next::Redraw,
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

    /// The course, with what is kept of it.
    fn fetch_course(&mut self) {
        let row = |lesson: &Lesson| {
            let place = self.kept.lessons.get(&lesson.slug).cloned().unwrap_or_default();
            LessonRow {
                number: lesson.number,
                slug: lesson.slug.clone(),
                title: lesson.title.clone(),
                summary: lesson.summary.clone(),
                learn: lesson.learn.clone(),
                done: place.done,
                step: if place.done { 0 } else { place.step },
            }
        };
        self.board.lessons = builtin().iter().map(row).collect();
    }

    /// Three lines for whoever is here for the first time.
    fn greet(&mut self) {
        if !self.kept.greeted {
            self.kept.greeted = true;
            self.board.ui.overlay = Overlay::Welcome;
        }
    }

    /// Take down how far somebody came, and write it; why it could not be written.
    fn keep(&mut self) -> Option<String> {
        self.note_place();
        self.kept.save().err().map(|error| format!("how far you came could not be kept: {error}"))
    }

    /// Take down how far somebody came in the lesson that is open.
    fn note_place(&mut self) {
        let Some(slug) = self.board.lesson.as_ref().filter(|l| l.number.is_some()).map(|l| l.slug.clone()) else {
            return;
        };
        if let Some(task) = &self.board.task {
            if let Some(calls) = task.done {
                let place = self.kept.place(&slug);
                place.task = Some(place.task.map_or(calls, |before| before.min(calls)));
            }
            return;
        }
        let session = &self.board.session;
        let (steps, end) = (session.progress(), session.script().steps.len());
        let preferred = self.board.lesson.as_ref().and_then(|lesson| lesson.prefer);
        let main = self.board.variant.is_none() || self.board.variant == preferred;
        let place = self.kept.place(&slug);
        place.step = steps;
        place.done |= main && steps == end;
        self.kept.last = Some(slug);
    }
}
