//! A reel: frames one after the other as one SVG that moves by itself (SMIL), in any browser and without a script.

use super::still::{self, Still};
use ratatui::buffer::Buffer;
use std::fmt::Write;
use std::time::Duration;

/// Frames of one size, each with how long it is shown.
#[derive(Debug, Default)]
pub struct Reel {
    frames: Vec<(Buffer, Duration)>,
}

impl Reel {
    /// Add a frame; where it looks like the one before it, that is shown longer.
    pub fn push(&mut self, frame: Buffer, shown: Duration) {
        match self.frames.last_mut() {
            Some((last, time)) if *last == frame => *time += shown,
            _ => self.frames.push((frame, shown)),
        }
    }

    /// The SVG document, which begins again at its end. What does not move pictures shows the last frame; `None` where
    /// there is no frame.
    pub fn svg(&self, still: &Still) -> Option<String> {
        let (last, _) = self.frames.last()?;
        let mut out = still::head(last, still);
        let total: Duration = self.frames.iter().map(|(_, time)| *time).sum();
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "<rect width=\"0\" height=\"0\"><set id=\"reel\" attributeName=\"x\" to=\"0\" begin=\"0s;reel.end\" dur=\"{}\"/></rect>",
            seconds(total)
        );
        let mut at = Duration::ZERO;
        for (i, (frame, time)) in self.frames.iter().enumerate() {
            let is_last = i + 1 == self.frames.len();
            // The last is what stands there by itself: it is put away while the others are shown.
            let (resting, moving) = if is_last { ("visible", "hidden") } else { ("hidden", "visible") };
            let (from, long) = if is_last { (Duration::ZERO, at) } else { (at, *time) };
            let _ = writeln!(out, "<g visibility=\"{resting}\">");
            if !long.is_zero() {
                let _ = writeln!(
                    out,
                    "<set attributeName=\"visibility\" to=\"{moving}\" begin=\"reel.begin+{}\" dur=\"{}\"/>",
                    seconds(from),
                    seconds(long)
                );
            }
            still::draw(&mut out, frame, &still.palette);
            out += "</g>\n";
            at += *time;
        }
        out += "</g>\n</svg>\n";
        Some(out)
    }
}

/// In milliseconds, so that no rounding drifts.
fn seconds(time: Duration) -> String {
    format!("{}ms", time.as_millis())
}

#[cfg(test)]
mod tests {
    use super::super::Palette;
    use super::*;

    fn still() -> Still {
        Still { title: "a reel".into(), palette: Palette::dark() }
    }

    fn reel(texts: &[&str]) -> Reel {
        let mut reel = Reel::default();
        for text in texts {
            reel.push(Buffer::with_lines([*text]), Duration::from_millis(1500));
        }
        reel
    }

    #[test]
    fn every_frame_has_its_time_and_the_last_rests() {
        let svg = reel(&["one", "two", "two", "six"]).svg(&still()).unwrap();
        for wanted in [
            "begin=\"0s;reel.end\" dur=\"6000ms\"",
            "to=\"visible\" begin=\"reel.begin+0ms\" dur=\"1500ms\"",
            "to=\"visible\" begin=\"reel.begin+1500ms\" dur=\"3000ms\"",
            "to=\"hidden\" begin=\"reel.begin+0ms\" dur=\"4500ms\"",
        ] {
            assert!(svg.contains(wanted), "{wanted} is not in\n{svg}");
        }
        assert_eq!(
            (svg.matches("<g visibility=\"hidden\">").count(), svg.matches("<g visibility=\"visible\">").count()),
            (2, 1)
        );
        assert_eq!(svg.matches("<g").count(), svg.matches("</g>").count());
    }

    #[test]
    fn one_frame_stands_still_and_none_is_no_picture() {
        assert!(!reel(&["one"]).svg(&still()).unwrap().contains("attributeName=\"visibility\""));
        assert_eq!(Reel::default().svg(&still()), None);
    }
}
