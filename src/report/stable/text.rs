//! Numbers within sentences.

use super::Stable;

impl Stable {
    /// Replace inodes (`pipe:[9751]`), process ids (`pid 4242`) and the scratch folder within a text.
    pub(super) fn text(&mut self, text: &str) -> String {
        let short = match &self.scratch {
            Some(scratch) => {
                // The names of memory and queues begin with the folder's.
                let folder = scratch.rsplit('/').next().filter(|f| !f.is_empty()).unwrap_or(scratch);
                text.replace(scratch.as_str(), "scratch").replace(folder, "pipescope-000000")
            }
            None => text.to_owned(),
        };
        let inodes = [":[", "(deleted) ["].iter().fold(short, |text, mark| {
            replace(&text, mark, |digits| {
                let inode = digits.parse().ok()?;
                Some(self.inode(inode).to_string())
            })
        });
        let inodes = ["127.0.0.1:", "0.0.0.0:", "[::1]:"].iter().fold(inodes, |text, host| {
            replace(&text, host, |digits| Some(self.port(digits.parse().ok()?).to_string()))
        });
        ["pid ", "kill -9 ", "kill -CONT "].iter().fold(inodes, |text, word| self.after(&text, word))
    }

    /// Replace the process ids that follow `word`.
    pub(super) fn after(&mut self, text: &str, word: &str) -> String {
        replace(text, word, |digits| {
            let pid = digits.parse().ok()?;
            Some(self.pid(pid).to_string())
        })
    }
}

/// Replace each run of digits that follows `mark`.
fn replace(text: &str, mark: &str, mut by: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(mark) {
        let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (digits, tail) = after.split_at(end);
        out += before;
        out += mark;
        match by(digits) {
            Some(new) => out += &new,
            None => out += digits,
        }
        rest = tail;
    }
    out + rest
}
