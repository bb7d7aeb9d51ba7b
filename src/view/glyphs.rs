//! The marks the screen is drawn with: Unicode, or plain ASCII.

/// One set of marks.
///
/// Every mark is one column wide, except [`Glyphs::ellipsis`]'s ASCII form, which is still one: `~`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Plain ASCII only.
    pub ascii: bool,
    /// Arrowhead to the right.
    pub right: &'static str,
    /// Arrowhead to the left.
    pub left: &'static str,
    /// Arrowhead upwards.
    pub up: &'static str,
    /// Arrowhead downwards.
    pub down: &'static str,
    /// An arrow inside text, to the right: towards the object, bytes go in.
    pub to: &'static str,
    /// An arrow inside text, to the left: from the object, bytes come out.
    pub from: &'static str,
    /// An arrow inside text, both ways.
    pub both: &'static str,
    /// Before what is selected.
    pub selected: &'static str,
    /// Before what is new.
    pub new: &'static str,
    /// Before what is another than it was.
    pub changed: &'static str,
    /// Before what was closed.
    pub closed: &'static str,
    /// Before what a process is blocked on, and before its state.
    pub blocked: &'static str,
    /// Bytes on their way.
    pub moving: &'static str,
    /// Between the parts of a heading.
    pub dot: &'static str,
    /// Where text was cut.
    pub ellipsis: &'static str,
    /// A filled cell of a gauge.
    pub gauge_full: &'static str,
    /// An empty cell of a gauge.
    pub gauge_empty: &'static str,
    /// Light lines, by the arms that meet in a cell: see [`Arms`]. Frames and read ends.
    pub light: &'static [&'static str; 16],
    /// Double lines, by the arms that meet in a cell. Write ends.
    pub double: &'static [&'static str; 16],
    /// A light frame with a double line that leaves it to the right, and to the left.
    pub double_leaves: (&'static str, &'static str),
}

/// The arms of a line that meet in one cell, as bits: an index into [`Glyphs::light`] and [`Glyphs::double`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arms(u8);

impl Arms {
    /// To the cell above.
    pub const UP: Arms = Arms(1);
    /// To the cell below.
    pub const DOWN: Arms = Arms(2);
    /// To the cell on the left.
    pub const LEFT: Arms = Arms(4);
    /// To the cell on the right.
    pub const RIGHT: Arms = Arms(8);
    /// No arm at all.
    pub const NONE: Arms = Arms(0);

    /// These arms and those.
    pub const fn and(self, other: Arms) -> Arms {
        Arms(self.0 | other.0)
    }

    /// These arms, and those where `wanted`.
    pub const fn and_if(self, wanted: bool, other: Arms) -> Arms {
        if wanted { self.and(other) } else { self }
    }

    /// The mark for these arms in `set`.
    pub fn of(self, set: &'static [&'static str; 16]) -> &'static str {
        set.get(usize::from(self.0)).copied().unwrap_or(" ")
    }
}

// By arms: none, up, down, up+down, then the same with left, with right, with both.
const LIGHT: [&str; 16] = [" ", "│", "│", "│", "─", "┘", "┐", "┤", "─", "└", "┌", "├", "─", "┴", "┬", "┼"];
const DOUBLE: [&str; 16] = [" ", "║", "║", "║", "═", "╝", "╗", "╣", "═", "╚", "╔", "╠", "═", "╩", "╦", "╬"];
const ASCII_LIGHT: [&str; 16] = [" ", "|", "|", "|", "-", "+", "+", "+", "-", "+", "+", "+", "-", "+", "+", "+"];
const ASCII_DOUBLE: [&str; 16] = [" ", "#", "#", "#", "=", "#", "#", "#", "=", "#", "#", "#", "=", "#", "#", "#"];

impl Glyphs {
    /// Box-drawing characters and arrows.
    pub const UNICODE: Glyphs = Glyphs {
        ascii: false,
        right: "▶",
        left: "◀",
        up: "▲",
        down: "▼",
        to: "→",
        from: "←",
        both: "↔",
        selected: "▸",
        new: "+",
        changed: "~",
        closed: "×",
        blocked: "■",
        moving: "●",
        dot: "·",
        ellipsis: "…",
        gauge_full: "█",
        gauge_empty: "░",
        light: &LIGHT,
        double: &DOUBLE,
        double_leaves: ("╞", "╡"),
    };
    /// Nothing above 0x7e.
    pub const ASCII: Glyphs = Glyphs {
        ascii: true,
        right: ">",
        left: "<",
        up: "^",
        down: "v",
        to: ">",
        from: "<",
        both: "=",
        selected: ">",
        new: "+",
        changed: "~",
        closed: "x",
        blocked: "!",
        moving: "o",
        dot: "-",
        ellipsis: "~",
        gauge_full: "#",
        gauge_empty: ".",
        light: &ASCII_LIGHT,
        double: &ASCII_DOUBLE,
        double_leaves: ("|", "|"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arms_name_their_marks() {
        for (arms, light, double, ascii) in [
            (Arms::LEFT.and(Arms::RIGHT), "─", "═", "-"),
            (Arms::UP.and(Arms::DOWN), "│", "║", "|"),
            (Arms::RIGHT.and(Arms::DOWN), "┌", "╔", "+"),
            (Arms::LEFT.and(Arms::DOWN), "┐", "╗", "+"),
            (Arms::RIGHT.and(Arms::UP), "└", "╚", "+"),
            (Arms::LEFT.and(Arms::UP), "┘", "╝", "+"),
            (Arms::LEFT.and(Arms::UP).and(Arms::DOWN), "┤", "╣", "+"),
            (Arms::RIGHT.and(Arms::UP).and(Arms::DOWN), "├", "╠", "+"),
            (Arms::LEFT.and(Arms::RIGHT).and(Arms::DOWN), "┬", "╦", "+"),
            (Arms::LEFT.and(Arms::RIGHT).and(Arms::UP), "┴", "╩", "+"),
            (Arms::LEFT.and(Arms::RIGHT).and(Arms::UP).and(Arms::DOWN), "┼", "╬", "+"),
            (Arms::NONE, " ", " ", " "),
        ] {
            assert_eq!(arms.of(Glyphs::UNICODE.light), light);
            assert_eq!(arms.of(Glyphs::UNICODE.double), double);
            assert_eq!(arms.of(Glyphs::ASCII.light), ascii);
        }
    }

    #[test]
    fn the_ascii_set_is_ascii() {
        let shown = format!("{:?}", Glyphs::ASCII);
        assert!(shown.is_ascii(), "{shown}");
    }
}
