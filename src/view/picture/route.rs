//! Routes lines through the channel between a column of processes and the column of pipes.
//!
//! A *net* joins one or more descriptor rows (its pins) to one row of a pipe's side (its port). A net whose only pin
//! is level with its port runs straight; any other takes a vertical track in the channel. Two rules keep the drawing
//! true: nets that share a row never overlap in it, and nets that share a track never touch. Crossings are allowed,
//! and avoided.

/// One net: the descriptor rows and the row at the pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Net {
    /// Rows of the descriptors, ascending; at least one.
    pub(super) pins: Vec<i32>,
    /// Row at the pipe.
    pub(super) port: i32,
}

impl Net {
    /// First and last row that its track covers.
    pub(super) fn span(&self) -> (i32, i32) {
        self.pins.iter().fold((self.port, self.port), |(low, high), pin| (low.min(*pin), high.max(*pin)))
    }

    /// Needs no track.
    pub(super) fn is_straight(&self) -> bool {
        self.span().0 == self.span().1
    }

    fn covers(&self, row: i32) -> bool {
        let (low, high) = self.span();
        (low..=high).contains(&row)
    }

    fn meets(&self, other: &Net) -> bool {
        let (low, high) = self.span();
        let (other_low, other_high) = other.span();
        low <= other_high && other_low <= high
    }

    /// Has to have its track nearer to the processes than `other`, because they share a row.
    fn is_before(&self, other: &Net) -> bool {
        self.pins.contains(&other.port)
    }

    /// How often the two cross when this one's track is the nearer to the processes.
    fn crossings(&self, farther: &Net) -> usize {
        farther.pins.iter().filter(|pin| self.covers(**pin)).count() + usize::from(farther.covers(self.port))
    }
}

/// The nets of a channel with their tracks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Channel {
    /// The track of each net, 0 nearest to the processes; `None` for a straight one.
    pub(super) tracks: Vec<Option<i32>>,
    /// How many tracks there are.
    pub(super) width: i32,
    /// How often lines cross.
    pub(super) crossings: usize,
}

impl Channel {
    /// The columns it needs between arrowheads: one more where lines cross, to part the crossing from an arrowhead.
    pub(super) fn room(&self) -> i32 {
        self.width + i32::from(self.crossings > 0)
    }

    /// How many columns lie from track to track where the channel is `gutter` columns wide.
    pub(super) fn spread(&self, gutter: i32) -> i32 {
        if gutter >= 2 * self.width + 2 { 2 } else { 1 }
    }

    /// The column of the first track, counted from the processes.
    pub(super) fn first(&self, gutter: i32) -> i32 {
        let parted = gutter >= 2 * self.width + 3 || (self.crossings > 0 && self.spread(gutter) == 1);
        if parted && gutter >= self.width + 3 { 2 } else { 1 }
    }
}

/// Gives every net its track; `None` where no order of tracks keeps them apart.
pub(super) fn channel(nets: &[Net]) -> Option<Channel> {
    let mut out = Channel { tracks: vec![None; nets.len()], width: 0, crossings: 0 };
    let mut waiting: Vec<usize> = (0..nets.len()).filter(|i| nets.get(*i).is_some_and(|n| !n.is_straight())).collect();
    let mut done: Vec<(usize, i32)> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let index = next_in_order(nets, &waiting)?;
        let net = nets.get(index)?;
        let mut track = 0;
        for (earlier, taken) in &done {
            let earlier = nets.get(*earlier)?;
            if earlier.meets(net) {
                track = track.max(taken + 1);
                out.crossings += earlier.crossings(net);
            }
        }
        out.crossings += nets.iter().filter(|n| n.is_straight() && net.covers(n.port)).count();
        out.width = out.width.max(track + 1);
        *out.tracks.get_mut(index)? = Some(track);
        done.push((index, track));
        waiting.retain(|i| *i != index);
    }
    Some(out)
}

/// The net that may come next, seen from the processes, and crosses least with those after it.
fn next_in_order(nets: &[Net], waiting: &[usize]) -> Option<usize> {
    let others = |i: usize| waiting.iter().filter(move |o| **o != i).filter_map(|o| nets.get(*o));
    waiting
        .iter()
        .filter_map(|i| nets.get(*i).map(|net| (*i, net)))
        .filter(|(i, net)| !others(*i).any(|o| o.is_before(net)))
        .min_by_key(|(i, net)| others(*i).map(|o| net.crossings(o) as i64 - o.crossings(net) as i64).sum::<i64>())
        .map(|(i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(pins: &[i32], port: i32) -> Net {
        Net { pins: pins.to_vec(), port }
    }

    #[test]
    fn tracks_keep_nets_apart() {
        for (nets, tracks, crossings) in [
            (vec![], vec![], 0),
            (vec![net(&[3], 3), net(&[4], 4)], vec![None, None], 0),
            // Both bend down: the lower one has to turn first, or they cross.
            (vec![net(&[2], 4), net(&[3], 5)], vec![Some(1), Some(0)], 0),
            (vec![net(&[4], 2), net(&[5], 3)], vec![Some(0), Some(1)], 0),
            // Apart: one track serves both.
            (vec![net(&[1], 2), net(&[6], 8)], vec![Some(0), Some(0)], 0),
            // The pin of one is level with the port of the other.
            (vec![net(&[3], 2), net(&[4], 3)], vec![Some(0), Some(1)], 0),
            // Two descriptors of one net, with another's between: they cross once.
            (vec![net(&[3, 5], 3), net(&[4], 4)], vec![Some(0), None], 1),
        ] {
            let got = channel(&nets).unwrap();
            assert_eq!((got.tracks, got.crossings), (tracks, crossings), "{nets:?}");
        }
    }

    #[test]
    fn a_swap_has_no_order() {
        assert_eq!(channel(&[net(&[3], 4), net(&[4], 3)]), None);
    }
}
