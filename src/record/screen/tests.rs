//! The bytes are fed to a terminal emulator, and its screen is compared with the frame, cell by cell.

use super::*;
use crate::record::{Encoder, Meta, Version};
use proptest::prelude::*;
use ratatui::style::{Color, Modifier, Style};
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// Text at a place, in a style.
type Scrap = (u16, u16, String, Style);

fn paint(frame: &mut Frame, scraps: &[Scrap]) {
    for (x, y, text, style) in scraps {
        frame.buffer_mut().set_string(*x, *y, text, *style);
    }
}

fn color(color: Color) -> Option<avt::Color> {
    let named = |n| Some(avt::Color::Indexed(n));
    match color {
        Color::Reset => None,
        Color::Black => named(0),
        Color::Red => named(1),
        Color::Green => named(2),
        Color::Yellow => named(3),
        Color::Blue => named(4),
        Color::Magenta => named(5),
        Color::Cyan => named(6),
        Color::Gray => named(7),
        Color::DarkGray => named(8),
        Color::LightRed => named(9),
        Color::LightGreen => named(10),
        Color::LightYellow => named(11),
        Color::LightBlue => named(12),
        Color::LightMagenta => named(13),
        Color::LightCyan => named(14),
        Color::White => named(15),
        Color::Indexed(n) => named(n),
        Color::Rgb(r, g, b) => Some(avt::Color::rgb(r, g, b)),
    }
}

/// What differs between the emulator's screen and the frame.
fn differences(terminal: &avt::Terminal, buffer: &Buffer) -> Vec<String> {
    let mut out = Vec::new();
    for y in 0..buffer.area.height {
        let line = terminal.screen().line(y.into()).unwrap();
        let mut x = 0;
        while x < buffer.area.width {
            let (want, got) = (&buffer[(x, y)], &line.cells()[usize::from(x)]);
            let pen = got.pen();
            let m = want.modifier;
            let same = want.symbol() == got.char().to_string()
                && color(want.fg) == pen.foreground()
                && color(want.bg) == pen.background()
                && m.contains(Modifier::BOLD) == pen.is_bold()
                && m.contains(Modifier::DIM) == pen.is_faint()
                && m.contains(Modifier::ITALIC) == pen.is_italic()
                && m.contains(Modifier::UNDERLINED) == pen.is_underline()
                && m.contains(Modifier::REVERSED) == pen.is_inverse()
                && m.contains(Modifier::CROSSED_OUT) == pen.is_strikethrough();
            if !same {
                out.push(format!("({x},{y}): want {want:?}, got {got:?}"));
            }
            x += u16::try_from(want.symbol().width().max(1)).unwrap();
        }
    }
    out
}

fn style() -> impl Strategy<Value = Style> {
    let color = prop_oneof![
        Just(Color::Reset),
        Just(Color::Black),
        Just(Color::Yellow),
        Just(Color::DarkGray),
        Just(Color::LightRed),
        Just(Color::White),
        any::<u8>().prop_map(Color::Indexed),
        any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Color::Rgb(r, g, b)),
    ];
    let modifier = prop::sample::select(vec![
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::DIM,
        Modifier::ITALIC | Modifier::UNDERLINED,
        Modifier::REVERSED | Modifier::BOLD,
        Modifier::CROSSED_OUT,
    ]);
    // From a clean slate: an emulator knows only one of bold and dim at a time.
    (color.clone(), color, modifier).prop_map(|(fg, bg, m)| Style::reset().fg(fg).bg(bg).add_modifier(m))
}

fn scraps() -> impl Strategy<Value = Vec<Scrap>> {
    let text = "[ a-z─│┌┘═▶◀░█é日漢→…\"\\\\\u{1b}\t]{1,12}";
    prop::collection::vec((0_u16..20, 0_u16..6, text, style()), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn an_emulator_shows_every_frame_exactly(frames in prop::collection::vec(scraps(), 1..5)) {
        let mut screen = Headless::new(20, 6).unwrap();
        let mut encoder = Encoder::new(Version::V3, 20, 6, Meta::default());
        let mut terminal = avt::Terminal::new(20, 6).unwrap();
        for (n, scraps) in frames.iter().enumerate() {
            let bytes = screen.frame(|f| paint(f, scraps)).unwrap();
            // Through the cast and back, as a player reads it.
            let line = encoder.output(Duration::from_secs(n as u64), &bytes);
            let (_, _, text): (f64, String, String) = serde_json::from_str(&line).unwrap();
            terminal.feed([text.as_str()]);
            prop_assert_eq!(differences(&terminal, screen.buffer()), Vec::<String>::new());
            prop_assert!(!terminal.cursor().visible);
        }
    }
}

#[test]
fn the_same_frames_give_the_same_bytes_and_a_still_frame_gives_next_to_none() {
    let run = || {
        let mut screen = Headless::new(10, 2).unwrap();
        let mut draw = |text: &'static str| {
            screen.frame(|f| paint(f, &[(0, 0, text.into(), Style::new().fg(Color::Red))])).unwrap()
        };
        [draw("one"), draw("two"), draw("two")]
    };
    let [first, second, third] = run();
    assert!(first.starts_with(ENTER), "{first:?}");
    assert!(first.contains("38;5;1"), "coloured, whatever standard output is: {first:?}");
    assert!(second.contains("two") && !second.contains("\x1b[2J"), "{second:?}");
    assert!(third.len() < 40 && !third.contains("two"), "{third:?}");
    assert_eq!(run(), [first, second, third]);
}

#[test]
fn writing_over_half_of_a_wide_character_leaves_nothing_of_it() {
    let mut screen = Headless::new(20, 6).unwrap();
    let mut terminal = avt::Terminal::new(20, 6).unwrap();
    let on_black = Style::new().bg(Color::Black);
    for scrap in [(5, 5, "日", Style::new()), (4, 5, "漢", on_black), (5, 5, "x", on_black)] {
        let (x, y, text, style) = scrap;
        terminal.feed([screen.frame(|f| paint(f, &[(x, y, text.into(), style)])).unwrap().as_str()]);
        assert_eq!(differences(&terminal, screen.buffer()), Vec::<String>::new());
    }
}

#[test]
fn after_a_resize_the_frame_is_complete() {
    let scraps: [Scrap; 1] = [(0, 0, "hello".into(), Style::new())];
    let mut screen = Headless::new(10, 2).unwrap();
    let mut terminal = avt::Terminal::new(10, 2).unwrap();
    terminal.feed([screen.frame(|f| paint(f, &scraps)).unwrap().as_str()]);
    screen.resize(7, 3).unwrap();
    assert_eq!(screen.size(), (7, 3));
    terminal.resize(7, 3);
    let bytes = screen.frame(|f| paint(f, &scraps)).unwrap();
    assert!(!bytes.contains("1049"), "entered once only: {bytes:?}");
    terminal.feed([bytes.as_str()]);
    assert_eq!(differences(&terminal, screen.buffer()), Vec::<String>::new());
    // Before the first frame a resize must not lose the entry.
    let mut early = Headless::new(10, 2).unwrap();
    early.resize(0, 0).unwrap();
    assert_eq!(early.size(), (1, 1));
    assert!(early.frame(|_| ()).unwrap().starts_with(ENTER));
    terminal.feed([Headless::leave()]);
    assert!(terminal.cursor().visible);
}
