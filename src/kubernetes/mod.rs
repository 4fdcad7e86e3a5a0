//! The simulated system: API server, Job controller, kubelet, collectors.
//!
//! Pure: a scenario and a seed go in, facts come out. No clock, file, thread, print or hash order.

mod actions;
mod api_server;
mod collectors;
mod controller_client;
pub mod dependencies;
mod ending;
mod event;
pub mod facts;
mod job_controller;
mod kubelet;
mod luck;
pub mod simulate;
pub mod status;
mod watch;
mod world;
