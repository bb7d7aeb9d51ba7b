//! Asciicast, versions 3 and 2: events in, lines out. Pure; knows neither files nor clocks.
//!
//! Source: <https://docs.asciinema.org/manual/asciicast/v3/> and `/v2/`.

use serde::Serialize;
use std::time::Duration;

/// The version of the format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Version {
    /// Absolute times; understood by every player.
    V2,
    /// Intervals between events, and the exit status as an event of its own.
    #[default]
    V3,
}

/// What the header says beside version and size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// The heading a player shows.
    pub title: Option<String>,
    /// Seconds since 1970 at which the recording began; left out where the same input must give the same bytes.
    pub timestamp: Option<u64>,
    /// The colours that the screen had.
    pub theme: Option<CastTheme>,
}

/// The colours of the recorded terminal, each as `#rrggbb`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CastTheme {
    /// Text without a colour of its own.
    pub fg: String,
    /// The background.
    pub bg: String,
    /// The 16 colours, separated by colons.
    pub palette: String,
}

/// Turns events into lines of a cast.
///
/// Times are given since the start of the recording and rounded to milliseconds *before* intervals are
/// taken, so that rounding errors never add up. A time that runs backwards counts as no time.
#[derive(Debug, Clone)]
pub struct Encoder {
    version: Version,
    size: (u16, u16),
    meta: Meta,
    /// The rounded time of the last event.
    last: u128,
}

impl Encoder {
    /// An encoder for a terminal of so many columns and rows.
    pub fn new(version: Version, cols: u16, rows: u16, meta: Meta) -> Encoder {
        Encoder { version, size: (cols, rows), meta, last: 0 }
    }

    /// Columns and rows at the beginning.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// The first line of the cast.
    pub fn header(&self) -> String {
        let (cols, rows) = self.size;
        let Meta { title, timestamp, theme } = &self.meta;
        let (title, timestamp, theme) = (title.as_deref(), *timestamp, theme.as_ref());
        match self.version {
            Version::V2 => line(&HeaderV2 { version: 2, width: cols, height: rows, timestamp, title, theme }),
            Version::V3 => line(&HeaderV3 { version: 3, term: Term { cols, rows, theme }, timestamp, title }),
        }
    }

    /// Bytes for the terminal.
    pub fn output(&mut self, at: Duration, text: &str) -> String {
        self.event(at, 'o', text)
    }

    /// A place that players can jump to.
    pub fn marker(&mut self, at: Duration, label: &str) -> String {
        self.event(at, 'm', label)
    }

    /// The terminal has another size.
    pub fn resize(&mut self, at: Duration, cols: u16, rows: u16) -> String {
        self.event(at, 'r', &format!("{cols}x{rows}"))
    }

    /// The program ended with this status. Version 2 has no such event.
    pub fn exit(&mut self, at: Duration, status: i32) -> Option<String> {
        (self.version == Version::V3).then(|| self.event(at, 'x', &status.to_string()))
    }

    fn event(&mut self, at: Duration, code: char, text: &str) -> String {
        let now = ((at.as_micros() + 500) / 1000).max(self.last);
        let time = match self.version {
            Version::V2 => now,
            Version::V3 => now - self.last,
        };
        self.last = now;
        // The number is written by hand: a float would print 0.1 + 0.2 with all its digits.
        format!("[{}.{:03},\"{code}\",{}]\n", time / 1000, time % 1000, json(text))
    }
}

#[derive(Serialize)]
struct HeaderV2<'a> {
    version: u8,
    width: u16,
    height: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    theme: Option<&'a CastTheme>,
}

#[derive(Serialize)]
struct HeaderV3<'a> {
    version: u8,
    term: Term<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
}

#[derive(Serialize)]
struct Term<'a> {
    cols: u16,
    rows: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    theme: Option<&'a CastTheme>,
}

fn line(header: &impl Serialize) -> String {
    json(header) + "\n"
}

fn json(value: &(impl Serialize + ?Sized)) -> String {
    // Only maps with keys that are no strings, and Serialize impls that fail, can be refused: there are none here.
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn encoder(version: Version) -> Encoder {
        Encoder::new(version, 80, 24, Meta::default())
    }

    #[test]
    fn headers() {
        assert_eq!(encoder(Version::V3).header(), "{\"version\":3,\"term\":{\"cols\":80,\"rows\":24}}\n");
        assert_eq!(encoder(Version::V2).header(), "{\"version\":2,\"width\":80,\"height\":24}\n");
        let theme = CastTheme { fg: "#ffffff".into(), bg: "#000000".into(), palette: "#000000:#800000".into() };
        let meta = Meta { title: Some("a \"b\"".into()), timestamp: Some(1), theme: Some(theme) };
        assert_eq!(
            Encoder::new(Version::V3, 1, 2, meta.clone()).header(),
            "{\"version\":3,\"term\":{\"cols\":1,\"rows\":2,\"theme\":{\"fg\":\"#ffffff\",\"bg\":\"#000000\",\
             \"palette\":\"#000000:#800000\"}},\"timestamp\":1,\"title\":\"a \\\"b\\\"\"}\n"
        );
        assert!(Encoder::new(Version::V2, 1, 2, meta).header().contains("\"palette\":\"#000000:#800000\""));
    }

    #[test]
    fn events_of_each_version() {
        type Act = fn(&mut Encoder) -> String;
        let table: [(Act, &str, &str); 5] = [
            (
                |e| e.output(ms(250), "\x1b[1mé\"\n"),
                r#"[0.250,"o","\u001b[1mé\"\n"]"#,
                r#"[0.250,"o","\u001b[1mé\"\n"]"#,
            ),
            (|e| e.marker(ms(1250), "step 1"), r#"[1.000,"m","step 1"]"#, r#"[1.250,"m","step 1"]"#),
            (|e| e.resize(ms(1250), 120, 36), r#"[0.000,"r","120x36"]"#, r#"[1.250,"r","120x36"]"#),
            (|e| e.output(ms(900), "back"), r#"[0.000,"o","back"]"#, r#"[1.250,"o","back"]"#),
            (|e| e.exit(ms(61_251), 1).unwrap_or_default(), r#"[60.001,"x","1"]"#, ""),
        ];
        let (mut v3, mut v2) = (encoder(Version::V3), encoder(Version::V2));
        for (act, three, two) in table {
            assert_eq!(act(&mut v3).trim_end_matches('\n'), three);
            assert_eq!(act(&mut v2).trim_end_matches('\n'), two);
        }
    }

    #[test]
    fn rounding_never_drifts() {
        let mut encoder = encoder(Version::V3);
        let mut sum = 0.0;
        for n in 1..=3000_u32 {
            let line = encoder.output(Duration::from_micros(400) * n, "x");
            let (time, _, _): (f64, String, String) = serde_json::from_str(&line).unwrap();
            sum += time;
        }
        assert!((sum - 1.2_f64).abs() < 1e-9, "3000 events 0.4 ms apart take 1.2 s, not {sum}");
    }

    #[test]
    fn times_are_rounded_to_the_nearest_millisecond() {
        for (micros, want) in [(499, "[0.000,"), (500, "[0.001,"), (1499, "[0.001,"), (999_500, "[1.000,")] {
            let line = encoder(Version::V2).output(Duration::from_micros(micros), "x");
            assert!(line.starts_with(want), "{micros} us: {line}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_one_line_and_comes_back(text in any::<String>(), label in "\\PC*", at in any::<u32>()) {
            let mut encoder = encoder(Version::V3);
            for (line, code, said) in [
                (encoder.output(ms(at.into()), &text), "o", &text),
                (encoder.marker(ms(at.into()), &label), "m", &label),
            ] {
                prop_assert_eq!(line.matches('\n').count(), 1);
                prop_assert!(line.ends_with('\n'));
                let (_, got, back): (f64, String, String) = serde_json::from_str(&line).unwrap();
                prop_assert_eq!(got.as_str(), code);
                prop_assert_eq!(&back, said);
            }
        }
    }
}
