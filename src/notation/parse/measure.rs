//! The loops that take the time.

use super::super::{Call, MeasureCall};
use super::args::Args;
use super::{Parsed, value};

/// The arguments of the call that `args` belongs to; none where it is of another family.
pub(super) fn call(args: &mut Args<'_, '_>) -> Parsed<Option<Call>> {
    let call = match args.spec.name {
        "round_trips" => {
            MeasureCall::RoundTrips { out: descriptor(args)?, back: descriptor(args)?, rounds: count(args)? }
        }
        "echo" => MeasureCall::Echo { from: descriptor(args)?, to: descriptor(args)?, rounds: count(args)? },
        "pour" => MeasureCall::Pour { fd: descriptor(args)?, bytes: count(args)? },
        "drain" => MeasureCall::Drain { fd: descriptor(args)?, bytes: count(args)?, patience: patience(args)? },
        _ => return Ok(None),
    };
    Ok(Some(Call::Measure(call)))
}

fn descriptor(args: &mut Args<'_, '_>) -> Parsed<i32> {
    args.need("a descriptor")?;
    value::descriptor(args.cursor)
}

fn count(args: &mut Args<'_, '_>) -> Parsed<u64> {
    args.need("how many")?;
    value::integer(args.cursor, "how many", "0 or more").map(|(n, _)| n)
}

fn patience(args: &mut Args<'_, '_>) -> Parsed<Option<i32>> {
    if !args.more()? {
        return Ok(None);
    }
    value::integer(args.cursor, "a number of milliseconds", "a 32-bit number").map(|(n, _)| Some(n))
}
