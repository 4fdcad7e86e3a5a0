//! One test binary. `conformance`: the traces of the real controller. `closed_forms`: what theory says exactly or
//! in the mean. `properties`: what holds in every run. `runs`: answers with their error, killed runs.

mod closed_forms;
mod conformance;
mod console;
mod dependencies;
mod dependencies_input;
mod explain;
mod forms;
mod fuzz;
mod pages;
mod properties;
mod runs;
mod schema;
mod vectors;
mod workloads;
