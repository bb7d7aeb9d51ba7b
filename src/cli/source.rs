//! From what a person typed to a script: a lesson's name or number, a file, or standard input.

use super::Failure;
use crate::engine::{Script, needs};
use crate::lesson::{self, Lesson};
use crate::notation::ScriptError;
use std::io::Read;
use std::path::Path;

/// Files larger than this are no scripts.
const LARGEST: u64 = 4 << 20;

/// What is to be played.
#[derive(Debug, Clone)]
pub struct Source {
    /// The lesson, where it is one.
    pub lesson: Option<Lesson>,
    /// The script: the lesson's, its variant's, or the one that was given.
    pub script: Script,
    /// The variant that is on: its index in the lesson.
    pub variant: Option<usize>,
}

impl Source {
    /// The sandbox.
    pub fn lab() -> Source {
        Source { lesson: None, script: Script::lab(), variant: None }
    }

    /// A lesson, or the variant of it called `variant`.
    ///
    /// # Errors
    /// Usage, with the variants there are, where it has none of that name.
    pub fn of_lesson(lesson: Lesson, variant: Option<&str>) -> Result<Source, Failure> {
        let index = match variant {
            None => needs::instead(&lesson),
            Some(name) => Some(variant_index(&lesson, name)?),
        };
        let script = Script::of_lesson(&lesson, index.and_then(|i| lesson.variants.get(i)));
        let asked = index.and_then(|i| lesson.variants.get(i));
        if let Some(why) = asked.and_then(|variant| needs::variant_lacks(&lesson, variant)) {
            let name = variant.unwrap_or_default();
            return Err(Failure::failed(format!("variant {name} of lesson {} cannot be played: {why}", lesson.slug)));
        }
        Ok(Source { lesson: Some(lesson), script, variant: index })
    }

    /// A lesson by name, by number, or from a file.
    ///
    /// # Errors
    /// Usage where there is no such lesson or the file is wrong.
    pub fn find_lesson(name: &str, variant: Option<&str>) -> Result<Source, Failure> {
        let looks_like_file = name.ends_with(".toml") || name.contains('/');
        let lesson = if looks_like_file { lesson_file(Path::new(name))? } else { builtin(name)? };
        Source::of_lesson(lesson, variant)
    }

    /// A lesson or a script, as for [`Source::find`], for the screen: standard input is for keys, and a lesson opens as the
    /// variant it prefers.
    ///
    /// # Errors
    /// As there.
    pub fn find_for_screen(name: &str, variant: Option<&str>) -> Result<Source, Failure> {
        if name == "-" {
            return Err(Failure::usage("the screen needs standard input for its keys: give the script as a file"));
        }
        let found = Source::find(name, variant)?;
        match found.lesson {
            Some(lesson) if variant.is_none() && lesson.prefer.is_some() => {
                let (variant, _) = Script::opens_as(&lesson);
                let script = Script::of_lesson(&lesson, variant.and_then(|i| lesson.variants.get(i)));
                Ok(Source { lesson: Some(lesson), script, variant })
            }
            _ => Ok(found),
        }
    }

    /// A lesson as above, a script in the notation, or `-` for a script on standard input.
    ///
    /// # Errors
    /// Usage where it cannot be found, read or understood.
    pub fn find(name: &str, variant: Option<&str>) -> Result<Source, Failure> {
        let path = Path::new(name);
        let is_script = name == "-" || (!name.ends_with(".toml") && path.exists() && !path.is_dir());
        if !is_script {
            return Source::find_lesson(name, variant);
        }
        if variant.is_some() {
            return Err(Failure::usage("a script has no variants; --variant goes with a lesson"));
        }
        let (shown, text) =
            if name == "-" { ("standard input", standard_input()?) } else { (name, file(Path::new(name))?) };
        let script = Script::of_text(shown, &text).map_err(|errors| script_errors(shown, &text, &errors))?;
        Ok(Source { lesson: None, script, variant: None })
    }
}

fn variant_index(lesson: &Lesson, name: &str) -> Result<usize, Failure> {
    lesson.variants.iter().position(|v| v.slug == name).ok_or_else(|| {
        let there: Vec<&str> = lesson.variants.iter().map(|v| v.slug.as_str()).collect();
        let there = if there.is_empty() { "it has none".into() } else { format!("it has: {}", there.join(", ")) };
        Failure::usage(format!("lesson {} has no variant `{name}`; {there}", lesson.slug))
    })
}

fn builtin(name: &str) -> Result<Lesson, Failure> {
    lesson::find(name).map_err(|e| {
        Failure::usage(format!("{e}\n`pipescope list` names the lessons; a file of your own is given by its path"))
    })
}

fn lesson_file(path: &Path) -> Result<Lesson, Failure> {
    let text = file(path)?;
    lesson::load_file(path, &text).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(|e| e.report()).collect();
        Failure::usage(lines.join("\n"))
    })
}

/// The text of a file that a person named.
///
/// # Errors
/// Usage where it cannot be read, is too large or is no text.
pub fn file(path: &Path) -> Result<String, Failure> {
    let wrong = |what: &str| Failure::usage(format!("{}: {what}", path.display()));
    let meta = std::fs::metadata(path).map_err(|e| wrong(&plain(&e)))?;
    if meta.is_dir() {
        return Err(wrong("is a folder, not a file"));
    }
    if meta.len() > LARGEST {
        return Err(wrong("is larger than 4 MiB; that is no script"));
    }
    let mut bytes = Vec::new();
    let open = std::fs::File::open(path).map_err(|e| wrong(&plain(&e)))?;
    open.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| wrong(&plain(&e)))?;
    String::from_utf8(bytes)
        .map_err(|e| wrong(&format!("is not UTF-8 text (byte {})", e.utf8_error().valid_up_to() + 1)))
}

fn standard_input() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|e| Failure::usage(format!("standard input: {}", plain(&e))))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::usage("standard input: is larger than 4 MiB; that is no script"));
    }
    String::from_utf8(bytes).map_err(|_| Failure::usage("standard input: is not UTF-8 text"))
}

/// An error of the system in plain words, without its number.
pub fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_string()
        }
    }
}

/// Every wrong line with its place, the line itself, a mark under what is wrong, and what may have been meant.
fn script_errors(name: &str, text: &str, errors: &[ScriptError]) -> Failure {
    let lines: Vec<&str> = text.lines().collect();
    let mut out: Vec<String> = Vec::new();
    for e in errors.iter().take(20) {
        let line = lines.get(e.line.saturating_sub(1)).copied().unwrap_or("");
        let before = line.get(..e.error.at.start.min(line.len())).unwrap_or(line);
        let column = before.chars().count();
        let width = e.error.at.len().clamp(1, 60);
        out.push(format!("{name}:{}:{}: {}", e.line, column + 1, e.error.message));
        if line.len() <= 200 {
            let shown: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            out.push(format!("    {shown}\n    {}{}", " ".repeat(column), "^".repeat(width)));
        }
        out.extend(e.error.help.as_ref().map(|help| format!("    {help}")));
    }
    if errors.len() > 20 {
        out.push(format!("and {} more", errors.len() - 20));
    }
    Failure::usage(out.join("\n"))
}
