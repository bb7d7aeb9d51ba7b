//! Completing the word at the prompt as far as it is certain, by what the notation allows there.

use crate::notation::{Completions, Context, complete as candidates};
use crate::world::{ProcName, World};

/// A completed line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    /// The whole line.
    pub text: String,
    /// The cursor, in characters.
    pub cursor: usize,
    /// What the word may still become, where there are several.
    pub choices: Vec<String>,
}

/// What completion is to know: the living processes and what they hold, and who makes a call that names nobody.
fn context(world: &World, default: Option<&ProcName>) -> Context {
    let processes = world.living().map(|p| (p.name.clone(), p.fds.iter().map(|f| f.number).collect())).collect();
    let named = |p: &crate::world::Process| p.space.mappings.iter().filter_map(|m| m.name).collect();
    let mappings = world.living().map(|p| (p.name.clone(), named(p))).collect();
    Context { processes, mappings, default: default.cloned() }
}

/// Complete the word that ends at `cursor` (in characters) as far as it is certain.
pub fn complete(text: &str, cursor: usize, world: &World, default: Option<&ProcName>) -> Completed {
    let at = text.char_indices().nth(cursor).map_or(text.len(), |(at, _)| at);
    let Completions { replace, candidates, .. } = candidates(text, at, &context(world, default));
    let words: Vec<String> = candidates.into_iter().map(|c| c.text).collect();
    let (before, after) = (text.get(..replace.start).unwrap_or_default(), text.get(replace.end..).unwrap_or_default());
    let word = text.get(replace.clone()).unwrap_or_default();
    let common = common_prefix(&words).filter(|c| c.len() > word.len()).unwrap_or_else(|| word.to_string());
    let cursor = before.chars().count() + common.chars().count();
    let choices = if words.len() > 1 { words } else { Vec::new() };
    Completed { text: format!("{before}{common}{after}"), cursor, choices }
}

fn common_prefix(words: &[String]) -> Option<String> {
    let first = words.first()?;
    let mut prefix = first.clone();
    for word in words {
        while !word.starts_with(&prefix) {
            prefix.pop();
        }
    }
    Some(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    #[test]
    fn words_complete_as_far_as_they_are_certain() {
        let world = sample::forked().world;
        for (line, want, choices) in [
            ("par", "parent: ", 0),
            ("child: rea", "child: read(", 0),
            ("child: pi", "child: pipe", 2),
            ("parent: pipe2(O_CL", "parent: pipe2(O_CLOEXEC", 0),
            ("parent: kill(ch", "parent: kill(child", 0),
            ("zzz", "zzz", 0),
            ("é", "é", 0),
        ] {
            let done = complete(line, line.chars().count(), &world, None);
            assert_eq!((done.text.trim_end(), done.choices.len()), (want.trim_end(), choices), "{line}");
        }
    }

    #[test]
    fn what_follows_the_cursor_stays() {
        let done = complete("chil read", 4, &sample::forked().world, None);
        assert!(done.text.starts_with("child:") && done.text.ends_with(" read"), "{done:?}");
    }
}
