//! What the terminal's named colours look like in a still or a player.

use super::cast::CastTheme;
use ratatui::style::Color;
use std::fmt;

/// A colour as a screen shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

impl Rgb {
    const fn hex(n: u32) -> Rgb {
        Rgb((n >> 16) as u8, (n >> 8) as u8, n as u8)
    }

    /// Halfway to another: what terminals make of faint text on that background.
    pub(super) fn halfway(self, to: Rgb) -> Rgb {
        let mid = |a: u8, b: u8| a.midpoint(b);
        Rgb(mid(self.0, to.0), mid(self.1, to.1), mid(self.2, to.2))
    }
}

/// The colours of a terminal: its background, its text, its sixteen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Palette {
    /// The background.
    pub bg: Rgb,
    /// Text without a colour of its own.
    pub fg: Rgb,
    /// Black, red, green, yellow, blue, magenta, cyan, gray, then the bright eight.
    pub ansi: [Rgb; 16],
}

impl Palette {
    /// For themes made for dark backgrounds. Every colour but the two blacks has a contrast of 4.5 at least.
    pub fn dark() -> Palette {
        Palette {
            bg: Rgb::hex(0x0f_1117),
            fg: Rgb::hex(0xe2_e6ee),
            ansi: [
                0x00_0000, 0xf2_5f5c, 0x4c_bf6a, 0xe0_a92e, 0x5b_9bf3, 0xd1_7fd8, 0x3f_bccb, 0xb4_bccb, //
                0x7c_869a, 0xff_8a80, 0x7e_e39b, 0xff_d75f, 0x8a_bcff, 0xf0_a6f5, 0x7a_e6f0, 0xff_ffff,
            ]
            .map(Rgb::hex),
        }
    }

    /// For themes made for light backgrounds. Every colour but white and gray has a contrast of 4.5 at least.
    pub fn light() -> Palette {
        Palette {
            bg: Rgb::hex(0xff_ffff),
            fg: Rgb::hex(0x1b_1f27),
            ansi: [
                0x00_0000, 0xb4_2318, 0x17_6b33, 0x85_5a00, 0x1f_52b8, 0x8a_2b96, 0x0b_6673, 0xd0_d5de, //
                0x5d_6675, 0xc9_2a1e, 0x1c_7a3c, 0x8f_6200, 0x2a_62d0, 0x9c_38a8, 0x0e_7080, 0xff_ffff,
            ]
            .map(Rgb::hex),
        }
    }

    /// The same as a cast's header says it.
    pub fn theme(&self) -> CastTheme {
        let palette: Vec<String> = self.ansi.iter().map(Rgb::to_string).collect();
        CastTheme { fg: self.fg.to_string(), bg: self.bg.to_string(), palette: palette.join(":") }
    }

    /// What `color` looks like; `otherwise` where it is the terminal's own choice.
    pub fn resolve(&self, color: Color, otherwise: Rgb) -> Rgb {
        let index = match color {
            Color::Reset => return otherwise,
            Color::Rgb(r, g, b) => return Rgb(r, g, b),
            Color::Indexed(n) => n,
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::DarkGray => 8,
            Color::LightRed => 9,
            Color::LightGreen => 10,
            Color::LightYellow => 11,
            Color::LightBlue => 12,
            Color::LightMagenta => 13,
            Color::LightCyan => 14,
            Color::White => 15,
        };
        match self.ansi.get(usize::from(index)) {
            Some(rgb) => *rgb,
            None => fixed(index),
        }
    }
}

/// The colours from 16 up, which all terminals agree on: a 6x6x6 cube, then 24 grays (xterm).
fn fixed(index: u8) -> Rgb {
    let Some(n) = index.checked_sub(16) else { return Rgb(0, 0, 0) };
    if n >= 216 {
        let gray = 8 + 10 * (n - 216);
        return Rgb(gray, gray, gray);
    }
    let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
    Rgb(level(n / 36), level(n / 6 % 6), level(n % 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_256_colours_are_those_of_xterm() {
        let palette = Palette::dark();
        for (index, want) in [
            (16, "#000000"),
            (25, "#005faf"),
            (74, "#5fafd7"),
            (196, "#ff0000"),
            (231, "#ffffff"),
            (232, "#080808"),
            (255, "#eeeeee"),
        ] {
            assert_eq!(palette.resolve(Color::Indexed(index), palette.fg).to_string(), want, "{index}");
        }
        assert_eq!(palette.resolve(Color::Indexed(9), palette.fg), palette.resolve(Color::LightRed, palette.fg));
        assert_eq!(palette.resolve(Color::Reset, palette.fg), palette.fg);
        assert_eq!(palette.resolve(Color::Rgb(1, 2, 3), palette.fg), Rgb(1, 2, 3));
    }

    /// WCAG 2, relative luminance and contrast ratio.
    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let channel = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = |c: Rgb| 0.2126 * channel(c.0) + 0.7152 * channel(c.1) + 0.0722 * channel(c.2);
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_is_legible_on_either_background() {
        for (palette, backdrops) in [(Palette::dark(), &[0][..]), (Palette::light(), &[7, 15])] {
            assert!(contrast(palette.fg, palette.bg) > 12.0);
            for (n, rgb) in palette.ansi.iter().enumerate().filter(|(n, _)| !backdrops.contains(n)) {
                assert!(contrast(*rgb, palette.bg) >= 4.5, "{n}: {rgb} {}", contrast(*rgb, palette.bg));
            }
        }
    }

    #[test]
    fn a_cast_carries_all_sixteen() {
        let theme = Palette::light().theme();
        assert_eq!(theme.palette.split(':').count(), 16);
        assert_eq!(theme.bg, "#ffffff");
    }
}
