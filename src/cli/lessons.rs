//! `pipescope list`: the lessons there are.

use super::Failure;
use crate::lesson;
use std::io::Write;

/// Print the lessons: number, name, title, and what each is about.
///
/// # Errors
/// Where standard output cannot be written.
pub fn list(json: bool) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for lesson in lesson::builtin() {
        if json {
            let variants: Vec<&str> = lesson.variants.iter().map(|v| v.slug.as_str()).collect();
            let row = serde_json::json!({
                "type": "lesson", "number": lesson.number, "name": lesson.slug, "title": lesson.title,
                "summary": lesson.summary, "steps": lesson.steps.len(), "variants": variants,
            });
            writeln!(out, "{row}")?;
            continue;
        }
        let number = lesson.number.map(|n| n.to_string()).unwrap_or_default();
        writeln!(out, "{number:>3}  {:<24} {}", lesson.slug, lesson.title)?;
        writeln!(out, "     {:<24} {}", "", lesson.summary)?;
        for variant in &lesson.variants {
            writeln!(out, "     {:<24} --variant {}: {}", "", variant.slug, variant.title)?;
        }
    }
    out.flush()?;
    Ok(())
}
