//! `pipescope draft`: a script as a lesson file, to add the sentences to.

use super::Failure;
use super::source::Source;
use crate::engine::FIRST;
use std::io::Write;

/// What stands where a sentence is to be written.
const TO_WRITE: &str = "...";

/// Print the lesson that a script is the skeleton of.
///
/// # Errors
/// Usage where the script cannot be found or understood.
pub fn draft(name: &str) -> Result<(), Failure> {
    let source = Source::find(name, None)?;
    let script = &source.script;
    let mut text = format!("title = {}\nsummary = {}\n", quoted(&script.title), quoted(TO_WRITE));
    text += &format!("intro = {}\n", quoted(TO_WRITE));
    if let Some(first) = script.first.as_deref().filter(|f| *f != FIRST) {
        text += &format!("first = {}\n", quoted(first));
    }
    for step in &script.steps {
        let say = if step.say.is_empty() { TO_WRITE } else { &step.say };
        text += &format!("\n[[step]]\ncall = {}\nsay = {}\n", quoted(&step.call.to_string()), quoted(say));
        if !step.expect.is_empty() {
            let clauses: Vec<String> = step.expect.iter().map(ToString::to_string).collect();
            text += &format!("expect = {}\n", quoted(&clauses.join(", ")));
        }
    }
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// A text as TOML has it: as it stands between single quotes where that can be.
fn quoted(text: &str) -> String {
    let plain = !text.contains('\'') && !text.chars().any(char::is_control);
    match (plain, text.contains('"')) {
        (true, true) => format!("'{text}'"),
        _ => toml::Value::String(text.to_owned()).to_string(),
    }
}
