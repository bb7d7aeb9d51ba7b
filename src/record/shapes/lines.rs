//! Box drawing, U+2500 to U+257F.

use super::{HALF, HEIGHT, MIDDLE, Piece, Rect, WIDTH};

/// The arms of every character from U+2500, sixteen a line, each as up, right, down, left:
/// 0 none, 1 light, 2 heavy, 3 double. Dots: dashes, arcs and diagonals, which [`other`] draws.
const ARMS: [&str; 8] = [
    "0101 0202 1010 2020 .... .... .... .... .... .... .... .... 0110 0210 0120 0220",
    "0011 0012 0021 0022 1100 1200 2100 2200 1001 1002 2001 2002 1110 1210 2110 1120",
    "2120 2210 1220 2220 1011 1012 2011 1021 2021 2012 1022 2022 0111 0112 0211 0212",
    "0121 0122 0221 0222 1101 1102 1201 1202 2101 2102 2201 2202 1111 1112 1211 1212",
    "2111 1121 2121 2112 2211 1122 1221 2212 1222 2122 2221 2222 .... .... .... ....",
    "0303 3030 0310 0130 0330 0013 0031 0033 1300 3100 3300 1003 3001 3003 1310 3130",
    "3330 1013 3031 3033 0313 0131 0333 1303 3101 3303 1313 3131 3333 .... .... ....",
    ".... .... .... .... 0001 1000 0100 0010 0002 2000 0200 0020 0201 1020 0102 2010",
];

/// Half the thickness of a heavy line.
const HEAVY: i32 = 15;
/// Distance of each of a double line's two from the middle.
const APART: i32 = 20;

/// The weight of an arm.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arm {
    None,
    /// A single line, so thick on either side of its middle.
    Single(i32),
    Double,
}

pub(super) fn shape(c: char) -> Option<Vec<Piece>> {
    let index = usize::try_from(u32::from(c).checked_sub(0x2500)?).ok()?;
    let digits = ARMS.get(index / 16)?.split(' ').nth(index % 16)?;
    let mut arms = [Arm::None; 4];
    for (arm, digit) in arms.iter_mut().zip(digits.chars()) {
        *arm = match digit {
            '0' => Arm::None,
            '1' => Arm::Single(HALF),
            '2' => Arm::Single(HEAVY),
            '3' => Arm::Double,
            _ => return other(c),
        };
    }
    Some((0..4).flat_map(|direction| arm(direction, arms)).collect())
}

/// The rectangles of one arm; directions count up, right, down, left.
fn arm(direction: usize, arms: [Arm; 4]) -> Vec<Piece> {
    let at = |n: usize| arms.get(n % 4).copied().unwrap_or(Arm::None);
    let opposite = at(direction + 2);
    // The arms across it: the one up or left of the middle, then the one down or right.
    let across = if direction.is_multiple_of(2) { [at(3), at(1)] } else { [at(0), at(2)] };
    let piece = |start, side, half| Piece::Rect(place(direction, start, side, half));
    match at(direction) {
        Arm::None => Vec::new(),
        Arm::Single(half) => vec![piece(single_start(across, opposite), 0, half)],
        Arm::Double => {
            let [before, after] = across;
            vec![
                piece(double_start(before, after, opposite), -APART, HALF),
                piece(double_start(after, before, opposite), APART, HALF),
            ]
        }
    }
}

/// Where a single line begins, counted from the middle towards its edge: beyond the middle (negative) to fill
/// a corner, short of it where a double line passes by.
fn single_start(across: [Arm; 2], opposite: Arm) -> i32 {
    match across {
        [Arm::Double, Arm::Double] if opposite == Arm::None => APART - HALF,
        [Arm::Double, Arm::Double] => 0,
        [Arm::Double, _] | [_, Arm::Double] => -(APART + HALF),
        _ => -across.iter().map(|a| if let Arm::Single(half) = a { *half } else { 0 }).max().unwrap_or(0),
    }
}

/// The same for one of the lines of a double one, `near` being the arm on its own side.
fn double_start(near: Arm, far: Arm, opposite: Arm) -> i32 {
    match (near, far) {
        (Arm::Double, _) => APART - HALF,
        _ if opposite != Arm::None => 0,
        (_, Arm::Double) => -(APART + HALF),
        (Arm::None, Arm::None) => 0,
        _ => -HALF,
    }
}

/// A line in `direction` from `start` to the edge, `side` away from the middle, `half` thick either way.
fn place(direction: usize, start: i32, side: i32, half: i32) -> Rect {
    let (cx, cy) = MIDDLE;
    match direction {
        0 => Rect::between((cx + side - half, 0), (cx + side + half, cy - start)),
        1 => Rect::between((cx + start, cy + side - half), (WIDTH, cy + side + half)),
        2 => Rect::between((cx + side - half, cy + start), (cx + side + half, HEIGHT)),
        _ => Rect::between((0, cy + side - half), (cx - start, cy + side + half)),
    }
}

/// Dashes, arcs and diagonals.
fn other(c: char) -> Option<Vec<Piece>> {
    let (cx, cy) = MIDDLE;
    let (n, e, s, w) = ((cx, 0), (WIDTH, cy), (cx, HEIGHT), (0, cy));
    let rising = || Piece::Line(vec![(WIDTH, 0), (0, HEIGHT)]);
    let falling = || Piece::Line(vec![(0, 0), (WIDTH, HEIGHT)]);
    Some(match c {
        '┄' => dashes(3, HALF, false),
        '┅' => dashes(3, HEAVY, false),
        '┆' => dashes(3, HALF, true),
        '┇' => dashes(3, HEAVY, true),
        '┈' => dashes(4, HALF, false),
        '┉' => dashes(4, HEAVY, false),
        '┊' => dashes(4, HALF, true),
        '┋' => dashes(4, HEAVY, true),
        '╌' => dashes(2, HALF, false),
        '╍' => dashes(2, HEAVY, false),
        '╎' => dashes(2, HALF, true),
        '╏' => dashes(2, HEAVY, true),
        '╭' => vec![Piece::Turn(s, MIDDLE, e)],
        '╮' => vec![Piece::Turn(s, MIDDLE, w)],
        '╯' => vec![Piece::Turn(n, MIDDLE, w)],
        '╰' => vec![Piece::Turn(n, MIDDLE, e)],
        '╱' => vec![rising()],
        '╲' => vec![falling()],
        '╳' => vec![rising(), falling()],
        _ => return None,
    })
}

/// So many dashes from edge to edge, half a gap at either end.
fn dashes(count: i32, half: i32, vertical: bool) -> Vec<Piece> {
    let (cx, cy) = MIDDLE;
    let length = if vertical { HEIGHT } else { WIDTH };
    let gap = length / count / 3;
    let dash = |i: i32| {
        let (from, to) = (length * i / count + gap / 2, length * (i + 1) / count - (gap - gap / 2));
        Piece::Rect(if vertical {
            Rect::between((cx - half, from), (cx + half, to))
        } else {
            Rect::between((from, cy - half), (to, cy + half))
        })
    };
    (0..count).map(dash).collect()
}
