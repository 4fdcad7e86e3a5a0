//! How often intervals hold the truth: the table of `docs/coverage.md`.
//!
//! ```text
//! cargo run --release --example coverage -- [EXPERIMENTS]
//! ```

#[path = "../tests/it/coverage.rs"]
mod coverage;

use coverage::{Promise, Row, table};
use jobsim::experiment::replicate::Threads;

fn main() {
    let experiments =
        std::env::args().nth(1).map_or(2000, |text| text.parse().expect("a number of experiments"));
    let threads = Threads::new(std::thread::available_parallelism().map_or(1, usize::from)).expect("threads");
    println!("| known | estimate | values | holds the truth | 93 to 97 % |\n|---|---|--:|--:|---|");
    for row in table(experiments, &threads) {
        let values = row.values;
        println!("| {} | {} | {values} | {} | {} |", row.what, row.estimate, share(&row), verdict(&row));
    }
}

fn share(row: &Row) -> String {
    row.coverage().map_or("no interval".to_string(), |share| format!("{:.1} %", 100.0 * share))
}

fn verdict(row: &Row) -> String {
    let inside = row.coverage().is_some_and(|share| (0.93..=0.97).contains(&share));
    match (row.coverage(), row.promise) {
        (None, _) => "too few values on one side: none is given".to_string(),
        (_, Promise::TooNarrow(why)) if !inside => format!("no: {why}"),
        _ if inside => "yes".to_string(),
        _ => "**no**".to_string(),
    }
}
