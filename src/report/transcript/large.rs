//! What is too much to be told whole: of a large table what changed, of many things that are alike the first.

use crate::world::{Change, Fd, FdNumber, ObjectId, Process, in_runs};
use std::collections::BTreeMap;
use std::io;

/// A table of so many descriptors is told whole, and so many lines of one kind.
pub(super) const WHOLE: usize = 40;
/// Of more lines of one kind, so many.
pub(super) const FEW: usize = 8;

/// How many things of one kind are told, and how many are not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    told: usize,
    left: usize,
}

impl Share {
    /// Of so many.
    pub(super) fn of(all: usize) -> Share {
        let told = if all > WHOLE { FEW } else { all };
        Share { told, left: all - told }
    }

    /// Whether the next of them is told.
    pub(super) fn next(&mut self) -> bool {
        let is_told = self.told > 0;
        self.told = self.told.saturating_sub(1);
        is_told
    }

    /// How many are not, where that is any.
    pub(super) fn left(self) -> Option<usize> {
        Some(self.left).filter(|left| *left > 0)
    }
}

/// The same of findings, by their rules.
#[derive(Debug)]
pub(super) struct Shares(BTreeMap<String, Share>);

impl Shares {
    /// Of findings of these rules.
    pub(super) fn of<'r>(rules: impl Iterator<Item = &'r str>) -> Shares {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        rules.for_each(|rule| *counts.entry(rule.to_owned()).or_default() += 1);
        Shares(counts.into_iter().map(|(rule, all)| (rule, Share::of(all))).collect())
    }

    /// Whether the next of this rule is told.
    pub(super) fn next(&mut self, rule: &str) -> bool {
        self.0.get_mut(rule).is_none_or(Share::next)
    }

    /// Each rule of which some are not told, and how many.
    pub(super) fn rest(&self, mut told: impl FnMut(&str, usize) -> io::Result<()>) -> io::Result<()> {
        self.0.iter().filter_map(|(rule, share)| Some((rule, share.left()?))).try_for_each(|(rule, n)| told(rule, n))
    }
}

/// Those of one list that none of another is like. The two are much the same, in the same order: each is looked for first behind the
/// one before it.
pub(super) fn missing<'l, T>(list: &'l [T], other: &[T], like: impl Fn(&T, &T) -> bool) -> Vec<&'l T> {
    let mut next = 0;
    let missing = |item: &&T| {
        let (behind, ahead) = other.split_at_checked(next).unwrap_or((other, &[]));
        match ahead.iter().chain(behind).position(|o| like(o, item)) {
            Some(at) => {
                next = (next + at + 1) % other.len();
                false
            }
            None => true,
        }
    };
    list.iter().filter(missing).collect()
}

/// What stands above the changes of a table that is too large to be told whole.
pub(super) fn heading(process: &Process, appeared: bool) -> String {
    let numbers: Vec<FdNumber> = process.fds.iter().map(|fd| fd.number).collect();
    let all = format!("{} descriptors, {}", numbers.len(), in_runs(&numbers));
    if !appeared {
        return format!("{all}; of so many only what changed:");
    }
    let handed = |fd: &Fd| fd.origin.as_ref().and_then(|o| o.inherited.last()).map(|by| (by.from.clone(), by.step));
    let mut by: Vec<(String, usize)> = process.fds.iter().filter_map(handed).collect();
    by.dedup();
    match by.as_slice() {
        [(from, step)] => format!("{all}, inherited from {from} in step {step}"),
        _ => all,
    }
}

/// Of very many rows the first, and a line with the numbers of the others.
pub(super) fn few(mut rows: Vec<(FdNumber, String)>, what: &str) -> (Vec<(FdNumber, String)>, Option<String>) {
    let Some(more) = Share::of(rows.len()).left() else { return (rows, None) };
    let left: Vec<FdNumber> = rows.split_off(rows.len() - more).into_iter().map(|(number, _)| number).collect();
    (rows, Some(format!("     and {more} more {what}: {}", in_runs(&left))))
}

/// Something happened to the object itself, and not only to who holds it.
pub(super) fn happened_to(changes: &[Change], id: &ObjectId) -> bool {
    changes.iter().any(|change| match change {
        Change::Bytes(object, ..) | Change::Body(object) | Change::Socket(object) => object == id,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_the_first_are_told() {
        let rows = |n: i32| (0..n).map(|number| (number, number.to_string())).collect::<Vec<_>>();
        let whole = i32::try_from(WHOLE).unwrap();
        assert_eq!(few(rows(whole), "closed"), (rows(whole), None));
        let (told, more) = few(rows(whole + 1), "closed");
        assert_eq!(told, rows(8));
        assert_eq!(more.as_deref(), Some("     and 33 more closed: 8-40"));
    }

    #[test]
    fn what_is_missing_is_found_in_any_order() {
        let other = [1, 2, 3, 4, 4, 9];
        for (list, missing) in
            [(&[1, 2, 5, 3, 4][..], &[5][..]), (&[9, 9, 1, 4, 3, 4], &[]), (&[], &[]), (&[7, 8], &[7, 8])]
        {
            assert_eq!(super::missing(list, &other, |a, b| a == b).into_iter().copied().collect::<Vec<_>>(), missing);
        }
        assert_eq!(super::missing(&[1], &[], |a, b| a == b), [&1]);
    }

    #[test]
    fn each_rule_has_its_own_share() {
        let rules = || std::iter::repeat_n("a", WHOLE + 1).chain(["b"]);
        let mut shares = Shares::of(rules());
        assert_eq!(rules().filter(|rule| shares.next(rule)).count(), FEW + 1);
        let mut left = Vec::new();
        let mut keep = |rule: &str, more| {
            left.push((rule.to_owned(), more));
            Ok(())
        };
        shares.rest(&mut keep).unwrap();
        assert_eq!(left, [("a".to_owned(), WHOLE + 1 - FEW)]);
    }
}
