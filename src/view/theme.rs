//! Themes: the look of every role on the screen. A colour is never the only carrier of a fact.

use ratatui::style::{Color, Modifier, Style};

/// The style of each role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Its name: `dark`, `light`, `contrast`, `plain`.
    pub name: &'static str,
    /// Whatever has no other role.
    pub text: Style,
    /// Frames and rules.
    pub border: Style,
    /// Headings and names.
    pub title: Style,
    /// Secondary words that are no facts (hints).
    pub hint: Style,
    /// A read end and its line.
    pub read_end: Style,
    /// A write end and its line.
    pub write_end: Style,
    /// Bytes.
    pub data: Style,
    /// What the last step changed.
    pub changed: Style,
    /// What the last step closed.
    pub closed: Style,
    /// BLOCKED, EPIPE, KILLED.
    pub danger: Style,
    /// A trap that is set.
    pub warning: Style,
    /// Idle, exit 0, an expectation met.
    pub good: Style,
    /// End of file.
    pub eof: Style,
    /// The selected row.
    pub selected: Style,
    /// A key in the key bar.
    pub key: Style,
    /// The bar at the top.
    pub bar: Style,
    /// The label PAST.
    pub past: Style,
}

impl Theme {
    /// For dark backgrounds, in the terminal's own 16 colours.
    pub fn dark() -> Theme {
        let fg = |c| Style::new().fg(c);
        Theme {
            name: "dark",
            text: Style::new(),
            border: fg(Color::DarkGray),
            title: Style::new().add_modifier(Modifier::BOLD),
            hint: fg(Color::Gray),
            read_end: fg(Color::Cyan),
            write_end: fg(Color::Yellow),
            data: fg(Color::Green).add_modifier(Modifier::BOLD),
            changed: Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED),
            closed: fg(Color::Gray).add_modifier(Modifier::CROSSED_OUT),
            danger: fg(Color::LightRed).add_modifier(Modifier::BOLD),
            warning: fg(Color::LightYellow),
            good: fg(Color::Green),
            eof: fg(Color::LightMagenta).add_modifier(Modifier::BOLD),
            selected: Style::new().add_modifier(Modifier::REVERSED),
            key: Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED),
            bar: Style::new().add_modifier(Modifier::BOLD),
            past: fg(Color::Black).bg(Color::Yellow).add_modifier(Modifier::BOLD),
        }
    }
}

impl Theme {
    /// Every theme's name, in the order in which the key goes through them.
    pub const NAMES: [&'static str; 1] = ["dark"];

    /// The theme called `name`.
    pub fn by_name(name: &str) -> Option<Theme> {
        match name {
            "dark" => Some(Theme::dark()),
            _ => None,
        }
    }

    /// The theme after this one.
    pub fn next(&self) -> Theme {
        let at = Theme::NAMES.iter().position(|n| *n == self.name).unwrap_or(0);
        let name = Theme::NAMES.get(at + 1).or(Theme::NAMES.first()).copied().unwrap_or("dark");
        Theme::by_name(name).unwrap_or_else(Theme::dark)
    }
}
