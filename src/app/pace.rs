//! How long to rest after work that nobody asked for, so that it takes a small share of a processor.

use std::time::Duration;

/// A look takes this share of the time until the next: 1.5 % of a core.
const SHARE: u32 = 66;
/// However little a look takes.
const SHORTEST: Duration = Duration::from_secs(1);

/// The time between two looks, from what looking and drawing have cost.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// What the last frame cost, in time on processors; `None` before there was one.
    drawn: Option<Duration>,
    looked: Duration,
    begun: bool,
}

impl Pace {
    /// A look has cost so much. [`Pace::rest`] is right from now on: the next frame, which shows it, will cost what the last did.
    /// The first look reads what later ones need not read again: it is what it takes to begin, and no measure of what follows.
    pub(super) fn looked(&mut self, cost: Duration) {
        self.looked = if self.begun { cost } else { Duration::ZERO };
        self.begun = true;
    }

    /// A frame has cost so much. Whether it told the pace wrongly: before the first, nobody knows what one costs.
    pub(super) fn drew(&mut self, cost: Duration) -> bool {
        let told = self.rest();
        let first = self.drawn.is_none();
        self.drawn = Some(cost);
        first && told != self.rest()
    }

    /// So long until the next look.
    pub(super) fn rest(&self) -> Duration {
        ((self.looked + self.drawn.unwrap_or_default()) * SHARE).max(SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    fn begun() -> Pace {
        let mut pace = Pace::default();
        pace.looked(ms(900));
        pace
    }

    #[test]
    fn the_frame_after_a_look_shows_the_pace_that_is_kept_after_it() {
        let mut pace = begun();
        assert_eq!(pace.rest(), SHORTEST);
        pace.looked(ms(40));
        assert!(pace.drew(ms(10)), "it could not know that the frame would cost more than nothing");
        assert_eq!(pace.rest(), ms(50) * SHARE);
        // Then it is right at once, in the frame that is drawn next.
        pace.looked(ms(90));
        let told = pace.rest();
        assert!(!pace.drew(ms(10)));
        assert_eq!((told, pace.rest()), (ms(100) * SHARE, told));
    }

    #[test]
    fn a_look_takes_less_than_a_fiftieth_of_a_core() {
        for cost in [0, 1, 20, 700] {
            let mut pace = begun();
            pace.looked(ms(cost));
            assert!(pace.rest() >= ms(cost) * 50 && pace.rest() >= SHORTEST, "{cost}");
        }
    }
}
