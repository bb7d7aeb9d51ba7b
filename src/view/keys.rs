//! Keys: one table that dispatches them, draws the key bar and the help, and writes the list in the README.

mod context;
mod table;
#[cfg(test)]
mod tests;

pub use context::{Condition, KeyContext, Mode};
pub use table::KEYS;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key asks for. The view acts on those that concern the screen alone (see [`super::Ui::update`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is explained by its row in the table")]
pub enum Action {
    Forward,
    Back,
    Restart,
    Play,
    Faster,
    Slower,
    Jump,
    First,
    Live,
    Search,
    FindNext,
    FindPrevious,
    NextOfProcess,
    PreviousOfProcess,
    NextEof,
    PreviousEof,
    NextEpipe,
    PreviousEpipe,
    NextBlocked,
    PreviousBlocked,
    Go,
    Others,
    Until,
    Answer(u8),
    Prompt,
    Pipe,
    Fork,
    Close,
    Send,
    Receive,
    Dup2,
    Open,
    Mkfifo,
    Unlink,
    Fcntl,
    Signal,
    Kill,
    Wait,
    Exec,
    Exit,
    StartProcess,
    NextProcess,
    PreviousProcess,
    NextThread,
    PreviousThread,
    FdUp,
    FdDown,
    StageUp,
    StageDown,
    MessagesUp,
    MessagesDown,
    Follow,
    Filter,
    Why,
    Lessons,
    Compare,
    Trace,
    Help,
    TerminalInput,
    LeaveTerminal,
    Zoom,
    Theme,
    Ascii,
    Predict,
    Task,
    Hint,
    NextLesson,
    Present,
    Blank,
    Variant,
    Language,
    Save,
    Suspend,
    LetLive,
    Quit,
    Submit,
    Cancel,
    Complete,
    Older,
    Newer,
    NextField,
    PreviousField,
    ScrollUp,
    ScrollDown,
    PageUp,
    PageDown,
}

/// A key as it is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// With Ctrl held.
    pub ctrl: bool,
}

impl Key {
    /// A character.
    pub const fn char(c: char) -> Key {
        Key { code: KeyCode::Char(c), ctrl: false }
    }

    /// A key that is no character.
    pub const fn named(code: KeyCode) -> Key {
        Key { code, ctrl: false }
    }

    /// A character with Ctrl held.
    pub const fn ctrl(c: char) -> Key {
        Key { code: KeyCode::Char(c), ctrl: true }
    }

    /// The key of an event.
    pub fn of(event: &KeyEvent) -> Key {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        match event.code {
            // The same byte, 0x1d, which is read as either.
            KeyCode::Char('5') if ctrl => Key::ctrl(']'),
            code => Key { code, ctrl },
        }
    }

    /// Whether this is the key of the event. Shift is left to the character it made.
    pub fn matches(&self, event: &KeyEvent) -> bool {
        *self == Key::of(event) && !event.modifiers.contains(KeyModifiers::ALT)
    }

    /// How the key is written: `space`, `Ctrl-C`, `Shift-Tab`.
    pub fn name(&self, ascii: bool) -> String {
        let arrow = |unicode: &str, plain: &str| if ascii { plain.to_string() } else { unicode.to_string() };
        match self.code {
            KeyCode::Char(' ') => "space".into(),
            KeyCode::Char(c) if self.ctrl => format!("Ctrl-{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => c.to_string(),
            KeyCode::Left => arrow("←", "Left"),
            KeyCode::Right => arrow("→", "Right"),
            KeyCode::Up => arrow("↑", "Up"),
            KeyCode::Down => arrow("↓", "Down"),
            KeyCode::PageUp => "PgUp".into(),
            KeyCode::PageDown => "PgDn".into(),
            KeyCode::BackTab => "Shift-Tab".into(),
            other => format!("{other:?}"),
        }
    }
}

/// The heading a row stands under in the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Going through the steps.
    Steps,
    /// Going through a run that was recorded.
    Recorded,
    /// Letting a traced program go on.
    Traced,
    /// Calls on the selected process or descriptor.
    Calls,
    /// What is selected and seen.
    Look,
    /// Everything else.
    Program,
    /// Inside a list, a form, a text.
    Inside,
}

impl Group {
    /// All, in the order of the help.
    pub const ALL: [Group; 7] =
        [Group::Steps, Group::Calls, Group::Recorded, Group::Traced, Group::Look, Group::Program, Group::Inside];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Group::Steps => "Steps",
            Group::Recorded => "In a saved run (`pipescope open`), and while a program is traced",
            Group::Traced => "While a program is traced (`pipescope trace`), at its newest moment",
            Group::Calls => "Calls on the selected process (a form asks for the arguments)",
            Group::Look => "What is shown",
            Group::Program => "Program",
            Group::Inside => "In a list, a form, a text",
        }
    }
}

/// One row: a thing to do, its keys, its words, and where it works.
#[derive(Debug, Clone, Copy)]
pub struct KeyRow {
    /// What it asks for; for the digits, [`Action::Answer`] of any.
    pub action: Action,
    /// Every key that asks for it, the one to show first.
    pub keys: &'static [Key],
    /// The word in the key bar.
    pub label: &'static str,
    /// The sentence in the help.
    pub help: &'static str,
    /// Its heading in the help.
    pub group: Group,
    /// Where on the screen it works.
    pub modes: &'static [Mode],
    /// What must be so for it to work.
    pub when: Condition,
    /// Its claim to a place in the key bar: the smaller, the earlier; 0 for none.
    pub rank: u8,
}

impl KeyRow {
    /// Whether the row works now.
    pub fn works(&self, context: &KeyContext) -> bool {
        self.modes.contains(&context.mode) && context.holds(self.when)
    }

    /// All its keys as they are written, joined by ` or `.
    pub fn key_names(&self, ascii: bool) -> String {
        if matches!(self.action, Action::Answer(_)) {
            return "1-9".into();
        }
        let names: Vec<String> = self.keys.iter().map(|k| k.name(ascii)).collect();
        names.join(" ")
    }
}

/// What `key` asks for in `context`; `None` where it asks for nothing (in a text field: it is typed).
pub fn action(key: KeyEvent, context: &KeyContext) -> Option<Action> {
    let row = KEYS.iter().find(|row| row.works(context) && row.keys.iter().any(|k| k.matches(&key)))?;
    match (row.action, key.code) {
        (Action::Answer(_), KeyCode::Char(c)) => c.to_digit(10).and_then(|d| u8::try_from(d).ok()).map(Action::Answer),
        (action, _) => Some(action),
    }
}

/// The rows for the key bar: those that work now, the most wanted first.
pub fn bar(context: &KeyContext) -> Vec<&'static KeyRow> {
    let mut rows: Vec<&KeyRow> = KEYS.iter().filter(|row| row.rank > 0 && row.works(context)).collect();
    // Where no step is left to make, calls by hand are what one is there for.
    let by_hand = |row: &KeyRow| row.group == Group::Calls && !context.forward;
    rows.sort_by_key(|row| if by_hand(row) { row.rank.saturating_sub(10) } else { row.rank });
    // One way out is enough to be shown.
    rows.dedup_by_key(|row| row.action);
    rows
}

/// The whole table as Markdown, for the README.
pub fn markdown() -> String {
    let mut out = String::new();
    for group in Group::ALL {
        out.push_str(&format!("**{}**\n\n| key | what it does |\n|---|---|\n", group.title()));
        for row in KEYS.iter().filter(|row| row.group == group) {
            let keys: Vec<String> = match row.action {
                Action::Answer(_) => vec!["`1`-`9`".into()],
                _ => row.keys.iter().map(|k| format!("`{}`", k.name(false).replace('|', "\\|"))).collect(),
            };
            out.push_str(&format!("| {} | {} |\n", keys.join(" "), row.help));
        }
        out.push('\n');
    }
    out
}
