//! What changed of a list: what was taken out, put in and changed, so that one thing that goes costs nothing for those behind it.

use serde::{Deserialize, Serialize};

/// How to make a list of the one before: each edit after so many that stay as they are. Those behind the last edit stay.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Patch<T>(Vec<(u32, Edit<T>)>);

/// A change at one place of a list.
#[derive(Debug, Serialize, Deserialize)]
enum Edit<T> {
    /// So many are gone.
    Gone(u32),
    /// This one is new.
    New(T),
    /// What is there is another: this is what differs.
    Other(T),
}

/// The change does not fit what it is for: the file is damaged, or was made so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Misfit;

impl<T> Default for Patch<T> {
    fn default() -> Patch<T> {
        Patch(Vec::new())
    }
}

impl<T> Patch<T> {
    /// From `old` to `new`. `like`: two items are the same thing, perhaps changed; `keep` makes what is kept of an item, given the one
    /// before that is like it.
    pub(super) fn of<U: PartialEq>(
        old: &[U],
        new: &[U],
        like: impl Fn(&U, &U) -> bool,
        keep: impl Fn(Option<&U>, &U) -> T,
    ) -> Patch<T> {
        let mut out = Maker { edits: Vec::new(), stay: 0 };
        let mut rest = old;
        for item in new {
            let found = rest.iter().position(|before| like(before, item));
            let split = found.and_then(|at| Some((rest.get(..at)?, rest.get(at..)?.split_first()?)));
            let Some((gone, (before, after))) = split else {
                out.edit(Edit::New(keep(None, item)));
                continue;
            };
            out.gone(gone.len());
            match before == item {
                true => out.stay += 1,
                false => out.edit(Edit::Other(keep(Some(before), item))),
            }
            rest = after;
        }
        out.gone(rest.len());
        Patch(out.edits)
    }

    /// Change `list`, which must be the one before; `make` makes an item of what was kept of it and the one before.
    pub(super) fn apply<U>(
        self,
        list: &mut Vec<U>,
        mut make: impl FnMut(Option<U>, T) -> Result<U, Misfit>,
    ) -> Result<(), Misfit> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut old = std::mem::take(list).into_iter();
        for (stay, edit) in self.0 {
            let stay = usize::try_from(stay).ok().filter(|stay| *stay <= old.len()).ok_or(Misfit)?;
            list.extend(old.by_ref().take(stay));
            match edit {
                Edit::Gone(count) => {
                    let count = usize::try_from(count).ok().filter(|count| *count <= old.len()).ok_or(Misfit)?;
                    old.by_ref().take(count).for_each(drop);
                }
                Edit::New(item) => list.push(make(None, item)?),
                Edit::Other(item) => list.push(make(Some(old.next().ok_or(Misfit)?), item)?),
            }
        }
        list.extend(old);
        Ok(())
    }
}

impl<T: Clone + PartialEq> Patch<T> {
    /// As [`Patch::of`], where an item that differs is kept whole.
    pub(super) fn whole(old: &[T], new: &[T], like: impl Fn(&T, &T) -> bool) -> Patch<T> {
        Patch::of(old, new, like, |_, item| item.clone())
    }

    /// As [`Patch::apply`], of such a one.
    pub(super) fn apply_whole(self, list: &mut Vec<T>) -> Result<(), Misfit> {
        self.apply(list, |_, item| Ok(item))
    }
}

/// Edits in the making.
struct Maker<T> {
    edits: Vec<(u32, Edit<T>)>,
    /// So many have stayed since the last.
    stay: u32,
}

impl<T> Maker<T> {
    fn edit(&mut self, edit: Edit<T>) {
        self.edits.push((std::mem::take(&mut self.stay), edit));
    }

    fn gone(&mut self, count: usize) {
        if count > 0 {
            self.edit(Edit::Gone(u32::try_from(count).unwrap_or(u32::MAX)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers whose tens are what they are, and whose ones may change.
    fn patch(old: &[u8], new: &[u8]) -> Patch<u8> {
        Patch::whole(old, new, |a, b| a / 10 == b / 10)
    }

    fn applied(patch: Patch<u8>, old: &[u8]) -> Result<Vec<u8>, Misfit> {
        let mut list = old.to_vec();
        patch.apply_whole(&mut list).map(|()| list)
    }

    #[test]
    fn one_that_goes_or_changes_is_one_edit() {
        let old: Vec<u8> = (0..20).map(|n| n * 10).collect();
        let mut new = old.clone();
        new.remove(3);
        assert_eq!(patch(&old, &new).0.len(), 1);
        new[12] += 1;
        new.push(201);
        assert_eq!(patch(&old, &new).0.len(), 3);
        assert_eq!(applied(patch(&old, &new), &old), Ok(new));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let long: Vec<u8> = (0..20).map(|n| n * 10).collect();
        for new in [&long[..10], &[&long[..], &[201]].concat(), &[&long[..18], &[181, 190]].concat()] {
            assert_eq!(applied(patch(&long, new), &long[..5]), Err(Misfit), "{new:?}");
        }
    }

    proptest! {
        #[test]
        fn any_list_becomes_any_other(old in any::<Vec<u8>>(), new in any::<Vec<u8>>()) {
            prop_assert_eq!(applied(patch(&old, &new), &old), Ok(new));
        }
    }
}
