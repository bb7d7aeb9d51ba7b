//! The text of source files, each read once.

use super::files::beneath_root;
use crate::lesson::{Listing, listing};
use crate::world::Pid;
use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// So many files are read at the most.
const FILES: usize = 128;

/// The texts that were read, and when each was last changed.
pub(super) struct Texts {
    all: HashMap<String, Option<(Arc<Listing>, SystemTime)>>,
    /// When the trace began.
    began: SystemTime,
}

impl Texts {
    pub(super) fn new() -> Texts {
        Texts { all: HashMap::new(), began: SystemTime::now() }
    }

    /// The text that a program was made from, which was last changed then; `None` where the text is newer.
    pub(super) fn of_program(&mut self, pid: Pid, file: &str, changed: SystemTime) -> Option<Arc<Listing>> {
        self.of(pid, file).filter(|(_, at)| *at <= changed).map(|(listing, _)| listing)
    }

    /// The text of a script; `None` where it was changed since the trace began.
    pub(super) fn of_script(&mut self, pid: Pid, file: &str) -> Option<Arc<Listing>> {
        let began = self.began;
        self.of(pid, file).filter(|(_, at)| *at <= began).map(|(listing, _)| listing)
    }

    fn of(&mut self, pid: Pid, file: &str) -> Option<(Arc<Listing>, SystemTime)> {
        if let Some(known) = self.all.get(file) {
            return known.clone();
        }
        if self.all.len() >= FILES {
            return None;
        }
        let read = read(&beneath_root(pid, Path::new(file)), file);
        self.all.insert(file.to_owned(), read.clone());
        read
    }
}

fn read(path: &Path, file: &str) -> Option<(Arc<Listing>, SystemTime)> {
    if !file.starts_with('/') {
        return None;
    }
    // A FIFO or a device that only looks like a source file must not hold anybody up.
    let mut options = OpenOptions::new();
    let opened = options.read(true).custom_flags(nix::libc::O_NONBLOCK | nix::libc::O_NOCTTY).open(path).ok()?;
    let meta = opened.metadata().ok().filter(|meta| meta.is_file() && meta.len() <= listing::LARGEST)?;
    let mut bytes = Vec::new();
    opened.take(listing::LARGEST).read_to_end(&mut bytes).ok()?;
    let text = printable(&String::from_utf8_lossy(&bytes));
    u64::try_from(text.len()).ok().filter(|length| *length <= listing::LARGEST)?;
    Some((
        Arc::new(Listing { language: language(file).to_owned(), file: file.to_owned(), text }),
        meta.modified().ok()?,
    ))
}

/// Blanks for tabs, and nothing that a terminal could take for an order.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        for c in line.chars() {
            match c {
                '\t' => out.push_str("    "),
                c if c.is_control() => out.push('\u{fffd}'),
                c => out.push(c),
            }
        }
        out.push('\n');
    }
    out
}

/// What the file is written in, by the end of its name.
fn language(file: &str) -> &str {
    match Path::new(file).extension().and_then(|e| e.to_str()) {
        Some("py") => "python",
        Some("h") => "c",
        Some("cc" | "cxx" | "hpp") => "cpp",
        Some(other) => other,
        None => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_some_length_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("a.c"), "int x;\n\treturn \u{1b}[2J;\n").unwrap();
        std::fs::write(at("long.c"), vec![b'x'; usize::try_from(listing::LARGEST).unwrap() + 1]).unwrap();
        nix::unistd::mkfifo(&at("fifo.c"), nix::sys::stat::Mode::S_IRUSR).unwrap();
        let text = |name: &str| read(&at(name), at(name).to_str().unwrap()).map(|(l, _)| l.text.clone());
        assert_eq!(text("a.c").as_deref(), Some("int x;\n    return \u{fffd}[2J;\n"));
        assert_eq!((text("long.c"), text("fifo.c"), text("none.c")), (None, None, None));
        assert_eq!(read(&at("a.c"), "a.c"), None);
        assert!(read(Path::new("/dev/zero"), "/dev/zero").is_none());
    }

    #[test]
    fn a_text_that_is_newer_than_the_program_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.c");
        std::fs::write(&file, "int x;\n").unwrap();
        let changed = std::fs::metadata(&file).unwrap().modified().unwrap();
        let me = Pid::try_from(std::process::id()).unwrap();
        let (mut texts, file) = (Texts::new(), file.to_str().unwrap().to_owned());
        assert!(texts.of_program(me, &file, changed).is_some());
        assert!(texts.of_program(me, &file, changed - std::time::Duration::from_secs(1)).is_none());
        texts.began = changed - std::time::Duration::from_secs(1);
        assert!(texts.of_script(me, &file).is_none());
    }
}
