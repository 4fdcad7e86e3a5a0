//! What the API server of Kubernetes 1.37 refuses: every rule for a new Job and its pod template, with feature
//! gates at their defaults. All errors at once, each with the field and the type of the API server's answer.
//!
//! ```text
//!   place      a value, its span and its path        names    forms of names, keys, values
//!   findings   the collector                         labels   labels, annotations, selectors
//!   metadata   metadata, generated labels, selector
//!   job        numbers and modes                     policies podFailurePolicy, successPolicy
//!   template   pod template: metadata, annotations, security profiles against annotations
//!   pod        the pod's own fields                  scheduling affinity, tolerations, spread, nodeSelector
//!   containers names, images, ports, restart rules   env      env, envFrom
//!   mounts     volumeMounts, volumeDevices           probes   probes, lifecycle
//!   resources  requests, limits, claims              security security contexts, windows and linux
//!   volumes    names and kinds; volume_kinds, storage, claims, projected: their sources
//! ```
//!
//! Rules read the tree, not the decoded types, so that every finding has its place and a value of a wrong type
//! hides only itself. They rely on nothing but [`super::node`] and [`super::quantity`], change nothing and
//! simulate nothing. Facts from pkg/apis/batch/validation, pkg/apis/core/validation and their defaults, v1.37.2.

mod claims;
mod containers;
mod env;
mod findings;
mod job;
mod labels;
mod metadata;
mod mounts;
mod names;
mod place;
mod pod;
mod policies;
mod probes;
mod projected;
mod resources;
mod scheduling;
mod security;
mod storage;
mod template;
mod volume_kinds;
mod volumes;
mod windows;

use super::diagnostic::Diagnostic;
use super::node::Node;
use findings::Findings;
use place::At;

/// What kube-apiserver's option `--allow-privileged` says of containers that ask for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Privileged {
    /// As in practically every cluster (kubeadm and the cloud providers set it).
    Allowed,
    /// The option's own default.
    Refused,
}

/// Adds what the API server would refuse of a Job document. `mistyped`: paths of values of a wrong type that have
/// been reported already.
pub fn check(
    document: &Node,
    privileged: Privileged,
    mistyped: &[String],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut found = Findings::new(diagnostics, mistyped);
    let job = At::root(document);
    let identity = metadata::Identity::of(&job);
    metadata::check_metadata(&job, &identity, &mut found);
    metadata::check_selection(&job, &identity, &mut found);
    job::check_job(&job, &identity, &mut found);
    template::check_template(&job.get("spec").get("template"), &identity, privileged, &mut found);
}

#[cfg(test)]
mod tests;
