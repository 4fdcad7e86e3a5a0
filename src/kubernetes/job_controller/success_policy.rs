//! successPolicy (success_policy.go).

use crate::marks::mark;
use crate::model::job::JobSpec;

/// Whether some rule is met. `succeeded` are disjoint ascending intervals of `total` indexes.
pub(super) fn is_met(
    spec: &JobSpec,
    completions: u32,
    succeeded: impl Iterator<Item = (u32, u32)> + Clone,
    total: u32,
) -> bool {
    let Some(rules) = &spec.success_policy else { return false };
    // Nothing is met before the first success, not even a count of 0.
    if total == 0 {
        mark!("2.8 nothing is met before the first success");
        return false;
    }
    mark!("2.8 a count of any indexes" if rules.iter().any(|r| r.indexes.is_none() && r.count.is_some_and(|count| total >= count)));
    rules.iter().any(|rule| match &rule.indexes {
        Some(wanted) => {
            // Only what lies below completions counts; an empty list is never met.
            let wanted = wanted
                .iter()
                .filter(|w| w.0 < completions)
                .map(|&(first, last)| (first, last.min(completions.saturating_sub(1))));
            let size: u32 = wanted.clone().map(|(first, last)| last - first + 1).sum();
            if size == 0 {
                mark!("2.8 an empty list of indexes is never met");
                return false;
            }
            let there: u32 = wanted
                .map(|(first, last)| {
                    succeeded
                        .clone()
                        .map(|(f, l)| (l.min(last) + 1).saturating_sub(f.max(first)))
                        .sum::<u32>()
                })
                .sum();
            mark!("2.8 all of the indexes" if there == size);
            mark!("2.8 a count of the indexes" if there < size && rule.count.is_some_and(|count| there >= count));
            there == size || rule.count.is_some_and(|count| there >= count)
        }
        None => rule.count.is_some_and(|count| total >= count),
    })
}
