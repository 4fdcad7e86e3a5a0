//! One test binary. `conformance`: the traces of the real controller. `closed_forms`: what theory says exactly or
//! in the mean. `properties`: what holds in every run. `rules`: each rule of Kubernetes with a coverage mark is hit.
//! `coverage`: how often intervals hold the truth. `golden`: bytes. `charts`: pictures, as data. `runs`: answers with their
//! error, killed runs. `tidy`: how the house is held together. `console`: sessions of the README and the gallery. `gallery`,
//! `learn`, `output`: what it claims, the gallery inside the program, and samples of its results. `settings`: compare, sweep,
//! merge. `recommend`: the best of many settings. `report_page`, `browser`: report.html as a file and in a browser.
//! `spreadsheets`: CSV elsewhere.

mod browser;
mod charts;
mod closed_forms;
mod conformance;
mod console;
mod coverage;
mod dependencies;
mod dependencies_input;
mod explain;
mod forms;
mod fuzz;
mod gallery;
mod golden;
mod herd;
mod learn;
mod output;
mod pages;
mod properties;
mod recommend;
mod report_page;
#[cfg(debug_assertions)]
mod rules;
mod runs;
mod schema;
mod settings;
mod spreadsheets;
mod tidy;
mod vectors;
mod workloads;
