//! Containers, init containers and ephemeral containers: names, images, ports, restart rules
//! (pkg/apis/core/validation: validateContainers and its neighbours).
//!
//! Relies on the files of a container's parts.

use std::collections::BTreeSet;

use super::env::{check_env, check_env_from};
use super::findings::Findings;
use super::mounts::{check_devices, check_mounts};
use super::names::*;
use super::place::At;
use super::pod::{Pod, Volumes, check_one_of, check_one_of_given};
use super::probes::{check_lifecycle, check_probes, has_lifecycle};
use super::resources::check_container_resources;
use super::security::check_container_security;

const MAX_RESTART_RULES: usize = 20;
const MAX_RESTART_VALUES: usize = 255;
const RULES_NEED_POLICY: &str = "restartPolicyRules need a restartPolicy";
const PULL_POLICIES: [&str; 3] = ["Always", "IfNotPresent", "Never"];

pub(super) fn check_containers(pod: &Pod, volumes: &Volumes, found: &mut Findings) {
    let containers = pod.spec.get("containers");
    if containers.count() == 0 {
        return found.required(&containers, "a pod needs at least one container");
    }
    let mut names = BTreeSet::new();
    for container in containers.items() {
        check_common(&container, pod, volumes, found);
        check_unique(&container, &mut names, found);
        check_lifecycle(&container, pod, found);
        check_probes(&container, pod, found);
        check_restart_rules(&container, found);
    }
    check_host_port_conflicts(&containers.items().collect::<Vec<_>>(), &containers, found);
}

pub(super) fn check_init_containers(pod: &Pod, volumes: &Volumes, found: &mut Findings) {
    let regular = pod.spec.get("containers");
    let mut names: BTreeSet<&str> = regular.items().map(|container| container.get("name").text()).collect();
    for container in pod.spec.get("initContainers").items() {
        check_common(&container, pod, volumes, found);
        if container.get("restartPolicy").is_set() {
            check_restart_rules(&container, found);
        } else if container.get("restartPolicyRules").count() > 0 {
            found.required(&container.get("restartPolicy"), RULES_NEED_POLICY);
        }
        if !container.get("name").text().is_empty() || names.contains("") {
            check_unique(&container, &mut names, found);
        }
        check_host_port_conflicts(std::slice::from_ref(&container), &pod.spec.get("initContainers"), found);
        let is_sidecar = container.get("restartPolicy").str() == Some("Always");
        if is_sidecar {
            check_lifecycle(&container, pod, found);
            check_probes(&container, pod, found);
            continue;
        }
        const WHY: &str = "an init container may have it only with restartPolicy: Always, as a sidecar";
        if has_lifecycle(&container) {
            found.forbidden(&container.get("lifecycle"), WHY);
        }
        for field in ["livenessProbe", "readinessProbe", "startupProbe"] {
            if container.get(field).is_set() {
                found.forbidden(&container.get(field), WHY);
            }
        }
        for policy in container.get("resizePolicy").items() {
            let policy = policy.get("restartPolicy");
            if policy.text() == "RestartContainer" {
                found.wrong(
                    &policy,
                    "an init container cannot be restarted by a resize, expected NotRequired",
                );
            }
        }
    }
}

pub(super) fn check_ephemeral_containers(pod: &Pod, volumes: &Volumes, found: &mut Findings) {
    let others = [pod.spec.get("containers"), pod.spec.get("initContainers")];
    let others: BTreeSet<&str> = others.iter().flat_map(At::items).map(|c| c.get("name").text()).collect();
    let mut names = others.clone();
    for container in pod.spec.get("ephemeralContainers").items() {
        check_common(&container, pod, volumes, found);
        check_unique(&container, &mut names, found);
        let image = container.get("image");
        if image.text().trim() != image.text() {
            found.invalid(&image, "no blanks around it");
        }
        let target = container.get("targetContainerName");
        if !target.text().is_empty() && !others.contains(target.text()) {
            found.not_found(&target, "container of the template");
        }
        const WHY: &str = "an ephemeral container has no such field";
        let fields =
            ["ports", "resizePolicy", "livenessProbe", "readinessProbe", "startupProbe", "restartPolicy"];
        for field in fields.into_iter().chain(["restartPolicyRules"]) {
            if container.get(field).is_set() {
                found.forbidden(&container.get(field), WHY);
            }
        }
        if container.get("resources").entries().any(|entry| !entry.value.is_null()) {
            found.forbidden(&container.get("resources"), WHY);
        }
        if has_lifecycle(&container) {
            found.forbidden(&container.get("lifecycle"), WHY);
        }
        for mount in container.get("volumeMounts").items() {
            for field in ["subPath", "subPathExpr"] {
                if !mount.get(field).text().is_empty() {
                    found.forbidden(&mount.get(field), WHY);
                }
            }
        }
    }
}

fn check_unique<'a>(container: &At<'a>, names: &mut BTreeSet<&'a str>, found: &mut Findings) {
    let name = container.get("name");
    if !names.insert(name.text()) {
        found.duplicate(&name, "name of a container");
    }
}

fn check_common(container: &At, pod: &Pod, volumes: &Volumes, found: &mut Findings) {
    let name = container.get("name");
    if name.text().is_empty() {
        found.required(&name, "a container needs a name");
    } else if !is_dns_label(name.text()) {
        found.invalid(&name, DNS_LABEL);
    }
    if container.get("image").text().is_empty() {
        found.required(&container.get("image"), "a container needs an image");
    }
    let message_policy = container.get("terminationMessagePolicy");
    check_one_of(&message_policy, &["File", "FallbackToLogsOnError"], found);
    check_ports(&container.get("ports"), found);
    check_env(&container.get("env"), found);
    check_env_from(&container.get("envFrom"), found);
    check_mounts(container, volumes, found);
    check_devices(container, volumes, found);
    check_one_of(&container.get("imagePullPolicy"), &PULL_POLICIES, found);
    check_container_resources(&container.get("resources"), pod, found);
    check_resize_policy(&container.get("resizePolicy"), pod, found);
    check_container_security(&container.get("securityContext"), pod, found);
}

fn check_ports(ports: &At, found: &mut Findings) {
    let mut names = BTreeSet::new();
    for port in ports.items() {
        let (name, number, host) = (port.get("name"), port.get("containerPort"), port.get("hostPort"));
        if !name.text().is_empty() {
            if !is_port_name(name.text()) {
                found.invalid(&name, PORT_NAME);
            } else if !names.insert(name.text()) {
                found.duplicate(&name, "name of a port");
            }
        }
        match number.int().unwrap_or(0) {
            0 => found.required(&number, &format!("a port needs a number, {PORT_NUMBER}")),
            n if !is_port_number(n) => found.invalid(&number, PORT_NUMBER),
            _ => {}
        }
        if host.int().is_some_and(|n| n != 0 && !is_port_number(n)) {
            found.invalid(&host, PORT_NUMBER);
        }
        check_one_of(&port.get("protocol"), &["TCP", "UDP", "SCTP"], found);
    }
}

/// Ports of the host that two of these containers ask for. The API server counts the containers that it compares:
/// of a single init container its name says `[0]`.
fn check_host_port_conflicts(containers: &[At], list: &At, found: &mut Findings) {
    let mut taken = BTreeSet::new();
    for (n, container) in containers.iter().enumerate() {
        for (m, port) in container.get("ports").items().enumerate() {
            let name = list.item(n).get("ports").item(m).get("hostPort");
            let host = port.get("hostPort").named_as(&name);
            let Some(number) = host.int().filter(|number| *number != 0) else { continue };
            let protocol = match port.get("protocol").text() {
                "" => "TCP",
                protocol => protocol,
            };
            if !taken.insert((protocol, port.get("hostIP").text(), number)) {
                found.duplicate(&host, "port of the host");
            }
        }
    }
}

fn check_restart_rules(container: &At, found: &mut Findings) {
    let (policy, rules) = (container.get("restartPolicy"), container.get("restartPolicyRules"));
    if !policy.is_set() && rules.count() > 0 {
        found.required(&policy, RULES_NEED_POLICY);
    }
    check_one_of_given(&policy, &["Always", "Never", "OnFailure"], found);
    if rules.count() > MAX_RESTART_RULES {
        found.too_many(&rules, "rules", MAX_RESTART_RULES);
    }
    for rule in rules.items() {
        let (action, codes) = (rule.get("action"), rule.get("exitCodes"));
        if !matches!(action.text(), "Restart" | "RestartAllContainers") {
            found.not_supported(&action, &["Restart", "RestartAllContainers"]);
        }
        if !codes.is_set() {
            found.required(&codes, "a rule needs exit codes");
            continue;
        }
        let (operator, values) = (codes.get("operator"), codes.get("values"));
        if !matches!(operator.text(), "In" | "NotIn") {
            found.not_supported(&operator, &["In", "NotIn"]);
        }
        if values.count() > MAX_RESTART_VALUES {
            found.too_many(&values, "values", MAX_RESTART_VALUES);
        }
    }
}

fn check_resize_policy(policies: &At, pod: &Pod, found: &mut Findings) {
    let mut resources = BTreeSet::new();
    for policy in policies.items() {
        let (resource, restart) = (policy.get("resourceName"), policy.get("restartPolicy"));
        if !resources.insert(resource.text()) {
            found.duplicate(&resource.clone().named_as(&policy), "resource");
        }
        // The real names stop at the list.
        let (resource, restart) = (resource.named_as(policies), restart.named_as(policies));
        match resource.text() {
            "" => found.required(&resource, "expected cpu or memory"),
            _ => check_one_of(&resource, &["cpu", "memory"], found),
        }
        match restart.text() {
            "" => found.required(&restart, "expected NotRequired or RestartContainer"),
            _ => check_one_of(&restart, &["NotRequired", "RestartContainer"], found),
        }
        if pod.restarts_never && restart.text() != "NotRequired" {
            found.wrong(&restart, "found another value than NotRequired in a pod with restartPolicy: Never");
        }
    }
}
