//! Many runs, and what they say together. The only folder with threads; nothing is printed here.

pub mod campaign;
pub mod constraint;
pub mod interval;
pub mod journal;
pub mod measure;
pub mod replicate;
pub mod stop_rule;
