//! One test binary. `conformance`: the traces of the real controller. `closed_forms`: what theory says exactly or
//! in the mean. `properties`: what holds in every run. `runs`: answers with their error, killed runs.
//! `settings`: compare, sweep, merge. `recommend`: the best of many settings.

mod closed_forms;
mod conformance;
mod console;
mod dependencies;
mod properties;
mod recommend;
mod runs;
mod settings;
mod vectors;
mod workloads;
