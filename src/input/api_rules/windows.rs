//! What a pod may say of its operating system (pkg/apis/core/validation: validateOS, validateWindows,
//! validateWindowsSecurityContextOptions, validateWindowsHostProcessPod).

use super::Privileged;
use super::findings::Findings;
use super::names::{DNS_SUBDOMAIN, is_dns_subdomain};
use super::place::At;
use super::pod::Pod;

const MAX_CREDENTIAL_SPEC: usize = 64 << 10;
const MAX_DOMAIN: usize = 255;
const MAX_USER: usize = 104;

const POD_FIELDS: [&str; 11] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
];

const CONTAINER_FIELDS: [&str; 10] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

pub(super) fn check_os(pod: &Pod, found: &mut Findings) {
    check_host_processes(pod, found);
    let os = pod.spec.get("os");
    match pod.os {
        None => {}
        Some("") => found.required(&os.get("name"), "expected linux or windows"),
        Some("linux") => check_linux(pod, found),
        Some("windows") => check_windows(pod, found),
        Some(_) => found.not_supported(&os.get("name").named_as(&os), &["linux", "windows"]),
    }
}

fn check_linux(pod: &Pod, found: &mut Findings) {
    let contexts = pod.containers().map(|(_, container)| container.get("securityContext"));
    for context in std::iter::once(pod.spec.get("securityContext")).chain(contexts) {
        let options = context.get("windowsOptions");
        if options.is_set() {
            found.forbidden(&options, "a pod for Linux cannot have it");
        }
    }
}

fn check_windows(pod: &Pod, found: &mut Findings) {
    const WHY: &str = "a pod for Windows cannot have it";
    let context = pod.spec.get("securityContext");
    for field in POD_FIELDS {
        let value = context.get(field);
        if value.is_set() && (field != "sysctls" || value.count() > 0) {
            found.forbidden(&value, WHY);
        }
    }
    for field in ["hostUsers", "shareProcessNamespace"] {
        if pod.spec.get(field).is_set() {
            found.forbidden(&pod.spec.get(field), WHY);
        }
    }
    for field in ["hostPID", "hostIPC"] {
        if pod.spec.get(field).is_true() {
            found.forbidden(&pod.spec.get(field), WHY);
        }
    }
    for (_, container) in pod.containers() {
        let context = container.get("securityContext");
        for field in CONTAINER_FIELDS {
            if context.get(field).is_set() {
                found.forbidden(&context.get(field), WHY);
            }
        }
    }
}

fn check_host_processes(pod: &Pod, found: &mut Findings) {
    let spec = &pod.spec;
    let of_pod = spec.get("securityContext").get("windowsOptions").get("hostProcess").bool();
    let (mut all, mut of_host) = (0, 0);
    for (_, container) in pod.containers() {
        all += 1;
        let own = container.get("securityContext").get("windowsOptions").get("hostProcess");
        if of_pod.is_some() && own.bool().is_some() && own.bool() != of_pod {
            found.invalid(&own, "the same as the pod says");
        }
        of_host += usize::from(own.bool().or(of_pod) == Some(true));
    }
    if of_host == 0 {
        return;
    }
    if of_host != all {
        found.wrong(spec, "either all containers are processes of the host (hostProcess) or none");
    }
    if !spec.get("hostNetwork").is_true() {
        found.wrong(&spec.get("hostNetwork"), "containers with hostProcess need hostNetwork: true");
    }
    if pod.privileged == Privileged::Refused {
        found.forbidden(spec, "this API server does not allow processes of the host");
    }
}

pub(super) fn check_windows_options(options: &At, found: &mut Findings) {
    let name = options.get("gmsaCredentialSpecName");
    if name.str().is_some_and(|name| !is_dns_subdomain(name)) {
        found.invalid(&name, DNS_SUBDOMAIN);
    }
    let credential = options.get("gmsaCredentialSpec");
    match credential.str() {
        Some("") => found.invalid(&credential, "a credential spec"),
        Some(text) if text.len() > MAX_CREDENTIAL_SPEC => {
            found.wrong(&credential, &format!("found {} bytes, expected at most 65536", text.len()));
        }
        _ => {}
    }
    let user = options.get("runAsUserName");
    if user.str().is_some_and(|user| !is_user_name(user)) {
        found.invalid(&user, "USER or DOMAIN\\USER as Windows has them");
    }
}

fn is_user_name(text: &str) -> bool {
    let (domain, user) = match text.split_once('\\') {
        Some((domain, user)) => (Some(domain), user),
        None => (None, text),
    };
    let good_user = !user.is_empty()
        && user.len() <= MAX_USER
        && !user.chars().all(|c| c == '.' || c == ' ')
        && !user.contains(['"', '/', '\\', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '@', '[', ']']);
    let good_domain = domain.is_none_or(|domain| is_net_bios_name(domain) || is_windows_domain(domain));
    good_user && good_domain && !text.bytes().any(|b| b.is_ascii_control())
}

fn is_net_bios_name(text: &str) -> bool {
    const NEVER: [char; 9] = ['\\', '/', ':', '*', '?', '"', '<', '>', '|'];
    let length = text.chars().count();
    (1..=15).contains(&length) && !text.contains(NEVER) && !text.starts_with('.')
}

fn is_windows_domain(text: &str) -> bool {
    let end = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let label = |label: &str| {
        let bytes = label.as_bytes();
        bytes.len() <= 63
            && end(bytes.first())
            && end(bytes.last())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    text.len() <= MAX_DOMAIN && text.split('.').all(label)
}
