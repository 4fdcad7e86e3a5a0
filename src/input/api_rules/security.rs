//! Security contexts of pods and containers (pkg/apis/core/validation: validatePodSpecSecurityContext,
//! ValidateSecurityContext).
//!
//! What depends on the operating system is in [`super::windows`].

use std::collections::BTreeSet;

use super::Privileged;
use super::findings::Findings;
use super::mounts::check_descending_path;
use super::names::{USER_ID, is_user_id};
use super::place::At;
use super::pod::{Pod, check_one_of_given};
use super::windows::check_windows_options;

const MAX_SYSCTL: usize = 253;
const MAX_PROFILE: usize = 4095;

pub(super) fn check_user(user: &At, found: &mut Findings) {
    if user.int().is_some_and(|id| !is_user_id(id)) {
        found.invalid(user, USER_ID);
    }
}

pub(super) fn check_pod_security(pod: &Pod, found: &mut Findings) {
    let context = pod.spec.get("securityContext");
    for field in ["fsGroup", "runAsUser", "runAsGroup"] {
        check_user(&context.get(field), found);
    }
    for group in context.get("supplementalGroups").items() {
        check_user(&group, found);
    }
    check_sysctls(pod, &context.get("sysctls"), found);
    check_one_of_given(&context.get("fsGroupChangePolicy"), &["OnRootMismatch", "Always"], found);
    check_seccomp(&context.get("seccompProfile"), found);
    check_windows_options(&context.get("windowsOptions"), found);
    check_app_armor(&context.get("appArmorProfile"), found);
    check_one_of_given(&context.get("supplementalGroupsPolicy"), &["Merge", "Strict"], found);
    check_one_of_given(&context.get("seLinuxChangePolicy"), &["Recursive", "MountOption"], found);
}

pub(super) fn check_container_security(context: &At, pod: &Pod, found: &mut Findings) {
    if !context.is_set() {
        return;
    }
    let privileged = context.get("privileged");
    if privileged.is_true() && pod.privileged == Privileged::Refused {
        found.forbidden(&privileged, "this API server does not allow privileged containers");
    }
    check_user(&context.get("runAsUser"), found);
    check_user(&context.get("runAsGroup"), found);
    let proc = context.get("procMount");
    check_one_of_given(&proc, &["Default", "Unmasked"], found);
    if proc.str() == Some("Unmasked") && pod.host_users {
        found.wrong(&proc, "Unmasked needs hostUsers: false");
    }
    check_seccomp(&context.get("seccompProfile"), found);
    if context.get("allowPrivilegeEscalation").bool() == Some(false) {
        if privileged.is_true() {
            found.wrong(context, "privileged: true excludes allowPrivilegeEscalation: false");
        }
        let adds = context.get("capabilities").get("add");
        if adds.items().any(|capability| capability.text() == "CAP_SYS_ADMIN") {
            found.wrong(context, "the capability CAP_SYS_ADMIN excludes allowPrivilegeEscalation: false");
        }
    }
    check_windows_options(&context.get("windowsOptions"), found);
    check_app_armor(&context.get("appArmorProfile"), found);
}

fn check_sysctls(pod: &Pod, sysctls: &At, found: &mut Findings) {
    let mut seen = BTreeSet::new();
    for sysctl in sysctls.items() {
        let name = sysctl.get("name");
        let text = name.text();
        if text.is_empty() {
            found.required(&name, "a sysctl needs a name");
        } else if !is_sysctl(text) {
            found.invalid(&name, "the name of a sysctl, such as net.core.somaxconn");
        } else if seen.contains(text) {
            found.duplicate(&name, "sysctl");
        }
        seen.insert(text);
        for (of_host, is_of) in [("hostNetwork", is_net as fn(&str) -> bool), ("hostIPC", is_ipc)] {
            if pod.spec.get(of_host).is_true() && is_of(text) {
                found.wrong(&name, &format!("must not be set with {of_host}: true"));
            }
        }
    }
}

/// Segments of lower-case letters, digits, '-' and '_', with points or slashes between them.
fn is_sysctl(text: &str) -> bool {
    let outer = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let segment = |segment: &str| {
        let bytes = segment.as_bytes();
        let inner = |b: &u8| outer(Some(b)) || matches!(b, b'-' | b'_');
        outer(bytes.first()) && outer(bytes.last()) && bytes.iter().all(inner)
    };
    text.len() <= MAX_SYSCTL && text.split(['.', '/']).all(segment)
}

/// With slashes for points, unless a slash is the first separator (component-helpers: NormalizeName).
fn normal(text: &str) -> String {
    let first = text.find(['.', '/']);
    if first.is_some_and(|at| text[at..].starts_with('.')) {
        return text.to_string();
    }
    text.chars()
        .map(|c| {
            if c == '/' {
                '.'
            } else if c == '.' {
                '/'
            } else {
                c
            }
        })
        .collect()
}

fn is_net(text: &str) -> bool {
    normal(text).starts_with("net.")
}

fn is_ipc(text: &str) -> bool {
    const NAMES: [&str; 10] = [
        "kernel.sem",
        "kernel.shmall",
        "kernel.shmmax",
        "kernel.shmmni",
        "kernel.shm_rmid_forced",
        "kernel.shm",
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
        "kernel.msg",
    ];
    let name = normal(text);
    NAMES.contains(&name.as_str()) || name.starts_with("fs.mqueue.")
}

fn check_seccomp(profile: &At, found: &mut Findings) {
    if !profile.is_set() {
        return;
    }
    let (kind, path) = (profile.get("type"), profile.get("localhostProfile"));
    check_profile_type(&kind, found);
    match (kind.text() == "Localhost", path.is_set()) {
        (true, true) => check_descending_path(&path, found),
        (true, false) => found.required(&path, "type: Localhost needs a profile"),
        (false, true) => found.wrong(&path, "needs type: Localhost"),
        (false, false) => {}
    }
}

fn check_app_armor(profile: &At, found: &mut Findings) {
    if !profile.is_set() {
        return;
    }
    let (kind, path) = (profile.get("type"), profile.get("localhostProfile"));
    check_profile_type(&kind, found);
    match (kind.text(), path.str()) {
        ("Localhost", None) => found.required(&path, "type: Localhost needs a profile"),
        ("Localhost", Some(text)) => {
            if text.trim() != text {
                found.invalid(&path, "no blanks around it");
            } else if text.is_empty() {
                found.required(&path, "type: Localhost needs a profile");
            }
            if text.len() > MAX_PROFILE {
                found.too_long(&path, MAX_PROFILE);
            }
        }
        ("RuntimeDefault" | "Unconfined", Some(_)) => found.wrong(&path, "needs type: Localhost"),
        _ => {}
    }
}

fn check_profile_type(kind: &At, found: &mut Findings) {
    const TYPES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];
    if kind.text().is_empty() {
        found.required(kind, "a profile needs a type: Localhost, RuntimeDefault or Unconfined");
    } else if !TYPES.contains(&kind.text()) {
        found.not_supported(kind, &TYPES);
    }
}
