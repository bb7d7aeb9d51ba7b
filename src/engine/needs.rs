//! What a lesson needs of the machine, and what is played where it cannot be had.

use super::Script;
use crate::lesson::{Lesson, Variant};
use crate::observe::namespaces;
use std::sync::OnceLock;

/// Why a lesson cannot be played as it is; `None` where it can.
pub fn lacks(lesson: &Lesson) -> Option<&'static str> {
    static NETWORK: OnceLock<Option<String>> = OnceLock::new();
    lesson.without_network.as_ref()?;
    NETWORK.get_or_init(|| namespaces::allowed().err()).as_deref()
}

/// The variant (its index) that is played where the lesson itself cannot be.
pub fn instead(lesson: &Lesson) -> Option<usize> {
    lacks(lesson)?;
    let named = lesson.without_network.as_ref()?;
    lesson.variants.iter().position(|variant| variant.slug == *named)
}

/// Why a variant cannot be played here; `None` where it can.
pub fn variant_lacks(lesson: &Lesson, variant: &Variant) -> Option<String> {
    if let Some(why) = lacks(lesson).filter(|_| lesson.without_network.as_ref() != Some(&variant.slug)) {
        return Some(why.to_owned());
    }
    Script::of_lesson(lesson, Some(variant))
        .missing()
        .map(|program| format!("it runs {program}, and this machine has none"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::load;

    #[test]
    fn a_variant_that_runs_a_program_there_is_not_is_known() {
        let text = "title='T'\nsummary='S'\nintro='I'\n[[step]]\nid='a'\ncall='parent: pipe()'\nsay='s'\n\
                    [[variant]]\nslug='without'\ntitle='V'\nsay='s'\n[variant.replace.a]\nsay='t'\n\
                    [[variant]]\nslug='runs'\ntitle='W'\nsay='s'\n[variant.replace.a]\n\
                    call='parent: exec([\"no-such-program\"])'\n";
        let lesson = load("t.toml", "t", text, &|_| Err(String::new())).unwrap();
        let of = |index: usize| variant_lacks(&lesson, &lesson.variants[index]);
        assert_eq!(of(0), None);
        assert!(of(1).is_some_and(|why| why.contains("no-such-program")));
    }

    #[test]
    fn the_variant_that_does_without_a_network_can_always_be_played() {
        let lesson = &crate::lesson::find("two-machines").unwrap();
        let (mut can, mut lacking) = (Vec::new(), Vec::new());
        for variant in &lesson.variants {
            let lacks = variant_lacks(lesson, variant);
            if lacks.is_none() { can.push(variant.slug.as_str()) } else { lacking.push(lacks) }
        }
        assert!(can.contains(&"one-machine"), "{can:?}");
        let refused = lacks(lesson).map(str::to_owned);
        assert!(lacking.iter().all(|why| *why == refused), "{lacking:?}");
        assert_eq!(can.len(), if refused.is_some() { 1 } else { lesson.variants.len() });
    }
}
