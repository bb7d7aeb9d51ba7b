//! Finding one answer.

use super::play::Play;
use super::questions::{Means, Step, question};
use super::{Answer, Aspect, Cell, Figure, Way};
use crate::notation::{Detail, Measured, Outcome, SocketDetail};
use crate::stage::Options;
use crate::world::Address;

/// Ask this of that way, on a stage that lives only for it.
pub fn prove(way: Way, aspect: Aspect, options: &Options) -> Cell {
    let (setup, steps) = question(way, aspect);
    let mut play = match Play::open(setup.lines, options) {
        Ok(play) => play,
        Err(why) => {
            let script = setup.lines.lines().map(str::to_owned).collect();
            return Cell { way, aspect, script, happened: String::new(), answer: Err(why) };
        }
    };
    let answer = steps.iter().find_map(|step| make(&mut play, step).transpose());
    let happened = play.happened();
    let answer = answer.unwrap_or_else(|| Err(format!("the kernel did what nobody expected: {happened}")));
    Cell { way, aspect, script: play.lines, happened, answer }
}

/// Make a step; its answer, where it gives one.
fn make(play: &mut Play, step: &Step) -> Result<Option<Answer>, String> {
    match step {
        Step::Call(line, means) => {
            play.call(line)?;
            for means in *means {
                if let Some(answer) = judge(play, *means)? {
                    return Ok(Some(answer));
                }
            }
            Ok(None)
        }
        Step::Until(line, most, text) => {
            let mut sum = 0;
            for _ in 0..*most {
                play.call(line)?;
                match play.last().map(|done| &done.outcome) {
                    Some(Outcome::Returned(value)) => sum += value.unsigned_abs(),
                    _ => break,
                }
            }
            Ok(text.map(|text| Answer {
                short: bytes(sum),
                text: format!("{sum} bytes: {text}."),
                figure: Some(Figure::Bytes(sum)),
            }))
        }
    }
}

fn judge(play: &mut Play, means: Means) -> Result<Option<Answer>, String> {
    let words = |short: &str, text: &str| Answer { short: short.into(), text: text.into(), figure: None };
    Ok(match means {
        Means::Where(clause, short, text) => play.holds(clause).then(|| words(short, text)),
        Means::Name => match play.last().map(|done| &done.detail) {
            Some(Detail::Socket(SocketDetail::Address(Some(Address::Inet(_))))) => {
                Some(words("any", "Its name is an internet address and a port, and those another machine can have."))
            }
            Some(Detail::Socket(SocketDetail::Address(_))) => {
                Some(words("this one", "It is a socket of AF_UNIX: no name of that family leads out of this kernel."))
            }
            _ => None,
        },
        Means::Rounds => match play.measured("round_trips")? {
            (_, Measured::Rounds { low, median, high }) => Some(Answer {
                short: micros(median),
                text: format!(
                    "Half of 2000 rounds took at most {}; the middle half of them {} to {}.",
                    micros(median),
                    micros(low),
                    micros(high)
                ),
                figure: Some(Figure::Nanoseconds { low, median, high }),
            }),
            _ => None,
        },
        Means::Flow => {
            let (_, poured) = play.measured("pour")?;
            let (done, drained) = play.measured("drain")?;
            let came = if let Outcome::Returned(n) = done.outcome { n.unsigned_abs() } else { 0 };
            flow(came, [poured, drained])
        }
    })
}

/// So many bytes came of those that were poured. It took as long as the slower of both: what was lost took time as well.
fn flow(came: u64, both: [Measured; 2]) -> Option<Answer> {
    const POURED: u64 = 32 << 20;
    let took = |m: &Measured| if let Measured::Flow { nanoseconds, .. } = m { *nanoseconds } else { 0 };
    let nanoseconds = both.iter().map(took).max().unwrap_or(0);
    let speed = Measured::Flow { bytes: came, nanoseconds }.megabytes_per_second()?;
    let short = if speed >= 999.5 { format!("{:.1} GB/s", speed / 1000.0) } else { format!("{speed:.0} MB/s") };
    let all = match came {
        POURED => "32 MiB in writes of 32 KiB, all of it read".to_owned(),
        some => {
            format!("Of 32 MiB in writes of 32 KiB {} % were lost on the way; what came", 100 - some * 100 / POURED)
        }
    };
    Some(Answer { text: format!("{all}: {short}."), short, figure: Some(Figure::Speed((speed * 1e6) as u64)) })
}

fn micros(nanoseconds: u64) -> String {
    format!("{:.1} µs", nanoseconds as f64 / 1000.0)
}

fn bytes(sum: u64) -> String {
    let kib = sum as f64 / 1024.0;
    match sum {
        0..10_240 => format!("{sum} B"),
        10_240..1_047_552 => format!("{kib:.0} KiB"),
        _ => format!("{:.1} MiB", kib / 1024.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_understood_and_every_clause_too() {
        for way in Way::ALL {
            for aspect in Aspect::ALL {
                let (setup, steps) = question(way, aspect);
                assert!(crate::engine::Script::of_text("compare", setup.lines).is_ok(), "{way:?}");
                for step in steps {
                    let (Step::Call(line, _) | Step::Until(line, ..)) = &step;
                    assert!(crate::notation::parse_directed(line, None).is_ok(), "{line}");
                    let Step::Call(_, means) = step else { continue };
                    for means in means {
                        let Means::Where(clause, short, text) = means else { continue };
                        assert!(crate::notation::parse_expects(clause).is_ok(), "{clause}");
                        assert!(short.chars().count() <= 9 && text.ends_with('.'), "{short}: {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn figures_fit_a_narrow_column() {
        let table = [(4096, "4096 B"), (65_536, "64 KiB"), (219_264, "214 KiB"), (2_626_560, "2.5 MiB")];
        for (sum, text) in table {
            assert_eq!(bytes(sum), text);
        }
        assert_eq!(micros(123_456), "123.5 µs");
        let took = |came, [a, b]: [u64; 2]| {
            flow(came, [a, b].map(|nanoseconds| Measured::Flow { bytes: 1, nanoseconds })).unwrap()
        };
        assert_eq!(took(32 << 20, [8_000_000, 8_388_608]).short, "4.0 GB/s");
        let lossy = took(16 << 20, [20_000_000, 1]).text;
        assert_eq!(lossy, "Of 32 MiB in writes of 32 KiB 50 % were lost on the way; what came: 839 MB/s.");
        assert_eq!(flow(0, [Measured::Flow { bytes: 0, nanoseconds: 0 }; 2]), None);
    }
}
