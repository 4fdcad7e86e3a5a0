//! Did you mean: the known word that a misspelt one is nearest to. The only file that names strsim.

/// The known word that somebody who typed `word` most likely meant; none when nothing is near or two are
/// equally near. Distance: Damerau-Levenshtein, at most a third of the letters; case does not count.
pub fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    /// Longer words are no typing errors of ours.
    const LONGEST: usize = 80;
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    let distances = known.iter().map(|name| {
        let distance = strsim::osa_distance(&lower, &name.to_lowercase());
        // A word that goes on where the typed one stops.
        let begins = lower.len() >= 4 && name.to_lowercase().starts_with(&lower);
        // Of several that go on, the one that stops first.
        ((if begins && distance > 0 { distance.min(1) } else { distance }, distance), *name)
    });
    let mut near: Vec<((usize, usize), &str)> =
        distances.filter(|((d, _), name)| *d <= limit(&lower, name)).collect();
    near.sort_by_key(|(distance, _)| *distance);
    match near.as_slice() {
        [(_, only)] => Some(only),
        [(first, best), (second, _), ..] if first < second => Some(best),
        _ => None,
    }
}

fn limit(word: &str, name: &str) -> usize {
    (word.chars().count().max(name.chars().count()) / 3).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = [
            "parallelism",
            "completions",
            "completionMode",
            "backoffLimit",
            "backoffLimitPerIndex",
            "suspend",
            "p90",
            "p95",
        ];
        let table = [
            ("paralelism", Some("parallelism")),
            ("Parallelism", Some("parallelism")),
            ("completion", Some("completions")),
            ("backofLimit", Some("backoffLimit")),
            ("backoffLimitPerIdx", Some("backoffLimitPerIndex")),
            ("supsend", Some("suspend")),
            ("image", None),
            // Two are equally near.
            ("p99", None),
            ("", None),
        ];
        for (word, expected) in table {
            assert_eq!(closest(word, &known), expected, "{word}");
        }
    }
}
