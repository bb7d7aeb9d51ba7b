//! The transcript: a session as plain lines that are only ever added to.
//!
//! No box is drawn and no cursor moved: it reads well in a file, in a pipe and with a screen reader.

mod large;
mod line;
mod memory;
mod sockets;
mod system_v;
mod tables;

use super::Stable;
use crate::engine::tape::{self, TapeKind, TapeLine};
use crate::engine::{Cause, Moment};
use crate::explain::{Finding, Severity};
use crate::notation::escape;
use crate::world::World;
use large::Shares;
use line::Lines;
use std::io::{self, Write};

/// How a transcript is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Nothing above 0x7e: other characters become the nearest ASCII ones, or octal escapes as in C.
    pub ascii: bool,
}

/// Writes a session as text, each moment flushed at once.
#[derive(Debug)]
pub struct Transcript<W> {
    lines: Lines<W>,
    stable: Option<Stable>,
    /// The findings of the last moment; `None` before the first.
    before: Option<Vec<Finding>>,
    failed: usize,
}

impl<W: Write> Transcript<W> {
    /// Write to `out`; with `stable`, what differs from run to run is made the same.
    pub fn new(out: W, style: Style, stable: Option<Stable>) -> Transcript<W> {
        Transcript { lines: Lines::new(out, style.ascii), stable, before: None, failed: 0 }
    }

    /// What it writes to.
    pub fn out(&mut self) -> &mut W {
        self.lines.out()
    }

    /// The heading: what is played, and where it comes from (a lesson's name, a file).
    ///
    /// # Errors
    /// What writing to the output met, here and in the other methods.
    pub fn session(&mut self, title: &str, source: &str) -> io::Result<()> {
        self.lines.line(0, &if source.is_empty() { title.to_owned() } else { format!("{title} ({source})") })?;
        self.lines.flush()
    }

    /// A moment: its lines of the tape, the tables that changed, what is wrong now.
    pub fn moment(&mut self, moment: &Moment) -> io::Result<()> {
        let masked = self.stable.as_mut().map(|stable| stable.moment(moment));
        let moment = masked.as_ref().unwrap_or(moment);
        self.moment_with(moment, &tape::lines(moment))
    }

    /// What the stage's terminal has shown since the moment before.
    pub fn terminal(&mut self, shown: &[u8]) -> io::Result<()> {
        if shown.is_empty() {
            return Ok(());
        }
        let (last, cut) = super::last_of(shown);
        self.lines.line(6, if cut { "on the terminal, the last of much:" } else { "on the terminal:" })?;
        for line in last.strip_suffix(b"\n").unwrap_or(&last).split(|b| *b == b'\n') {
            self.lines.line(8, &escape(line, usize::MAX).0)?;
        }
        self.lines.flush()
    }

    /// How many expectations failed so far.
    pub fn failed(&self) -> usize {
        self.failed
    }

    fn moment_with(&mut self, moment: &Moment, tape: &[TapeLine]) -> io::Result<()> {
        self.lines.blank()?;
        if moment.cause == Cause::Noticed {
            self.lines.line(1, "Without a step:")?;
        }
        if let Some(left_out) = moment.traced.map(|t| t.left_out).filter(|n| *n > 0) {
            self.lines.line(
                1,
                &match left_out {
                    1 => "(1 call or signal of no interest is left out; --all tells it)".to_owned(),
                    n => format!("({n} calls or signals of no interest are left out; --all tells them)"),
                },
            )?;
        }
        for (at, line) in tape.iter().enumerate() {
            self.tape_line(line, moment, at == 0)?;
        }
        tables::write(&mut self.lines, moment, self.before.is_none())?;
        self.findings(&moment.findings, &moment.world)?;
        self.failures(moment)?;
        self.lines.flush()
    }

    fn tape_line(&mut self, line: &TapeLine, moment: &Moment, first: bool) -> io::Result<()> {
        match (line.kind, &line.process) {
            // What a failed expectation says is said in full further down.
            (TapeKind::Failed, _) => Ok(()),
            (TapeKind::Data, _) => self.lines.line(6, &line.text),
            (_, Some(process)) => {
                // A traced program may have more threads than the first, which has the id of the process.
                let of = moment.traced.zip(moment.world.process(process));
                let thread = of.filter(|(t, p)| t.thread != p.pid).map(|(t, _)| format!(" thread {}", t.thread));
                let thread = thread.unwrap_or_default();
                // The call of a traced program is the first of its moment's lines.
                let source = first.then_some(moment.source.as_ref()).flatten();
                let source = source.map(|s| format!("  at {s}")).unwrap_or_default();
                self.lines.line(0, &format!("{:>3} {process}{thread}  {}{source}", line.step, line.text))
            }
            (_, None) => self.lines.line(0, &format!("{:>3} {}", line.step, line.text)),
        }
    }

    /// The findings that are new or say something new, and those that are over.
    fn findings(&mut self, now: &[Finding], world: &World) -> io::Result<()> {
        if self.before.as_deref() == Some(now) {
            return Ok(());
        }
        let before = self.before.replace(now.to_vec()).unwrap_or_default();
        let new = large::missing(now, &before, |a, b| a == b);
        let mut shares = Shares::of(new.iter().filter(|f| is_aside(f)).map(|f| f.rule.as_str()));
        for finding in new.into_iter().filter(|f| !is_aside(f) || shares.next(&f.rule)) {
            let word = match finding.severity {
                Severity::Note => "note",
                Severity::Warning => "warning",
                Severity::Waiting => "waiting",
                Severity::Stuck => "STUCK",
            };
            self.lines.line(6, &format!("{word}, {}: {}", finding.rule, finding.text))?;
            for fix in finding.fix.lines() {
                let word = if finding.fix_now(world) { "fix" } else { "fix, before it blocks" };
                self.lines.line(8, &format!("{word}: {fix}"))?;
            }
        }
        let same =
            |a: &Finding, b: &Finding| (&a.rule, &a.process, a.fd, &a.object) == (&b.rule, &b.process, b.fd, &b.object);
        shares.rest(|rule, more| self.lines.line(6, &format!("and {more} more of {rule}")))?;
        let over = large::missing(&before, now, same);
        let mut shares = Shares::of(over.iter().map(|f| f.rule.as_str()));
        for old in over.into_iter().filter(|f| shares.next(&f.rule)) {
            let fd = old.fd.map(|fd| format!(" fd {fd}")).unwrap_or_default();
            self.lines.line(6, &format!("over, {}: {}{fd}", old.rule, old.process))?;
        }
        shares.rest(|rule, more| self.lines.line(6, &format!("over, {rule}: {more} more")))
    }

    fn failures(&mut self, moment: &Moment) -> io::Result<()> {
        for check in moment.checks.iter().filter(|c| !c.met) {
            self.failed += 1;
            self.lines.line(0, &format!("*** EXPECTATION FAILED in step {}: {}", moment.step, check.expect))?;
            self.lines.line(0, &format!("*** the kernel did this:   {}", check.got))?;
        }
        Ok(())
    }
}

/// Nothing waits because of it: of very many such, the first are enough.
fn is_aside(finding: &Finding) -> bool {
    matches!(finding.severity, Severity::Note | Severity::Warning)
}

#[cfg(test)]
mod tests;
