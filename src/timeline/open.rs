//! Opening a file: from its beginning, as far as it is whole.

use super::entry::About;
use super::file::{self, BlockHead, Flaw, HEAD, MAGIC, OpenError, START, VERSION};
use super::texts::Texts;
use crate::lesson::Listing;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// No chunk that was written by us is longer.
const LONGEST: u32 = 64 << 20;

/// What was found in a file.
pub(super) struct Found {
    pub about: About,
    /// Each block, and where the rest of its chunk begins.
    pub blocks: Vec<(u64, BlockHead)>,
    /// The source texts that the moments speak of.
    pub texts: Texts,
    pub flaw: Option<Flaw>,
}

/// One chunk, or why there is none.
enum Next {
    Chunk(u8),
    Nothing,
    Flaw(Flaw),
}

/// Read all of `from` once; only what stands before the first flaw counts.
pub(super) fn open(from: &File) -> Result<Found, OpenError> {
    let mut input = BufReader::with_capacity(1 << 18, from);
    input.seek(SeekFrom::Start(0))?;
    start(&mut input)?;
    let mut rest = Vec::new();
    let about = match next(&mut input, &mut rest)? {
        Next::Chunk(file::ABOUT) => clean_about(file::about(&rest).ok_or(OpenError::Damaged)?),
        Next::Chunk(_) | Next::Flaw(Flaw::Damaged) => return Err(OpenError::Damaged),
        Next::Nothing | Next::Flaw(_) => return Err(OpenError::Empty),
    };
    let mut at = START + (HEAD + rest.len()) as u64;
    let (mut blocks, mut count, mut texts) = (Vec::new(), 0_u64, Texts::default());
    let flaw = loop {
        match next(&mut input, &mut rest)? {
            Next::Chunk(file::MOMENTS) => match file::block_head(&rest) {
                Some(head) => {
                    count += u64::from(head.digest.count);
                    blocks.push((at + HEAD as u64, head));
                }
                None => break Some(Flaw::Damaged),
            },
            Next::Chunk(file::TEXT) if texts.read(&rest) => {}
            Next::Chunk(file::END) if rest.len() == 8 && file::u64_at(&rest, 0) == count => break None,
            Next::Chunk(_) => break Some(Flaw::Damaged),
            Next::Nothing => break Some(Flaw::Unfinished),
            Next::Flaw(flaw) => break Some(flaw),
        }
        at += (HEAD + rest.len()) as u64;
    };
    match (blocks.is_empty(), flaw) {
        (true, Some(Flaw::Damaged)) => Err(OpenError::Damaged),
        (true, _) => Err(OpenError::Empty),
        (false, flaw) => Ok(Found { about, blocks, texts, flaw }),
    }
}

/// Titles and programs from a stranger: only what can be printed.
fn clean_about(mut about: About) -> About {
    words(&mut about.title, &[]);
    words(&mut about.source, &[]);
    about.code = about.code.into_iter().map(clean).collect();
    about
}

/// As that, of one program.
pub(super) fn clean(mut listing: Listing) -> Listing {
    words(&mut listing.language, &[]);
    words(&mut listing.file, &[]);
    words(&mut listing.text, &['\n', '\t']);
    listing
}

fn words(text: &mut String, spared: &[char]) {
    if text.chars().any(|c| c.is_control() && !spared.contains(&c)) {
        *text = text.chars().map(|c| if c.is_control() && !spared.contains(&c) { '\u{fffd}' } else { c }).collect();
    }
}

fn start(input: &mut impl Read) -> Result<(), OpenError> {
    let mut start = [0; START as usize];
    let got = fill(input, &mut start)?;
    if got < MAGIC.len() || start[..MAGIC.len()] != MAGIC {
        return Err(OpenError::Foreign);
    }
    if got < start.len() {
        return Err(OpenError::Empty);
    }
    match u16::from_le_bytes([start[8], start[9]]) {
        VERSION => Ok(()),
        other => Err(OpenError::Version(other)),
    }
}

/// The next chunk; what follows its head in `rest`.
fn next(input: &mut impl Read, rest: &mut Vec<u8>) -> io::Result<Next> {
    let mut head = [0; HEAD];
    match fill(input, &mut head)? {
        0 => return Ok(Next::Nothing),
        HEAD => {}
        _ => return Ok(Next::Flaw(Flaw::CutOff)),
    }
    let (kind, length, crc) = file::chunk_head(&head);
    if length > LONGEST {
        return Ok(Next::Flaw(Flaw::Damaged));
    }
    rest.clear();
    // Grows with what is really there, whatever the length claims.
    let got = input.by_ref().take(u64::from(length)).read_to_end(rest)?;
    if got as u64 != u64::from(length) {
        return Ok(Next::Flaw(Flaw::CutOff));
    }
    Ok(if crc32fast::hash(rest) == crc { Next::Chunk(kind) } else { Next::Flaw(Flaw::Damaged) })
}

/// As many bytes as there are, at most as many as have room.
fn fill(input: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while let Some(left) = room.get_mut(got..).filter(|left| !left.is_empty()) {
        match input.read(left) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}
