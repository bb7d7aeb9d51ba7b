//! A table with fixed values, for tests of what is drawn and printed.

use super::{Answer, Aspect, Cell, Figure, Way};

/// Every cell: as on a common machine, with one that cannot be had.
pub fn cells() -> Vec<Cell> {
    Aspect::ALL.into_iter().flat_map(|aspect| Way::ALL.into_iter().map(move |way| cell(way, aspect))).collect()
}

fn cell(way: Way, aspect: Aspect) -> Cell {
    let answer = match (way, aspect) {
        (Way::Udp, Aspect::Throughput) => Err("receiver: drain had not ended after 5 s".into()),
        _ => Ok(answer(way, aspect)),
    };
    Cell {
        way,
        aspect,
        script: vec![
            "parent: pipe()".into(),
            "parent: fork(child)".into(),
            "parent: close(3)".into(),
            "child: close(4)".into(),
            "parent: close(4)".into(),
            "child: read(3, 64)".into(),
        ],
        happened: "child: read(3, \"\", 64) = 0  EOF".into(),
        answer,
    }
}

fn answer(way: Way, aspect: Aspect) -> Answer {
    let (short, figure) = match aspect {
        Aspect::Direction => ("both ways", None),
        Aspect::Relation => ("relatives", None),
        Aspect::Machine => ("this one", None),
        Aspect::Boundaries => ("joined", None),
        Aspect::End => ("EOF", None),
        Aspect::Gone if way == Way::Tcp => ("SIGPIPE *", None),
        Aspect::Gone => ("SIGPIPE", None),
        Aspect::Capacity => ("64 KiB", Some(Figure::Bytes(65536))),
        Aspect::RoundTrip => ("123.5 µs", Some(Figure::Nanoseconds { low: 120_000, median: 123_456, high: 130_000 })),
        Aspect::Throughput => ("4.0 GB/s", Some(Figure::Speed(4_000_000_000))),
    };
    let text = "The read returned 0: end of file. One copy of the writer's end left open anywhere would prevent it.";
    Answer { short: short.into(), text: text.into(), figure }
}
