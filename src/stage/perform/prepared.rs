//! A system call that the director has prepared: number, arguments, and the structures that they point at.
//!
//! The structures lie in the mailbox's area. The director does not know where a process sees that area, so what is an
//! address is written as an offset, and made an address here.

use super::Answer;
use crate::stage::memory::{AREA, Memory};
use nix::libc;

/// Where in the area a prepared call has what.
pub(in crate::stage) mod layout {
    /// Six arguments, 8 bytes each.
    pub(in crate::stage) const ARGUMENTS: usize = 0;
    /// A bit for each argument that is an offset, 4 bytes.
    pub(in crate::stage) const OFFSETS: usize = 48;
    /// How many further places hold an offset, 4 bytes, and which, 4 bytes each.
    pub(in crate::stage) const PLACES: usize = 52;
    /// As many of these at the most.
    pub(in crate::stage) const MOST_PLACES: usize = 8;
    /// What the call is about begins here.
    pub(in crate::stage) const BODY: usize = 128;
}

use layout::{ARGUMENTS, MOST_PLACES, OFFSETS, PLACES};

/// Make the call with this number.
pub(super) fn perform(memory: &Memory, index: usize, number: i64) -> Answer {
    let area = memory.area(index);
    let word = |at: usize| {
        // SAFETY: `at` is one of the constants above or a multiple of 4 behind one, far below AREA; the area belongs to
        // this process while it carries out a command.
        unsafe { area.add(at).cast::<u32>().read_unaligned() }
    };
    let mut arguments = [0_i64; 6];
    for (n, argument) in arguments.iter_mut().enumerate() {
        // SAFETY: as above, 8 bytes at one of the first six places of 8.
        *argument = unsafe { area.add(ARGUMENTS + n * 8).cast::<i64>().read_unaligned() };
        if word(OFFSETS) >> n & 1 == 1 {
            *argument = address(area, argument.cast_unsigned());
        }
    }
    for n in 0..(word(PLACES) as usize).min(MOST_PLACES) {
        let place = word(PLACES + 4 + n * 4) as usize;
        if place > AREA - 8 {
            return (-1, libc::EFAULT);
        }
        // SAFETY: the 8 bytes lie within the area, as was just made sure of.
        unsafe {
            let at = area.add(place).cast::<u64>();
            at.write_unaligned(address(area, at.read_unaligned()).cast_unsigned());
        }
    }
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: pointers among the arguments lead into this mailbox's area, where the director has laid structures that
    // say no more than there is room for; descriptors and numbers may be wrong, which the kernel answers.
    let value = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    match value {
        -1 => (-1, std::io::Error::last_os_error().raw_os_error().unwrap_or(0)),
        value => (value, 0),
    }
}

/// Where this process sees an offset of the area; an offset behind its end leads to the end.
fn address(area: *mut u8, offset: u64) -> i64 {
    let offset = usize::try_from(offset).unwrap_or(AREA).min(AREA);
    (area as i64).wrapping_add(offset as i64)
}
