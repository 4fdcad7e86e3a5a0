//! Requests, limits and resource claims (pkg/apis/core/validation: validateResourceRequirements).
//!
//! Relies on [`super::super::quantity`]. A quantity that cannot be read has been reported by decoding.

use std::collections::{BTreeMap, BTreeSet};

use super::super::quantity::Quantity;
use super::findings::Findings;
use super::names::*;
use super::place::At;
use super::pod::Pod;

/// Resources of quotas that come in whole numbers.
const COUNTED: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];
const HUGE_PAGES: &str = "hugepages-";

/// The quantity at a place, written as text or as a number.
pub(super) fn quantity(at: &At) -> Option<Quantity> {
    super::super::quantity::of_node(at.node()?)
}

/// Cut to thousandths, as the API server keeps resources.
fn amount(at: &At) -> Quantity {
    quantity(at).map_or(Quantity::ZERO, Quantity::to_millis)
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && is_qualified_name(&format!("requests.{name}"))
}

fn is_container_resource(name: &str) -> bool {
    let standard = matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with(HUGE_PAGES);
    is_qualified_name(name)
        && if name.contains('/') { is_native(name) || is_extended(name) } else { standard }
}

/// A resource whose requests may be below its limit.
fn may_overcommit(name: &str) -> bool {
    is_native(name) && !name.starts_with(HUGE_PAGES)
}

/// Whether an amount is a whole number of the pages that the name says.
fn fits_pages(name: &str, amount: Quantity) -> bool {
    let page = name.strip_prefix(HUGE_PAGES).and_then(Quantity::parse).filter(|page| page.nanos > 0);
    page.is_some_and(|page| page.to_millis().is_whole() && amount.units() % page.units() == 0)
}

/// Whose resources: the names differ.
#[derive(Clone, Copy)]
enum Owner {
    Container,
    Pod,
}

pub(super) fn check_container_resources(resources: &At, pod: &Pod, found: &mut Findings) {
    let (limits, requests) = (resources.get("limits"), resources.get("requests"));
    check_amounts(resources, &limits, &requests, Owner::Container, found);
    check_claims(&resources.get("claims"), &pod.claims, found);
}

/// The pod's overhead is a list of limits.
pub(super) fn check_overhead(overhead: &At, found: &mut Findings) {
    // Named as if it had `limits`.
    let limits = overhead.clone().named(overhead, "limits");
    let none = overhead.item(0);
    check_amounts(overhead, &limits, &none, Owner::Container, found);
}

fn check_amounts(resources: &At, limits: &At, requests: &At, owner: Owner, found: &mut Findings) {
    let mut has = (false, false);
    let by_name: BTreeMap<&str, At> = limits.members().collect();
    for (list, is_request) in [(limits, false), (requests, true)] {
        for (name, at) in list.members() {
            let value = amount(&at);
            check_name(&at, name, owner, found);
            let at = at.pointing_at_value();
            if value.nanos < 0 {
                found.invalid(&at, "0 or more");
            }
            if (is_extended(name) || COUNTED.contains(&name)) && !value.is_whole() {
                found.invalid(&at, "a whole number");
            }
            if name.starts_with(HUGE_PAGES) && !fits_pages(name, value) {
                found.invalid(&at, "a whole number of pages of the size in the name");
            }
            has.0 |= matches!(name, "cpu" | "memory");
            has.1 |= name.starts_with(HUGE_PAGES);
            if is_request {
                check_against_limit(name, &at.named_as(requests), by_name.get(name), limits, found);
            }
        }
    }
    if has == (false, true) {
        found.forbidden(resources, "huge pages need cpu or memory as well");
    }
}

fn check_name(at: &At, name: &str, owner: Owner, found: &mut Findings) {
    match owner {
        Owner::Container if !is_container_resource(name) => {
            let message = format!(
                "found the resource {name:?}, expected cpu, memory, ephemeral-storage, hugepages-SIZE or DOMAIN/NAME"
            );
            found.wrong(at, &message);
        }
        Owner::Pod if !is_qualified_name(name) || (!name.contains('/') && !is_standard(name)) => {
            found.wrong(at, &format!("found the resource {name:?}, expected cpu, memory or hugepages-SIZE"));
        }
        Owner::Pod if !matches!(name, "cpu" | "memory") && !name.starts_with(HUGE_PAGES) => {
            let message = format!("found the resource {name:?}, expected cpu, memory or hugepages-SIZE");
            found.not_supported_because(at, &message);
        }
        _ => {}
    }
}

/// Names of resources that need no domain.
fn is_standard(name: &str) -> bool {
    let amount = name.strip_prefix("requests.").or(name.strip_prefix("limits.")).unwrap_or(name);
    matches!(amount, "cpu" | "memory" | "ephemeral-storage")
        || matches!(name, "storage" | "requests.storage")
        || COUNTED.contains(&name)
        || name.starts_with(HUGE_PAGES)
        || name.starts_with("requests.hugepages-")
}

/// A request against its limit. `request` carries the real name, which stops at the list.
fn check_against_limit(name: &str, request: &At, limit: Option<&At>, limits: &At, found: &mut Findings) {
    let Some(limit) = limit else {
        if !may_overcommit(name) {
            found.required(limits, &format!("{name} cannot be shared, so it needs a limit"));
        }
        return;
    };
    let (value, most, shown) = (amount(request), amount(limit), limit.found());
    if !may_overcommit(name) && value.nanos != most.nanos {
        found.invalid(request, &format!("the limit of {name} ({shown}), as it cannot be shared"));
    } else if value.nanos > most.nanos {
        found.invalid(request, &format!("at most the limit of {name} ({shown})"));
    }
}

fn check_claims(claims: &At, of_pod: &BTreeSet<&str>, found: &mut Findings) {
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    for claim in claims.items() {
        let (name, request) = (claim.get("name").text(), claim.get("request"));
        if name.is_empty() {
            found.required(&claim, "expected the name of a resource claim of the pod");
            continue;
        }
        let key = (name, request.text());
        if seen.contains(&(name, "")) {
            found.duplicate(&claim, "claim");
        } else {
            if !request.text().is_empty() && !is_dns_label(request.text()) {
                found.invalid(&request, DNS_LABEL);
            }
            let with_any_request =
                || seen.range((name, "")..).next().is_some_and(|(other, _)| *other == name);
            if seen.contains(&key) || (key.1.is_empty() && with_any_request()) {
                found.duplicate(&claim, "claim");
            }
            seen.insert(key);
        }
        if !of_pod.contains(name) {
            found.not_found(&claim, "resource claim of the pod");
        }
    }
}

pub(super) fn check_pod_claims(claims: &At, found: &mut Findings) {
    let mut names = BTreeSet::new();
    for claim in claims.items() {
        let name = claim.get("name");
        if name.text().is_empty() {
            found.required(&name, "a claim needs a name");
        } else if !names.insert(name.text()) {
            found.duplicate(&name, "name of a claim");
        } else if !is_dns_label(name.text()) {
            found.invalid(&name, DNS_LABEL);
        }
        let sources = [claim.get("resourceClaimName"), claim.get("resourceClaimTemplateName")];
        if sources.iter().filter(|source| source.is_set()).count() != 1 {
            found.wrong(&claim, "expected exactly one of resourceClaimName and resourceClaimTemplateName");
        }
        for source in sources {
            if source.str().is_some_and(|name| !is_dns_subdomain(name)) {
                found.invalid(&source, DNS_SUBDOMAIN);
            }
        }
    }
}

/// Resources of the pod as a whole, also against those of its containers.
pub(super) fn check_pod_resources(pod: &Pod, found: &mut Findings) {
    let resources = pod.spec.get("resources");
    if !resources.is_set() {
        return;
    }
    if pod.os == Some("windows") {
        return found.forbidden(&resources, "a pod for Windows cannot have it");
    }
    let (limits, requests, claims) =
        (resources.get("limits"), resources.get("requests"), resources.get("claims"));
    if claims.is_set() {
        found.forbidden(&claims, "claims belong to containers");
    }
    check_amounts(&resources, &limits, &requests, Owner::Pod, found);
    check_claims(&claims, &pod.claims, found);
    let (limit_of, request_of): (BTreeMap<&str, At>, BTreeMap<&str, At>) =
        (limits.members().collect(), requests.members().collect());
    for (name, least) in together(pod, "requests") {
        if let Some(own) = request_of.get(name).filter(|own| least > amount(own).nanos) {
            found.invalid(own, "at least what the containers request together");
        }
    }
    for (name, least) in together(pod, "limits").into_iter().filter(|(name, _)| name.starts_with(HUGE_PAGES))
    {
        if let Some(own) = limit_of.get(name).filter(|own| least > amount(own).nanos) {
            found.invalid(own, "at least the limits of the containers together");
        }
    }
    for (n, container) in pod.spec.get("containers").items().enumerate() {
        for (name, limit) in container.get("resources").get("limits").members() {
            if limit_of.get(name).is_some_and(|own| amount(&limit).nanos > amount(own).nanos) {
                // The real name is nobody's path.
                let place = resources.get("containers").item(n).member(name).get("limits");
                found.invalid(&limit.named_as(&place), "at most the limit of the pod");
            }
        }
    }
}

/// What the containers ask for at the worst moment: all of them and the sidecars, or an init container with the
/// sidecars before it (component-helpers/resource: AggregateContainerRequests).
fn together<'a>(pod: &Pod<'a>, list: &'static str) -> BTreeMap<&'a str, i128> {
    let mut sum: BTreeMap<&str, i128> = BTreeMap::new();
    let amounts = |container: &At<'a>| container.get("resources").get(list).members().collect::<Vec<_>>();
    for container in pod.spec.get("containers").items() {
        for (name, at) in amounts(&container) {
            *sum.entry(name).or_default() += amount(&at).nanos;
        }
    }
    let (mut sidecars, mut peak): (BTreeMap<&str, i128>, BTreeMap<&str, i128>) = Default::default();
    for container in pod.spec.get("initContainers").items() {
        let is_sidecar = container.get("restartPolicy").str() == Some("Always");
        let mut moment = sidecars.clone();
        for (name, at) in amounts(&container) {
            *moment.entry(name).or_default() += amount(&at).nanos;
        }
        if is_sidecar {
            for (name, at) in amounts(&container) {
                *sum.entry(name).or_default() += amount(&at).nanos;
            }
            sidecars = moment.clone();
        }
        for (name, nanos) in moment {
            let most = peak.entry(name).or_default();
            *most = (*most).max(nanos);
        }
    }
    for (name, nanos) in peak {
        let most = sum.entry(name).or_default();
        *most = (*most).max(nanos);
    }
    sum
}
