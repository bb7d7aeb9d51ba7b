//! Loops that a process makes by itself, at full speed, and takes the time of.

use crate::world::FdNumber;
use serde::{Deserialize, Serialize};

/// Many `read(2)` and `write(2)` in one step: what one call at a time, with a look at /proc after each, cannot measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the line above each variant names its fields")]
pub enum MeasureCall {
    /// `round_trips(out, in, rounds)`: write a byte and wait for one, so many times; the time of each round is taken.
    RoundTrips { out: FdNumber, back: FdNumber, rounds: u64 },
    /// `echo(in, out, rounds)`: wait for a byte and write it back, so many times, or until end of file.
    Echo { from: FdNumber, to: FdNumber, rounds: u64 },
    /// `pour(fd, bytes)`: write so many bytes, up to 32 KiB at a time.
    Pour { fd: FdNumber, bytes: u64 },
    /// `drain(fd, bytes[, milliseconds])`: read until so many bytes have come, or end of file, or for that long nothing.
    Drain { fd: FdNumber, bytes: u64, patience: Option<i32> },
}

impl MeasureCall {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            MeasureCall::RoundTrips { .. } => "round_trips",
            MeasureCall::Echo { .. } => "echo",
            MeasureCall::Pour { .. } => "pour",
            MeasureCall::Drain { .. } => "drain",
        }
    }
}

/// What such a loop measured, in nanoseconds of `CLOCK_MONOTONIC`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measured {
    /// Of all rounds: a quarter took at most `low`, half at most `median`, three quarters at most `high`.
    Rounds {
        /// The first quartile.
        low: u64,
        /// The median.
        median: u64,
        /// The third quartile.
        high: u64,
    },
    /// What was written, and how long it took; what came behind the first read, and how long after it the last of it had come.
    Flow {
        /// How many bytes.
        bytes: u64,
        /// How long it took.
        nanoseconds: u64,
    },
}

impl Measured {
    /// The quartiles of these rounds; `None` where there were none.
    pub fn rounds(mut nanoseconds: Vec<u32>) -> Option<Measured> {
        nanoseconds.sort_unstable();
        let quartile = |n: usize| nanoseconds.get((nanoseconds.len().checked_sub(1)?) * n / 4).map(|n| u64::from(*n));
        Some(Measured::Rounds { low: quartile(1)?, median: quartile(2)?, high: quartile(3)? })
    }

    /// Millions of bytes in a second, where time has passed.
    pub fn megabytes_per_second(&self) -> Option<f64> {
        match self {
            Measured::Flow { bytes, nanoseconds } if *nanoseconds > 0 => {
                Some(*bytes as f64 * 1000.0 / *nanoseconds as f64)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Measured;

    #[test]
    fn quartiles() {
        assert_eq!(Measured::rounds(vec![]), None);
        assert_eq!(Measured::rounds(vec![7]), Some(Measured::Rounds { low: 7, median: 7, high: 7 }));
        assert_eq!(Measured::rounds(vec![5, 1, 4, 2, 3]), Some(Measured::Rounds { low: 2, median: 3, high: 4 }));
    }

    #[test]
    fn speed() {
        let flow = |bytes, nanoseconds| Measured::Flow { bytes, nanoseconds }.megabytes_per_second();
        assert_eq!(flow(2_000_000, 1_000_000), Some(2000.0));
        assert_eq!(flow(0, 0), None);
    }
}
