//! What keys do where a program is traced: who goes on, until when, and what is typed.

use super::live::locked;
use super::unrun::why_not_run;
use super::viewer::Viewer;
use super::{Live, Replay};
use crate::timeline::TimelineError;
use crate::trace::{Ended, Going, Order, Others, Stand, TraceError, Until, Who};
use crate::view::{Action, Overlay};
use crate::world::{BlockedIn, Death, Pid, Process};
use crossbeam_channel::{Receiver, never};
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

/// A picture for a person, however fast the program is.
const FRAME: Duration = Duration::from_millis(33);

/// Starts the program.
pub type Start = Box<dyn FnMut() -> Result<Live, TraceError>>;

/// The program that is traced, and what is to be remembered of it from one key to the next.
pub(super) struct Tracing {
    pub(super) live: Live,
    start: Start,
    others: Others,
    /// What was run until last.
    until: Option<Until>,
    /// That, as long as it has not come about and nothing else was asked for.
    awaited: Option<Until>,
    /// Until then nothing new is drawn.
    quiet: Instant,
    /// It has been said that the program ended.
    told: bool,
    reached: Option<Until>,
    /// Why it could not be run; `None` within, where it could; without, where that is not known yet.
    unrun: Option<Option<String>>,
}

impl Tracing {
    pub(super) fn new(live: Live, start: Start) -> Tracing {
        let (until, awaited, told, reached, unrun) = Default::default();
        Tracing { live, start, others: Others::Held, until, awaited, quiet: Instant::now(), told, reached, unrun }
    }

    /// What says that there is something new; and when to listen to it.
    pub(super) fn news(&self) -> (Receiver<()>, Option<Instant>) {
        match self.quiet > Instant::now() {
            // The bell goes on ringing until it is listened to.
            true => (never(), Some(self.quiet)),
            false => (self.live.bell(), None),
        }
    }

    /// Why the program could not be run, where that is so.
    pub(super) fn unrun(&self) -> Option<&String> {
        self.unrun.iter().flatten().next()
    }

    /// What is to be said of how it stands now, where that is new.
    fn news_of(&mut self, stand: &Stand) -> Option<String> {
        let mut say = None;
        if self.unrun.is_none() {
            // Its exec is the first call of all.
            let first = locked(&self.live.run()).get(1).ok();
            self.unrun = first.map(|entry| why_not_run(&entry.moment));
            say = self.unrun().cloned();
        }
        if stand.reached != self.reached {
            self.reached.clone_from(&stand.reached);
            if let Some(until) = &stand.reached {
                self.awaited = None;
                say = Some(format!("here it is: {until}"));
            }
        }
        let Some(ended) = stand.ended.as_ref().filter(|_| !self.told) else { return say };
        self.told = true;
        let end = match (self.live.flaw(), self.unrun()) {
            (Some(flaw), _) => return Some(format!("nothing more could be kept, and the program was ended: {flaw}")),
            (_, Some(why)) => return Some(format!("{why} · q leaves")),
            _ => how(ended.as_ref().ok().copied(), self.awaited.take()),
        };
        // The last moment may have been what it was run until.
        Some(self.reached.as_ref().map_or_else(|| end.clone(), |until| format!("here it is: {until}. And {end}")))
    }

    /// That was heard.
    pub(super) fn heard(&mut self) {
        self.quiet = Instant::now() + FRAME;
    }
}

impl Viewer {
    /// The program has not ended.
    pub(super) fn runs(&self) -> bool {
        self.tracing.as_ref().is_some_and(|tracing| tracing.live.stand().going != Going::Over)
    }

    /// Nobody is held.
    pub(super) fn is_running(&self) -> bool {
        self.stand().going == Going::Running
    }

    /// Take in what is new; whoever looks at the newest moment goes on doing so.
    pub(super) fn grow(&mut self) {
        let Some(tracing) = &mut self.tracing else { return };
        let stand = tracing.live.stand();
        let since = tracing.live.since();
        // Autoplay takes one moment after the other where there are more; at the newest it shows what its orders lead to.
        let (followed, len) = (self.replay.at_end(), self.replay.len());
        let say = tracing.news_of(&stand);
        self.replay.takes_keys = stand.going != Going::Over && tracing.live.takes_keys();
        let grown = self.replay.grow(stand, &since);
        self.told(grown);
        if followed && self.replay.len() != len {
            self.go(self.replay.len() - 1);
        }
        if let Some(say) = say {
            self.say(say);
        }
    }

    fn stand(&self) -> Stand {
        self.tracing.as_ref().map(|tracing| tracing.live.stand()).unwrap_or_default()
    }

    fn order(&mut self, order: Order) {
        // What comes of it is the newest.
        self.go(self.replay.len() - 1);
        if let Some(tracing) = &mut self.tracing {
            tracing.reached = None;
            tracing.awaited = match &order {
                Order::Run(until) => until.clone(),
                _ => None,
            };
            tracing.live.order(order);
        }
    }

    /// The next call, of whoever has waited longest.
    pub(super) fn next(&mut self) {
        let stand = self.stand();
        match stand.going {
            Going::Running => return self.say("it runs; r holds everybody at the next call"),
            _ if stand.waiting.is_empty() => {
                self.say("nobody is at a call: it computes, sleeps, or waits for what you type (t); the first call that comes is made");
            }
            _ => {}
        }
        self.order(Order::Next);
    }

    /// The next call of this process, or of one of its threads.
    pub(super) fn next_of(&mut self, name: &str, thread: Option<Pid>) {
        let Some(tracing) = &self.tracing else { return };
        let (others, stand) = (tracing.others, tracing.live.stand());
        let who = match self.replay.scene().moment.world.process(name) {
            None => return self.say(format!("{name} is not here")),
            Some(p) if !p.state.is_alive() => return self.say(format!("{name} has ended")),
            Some(p) => thread.map_or(Who::Process(p.pid), Who::Thread),
        };
        let called = thread.map_or_else(|| name.to_owned(), |tid| format!("thread {tid} of {name}"));
        if thread.is_some_and(|tid| stand.threads.iter().any(|since| since.tid == tid && since.now.is_none())) {
            return self.say(format!("{called} has ended"));
        }
        if !stand.waiting.iter().any(|at| who.is(at.tid, at.pid)) {
            let process = self.replay.scene().moment.world.process(name);
            let asleep = thread
                .zip(process)
                .and_then(|(tid, process)| sleeps_in(tid, process, &stand))
                .map(|call| call.call.clone());
            self.say(match (asleep, others) {
                (Some(call), Others::Held) => {
                    format!("{called} sleeps in {call}: another has to wake it (space, or o lets the others run); its next call is made then")
                }
                _ => format!("{called} is not at a call; the first that it comes to is made"),
            });
        }
        self.order(Order::NextOf(who, others));
    }

    /// Autoplay at the newest moment: let the next call be made, where everybody is held; false where there will be none.
    pub(super) fn play_next(&mut self) -> bool {
        match self.stand().going {
            Going::Held => self.order(Order::Next),
            // It is being made, or nobody is at one: a person may have to type first.
            Going::Awaited | Going::Running => {}
            Going::Over => return false,
        }
        true
    }

    pub(super) fn switch_others(&mut self) {
        let Some(tracing) = &mut self.tracing else { return };
        let (others, text) = match tracing.others {
            Others::Held => (Others::Run, "while one process or thread makes its next call (.), the others run"),
            Others::Run => (Others::Held, "while one process or thread makes its next call (.), the others are held"),
        };
        tracing.others = others;
        self.say(text);
    }

    /// Everybody runs; or everybody is held.
    pub(super) fn run_or_hold(&mut self) {
        match self.stand().going {
            Going::Running | Going::Awaited => self.order(Order::Hold),
            _ => self.order(Order::Run(None)),
        }
    }

    pub(super) fn run_until(&mut self, until: Option<Until>) {
        if let (Some(tracing), Some(until)) = (&mut self.tracing, &until) {
            tracing.until = Some(until.clone());
        }
        if let Some(until) = &until {
            self.say(format!("runs until: {until}"));
        }
        self.order(Order::Run(until));
    }

    /// The line that was written says until what.
    pub(super) fn until(&mut self, words: &str) {
        let last = self.tracing.as_ref().and_then(|tracing| tracing.until.clone());
        let until = match last {
            Some(last) if words.is_empty() => Ok(last),
            _ => Until::parse(words),
        };
        match until {
            Ok(until) => {
                self.replay.ui.overlay = Overlay::None;
                self.run_until(Some(until));
            }
            Err(why) => {
                if let Overlay::Until(_, wrong) = &mut self.replay.ui.overlay {
                    *wrong = Some(why);
                }
            }
        }
    }

    /// To leave is to end the program, where it cannot live on without its tracer.
    pub(super) fn ask_to_end(&mut self) {
        let may_live = self.tracing.as_ref().is_some_and(|tracing| tracing.live.may_live_on());
        let question = match may_live {
            true => {
                "End the program that is traced? y ends it, n goes back. l lets it live on, unseen: what it writes to its terminal is lost, \
                 and nobody types there."
            }
            false => {
                "End the program that is traced? It cannot live on without its tracer, which only one traced with --no-filter can. y ends \
                 it, n goes back."
            }
        };
        self.replay.ui.overlay = Overlay::Confirm { question: question.into(), action: Action::Quit, may_live };
    }

    /// Leave the program to itself.
    pub(super) fn let_live(&mut self) {
        self.tracing.as_mut().into_iter().for_each(|tracing| tracing.live.leave());
    }

    /// The same program from its beginning, in place of this one.
    pub(super) fn begin_again(&mut self) {
        let Some(tracing) = &mut self.tracing else { return };
        let _ = tracing.live.end();
        let begun = (tracing.start)().map_err(|e| e.to_string()).and_then(|live| {
            let replay = Replay::of(live.run(), self.replay.ui.clone()).map_err(|e| e.to_string())?;
            Ok((live, replay))
        });
        match begun {
            Ok((live, replay)) => {
                tracing.live = live;
                (tracing.told, tracing.reached, tracing.unrun, tracing.awaited) = Default::default();
                self.replay = replay;
            }
            Err(why) => self.say(why),
        }
    }

    /// Keep the run in a file of its own in this folder.
    pub(super) fn save(&mut self) {
        for number in 1..10_000 {
            let name = format!("pipescope-trace-{number}.pipes");
            match OpenOptions::new().read(true).write(true).create_new(true).open(&name) {
                Ok(file) => {
                    let written: Result<(), TimelineError> = self.replay.timeline().copy_to(file);
                    return match written {
                        Ok(()) => self.say(format!("saved: pipescope open {name} shows it")),
                        Err(error) => self.say(format!("{name} is incomplete: {error}")),
                    };
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return self.say(format!("cannot write {name} in this folder: {error}")),
            }
        }
    }
}

/// The call that a thread sleeps in now.
fn sleeps_in<'a>(tid: Pid, process: &'a Process, stand: &'a Stand) -> Option<&'a BlockedIn> {
    let since = stand.threads.iter().find(|since| since.tid == tid).map(|since| since.now.as_ref());
    since.unwrap_or_else(|| process.thread(tid))?.asleep.as_ref()
}

/// How a program has ended, for the notice; `missed`: what it was run until.
fn how(ended: Option<Ended>, missed: Option<Until>) -> String {
    let begin = match missed {
        Some(until) => format!("the program ended before {until} was reached"),
        None => "the program has ended".to_owned(),
    };
    let how = match ended {
        Some(Ended::Program(Death::Exited(code))) => format!("{begin}: it exited with {code}"),
        Some(Ended::Program(Death::Killed(signal))) => format!("{begin}: signal {signal} killed it"),
        _ => begin,
    };
    format!("{how}. All of it can be looked at; q leaves")
}
