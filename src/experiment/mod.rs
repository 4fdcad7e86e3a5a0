//! Many runs, and what they say together. The only folder with threads; nothing is printed here.

pub mod adaptive;
pub mod bounds;
pub mod campaign;
pub mod comparison;
pub mod constraint;
pub mod deadlines;
pub mod difference;
pub mod feasibility;
pub mod grid;
pub mod interval;
pub mod journal;
pub mod measure;
pub mod paired;
pub mod replicate;
pub mod search;
pub mod selection;
pub mod sensitivity;
pub mod stop_rule;
pub mod tradeoff;
