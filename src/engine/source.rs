//! Where in a program's text a call was made.

use crate::lesson::Listing;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A line of a program's source text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The path of the source file, as the compiler or the interpreter has it.
    pub file: String,
    /// The number of the line, from 1.
    pub line: u32,
    /// The function that the line is in; `None` where that is not known.
    pub function: Option<String>,
    /// The text of the file; `None` where it cannot be had, or may be another than that which runs.
    #[serde(skip)]
    pub listing: Option<Arc<Listing>>,
}

impl Source {
    /// The last part of the path.
    pub fn name(&self) -> &str {
        self.file.rsplit('/').next().unwrap_or(&self.file)
    }

    /// The text of the line without the blanks around it; `None` where it is not known.
    pub fn text(&self) -> Option<&str> {
        let at = usize::try_from(self.line).ok()?.checked_sub(1)?;
        self.listing.as_ref()?.text.lines().nth(at).map(str::trim)
    }
}

/// `pipe.c:23`
impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.name(), self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_found_in_the_text() {
        let listing = Listing { language: "c".into(), file: "/x/a.c".into(), text: "one\n    two;\n".into() };
        let mut source = Source { file: "/x/a.c".into(), line: 2, function: None, listing: Some(Arc::new(listing)) };
        assert_eq!((source.to_string().as_str(), source.text()), ("a.c:2", Some("two;")));
        for line in [0, 3, u32::MAX] {
            source.line = line;
            assert_eq!(source.text(), None);
        }
        source.listing = None;
        source.line = 1;
        assert_eq!(source.text(), None);
    }
}
