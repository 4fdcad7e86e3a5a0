//! One test binary. `conformance`: the traces of the real controller. `closed_forms`: what theory says exactly or
//! in the mean. `properties`: what holds in every run.

mod closed_forms;
mod conformance;
mod console;
mod forms;
mod pages;
mod properties;
mod vectors;
mod workloads;
