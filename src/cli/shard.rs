//! Part K of N of a sweep, as `--shard` writes it.

/// Part `index` (from 0) of `of`: every `of`-th setting.
#[derive(Clone, Copy)]
pub(super) struct Shard {
    pub(super) index: usize,
    pub(super) of: usize,
}

impl Shard {
    /// # Errors
    /// What was found and what was expected; `environment`: JOB_COMPLETION_INDEX.
    pub(super) fn parse(text: &str, environment: Option<&str>) -> Result<Shard, String> {
        let wrong = || format!("--shard {text}: expected K/N with K from 0 to N - 1, such as 0/4, or /N");
        let (index, of) = text.split_once('/').ok_or_else(wrong)?;
        let of: usize = of.trim().parse().map_err(|_| wrong())?;
        let index = match index.trim() {
            "" => {
                let index = environment.ok_or_else(|| {
                    format!("--shard {text}: JOB_COMPLETION_INDEX is not set; outside an Indexed Job say K/N")
                })?;
                let number = index
                    .parse()
                    .map_err(|_| format!("--shard {text}: JOB_COMPLETION_INDEX is {index:?}, no number"))?;
                if of > 0 && number >= of {
                    return Err(format!(
                        "--shard {text}: JOB_COMPLETION_INDEX is {number}, expected 0 to {}; the Job needs as many \
                         completions as there are shards",
                        of - 1
                    ));
                }
                number
            }
            digits => digits.parse().map_err(|_| wrong())?,
        };
        if index < of { Ok(Shard { index, of }) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards() {
        let parse = |text, environment| Shard::parse(text, environment).map(|s| (s.index, s.of));
        assert_eq!(parse("1/4", None), Ok((1, 4)));
        assert_eq!(parse("/4", Some("3")), Ok((3, 4)));
        let error = parse("/2", Some("7")).unwrap_err();
        assert!(error.contains("JOB_COMPLETION_INDEX is 7, expected 0 to 1"), "{error}");
        for (text, environment) in [
            ("4/4", None),
            ("/4", None),
            ("/4", Some("4")),
            ("/4", Some("x")),
            ("1", None),
            ("0/0", None),
            ("-1/2", None),
        ] {
            assert!(parse(text, environment).is_err(), "{text}");
        }
    }
}
