//! The parts of speech of a program's text, told by the grammars of a library.
//!
//! Making sense of the first lines takes the library some 20 ms and 10 MB: this is done once for a listing, and where
//! somebody waits at a keyboard, beside the event loop.

use crate::lesson::Listing;
use std::ops::Range;
use syntect::parsing::{ParseState, ScopeStack, SyntaxSet};

/// What a piece of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    /// A word of the language.
    Keyword,
    /// A string or a number.
    Literal,
    /// A remark.
    Comment,
}

/// The pieces of a line that are something in particular, by their bytes.
pub type Pieces = Vec<(Range<usize>, Speech)>;

/// The parts of speech of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coloured {
    /// The listing's file.
    pub file: String,
    /// From its first line on.
    pub lines: Vec<Pieces>,
}

/// Find the parts of speech of each listing; one in a language that the library does not know has none.
pub fn colour(listings: &[Listing]) -> Vec<Coloured> {
    let set = SyntaxSet::load_defaults_newlines();
    let one = |listing: &Listing| {
        let lines = lines(&set, listing).unwrap_or_default();
        Coloured { file: listing.file.clone(), lines }
    };
    listings.iter().map(one).collect()
}

fn lines(set: &SyntaxSet, listing: &Listing) -> Option<Vec<Pieces>> {
    let extension = if listing.language == "python" { "py" } else { listing.language.as_str() };
    let mut state = ParseState::new(set.find_syntax_by_extension(extension)?);
    let mut stack = ScopeStack::new();
    let mut out = Vec::new();
    for line in listing.text.lines() {
        let mut pieces = Pieces::new();
        let mut from = 0;
        for (at, change) in state.parse_line(&format!("{line}\n"), set).ok()? {
            take(&mut pieces, from..at.min(line.len()), &stack);
            from = at.min(line.len());
            stack.apply(&change).ok()?;
        }
        take(&mut pieces, from..line.len(), &stack);
        out.push(pieces);
    }
    Some(out)
}

/// Add a piece, to the one before it where they are alike.
fn take(pieces: &mut Pieces, at: Range<usize>, stack: &ScopeStack) {
    let Some(speech) = speech(stack).filter(|_| !at.is_empty()) else { return };
    match pieces.last_mut() {
        Some((last, same)) if *same == speech && last.end == at.start => last.end = at.end,
        _ => pieces.push((at, speech)),
    }
}

/// The innermost scope that says something: <https://www.sublimetext.com/docs/scope_naming.html>.
fn speech(stack: &ScopeStack) -> Option<Speech> {
    stack.as_slice().iter().rev().find_map(|scope| {
        let name = scope.build_string();
        let begins = |word: &str| name.starts_with(word);
        if begins("comment") || begins("punctuation.definition.comment") {
            Some(Speech::Comment)
        } else if begins("string") || begins("constant") || begins("punctuation.definition.string") {
            Some(Speech::Literal)
        } else if begins("keyword.operator") && !name.contains("logical.python") {
            None
        } else if begins("keyword") || begins("storage") {
            Some(Speech::Keyword)
        } else {
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of each piece of a kind, by line.
    fn pieces(language: &str, text: &str, wanted: Speech) -> Vec<String> {
        let listing = Listing { language: language.into(), file: "x".into(), text: text.into() };
        let coloured = colour(std::slice::from_ref(&listing)).remove(0);
        let lines = text.lines().zip(coloured.lines);
        lines
            .flat_map(|(line, pieces)| {
                pieces.into_iter().filter(|(_, s)| *s == wanted).map(|(at, _)| line[at].to_owned()).collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn c_is_told_apart() {
        let text = "int main(void) { // begin\n  if (fork() == 0) write(1, \"a\\n\", 2); /* é */ return 0;\n}";
        assert_eq!(pieces("c", text, Speech::Comment), ["// begin", "/* é */"]);
        assert_eq!(pieces("c", text, Speech::Literal), ["0", "1", "\"a\\n\"", "2", "0"]);
        assert_eq!(pieces("c", text, Speech::Keyword), ["int", "void", "if", "return"]);
    }

    #[test]
    fn python_is_told_apart() {
        let text = "import os  # all\nif os.fork() == 0:\n    os.write(w, b\"x\")\n";
        assert_eq!(pieces("python", text, Speech::Comment), ["# all"]);
        assert_eq!(pieces("python", text, Speech::Keyword)[..2], ["import", "if"]);
        assert!(pieces("python", text, Speech::Literal).iter().any(|p| p.contains("\"x\"")));
    }

    #[test]
    fn every_program_of_the_course_is_told_apart() {
        let listings: Vec<Listing> = crate::lesson::builtin().iter().flat_map(|l| l.code.clone()).collect();
        for (listing, coloured) in listings.iter().zip(colour(&listings)) {
            assert_eq!(coloured.lines.len(), listing.text.lines().count(), "{}", listing.file);
            for (line, pieces) in listing.text.lines().zip(&coloured.lines) {
                assert!(pieces.iter().all(|(at, _)| line.get(at.clone()).is_some()), "{line}");
            }
            assert!(coloured.lines.iter().flatten().count() > 5, "{}", listing.file);
        }
    }

    #[test]
    fn another_language_has_no_colours() {
        assert_eq!(pieces("cobol-2099", "MOVE A TO B", Speech::Keyword), Vec::<String>::new());
    }
}
