//! Draws two network namespaces as two machines side by side, with their links inside, and the cable between them.

use super::canvas::Canvas;
use super::text::{columns, fit, safe};
use super::{Picture, boxes};
use crate::explain::machines;
use crate::view::Arms;
use crate::world::{Change, Link, Machine, other_end};

/// A machine is not drawn narrower than this.
const NARROWEST: i32 = 30;
/// A cable is not drawn shorter than this.
const CABLE: i32 = 6;

/// The links of two machines, row by row: those of a cable in one row.
type Rows<'a> = Vec<(Option<&'a Link>, Option<&'a Link>)>;

/// How many rows the two machines take; `None`: there are not two, or something of them is not known, or there is no room.
pub(super) fn height(picture: &Picture, width: i32) -> Option<i32> {
    rows(picture).filter(|_| width >= 2 * NARROWEST + CABLE).map(|rows| rows.len() as i32 + 2)
}

fn rows<'a>(picture: &Picture<'a>) -> Option<Rows<'a>> {
    let [left, right] = picture.world.machines.as_slice() else { return None };
    if left.own || right.own {
        return None;
    }
    let (left, right) = (left.links.value()?, right.links.value()?);
    let cabled = |link: &Link| {
        let (machine, other) = other_end(&picture.world.machines, 0, link)?;
        right.iter().find(|r| machine == 1 && r.index == other.index)
    };
    let pairs: Rows<'a> = left.iter().filter_map(|l| Some((Some(l), Some(cabled(l)?)))).collect();
    let is_in = |link: &Link, pair: &(Option<&Link>, Option<&Link>)| {
        [pair.0, pair.1].into_iter().flatten().any(|other| std::ptr::eq(other, link))
    };
    let rest = |links: &'a [Link]| {
        let free = |link: &&'a Link| !pairs.iter().any(|pair| is_in(link, pair));
        links.iter().filter(free).collect::<Vec<_>>()
    };
    let (lefts, rights) = (rest(left), rest(right));
    let most = lefts.len().max(rights.len());
    let mut out: Rows<'a> = (0..most).map(|i| (lefts.get(i).copied(), rights.get(i).copied())).collect();
    out.extend(pairs);
    Some(out)
}

/// Draws the two, from row `y` on.
pub(super) fn draw(canvas: &mut Canvas, picture: &Picture, (x, y): (i32, i32), width: i32) {
    let (Some(rows), [left, right]) = (rows(picture), picture.world.machines.as_slice()) else { return };
    let each = NARROWEST + (width - CABLE - 2 * NARROWEST) / 3;
    let right_x = x + width - each;
    machine(canvas, picture, left, &rows.iter().map(|(left, _)| *left).collect::<Vec<_>>(), (x, y), each);
    machine(canvas, picture, right, &rows.iter().map(|(_, right)| *right).collect::<Vec<_>>(), (right_x, y), each);
    for (row, link) in (y + 1..).zip(&rows) {
        if let (Some(link), Some(_)) = link
            && other_end(&picture.world.machines, 0, link).is_some()
        {
            cable(canvas, picture, link, (x + each, right_x), row);
        }
    }
}

/// One machine: its name, and its links, each in its row.
fn machine(
    canvas: &mut Canvas,
    picture: &Picture,
    machine: &Machine,
    links: &[Option<&Link>],
    (x, y): (i32, i32),
    width: i32,
) {
    let (theme, glyphs) = (picture.theme, &picture.glyphs);
    let changed = picture.changes.contains(&Change::Machine(machine.network));
    boxes::frame(canvas, glyphs, (x, y), width, links.len() as i32, theme.border);
    let name = safe(&machines::name(picture.world, machine), glyphs);
    let name = if changed { format!(" {} {name} ", glyphs.changed) } else { format!(" {name} ") };
    canvas.put(x + 1, y, &fit(&name, width - 2, glyphs), theme.title);
    for (row, link) in (y + 1..).zip(links) {
        let Some(link) = link else { continue };
        let style = if changed { theme.changed } else { theme.text };
        canvas.put(x + 2, row, &fit(&safe(&machines::link(link), glyphs), width - 4, glyphs), style);
    }
}

/// A cable from one machine to the other; a single line where nothing can go through it.
fn cable(canvas: &mut Canvas, picture: &Picture, link: &Link, (start, end): (i32, i32), y: i32) {
    let (glyphs, style) = (&picture.glyphs, picture.theme.title);
    let level = Arms::LEFT.and(Arms::RIGHT).of(if link.carrier { glyphs.double } else { glyphs.light });
    for x in start..end {
        canvas.put(x, y, level, style);
    }
    if link.carrier {
        canvas.put(start - 1, y, glyphs.double_leaves.0, style);
        canvas.put(end, y, glyphs.double_leaves.1, style);
    }
    let word = if link.carrier { " cable " } else { " no carrier " };
    let room = end - start - columns(word);
    if room > 1 {
        canvas.put(start + room / 2, y, word, picture.theme.text);
    }
}
