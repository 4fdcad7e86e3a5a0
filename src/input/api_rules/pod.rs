//! The fields of the pod itself (pkg/apis/core/validation: ValidatePodSpec).
//!
//! Relies on the files of its parts. It knows neither the Job nor the template's metadata.

use std::collections::{BTreeMap, BTreeSet};

use super::Privileged;
use super::containers::{check_containers, check_ephemeral_containers, check_init_containers};
use super::env::check_file_volumes;
use super::findings::Findings;
use super::labels::check_labels;
use super::names::*;
use super::place::At;
use super::resources::{check_overhead, check_pod_claims, check_pod_resources};
use super::scheduling::{check_affinity, check_spread, check_tolerations};
use super::security::check_pod_security;
use super::volumes::check_volumes;
use super::windows::check_os;

const DEFAULT_GRACE_SECONDS: i64 = 30;
const MAX_NAMESERVERS: usize = 3;
const MAX_SEARCHES: usize = 32;
const MAX_SEARCH_BYTES: usize = 2048;
const MAX_HOST_NAME: usize = 64;

/// A pod with what several of its rules ask for.
pub(super) struct Pod<'a> {
    pub spec: At<'a>,
    pub os: Option<&'a str>,
    pub grace_seconds: i64,
    /// Whether the container's users are those of the host.
    pub host_users: bool,
    pub restarts_never: bool,
    pub privileged: Privileged,
    /// Names of the resource claims.
    pub claims: BTreeSet<&'a str>,
}

/// The volumes of a pod. Those with faults cannot be referred to; so does the API server.
#[derive(Default)]
pub(super) struct Volumes<'a> {
    pub good: BTreeMap<&'a str, At<'a>>,
    pub faulty: BTreeSet<&'a str>,
}

impl Volumes<'_> {
    /// Reports a name that is none of a good volume.
    pub fn check_name(&self, name: &At, found: &mut Findings) {
        if self.good.contains_key(name.text()) {
            return;
        }
        let is_faulty = self.faulty.contains(name.text());
        found.not_found(name, if is_faulty { "volume without an error" } else { "volume of the pod" });
    }
}

const CONTAINER_LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

impl<'a> Pod<'a> {
    pub fn of(spec: At<'a>, privileged: Privileged) -> Pod<'a> {
        let claims = spec.get("resourceClaims").items().map(|claim| claim.get("name").text());
        Pod {
            os: spec.get("os").get("name").str().or(spec.get("os").is_set().then_some("")),
            grace_seconds: spec.get("terminationGracePeriodSeconds").int().unwrap_or(DEFAULT_GRACE_SECONDS),
            host_users: spec.get("hostUsers").bool() != Some(false),
            restarts_never: spec.get("restartPolicy").str() == Some("Never"),
            claims: claims.filter(|name| !name.is_empty()).collect(),
            privileged,
            spec,
        }
    }

    /// All containers, each with the name of its list.
    pub fn containers(&self) -> impl Iterator<Item = (&'static str, At<'a>)> {
        CONTAINER_LISTS.into_iter().flat_map(|list| {
            self.spec.get(list).items().map(|container| (list, container)).collect::<Vec<_>>()
        })
    }
}

pub(super) fn check_pod(pod: &Pod, found: &mut Findings) {
    let spec = &pod.spec;
    let volumes = check_volumes(&spec.get("volumes"), found);
    check_pod_claims(&spec.get("resourceClaims"), found);
    check_containers(pod, &volumes, found);
    check_init_containers(pod, &volumes, found);
    check_ephemeral_containers(pod, &volumes, found);
    check_pod_resources(pod, found);
    check_host_ports(pod, found);
    let dns_policy = spec.get("dnsPolicy");
    check_one_of(&dns_policy, &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"], found);
    check_dns(&spec.get("dnsConfig"), dns_policy.text() == "None", found);
    check_labels(&spec.get("nodeSelector"), found);
    check_pod_security(pod, found);
    check_affinity(&spec.get("affinity"), found);
    check_gates(spec, found);
    check_spread(&spec.get("topologySpreadConstraints"), found);
    check_tolerations(&spec.get("tolerations"), found);
    check_host(pod, found);
    check_names(spec, found);
    let deadline = spec.get("activeDeadlineSeconds");
    if deadline.int().is_some_and(|s| !(1..=i64::from(i32::MAX)).contains(&s)) {
        found.invalid(&deadline, &format!("1 to {}", i32::MAX));
    }
    check_preemption(&spec.get("preemptionPolicy"), found);
    check_overhead(&spec.get("overhead"), found);
    check_os(pod, found);
    check_file_volumes(pod, found);
}

/// A text that, unless empty, must be one of those known.
pub(super) fn check_one_of(text: &At, known: &[&str], found: &mut Findings) {
    if !text.text().is_empty() && !known.contains(&text.text()) {
        found.not_supported(text, known);
    }
}

/// The same for a field that is a pointer in the API: an empty text is not an absent one.
pub(super) fn check_one_of_given(text: &At, known: &[&str], found: &mut Findings) {
    if text.str().is_some_and(|text| !known.contains(&text)) {
        found.not_supported(text, known);
    }
}

fn check_preemption(policy: &At, found: &mut Findings) {
    if policy.str() == Some("") {
        found.required(policy, "expected PreemptLowerPriority or Never");
    }
    check_one_of(policy, &["PreemptLowerPriority", "Never"], found);
}

fn check_host_ports(pod: &Pod, found: &mut Findings) {
    if !pod.spec.get("hostNetwork").is_true() {
        return;
    }
    for container in pod.spec.get("containers").items() {
        for port in container.get("ports").items() {
            let (host, own) = (port.get("hostPort"), port.get("containerPort"));
            if host.int().is_some_and(|host| host != 0 && host != own.int().unwrap_or(0)) {
                found.invalid(&host, "the containerPort: with hostNetwork they are one");
            }
        }
    }
}

fn check_dns(config: &At, policy_is_none: bool, found: &mut Findings) {
    let (servers, searches) = (config.get("nameservers"), config.get("searches"));
    if policy_is_none && !config.is_set() {
        return found.required(config, "dnsPolicy: None needs a dnsConfig");
    }
    if policy_is_none && servers.count() == 0 {
        return found.required(&servers, "dnsPolicy: None needs at least one name server");
    }
    if servers.count() > MAX_NAMESERVERS {
        found.wrong(&servers, &format!("found {}, expected at most {MAX_NAMESERVERS}", servers.count()));
    }
    for server in servers.items().filter(|server| !is_ip_address(server.text())) {
        found.invalid(&server, IP_ADDRESS);
    }
    if searches.count() > MAX_SEARCHES {
        found.wrong(&searches, &format!("found {}, expected at most {MAX_SEARCHES}", searches.count()));
    }
    let bytes: usize = searches.items().map(|search| search.text().len() + 1).sum();
    if bytes > MAX_SEARCH_BYTES + 1 {
        found.wrong(
            &searches,
            &format!("found {} bytes in all, expected at most {MAX_SEARCH_BYTES}", bytes - 1),
        );
    }
    for search in searches.items() {
        let text = search.text();
        if text != "." && !is_search_domain(text.strip_suffix('.').unwrap_or(text)) {
            found.invalid(&search, &format!("a search domain: {DNS_SUBDOMAIN}"));
        }
    }
    for option in config.get("options").items().filter(|option| option.get("name").text().is_empty()) {
        found.required(&option, "an option needs a name");
    }
}

fn check_gates(spec: &At, found: &mut Findings) {
    for gate in spec.get("readinessGates").items() {
        let kind = gate.get("conditionType");
        if !is_qualified_name(kind.text()) {
            found.invalid(&kind, QUALIFIED_NAME);
        }
    }
    let mut seen = BTreeSet::new();
    for gate in spec.get("schedulingGates").items() {
        let name = gate.get("name").named_as(&gate);
        if !is_qualified_name(name.text()) {
            found.invalid(&name, QUALIFIED_NAME);
        }
        if !seen.insert(name.text()) {
            found.duplicate(&name, "scheduling gate");
        }
    }
}

fn check_host(pod: &Pod, found: &mut Findings) {
    let spec = &pod.spec;
    let is_true = |field: &'static str| spec.get(field).is_true();
    if is_true("shareProcessNamespace") && is_true("hostPID") {
        found.wrong(&spec.get("shareProcessNamespace"), "excludes hostPID: true");
    }
    if !pod.host_users {
        for (field, name) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")]
        {
            if is_true(field) {
                found.forbidden(&spec.get(field).named(spec, name), "must not be true with hostUsers: false");
            }
        }
        for (_, container) in pod.containers() {
            let devices = container.get("volumeDevices");
            if devices.count() > 0 {
                found.forbidden(&devices, "must not be used with hostUsers: false");
            }
        }
    }
    let name = spec.get("hostnameOverride");
    if name.is_set() {
        for field in ["setHostnameAsFQDN", "hostNetwork"] {
            if is_true(field) {
                found.forbidden(&name, &format!("must not be given with {field}: true"));
            }
        }
        if name.text().len() > MAX_HOST_NAME {
            found.too_long(&name, MAX_HOST_NAME);
        }
        if !is_dns_subdomain(name.text()) {
            found.invalid(&name, DNS_SUBDOMAIN);
        }
    }
    for alias in spec.get("hostAliases").items() {
        let ip = alias.get("ip");
        if !is_ip_address(ip.text()) {
            found.invalid(&ip, IP_ADDRESS);
        }
        for name in alias.get("hostnames").items().filter(|name| !is_dns_subdomain(name.text())) {
            found.invalid(&name, DNS_SUBDOMAIN);
        }
    }
}

fn check_names(spec: &At, found: &mut Findings) {
    let account = spec.get("serviceAccountName");
    let old = spec.get("serviceAccount").named_as(&account);
    let account = if account.text().is_empty() { old } else { account };
    for name in [account, spec.get("nodeName"), spec.get("priorityClassName")] {
        if !name.text().is_empty() && !is_dns_subdomain(name.text()) {
            found.invalid(&name, DNS_SUBDOMAIN);
        }
    }
    let class = spec.get("runtimeClassName");
    if class.str().is_some_and(|name| !is_dns_subdomain(name)) {
        found.invalid(&class, DNS_SUBDOMAIN);
    }
    for name in [spec.get("hostname"), spec.get("subdomain")] {
        if !name.text().is_empty() && !is_dns_label(name.text()) {
            found.invalid(&name, DNS_LABEL);
        }
    }
}
