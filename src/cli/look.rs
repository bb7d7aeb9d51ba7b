//! From the options and the environment to colours and marks.

use super::args::{LookArgs, ThemeArg};
use crate::record::Palette;
use crate::view::{Glyphs, Theme, Ui};
use std::time::Duration;
use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};

/// How long the terminal may take to say its colours. A late answer would be taken for keys, so it is long; a terminal
/// that does not know the question says so at once.
const ANSWER: Duration = Duration::from_secs(1);

/// The screen's state for a person at a terminal.
pub fn for_terminal(look: &LookArgs) -> Ui {
    let ascii = look.ascii || !utf8_locale();
    let ui = Ui::new(theme(look.theme, true), if ascii { Glyphs::ASCII } else { Glyphs::UNICODE });
    Ui { moves: !look.no_motion, ..ui }
}

/// The same without a terminal: for recordings and stills, which have colours of their own.
pub fn for_file(look: &LookArgs) -> Ui {
    Ui::new(theme(look.theme, false), if look.ascii { Glyphs::ASCII } else { Glyphs::UNICODE })
}

/// The colours behind a recording.
pub fn palette(look: &LookArgs) -> Palette {
    if look.theme == ThemeArg::Light { Palette::light() } else { Palette::dark() }
}

fn theme(asked: ThemeArg, at_terminal: bool) -> Theme {
    let name = match asked {
        ThemeArg::Auto if std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) => "plain",
        ThemeArg::Auto if at_terminal && is_light() => "light",
        ThemeArg::Auto | ThemeArg::Dark => "dark",
        ThemeArg::Light => "light",
        ThemeArg::Contrast => "contrast",
        ThemeArg::OkabeIto => "okabe-ito",
        ThemeArg::Plain => "plain",
    };
    Theme::by_name(name).unwrap_or_else(Theme::dark)
}

/// Is the terminal's ground light? Its own word first, else what it sets in the environment, else no.
fn is_light() -> bool {
    if let Some(light) = std::env::var("COLORFGBG").ok().and_then(|v| light_ground(&v)) {
        return light;
    }
    let mut options = QueryOptions::default();
    options.timeout = ANSWER;
    matches!(theme_mode(options), Ok(ThemeMode::Light))
}

/// `COLORFGBG` is `foreground;background`, in the numbers of the 16 colours: 7 and 9 to 15 are light.
fn light_ground(value: &str) -> Option<bool> {
    let ground: u8 = value.rsplit(';').next()?.parse().ok()?;
    Some(ground == 7 || (9..=15).contains(&ground))
}

/// locale(7): the first of these that is set and not empty says how characters are encoded.
pub(super) fn utf8_locale() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|k| std::env::var(k).ok().filter(|v| !v.is_empty()));
    set.is_some_and(|v| {
        let v = v.to_ascii_lowercase();
        v.contains("utf-8") || v.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ground_s_number_tells_light_from_dark() {
        for (value, wanted) in [
            ("15;0", Some(false)),
            ("0;15", Some(true)),
            ("0;default;7", Some(true)),
            ("12;8", Some(false)),
            ("", None),
        ] {
            assert_eq!(light_ground(value), wanted, "{value}");
        }
    }
}
