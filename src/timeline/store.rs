//! The store: add a moment, have any of them back, look for one.

use super::block::{self, Builder};
use super::entry::{About, Entry, Note};
use super::file::{self, BlockHead, Flaw, OpenError};
use super::kept::Kept;
use super::open;
use super::search::{Aim, Brief, Forwards, Lines, contains};
use super::texts::{Place, Texts};
use super::unpacked::Unpacked;
use crate::engine::Moment;
use crate::engine::tape::TapeLine;
use crate::lesson::Listing;
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Why a moment could not be kept, or not be had back.
#[derive(Debug, thiserror::Error)]
pub enum TimelineError {
    /// The file failed.
    #[error("the file of the run: {0}")]
    Io(#[from] io::Error),
    /// Its bytes make no sense.
    #[error("the saved run is damaged here")]
    Damaged,
    /// There is no such moment.
    #[error("there is no such moment")]
    None,
    /// One moment alone is larger than 16 MiB.
    #[error("one moment is too large to be kept")]
    TooLarge,
}

impl From<block::Damaged> for TimelineError {
    fn from(_: block::Damaged) -> TimelineError {
        TimelineError::Damaged
    }
}

/// A block that was written: where, and what of it is known without reading it.
#[derive(Debug)]
struct Written {
    /// Where the rest of its chunk begins in the file.
    at: u64,
    /// The number of its first moment, from 0.
    first: usize,
    head: BlockHead,
}

/// A whole run, moments added at its end.
#[derive(Debug)]
pub struct Timeline {
    about: About,
    file: File,
    /// Where the next chunk goes.
    end: u64,
    blocks: Vec<Written>,
    /// The moments that no written block has yet.
    tail: Builder,
    /// So many of them are in the file for now, as a block at `end` that is written over by what comes there.
    ahead: u32,
    /// How far the file reaches.
    reach: u64,
    /// The source texts that the moments speak of.
    texts: Texts,
    flaw: Option<Flaw>,
    unpacked: RefCell<Unpacked>,
}

impl Timeline {
    /// A new one in `file`, which is empty and can be read as well.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn create(file: File, about: About) -> io::Result<Timeline> {
        let begin = [file::start(), file::about_chunk(&about)?].concat();
        file.write_all_at(&begin, 0)?;
        Ok(Timeline {
            about,
            file,
            end: begin.len() as u64,
            blocks: Vec::new(),
            tail: Builder::default(),
            ahead: 0,
            reach: begin.len() as u64,
            texts: Texts::default(),
            flaw: None,
            unpacked: RefCell::default(),
        })
    }

    /// A new one in a file without a name, which is gone with the program however that ends.
    ///
    /// # Errors
    /// Where no folder takes a file.
    pub fn temporary(about: About) -> io::Result<Timeline> {
        // What lies in /tmp is often memory.
        let disk = Path::new("/var/tmp");
        let asked = std::env::var_os("TMPDIR").is_some();
        let there = if asked { tempfile::tempfile() } else { tempfile::tempfile_in(disk) };
        Timeline::create(there.or_else(|_| tempfile::tempfile())?, about)
    }

    /// One that was saved. Nothing is ever added to it.
    ///
    /// # Errors
    /// [`OpenError`] where not even one moment can be had.
    pub fn open(file: File) -> Result<Timeline, OpenError> {
        let found = open::open(&file)?;
        let mut first = 0;
        let written = |(at, head): (u64, BlockHead)| {
            let block = Written { at, first, head };
            first += head.digest.count as usize;
            block
        };
        let blocks = found.blocks.into_iter().map(written).collect();
        let (about, texts, flaw) = (found.about, found.texts, found.flaw);
        let (end, tail, ahead, reach, unpacked) = Default::default();
        Ok(Timeline { about, file, end, blocks, tail, ahead, reach, texts, flaw, unpacked })
    }

    /// What the run was.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The first source text that a moment speaks of.
    pub fn first_text(&self) -> Option<Arc<Listing>> {
        self.texts.first().cloned()
    }

    /// What is wrong with the file it was opened from.
    pub fn flaw(&self) -> Option<Flaw> {
        self.flaw
    }

    /// How many moments there are.
    pub fn len(&self) -> usize {
        self.written() + self.tail.digest.count as usize
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn written(&self) -> usize {
        self.blocks.last().map_or(0, |b| b.first + b.head.digest.count as usize)
    }

    /// Add a moment; `terminal` is what the terminal has shown since the one before, or the last of that.
    ///
    /// # Errors
    /// Where it is too large, or its block cannot be written; it is then not kept.
    pub fn push(&mut self, moment: &Moment, note: &Note, terminal: &[u8]) -> Result<(), TimelineError> {
        if self.tail.is_full() {
            self.write_tail()?;
        }
        let text =
            moment.source.as_ref().and_then(|s| s.listing.as_ref()).map(|text| self.keep(text)).transpose()?.flatten();
        let add = |tail: &mut Builder| tail.add(moment, note, terminal, text).map_err(io::Error::other);
        if add(&mut self.tail)? {
            return Ok(());
        }
        self.write_tail()?;
        if add(&mut self.tail)? { Ok(()) } else { Err(TimelineError::TooLarge) }
    }

    /// The number of a source text, which is written where it is new; `None` where there is no room for it.
    fn keep(&mut self, text: &Arc<Listing>) -> io::Result<Option<u32>> {
        match self.texts.place(text)? {
            Place::Kept(number) => Ok(Some(number)),
            Place::New(chunk, number) => {
                // What is there ahead must not be lost for it.
                if self.ahead > 0 {
                    self.write_tail()?;
                }
                self.put(&chunk)?;
                self.end += chunk.len() as u64;
                self.texts.add(Arc::clone(text));
                Ok(Some(number))
            }
            Place::None => Ok(None),
        }
    }

    /// Write what is not written yet, and the mark that nothing follows.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn finish(&mut self) -> io::Result<()> {
        self.write_tail()?;
        let end = file::chunk(file::END, &(self.len() as u64).to_le_bytes())?;
        self.put(&end)
    }

    /// Write those moments too that wait until a block is full, so that they are there should the program be killed. They are written
    /// again with the block that they come to be in, in the same place: the file grows by nothing for it. Who is killed within that
    /// very write may lose that block.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write_ahead(&mut self) -> io::Result<()> {
        if self.tail.digest.count != self.ahead {
            let (chunk, _) = file::block_chunk(&self.tail)?;
            self.put(&chunk)?;
            self.ahead = self.tail.digest.count;
        }
        Ok(())
    }

    /// Write a chunk at the end; what was there ahead is gone.
    fn put(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.ahead = 0;
        self.file.write_all_at(chunk, self.end)?;
        let end = self.end + chunk.len() as u64;
        if self.reach > end {
            self.file.set_len(end)?;
        }
        self.reach = end;
        Ok(())
    }

    /// Write all that there is so far to another file, which is empty, as a run of its own.
    ///
    /// # Errors
    /// Where one of the two files fails.
    pub fn copy_to(&mut self, mut to: File) -> Result<(), TimelineError> {
        self.write_tail()?;
        let mut piece = vec![0; 1 << 16];
        let mut at = 0;
        while at < self.end {
            let most = usize::try_from(self.end - at).unwrap_or(usize::MAX).min(piece.len());
            let Some(part) = piece.get_mut(..most) else { break };
            self.file.read_exact_at(part, at)?;
            to.write_all(part)?;
            at += most as u64;
        }
        to.write_all(&file::chunk(file::END, &(self.len() as u64).to_le_bytes())?)?;
        Ok(())
    }

    fn write_tail(&mut self) -> io::Result<()> {
        if self.tail.digest.count == 0 {
            return Ok(());
        }
        let (chunk, head) = file::block_chunk(&self.tail)?;
        self.put(&chunk)?;
        let first = self.written();
        self.blocks.push(Written { at: self.end + file::HEAD as u64, first, head });
        self.end += chunk.len() as u64;
        self.tail.begin_next();
        Ok(())
    }

    /// The moment with this number, from 0.
    ///
    /// # Errors
    /// Where there is none, or the file is not as it was.
    pub fn get(&self, number: usize) -> Result<Entry, TimelineError> {
        self.fetch(number)?.entry(|text| self.text(text))
    }

    /// As [`Timeline::get`], but as it is kept: whoever shares the run with one who adds to it need not hold him up to decode it.
    ///
    /// # Errors
    /// As there.
    pub fn fetch(&self, number: usize) -> Result<Kept, TimelineError> {
        if number >= self.len() {
            return Err(TimelineError::None);
        }
        let place = self.block_of(number);
        let at = u32::try_from(number - self.first_of(place)).map_err(|_| TimelineError::None)?;
        let block = self.moments(place)?.unwrap_or_else(|| Arc::new(self.tail.moments.clone()));
        Ok(Kept::new(block, at, place == 0))
    }

    /// The source text with this number.
    pub fn text(&self, number: u32) -> Option<Arc<Listing>> {
        self.texts.get(number)
    }

    /// The step of the last moment.
    ///
    /// # Errors
    /// As [`Timeline::get`].
    pub fn last_step(&self) -> Result<usize, TimelineError> {
        match self.tail.newest {
            Some(step) => Ok(step),
            None => Ok(self.get(self.len().saturating_sub(1))?.moment.step),
        }
    }

    /// The first moment of this step; where there is none, of the next that is there, at last of the last.
    pub fn at_step(&self, step: usize) -> Result<usize, TimelineError> {
        let step = step as u64;
        // The first of its moments may be in the block before the first that begins with it.
        let place = self.blocks.partition_point(|b| b.head.digest.step < step).saturating_sub(1);
        for place in place..=self.blocks.len() {
            let found = self.briefs(place)?.iter().position(|brief| brief.step >= step);
            if let Some(found) = found {
                return Ok(self.first_of(place) + found);
            }
        }
        Ok(self.len().saturating_sub(1))
    }

    /// The next moment from `number` on, without it, that is what is looked for.
    ///
    /// # Errors
    /// Where the file is not as it was.
    pub fn find(&self, number: usize, way: Forwards, aim: &Aim) -> Result<Option<usize>, TimelineError> {
        let here = self.block_of(number);
        let mut places: Box<dyn Iterator<Item = usize>> = match way {
            Forwards::Yes => Box::new(here..=self.blocks.len()),
            Forwards::No => Box::new((0..=here).rev()),
        };
        let beyond = |n: usize| if way == Forwards::Yes { n > number } else { n < number };
        let hit = places.try_fold((), |(), place| match self.hits(place, aim) {
            Err(error) => Err(Err(error)),
            Ok(hits) => {
                let mut hits = hits.into_iter().filter(|n| beyond(*n));
                let hit = if way == Forwards::Yes { hits.next() } else { hits.next_back() };
                hit.map_or(Ok(()), |n| Err(Ok(n)))
            }
        });
        match hit {
            Ok(()) => Ok(None),
            Err(found) => found.map(Some),
        }
    }

    /// The moments of a block that are what is looked for.
    fn hits(&self, place: usize, aim: &Aim) -> Result<Vec<usize>, TimelineError> {
        let digest = self.blocks.get(place).map_or(&self.tail.digest, |b| &b.head.digest);
        let may = match aim {
            Aim::Kind(kinds) => digest.kinds.meets(*kinds),
            Aim::Process(name) | Aim::Thread(name, _) => digest.may_name(name),
            Aim::Text(words) => contains(self.lines(place)?.as_deref().unwrap_or(&self.tail.lines), words.as_bytes()),
        };
        if !may {
            return Ok(Vec::new());
        }
        let first = self.first_of(place);
        let briefs = self.briefs(place)?;
        Ok(briefs.iter().enumerate().filter(|(_, brief)| aim.hits(brief)).map(|(at, _)| first + at).collect())
    }

    /// The last lines of the tape that are wanted, up to the moment with this number: at most `most`, and whether there
    /// may be earlier ones.
    ///
    /// # Errors
    /// Where the file is not as it was.
    pub fn tape(&self, number: usize, wanted: Lines, most: usize) -> Result<(Vec<TapeLine>, bool), TimelineError> {
        let (mut out, last) = (Vec::new(), self.block_of(number));
        for place in (0..=last).rev() {
            let digest = self.blocks.get(place).map_or(&self.tail.digest, |b| &b.head.digest);
            if wanted.name().is_some_and(|name| !digest.may_name(name)) {
                continue;
            }
            let upto = (number + 1).saturating_sub(self.first_of(place));
            for brief in self.briefs(place)?.into_iter().take(upto).rev() {
                out.extend(brief.lines.into_iter().rev().filter(|line| wanted.wants(line)));
                if out.len() >= most {
                    out.truncate(most);
                    out.reverse();
                    return Ok((out, true));
                }
            }
        }
        out.reverse();
        Ok((out, false))
    }

    /// The block that a moment is in; that which is not written yet is after the last.
    fn block_of(&self, number: usize) -> usize {
        if number >= self.written() {
            return self.blocks.len();
        }
        self.blocks.partition_point(|b| b.first <= number).saturating_sub(1)
    }

    fn first_of(&self, place: usize) -> usize {
        self.blocks.get(place).map_or(self.written(), |b| b.first)
    }

    fn briefs(&self, place: usize) -> Result<Vec<Brief>, TimelineError> {
        let count = self.blocks.get(place).map_or(self.tail.digest.count, |b| b.head.digest.count);
        Ok(block::briefs(self.lines(place)?.as_deref().unwrap_or(&self.tail.lines), count)?)
    }

    /// The lines of a block that was written, unpacked.
    fn lines(&self, place: usize) -> Result<Option<Arc<Vec<u8>>>, TimelineError> {
        let Some(block) = self.blocks.get(place) else { return Ok(None) };
        let (at, _) = file::parts_at(block.at, &block.head);
        self.part(at, block.head.lines).map(Some)
    }

    fn moments(&self, place: usize) -> Result<Option<Arc<Vec<u8>>>, TimelineError> {
        let Some(block) = self.blocks.get(place) else { return Ok(None) };
        let (_, at) = file::parts_at(block.at, &block.head);
        self.part(at, block.head.moments).map(Some)
    }

    fn part(&self, at: u64, part: file::Part) -> Result<Arc<Vec<u8>>, TimelineError> {
        if let Some(bytes) = self.unpacked.borrow().get(at) {
            return Ok(bytes);
        }
        let mut stored = vec![0; part.stored as usize];
        self.file.read_exact_at(&mut stored, at)?;
        let bytes = Arc::new(file::unpack(&stored, part.raw).ok_or(TimelineError::Damaged)?);
        self.unpacked.borrow_mut().keep(at, Arc::clone(&bytes));
        Ok(bytes)
    }
}
