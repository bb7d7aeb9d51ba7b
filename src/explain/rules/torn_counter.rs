//! A word in shared memory is less than what several have added to it.

use crate::explain::{Finding, Severity, prose};
use crate::world::{Object, World};

pub(super) const NAME: &str = "torn-counter";

/// Every word that several have added to and that shows less than all of it.
pub(super) fn find(world: &World) -> Vec<Finding> {
    world.objects.iter().flat_map(of).collect()
}

fn of(object: &Object) -> Vec<Finding> {
    let Some(memory) = object.memory() else { return Vec::new() };
    let Some(words) = memory.words.value() else { return Vec::new() };
    let mut out = Vec::new();
    for added in memory.added.iter().filter(|added| added.by.len() > 1) {
        let Some(word) = usize::try_from(added.offset / 8).ok().and_then(|i| words.get(i).copied()) else { continue };
        let Some(whole) = added.from.checked_add(added.sum).filter(|whole| word < *whole) else { continue };
        let Some(first) = added.by.first() else { continue };
        let names: Vec<String> = added.by.iter().map(|name| prose::plain(name)).collect();
        out.push(Finding {
            rule: NAME.into(),
            severity: Severity::Warning,
            process: first.clone(),
            fd: None,
            object: Some(object.id.0.clone()),
            holders: Vec::new(),
            text: format!(
                "{} have added {} to the word at {} of {}, which was {}: it would be {whole}, and is {word}. {} additions are \
                 lost.",
                prose::list(&names),
                added.sum,
                added.offset,
                object.label(),
                added.from,
                whole - word
            ),
            fix: String::new(),
            long: vec![
                "An addition to memory is a load, an addition and a store. Where one process stores between the load and the \
                 store of another, the other's store overwrites it, and its additions are gone. The cure is an addition in one \
                 piece (atomic_increment) or a lock around each."
                    .to_owned(),
            ],
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::build::stage;
    use crate::world::{Access, Added, Body, Known, Memory, ObjectKind};

    #[test]
    fn less_than_was_added_by_several_is_told_with_the_loss() {
        for (by, word, lost) in [(&["a", "b"][..], 150, true), (&["a", "b"], 205, false), (&["a"], 150, false)] {
            let mut world = stage().process("a").holds(3, "/counter", Access::ReadWrite).world();
            let by = by.iter().map(|name| (*name).to_owned()).collect();
            world.objects[0].kind = ObjectKind::Memory;
            world.objects[0].body = Body::Memory(Memory {
                size: Known::Yes(4096),
                words: Known::Yes(vec![0, word]),
                maps: Vec::new(),
                added: vec![Added { offset: 8, from: 5, sum: 200, by }],
            });
            let found = find(&world);
            assert_eq!(!found.is_empty(), lost, "{word}");
            if let Some(finding) = found.first() {
                assert_eq!(
                    finding.text,
                    "a and b have added 200 to the word at 8 of counter, which was 5: it would be 205, and is 150. 55 \
                     additions are lost."
                );
            }
        }
    }
}
