//! The file: a mark and a version, then chunks, each with its lengths and a checksum.
//!
//! ```text
//! file   89 'p' 'i' 'p' 'e' 's' 'c' 0a, version u16, 0 u16, chunk...
//! chunk  kind u8, 0 0 0, length u32, CRC-32 of the rest u32, rest
//!   'A'  what the run was: raw length u32, LZ4 block of a postcard `About`; once, first
//!   'B'  moments: step u64, count u32, kinds u8, 0 0 0, names 4 x u64, lengths of the two parts (raw, stored) 4 x u32,
//!        LZ4 block of `Brief`s, LZ4 block of a `Base` and `Stored`s
//!   'T'  the text of a source file: raw length u32, LZ4 block of a postcard `Listing`; before the moments that speak of it, which
//!        name it by its place among those
//!   'Z'  the end: number of moments u64
//! ```
//!
//! Numbers are little-endian. What postcard writes is the order of fields and variants in the types: whoever changes that
//! raises [`VERSION`].

use super::block::{Builder, Digest, LARGEST};
use super::entry::About;
use super::search::Kinds;
use std::io::{self, Read};
use std::path::Path;

pub(super) const MAGIC: [u8; 8] = *b"\x89pipesc\n";
/// Of the format. Files of another version are refused.
pub(super) const VERSION: u16 = 4;
/// Length of the mark and the version.
pub(super) const START: u64 = 12;
/// Length of what stands before the rest of a chunk.
pub(super) const HEAD: usize = 12;
/// Length of what stands before the two parts of a block.
const BLOCK: usize = 64;

pub(super) const ABOUT: u8 = b'A';
pub(super) const MOMENTS: u8 = b'B';
pub(super) const TEXT: u8 = b'T';
pub(super) const END: u8 = b'Z';

/// Why a file is not opened at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("is no run that pipescope saved")]
    Foreign,
    /// Another version of the program wrote it.
    #[error("was saved by another version of pipescope: its format is {0}, this one reads {VERSION}")]
    Version(u16),
    /// Nothing in it is whole.
    #[error("is damaged at its beginning")]
    Damaged,
    /// It ends before its first moment is whole.
    #[error("ends before its first moment")]
    Empty,
}

/// What is wrong with a file that could be opened in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It ends where a chunk could, but has no end mark: whoever wrote it was stopped, or is still at it.
    Unfinished,
    /// It ends within a chunk.
    CutOff,
    /// Something in it is not as it was written.
    Damaged,
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Flaw::Unfinished => "the run was not finished: what was written so far is shown",
            Flaw::CutOff => "the file is cut off: what is whole is shown",
            Flaw::Damaged => "the file is damaged: what stands before the damage is shown",
        })
    }
}

/// Whether this file begins as a saved run does.
pub fn is_timeline(path: &Path) -> bool {
    let regular = std::fs::metadata(path).is_ok_and(|meta| meta.is_file());
    let mut magic = [0; 8];
    regular && std::fs::File::open(path).and_then(|mut f| f.read_exact(&mut magic)).is_ok() && magic == MAGIC
}

/// How long a part of a block is, raw and as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub raw: u32,
    pub stored: u32,
}

/// What stands before the parts of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockHead {
    pub digest: Digest,
    pub lines: Part,
    pub moments: Part,
}

pub(super) fn start() -> Vec<u8> {
    [&MAGIC[..], &VERSION.to_le_bytes(), &[0, 0]].concat()
}

/// A chunk around `rest`.
pub(super) fn chunk(kind: u8, rest: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(rest.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let crc = crc32fast::hash(rest);
    let mut out = vec![kind, 0, 0, 0];
    out.extend(length.to_le_bytes());
    out.extend(crc.to_le_bytes());
    out.extend_from_slice(rest);
    Ok(out)
}

/// Kind, length and checksum from the head of a chunk.
pub(super) fn chunk_head(head: &[u8; HEAD]) -> (u8, u32, u32) {
    (head[0], u32_at(head, 4), u32_at(head, 8))
}

pub(super) fn about_chunk(about: &About) -> io::Result<Vec<u8>> {
    let raw = postcard::to_allocvec(about).map_err(io::Error::other)?;
    let length = u32::try_from(raw.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
    chunk(ABOUT, &[&length.to_le_bytes()[..], &lz4_flex::block::compress(&raw)].concat())
}

pub(super) fn about(rest: &[u8]) -> Option<About> {
    let (raw, stored) = rest.split_at_checked(4)?;
    let raw = unpack(stored, u32_at(raw, 0))?;
    postcard::from_bytes(&raw).ok()
}

/// A block as a chunk, and its head.
pub(super) fn block_chunk(block: &Builder) -> io::Result<(Vec<u8>, BlockHead)> {
    let (lines, moments) = (lz4_flex::block::compress(&block.lines), lz4_flex::block::compress(&block.moments));
    let length = |n: usize| u32::try_from(n).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge));
    let head = BlockHead {
        digest: block.digest,
        lines: Part { raw: length(block.lines.len())?, stored: length(lines.len())? },
        moments: Part { raw: length(block.moments.len())?, stored: length(moments.len())? },
    };
    let Digest { step, count, kinds, names } = head.digest;
    let mut rest = Vec::with_capacity(BLOCK + lines.len() + moments.len());
    rest.extend(step.to_le_bytes());
    rest.extend(count.to_le_bytes());
    rest.extend([kinds.0, 0, 0, 0]);
    rest.extend(names.iter().flat_map(|n| n.to_le_bytes()));
    for n in [head.lines.raw, head.lines.stored, head.moments.raw, head.moments.stored] {
        rest.extend(n.to_le_bytes());
    }
    rest.extend(lines);
    rest.extend(moments);
    Ok((chunk(MOMENTS, &rest)?, head))
}

/// The head of a block, where it agrees with the chunk it is in.
pub(super) fn block_head(rest: &[u8]) -> Option<BlockHead> {
    let head = rest.get(..BLOCK)?;
    let part = |at| Part { raw: u32_at(head, at), stored: u32_at(head, at + 4) };
    let names = [16, 24, 32, 40].map(|at| u64_at(head, at));
    let digest = Digest { step: u64_at(head, 0), count: u32_at(head, 8), kinds: Kinds(*head.get(12)?), names };
    let (lines, moments) = (part(48), part(56));
    let whole = BLOCK as u64 + u64::from(lines.stored) + u64::from(moments.stored) == rest.len() as u64;
    let small = [lines.raw, moments.raw].iter().all(|n| *n as usize <= LARGEST);
    (whole && small && digest.count > 0 && digest.count <= super::block::MOST).then_some(BlockHead {
        digest,
        lines,
        moments,
    })
}

/// Where the parts of a block begin, from where the rest of its chunk does: lines, moments.
pub(super) fn parts_at(rest: u64, head: &BlockHead) -> (u64, u64) {
    let lines = rest.saturating_add(BLOCK as u64);
    (lines, lines.saturating_add(u64::from(head.lines.stored)))
}

/// The bytes that were packed; `None` where they are not as many as was said, or too many.
pub(super) fn unpack(stored: &[u8], raw: u32) -> Option<Vec<u8>> {
    let raw = usize::try_from(raw).ok().filter(|n| *n <= LARGEST)?;
    let out = lz4_flex::block::decompress(stored, raw).ok()?;
    (out.len() == raw).then_some(out)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
}
