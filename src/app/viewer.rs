//! A recorded run on the terminal, saved or still growing: the loop, and what keys do there.

use super::events::{self, Wake};
use super::terminal::Taken;
use super::tracing::{Start, Tracing};
use super::{End, Next, Replay, typing};
use crate::timeline::{Aim, Forwards, Kinds, TimelineError};
use crate::trace::{Ended, Going, TraceError, Until};
use crate::view::{Action, Effect, KeyContext, Mode, Overlay, Ui, draw, keys};
use crate::world::Death;
use crossbeam_channel::{Receiver, RecvTimeoutError, at, never, select};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{Event, KeyEvent, KeyEventKind};
use ratatui::layout::Rect;
use signal_hook::consts::{SIGCONT, SIGTSTP};
use std::io::{self, Write, stdout};
use std::mem::ManuallyDrop;
use std::time::{Duration, Instant};

/// What is done after each frame, of this size.
pub(super) type Drawn<'d> = &'d mut dyn FnMut((u16, u16));

/// A run on the terminal.
pub(super) struct Viewer {
    pub(super) replay: Replay,
    /// The program that it is the run of, where that is traced now.
    pub(super) tracing: Option<Tracing>,
    /// When autoplay shows the next moment.
    pub(super) due: Option<Instant>,
}

/// Take the terminal and show the run until the person leaves.
///
/// # Errors
/// Where the terminal refuses or fails. It is given back in any case.
pub fn view_run(replay: Replay) -> io::Result<End> {
    let taken = Taken::take()?;
    // Never dropped, as in the app itself: our own guard gives everything back.
    let mut screen = ManuallyDrop::new(Terminal::new(CrosstermBackend::new(stdout()))?);
    Viewer { replay, tracing: None, due: None }.event_loop(&mut screen, &taken, &mut |_| ())
}

/// Take the terminal and show a program that is traced, until the person leaves; it is ended then. `start` starts it, here and
/// whenever the person wants to begin again; `until`: it runs from the beginning, to this.
///
/// # Errors
/// Where the program cannot be started, or the terminal refuses or fails. It is given back in any case.
pub fn view_trace(mut start: Start, ui: Ui, until: Option<Option<Until>>) -> Result<Shown, NotShown> {
    let live = start()?;
    let replay = Replay::of(live.run(), ui)?;
    let taken = Taken::take()?;
    let mut screen = ManuallyDrop::new(Terminal::new(CrosstermBackend::new(stdout()))?);
    let mut viewer = Viewer { replay, tracing: Some(Tracing::new(live, start)), due: None };
    match until {
        Some(until) => viewer.run_until(until),
        None => viewer.say(FIRST),
    }
    let end = viewer.event_loop(&mut screen, &taken, &mut |_| ());
    // Before it is ended by us.
    let death = viewer.tracing.as_ref().and_then(|tracing| tracing.live.death());
    let ended = viewer.tracing.as_mut().map_or(Ok(Ended::Enough), |tracing| tracing.live.end());
    let unrun = viewer.tracing.as_ref().and_then(|tracing| tracing.unrun().cloned());
    drop(taken);
    Ok(Shown { end: end?, ended: ended?, death, unrun })
}

/// What a program that was traced on the screen leaves behind.
#[derive(Debug)]
pub struct Shown {
    /// How the screen ended.
    pub end: End,
    /// How the trace did.
    pub ended: Ended,
    /// How the program itself had ended, where others that it started were still there.
    pub death: Option<Death>,
    /// Why the program could not be run, where that is so.
    pub unrun: Option<String>,
}

/// What the first screen says, on which there is little else.
const FIRST: &str =
    "it has not begun: held before its first call; space lets it make one call, r all, ? shows every key";

/// Why a traced program was not shown.
#[derive(Debug, thiserror::Error)]
pub enum NotShown {
    /// It cannot be started or traced.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// Its run cannot be kept.
    #[error("the run cannot be kept: {0}")]
    Run(#[from] TimelineError),
    /// The terminal refused or failed.
    #[error("the terminal failed: {0}")]
    Terminal(#[from] io::Error),
}

fn begin_anew<W: Write>(screen: &mut Terminal<CrosstermBackend<W>>) -> io::Result<()> {
    let size = screen.size()?;
    screen.resize(Rect::new(0, 0, size.width, size.height))
}

impl Viewer {
    /// Until the person leaves.
    pub(super) fn event_loop<W: Write>(
        &mut self,
        screen: &mut Terminal<CrosstermBackend<W>>,
        taken: &Taken,
        drawn: Drawn<'_>,
    ) -> io::Result<End> {
        let wakes = events::listen()?;
        loop {
            self.grow();
            drawn(self.frame(screen)?);
            let next = match self.wait(&wakes) {
                Ok(wake) => self.handle(wake),
                Err(RecvTimeoutError::Timeout) => Next::Wait,
                Err(RecvTimeoutError::Disconnected) => Next::End(End::TerminalGone),
            };
            match next {
                // There is no stage here that a comparison could lead to.
                Next::Wait | Next::Compare | Next::Trace => {}
                Next::Suspend => {
                    taken.release();
                    signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
                    taken.retake()?;
                    begin_anew(screen)?;
                }
                Next::Retake => {
                    taken.retake()?;
                    begin_anew(screen)?;
                }
                Next::Redraw => begin_anew(screen)?,
                Next::End(end) => return Ok(end),
            }
            if self.due.is_some_and(|due| Instant::now() >= due) {
                self.play_on();
            }
        }
    }

    fn wait(&mut self, wakes: &Receiver<Wake>) -> Result<Wake, RecvTimeoutError> {
        let (news, again) = self.tracing.as_ref().map_or_else(|| (never(), None), Tracing::news);
        let clock = self.due.into_iter().chain(again).min().map_or_else(never, at);
        select! {
            recv(news) -> _ => {
                self.tracing.as_mut().into_iter().for_each(Tracing::heard);
                Err(RecvTimeoutError::Timeout)
            }
            recv(wakes) -> wake => wake.map_err(|_| RecvTimeoutError::Disconnected),
            recv(self.replay.colours.coming()) -> found => {
                self.replay.colours.take(found.ok());
                Err(RecvTimeoutError::Timeout)
            }
            recv(clock) -> _ => Err(RecvTimeoutError::Timeout),
        }
    }

    fn frame<W: Write>(&mut self, screen: &mut Terminal<CrosstermBackend<W>>) -> io::Result<(u16, u16)> {
        self.replay.follow();
        let scene = self.replay.scene();
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
            self.replay.ui.stay_within(reach);
        }
        Ok(size)
    }

    fn handle(&mut self, wake: Wake) -> Next {
        match wake {
            Wake::Input(Event::Key(key)) if key.kind != KeyEventKind::Release => self.key(key),
            Wake::Input(Event::Paste(text)) => {
                match &self.tracing {
                    Some(tracing) if matches!(self.replay.ui.overlay, Overlay::Terminal) => {
                        tracing.live.type_in(text.as_bytes());
                    }
                    _ => self.replay.ui.paste(&text),
                }
                Next::Wait
            }
            Wake::Input(Event::Resize(..)) => Next::Redraw,
            Wake::Input(_) => Next::Wait,
            Wake::Signal(SIGTSTP) => Next::Suspend,
            Wake::Signal(SIGCONT) => Next::Retake,
            Wake::Signal(signal) => Next::End(End::Signal(signal)),
            Wake::TerminalGone => Next::End(End::TerminalGone),
        }
    }

    fn key(&mut self, key: KeyEvent) -> Next {
        let replay = &mut self.replay;
        let context = KeyContext::of(&replay.scene());
        replay.notice = None;
        replay.ui.echo = replay.ui.present.then(|| keys::Key::of(&key).name(replay.ui.glyphs.ascii));
        if std::mem::take(&mut replay.ui.blank) {
            return Next::Wait;
        }
        let Some(action) = keys::action(key, &context) else {
            match &self.tracing {
                Some(tracing) if context.mode == Mode::Terminal && tracing.live.stand().going == Going::Over => {
                    self.say("it has ended: nobody reads what you type");
                }
                Some(tracing) if context.mode == Mode::Terminal => {
                    tracing.live.type_in(&typing::bytes(key, self.replay.terminal.application_cursor()));
                }
                _ => drop(self.replay.ui.type_key(key)),
            }
            return Next::Wait;
        };
        // Whoever goes somewhere by hand has taken over.
        if replay.playing && !matches!(action, Action::Faster | Action::Slower) {
            self.stop();
            if action == Action::Play {
                self.say("autoplay has ended");
                return Next::Wait;
            }
        }
        let asked = matches!(self.replay.ui.overlay, Overlay::Confirm { .. });
        let world = self.replay.world_now();
        match self.replay.ui.update(action, &world, &[]) {
            Effect::Refuse(why) | Effect::Say(why) => self.say(why),
            Effect::Jump(step) => self.jump(step),
            Effect::Search(words) => {
                self.replay.look_for(&words);
                self.find(Forwards::Yes);
            }
            Effect::Until(words) => self.until(&words),
            Effect::Act(Action::Quit) if self.runs() && !asked => self.ask_to_end(),
            Effect::Act(Action::Quit) => return Next::End(End::Quit),
            Effect::Act(Action::LetLive) => {
                self.let_live();
                return Next::End(End::Quit);
            }
            Effect::Act(Action::Suspend) => return Next::Suspend,
            Effect::Act(action) => self.act(action),
            Effect::Done | Effect::Call(_) | Effect::Lesson(_) => {}
        }
        Next::Wait
    }

    fn act(&mut self, action: Action) {
        use Action as A;
        let (now, last) = (self.replay.at(), self.replay.len().saturating_sub(1));
        match action {
            A::Forward if now == last && self.runs() => self.next(),
            A::Forward if now == last => self.say("this is the last moment"),
            A::Forward => self.go(now + 1),
            A::Back => self.go(now.saturating_sub(1)),
            A::First => self.go(0),
            A::Live => self.go(last),
            A::FindNext => self.find(Forwards::Yes),
            A::FindPrevious => self.find(Forwards::No),
            A::NextOfProcess => self.of_process(Forwards::Yes),
            A::PreviousOfProcess => self.of_process(Forwards::No),
            A::NextEof => self.seek_or_run(&Aim::Kind(Kinds::EOF), "eof", "end of file"),
            A::PreviousEof => self.seek(Forwards::No, &Aim::Kind(Kinds::EOF), "end of file"),
            A::NextEpipe => self.seek_or_run(&Aim::Kind(Kinds::EPIPE), "epipe", "EPIPE or SIGPIPE"),
            A::PreviousEpipe => self.seek(Forwards::No, &Aim::Kind(Kinds::EPIPE), "EPIPE or SIGPIPE"),
            A::NextBlocked => self.seek_or_run(&Aim::Kind(Kinds::BLOCKS), "blocked", "call that blocks"),
            A::PreviousBlocked => self.seek(Forwards::No, &Aim::Kind(Kinds::BLOCKS), "call that blocks"),
            A::Play if now == last && !self.runs() => self.say("this is the last moment"),
            A::Play if now == last && self.is_running() => self.say("it runs; r holds everybody at the next call"),
            A::Play => {
                self.replay.playing = true;
                self.due = Some(Instant::now());
                self.say(format!(
                    "autoplay: {}; + and - change that, any other key ends it",
                    self.replay.ui.pace_told()
                ));
            }
            A::Language => self.replay.next_language(),
            A::Go => self.run_or_hold(),
            A::Others => self.switch_others(),
            A::Save => self.save(),
            A::Restart => self.begin_again(),
            _ => {}
        }
    }

    pub(super) fn say(&mut self, text: impl Into<String>) {
        self.replay.notice = Some(text.into());
    }

    pub(super) fn told(&mut self, went: Result<(), TimelineError>) {
        if let Err(error) = went {
            self.say(error.to_string());
        }
    }

    pub(super) fn go(&mut self, number: usize) {
        let went = self.replay.go(number);
        self.told(went);
    }

    fn jump(&mut self, step: usize) {
        let (_, last) = self.replay.scene().progress;
        let went = self.replay.go_to_step(step);
        self.told(went);
        if step > last {
            self.say(format!("the last step is {last}"));
        }
    }

    fn find(&mut self, way: Forwards) {
        let words = self.replay.words().to_owned();
        if words.is_empty() {
            return self.say("/ says what to look for");
        }
        let shown: String = words.chars().take(40).collect();
        self.seek(way, &Aim::Text(words), &format!("`{shown}`"));
    }

    fn of_process(&mut self, way: Forwards) {
        let Some(name) = self.replay.ui.selection.process.clone() else { return self.say("no process is selected") };
        let chosen = self.replay.ui.selection.clone();
        let (aim, what) = match chosen.thread {
            Some(tid) => (Aim::Thread(name.clone(), tid), format!("moment of thread {tid}")),
            None => (Aim::Process(name.clone()), format!("moment of {name}")),
        };
        if !self.found(way, &aim) {
            if way == Forwards::Yes && self.runs() {
                return self.next_of(&name, chosen.thread);
            }
            return self.none(way, &what);
        }
        // Who is followed stays selected, also where another made the call.
        let lives = self.replay.scene().moment.world.process(&name).is_some_and(|p| p.state.is_alive());
        if lives && self.replay.ui.selection.process.as_ref() != Some(&name) {
            self.replay.ui.selection = chosen;
        }
    }

    /// Go where it is; to what has not happened yet, let the program run.
    fn seek_or_run(&mut self, aim: &Aim, until: &str, what: &str) {
        if !self.found(Forwards::Yes, aim) {
            match Until::parse(until) {
                Ok(until) if self.runs() => self.run_until(Some(until)),
                _ => self.none(Forwards::Yes, what),
            }
        }
    }

    fn seek(&mut self, way: Forwards, aim: &Aim, what: &str) {
        if !self.found(way, aim) {
            self.none(way, what);
        }
    }

    fn none(&mut self, way: Forwards, what: &str) {
        if self.replay.notice.is_none() {
            let way = if way == Forwards::Yes { "further" } else { "earlier" };
            self.say(format!("no {way} {what}"));
        }
    }

    fn found(&mut self, way: Forwards, aim: &Aim) -> bool {
        self.replay.seek(way, aim).unwrap_or_else(|error| {
            self.say(error.to_string());
            false
        })
    }

    fn stop(&mut self) {
        self.replay.playing = false;
        self.due = None;
    }

    /// Autoplay: the time has come.
    fn play_on(&mut self) {
        match self.replay.at_end() {
            true if !self.play_next() => return self.stop(),
            true => {}
            false => self.go(self.replay.at() + 1),
        }
        self.due = Some(Instant::now() + Duration::from_millis(u64::from(self.replay.ui.pace)));
    }
}
