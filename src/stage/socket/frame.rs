//! The area of a mailbox laid out for one call on a socket; every place is fixed, so that the answer is found again.

use crate::stage::order::Order;
use crate::stage::perform::Op;
use crate::stage::perform::layout::{ARGUMENTS, BODY, OFFSETS, PLACES};
use crate::world::Address;

/// `struct sockaddr_storage`.
pub(super) const STORAGE: usize = 128;
/// An address, and its length.
pub(super) const ADDRESS: usize = BODY;
pub(super) const ADDRESS_LENGTH: usize = ADDRESS + STORAGE;
/// The value of an option, and its length.
pub(super) const OPTION: usize = ADDRESS_LENGTH + 8;
pub(super) const OPTION_LENGTH: usize = OPTION + 24;
/// `struct msghdr` as the kernel has it on 64 bits: name and its length, vector and its length, control and its length, flags.
pub(super) const MESSAGE: usize = OPTION_LENGTH + 8;
pub(super) const MESSAGE_FLAGS: usize = MESSAGE + 48;
pub(super) const MESSAGE_CONTROL_LENGTH: usize = MESSAGE + 40;
/// `struct iovec`.
const VECTOR: usize = MESSAGE + 56;
/// What goes beside the bytes, cmsg(3).
pub(super) const CONTROL: usize = VECTOR + 16;
/// Room for as many descriptors as a message takes, and one that is too many.
pub(super) const CONTROL_ROOM: usize = 16 + 254 * 4;
/// The bytes.
pub(super) const DATA: usize = (CONTROL + CONTROL_ROOM).next_multiple_of(64);

/// A call on its way into a mailbox.
pub(super) struct Frame {
    number: i64,
    arguments: usize,
    used: usize,
    bytes: Vec<u8>,
    offsets: u32,
    places: u32,
}

impl Frame {
    /// The call with this number, and the first of its arguments.
    pub(super) fn new(number: nix::libc::c_long, arguments: &[i64]) -> Frame {
        let frame = Frame { number, arguments: 0, used: DATA, bytes: vec![0; DATA], offsets: 0, places: 0 };
        arguments.iter().fold(frame, |frame, argument| frame.value(*argument))
    }

    /// The next argument: a number.
    pub(super) fn value(mut self, value: i64) -> Frame {
        let at = ARGUMENTS + self.arguments * 8;
        self.arguments += 1;
        self.lay(at, &value.to_ne_bytes())
    }

    /// The next argument: the address of a place in the area.
    pub(super) fn pointer(mut self, offset: usize) -> Frame {
        self.offsets |= 1 << self.arguments;
        self.value(offset as i64)
    }

    /// The next two arguments: an address and its length, which may be longer than the kernel takes.
    pub(super) fn address(self, address: Option<&Address>) -> Frame {
        let bytes = address.map(super::sockaddr).unwrap_or_default();
        let length = bytes.len() as i64;
        // A long one goes behind everything else, where there is room for it.
        let at = if bytes.len() <= STORAGE { ADDRESS } else { self.bytes.len().next_multiple_of(8) };
        // The length once more, where the kernel would write it: so an answer tells where the call went.
        let told = u32::try_from(length).unwrap_or(u32::MAX).to_ne_bytes();
        self.lay(at, &bytes).lay(ADDRESS_LENGTH, &told).pointer(at).value(length)
    }

    /// The kernel is to write down who sent the message that is to come.
    pub(super) fn asked(self) -> Frame {
        let length = u32::try_from(STORAGE).unwrap_or(0).to_ne_bytes();
        self.lay(MESSAGE, &(ADDRESS as u64).to_ne_bytes()).lay(MESSAGE + 8, &length).place(MESSAGE)
    }

    /// The next argument: a message of so many bytes and so much beside them.
    pub(super) fn message(mut self, data: usize, control: usize) -> Frame {
        let words = [(16, VECTOR), (24, 1), (40, control)];
        for (at, word) in words {
            self = self.lay(MESSAGE + at, &(word as u64).to_ne_bytes());
        }
        if control > 0 {
            self = self.lay(MESSAGE + 32, &(CONTROL as u64).to_ne_bytes()).place(MESSAGE + 32);
        }
        self = self.lay(VECTOR, &(DATA as u64).to_ne_bytes()).lay(VECTOR + 8, &(data as u64).to_ne_bytes());
        self.place(MESSAGE + 16).place(VECTOR).pointer(MESSAGE)
    }

    /// A place that holds an offset.
    fn place(mut self, at: usize) -> Frame {
        let place = PLACES + 4 + self.places as usize * 4;
        self.places += 1;
        self.lay(place, &u32::try_from(at).unwrap_or(u32::MAX).to_ne_bytes())
    }

    /// Bytes at a place.
    pub(super) fn lay(mut self, at: usize, bytes: &[u8]) -> Frame {
        let end = at + bytes.len();
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        if let Some(place) = self.bytes.get_mut(at..end) {
            place.copy_from_slice(bytes);
        }
        self.used = self.used.max(end);
        self
    }

    /// The call may write so many bytes of data.
    pub(super) fn room(mut self, bytes: usize) -> Frame {
        self.used = self.used.max(DATA + bytes);
        self
    }

    /// Ready.
    pub(super) fn order(self) -> Order {
        let (offsets, places) = (self.offsets.to_ne_bytes(), self.places.to_ne_bytes());
        let frame = self.lay(OFFSETS, &offsets).lay(PLACES, &places);
        let args = [frame.number, 0, 0, 0];
        Order { op: Op::Prepared, args, bytes: frame.bytes, used: frame.used, child: None }
    }
}
