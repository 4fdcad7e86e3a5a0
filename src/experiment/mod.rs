//! Many runs, and what they say together. The only folder with threads; nothing is printed here.

pub mod constraint;
pub mod interval;
pub mod measure;
pub mod replicate;
