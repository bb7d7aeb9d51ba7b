//! What keys do.

use super::recording::Recording;
use super::task::Task;
use super::{App, End, Next, typing};
use crate::engine::{Forward, Script, Session, needs, to_script};
use crate::lesson::{Lesson, Variant, builtin};
use crate::notation::parse_directed;
use crate::view::keys::Key;
use crate::view::{Action, Effect, KeyContext, Mode, Overlay, keys};
use ratatui::crossterm::event::KeyEvent;
use std::fs::OpenOptions;
use std::io::Write;
use std::time::{Duration, Instant};

/// For those who present: a second step within this time is a slip of the finger.
const SLIP: Duration = Duration::from_millis(400);

impl App {
    /// A key was pressed.
    pub(super) fn key(&mut self, key: KeyEvent, rec: &mut Option<Recording>) -> Next {
        let greeted = matches!(self.board.ui.overlay, Overlay::Welcome);
        if greeted {
            self.board.ui.overlay = Overlay::None;
        }
        let context = KeyContext::of(&self.board.scene());
        // Beneath the greeting stands how the lesson begins: that is read before the first step.
        if greeted && keys::action(key, &context) == Some(Action::Forward) {
            return Next::Wait;
        }
        self.board.notice = None;
        self.board.ui.echo = self.board.ui.present.then(|| Key::of(&key).name(self.board.ui.glyphs.ascii));
        if std::mem::take(&mut self.board.ui.blank) {
            return Next::Wait;
        }
        let Some(action) = keys::action(key, &context) else {
            if context.mode == Mode::Terminal {
                let bytes = typing::bytes(key, self.board.application_cursor());
                self.board.session.live().stage().type_in(&bytes);
            } else {
                self.board.ui.type_key(key);
            }
            return Next::Wait;
        };
        if action == Action::Lessons {
            self.fetch_course();
        }
        // Whoever acts by hand has taken over.
        if self.board.playing && !matches!(action, Action::Faster | Action::Slower | Action::Answer(_)) {
            let goes_on = matches!(action, Action::Forward) && context.question;
            self.board.playing = goes_on;
            self.due = goes_on.then(Instant::now);
            if action == Action::Play {
                return Next::Wait;
            }
        }
        let world = self.board.session.moment().world.clone();
        let effect = self.board.ui.update(action, &world, &self.board.lessons);
        let next = self.effect(effect, rec);
        self.board.follow();
        next
    }

    fn effect(&mut self, effect: Effect, rec: &mut Option<Recording>) -> Next {
        match effect {
            Effect::Done => {}
            Effect::Refuse(why) | Effect::Say(why) => self.say(why),
            Effect::Call(line) => drop(self.call(&line, rec)),
            Effect::Jump(step) => self.jump(step, rec),
            // There is nothing of this on a stage.
            Effect::Search(_) | Effect::Until(_) => {}
            Effect::Lesson(index) => {
                if let Some(lesson) = builtin().get(index).cloned() {
                    self.open_lesson(&lesson);
                }
            }
            Effect::Act(action) => return self.act(action, rec),
        }
        Next::Wait
    }

    fn act(&mut self, action: Action, rec: &mut Option<Recording>) -> Next {
        match action {
            Action::Forward => self.forward(rec),
            Action::Back if self.board.withdraw() => {}
            Action::Back => {
                self.board.session.back();
                self.board.select_actor();
            }
            Action::Live => {
                self.board.session.to_live();
                self.board.select_actor();
            }
            Action::Answer(digit) => self.lean(usize::from(digit)),
            Action::Restart => self.restart(),
            Action::Play => {
                self.board.playing = true;
                self.due = Some(Instant::now());
            }
            Action::Variant => self.next_variant(),
            Action::Task => self.begin_task(),
            Action::Hint => self.hint(),
            Action::NextLesson => self.next_lesson(),
            Action::Language => self.next_language(),
            Action::Save => self.save(),
            Action::Compare if self.beside => self.say("q leads back to the table"),
            Action::Compare => return Next::Compare,
            Action::Trace => return Next::Trace,
            Action::Suspend => return Next::Suspend,
            Action::Quit => return Next::End(End::Quit),
            _ => {}
        }
        Next::Wait
    }

    fn forward(&mut self, rec: &mut Option<Recording>) {
        if std::mem::take(&mut self.board.ui.veiled) {
            return;
        }
        if self.board.question().is_some() && self.board.chosen.is_none() {
            return self.say("a question stands: press the digit of your answer, then space");
        }
        if self.board.ui.present && self.stepped.is_some_and(|at| at.elapsed() < SLIP) {
            return;
        }
        self.mark(rec);
        let asked = self.board.question().is_some();
        match self.board.forward() {
            Ok(Forward::AtEnd) => self.say("this was the last step; > opens the next lesson"),
            Ok(Forward::Stepped) => {
                self.stepped = Some(Instant::now());
                if asked {
                    self.keep_answer();
                }
                self.note_place();
            }
            Ok(_) => {}
            Err(error) => self.say(error.to_string()),
        }
    }

    fn keep_answer(&mut self) {
        self.board.follow();
        if let Some(given) = self.board.answer_given() {
            self.kept.answers.push(given);
        }
    }

    /// A chapter in the recording, where the next key makes a step.
    fn mark(&self, rec: &mut Option<Recording>) {
        let session = &self.board.session;
        if let (Some(rec), Some(call), true) = (rec, session.next(), session.is_live()) {
            rec.marker(&format!("{}: {call}", session.progress() + 1));
        }
    }

    /// Autoplay: the time has come.
    pub(super) fn play_on(&mut self, rec: &mut Option<Recording>) {
        let pace = Duration::from_millis(u64::from(self.board.ui.pace));
        self.due = Some(Instant::now() + pace);
        if self.board.question().is_some() {
            return;
        }
        self.mark(rec);
        let ends = match self.board.forward() {
            Ok(Forward::AtEnd) => true,
            Ok(_) => false,
            Err(error) => {
                self.say(error.to_string());
                true
            }
        };
        if ends {
            self.board.playing = false;
            self.due = None;
        }
        self.board.follow();
        self.set_moving();
        self.dirty = true;
    }

    fn lean(&mut self, digit: usize) {
        let options = self.board.question().map_or(0, |ask| ask.options.len());
        match digit.checked_sub(1).filter(|i| *i < options) {
            Some(index) => self.board.chosen = Some(index),
            None => self.say(format!("the answers are 1 to {options}")),
        }
    }

    /// A call made by hand.
    /// What was pasted: at the prompt several lines are as many calls, up to one that is refused, which stays there.
    pub(super) fn paste(&mut self, text: &str, rec: &mut Option<Recording>) {
        match &self.board.ui.overlay {
            Overlay::Terminal => self.board.session.live().stage().type_in(text.as_bytes()),
            Overlay::Prompt(prompt) if text.trim_end().contains(['\n', '\r']) => {
                let whole = format!("{}{text}", prompt.input.value());
                let lines = whole.split(['\n', '\r']).map(str::trim);
                for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
                    if !self.call(line, rec) {
                        break;
                    }
                }
                self.board.follow();
            }
            _ => self.board.ui.paste(text),
        }
    }

    /// Whether the call was made.
    fn call(&mut self, line: &str, rec: &mut Option<Recording>) -> bool {
        let default = self.board.ui.selection.process.clone();
        let parsed = parse_directed(line, default.as_deref());
        let call = match parsed {
            Ok(call) => call,
            Err(error) => {
                self.board.ui.called(line, Err(error));
                return false;
            }
        };
        self.board.ui.called(line, Ok(()));
        if let Some(rec) = rec {
            rec.marker(&call.to_string());
        }
        let dropped = self.board.session.history().len().saturating_sub(self.board.session.shown() + 1);
        let before = self.board.session.branch_number();
        let made = self.board.call(call);
        if self.board.session.branch_number() != before {
            self.say(format!(
                "a new stage was brought to that moment by the same calls; what came after is gone ({dropped} later)"
            ));
        }
        let Err(error) = made else { return true };
        self.say(error.to_string());
        false
    }

    fn jump(&mut self, step: usize, rec: &mut Option<Recording>) {
        if let Some(rec) = rec {
            rec.marker(&format!("to step {step}"));
        }
        if let Err(error) = self.board.session.jump(step) {
            self.say(error.to_string());
        }
        self.board.select_actor();
        let steps = self.board.session.script().steps.len();
        if step > steps {
            self.say(format!("there are {steps} steps"));
        }
    }

    fn restart(&mut self) {
        if self.board.task.is_some() {
            return self.begin_task();
        }
        match self.board.session.restart() {
            Ok(()) => self.board.begin_again(),
            Err(error) => self.say(error.to_string()),
        }
    }

    fn next_variant(&mut self) {
        let Some(lesson) = self.board.lesson.clone() else { return };
        let from = self.board.variant.map_or(0, |v| v + 1);
        let lacks = |v: &Variant| needs::variant_lacks(&lesson, v);
        let next = (from..lesson.variants.len()).find(|v| lesson.variants.get(*v).is_some_and(|v| lacks(v).is_none()));
        let passed = lesson.variants.get(from).and_then(lacks);
        self.open(lesson.clone(), next);
        if let Some(why) = passed {
            self.say(format!("passed over what cannot be played here: {why}"));
        }
    }

    /// A lesson, as what it opens as here.
    fn open_lesson(&mut self, lesson: &Lesson) {
        self.open(lesson.clone(), Script::opens_as(lesson).0);
    }

    /// Set the stage for the lesson's task, and leave it to the person.
    fn begin_task(&mut self) {
        let Some((lesson, goal)) = self.board.lesson.clone().and_then(|l| Some((l.clone(), l.goal?))) else { return };
        if let Some(why) = needs::lacks(&lesson) {
            self.say(format!("the task needs networks of its own: {why}"));
            return;
        }
        self.note_place();
        let script = Script::to_task(&lesson, &goal);
        let steps = script.steps.len();
        let opened = Session::open(script, self.options.clone(), crate::engine::DEADLINE).map_err(|e| e.to_string());
        let begun = opened.and_then(|mut session| match session.jump(steps) {
            Ok(()) => Ok(session),
            Err(error) => Err(error.to_string()),
        });
        match begun {
            Ok(session) => {
                self.due = None;
                self.board.replace(session, Some(lesson), None);
                self.board.task = Some(Task::default());
            }
            Err(error) => self.say(error),
        }
    }

    fn hint(&mut self) {
        let all = self.board.goal().map_or(0, |goal| goal.hints.len());
        let Some(task) = &mut self.board.task else { return };
        task.hints += 1;
        if task.hints > all {
            task.hints = all;
            self.say("there are no more hints; R begins again, l leads back to the lesson");
        }
    }

    fn next_lesson(&mut self) {
        let now = self.board.lesson.as_ref().and_then(|l| builtin().iter().position(|b| b.slug == l.slug));
        match now.and_then(|at| builtin().get(at + 1)) {
            Some(lesson) => self.open_lesson(lesson),
            None => self.say("this is the last lesson of the course"),
        }
    }

    fn open(&mut self, lesson: Lesson, variant: Option<usize>) {
        self.note_place();
        let variant = variant.or_else(|| needs::instead(&lesson));
        let script = Script::of_lesson(&lesson, variant.and_then(|v| lesson.variants.get(v)));
        match Session::open(script, self.options.clone(), crate::engine::DEADLINE) {
            Ok(session) => {
                self.due = None;
                self.board.replace(session, Some(lesson), variant);
                let on = self.board.variant_on().map(|v| format!("variant: {}", v.title));
                if let Some(text) = on {
                    self.say(text);
                }
            }
            Err(error) => self.say(error.to_string()),
        }
    }

    fn next_language(&mut self) {
        let Some(lesson) = &self.board.lesson else { return };
        let code = lesson.code_of(self.board.variant);
        let now = code.iter().position(|l| l.language == self.board.ui.language).unwrap_or(0);
        if let Some(next) = code.get((now + 1) % code.len().max(1)) {
            self.board.ui.language = next.language.clone();
        }
    }

    /// Write what was done so far to a file of its own beside the others.
    fn save(&mut self) {
        let session = &self.board.session;
        let made = session.history().get(..=session.shown()).unwrap_or_default();
        let text = to_script(session.script(), made);
        let stem: String = session.script().source.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        for number in 1..10_000 {
            let name = format!("pipescope-{stem}-{number}.pipe");
            match OpenOptions::new().write(true).create_new(true).open(&name) {
                Ok(mut file) => {
                    let written = file.write_all(text.as_bytes());
                    return match written {
                        Ok(()) => self.say(format!("saved: pipescope lesson {name} opens it, play prints it")),
                        Err(error) => self.say(format!("{name} is incomplete: {error}")),
                    };
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return self.say(format!("cannot write {name} in this folder: {error}")),
            }
        }
    }
}
