//! Numbers as the names of entries in a folder `fd` of /proc, and as places in its list.

use super::proc_dir::ProcDir;
use super::sys_dir::{self, Entries};
use nix::unistd::{Whence, lseek};
use std::ffi::CStr;

/// The place of `0`: before it come `.` and `..`.
const FIRST: i64 = 2;

/// Whether the place of a descriptor in the list of its folder is its number and two, as it is in fs/proc/fd.c: seen in our own
/// table, since no manual promises it.
pub(super) fn are_places() -> bool {
    let own = ProcDir::of(nix::unistd::getpid().as_raw()).and_then(|own| own.inside(c"fd"));
    let mut buffer = [0; 4096];
    let read = own.and_then(|own| sys_dir::getdents(own, &mut buffer)).unwrap_or(0);
    let mut seen = 0;
    for (next, name) in Entries::of(buffer.get(..read).unwrap_or_default()) {
        if let Some(number) = name.to_str().ok().and_then(|text| text.parse::<i64>().ok()) {
            if next != FIRST + number + 1 {
                return false;
            }
            seen += 1;
        }
    }
    seen > 0
}

/// Have the list of a folder go on with the first descriptor that is not less than this.
pub(super) fn go_to(folder: &ProcDir, number: usize) -> nix::Result<()> {
    let place = i64::try_from(number).unwrap_or(i64::MAX - FIRST) + FIRST;
    lseek(folder, place, Whence::SeekSet).map(drop)
}

/// A number that is not negative as a name, in this buffer.
pub(super) fn name(number: i32, buffer: &mut [u8; 12]) -> &CStr {
    let mut rest = number.unsigned_abs();
    let mut at = buffer.len() - 1;
    loop {
        at -= 1;
        if let Some(digit) = buffer.get_mut(at) {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        }
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    buffer.get(at..).and_then(|text| CStr::from_bytes_until_nul(text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn numbers_are_names() {
        for number in [0, 7, 10, 255, 1_048_576, i32::MAX] {
            assert_eq!(name(number, &mut [0; 12]).to_str().unwrap(), number.to_string());
        }
    }

    #[test]
    fn a_list_goes_on_from_a_number() {
        if !are_places() {
            eprintln!("skipped: here a place says nothing of the number");
            return;
        }
        let file = std::fs::File::open("/proc/self/stat").unwrap();
        let number = file.as_raw_fd();
        let own = ProcDir::of(nix::unistd::getpid().as_raw()).unwrap().inside(c"fd").unwrap();
        let mut buffer = [0; 4096];
        for (from, there) in [(number, true), (number + 1, false)] {
            go_to(&own, from.unsigned_abs() as usize).unwrap();
            let read = sys_dir::getdents(&own, &mut buffer).unwrap();
            let listed: Vec<i32> =
                Entries::of(&buffer[..read]).map(|(_, name)| name.to_str().unwrap().parse().unwrap()).collect();
            assert_eq!(listed.contains(&number), there, "{listed:?}");
            assert!(listed.iter().all(|n| *n >= from), "{listed:?}");
        }
    }
}
