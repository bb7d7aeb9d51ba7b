//! Block elements, U+2580 to U+259F.

use super::{HEIGHT, MIDDLE, Piece, Rect, WIDTH};

pub(super) fn shape(c: char) -> Option<Vec<Piece>> {
    let code = i32::try_from(u32::from(c)).ok()?;
    let rect = |x, y, w, h| Some(vec![Piece::Rect(Rect { x, y, w, h })]);
    match code {
        0x2580 => rect(0, 0, WIDTH, MIDDLE.1),
        // Lower one eighth to all.
        0x2581..=0x2588 => {
            let h = HEIGHT * (code - 0x2580) / 8;
            rect(0, HEIGHT - h, WIDTH, h)
        }
        // Left seven eighths to one.
        0x2589..=0x258F => rect(0, 0, WIDTH * (0x2590 - code) / 8, HEIGHT),
        0x2590 => rect(MIDDLE.0, 0, WIDTH - MIDDLE.0, HEIGHT),
        0x2591..=0x2593 => Some(vec![Piece::Shade(code - 0x2590)]),
        0x2594 => rect(0, 0, WIDTH, HEIGHT / 8),
        0x2595 => rect(WIDTH - WIDTH / 8, 0, WIDTH / 8, HEIGHT),
        0x2596..=0x259F => Some(quadrants(code)),
        _ => None,
    }
}

fn quadrants(code: i32) -> Vec<Piece> {
    // Upper left, upper right, lower left, lower right.
    let filled = match code {
        0x2596 => "..x.",
        0x2597 => "...x",
        0x2598 => "x...",
        0x2599 => "x.xx",
        0x259A => "x..x",
        0x259B => "xxx.",
        0x259C => "xx.x",
        0x259D => ".x..",
        0x259E => ".xx.",
        _ => ".xxx",
    };
    let corners = [(0, 0), (WIDTH, 0), (0, HEIGHT), (WIDTH, HEIGHT)];
    let pieces = filled.chars().zip(corners).filter(|(mark, _)| *mark == 'x');
    pieces.map(|(_, corner)| Piece::Rect(Rect::between(corner, MIDDLE))).collect()
}
