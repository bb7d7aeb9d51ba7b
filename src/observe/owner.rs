//! Which thread has a lock in memory, as the C library writes it there: the kernel does not know, but for locks of its own kind.
//!
//! A mutex of glibc is `{ lock, count, owner, nusers, kind }`, five ints (nptl's `struct __pthread_mutex_s` where pointers have 64 bits):
//! `lock` is 2 while somebody waits, and `owner` the thread that has it. In locks that the kernel gives on (`FUTEX_LOCK_PI`), in robust
//! ones, and in those of musl the word itself is the owner's id with the bit that says that somebody waits, futex(2).
//!
//! A word of another kind may have the same number in it. What is read here is a claim, to be believed where there is such a thread.

use super::blocked::Memory;
use crate::world::Pid;
use nix::libc;

/// A mutex of glibc that is taken and waited for.
const TAKEN: u32 = 2;
/// As many may wait for it and no more are believed, and no bit above those of its kinds is set.
const MOST_USERS: u32 = 1 << 20;
const MOST_KIND: u32 = 1 << 10;

/// The owner of the lock that a thread waits for with this operation, expecting this value in the word at this address.
pub(super) fn owner(word: u64, operation: u32, value: u32, memory: Memory<'_>) -> Option<Pid> {
    let mut bytes = [0; 20];
    let got = memory(word, &mut bytes)?;
    let ints: Vec<u32> = bytes.get(..got)?.as_chunks::<4>().0.iter().map(|four| u32::from_ne_bytes(*four)).collect();
    let now = *ints.first()?;
    let flags = (libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME).unsigned_abs();
    let found = match (operation & !flags).cast_signed() {
        libc::FUTEX_LOCK_PI | libc::FUTEX_LOCK_PI2 => now & libc::FUTEX_TID_MASK,
        libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET if now != value => return None,
        libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET if now & libc::FUTEX_WAITERS != 0 => now & libc::FUTEX_TID_MASK,
        libc::FUTEX_WAIT | libc::FUTEX_WAIT_BITSET if now == TAKEN => {
            let [_, _, owner, users, kind] = *ints.as_slice() else { return None };
            if !(1..MOST_USERS).contains(&users) || kind >= MOST_KIND {
                return None;
            }
            owner
        }
        _ => return None,
    };
    Pid::try_from(found).ok().filter(|tid| *tid > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_say_who_has_them_and_other_words_do_not() {
        const PRIVATE: u32 = 128;
        const WAITERS: u32 = 1 << 31;
        type Case = (&'static str, u32, u32, &'static [u32], Option<Pid>);
        let table: &[Case] = &[
            ("a mutex of glibc", PRIVATE, 2, &[2, 0, 4242, 1, 0], Some(4242)),
            ("the same between processes", 0, 2, &[2, 0, 4242, 1, 128], Some(4242)),
            ("given back meanwhile", PRIVATE, 2, &[0, 0, 0, 0, 0], None),
            ("nobody uses it", PRIVATE, 2, &[2, 0, 4242, 0, 0], None),
            ("no kind", PRIVATE, 2, &[2, 0, 4242, 1, 70_000], None),
            ("its end is not mapped", PRIVATE, 2, &[2, 0, 4242], None),
            ("nothing is mapped", PRIVATE, 2, &[], None),
            ("a pointer", PRIVATE, 2, &[2, 1, 0xf7a0_1740, 0x7f, 0], None),
            ("a condition", PRIVATE | 9, 4, &[4, 0, 4242, 1, 0], None),
            ("robust, or musl's", PRIVATE, 4242 | WAITERS, &[4242 | WAITERS, 0, 0, 0, 0], Some(4242)),
            ("the kernel's own", PRIVATE | 6, 0, &[4242 | WAITERS], Some(4242)),
            ("a semaphore at 0", PRIVATE | 9, 0, &[0, 0, 4242, 1, 0], None),
            ("a wake", 1, 2, &[2, 0, 4242, 1, 0], None),
        ];
        for (what, operation, value, ints, expected) in table {
            let bytes: Vec<u8> = ints.iter().flat_map(|int| int.to_ne_bytes()).collect();
            let memory = |at: u64, into: &mut [u8]| {
                assert_eq!(at, 0x1000);
                let got = bytes.len().min(into.len());
                into[..got].copy_from_slice(&bytes[..got]);
                Some(got)
            };
            assert_eq!(owner(0x1000, *operation, *value, &memory), *expected, "{what}");
        }
    }
}
