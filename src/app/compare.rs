//! Pipes or sockets: the table on the terminal, filled while one looks, and the stage behind each cell.

use super::events::{self, Wake};
use super::keep::Kept;
use super::recording::Recording;
use super::terminal::Taken;
use super::{App, Board, End, Screen, begin_anew, new_screen};
use crate::engine::compare::{Aspect, Cell, Way, prove};
use crate::engine::{DEADLINE, Script, Session};
use crate::record::Tee;
use crate::stage::Options;
use crate::view::{COMPARE_KEYS, Compare, CompareKey, Ui, draw_compare};
use crossbeam_channel::{Receiver, Sender, bounded, never, select};
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use signal_hook::consts::{SIGCONT, SIGTSTP};
use std::io::{self, stdout};
use std::thread;

/// What the thread that tries the cells tells.
enum News {
    /// It begins with this one.
    Doing(Way, Aspect),
    /// This one is there.
    Done(Box<Cell>),
}

/// The table, and the thread that fills it.
pub(super) struct Comparing {
    options: Options,
    ui: Ui,
    cells: Vec<Cell>,
    chosen: (Way, Aspect),
    doing: Option<(Way, Aspect)>,
    notice: Option<String>,
    news: Receiver<News>,
}

/// Take the terminal and show the table until the person leaves.
///
/// # Errors
/// Where the terminal refuses or fails. It is given back in any case.
pub fn compare(ui: Ui, options: Options) -> io::Result<(End, Option<String>)> {
    let taken = Taken::take()?;
    let mut screen = new_screen(Tee::plain(stdout()))?;
    let mut kept = Kept::load();
    let result = Comparing::new(ui, options)?.show(&mut screen, &taken, &mut None, &mut kept);
    let failed = kept.save().err().map(|error| format!("how far you came could not be kept: {error}"));
    drop(taken);
    result.map(|end| (end, failed))
}

impl Comparing {
    /// An empty table; the thread begins to fill it.
    ///
    /// # Errors
    /// Where no thread can be had.
    pub(super) fn new(ui: Ui, options: Options) -> io::Result<Comparing> {
        let news = begin(options.clone())?;
        let chosen = (Way::Pipe, Aspect::Direction);
        Ok(Comparing { options, ui, cells: Vec::new(), chosen, doing: None, notice: None, news })
    }

    /// Show it until the person leaves it: [`End::Quit`].
    ///
    /// # Errors
    /// What the terminal met.
    pub(super) fn show(
        &mut self,
        screen: &mut Screen,
        taken: &Taken,
        rec: &mut Option<Recording>,
        kept: &mut Kept,
    ) -> io::Result<End> {
        let wakes = events::listen()?;
        begin_anew(screen)?;
        loop {
            self.frame(screen, rec)?;
            let wake = select! {
                recv(wakes) -> wake => wake.unwrap_or(Wake::TerminalGone),
                recv(self.news) -> news => {
                    self.hear(news.ok());
                    continue;
                }
            };
            match wake {
                Wake::Input(Event::Key(key)) if key.kind != KeyEventKind::Release => match self.key(key)? {
                    Some(CompareKey::Quit) => return Ok(End::Quit),
                    Some(CompareKey::Open) => match self.open(screen, taken, rec, kept)? {
                        End::Quit => begin_anew(screen)?,
                        end => return Ok(end),
                    },
                    _ => {}
                },
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
                Wake::Signal(signal) => return Ok(End::Signal(signal)),
                Wake::TerminalGone => return Ok(End::TerminalGone),
            }
        }
    }

    fn hear(&mut self, news: Option<News>) {
        match news {
            Some(News::Doing(way, aspect)) => self.doing = Some((way, aspect)),
            Some(News::Done(cell)) => self.cells.push(*cell),
            None => {
                self.doing = None;
                self.news = never();
            }
        }
    }

    fn frame(&self, screen: &mut Screen, rec: &mut Option<Recording>) -> io::Result<()> {
        let compare = Compare {
            cells: &self.cells,
            chosen: self.chosen,
            doing: self.doing,
            notice: self.notice.as_deref(),
            theme: &self.ui.theme,
            glyphs: self.ui.glyphs,
        };
        let drawn = screen.draw(|frame| draw_compare(&compare, frame.area(), frame.buffer_mut()))?;
        let size = (drawn.area.width, drawn.area.height);
        // Why nothing more is recorded is said where the recording was begun, or at the end.
        let _ = rec.as_mut().and_then(|rec| rec.frame(size));
        Ok(())
    }

    /// What the key asks of the caller; what concerns the table alone is done.
    fn key(&mut self, key: KeyEvent) -> io::Result<Option<CompareKey>> {
        self.notice = None;
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && key.code == KeyCode::Char('c') {
            return Ok(Some(CompareKey::Quit));
        }
        let Some((.., action)) = COMPARE_KEYS.iter().find(|(code, ..)| *code == key.code && !control) else {
            return Ok(None);
        };
        match action {
            CompareKey::Move(right, down) => {
                self.chosen = (moved(&Way::ALL, self.chosen.0, *right), moved(&Aspect::ALL, self.chosen.1, *down));
            }
            CompareKey::Theme => self.ui.theme = self.ui.theme.next(),
            CompareKey::Again => {
                self.cells.clear();
                self.news = begin(self.options.clone())?;
            }
            CompareKey::Open | CompareKey::Quit => return Ok(Some(*action)),
        }
        Ok(None)
    }

    /// The script of the chosen cell on a stage of its own, just before the call that decides.
    fn open(
        &mut self,
        screen: &mut Screen,
        taken: &Taken,
        rec: &mut Option<Recording>,
        kept: &mut Kept,
    ) -> io::Result<End> {
        let Some(cell) = self.cells.iter().find(|c| (c.way, c.aspect) == self.chosen) else {
            self.notice = Some("this one has not been tried yet".into());
            return Ok(End::Quit);
        };
        let board = match board(cell, &self.options, &self.ui) {
            Ok(board) => board,
            Err(why) => {
                self.notice = Some(why);
                return Ok(End::Quit);
            }
        };
        let mut app = App::new(board, self.options.clone(), std::mem::take(kept));
        app.beside = true;
        app.say("the next call decides it: space makes it; q leads back to the table");
        let end = app.event_loop(screen, taken, rec);
        app.note_place();
        *kept = app.kept;
        end
    }
}

fn board(cell: &Cell, options: &Options, ui: &Ui) -> Result<Board, String> {
    let script = Script::of_text("compare", &cell.script.join("\n")).map_err(|_| "its script is not understood")?;
    let title = format!("{}: {}", cell.way.name(), cell.aspect.question());
    let script = Script { title, ..script };
    let before = script.steps.len().saturating_sub(1);
    let mut session = Session::open(script, options.clone(), DEADLINE).map_err(|error| error.to_string())?;
    session.jump(before).map_err(|error| error.to_string())?;
    Ok(Board::new(session, None, None, Ui { language: ui.language.clone(), ..Ui::new(ui.theme.clone(), ui.glyphs) }))
}

/// The one so many places behind, within the list.
fn moved<T: Copy + PartialEq>(all: &[T], from: T, by: i8) -> T {
    let at = all.iter().position(|one| *one == from).unwrap_or(0);
    let to = at.saturating_add_signed(isize::from(by)).min(all.len().saturating_sub(1));
    all.get(to).copied().unwrap_or(from)
}

/// Begin to try all cells, row by row. The thread ends when nobody listens any more, after the cell it is at.
fn begin(options: Options) -> io::Result<Receiver<News>> {
    let (send, receive) = bounded(2 * Way::ALL.len() * Aspect::ALL.len());
    thread::Builder::new().name("compare".into()).spawn(move || try_all(&send, &options))?;
    Ok(receive)
}

fn try_all(send: &Sender<News>, options: &Options) {
    for aspect in Aspect::ALL {
        for way in Way::ALL {
            if send.send(News::Doing(way, aspect)).is_err() {
                return;
            }
            let cell = prove(way, aspect, options);
            if send.send(News::Done(Box::new(cell))).is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_stays_within_the_table() {
        assert_eq!(moved(&Way::ALL, Way::Pipe, -1), Way::Pipe);
        assert_eq!(moved(&Way::ALL, Way::Pipe, 1), Way::Packets);
        assert_eq!(moved(&Way::ALL, Way::Udp, 1), Way::Udp);
        assert_eq!(moved(&Aspect::ALL, Aspect::Throughput, -1), Aspect::RoundTrip);
    }
}
