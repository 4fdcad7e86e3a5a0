//! The order in which Go's `sort.Sort` leaves equal elements.
//!
//! The controller sorts pods by ranks in which many are equal and takes the first ones, so which pods go depends on
//! the algorithm: pattern-defeating quicksort (arXiv:2106.05123) with the constants of Go 1.26, which is stable only
//! up to 12 elements. Relies on nothing; knows nothing of pods.

/// Up to here insertion sort: stable.
const MAX_INSERTION: usize = 12;
/// From here the pivot is Tukey's ninther, and a nearly sorted range is repaired.
const SHORTEST_NINTHER: usize = 50;
/// Out-of-order pairs that are repaired before the range is partitioned after all.
const MAX_REPAIRS: usize = 5;

/// Sorts `items` by `rank` as Go does.
pub(super) fn go_sort_by_key<T: Copy, K: Ord>(items: &mut [T], rank: impl Fn(T) -> K) {
    let mut ranked: Vec<(K, T)> = items.iter().map(|&item| (rank(item), item)).collect();
    let bad_pivots = usize::BITS - ranked.len().leading_zeros();
    Sort { v: &mut ranked }.range(0, items.len(), bad_pivots);
    for (item, (_, sorted)) in items.iter_mut().zip(ranked) {
        *item = sorted;
    }
}

struct Sort<'a, K, T> {
    v: &'a mut [(K, T)],
}

/// What choosing a pivot tells of the range.
#[derive(PartialEq)]
enum Hint {
    Unknown,
    Increasing,
    Decreasing,
}

impl<K: Ord, T> Sort<'_, K, T> {
    fn less(&self, i: usize, j: usize) -> bool {
        self.v[i].0 < self.v[j].0
    }

    fn range(&mut self, mut a: usize, mut b: usize, mut bad_pivots: u32) {
        let (mut balanced, mut partitioned) = (true, true);
        loop {
            let length = b - a;
            if length <= MAX_INSERTION {
                return self.insert(a, b);
            }
            if bad_pivots == 0 {
                return self.heap(a, b);
            }
            if !balanced {
                self.scatter(a, b);
                bad_pivots -= 1;
            }
            let (mut pivot, mut hint) = self.pivot(a, b);
            if hint == Hint::Decreasing {
                self.v[a..b].reverse();
                pivot = b - 1 - (pivot - a);
                hint = Hint::Increasing;
            }
            if balanced && partitioned && hint == Hint::Increasing && self.repair(a, b) {
                return;
            }
            if a > 0 && !self.less(a - 1, pivot) {
                a = self.split_off_equal(a, b, pivot);
                continue;
            }
            let middle;
            (middle, partitioned) = self.partition(a, b, pivot);
            let (left, right) = (middle - a, b - middle);
            if left < right {
                balanced = left >= length / 8;
                self.range(a, middle, bad_pivots);
                a = middle + 1;
            } else {
                balanced = right >= length / 8;
                self.range(middle + 1, b, bad_pivots);
                b = middle;
            }
        }
    }

    fn insert(&mut self, a: usize, b: usize) {
        for i in a + 1..b {
            let mut j = i;
            while j > a && self.less(j, j - 1) {
                self.v.swap(j, j - 1);
                j -= 1;
            }
        }
    }

    fn heap(&mut self, a: usize, b: usize) {
        let n = b - a;
        for root in (0..=(n - 1) / 2).rev() {
            self.sift_down(root, n, a);
        }
        for last in (0..n).rev() {
            self.v.swap(a, a + last);
            self.sift_down(0, last, a);
        }
    }

    fn sift_down(&mut self, mut root: usize, end: usize, a: usize) {
        while 2 * root + 1 < end {
            let mut child = 2 * root + 1;
            if child + 1 < end && self.less(a + child, a + child + 1) {
                child += 1;
            }
            if !self.less(a + root, a + child) {
                return;
            }
            self.v.swap(a + root, a + child);
            root = child;
        }
    }

    /// Breaks patterns: three elements about the middle change places with any others.
    fn scatter(&mut self, a: usize, b: usize) {
        let length = b - a;
        let mut random = length as u64;
        let mask = (1_u64 << (u64::BITS - random.leading_zeros())) - 1;
        let middle = a + length / 4 * 2;
        for i in middle - 1..=middle + 1 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let mut other = (random & mask) as usize;
            if other >= length {
                other -= length;
            }
            self.v.swap(i, a + other);
        }
    }

    fn pivot(&self, a: usize, b: usize) -> (usize, Hint) {
        let length = b - a;
        let mut swaps = 0;
        let mut at = [1, 2, 3].map(|quarter| a + length / 4 * quarter);
        if length >= SHORTEST_NINTHER {
            at = at.map(|i| self.median([i - 1, i, i + 1], &mut swaps));
        }
        let pivot = self.median(at, &mut swaps);
        let hint = match swaps {
            0 => Hint::Increasing,
            12 => Hint::Decreasing,
            _ => Hint::Unknown,
        };
        (pivot, hint)
    }

    fn median(&self, [mut a, mut b, mut c]: [usize; 3], swaps: &mut u32) -> usize {
        let mut order = |x: &mut usize, y: &mut usize| {
            if self.less(*y, *x) {
                *swaps += 1;
                std::mem::swap(x, y);
            }
        };
        order(&mut a, &mut b);
        order(&mut b, &mut c);
        order(&mut a, &mut b);
        b
    }

    /// Whether a range that looks sorted is, after a few repairs.
    fn repair(&mut self, a: usize, b: usize) -> bool {
        let mut i = a + 1;
        for _ in 0..MAX_REPAIRS {
            while i < b && !self.less(i, i - 1) {
                i += 1;
            }
            if i == b {
                return true;
            }
            if b - a < SHORTEST_NINTHER {
                return false;
            }
            self.v.swap(i, i - 1);
            if i - a >= 2 {
                // Down to the start of the whole slice, as Go does.
                let mut j = i - 1;
                while j >= 1 && self.less(j, j - 1) {
                    self.v.swap(j, j - 1);
                    j -= 1;
                }
            }
            if b - i >= 2 {
                let mut j = i + 1;
                while j < b && self.less(j, j - 1) {
                    self.v.swap(j, j - 1);
                    j += 1;
                }
            }
        }
        false
    }

    /// Elements equal to the pivot go left; returns where the greater ones begin. None is less.
    fn split_off_equal(&mut self, a: usize, b: usize, pivot: usize) -> usize {
        self.v.swap(a, pivot);
        let (mut i, mut j) = (a + 1, b - 1);
        loop {
            while i <= j && !self.less(a, i) {
                i += 1;
            }
            while i <= j && self.less(a, j) {
                j -= 1;
            }
            if i > j {
                return i;
            }
            self.v.swap(i, j);
            i += 1;
            j -= 1;
        }
    }

    /// Lesser elements left of the pivot, the others right of it. Returns where it is, and whether it was so before.
    fn partition(&mut self, a: usize, b: usize, pivot: usize) -> (usize, bool) {
        self.v.swap(a, pivot);
        let (mut i, mut j) = (a + 1, b - 1);
        let mut swapped = false;
        loop {
            while i <= j && self.less(i, a) {
                i += 1;
            }
            while i <= j && !self.less(j, a) {
                j -= 1;
            }
            if i > j {
                self.v.swap(j, a);
                return (j, !swapped);
            }
            self.v.swap(i, j);
            swapped = true;
            i += 1;
            j -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Length, number of ranks, pattern, and the hash of the order in which Go 1.26 left the elements.
    const GO: [(u64, u64, u64, u64); 13] = [
        (13, 2, 0, 0xa69d05d6577150c3),
        (14, 1, 0, 0x96d5ccbfab2a93c4),
        (20, 3, 0, 0x32dab139f0a8642b),
        (40, 4, 0, 0x55c36b334f830b29),
        (49, 49, 1, 0xf33b3c941865e45b),
        (60, 5, 0, 0x04502445835a044d),
        (60, 60, 2, 0x68deb782a0c13b27),
        (100, 7, 0, 0xfc5536809341a45f),
        (500, 3, 0, 0xa14f5c70c8703f83),
        (500, 400, 0, 0x63cdc3d2f11d5d4f),
        (700, 700, 2, 0x41d3a8b7e31a4ea7),
        (1000, 2, 1, 0xfff61fb7f701f747),
        (1000, 900, 3, 0xeb0a36dac2a498cb),
    ];

    #[test]
    fn equal_elements_are_left_as_go_leaves_them() {
        for (n, ranks, pattern, expected) in GO {
            let mut x = n * 31 + ranks;
            let mut items: Vec<(u64, u64)> = (0..n)
                .map(|i| {
                    x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    let random = (x >> 33) % ranks;
                    let rank = match pattern {
                        1 if i % 17 != 5 => i * ranks / n,
                        2 => n - i,
                        3 if i % 331 == 7 => 0,
                        3 => i,
                        _ => random,
                    };
                    (rank, i)
                })
                .collect();
            go_sort_by_key(&mut items, |(rank, _)| rank);
            let hash =
                items.iter().fold(1469598103934665603_u64, |h, &(_, i)| (h ^ i).wrapping_mul(1099511628211));
            assert_eq!(hash, expected, "{n} elements, {ranks} ranks, pattern {pattern}");
        }
    }
}
