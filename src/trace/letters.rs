//! News on their way to another thread, with all that its copy of the world needs.

use super::edits::{self, Kept, Lent};
use super::picture::Picture;
use super::pile::Pile;
use super::teller::{News, Teller};
use crate::engine::Moment;
use crate::lesson::Listing;
use crate::world::World;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::Arc;

/// What another thread needs to tell of something, as it is written.
#[derive(Serialize)]
struct Written<'w> {
    news: &'w News,
    listing: Text<&'w Listing>,
    edits: &'w [Lent<'w>],
    /// Its copy is this, whatever it was.
    whole: Option<&'w World>,
    /// What its copy must be like by then.
    #[cfg(debug_assertions)]
    world: &'w World,
}

/// And as it is read.
#[derive(Deserialize)]
struct Read {
    news: News,
    listing: Text<Listing>,
    edits: Vec<Kept>,
    whole: Option<Box<World>>,
    #[cfg(debug_assertions)]
    world: World,
}

/// The text of the program that a call was made from.
#[derive(Debug, Serialize, Deserialize)]
enum Text<T> {
    None,
    /// The reader has it, as the one with this number.
    Had(usize),
    /// The next one.
    New(T),
}

/// Writes letters, and puts them on a pile.
pub(super) struct Writer<'p> {
    pile: &'p Pile,
    /// Where a letter is written.
    room: Vec<u8>,
    /// The texts that the reader has.
    texts: Vec<Arc<Listing>>,
    /// The reader's copy is not what the next letter's changes are of.
    astray: bool,
}

impl<'p> Writer<'p> {
    pub(super) fn new(pile: &'p Pile) -> Writer<'p> {
        Writer { pile, room: vec![0; 4096], texts: Vec::new(), astray: false }
    }

    /// The next letter has the whole world in it.
    pub(super) fn whole_next(&mut self) {
        self.astray = true;
    }

    /// Send news with what has changed in the world. `Break` where nobody reads any more.
    pub(super) fn send(&mut self, news: &News, picture: &mut Picture) -> ControlFlow<()> {
        let mut edits: SmallVec<[Lent<'_>; 2]> = SmallVec::new();
        let world = picture.edits(|edit| edits.push(edit));
        match std::mem::take(&mut self.astray) {
            true => self.send_whole(news, world),
            false => self.write(news, &edits, None, world),
        }
    }

    /// Send news with a whole world.
    pub(super) fn send_whole(&mut self, news: &News, world: &World) -> ControlFlow<()> {
        self.write(news, &[], Some(world), world)
    }

    fn write(&mut self, news: &News, edits: &[Lent<'_>], whole: Option<&World>, world: &World) -> ControlFlow<()> {
        let listing = news.source.as_ref().and_then(|source| source.listing.as_ref());
        let had = listing.and_then(|text| self.texts.iter().position(|had| Arc::ptr_eq(had, text)));
        let letter = Written {
            news,
            listing: match (had, listing) {
                (Some(at), _) => Text::Had(at),
                (None, Some(text)) => Text::New(text),
                (None, None) => Text::None,
            },
            edits,
            whole,
            #[cfg(debug_assertions)]
            world,
        };
        #[cfg(not(debug_assertions))]
        let _ = world;
        let put = loop {
            match postcard::to_slice(&letter, &mut self.room) {
                Ok(written) => break self.pile.put(written),
                Err(postcard::Error::SerializeBufferFull) => self.room.resize(self.room.len() * 2, 0),
                // Nothing in a letter is of a kind that cannot be written.
                Err(_) => break ControlFlow::Break(()),
            }
        };
        self.texts.extend(listing.filter(|_| had.is_none()).cloned());
        put
    }
}

/// Tell of what lies on the pile until no more comes, or nobody wants more. The sink is given nothing where all that lay there has
/// been told.
pub(super) fn tell(pile: &Pile, sink: impl FnMut(Option<&Moment>) -> ControlFlow<()>) {
    let _abandons = Abandons(pile);
    let sink = RefCell::new(sink);
    let mut told = |moment: &Moment| sink.borrow_mut()(Some(moment));
    let mut reader = Reader { teller: Teller::new(&mut told), world: World::default(), texts: Vec::new() };
    let mut letters = Vec::new();
    while pile.take(&mut letters) {
        let mut rest = letters.as_slice();
        while !rest.is_empty() {
            let Ok((letter, after)) = postcard::take_from_bytes::<Read>(rest) else { return };
            rest = after;
            if reader.tell(letter).is_break() {
                return;
            }
        }
        if sink.borrow_mut()(None).is_break() {
            return;
        }
    }
}

/// Reads letters, and keeps a copy of the world.
struct Reader<'s> {
    teller: Teller<'s>,
    world: World,
    texts: Vec<Arc<Listing>>,
}

impl Reader<'_> {
    fn tell(&mut self, letter: Read) -> ControlFlow<()> {
        if let Some(whole) = letter.whole {
            self.world = *whole;
        }
        letter.edits.into_iter().for_each(|edit| edits::apply(&mut self.world, edit));
        #[cfg(debug_assertions)]
        assert!(self.world == letter.world, "the copy is astray: {:#?} is not {:#?}", self.world, letter.world);
        let mut news = letter.news;
        let at = match letter.listing {
            Text::None => None,
            Text::Had(at) => Some(at),
            Text::New(text) => {
                self.texts.push(Arc::new(text));
                self.texts.len().checked_sub(1)
            }
        };
        if let Some(source) = &mut news.source {
            source.listing = at.and_then(|at| self.texts.get(at)).cloned();
        }
        self.teller.tell(news, &mut self.world)
    }
}

/// However the telling ends, whoever puts more on the pile hears of it.
struct Abandons<'p>(&'p Pile);

impl Drop for Abandons<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
