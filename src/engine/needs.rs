//! What a lesson needs of the machine, and what is played where it cannot be had.

use crate::lesson::Lesson;
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
