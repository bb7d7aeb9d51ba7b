//! The name that may have been meant.

/// Below this likeness (0 to 1) a name was hardly meant.
const LIKE: f64 = 0.78;

/// How like two names are: `strsim::jaro_winkler`, which is blind to two letters changed round in a short
/// name; so a single slip of the finger counts as very like.
fn likeness(a: &str, b: &str) -> f64 {
    let slips = strsim::damerau_levenshtein(a, b);
    let one_slip = if slips <= 1 && a.len().min(b.len()) >= 3 { 0.9 } else { 0.0 };
    strsim::jaro_winkler(a, b).max(one_slip)
}

/// The names in `there` that are most like `name`, the likest first; none where none is like it.
pub fn nearest<'a>(name: &str, there: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = name.to_lowercase();
    let scored = there.into_iter().map(|n| (likeness(&n.to_lowercase(), &lower), n));
    let mut like: Vec<(f64, &str)> = scored.filter(|(score, _)| *score >= LIKE).collect();
    like.sort_by(|a, b| b.0.total_cmp(&a.0));
    like.into_iter().map(|(_, n)| n).take(3).collect()
}

/// A sentence that offers the nearest name, or else all there are.
pub fn offer<'a>(name: &str, there: impl IntoIterator<Item = &'a str>) -> String {
    let there: Vec<&str> = there.into_iter().collect();
    match nearest(name, there.iter().copied()).first() {
        Some(near) => format!("did you mean `{near}`?"),
        None if there.is_empty() => "there are none".into(),
        None => format!("there are: {}", there.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likest_comes_first() {
        assert_eq!(nearest("one-pip", ["two-way", "one-pipe", "no-eof"]), ["one-pipe"]);
        assert_eq!(nearest("Expcet", ["say", "expect", "call"]), ["expect"]);
        assert_eq!(nearest("sya", ["id", "call", "say"]), ["say"]);
        assert!(nearest("zzz", ["say", "expect"]).is_empty());
        assert_eq!(offer("zzz", ["say", "call"]), "there are: say, call");
    }
}
