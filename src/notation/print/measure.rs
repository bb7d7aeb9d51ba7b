//! The loops that take the time.

use super::super::{MeasureCall, Measured};

/// What stands between the parentheses.
pub(super) fn arguments(call: &MeasureCall) -> String {
    match call {
        MeasureCall::RoundTrips { out: a, back: b, rounds } | MeasureCall::Echo { from: a, to: b, rounds } => {
            format!("{a}, {b}, {rounds}")
        }
        MeasureCall::Pour { fd, bytes } | MeasureCall::Drain { fd, bytes, patience: None } => format!("{fd}, {bytes}"),
        MeasureCall::Drain { fd, bytes, patience: Some(patience) } => format!("{fd}, {bytes}, {patience}"),
    }
}

/// What was measured, in words.
pub(super) fn note(measured: &Measured) -> Option<String> {
    let micros = |nanoseconds: u64| nanoseconds as f64 / 1000.0;
    Some(match measured {
        Measured::Rounds { low, median, high } => {
            let [low, median, high] = [*low, *median, *high].map(micros);
            format!("a round: median {median:.1} us, half of them {low:.1} to {high:.1} us")
        }
        Measured::Flow { bytes, nanoseconds } => {
            let speed = measured.megabytes_per_second()?;
            format!("{bytes} bytes in {:.1} ms: {speed:.0} MB/s", *nanoseconds as f64 / 1e6)
        }
    })
}
