//! report.html: the whole answer in one file that opens from disk, with scripts or without.
//!
//! ```text
//!   markup     text gets in escaped, markup is ours        policy   what a browser may run in the page
//!   run, sweep, compare, recommend    a page each           page     its frame: head, contents, scripts
//!   verdict    the first screen                             figures  tables of numbers; charts: pictures
//!   story      one run step by step, and its pods           inputs   what was given, how to repeat it, what to trust
//! ```
//!
//! Relies on the values of `report` and on one more simulation of each run that is told. Opens no file, and no page depends
//! on threads, clocks or the name of a folder. Scripts and styles are `assets/report/`.

mod charts;
pub mod compare;
mod figures;
pub mod inputs;
mod markup;
mod page;
mod patch;
mod policy;
pub mod recommend;
pub mod run;
mod story;
pub mod sweep;
mod verdict;
