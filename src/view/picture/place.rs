//! Places the pipes in their column so that their lines are short, level and cross seldom.

use super::route::{Channel, Net, channel};

/// A pipe that is to be placed.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// Rows inside its frame.
    pub(super) inside: i32,
    /// For each side (left, right) its nets there.
    pub(super) sides: [Vec<Lead>; 2],
    /// The place among the items of the one it belongs next to: the other end of a connection.
    pub(super) with: Option<usize>,
}

/// A net that is to be led to a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lead {
    /// Rows of the descriptors, ascending.
    pub(super) pins: Vec<i32>,
    /// The first row inside the frame that it may arrive at, and how many there are: the part of the box that it belongs to.
    pub(super) part: (i32, i32),
}

impl Item {
    fn height(&self) -> i32 {
        self.inside + 2
    }

    /// The side that all lines to the first part of the box come from, and the one of the parts below; `None` where both do.
    pub(super) fn toward(&self) -> [Option<usize>; 2] {
        [true, false].map(|first| {
            let come = |side: &Vec<Lead>| side.iter().any(|lead| (lead.part.0 == 0) == first);
            match &self.sides {
                [left, right] if come(left) && !come(right) => Some(0),
                [left, right] if come(right) && !come(left) => Some(1),
                _ => None,
            }
        })
    }

    fn middle(&self) -> i32 {
        let (mut sum, mut count) = (0, 0);
        for pin in self.sides.iter().flatten().flat_map(|lead| &lead.pins) {
            sum += pin;
            count += 1;
        }
        if count == 0 { 0 } else { sum / count }
    }
}

/// Where the pipes are, and how their nets run.
#[derive(Debug, Clone, Default)]
pub(super) struct Placement {
    /// The row of the upper edge of each item's frame.
    pub(super) tops: Vec<i32>,
    /// For each side the nets, item by item, in the order of [`Item::sides`].
    pub(super) nets: [Vec<Net>; 2],
    /// For each side their tracks.
    pub(super) channels: [Channel; 2],
    cost: i64,
}

impl Placement {
    /// The columns that the tracks of a side take at most.
    pub(super) fn room(&self) -> i32 {
        self.channels.iter().map(Channel::room).max().unwrap_or(0)
    }
}

/// How far an item is tried from where it is.
const REACH: [i32; 8] = [-1, 1, -2, 2, -3, 3, -5, 5];
/// How often all are tried: each round only keeps what is better, and few rounds find anything.
const ROUNDS: usize = 4;

/// Places `items` from top to bottom beside processes that take `floor` rows; `None` where the lines cannot be kept apart.
pub(super) fn place(items: &[Item], floor: i32) -> Option<Placement> {
    arranged(items, &in_pairs(items), floor).or_else(|| {
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by_key(|i| items.get(*i).map(Item::middle));
        arranged(items, &order, floor)
    })
}

/// The items from top to bottom, those that belong together one below the other.
fn in_pairs(items: &[Item]) -> Vec<usize> {
    let middle = |i: usize| items.get(i).map_or(0, Item::middle);
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|i| {
        let with = items.get(*i).and_then(|item| item.with).unwrap_or(*i);
        (middle(*i) + middle(with), (*i).min(with), middle(*i))
    });
    order
}

fn arranged(items: &[Item], order: &[usize], floor: i32) -> Option<Placement> {
    let mut tops = first_tops(items, order, floor);
    let mut best = routed(items, &tops, floor);
    for _ in 0..ROUNDS {
        let mut better = false;
        for from in 0..order.len() {
            for (step, tail) in REACH.iter().flat_map(|step| [(*step, false), (*step, true)]) {
                let Some(tried) = moved(items, order, &tops, from, step, tail) else { continue };
                let placement = routed(items, &tried, floor);
                let gains = match (&placement, &best) {
                    (Some(p), Some(b)) => p.cost < b.cost,
                    (Some(_), None) => true,
                    _ => false,
                };
                if gains {
                    (tops, best, better) = (tried, placement, true);
                }
            }
        }
        if !better {
            break;
        }
    }
    best
}

/// Each item level with the middle of its descriptors, as far as the others leave room.
fn first_tops(items: &[Item], order: &[usize], floor: i32) -> Vec<i32> {
    let mut tops = vec![0; items.len()];
    let mut free = 0;
    for (item, i) in order.iter().filter_map(|i| items.get(*i).map(|item| (item, *i))) {
        let top = free.max(item.middle() - item.height() / 2);
        free = top + item.height();
        if let Some(slot) = tops.get_mut(i) {
            *slot = top;
        }
    }
    let total: i32 = items.iter().map(Item::height).sum();
    let mut bottom = floor.max(total);
    for (item, i) in order.iter().rev().filter_map(|i| items.get(*i).map(|item| (item, *i))) {
        if let Some(slot) = tops.get_mut(i) {
            *slot = (*slot).min(bottom - item.height()).max(0);
            bottom = *slot;
        }
    }
    tops
}

/// `tops` with the item at place `from` of the order moved by `step` (and all below it, where `tail`).
fn moved(items: &[Item], order: &[usize], tops: &[i32], from: usize, step: i32, tail: bool) -> Option<Vec<i32>> {
    let mut out = tops.to_vec();
    let to = if tail { order.len() } else { from + 1 };
    for i in order.get(from..to)? {
        *out.get_mut(*i)? += step;
    }
    let mut free = 0;
    for i in order {
        let top = *out.get(*i)?;
        if top < free {
            return None;
        }
        free = top + items.get(*i)?.height();
    }
    Some(out)
}

fn routed(items: &[Item], tops: &[i32], floor: i32) -> Option<Placement> {
    let mut out = Placement { tops: tops.to_vec(), ..Placement::default() };
    for (item, top) in items.iter().zip(tops) {
        for (leads, nets) in item.sides.iter().zip(&mut out.nets) {
            let ports = best_ports(leads, top + 1)?;
            nets.extend(leads.iter().zip(ports).map(|(lead, port)| Net { pins: lead.pins.clone(), port }));
        }
        out.cost += i64::from((top + item.height() - floor).max(0)) * 6;
    }
    for (nets, channel_of) in out.nets.iter().zip(&mut out.channels) {
        *channel_of = channel(nets)?;
        out.cost += channel_of.crossings as i64 * 10 + i64::from(channel_of.width) * 4;
        for net in nets.iter().filter(|n| !n.is_straight()) {
            let (low, high) = net.span();
            out.cost += 3 + i64::from(high - low);
        }
    }
    Some(out)
}

/// A row for each net in its part of the box whose inside begins at row `first`: near its descriptors, and in their order.
fn best_ports(leads: &[Lead], first: i32) -> Option<Vec<i32>> {
    let mut best: Option<(i64, Vec<i32>)> = None;
    let mut chosen = Vec::with_capacity(leads.len());
    try_ports(leads, first, &mut chosen, 0, &mut best);
    best.map(|(_, ports)| ports)
}

fn try_ports(leads: &[Lead], first: i32, chosen: &mut Vec<i32>, cost: i64, best: &mut Option<(i64, Vec<i32>)>) {
    if best.as_ref().is_some_and(|(least, _)| cost >= *least) {
        return;
    }
    let Some(Lead { pins, part: (from, rows) }) = leads.get(chosen.len()) else {
        *best = Some((cost, chosen.clone()));
        return;
    };
    for port in first + from..first + from + rows {
        if chosen.contains(&port) {
            continue;
        }
        let far = pins.iter().map(|pin| i64::from((pin - port).abs())).min().unwrap_or(0);
        let swapped =
            leads.iter().zip(chosen.iter()).filter(|(other, taken)| (other.pins < *pins) != (**taken < port)).count();
        chosen.push(port);
        try_ports(leads, first, chosen, cost + far + swapped as i64 * 5, best);
        chosen.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipe(left: &[&[i32]], right: &[&[i32]]) -> Item {
        let side = |nets: &[&[i32]]| nets.iter().map(|pins| Lead { pins: pins.to_vec(), part: (0, 3) }).collect();
        Item { inside: 3, sides: [side(left), side(right)], with: None }
    }

    #[test]
    fn one_pipe_runs_level() {
        let placed = place(&[pipe(&[&[3], &[4]], &[&[3], &[4]])], 6).unwrap();
        assert_eq!(placed.room(), 0);
        assert!(placed.tops[0] >= 0 && placed.tops[0] + 5 <= 6, "{placed:?}");
    }

    #[test]
    fn two_pipes_do_not_overlap_and_need_two_tracks_at_most() {
        let a: &[&[i32]] = &[&[3], &[4]];
        let b: &[&[i32]] = &[&[5], &[6]];
        let placed = place(&[pipe(a, a), pipe(b, b)], 8).unwrap();
        assert!(placed.tops[1] >= placed.tops[0] + 5);
        assert!(placed.room() <= 2, "{placed:?}");
        assert_eq!(placed.channels[0].crossings, 0);
    }

    #[test]
    fn the_ends_of_a_connection_lie_next_to_each_other() {
        let mut items = vec![pipe(&[&[2]], &[]), pipe(&[&[3]], &[]), pipe(&[], &[&[2]]), pipe(&[], &[&[3]])];
        for (one, other) in [(0, 3), (1, 2), (2, 1), (3, 0)] {
            items[one].with = Some(other);
        }
        let tops = place(&items, 0).unwrap().tops;
        let mut order: Vec<usize> = (0..4).collect();
        order.sort_by_key(|i| tops[*i]);
        assert!([[0, 3, 1, 2], [0, 3, 2, 1], [3, 0, 1, 2], [3, 0, 2, 1]].iter().any(|o| order == *o), "{order:?}");
    }

    #[test]
    fn a_line_arrives_in_the_part_it_belongs_to() {
        let lead = |pin: i32, part: (i32, i32)| vec![Lead { pins: vec![pin], part }];
        // The lines of both halves come from the same row on both sides.
        let item = Item { inside: 5, sides: [lead(3, (0, 2)), lead(3, (3, 2))], with: None };
        let placed = place(&[item], 6).unwrap();
        let [left, right] = &placed.nets;
        let inside = placed.tops[0] + 1;
        assert!((inside..inside + 2).contains(&left[0].port), "{placed:?}");
        assert!((inside + 3..inside + 5).contains(&right[0].port), "{placed:?}");
    }

    #[test]
    fn nothing_to_place() {
        assert_eq!(place(&[], 5).unwrap().tops, Vec::<i32>::new());
    }
}
