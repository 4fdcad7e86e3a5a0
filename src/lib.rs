//! jobsim simulates Kubernetes `batch/v1` Jobs before anyone runs them.
//!
//! ```text
//!    manifests, Simulation document
//!                 │
//!   input         text → Scenario, or diagnostics
//!   model         Scenario: validated values that cannot be wrong
//!   kubernetes    simulate(&Scenario, …, &mut impl Observer)        pure: no clock, file, thread, print
//!   observe       facts → one run in numbers, a pod table, a timeline
//!   experiment    many runs                                         the only threads
//!   report        numbers → terminal, CSV, JSON; findings → text, JSON, GitHub annotations
//!   lint          legal but risky: advice with its consequence in numbers
//!   cli           the only input and output of the process
//! ```
//!
//! Data goes down the page and never back. `ARCHITECTURE.md` is the code map.

pub mod cli;
pub mod conformance;
pub mod engine;
pub mod experiment;
pub mod input;
pub mod kubernetes;
pub mod lint;
#[doc(hidden)]
pub mod marks;
pub mod model;
pub mod observe;
pub mod report;
pub mod station;
