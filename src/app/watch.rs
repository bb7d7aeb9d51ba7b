//! Watch: the machine's processes and pipes, live on the terminal, looked at only.

use super::End;
use super::events::{self, Wake};
use super::pace::Pace;
use super::terminal::Taken;
use crate::survey::{Asked, Live, Look, Machine, NameError};
use crate::view::{Glyphs, Theme, WATCH_KEYS, Watch, WatchKey, draw_watch};
use crate::world::{Change, Pid, World, diff};
use crossbeam_channel::RecvTimeoutError;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::Rect;
use signal_hook::consts::{SIGCONT, SIGTSTP};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Stdout, stdout};
use std::mem::ManuallyDrop;
use std::time::{Duration, Instant};

/// What is watched, and what was seen of it last.
struct Watcher {
    words: Vec<String>,
    /// Everyone watched so far, by pid and when it started: a child whose parent has ended is still theirs.
    known: BTreeMap<Pid, u64>,
    /// Pids that were named have been looked up: later somebody else may bear one.
    begun: bool,
    filter: String,
    typing: bool,
    /// Somebody has the filter in their name.
    fits: bool,
    /// The keys are shown.
    help: bool,
    /// What is said of who hangs is shown in the place of the picture.
    reading: bool,
    scroll: u16,
    reach: u16,
    theme: Theme,
    glyphs: Glyphs,
    world: World,
    before: Option<World>,
    changes: Vec<Change>,
    findings: Vec<String>,
    unseen: usize,
    pace: Pace,
    live: Live,
}

type Screen = Terminal<CrosstermBackend<Stdout>>;

/// Take the terminal and show these processes with their descendants, or all where none are named, until the person leaves.
///
/// # Errors
/// Where the terminal refuses or fails. It is given back in any case.
pub fn watch(words: Vec<String>, theme: Theme, glyphs: Glyphs) -> io::Result<End> {
    let taken = Taken::take()?;
    // Never dropped, as in the app itself: our own guard gives everything back.
    let mut screen = ManuallyDrop::new(Terminal::new(CrosstermBackend::new(stdout()))?);
    let mut watcher = Watcher {
        words,
        known: BTreeMap::new(),
        begun: false,
        filter: String::new(),
        typing: false,
        fits: true,
        help: false,
        reading: false,
        scroll: 0,
        reach: 0,
        theme,
        glyphs,
        world: World::default(),
        before: None,
        changes: Vec::new(),
        findings: Vec::new(),
        unseen: 0,
        pace: Pace::default(),
        live: Live::default(),
    };
    watcher.event_loop(&mut screen, &taken)
}

fn begin_anew(screen: &mut Screen) -> io::Result<()> {
    let size = screen.size()?;
    screen.resize(Rect::new(0, 0, size.width, size.height))
}

/// Time on processors so far, ours and the kernel's for us.
fn spent() -> Duration {
    let used = getrusage(UsageWho::RUSAGE_SELF);
    let micros = used.map_or(0, |u| u.user_time().num_microseconds() + u.system_time().num_microseconds());
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

impl Watcher {
    fn event_loop(&mut self, screen: &mut Screen, taken: &Taken) -> io::Result<End> {
        let wakes = events::listen()?;
        loop {
            let begun = spent();
            self.look();
            let looked = spent();
            self.pace.looked(looked.saturating_sub(begun));
            self.frame(screen)?;
            if self.pace.drew(spent().saturating_sub(looked)) {
                self.frame(screen)?;
            }
            let next = Instant::now() + self.pace.rest();
            loop {
                match wakes.recv_deadline(next) {
                    Ok(wake) => {
                        if let Some(end) = self.wake(wake, screen, taken)? {
                            return Ok(end);
                        }
                        self.frame(screen)?;
                    }
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return Ok(End::TerminalGone),
                }
            }
        }
    }

    fn wake(&mut self, wake: Wake, screen: &mut Screen, taken: &Taken) -> io::Result<Option<End>> {
        match wake {
            Wake::Input(Event::Key(key)) if key.kind != KeyEventKind::Release => return Ok(self.key(key)),
            Wake::Input(Event::Resize(..)) => begin_anew(screen)?,
            Wake::Input(_) => {}
            Wake::Signal(SIGTSTP) => {
                taken.release();
                signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
                taken.retake()?;
                begin_anew(screen)?;
            }
            Wake::Signal(SIGCONT) => {
                taken.retake()?;
                begin_anew(screen)?;
            }
            Wake::Signal(signal) => return Ok(Some(End::Signal(signal))),
            Wake::TerminalGone => return Ok(Some(End::TerminalGone)),
        }
        Ok(None)
    }

    fn key(&mut self, key: KeyEvent) -> Option<End> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && key.code == KeyCode::Char('c') {
            return Some(End::Quit);
        }
        if self.typing {
            self.type_filter(key.code);
            return None;
        }
        // Whatever key it is closes what is shown over the picture.
        if std::mem::take(&mut self.help) && key.code != KeyCode::Char('q') {
            return None;
        }
        let (.., action) = WATCH_KEYS.iter().find(|(code, ..)| *code == key.code && !control)?;
        match action {
            WatchKey::Quit => return Some(End::Quit),
            WatchKey::Scroll(by) => self.scroll = self.scroll.saturating_add_signed(*by).min(self.reach),
            WatchKey::Filter => {
                // A new one: the picture shows all until the first letter.
                self.filter.clear();
                self.typing = true;
                self.look();
            }
            WatchKey::Look => self.look(),
            WatchKey::Theme => self.theme = self.theme.next(),
            WatchKey::Help => self.help = true,
            WatchKey::Why => {
                self.reading = !self.reading;
                self.scroll = 0;
            }
        }
        None
    }

    fn type_filter(&mut self, code: KeyCode) {
        match code {
            // The key that begins it, pressed twice: no name begins so.
            KeyCode::Char('/') if self.filter.is_empty() => return,
            KeyCode::Char(c) => self.filter.push(c),
            KeyCode::Backspace => drop(self.filter.pop()),
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => {
                self.filter.clear();
                self.typing = false;
            }
            _ => return,
        }
        self.look();
    }

    /// Read the machine anew. Where /proc cannot be read, what was seen last stays, and the reason is shown.
    fn look(&mut self) {
        let everybody = self.words.is_empty() && self.filter.is_empty();
        let mut live = std::mem::take(&mut self.live);
        let look = live.look(everybody, |machine| {
            let asked = self.asked(machine);
            self.fits = self.filter.is_empty() || machine.processes().iter().any(|p| asked.has(p.pid));
            asked
        });
        self.live = live;
        let Look { world, trouble, unseen } = match look {
            Ok(look) => look,
            Err(why) => {
                self.findings = vec![why];
                return;
            }
        };
        self.unseen = unseen;
        self.findings = trouble.iter().map(|f| format!("{}: {}", f.rule, f.text)).collect();
        let before = std::mem::replace(&mut self.world, world);
        self.changes = diff(&before, &self.world);
        self.before = (!before.processes.is_empty()).then_some(before);
    }

    fn asked(&mut self, machine: &Machine) -> Asked {
        let named = |pid: Pid| self.filter.is_empty() || machine.name(pid).contains(&self.filter);
        if self.words.is_empty() {
            let all = machine.processes().iter().map(|p| p.pid);
            return match self.filter.is_empty() {
                true => Asked::All,
                false => Asked::Some(all.filter(|pid| named(*pid)).collect()),
            };
        }
        let still = |(pid, start): (&Pid, &u64)| {
            machine.process(*pid).filter(|p| p.start_time == *start).map_or_else(Vec::new, |p| machine.tree(p.pid))
        };
        let mut pids: BTreeSet<Pid> = self.known.iter().flat_map(still).collect();
        for word in &self.words {
            // A pid that was there at the start is known; a name may get new bearers.
            if !self.begun || word.parse::<Pid>().is_err() {
                let found: Result<Asked, NameError> = Asked::parse(machine, std::slice::from_ref(word));
                if let Ok(Asked::Some(found)) = found {
                    pids.extend(found);
                }
            }
        }
        self.begun = true;
        let with_start =
            pids.iter().filter_map(|pid| Some((*pid, machine.process(*pid).filter(|p| !p.zombie)?.start_time)));
        self.known = with_start.collect();
        Asked::Some(pids.into_iter().filter(|pid| named(*pid)).collect())
    }

    /// What is said where there is nothing to draw.
    fn nobody(&self) -> String {
        if !self.filter.is_empty() && (!self.known.is_empty() || self.words.is_empty()) {
            return match self.fits {
                false => format!("No name here has {} in it: / and Esc show all again.", self.filter),
                true => format!("Nobody with {} in the name shares a pipe, a socket or a queue.", self.filter),
            };
        }
        let by_pid = self.words.iter().all(|word| word.parse::<Pid>().is_ok());
        match (self.words.is_empty() || !self.known.is_empty(), by_pid) {
            (true, _) => "Nobody here shares a pipe, a socket or a queue.",
            (false, true) => "All have ended, and their children with them. q leaves.",
            (false, false) => "All have ended; a new one of that name is shown once it runs.",
        }
        .to_owned()
    }

    fn frame(&mut self, screen: &mut Screen) -> io::Result<()> {
        let heading = if self.words.is_empty() { "everybody".to_owned() } else { self.words.join(" ") };
        let unseen = if self.unseen > 0 { format!(", {} may not be seen", self.unseen) } else { String::new() };
        let remark = format!("every {:.1} s{unseen}", self.pace.rest().as_secs_f64());
        let watch = Watch {
            heading: &heading,
            remark: &remark,
            world: &self.world,
            before: self.before.as_ref(),
            changes: &self.changes,
            nobody: &self.nobody(),
            help: self.help,
            reading: self.reading,
            findings: &self.findings,
            filter: (&self.filter, self.typing),
            scroll: self.scroll,
            theme: &self.theme,
            glyphs: self.glyphs,
        };
        let mut reach = 0;
        screen.draw(|frame| reach = draw_watch(&watch, frame.area(), frame.buffer_mut()))?;
        self.reach = reach;
        self.scroll = self.scroll.min(reach);
        Ok(())
    }
}
