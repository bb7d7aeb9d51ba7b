//! A session: a script played on a live stage, every moment of it kept.

use super::live::{Act, Live};
use super::quiz::{Answered, Quiz};
use super::{Cause, Moment, Script};
use crate::lesson::Prediction;
use crate::notation::Directed;
use crate::stage::{Options, Refusal, StageError};
use std::time::Duration;

/// How long a step may take to come to rest before what still runs is shown as running.
pub const DEADLINE: Duration = Duration::from_millis(400);

/// Why a step could not be made. The stage is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The call was not handed to its process.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The stage is lost, or a new one could not be set up.
    #[error(transparent)]
    Stage(#[from] StageError),
}

/// What going forward came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forward {
    /// The next step of the script was made.
    Stepped,
    /// The moment after this one, already past, is shown.
    Looked,
    /// A question stands before the next step; nothing has moved.
    Asks,
    /// The script has no further step.
    AtEnd,
}

/// A script played on a live stage, every moment of it kept.
pub struct Session {
    options: Options,
    script: Script,
    deadline: Duration,
    live: Live,
    history: Vec<Moment>,
    shown: usize,
    quiz: Quiz,
    /// How often the story began anew, by a restart or by a branch.
    branches: u64,
    /// Questions are asked before their step; else steps are made without.
    asks: bool,
}

impl Session {
    /// Set the stage and begin with the script's first process.
    ///
    /// # Errors
    /// [`StageError`] where processes, memory or a terminal cannot be had.
    pub fn open(script: Script, options: Options, deadline: Duration) -> Result<Session, StageError> {
        let (live, start) = Live::open(&script, &options, deadline)?;
        Ok(Session {
            options,
            script,
            deadline,
            live,
            history: vec![start],
            shown: 0,
            quiz: Quiz::default(),
            branches: 0,
            asks: false,
        })
    }

    /// Ask the script's questions before their steps, or make those steps without asking.
    pub fn ask_questions(&mut self, asks: bool) {
        self.asks = asks;
    }

    /// The question that stands before the next step of the script: nothing moves until it is answered.
    pub fn question(&self) -> Option<&Prediction> {
        let stands = self.asks && self.is_live();
        stands.then(|| self.quiz.open(&self.script, self.progress())).flatten()
    }

    /// The question before the step with this index (from 0), where it has one.
    pub fn question_of(&self, index: usize) -> Option<(&Prediction, Option<&Answered>)> {
        let ask = self.script.steps.get(index)?.predict.as_ref()?;
        Some((ask, self.quiz.answered(index)))
    }

    /// The script.
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// The live stage, for its terminal.
    pub fn live(&mut self) -> &mut Live {
        &mut self.live
    }

    /// How often the story began anew: moments are only ever added to [`Session::history`] while this stays, save that
    /// the newest may be brought up to date.
    pub fn branch_number(&self) -> u64 {
        self.branches
    }

    /// Every moment of this branch, oldest first; never empty.
    pub fn history(&self) -> &[Moment] {
        &self.history
    }

    /// The moment that is shown.
    pub fn moment(&self) -> &Moment {
        &self.history[self.shown]
    }

    /// The moment that is to be told about: the one that is shown, or where only time has passed since (a program runs on),
    /// the one before that.
    pub fn told(&self) -> &Moment {
        let told = self.history[..=self.shown].iter().rev().find(|m| !m.is_quiet());
        told.unwrap_or(self.moment())
    }

    /// The moment before the one that is shown.
    pub fn before(&self) -> Option<&Moment> {
        self.history.get(self.shown.checked_sub(1)?)
    }

    /// The index in the history of the moment that is shown.
    pub fn shown(&self) -> usize {
        self.shown
    }

    /// The newest moment is shown.
    pub fn is_live(&self) -> bool {
        self.shown + 1 == self.history.len()
    }

    /// Steps of the script that were made at the moment shown.
    pub fn progress(&self) -> usize {
        progress(&self.history[..=self.shown])
    }

    /// The call that the script makes next, seen from the moment shown.
    pub fn next(&self) -> Option<&Directed> {
        self.script.steps.get(self.progress()).map(|s| &s.call)
    }

    /// A call that is not the script's was made before the moment shown.
    pub fn off_script(&self) -> bool {
        self.history[..=self.shown].iter().any(|m| m.cause == Cause::Free)
    }

    /// What the stage's terminal had shown at the moment shown, as raw bytes.
    pub fn terminal(&self) -> &[u8] {
        self.live.terminal().upto(self.terminal_total())
    }

    /// What the stage's terminal had shown when `total` bytes were shown in all.
    pub fn terminal_upto(&self, total: usize) -> &[u8] {
        self.live.terminal().upto(total)
    }

    /// How many bytes the stage's terminal had shown in all at the moment shown.
    pub fn terminal_total(&self) -> usize {
        if self.is_live() { self.live.terminal().total() } else { self.moment().terminal }
    }

    /// One step forward: through what is past, or the next step of the script.
    ///
    /// # Errors
    /// [`StepError`] where the step cannot be made; nothing has happened then.
    pub fn forward(&mut self) -> Result<Forward, StepError> {
        if !self.is_live() {
            self.shown += 1;
            return Ok(Forward::Looked);
        }
        if self.question().is_some() {
            return Ok(Forward::Asks);
        }
        self.next_step(None)
    }

    /// Commit to an answer (from 0) to the question that stands, and make the step.
    ///
    /// # Errors
    /// [`StepError`] where the step cannot be made; the question then stands again.
    pub fn answer(&mut self, said: usize) -> Result<Forward, StepError> {
        let known = self.question().is_some_and(|ask| said < ask.options.len());
        if known { self.next_step(Some(said)) } else { Ok(Forward::Asks) }
    }

    fn next_step(&mut self, said: Option<usize>) -> Result<Forward, StepError> {
        let index = self.progress();
        let Some(step) = self.script.steps.get(index) else { return Ok(Forward::AtEnd) };
        let act = Act { call: step.call.clone(), cause: Cause::Script(index), expect: step.expect.clone() };
        self.act(act)?;
        let moment = &self.history[self.history.len() - 1];
        self.quiz.judge(&self.script, index, said, moment, self.live.terminal().upto(usize::MAX));
        Ok(Forward::Stepped)
    }

    /// One moment back; the stage stays as it is. False at the first.
    pub fn back(&mut self) -> bool {
        let some = self.shown > 0;
        self.shown = self.shown.saturating_sub(1);
        some
    }

    /// Back to the newest moment.
    pub fn to_live(&mut self) {
        self.shown = self.history.len() - 1;
    }

    /// Show the moment after step `step` of the script: a look back where it is past, steps made where it is not.
    /// Stops early at the script's end.
    ///
    /// # Errors
    /// [`StepError`] where a step on the way cannot be made; those before it have been.
    pub fn jump(&mut self, step: usize) -> Result<(), StepError> {
        let past = (0..self.history.len()).find(|i| progress(&self.history[..=*i]) == step);
        if let Some(index) = past {
            self.shown = index;
            return Ok(());
        }
        self.to_live();
        // Whoever jumps over a question does not want to be asked.
        while self.progress() < step && self.next_step(None)? == Forward::Stepped {}
        Ok(())
    }

    /// Make a call that is not the script's. From a moment that is past, a new stage is brought there
    /// first by the same calls (new pids, same names and numbers), and what came after is given up.
    ///
    /// # Errors
    /// [`StepError`] where the call cannot be made.
    pub fn free(&mut self, call: Directed) -> Result<(), StepError> {
        self.act(Act { call, cause: Cause::Free, expect: Vec::new() })
    }

    fn act(&mut self, act: Act) -> Result<(), StepError> {
        if !self.is_live() {
            self.branch()?;
        }
        let last = &self.history[self.history.len() - 1];
        let step = last.step + 1;
        let moment = self.live.perform(last, step, &act, self.deadline)?;
        self.push(moment);
        Ok(())
    }

    fn push(&mut self, moment: Moment) {
        let follow = self.is_live();
        self.history.push(moment);
        if follow {
            self.to_live();
        }
    }

    /// Bring a new stage to the moment shown by the same calls, and make it the newest.
    fn branch(&mut self) -> Result<(), StepError> {
        let (mut live, start) = Live::open(&self.script, &self.options, self.deadline)?;
        let mut history = vec![start];
        for past in &self.history[1..=self.shown] {
            if let Some(again) = live.again(&history[history.len() - 1], past, &self.script, self.deadline)? {
                history.push(again);
            }
        }
        self.live = live;
        self.shown = history.len() - 1;
        self.history = history;
        self.branches += 1;
        Ok(())
    }

    /// Begin again on a new stage.
    ///
    /// # Errors
    /// [`StageError`] where the new stage cannot be set up; the old one stays.
    pub fn restart(&mut self) -> Result<(), StageError> {
        let (live, start) = Live::open(&self.script, &self.options, self.deadline)?;
        self.live = live;
        self.history = vec![start];
        self.shown = 0;
        self.quiz = Quiz::default();
        self.branches += 1;
        Ok(())
    }

    /// Look whether something changed without a step; true where it did. Cheap where nothing did.
    pub fn notice(&mut self) -> bool {
        let last = &self.history[self.history.len() - 1];
        let Some(moment) = self.live.notice(last) else { return false };
        // A program that runs on changes something between any two looks; only what ends or moves is worth a
        // moment of its own.
        if last.is_quiet() && moment.is_quiet() {
            let newest = self.history.len() - 1;
            self.history[newest] = moment;
        } else {
            self.push(moment);
        }
        true
    }

    /// Every expectation that the kernel did not meet, with the step's number.
    pub fn failures(&self) -> impl Iterator<Item = (usize, &super::Check)> {
        self.history.iter().flat_map(|m| m.checks.iter().filter(|c| !c.met).map(move |c| (m.step, c)))
    }
}

/// Steps of the script that were made in the course of `history`.
fn progress(history: &[Moment]) -> usize {
    history.iter().rev().find_map(|m| if let Cause::Script(i) = m.cause { Some(i + 1) } else { None }).unwrap_or(0)
}
