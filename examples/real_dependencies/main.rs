//! Simulated beside measured: PostgreSQL and nginx under a herd.
//!
//! ```text
//! cargo run --release --example real_dependencies -- DIR        DIR: CASE.json.gz as the measuring scripts write them
//! ```
//!
//! Every case is simulated from its `inputs` alone (and, of nginx, from the arrival times that were measured): how many
//! clients, how long they hold, think and wait. What a system adds to that is in `like: postgresRow` and its relatives,
//! and is the same for all cases. Think times are the client program's own (erand48 with its seed), as inputs are.

mod data;
mod jobs;
mod lab;
mod nginx;
mod postgres;

use data::{Case, Row};

fn main() {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: real_dependencies DIR");
        std::process::exit(2);
    };
    let cases = match data::read(&folder) {
        Ok(cases) => cases,
        Err(error) => {
            eprintln!("{folder}: {error}");
            std::process::exit(2);
        }
    };
    println!("| case | what | simulated | measured | off by | allowed | |");
    println!("|---|---|---|---|---|---|---|");
    let (mut held, mut missed) = (0, 0);
    let mut rows: Vec<(&str, Row)> = Vec::new();
    for case in &cases {
        rows.extend(simulate(case).into_iter().map(|row| (case.name.as_str(), row)));
    }
    rows.extend(
        postgres::staggered_again().into_iter().map(|row| ("again: 40 runs of stagger50ms_p20_h200", row)),
    );
    for (case, row) in rows {
        match row.verdict() {
            Some(true) => held += 1,
            Some(false) => missed += 1,
            None => {}
        }
        println!("{}", row.markdown(case));
    }
    println!(
        "\n{} cases; {held} numbers within what is allowed, {missed} not; the others have no bound.",
        cases.len()
    );
}

fn simulate(case: &Case) -> Vec<Row> {
    match case.name.get(..2) {
        Some("A1" | "A2") => postgres::one_each(case),
        Some("A3") | Some("X_") => postgres::closed(case),
        Some("A4") => postgres::connections(case),
        Some("A5") => jobs::killed_holder(case),
        Some("A6") => jobs::deadlock(case),
        Some("B1" | "B2") => nginx::limit_req(case),
        Some("B3") => nginx::limit_conn(case),
        _ => Vec::new(),
    }
}
