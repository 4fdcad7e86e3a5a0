//! One test binary. `conformance`: the traces of the real controller. `closed_forms`: what theory says exactly or
//! in the mean. `properties`: what holds in every run. `runs`: answers with their error, killed runs.

mod closed_forms;
mod conformance;
mod console;
mod dependencies;
mod properties;
mod runs;
mod settings;
mod vectors;
mod workloads;
