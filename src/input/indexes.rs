//! Lists of completion indexes as Kubernetes writes them: `0-3,7`.
//!
//! Numbers ascend, ranges have different ends, and there are no blanks (API server: validateIndexesFormat).

/// Reads a list as intervals with both ends, each index below `completions`. The empty text is an empty list.
pub fn parse(text: &str, completions: u32) -> Result<Vec<(u32, u32)>, String> {
    let mut intervals = Vec::new();
    if text.is_empty() {
        return Ok(intervals);
    }
    let number = |part: &str| -> Result<u32, String> {
        let digits = part.strip_prefix('+').unwrap_or(part);
        let digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let value = if digits { part.parse().ok() } else { None };
        let value = value
            .ok_or_else(|| format!("found \"{part}\", expected an index; a list looks like \"0-3,7\""))?;
        if value >= completions {
            return Err(format!("found index {value}, expected less than completions ({completions})"));
        }
        Ok(value)
    };
    for part in text.split(',') {
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => {
                let (first, last) = (number(first)?, number(last)?);
                if first >= last {
                    return Err(format!("found the range {part}, expected its first index below its last"));
                }
                (first, last)
            }
            None => (number(part)?, number(part)?),
        };
        if intervals.last().is_some_and(|&(_, before)| before >= first) {
            return Err(format!("found {part} after a greater or equal index, expected ascending indexes"));
        }
        intervals.push((first, last));
    }
    Ok(intervals)
}

/// How many indexes intervals hold.
pub fn count(intervals: &[(u32, u32)]) -> u64 {
    intervals.iter().map(|(first, last)| u64::from(last - first) + 1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_indexes() {
        assert_eq!(parse("0-3,7", 8), Ok(vec![(0, 3), (7, 7)]));
        assert_eq!(parse("", 8), Ok(vec![]));
        assert_eq!(parse("+1,03", 8), Ok(vec![(1, 1), (3, 3)]));
        for text in [
            "2-2",
            "3-1",
            "1,1",
            "2,1",
            "0-3,3",
            "1 ,2",
            "a",
            "1-",
            "-1",
            "8",
            "1,",
            "99999999999",
            "+",
            "++1",
        ] {
            assert!(parse(text, 8).is_err(), "{text}");
        }
        assert_eq!(count(&[(0, 3), (7, 7)]), 5);
    }
}
