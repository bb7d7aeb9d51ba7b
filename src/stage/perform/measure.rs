//! Loops of read(2) and write(2) that a lesson process makes by itself, and takes the time of.

use super::{Answer, argument, ask};
use crate::stage::memory::{AREA, Memory};
use nix::libc;

/// Which of them; the second argument of the order and those behind it are each one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub(in crate::stage) enum MeasureOp {
    /// out, in, rounds; the nanoseconds of each round, 4 bytes each, are laid into the area
    RoundTrips = 1,
    /// in, out, rounds
    Echo,
    /// fd, bytes; the bytes and the nanoseconds, 8 bytes each, are laid into the area
    Pour,
    /// fd, bytes, milliseconds or -1; what came behind the first read and its nanoseconds, 8 bytes each, are laid into the
    /// area
    Drain,
}

const OPS: [MeasureOp; 4] = [MeasureOp::RoundTrips, MeasureOp::Echo, MeasureOp::Pour, MeasureOp::Drain];

/// Where the byte of a round, and the bytes of a read, lie in the area: behind the times.
const BUFFER: usize = AREA - READ;
/// As many rounds have room for their times.
pub(in crate::stage) const MOST_ROUNDS: usize = BUFFER / 4;
/// The bytes of one read.
const READ: usize = 64 << 10;
/// The bytes of one write: more than a datagram takes would be refused.
const WRITE: usize = 32 << 10;

/// Perform the one that the mailbox names.
pub(super) fn perform(memory: &Memory, index: usize) -> Answer {
    let slot = memory.slot(index);
    let [which, a, b, c] = [0, 1, 2, 3].map(|n| argument(slot, n));
    let Some(op) = OPS.into_iter().find(|op| *op as i64 == which) else { return (-1, libc::ENOSYS) };
    let place = Place { area: memory.area(index) };
    match op {
        MeasureOp::RoundTrips => round_trips(place, a, b, c),
        MeasureOp::Echo => echo(place, a, b, c),
        MeasureOp::Pour => pour(place, a, b),
        MeasureOp::Drain => drain(place, a, b, c),
    }
}

/// The area of this process's own mailbox.
#[derive(Clone, Copy)]
struct Place {
    area: *mut u8,
}

impl Place {
    /// The address of the buffer.
    fn buffer(self) -> i64 {
        self.area as i64 + BUFFER as i64
    }

    /// Lay one of the times down.
    fn put<T>(self, index: usize, value: T) {
        if (index + 1) * size_of::<T>() <= BUFFER {
            // SAFETY: within the area, aligned as T is, and the area is this process's own while it carries out a command.
            unsafe { self.area.cast::<T>().add(index).write(value) };
        }
    }
}

/// Nanoseconds of `CLOCK_MONOTONIC`.
fn now() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time outlives the call.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec.cast_unsigned().wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec.cast_unsigned())
}

fn read(place: Place, fd: i64, count: usize) -> Answer {
    ask(libc::SYS_read, [fd, place.buffer(), count as i64, 0])
}

fn write(place: Place, fd: i64, count: usize) -> Answer {
    ask(libc::SYS_write, [fd, place.buffer(), count as i64, 0])
}

fn round_trips(place: Place, out: i64, back: i64, rounds: i64) -> Answer {
    for round in 0..usize::try_from(rounds).unwrap_or(0).min(MOST_ROUNDS) {
        let start = now();
        let sent = write(place, out, 1);
        if sent.0 < 0 {
            return sent;
        }
        match read(place, back, 1) {
            (-1, errno) => return (-1, errno),
            (0, _) => return (round as i64, 0),
            _ => place.put(round, u32::try_from(now() - start).unwrap_or(u32::MAX)),
        }
    }
    (rounds, 0)
}

fn echo(place: Place, from: i64, to: i64, rounds: i64) -> Answer {
    for round in 0..rounds {
        match read(place, from, 1) {
            (-1, errno) => return (-1, errno),
            (0, _) => return (round, 0),
            _ => {}
        }
        let sent = write(place, to, 1);
        if sent.0 < 0 {
            return sent;
        }
    }
    (rounds, 0)
}

fn pour(place: Place, fd: i64, bytes: i64) -> Answer {
    let (mut left, start) = (bytes, now());
    while left > 0 {
        match write(place, fd, usize::try_from(left).unwrap_or(WRITE).min(WRITE)) {
            (-1, errno) => return (-1, errno),
            (sent, _) => left -= sent,
        }
    }
    place.put(0, bytes.cast_unsigned());
    place.put(1, now() - start);
    (bytes, 0)
}

/// The clock starts when the first bytes are there, and stops with the last: who waits for a writer measures nothing.
fn drain(place: Place, fd: i64, bytes: i64, patience: i64) -> Answer {
    let (mut total, mut first, mut start, mut end) = (0, 0, 0, 0);
    while total < bytes {
        if patience >= 0 && total > 0 && !readable(fd, patience) {
            break;
        }
        match read(place, fd, READ) {
            (-1, errno) => return (-1, errno),
            (0, _) => break,
            (got, _) => {
                total += got;
                end = now();
                if first == 0 {
                    (first, start) = (got, end);
                }
            }
        }
    }
    place.put(0, (total - first).cast_unsigned());
    place.put(1, end - start);
    (total, 0)
}

/// Does something come within so many milliseconds? By ppoll(2), which every architecture has.
fn readable(fd: i64, patience: i64) -> bool {
    let mut asked = libc::pollfd { fd: i32::try_from(fd).unwrap_or(-1), events: libc::POLLIN, revents: 0 };
    let limit = libc::timespec { tv_sec: patience / 1000, tv_nsec: patience % 1000 * 1_000_000 };
    let (asked, limit) = ((&raw mut asked) as i64, (&raw const limit) as i64);
    super::ask6(libc::SYS_ppoll, [asked, 1, limit, 0, 0, 0]).0 > 0
}
