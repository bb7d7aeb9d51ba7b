//! The marks the screen is drawn with: Unicode, or plain ASCII.

/// One set of marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Plain ASCII only.
    pub ascii: bool,
}

impl Glyphs {
    /// Box-drawing characters and arrows.
    pub const UNICODE: Glyphs = Glyphs { ascii: false };
    /// Nothing above 0x7e.
    pub const ASCII: Glyphs = Glyphs { ascii: true };
}
