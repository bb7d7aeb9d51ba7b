//! A script made up as it goes, on a stage of its own.

use crate::engine::{Script, Session};
use crate::notation::{Call, Completion, Detail, Outcome, parse_directed, show_completion};
use crate::stage::Options;
use std::time::{Duration, Instant};

/// How long a step may take: a loop at full speed takes its time on a busy machine.
const LIMIT: Duration = Duration::from_secs(5);
/// How often to look for what ends by itself.
const GLANCE: Duration = Duration::from_millis(2);

/// The stage, and the calls made on it so far.
pub(super) struct Play {
    session: Session,
    /// The calls, in the notation.
    pub(super) lines: Vec<String>,
}

impl Play {
    /// Set a way up.
    ///
    /// # Errors
    /// Why it cannot be had on this machine.
    pub(super) fn open(lines: &str, options: &Options) -> Result<Play, String> {
        let script = Script::of_text("compare", lines).map_err(|_| format!("not understood: {lines}"))?;
        let first = Script { steps: Vec::new(), ..script };
        let session = Session::open(first, options.clone(), LIMIT).map_err(|error| error.to_string())?;
        let mut play = Play { session, lines: Vec::new() };
        for line in lines.lines() {
            play.call(line)?;
            if let Some(done) = play.last().filter(|done| matches!(done.outcome, Outcome::Error(_))) {
                return Err(format!("{}: {}", done.process, show_completion(done)));
            }
        }
        Ok(play)
    }

    /// Make a call.
    ///
    /// # Errors
    /// Where it was not handed to its process.
    pub(super) fn call(&mut self, line: &str) -> Result<(), String> {
        let directed = parse_directed(line, None).map_err(|error| format!("{line}: {error}"))?;
        self.lines.push(line.to_owned());
        self.session.free(directed).map_err(|error| format!("{line}: {error}"))
    }

    /// What became of the last call.
    pub(super) fn last(&self) -> Option<&Completion> {
        self.session.history().iter().rev().find_map(|moment| moment.own.as_ref())
    }

    /// It as a line of a transcript.
    pub(super) fn happened(&self) -> String {
        self.last().map(|done| format!("{}: {}", done.process, show_completion(done))).unwrap_or_default()
    }

    /// Does this clause hold of the last step?
    pub(super) fn holds(&self, clause: &str) -> bool {
        let Ok(expects) = crate::notation::parse_expects(clause) else { return false };
        let moment = self.session.told();
        expects.iter().all(|expect| crate::engine::check::check(expect, moment, &[]).met)
    }

    /// What the loop of this name measured, waited for where it has not ended yet.
    ///
    /// # Errors
    /// What became of it instead.
    pub(super) fn measured(&mut self, name: &str) -> Result<(Completion, crate::notation::Measured), String> {
        let end = Instant::now() + LIMIT;
        loop {
            let mut all = self.session.history().iter().flat_map(|m| m.own.iter().chain(&m.resumed));
            let is = |done: &&Completion| done.call.as_ref().map(Call::name) == Some(name);
            let found = all.rfind(is).cloned();
            match found {
                Some(done) if !matches!(done.outcome, Outcome::Blocked(_) | Outcome::Running) => {
                    return match done.detail {
                        Detail::Measured(measured) => Ok((done, measured)),
                        _ => Err(format!("{}: {}", done.process, show_completion(&done))),
                    };
                }
                _ if Instant::now() >= end => return Err(format!("{name} had not ended after {} s", LIMIT.as_secs())),
                _ => {}
            }
            std::thread::sleep(GLANCE);
            self.session.notice();
        }
    }
}
