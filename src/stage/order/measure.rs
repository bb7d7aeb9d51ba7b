//! Loops that take the time, made ready for a mailbox, and what came of them.

use super::{Order, Rules};
use crate::notation::{Detail, MeasureCall, Measured};
use crate::stage::Refusal;
use crate::stage::memory::Memory;
use crate::stage::perform::{MOST_ROUNDS, MeasureOp, Op};

impl Rules<'_> {
    pub(super) fn measure(&self, call: &MeasureCall) -> Result<Order, Refusal> {
        let n = i64::from;
        let long = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let (op, args) = match call {
            MeasureCall::RoundTrips { out, back, rounds } => {
                (MeasureOp::RoundTrips, [n(*out), n(*back), enough(*rounds)?])
            }
            MeasureCall::Echo { from, to, rounds } => (MeasureOp::Echo, [n(*from), n(*to), enough(*rounds)?]),
            MeasureCall::Pour { fd, bytes } => (MeasureOp::Pour, [n(*fd), long(*bytes), 0]),
            MeasureCall::Drain { fd, bytes, patience } => {
                (MeasureOp::Drain, [n(*fd), long(*bytes), patience.map_or(-1, |ms| n(ms.max(0)))])
            }
        };
        let [a, b, c] = args;
        let order = Order::new(Op::Measure, [op as i64, a, b, c]);
        // Their buffer lies at the area's end: all of it is given back afterwards.
        Ok(Order { used: crate::stage::memory::AREA, ..order })
    }
}

fn enough(rounds: u64) -> Result<i64, Refusal> {
    i64::try_from(rounds).ok().filter(|n| *n <= MOST_ROUNDS as i64).ok_or_else(|| {
        Refusal::Impossible(format!("as many as {MOST_ROUNDS} rounds can be measured at once: say less"))
    })
}

/// What a loop that returned `value` has measured.
pub(in crate::stage) fn measured(memory: &Memory, index: usize, call: &MeasureCall, value: i64) -> Detail {
    let found = match call {
        MeasureCall::RoundTrips { .. } => {
            let bytes = memory.get(index, usize::try_from(value).unwrap_or(0).min(MOST_ROUNDS) * 4);
            let times = bytes.chunks_exact(4).filter_map(|c| c.try_into().ok()).map(u32::from_ne_bytes);
            Measured::rounds(times.collect())
        }
        MeasureCall::Drain { .. } | MeasureCall::Pour { .. } => {
            let bytes = memory.get(index, 16);
            let mut words = bytes.chunks_exact(8).filter_map(|c| c.try_into().ok()).map(u64::from_ne_bytes);
            words.next().zip(words.next()).map(|(bytes, nanoseconds)| Measured::Flow { bytes, nanoseconds })
        }
        MeasureCall::Echo { .. } => None,
    };
    found.map_or(Detail::None, Detail::Measured)
}
