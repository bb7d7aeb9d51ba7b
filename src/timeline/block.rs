//! A block: a few dozen moments, first as their lines alone (which is what is searched), then whole.

use super::delta::{WorldDelta, findings};
use super::entry::{Base, Entry, Note, Stored};
use super::patch::Misfit;
use super::search::{Brief, Kinds};
use crate::engine::Moment;
use crate::world::{World, diff};
use serde::de::DeserializeOwned;

/// A block is written when it has so many moments, or so many bytes of them,
const ENOUGH: u32 = 64;
const FULL: usize = 256 << 10;
/// and no sooner than they have as many bytes as the world at its start, which is large where many processes hold much: written for
/// every few moments it would be nearly all of the file. But with so many moments it is, for each is found by way of those before it.
pub(super) const MOST: u32 = 1024;
/// No part of a block is larger. What claims to be is damaged, and a moment that would be is not kept.
pub(super) const LARGEST: usize = 16 << 20;
/// Of what the terminal showed so much is kept with each moment and before each block.
const TERMINAL: usize = 8 << 10;

/// What can be told of a block without reading it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Digest {
    /// The step of its first moment.
    pub step: u64,
    /// How many moments it has.
    pub count: u32,
    /// What happens in it.
    pub kinds: Kinds,
    /// Which names may be in it, as a Bloom filter of 256 bits: a name that is not in here is not in the block.
    pub names: [u64; 4],
}

impl Digest {
    /// Whether this name may be in the block.
    pub(super) fn may_name(&self, name: &str) -> bool {
        bits(name).all(|(word, bit)| self.names.get(word).is_some_and(|w| w & bit != 0))
    }

    fn add(&mut self, brief: &Brief) {
        self.count += 1;
        self.kinds = self.kinds | brief.kinds;
        for name in brief.names() {
            for (word, bit) in bits(name) {
                if let Some(w) = self.names.get_mut(word) {
                    *w |= bit;
                }
            }
        }
    }
}

/// The bits that stand for a name: two, from its FNV-1a hash.
fn bits(name: &str) -> impl Iterator<Item = (usize, u64)> {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    [hash >> 8, hash >> 40].into_iter().map(|h| (usize::from((h as u8) >> 6), 1 << (h & 63)))
}

/// A block that is being filled.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub digest: Digest,
    /// Its lines: [`Brief`]s one after the other.
    pub lines: Vec<u8>,
    /// Its moments: a [`Base`], then [`Stored`]s.
    pub moments: Vec<u8>,
    /// The length of that base.
    base: usize,
    /// How things stand after the last of them.
    last: Base,
    /// How many bytes the terminal had shown by then.
    shown: u64,
    /// The step of the moment that was added last, to this block or to one before.
    pub newest: Option<usize>,
}

impl Builder {
    /// Add a moment; `terminal` is what the terminal has shown since the one before, or the last of that; `text` the number of the source
    /// text that it speaks of. False where it is
    /// too large: nothing has changed then.
    ///
    /// # Errors
    /// Where it cannot be encoded.
    pub(super) fn add(
        &mut self,
        moment: &Moment,
        note: &Note,
        terminal: &[u8],
        text: Option<u32>,
    ) -> Result<bool, postcard::Error> {
        let news = terminal.get(terminal.len().saturating_sub(TERMINAL)..).unwrap_or_default();
        let stored = Stored {
            step: moment.step as u64,
            cause: moment.cause,
            call: moment.call.clone(),
            own: moment.own.clone(),
            resumed: moment.resumed.clone(),
            world: WorldDelta::of(&self.last.world, &moment.world),
            flows: moment.flows.clone(),
            findings: findings(&self.last.findings, &moment.findings),
            checks: moment.checks.clone(),
            terminal: moment.terminal as u64,
            traced: moment.traced,
            source: moment.source.clone(),
            text,
            shown: news.to_vec(),
            note: note.clone(),
        };
        let base = if self.digest.count == 0 { postcard::to_allocvec(&self.last)? } else { Vec::new() };
        let (encoded, brief) = (postcard::to_allocvec(&stored)?, Brief::of(moment));
        let lines = postcard::to_allocvec(&brief)?;
        if self.moments.len() + base.len() + encoded.len() > LARGEST || self.lines.len() + lines.len() > LARGEST {
            return Ok(false);
        }
        if self.digest.count == 0 {
            self.digest.step = stored.step;
            self.base = base.len();
        }
        self.digest.add(&brief);
        self.moments.extend(base);
        self.moments.extend(encoded);
        self.lines.extend(lines);
        self.shown = stored.terminal;
        if stored.world.apply(&mut self.last.world).is_err()
            || stored.findings.apply_whole(&mut self.last.findings).is_err()
        {
            // No change that was made of both misfits. All the same: no moment may be built on another than it was made of.
            self.last.world.clone_from(&moment.world);
            self.last.findings.clone_from(&moment.findings);
        }
        keep_last(&mut self.last.terminal, news);
        self.newest = Some(moment.step);
        Ok(true)
    }

    /// It is time to write it.
    pub(super) fn is_full(&self) -> bool {
        let news = self.moments.len() - self.base.min(self.moments.len()) + self.lines.len();
        let enough = self.digest.count >= ENOUGH || news >= FULL;
        enough && news >= self.base || self.digest.count >= MOST
    }

    /// Begin the next block where this one ends.
    pub(super) fn begin_next(&mut self) {
        self.digest = Digest::default();
        self.lines.clear();
        self.moments.clear();
    }
}

fn keep_last(kept: &mut Vec<u8>, news: &[u8]) {
    kept.extend_from_slice(news);
    let surplus = kept.len().saturating_sub(TERMINAL);
    kept.drain(..surplus);
}

/// What is wrong with the bytes of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;

impl From<Misfit> for Damaged {
    fn from(_: Misfit) -> Damaged {
        Damaged
    }
}

fn take<'b, T: DeserializeOwned>(bytes: &mut &'b [u8]) -> Result<T, Damaged> {
    let (value, rest) = postcard::take_from_bytes::<T>(bytes).map_err(|_| Damaged)?;
    let rest: &'b [u8] = rest;
    *bytes = rest;
    Ok(value)
}

/// The lines of a block.
pub(super) fn briefs(mut bytes: &[u8], count: u32) -> Result<Vec<Brief>, Damaged> {
    (0..count).map(|_| take(&mut bytes)).collect()
}

/// The moment at this place in a block, and the number of the source text that it speaks of; `first` where the block is the first
/// of all.
pub(super) fn entry(mut bytes: &[u8], at: u32, first: bool) -> Result<(Entry, Option<u32>), Damaged> {
    let mut base: Base = take(&mut bytes)?;
    for _ in 0..at {
        let stored: Stored = take(&mut bytes)?;
        advance(&mut base, stored)?;
    }
    let before = base.world.clone();
    let stored: Stored = take(&mut bytes)?;
    let (shown, text) = (stored.shown.len(), stored.text);
    let (mut moment, note) = advance(&mut base, stored)?;
    moment.changes = if first && at == 0 { diff(&World::default(), &base.world) } else { diff(&before, &base.world) };
    moment.world = base.world;
    moment.findings = base.findings;
    Ok((Entry { moment, note, shown: shown.min(base.terminal.len()), terminal: base.terminal }, text))
}

/// Bring `base` to the moment, which is all but its world, findings and changes.
fn advance(base: &mut Base, stored: Stored) -> Result<(Moment, Note), Damaged> {
    stored.world.apply(&mut base.world)?;
    stored.findings.apply_whole(&mut base.findings)?;
    keep_last(&mut base.terminal, &stored.shown);
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let moment = Moment {
        step: number(stored.step),
        cause: stored.cause,
        call: stored.call,
        own: stored.own,
        resumed: stored.resumed,
        world: World::default(),
        changes: Vec::new(),
        flows: stored.flows,
        findings: Vec::new(),
        checks: stored.checks,
        terminal: number(stored.terminal),
        traced: stored.traced,
        source: stored.source,
    };
    Ok((moment, stored.note))
}
