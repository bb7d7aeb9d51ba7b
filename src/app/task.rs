//! A lesson's task on the board: how far it is, and what is said of it.

use crate::engine::{Cause, Moment, Session, task};
use crate::lesson::Goal;

/// A task that somebody is at.
#[derive(Debug, Clone, Default)]
pub struct Task {
    /// How many hints were asked for.
    pub hints: usize,
    /// With how many calls it was done.
    pub done: Option<usize>,
}

impl Task {
    /// Look whether the goal is reached by now; true when it has just been.
    pub fn follow(&mut self, goal: &Goal, session: &Session) -> bool {
        let since = since_start(session);
        if self.done.is_none() && session.is_live() && task::reached(goal, since, session.terminal()) {
            self.done = Some(task::calls(since));
            return true;
        }
        false
    }

    /// What is to be done, or how it was done, with the hints that were asked for.
    pub fn text(&self, goal: &Goal, session: &Session) -> String {
        let best = goal.best as usize;
        let enough = format!("{best} {} enough", if best == 1 { "is" } else { "are" });
        let mut text = match self.done {
            Some(made) if made <= best => format!("DONE in {}: it takes no fewer. R begins again.", calls(made)),
            Some(made) => format!("DONE in {}. {enough}: R begins again.", calls(made)),
            None => {
                let made = task::calls(since_start(session));
                format!("TASK: {}\n{} so far; {enough}. H gives a hint.", goal.say, calls(made))
            }
        };
        for hint in goal.hints.iter().take(self.hints) {
            text += "\nHint: ";
            text += hint;
        }
        text
    }
}

fn calls(number: usize) -> String {
    format!("{number} {}", if number == 1 { "call" } else { "calls" })
}

/// The moments from the task's start on.
fn since_start(session: &Session) -> &[Moment] {
    let steps = session.script().steps.len();
    let history = session.history();
    let start = match steps.checked_sub(1) {
        None => Some(0),
        Some(last) => history.iter().position(|m| m.cause == Cause::Script(last)),
    };
    start.and_then(|at| history.get(at..)).unwrap_or_default()
}
