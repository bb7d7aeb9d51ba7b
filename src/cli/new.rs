//! `pipescope new`: a lesson file to begin with.

use super::Failure;
use super::source::plain;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// The lesson that a new file holds, `NAME` standing for its own.
const TEMPLATE: &str = include_str!("../../assets/template.toml");

/// Write `NAME.toml`.
///
/// # Errors
/// Usage where the name cannot be a lesson's; failure where the file is there or cannot be written.
pub fn new(name: &str) -> Result<(), Failure> {
    let stem = name.strip_suffix(".toml").unwrap_or(name);
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let slug = Path::new(stem).file_name().and_then(|n| n.to_str()).unwrap_or_default();
    if slug.is_empty() || !slug.chars().all(good) {
        return Err(Failure::usage(format!(
            "`{name}` cannot name a lesson: use small letters, digits and -, as in my-pipe"
        )));
    }
    let path = format!("{stem}.toml");
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::failed(format!("{path} is there already: choose another name")),
        _ => Failure::failed(format!("{path}: {}", plain(&error))),
    })?;
    file.write_all(TEMPLATE.replace("NAME", slug).as_bytes())?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{path} is written: change it, then\n  pipescope check {path}\n  pipescope lesson {path}")?;
    Ok(())
}
