//! What an action changes on the screen, and what it leaves to the program.

use super::{Filter, Follow, Overlay, Pane, Prompt, Selection, Ui};
use crate::notation::ParseError;
use crate::view::form::{self, Direct};
use crate::view::keys::Action;
use crate::view::paint::Reach;
use crate::view::{Glyphs, LessonRow, Theme, complete, lessons};
use crate::world::World;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

/// How far a page goes.
const PAGE: u16 = 18;

/// What an action leaves to the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: it was about the screen alone, and is done.
    Done,
    /// Make this call, in the notation, process included or meant for the selected one; then say [`Ui::called`].
    Call(String),
    /// Show the moment after this step.
    Jump(usize),
    /// Look for these words.
    Search(String),
    /// Let the traced program run until this. The line stays until it is said to be understood.
    Until(String),
    /// Open the lesson with this index in the scene's list.
    Lesson(usize),
    /// Do this: it is no matter of the screen.
    Act(Action),
    /// The last key cannot be acted on; why, for the notice line.
    Refuse(String),
    /// What the last key changed, for the notice line.
    Say(String),
}

impl Ui {
    /// Act on `action` as far as it concerns the screen, and say what is left to do.
    pub fn update(&mut self, action: Action, world: &World, rows: &[LessonRow]) -> Effect {
        use Action as A;
        self.selection.settle(world);
        match action {
            A::NextProcess => self.select(|s| s.move_process(world, 1)),
            A::PreviousProcess => self.select(|s| s.move_process(world, -1)),
            A::NextThread => self.select(|s| s.move_thread(world, 1)),
            A::PreviousThread => self.select(|s| s.move_thread(world, -1)),
            A::FdUp => self.select(|s| s.move_fd(world, -1)),
            A::FdDown => self.select(|s| s.move_fd(world, 1)),
            A::StageUp => self.scroll_stage(|rows| rows.saturating_sub(2)),
            A::StageDown => self.scroll_stage(|rows| rows.saturating_add(2)),
            A::MessagesUp => self.scroll_back(|rows| rows.saturating_add(3)),
            A::MessagesDown => self.scroll_back(|rows| rows.saturating_sub(3)),
            A::Follow => self.scroll_back(|_| 0),
            A::Theme => {
                self.theme = self.theme.next();
                return Effect::Say(format!("theme: {}", self.theme.name));
            }
            A::Ascii => self.glyphs = if self.glyphs.ascii { Glyphs::UNICODE } else { Glyphs::ASCII },
            A::Predict => {
                let (predict, text) = self.predict.next();
                self.predict = predict;
                return Effect::Say(text.into());
            }
            A::Present => {
                self.present = !self.present;
                let text = if self.present { "presenter layout: V leaves it" } else { "the usual layout" };
                return Effect::Say(text.into());
            }
            A::Blank => self.blank = true,
            A::Faster | A::Slower => {
                self.pace = match action {
                    A::Faster => (self.pace / 3 * 2).max(100),
                    _ => (self.pace / 2 * 3).min(20_000),
                };
                return Effect::Say(format!("autoplay: {}", self.pace_told()));
            }
            A::Zoom => self.zoom = Pane::after(self.zoom),
            A::Prompt => self.overlay = Overlay::Prompt(Prompt::default()),
            A::Jump => self.overlay = Overlay::Jump(Input::default()),
            A::Search => self.overlay = Overlay::Search(Input::default()),
            A::Until => self.overlay = Overlay::Until(Input::default(), None),
            A::Filter => self.overlay = Overlay::Filter { cursor: self.filter_row(world) },
            A::Why => self.overlay = Overlay::Why { scroll: 0 },
            A::Help => self.overlay = Overlay::Help { scroll: 0 },
            A::Lessons => self.overlay = Overlay::Lessons { cursor: 0, query: Input::default() },
            A::TerminalInput => {
                self.overlay = Overlay::Terminal;
                self.terminal_scroll = 0;
            }
            A::Cancel | A::LeaveTerminal => self.overlay = Overlay::None,
            A::ScrollUp => self.scroll(-1, world, rows),
            A::ScrollDown => self.scroll(1, world, rows),
            A::PageUp => self.scroll(-i32::from(PAGE), world, rows),
            A::PageDown => self.scroll(i32::from(PAGE), world, rows),
            A::Complete => self.complete(world),
            A::Older => self.recall(1),
            A::Newer => self.recall(-1),
            A::NextField | A::PreviousField => {
                if let Overlay::Form(form) = &mut self.overlay {
                    form.move_focus(if action == A::NextField { 1 } else { -1 });
                }
            }
            A::Submit => return self.submit(world, rows),
            other => return self.direct(other, world),
        }
        Effect::Done
    }

    /// How fast autoplay is.
    pub fn pace_told(&self) -> String {
        format!("a step every {:.1} s", f64::from(self.pace) / 1000.0)
    }

    /// Scroll no further than there is something to see.
    pub fn stay_within(&mut self, reach: Reach) {
        self.stage_scroll = self.stage_scroll.min(reach.stage);
        self.messages_scroll = self.messages_scroll.min(reach.messages);
        self.terminal_scroll = self.terminal_scroll.min(reach.terminal);
        if let Overlay::Help { scroll } | Overlay::Why { scroll } = &mut self.overlay {
            *scroll = (*scroll).min(reach.text);
        }
    }

    /// Select something else; the picture follows.
    fn select(&mut self, change: impl FnOnce(&mut Selection)) {
        change(&mut self.selection);
        self.stage_follows = Follow::Selection;
    }

    /// Scroll the messages, or the terminal where that has the screen to itself.
    fn scroll_back(&mut self, change: impl FnOnce(u16) -> u16) {
        let scroll = match self.zoom {
            Some(Pane::Terminal) => &mut self.terminal_scroll,
            _ => &mut self.messages_scroll,
        };
        *scroll = change(*scroll);
    }

    /// Scroll the picture by hand, from where it was left; it no longer follows.
    fn scroll_stage(&mut self, change: impl FnOnce(u16) -> u16) {
        self.stage_scroll = change(self.stage_scroll);
        self.stage_follows = Follow::Hand;
    }

    /// A direct call: at once where nothing has to be asked, else by a form. Anything else is the program's.
    fn direct(&mut self, action: Action, world: &World) -> Effect {
        match form::direct(action, world, &self.selection) {
            Some(Direct::Line(line)) => Effect::Call(line),
            Some(Direct::Form(form)) => {
                self.overlay = Overlay::Form(form);
                Effect::Done
            }
            Some(Direct::Refuse(why)) => Effect::Refuse(why),
            None => Effect::Act(action),
        }
    }

    /// Enter in an overlay.
    fn submit(&mut self, world: &World, rows: &[LessonRow]) -> Effect {
        let effect = match &self.overlay {
            Overlay::Prompt(p) if p.input.value().trim().is_empty() => Effect::Done,
            // These stay until `called` says that the line was understood.
            Overlay::Prompt(p) => return Effect::Call(p.input.value().trim().to_string()),
            Overlay::Form(form) => return Effect::Call(form.line()),
            Overlay::Until(input, _) => return Effect::Until(input.value().trim().to_string()),
            Overlay::Jump(input) => match input.value().trim().parse() {
                Ok(step) => Effect::Jump(step),
                Err(_) => Effect::Refuse(format!("a step is a number, not '{}'", input.value().trim())),
            },
            Overlay::Search(input) => Effect::Search(input.value().to_string()),
            Overlay::Filter { cursor } => {
                let filter = self.filters(world).into_iter().nth(*cursor).unwrap_or_default();
                self.filter = filter;
                self.messages_scroll = 0;
                Effect::Done
            }
            Overlay::Lessons { cursor, query } => match lessons::matching(rows, query.value()).get(*cursor) {
                Some((index, _)) => Effect::Lesson(*index),
                None => return Effect::Refuse("no lesson matches: Backspace widens the search, Esc leaves".into()),
            },
            Overlay::Confirm { action, .. } => Effect::Act(*action),
            _ => Effect::Done,
        };
        self.overlay = Overlay::None;
        effect
    }

    /// What became of the line of [`Effect::Call`]: understood (it goes to the history, the overlay closes), or
    /// what is wrong with it. A form's wrong line is handed on to the prompt, where its place can be shown.
    pub fn called(&mut self, line: &str, result: Result<(), ParseError>) {
        match result {
            Ok(()) => {
                if self.history.last().map(String::as_str) != Some(line) {
                    self.history.push(line.to_string());
                }
                if matches!(self.overlay, Overlay::Prompt(_) | Overlay::Form(_)) {
                    self.overlay = Overlay::None;
                }
            }
            Err(error) => {
                let prompt = Prompt { error: Some(error), ..Prompt::with(line) };
                self.overlay = Overlay::Prompt(prompt);
            }
        }
    }

    /// A key that is no action, in a field: it is typed there. Whether there was a field to take it.
    pub fn type_key(&mut self, key: KeyEvent) -> bool {
        let Some(request) = request(key) else { return false };
        match &mut self.overlay {
            Overlay::Prompt(p) => {
                p.error = None;
                p.completions.clear();
                p.recalled = None;
                p.input.handle(request);
            }
            Overlay::Form(form) => form.edit(request),
            Overlay::Search(input) => drop(input.handle(request)),
            Overlay::Until(input, wrong) => {
                *wrong = None;
                input.handle(request);
            }
            Overlay::Jump(input) => {
                if !matches!(request, InputRequest::InsertChar(c) if !c.is_ascii_digit()) {
                    input.handle(request);
                }
            }
            Overlay::Lessons { cursor, query } => {
                *cursor = 0;
                query.handle(request);
            }
            _ => return false,
        }
        true
    }

    /// Text from the clipboard, where there is a field; line ends become spaces.
    pub fn paste(&mut self, text: &str) {
        for c in text.chars() {
            let c = if c == '\n' || c == '\t' { ' ' } else { c };
            if !c.is_control() {
                self.type_key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
            }
        }
    }

    fn scroll(&mut self, by: i32, world: &World, rows: &[LessonRow]) {
        let filters = self.filters(world).len();
        match &mut self.overlay {
            Overlay::Help { scroll } | Overlay::Why { scroll } => {
                *scroll = u16::try_from((i32::from(*scroll) + by).max(0)).unwrap_or(u16::MAX);
            }
            Overlay::Lessons { cursor, query } => {
                *cursor = moved(*cursor, by, lessons::matching(rows, query.value()).len())
            }
            Overlay::Filter { cursor } => *cursor = moved(*cursor, by, filters),
            _ => {}
        }
    }

    fn complete(&mut self, world: &World) {
        let Overlay::Prompt(p) = &mut self.overlay else { return };
        let done = complete::complete(p.input.value(), p.input.cursor(), world, self.selection.process.as_ref());
        p.input = Input::new(done.text).with_cursor(done.cursor);
        p.completions = done.choices;
    }

    fn recall(&mut self, by: i32) {
        let Overlay::Prompt(p) = &mut self.overlay else { return };
        let now = p.recalled.and_then(|i| i32::try_from(i).ok()).unwrap_or(-1);
        let next = usize::try_from(now + by).ok();
        let text = match next {
            None => Some(String::new()),
            Some(i) => self.history.iter().rev().nth(i).cloned(),
        };
        let Some(text) = text else { return };
        *p = Prompt { recalled: next, ..Prompt::with(&text) };
    }

    /// Every filter there is to choose from: all, each process, each pipe.
    pub fn filters(&self, world: &World) -> Vec<Filter> {
        let processes = world.processes.iter().map(|p| Filter::Process(p.name.clone()));
        let objects = world.objects.iter().filter(|o| o.is_channel()).map(|o| Filter::Object(o.id.clone()));
        std::iter::once(Filter::All).chain(processes).chain(objects).collect()
    }

    fn filter_row(&self, world: &World) -> usize {
        self.filters(world).iter().position(|f| *f == self.filter).unwrap_or(0)
    }

    /// Take the theme called `name`; whether there is one.
    pub fn set_theme(&mut self, name: &str) -> bool {
        match Theme::by_name(name) {
            Some(theme) => {
                self.theme = theme;
                true
            }
            None => false,
        }
    }
}

impl Pane {
    /// The panes in the order in which the zoom goes through them; after the last, all again.
    fn after(zoom: Option<Pane>) -> Option<Pane> {
        match zoom {
            None => Some(Pane::Stage),
            Some(Pane::Stage) => Some(Pane::Messages),
            Some(Pane::Messages) => Some(Pane::Code),
            Some(Pane::Code) => Some(Pane::Terminal),
            Some(Pane::Terminal) => None,
        }
    }
}

/// A cursor moved by `by` places within `len` rows.
fn moved(cursor: usize, by: i32, len: usize) -> usize {
    let to = i64::try_from(cursor).unwrap_or(0) + i64::from(by);
    usize::try_from(to.max(0)).unwrap_or(0).min(len.saturating_sub(1))
}

/// What a key does in a text field: as in readline.
fn request(key: KeyEvent) -> Option<InputRequest> {
    use InputRequest as R;
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    Some(match key.code {
        KeyCode::Char('a') if ctrl => R::GoToStart,
        KeyCode::Char('e') if ctrl => R::GoToEnd,
        KeyCode::Char('b') if ctrl => R::GoToPrevChar,
        KeyCode::Char('f') if ctrl => R::GoToNextChar,
        KeyCode::Char('d') if ctrl => R::DeleteNextChar,
        KeyCode::Char('h') if ctrl => R::DeletePrevChar,
        KeyCode::Char('w') if ctrl => R::DeletePrevWord,
        KeyCode::Char('u') if ctrl => R::DeleteFromStart,
        KeyCode::Char('k') if ctrl => R::DeleteTillEnd,
        KeyCode::Char('y') if ctrl => R::Yank,
        KeyCode::Char('b') if alt => R::GoToPrevWord,
        KeyCode::Char('f') if alt => R::GoToNextWord,
        KeyCode::Char(c) if !ctrl && !alt && !c.is_control() => R::InsertChar(c),
        KeyCode::Left if ctrl => R::GoToPrevWord,
        KeyCode::Right if ctrl => R::GoToNextWord,
        KeyCode::Left => R::GoToPrevChar,
        KeyCode::Right => R::GoToNextChar,
        KeyCode::Home => R::GoToStart,
        KeyCode::End => R::GoToEnd,
        KeyCode::Backspace => R::DeletePrevChar,
        KeyCode::Delete => R::DeleteNextChar,
        _ => return None,
    })
}
