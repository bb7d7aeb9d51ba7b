//! Which objects get a box of the picture, and the lines that have to be led to each.

use super::layout::ProcessBox;
use super::place::{Item, Lead};
use super::{Picture, connection, pipes};
use crate::world::{Access, Object, Usage};

/// What one box shows: an object, or the two sockets of a connection. By their places in the world's objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drawn {
    /// The object; of a connection, the socket in the upper half.
    pub(super) object: usize,
    /// The socket in the lower half.
    pub(super) other: Option<usize>,
}

impl Drawn {
    /// The object is in it.
    pub(super) fn shows(&self, object: usize) -> bool {
        self.object == object || self.other == Some(object)
    }

    /// Whether any of what it shows is so.
    pub(super) fn any(&self, picture: &Picture, is: impl Fn(&Object) -> bool) -> bool {
        [Some(self.object), self.other].into_iter().flatten().filter_map(|i| picture.world.objects.get(i)).any(is)
    }
}

/// The boxes to draw, the most important first, `most` of them.
pub(super) fn drawable(picture: &Picture, boxes: &[ProcessBox], most: usize) -> Vec<Drawn> {
    let ranked = ranked(picture, boxes);
    let mut out: Vec<Drawn> = Vec::new();
    for object in &ranked {
        if out.iter().any(|drawn| drawn.shows(*object)) {
            continue;
        }
        let peer = connection::other_end(picture.world, *object).filter(|peer| ranked.contains(peer));
        out.push(match peer {
            Some(peer) if middle(boxes, peer) < middle(boxes, *object) => Drawn { object: peer, other: Some(*object) },
            other => Drawn { object: *object, other },
        });
    }
    out.truncate(most);
    out
}

/// The objects that could be drawn, the most important first.
fn ranked(picture: &Picture, boxes: &[ProcessBox]) -> Vec<usize> {
    let mut ranked: Vec<(u8, usize)> = Vec::new();
    for b in boxes {
        for row in &b.rows {
            let Some((object, _)) = row.refers() else { continue };
            let Some(shared) = picture.world.objects.get(object) else { continue };
            if !shared.is_shared_by_kind() && shared.holders.len() < 2 {
                continue;
            }
            let rank = match () {
                () if row.selected => 0,
                () if row.waits => 1,
                () if row.new
                    || row.was.is_some()
                    || picture.bytes_changed(&shared.id)
                    || picture.body_changed(&shared.id)
                    || picture.socket_changed(&shared.id) =>
                {
                    2
                }
                () if picture.is_selected(b.process) => 3,
                () if shared.is_shared_by_kind() => 4,
                () => 5,
            };
            match ranked.iter_mut().find(|(_, o)| *o == object) {
                Some(known) => known.0 = known.0.min(rank),
                None => ranked.push((rank, object)),
            }
        }
    }
    // What nobody who lives has used stands alone: it is there all the same.
    for (place, object) in picture.world.objects.iter().enumerate() {
        if object.usage().is_some_and(Usage::is_left) {
            let changed = picture.bytes_changed(&object.id) || picture.body_changed(&object.id);
            ranked.push((if changed { 2 } else { 4 }, place));
        }
    }
    ranked.sort();
    ranked.into_iter().map(|(_, object)| object).collect()
}

/// The rows of the descriptors that refer to an object: their middle, doubled, then the object itself, so that no two are alike.
fn middle(boxes: &[ProcessBox], object: usize) -> (i32, usize) {
    let (mut sum, mut count) = (0, 0);
    for b in boxes {
        for (i, row) in b.rows.iter().enumerate() {
            if row.refers().is_some_and(|(o, _)| o == object) {
                sum += 2 * b.row_y(i);
                count += 1;
            }
        }
    }
    (if count == 0 { 0 } else { sum / count }, object)
}

/// The boxes as things to place, and for each side of each the directions of its lines, in their order.
pub(super) fn items(picture: &Picture, boxes: &[ProcessBox], drawn: &[Drawn]) -> (Vec<Item>, Vec<[Vec<Access>; 2]>) {
    let mut items = Vec::new();
    let mut all = Vec::new();
    for one in drawn {
        let (mut leads, mut accesses) = leads(boxes, one.object);
        let object = |index: usize| picture.world.objects.get(index);
        let inside = match one.other {
            None => {
                let needed = leads.iter().map(Vec::len).max().unwrap_or(0) as i32;
                let inside = object(one.object).map_or(1, pipes::rows).max(needed);
                narrow(&mut leads, (0, inside));
                inside
            }
            Some(other) => {
                let half = |index: usize| object(index).map_or(1, connection::rows);
                let (upper, lower) = (half(one.object), half(other));
                narrow(&mut leads, (0, upper));
                let (mut below, their_accesses) = self::leads(boxes, other);
                narrow(&mut below, (upper + 1, lower));
                for (side, more) in leads.iter_mut().zip(below) {
                    side.extend(more);
                }
                for (side, more) in accesses.iter_mut().zip(their_accesses) {
                    side.extend(more);
                }
                upper + 1 + lower
            }
        };
        items.push(Item { inside, sides: leads, with: beside(picture, drawn, one) });
        all.push(accesses);
    }
    (items, all)
}

/// The other box that a socket which sends to its socket, but is not sent to by it, belongs next to.
fn beside(picture: &Picture, drawn: &[Drawn], one: &Drawn) -> Option<usize> {
    if one.other.is_some() {
        return None;
    }
    let inode = picture.world.objects.get(one.object)?.as_socket()?.peer.value()?.inode()?;
    drawn.iter().position(|other| other.any(picture, |object| object.is_socket_with(inode)))
}

fn narrow(leads: &mut [Vec<Lead>; 2], part: (i32, i32)) {
    for lead in leads.iter_mut().flatten() {
        lead.part = part;
    }
}

/// The lines to one object: for each side one for each direction, with the rows of their descriptors, and those directions.
fn leads(boxes: &[ProcessBox], object: usize) -> ([Vec<Lead>; 2], [Vec<Access>; 2]) {
    let mut sides: [Vec<Lead>; 2] = Default::default();
    let mut accesses: [Vec<Access>; 2] = Default::default();
    for b in boxes {
        let (Some(leads), Some(accesses)) = (sides.get_mut(b.side), accesses.get_mut(b.side)) else { continue };
        for (i, row) in b.rows.iter().enumerate() {
            let Some((_, access)) = row.refers().filter(|(o, _)| *o == object) else { continue };
            match accesses.iter().position(|a| *a == access).and_then(|at| leads.get_mut(at)) {
                Some(lead) => lead.pins.push(b.row_y(i)),
                None => {
                    accesses.push(access);
                    leads.push(Lead { pins: vec![b.row_y(i)], part: (0, 1) });
                }
            }
        }
    }
    for lead in sides.iter_mut().flatten() {
        lead.pins.sort_unstable();
    }
    (sides, accesses)
}
