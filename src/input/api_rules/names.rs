//! The forms that names, keys and values of Kubernetes have to have (apimachinery, pkg/util/validation).
//!
//! Each function says whether a text has the form; the constant of the same name says the form in words. It
//! knows no field.

use std::net::IpAddr;

pub(super) const DNS_LABEL: &str =
    "1 to 63 lower-case letters, digits and '-', with a letter or digit at both ends";
pub(super) const DNS_SUBDOMAIN: &str =
    "lower-case letters, digits, '-' and points, as in DNS, at most 253 characters";
pub(super) const QUALIFIED_NAME: &str = "a name of at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends, \
     after an optional DNS domain and '/'";
pub(super) const LABEL_VALUE: &str =
    "nothing or at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends";
pub(super) const PORT_NAME: &str =
    "1 to 15 lower-case letters, digits and single '-', with at least one letter and no '-' at the ends";
pub(super) const PORT_NUMBER: &str = "1 to 65535";
pub(super) const ENV_NAME: &str = "printable ASCII characters other than '='";
pub(super) const CONFIG_KEY: &str =
    "at most 253 letters, digits, '-', '_' and '.', not starting with two points";
pub(super) const USER_ID: &str = "0 to 2147483647";
pub(super) const IP_ADDRESS: &str = "an IP address such as 10.9.8.7 or 2001:db8::ffff";

const MAX_LABEL: usize = 63;
const MAX_SUBDOMAIN: usize = 253;
const MAX_PORT_NAME: usize = 15;

fn lower(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

/// Whether every byte is one of the inner ones and both ends are of the outer ones; an empty text is not.
fn framed(text: &str, inner: impl Fn(u8) -> bool, outer: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let ends = bytes.first().is_some_and(|b| outer(*b)) && bytes.last().is_some_and(|b| outer(*b));
    ends && bytes.iter().all(|b| outer(*b) || inner(*b))
}

fn dns_part(text: &str) -> bool {
    framed(text, |b| b == b'-', lower)
}

/// RFC 1123 label.
pub(super) fn is_dns_label(text: &str) -> bool {
    text.len() <= MAX_LABEL && dns_part(text)
}

/// RFC 1123 subdomain. Its parts may be longer than a label, as for the API server.
pub(super) fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= MAX_SUBDOMAIN && text.split('.').all(dns_part)
}

/// The same with '_' inside the parts and at their beginning, for search domains.
pub(super) fn is_search_domain(text: &str) -> bool {
    let part = |part: &str| {
        let part = part.strip_prefix('_').unwrap_or(part);
        framed(part, |b| b == b'-' || b == b'_', lower)
    };
    text.len() <= MAX_SUBDOMAIN && text.split('.').all(part)
}

/// A prefix to which characters will be added: a '-' at its end is no fault.
pub(super) fn is_dns_subdomain_prefix(text: &str) -> bool {
    match text.strip_suffix('-') {
        // The character before the '-' is not looked at either.
        Some(rest) if !rest.is_empty() => {
            let cut = (0..rest.len()).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(0);
            is_dns_subdomain(&format!("{}a", &rest[..cut]))
        }
        _ => is_dns_subdomain(text),
    }
}

fn label_text(text: &str) -> bool {
    text.len() <= MAX_LABEL && framed(text, |b| b"-_.".contains(&b), |b| b.is_ascii_alphanumeric())
}

/// `name` or `domain/name`: keys of labels and annotations, types of conditions, names of resources.
pub(super) fn is_qualified_name(text: &str) -> bool {
    match text.split_once('/') {
        Some((domain, name)) => is_dns_subdomain(domain) && label_text(name),
        None => label_text(text),
    }
}

/// The value of a label.
pub(super) fn is_label_value(text: &str) -> bool {
    text.is_empty() || label_text(text)
}

/// The name of a port.
pub(super) fn is_port_name(text: &str) -> bool {
    text.len() <= MAX_PORT_NAME
        && text.bytes().any(|b| b.is_ascii_lowercase())
        && framed(text, |b| b == b'-', lower)
        && !text.contains("--")
}

/// The number of a port.
pub(super) fn is_port_number(number: i64) -> bool {
    (1..=65535).contains(&number)
}

/// The name of an environment variable, in the relaxed form of 1.34 and later.
pub(super) fn is_env_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'=')
}

/// A key of a ConfigMap or a Secret.
pub(super) fn is_config_key(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_SUBDOMAIN
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && text != "."
        && !text.starts_with("..")
}

/// The name of an HTTP header.
pub(super) fn is_header_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The number of a user or a group.
pub(super) fn is_user_id(number: i64) -> bool {
    (0..=i64::from(i32::MAX)).contains(&number)
}

/// An IP address without leading zeros, and no IPv4 address in the clothes of an IPv6 one.
pub(super) fn is_ip_address(text: &str) -> bool {
    match text.parse() {
        Ok(IpAddr::V4(_)) => true,
        Ok(IpAddr::V6(address)) => address.to_ipv4_mapped().is_none(),
        Err(_) => false,
    }
}

/// The path part of `domain/path` (RFC 3986, as far as the API server takes it).
pub(super) fn is_http_path(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_at_their_borders() {
        type Form = fn(&str) -> bool;
        let (n63, n64, n253) = ("n".repeat(63), "n".repeat(64), "n".repeat(253));
        let n254 = "n".repeat(254);
        let table: [(Form, &[&str], &[&str]); 9] = [
            (is_dns_label, &["a", "0-9", &n63], &["", "-a", "a-", "A", "a.b", "a_b", "ä", &n64]),
            (is_dns_subdomain, &["a.b", "a-b.0", &n64, &n253], &["", ".", "a..b", "a.", "A", "a_b", &n254]),
            (is_dns_subdomain_prefix, &["a-", "job-x-", "A-", "ä-"], &["-", "a.", "Aa-", "job_x-"]),
            (is_search_domain, &["_tcp.a_b", "a"], &["", "a_", "_", "__a", "A"]),
            (
                is_qualified_name,
                &["A", "a.b/C_d", &n63],
                &["", "/a", "a/", "a/b/c", "A/b", "-a", "a b", &n64],
            ),
            (is_label_value, &["", "A", "a.b_c-d"], &["-", "a/b", "a b", ".a", &n64]),
            (is_port_name, &["a", "a-1", "1a"], &["", "1", "a--b", "-a", "a-", "A", "abcdefghijklmnop"]),
            (is_env_name, &["a", "1 .", "~"], &["", "a=b", "ä", "\t"]),
            (is_config_key, &["a.b", ".a"], &["", ".", "..", "..a", "a/b", &n254]),
        ];
        for (form, good, bad) in table {
            for text in good {
                assert!(form(text), "{text:?}");
            }
            for text in bad {
                assert!(!form(text), "{text:?}");
            }
        }
        assert!(is_ip_address("1.2.3.4") && is_ip_address("2001:db8::1"));
        for text in ["", "1.2.3", "01.2.3.4", "::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3.4/8"] {
            assert!(!is_ip_address(text), "{text}");
        }
    }
}
