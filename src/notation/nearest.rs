//! The nearest name to one that is not known.

/// The candidate that `wrong` may have been meant to be; none where nothing is near.
///
/// Near is: the same but for case; a part of it left off at either end (`NONBLOCK`, `O_NONBL`); or as few slips of
/// the finger as one in three letters.
pub fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The comparison takes the product of both lengths; nobody mistypes a name at such length.
    if wrong.is_empty() || wrong.len() > 64 {
        return None;
    }
    let lower = wrong.to_ascii_lowercase();
    let scored = candidates.into_iter().filter_map(|name| Some((distance(&lower, &name.to_ascii_lowercase())?, name)));
    scored.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// How far apart the two are; none where too far. Both are in lower case.
fn distance(wrong: &str, name: &str) -> Option<usize> {
    let slips = strsim::damerau_levenshtein(wrong, name);
    let longer = wrong.chars().count().max(name.chars().count());
    let part = wrong.len() >= 3 && (name.starts_with(wrong) || name.ends_with(wrong));
    match slips {
        0 => Some(0),
        1 if longer > 2 => Some(1),
        _ if part => Some(2),
        _ if slips * 3 <= longer => Some(slips + 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_forgiven_and_strangers_are_not() {
        let names = ["pipe", "pipe2", "fork", "close", "O_NONBLOCK", "O_CLOEXEC", "exec", "exit", "dup"];
        let table = [
            ("PIPE", Some("pipe")),
            ("pip", Some("pipe")),
            ("pipe3", Some("pipe")),
            ("frok", Some("fork")),
            ("clsoe", Some("close")),
            ("NONBLOCK", Some("O_NONBLOCK")),
            ("O_NONBLCOK", Some("O_NONBLOCK")),
            ("cloexec", Some("O_CLOEXEC")),
            ("exti", Some("exit")),
            ("socket", None),
            ("x", None),
            ("", None),
        ];
        for (wrong, right) in table {
            assert_eq!(nearest(wrong, names), right, "{wrong}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), names), None);
    }
}
