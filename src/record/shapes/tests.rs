use super::*;

/// Is this point inked by one of the rectangles?
fn inked(pieces: &[Piece], (x, y): (i32, i32)) -> bool {
    pieces.iter().any(|p| matches!(p, Piece::Rect(r) if (r.x..r.x + r.w).contains(&x) && (r.y..r.y + r.h).contains(&y)))
}

/// What a cell's four edges meet there, up, right, down, left: whether a light line, or the lines of a double
/// one, or a heavy one would go on into the neighbour.
fn edges(c: char) -> [char; 4] {
    let pieces = shape(&c.to_string()).unwrap();
    let (cx, cy) = MIDDLE;
    let probe = |at: &dyn Fn(i32) -> (i32, i32)| match (
        inked(&pieces, at(-12)),
        inked(&pieces, at(0)),
        inked(&pieces, at(12)),
        inked(&pieces, at(-20)) && inked(&pieces, at(20)),
    ) {
        (false, false, false, false) => ' ',
        (false, true, false, false) => 'l',
        (true, true, true, false) => 'h',
        (false, false, false, true) => 'd',
        _ => '?',
    };
    [
        probe(&|s| (cx + s, 0)),
        probe(&|s| (WIDTH - 1, cy + s)),
        probe(&|s| (cx + s, HEIGHT - 1)),
        probe(&|s| (0, cy + s)),
    ]
}

#[test]
fn lines_meet_their_neighbours_at_the_edges() {
    for (c, want) in [
        ('─', " l l"),
        ('│', "l l "),
        ('┌', " ll "),
        ('┐', "  ll"),
        ('└', "ll  "),
        ('┘', "l  l"),
        ('├', "lll "),
        ('┤', "l ll"),
        ('┬', " lll"),
        ('┴', "ll l"),
        ('┼', "llll"),
        ('━', " h h"),
        ('┏', " hh "),
        ('╋', "hhhh"),
        ('┢', "lhh "),
        ('═', " d d"),
        ('║', "d d "),
        ('╔', " dd "),
        ('╗', "  dd"),
        ('╚', "dd  "),
        ('╝', "d  d"),
        ('╠', "ddd "),
        ('╬', "dddd"),
        ('╞', "ldl "),
        ('╡', "l ld"),
        ('╪', "ldld"),
        ('╓', " ld "),
        ('╴', "   l"),
        ('╷', "  l "),
        ('╼', " h l"),
    ] {
        assert_eq!(edges(c).iter().collect::<String>(), want, "{c}");
    }
}

#[test]
fn corners_are_filled_and_double_lines_keep_their_gap() {
    let (cx, cy) = MIDDLE;
    let at = |c: char, x: i32, y: i32| inked(&shape(&c.to_string()).unwrap(), (cx + x, cy + y));
    assert!(at('┌', -5, -5), "the outer corner of a light turn");
    assert!(at('╔', -25, -25) && at('╔', 15, 15), "both corners of a double turn");
    assert!(!at('╔', 0, 0) && !at('╬', 0, 0) && !at('╠', 0, 0), "a double line is hollow");
    assert!(at('╟', 15, 0) && !at('╟', 0, 0), "a light line ends at the near one of a double");
    assert!(at('╫', 0, 0) && at('╪', 0, 0), "a light line crosses a double one");
    assert!(at('╓', -25, 0) && at('╒', 0, -25), "a light turn closes a double line");
    assert!(at('╓', 0, 0) && at('╒', 0, 0), "and runs across both of it");
}

#[test]
fn every_box_and_block_character_has_a_shape_within_its_cell() {
    let inside = |(x, y): (i32, i32)| (0..=WIDTH).contains(&x) && (0..=HEIGHT).contains(&y);
    for code in (0x2500_u32..=0x259F).chain("←↑→↓↔↕↳▶►◀◄▲▼▸◂▴▾■◆●•✓✗".chars().map(u32::from))
    {
        let c = char::from_u32(code).unwrap();
        let pieces = shape(&c.to_string()).unwrap_or_else(|| panic!("{c} U+{code:04X} has no shape"));
        assert!(!pieces.is_empty(), "{c}");
        for piece in pieces {
            let fits = match &piece {
                Piece::Rect(r) => r.w > 0 && r.h > 0 && inside((r.x, r.y)) && inside((r.x + r.w, r.y + r.h)),
                Piece::Polygon(points) | Piece::Line(points) => points.iter().all(|p| inside(*p)),
                Piece::Circle((x, y), r) => inside((x - r, y - r)) && inside((x + r, y + r)),
                Piece::Turn(a, b, c) => inside(*a) && inside(*b) && inside(*c),
                Piece::Shade(quarters) => (1..=3).contains(quarters),
            };
            assert!(fits, "{c}: {piece:?}");
        }
    }
    assert_eq!(shape("a"), None);
    assert_eq!(shape("─\u{301}"), None);
    assert_eq!(shape(""), None);
}

#[test]
fn blocks_fill_what_they_say() {
    let area = |c: char| -> i32 {
        let sum = |p: Piece| if let Piece::Rect(r) = p { r.w * r.h } else { 0 };
        shape(&c.to_string()).unwrap().into_iter().map(sum).sum()
    };
    let whole = WIDTH * HEIGHT;
    assert_eq!(area('█'), whole);
    assert_eq!(area('▀') + area('▄'), whole);
    assert_eq!(area('▌') + area('▐'), whole);
    assert_eq!(area('▙') + area('▝'), whole);
    assert_eq!(area('▚') + area('▞'), whole);
    assert!(area('▁') < area('▂') && area('▏') < area('▎'));
}
