//! The signals of `signal(7)`: number and name.

use nix::sys::signal::Signal;
use std::str::FromStr;

/// Second names of the same numbers; only the first are printed.
const ALIASES: &[(&str, i32)] = &[("SIGPOLL", libc::SIGIO), ("SIGCLD", libc::SIGCHLD), ("SIGIOT", libc::SIGABRT)];

/// The name of a signal: `SIGPIPE`, `SIGRTMIN+3`; a number that no signal has is printed as it is.
pub fn signal_name(signal: i32) -> String {
    if let Ok(known) = Signal::try_from(signal) {
        return known.as_str().to_owned();
    }
    let (lowest, highest) = (libc::SIGRTMIN(), libc::SIGRTMAX());
    match signal {
        n if n == lowest => "SIGRTMIN".to_owned(),
        n if n == highest => "SIGRTMAX".to_owned(),
        n if n > lowest && n < highest => format!("SIGRTMIN+{}", n - lowest),
        n => n.to_string(),
    }
}

/// The number of the signal called `name`, where there is one; `SIGRTMIN+3` and `SIGRTMAX-3` are names too.
pub fn signal_number(name: &str) -> Option<i32> {
    if let Ok(known) = Signal::from_str(name) {
        return Some(known as i32);
    }
    if let Some((_, number)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
        return Some(*number);
    }
    let (lowest, highest) = (libc::SIGRTMIN(), libc::SIGRTMAX());
    let number = match (name, name.strip_prefix("SIGRTMIN+"), name.strip_prefix("SIGRTMAX-")) {
        ("SIGRTMIN", ..) => lowest,
        ("SIGRTMAX", ..) => highest,
        (_, Some(up), _) => lowest.checked_add(distance(up)?)?,
        (_, _, Some(down)) => highest.checked_sub(distance(down)?)?,
        _ => return None,
    };
    (lowest..=highest).contains(&number).then_some(number)
}

/// Every name a signal has, but for the real-time ones between the lowest and the highest.
pub(crate) fn signal_names() -> impl Iterator<Item = &'static str> {
    let usual = Signal::iterator().map(Signal::as_str);
    usual.chain(ALIASES.iter().map(|(name, _)| *name)).chain(["SIGRTMIN", "SIGRTMAX"])
}

/// Digits alone: `parse` would take a sign as well.
fn distance(digits: &str) -> Option<i32> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_each_others_inverse() {
        for number in (1..=31).chain(libc::SIGRTMIN()..=libc::SIGRTMAX()) {
            let name = signal_name(number);
            assert!(name.starts_with("SIG"), "{number}: {name}");
            assert_eq!(signal_number(&name), Some(number), "{name}");
        }
    }

    #[test]
    fn what_is_no_signal_is_printed_as_a_number() {
        for number in [i32::MIN, -1, 0, 65, i32::MAX] {
            assert_eq!(signal_name(number), number.to_string());
        }
    }

    #[test]
    fn other_spellings() {
        let table = [
            ("SIGPIPE", Some(libc::SIGPIPE)),
            ("SIGCLD", Some(libc::SIGCHLD)),
            ("SIGRTMAX-1", Some(libc::SIGRTMAX() - 1)),
            ("SIGRTMIN+99", None),
            ("SIGRTMIN+-1", None),
            ("SIGRTMIN+", None),
            ("SIGRTMIN+99999999999", None),
            ("PIPE", None),
            ("sigpipe", None),
        ];
        for (name, number) in table {
            assert_eq!(signal_number(name), number, "{name}");
        }
        assert!(signal_names().all(|name| signal_number(name).is_some()));
    }
}
