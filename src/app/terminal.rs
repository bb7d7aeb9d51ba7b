//! The person's terminal: taken on entering, given back however the program ends.

use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::crossterm::{cursor, execute};
use std::io::{self, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, PoisonError, RwLock};

/// Whether the terminal is ours at the moment, for the panic hook.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// The panic hook is installed once.
static HOOK: Once = Once::new();
/// What a panic said, to be told once the terminal is the shell's again.
static LAST_WORDS: RwLock<Option<String>> = RwLock::new(None);

/// The terminal in raw mode on its alternate screen, for as long as this lives.
#[derive(Debug)]
pub struct Taken(());

impl Taken {
    /// Take the terminal.
    ///
    /// # Errors
    /// Where it refuses raw mode or is gone.
    pub fn take() -> io::Result<Taken> {
        HOOK.call_once(install_hook);
        let taken = Taken(());
        enter()?;
        Ok(taken)
    }

    /// Give it back for a while, as before being stopped.
    pub fn release(&self) {
        leave();
    }

    /// Take it again.
    ///
    /// # Errors
    /// Where it is gone.
    pub fn retake(&self) -> io::Result<()> {
        enter()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        leave();
        if let Some(words) = LAST_WORDS.write().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = writeln!(io::stderr(), "{words}");
        }
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

/// Give the terminal back, where it is ours.
pub(super) fn leave() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // Each on its own: a terminal that is gone must not keep the rest from being tried.
    let _ = execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
}

/// A panic anywhere gives the terminal back first; its words are then told where they can be read.
fn install_hook() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if TAKEN.load(Ordering::SeqCst) {
            leave();
            let words = format!("pipescope has a fault: {info}\nThe stage was ended. Please report this line.");
            if let Ok(mut last) = LAST_WORDS.try_write() {
                *last = Some(words);
            }
            return;
        }
        usual(info);
    }));
}
