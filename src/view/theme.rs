//! Themes: the look of every role on the screen. A colour is never the only carrier of a fact.

use ratatui::style::{Color, Modifier, Style};

/// The style of each role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Its name: see [`Theme::NAMES`].
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

/// The colours that a theme is made of.
struct Palette {
    name: &'static str,
    /// Text and ground, where the theme does not leave them to the terminal.
    ground: Option<(Color, Color)>,
    border: Color,
    hint: Color,
    read_end: Color,
    write_end: Color,
    data: Color,
    danger: Color,
    warning: Color,
    good: Color,
    eof: Color,
}

impl Theme {
    /// Every theme's name, in the order in which the key goes through them.
    pub const NAMES: [&'static str; 5] = ["dark", "light", "contrast", "okabe-ito", "plain"];

    /// The theme called `name`.
    pub fn by_name(name: &str) -> Option<Theme> {
        match name {
            "dark" => Some(Theme::dark()),
            "light" => Some(Theme::of(&LIGHT)),
            "contrast" => Some(Theme::of(&CONTRAST)),
            "okabe-ito" => Some(Theme::of(&OKABE_ITO)),
            "plain" => Some(Theme::plain()),
            _ => None,
        }
    }

    /// The theme after this one.
    pub fn next(&self) -> Theme {
        let at = Theme::NAMES.iter().position(|n| *n == self.name).unwrap_or(0);
        let name = Theme::NAMES.get(at + 1).or(Theme::NAMES.first()).copied().unwrap_or("dark");
        Theme::by_name(name).unwrap_or_else(Theme::dark)
    }

    /// No colour at all: bold, reverse, underline. For `NO_COLOR`.
    pub fn plain() -> Theme {
        let none = Style::new();
        let with = |m| Style::new().add_modifier(m);
        Theme {
            name: "plain",
            text: none,
            border: none,
            title: with(Modifier::BOLD),
            hint: none,
            read_end: none,
            write_end: with(Modifier::BOLD),
            data: with(Modifier::BOLD),
            changed: with(Modifier::BOLD | Modifier::REVERSED),
            closed: with(Modifier::CROSSED_OUT),
            danger: with(Modifier::BOLD | Modifier::UNDERLINED),
            warning: with(Modifier::UNDERLINED),
            good: none,
            eof: with(Modifier::BOLD | Modifier::UNDERLINED),
            selected: with(Modifier::REVERSED),
            key: with(Modifier::BOLD | Modifier::REVERSED),
            bar: with(Modifier::BOLD | Modifier::REVERSED),
            past: with(Modifier::BOLD | Modifier::REVERSED | Modifier::UNDERLINED),
        }
    }

    fn of(p: &Palette) -> Theme {
        let text = p.ground.map_or(Style::new(), |(fg, bg)| Style::new().fg(fg).bg(bg));
        let fg = |c| text.fg(c);
        let bold = |c| text.fg(c).add_modifier(Modifier::BOLD);
        let reversed = text.add_modifier(Modifier::BOLD | Modifier::REVERSED);
        Theme {
            name: p.name,
            text,
            border: fg(p.border),
            title: text.add_modifier(Modifier::BOLD),
            hint: fg(p.hint),
            read_end: fg(p.read_end),
            write_end: fg(p.write_end),
            data: bold(p.data),
            changed: reversed,
            closed: fg(p.hint).add_modifier(Modifier::CROSSED_OUT),
            danger: bold(p.danger),
            warning: bold(p.warning),
            good: fg(p.good),
            eof: bold(p.eof),
            selected: text.add_modifier(Modifier::REVERSED),
            key: reversed,
            bar: text.add_modifier(Modifier::BOLD),
            past: bold(p.warning).add_modifier(Modifier::REVERSED),
        }
    }
}

const fn rgb(value: u32) -> Color {
    let [_, r, g, b] = value.to_be_bytes();
    Color::Rgb(r, g, b)
}

/// For light backgrounds: dark enough on white.
const LIGHT: Palette = Palette {
    name: "light",
    ground: Some((rgb(0x1a1a1a), rgb(0xffffff))),
    border: rgb(0x6b6b6b),
    hint: rgb(0x555555),
    read_end: rgb(0x005a8c),
    write_end: rgb(0x8a4b00),
    data: rgb(0x00613f),
    danger: rgb(0xb00020),
    warning: rgb(0x8a4b00),
    good: rgb(0x00613f),
    eof: rgb(0x7a2d78),
};

/// For projectors and weak eyes: black ground, bright colours only.
const CONTRAST: Palette = Palette {
    name: "contrast",
    ground: Some((rgb(0xffffff), rgb(0x000000))),
    border: rgb(0xffffff),
    hint: rgb(0xffffff),
    read_end: rgb(0x66ffff),
    write_end: rgb(0xffff55),
    data: rgb(0x88ff88),
    danger: rgb(0xff9999),
    warning: rgb(0xffff55),
    good: rgb(0x88ff88),
    eof: rgb(0xffaaff),
};

/// The colours of Okabe and Ito, told apart by colour-blind eyes; blue is no text colour on black.
const OKABE_ITO: Palette = Palette {
    name: "okabe-ito",
    ground: Some((rgb(0xf0f0f0), rgb(0x000000))),
    border: rgb(0x9a9a9a),
    hint: rgb(0xc8c8c8),
    read_end: rgb(0x56b4e9),
    write_end: rgb(0xe69f00),
    data: rgb(0x009e73),
    danger: rgb(0xd55e00),
    warning: rgb(0xf0e442),
    good: rgb(0x009e73),
    eof: rgb(0xcc79a7),
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, WCAG 2.1.
    fn luminance(c: Color) -> f64 {
        let Color::Rgb(r, g, b) = c else { panic!("{c:?} is no RGB colour") };
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.03928 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    }

    #[test]
    fn every_rgb_colour_can_be_read_on_its_ground() {
        for name in ["light", "contrast", "okabe-ito"] {
            let t = Theme::by_name(name).unwrap();
            for style in [
                t.text,
                t.border,
                t.title,
                t.hint,
                t.read_end,
                t.write_end,
                t.data,
                t.closed,
                t.danger,
                t.warning,
                t.good,
                t.eof,
            ] {
                let (a, b) = (luminance(style.fg.unwrap()), luminance(style.bg.unwrap()));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= 4.5, "{name}: {style:?} has {contrast:.1}");
            }
        }
    }

    #[test]
    fn every_name_leads_to_its_theme_and_the_key_goes_through_all() {
        let mut theme = Theme::dark();
        for name in Theme::NAMES {
            assert_eq!(theme.name, name);
            assert_eq!(Theme::by_name(name).map(|t| t.name), Some(name));
            theme = theme.next();
        }
        assert_eq!(theme.name, "dark");
        assert_eq!(Theme::by_name("pink"), None);
    }

    #[test]
    fn the_plain_theme_has_no_colour() {
        let text = format!("{:?}", Theme::plain());
        assert!(!text.contains("fg(") && !text.contains("bg("), "{text}");
    }
}
