//! A lock in shared memory: a word laid out as futex(2) and the kernel's robust ones have it.

use super::process::Pid;

/// The bits of the word that are the owner's number, `FUTEX_TID_MASK` in linux/futex.h.
const OWNER: u64 = 0x3fff_ffff;
/// The bit that says that somebody waits, `FUTEX_WAITERS`.
const WAITERS: u64 = 0x8000_0000;
/// No process id is above this, `PID_MAX_LIMIT` in linux/threads.h: a larger number is no owner.
const LARGEST: u64 = 4 << 20;

/// The owner of a lock that somebody waits for; `None`: the word is none, is free, or nobody waits.
pub fn contended(word: u64) -> Option<Pid> {
    let owner = word & OWNER;
    let is_lock = word == owner | WAITERS && (1..=LARGEST).contains(&owner);
    is_lock.then(|| Pid::try_from(owner).ok()).flatten()
}

/// The word with another owner, if this gives one for the process id that is in it: of a lock, waited for or not.
pub fn with_owner(word: u64, other: impl Fn(Pid) -> Option<Pid>) -> Option<u64> {
    let owner = Pid::try_from(word & !WAITERS).ok().filter(|pid| *pid > 0)?;
    Some(u64::from(other(owner)?.unsigned_abs()) | (word & WAITERS))
}

/// A word as a person reads it: its number, with a sign as `load` returns it, or of a lock that somebody waits for, its owner's and the bit by its name.
pub fn spelled(word: u64) -> String {
    contended(word).map_or_else(|| word.cast_signed().to_string(), |owner| format!("{owner}|WAITERS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_with_waiters_is_told_from_a_number() {
        let table = [
            (0, "0"),
            (2674, "2674"),
            (0x8000_0000 | 2674, "2674|WAITERS"),
            (0x8000_0000, "2147483648"),
            (0xc000_0000 | 2674, "3221228146"),
            (0x1_8000_0000 | 2674, "6442453618"),
            (0x8000_0000 | (5 << 20), "2152726528"),
            (u64::MAX - 4, "-5"),
        ];
        for (word, text) in table {
            assert_eq!(spelled(word), text, "{word:#x}");
        }
    }

    #[test]
    fn the_owner_can_be_another_and_the_bit_stays() {
        let other = |pid| (pid == 7).then_some(9);
        let table = [(7, Some(9)), (0x8000_0007, Some(0x8000_0009)), (8, None), (0, None), (0x8000_0000, None)];
        for (word, changed) in table {
            assert_eq!(with_owner(word, other), changed, "{word:#x}");
        }
    }
}
