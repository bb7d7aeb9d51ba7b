//! What wakes the loop: keys and sizes from the terminal, signals, output of the stage, and the clock.

use crossbeam_channel::{Receiver, Sender, bounded};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use ratatui::crossterm::event::{self, Event};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use std::io;
use std::os::fd::AsFd;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

/// How long the loop has to end in order after a signal that asks for it.
const GRACE: Duration = Duration::from_secs(2);

/// Something that woke the loop.
#[derive(Debug)]
pub enum Wake {
    /// A key, a paste, a new size.
    Input(Event),
    /// A signal: `signal(7)`'s number.
    Signal(i32),
    /// The terminal is gone.
    TerminalGone,
}

/// What every screen listens to, one at a time: a second thread that reads would take the first one's keys.
static WAKES: OnceLock<Receiver<Wake>> = OnceLock::new();

/// Start the threads that listen, where they do not yet; they end with the program.
///
/// # Errors
/// Where signal handlers cannot be installed.
pub fn listen() -> io::Result<Receiver<Wake>> {
    if let Some(wakes) = WAKES.get() {
        return Ok(wakes.clone());
    }
    // Bounded: a person's keys are few, and a flood of pasted ones should wait rather than pile up.
    let (send, receive) = bounded(256);
    let signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT])?;
    // A change of size is to be heard from now on, before the first frame, and not only once the thread below reads.
    event::poll(Duration::ZERO)?;
    let for_signals = send.clone();
    thread::Builder::new().name("signals".into()).spawn(move || pass_signals(signals, &for_signals))?;
    let for_hangup = send.clone();
    thread::Builder::new().name("hangup".into()).spawn(move || await_hangup(&for_hangup))?;
    thread::Builder::new().name("input".into()).spawn(move || pass_input(&send))?;
    Ok(WAKES.get_or_init(|| receive).clone())
}

fn pass_signals(mut signals: Signals, send: &Sender<Wake>) {
    for signal in signals.forever() {
        if matches!(signal, SIGTERM | SIGHUP | SIGINT | SIGQUIT) {
            end_anyway(signal);
        }
        if send.send(Wake::Signal(signal)).is_err() {
            return;
        }
    }
}

/// The loop ends the program in order. Where it cannot, because the terminal takes no more output, the
/// program ends all the same: the warden sees to the stage.
fn end_anyway(signal: i32) {
    let waits = move || {
        thread::sleep(GRACE);
        super::terminal::leave();
        std::process::exit(128 + signal);
    };
    // Without a thread to wait in there is no grace; the loop still gets the signal.
    let _ = thread::Builder::new().name("ending".into()).spawn(waits);
}

/// A terminal that is gone is at its end of file for ever, which reading events would take for no event yet.
fn await_hangup(send: &Sender<Wake>) {
    let input = io::stdin();
    loop {
        // Nothing is asked for: hanging up and errors are always told, poll(2).
        let mut fds = [PollFd::new(input.as_fd(), PollFlags::empty())];
        match poll(&mut fds, PollTimeout::NONE) {
            Err(Errno::EINTR) => {}
            Err(_) => return,
            Ok(_) => {
                // Where nobody listens any more, the program is ending already.
                let _ = send.send(Wake::TerminalGone);
                return;
            }
        }
    }
}

fn pass_input(send: &Sender<Wake>) {
    loop {
        let wake = match event::read() {
            Ok(event) => Wake::Input(event),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => Wake::TerminalGone,
        };
        let last = matches!(wake, Wake::TerminalGone);
        if send.send(wake).is_err() || last {
            return;
        }
    }
}
