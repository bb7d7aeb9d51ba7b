//! `pipescope play`: a lesson or script without a terminal.

use super::Failure;
use super::args::PlayArgs;
use super::source::Source;
use crate::engine::{Forward, Moment, Session, needs};
use crate::report::{JsonLines, Stable, Style, Transcript};
use crate::stage::Options;
use crossbeam_channel::{Sender, bounded};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, Read, StdoutLock, Write};
use std::thread;
use std::time::Duration;

/// How long a step may take to come to rest. Nobody waits for a key here, and a busy machine is slow.
pub const DEADLINE: Duration = Duration::from_secs(2);

/// Where the moments are written.
enum Report {
    Text(Transcript<StdoutLock<'static>>),
    Json(JsonLines<StdoutLock<'static>>),
}

impl Report {
    fn session(&mut self, title: &str, source: &str) -> io::Result<()> {
        match self {
            Report::Text(out) => out.session(title, source),
            Report::Json(out) => out.session(title, source),
        }
    }

    fn moment(&mut self, moment: &Moment, shown: &[u8]) -> io::Result<()> {
        match self {
            Report::Text(out) => out.moment(moment).and_then(|()| out.terminal(shown)),
            Report::Json(out) => out.moment(moment).and_then(|()| out.terminal(shown)),
        }
    }
}

/// Play it and print what happens.
///
/// # Errors
/// Usage for what cannot be found or understood; failure where a step cannot be made or an expectation is not met.
pub fn play(args: &PlayArgs, ascii: bool, options: Options) -> Result<(), Failure> {
    let source = Source::find(&args.source, args.variant.as_deref())?;
    if let Some(why) = source.lesson.as_ref().and_then(needs::lacks) {
        let variant = source.variant.and_then(|v| source.lesson.as_ref()?.variants.get(v));
        let played = variant.map(|v| format!("; this is the variant {}", v.slug)).unwrap_or_default();
        eprintln!("pipescope: {why}{played}");
    }
    let there = source.script.steps.len();
    if let Some(until) = args.until.filter(|n| *n > there) {
        return Err(Failure::usage(format!("{} has {there} steps; there is no step {until}", args.source)));
    }
    let mut session = Session::open(source.script, options, DEADLINE)?;
    let stable = args.stable.then(|| Stable::new(Some(session.live().stage().scratch())));
    let out = io::stdout().lock();
    let mut report = if args.json {
        Report::Json(JsonLines::new(out, stable))
    } else {
        Report::Text(Transcript::new(out, Style { ascii }, stable))
    };
    report.session(&session.script().title, &session.script().source)?;
    let played = steps(&mut session, args.until, &mut report);
    if args.hold {
        hold(args.source == "-")?;
    }
    played?;
    failures(&session)
}

fn steps(session: &mut Session, until: Option<usize>, report: &mut Report) -> Result<(), Failure> {
    let (mut printed, mut told) = (0, 0);
    loop {
        for moment in session.history().get(printed..).unwrap_or_default() {
            let news = moment.terminal.saturating_sub(told);
            told = moment.terminal;
            let shown = session.terminal_upto(told);
            report.moment(moment, shown.get(shown.len().saturating_sub(news)..).unwrap_or_default())?;
        }
        printed = session.history().len();
        if until.is_some_and(|n| session.progress() >= n) {
            return Ok(());
        }
        let next = session.next().map(ToString::to_string);
        match session.forward() {
            Ok(Forward::Stepped) => {}
            Ok(_) => return Ok(()),
            Err(error) => {
                let (number, call) = (session.progress() + 1, next.unwrap_or_default());
                return Err(Failure::failed(format!("step {number}, {call}: {error}")));
            }
        }
    }
}

/// Every expectation that was not met, as a failure.
pub fn failures(session: &Session) -> Result<(), Failure> {
    let told: Vec<String> = session
        .failures()
        .map(|(step, check)| format!("step {step}: expected {}; the kernel: {}", check.expect, check.got))
        .collect();
    match told.as_slice() {
        [] => Ok(()),
        [one] => Err(Failure::failed(format!("an expectation was not met\n{one}"))),
        many => Err(Failure::failed(format!("{} expectations were not met\n{}", many.len(), many.join("\n")))),
    }
}

/// Keep the processes until standard input ends, or a signal comes. Where the script came from standard input, that has
/// ended already, and only a signal counts.
fn hold(only_signals: bool) -> Result<(), Failure> {
    io::stdout().flush()?;
    let (send, receive) = bounded::<()>(1);
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let for_signals = send.clone();
    thread::Builder::new().name("signals".into()).spawn(move || {
        if signals.forever().next().is_some() {
            // Where the channel is full, there is a reason to end already.
            let _ = for_signals.try_send(());
        }
    })?;
    if !only_signals {
        thread::Builder::new().name("input".into()).spawn(move || until_input_ends(&send))?;
    }
    // An error means that both threads have ended: nothing is left to wait for.
    let _ = receive.recv();
    Ok(())
}

fn until_input_ends(send: &Sender<()>) {
    let mut input = io::stdin().lock();
    let mut buffer = [0; 4096];
    loop {
        match input.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    let _ = send.try_send(());
}
