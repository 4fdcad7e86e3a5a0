//! Probes and lifecycle handlers (pkg/apis/core/validation: validateProbe, validateHandler, validateLifecycle).
//!
//! Relies on [`super::pod`] for the grace period.

use super::super::node::NodeKind;
use super::findings::Findings;
use super::job::check_not_negative;
use super::names::*;
use super::place::At;
use super::pod::{Pod, check_one_of};

pub(super) fn check_probes(container: &At, pod: &Pod, found: &mut Findings) {
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let probe = container.get(name);
        if !probe.is_set() {
            continue;
        }
        check_handler(&probe, &["exec", "httpGet", "tcpSocket", "grpc"], pod, found);
        let numbers = [
            "initialDelaySeconds",
            "timeoutSeconds",
            "periodSeconds",
            "successThreshold",
            "failureThreshold",
        ];
        for number in numbers {
            check_not_negative(&probe.get(number), found);
        }
        let grace = probe.get("terminationGracePeriodSeconds");
        if grace.int().is_some_and(|seconds| seconds <= 0) {
            found.invalid(&grace, "1 or more");
        }
        let successes = probe.get("successThreshold");
        if name == "readinessProbe" {
            if grace.is_set() {
                found.wrong(&grace, "a readiness probe ends nothing, so it has no grace period");
            }
        } else if successes.int().is_some_and(|n| n != 0 && n != 1) {
            found.invalid(&successes, "1");
        }
    }
}

/// Whether there is a lifecycle. One that only names a stop signal is dropped: the gate ContainerStopSignals is
/// off.
pub(super) fn has_lifecycle(container: &At) -> bool {
    let lifecycle = container.get("lifecycle");
    let handlers = lifecycle.get("postStart").is_set() || lifecycle.get("preStop").is_set();
    lifecycle.is_set() && (handlers || !lifecycle.get("stopSignal").is_set())
}

pub(super) fn check_lifecycle(container: &At, pod: &Pod, found: &mut Findings) {
    for name in ["postStart", "preStop"] {
        let handler = container.get("lifecycle").get(name);
        if handler.is_set() {
            check_handler(&handler, &["exec", "httpGet", "tcpSocket", "sleep"], pod, found);
        }
    }
}

/// Exactly one kind of action.
fn check_handler(handler: &At, kinds: &[&'static str], pod: &Pod, found: &mut Findings) {
    let given: Vec<&'static str> = kinds.iter().copied().filter(|kind| handler.get(kind).is_set()).collect();
    let Some((first, others)) = given.split_first() else {
        return found.required(handler, &format!("found no action, expected one of {}", kinds.join(", ")));
    };
    for other in others {
        found.forbidden(&handler.get(other), &format!("found {first} as well, expected one action"));
    }
    let action = handler.get(first);
    match *first {
        "exec" if action.get("command").count() == 0 => {
            found.required(&action.get("command"), "expected the command to run");
        }
        "httpGet" => check_http(&action, found),
        "tcpSocket" => check_port(&action.get("port"), found),
        "grpc" => check_port_number(&action.get("port"), found),
        "sleep" => check_sleep(&action, pod, found),
        _ => {}
    }
}

fn check_http(action: &At, found: &mut Findings) {
    check_port(&action.get("port"), found);
    check_one_of(&action.get("scheme"), &["HTTP", "HTTPS"], found);
    let headers = action.get("httpHeaders");
    for header in headers.items() {
        let name = header.get("name").named_as(&headers);
        if !is_header_name(name.text()) {
            found.invalid(&name, "letters, digits and '-'");
        }
    }
}

/// A number or the name of a port.
fn check_port(port: &At, found: &mut Findings) {
    match port.node().map(|node| &node.kind) {
        Some(NodeKind::Str(name)) if !is_port_name(name) => {
            found.invalid(port, &format!("a number or the name of a port: {PORT_NAME}"));
        }
        Some(NodeKind::Str(_)) => {}
        _ => check_port_number(port, found),
    }
}

fn check_port_number(port: &At, found: &mut Findings) {
    if !is_port_number(port.int().unwrap_or(0)) {
        found.invalid(port, PORT_NUMBER);
    }
}

fn check_sleep(action: &At, pod: &Pod, found: &mut Findings) {
    let seconds = action.get("seconds").int().unwrap_or(0);
    if seconds < 0 || seconds > pod.grace_seconds {
        let message = format!(
            "found {seconds} seconds, expected 0 to terminationGracePeriodSeconds ({})",
            pod.grace_seconds
        );
        found.wrong(&action.clone().pointing_at(action.get("seconds").span()), &message);
    }
}
