//! What a browser may do with the page: run the scripts and apply the styles that are in it, by their hash, and nothing else.
//!
//! So markup that got in where text was meant could not run, and nothing is loaded from anywhere.

use sha2::{Digest, Sha256};

/// The content of `Content-Security-Policy` for a page with these scripts and this style.
pub(super) fn policy(scripts: &[&str], style: &str) -> String {
    let sources = |texts: &[&str]| -> String {
        let all: Vec<String> =
            texts.iter().map(|text| format!("'sha256-{}'", base64(&Sha256::digest(text)))).collect();
        all.join(" ")
    };
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        sources(scripts),
        sources(&[style])
    )
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().enumerate().fold(0u32, |bits, (k, byte)| bits | u32::from(*byte) << (16 - 8 * k));
        for k in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * k)) as usize & 63];
            out.push(if k <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn a_hash_as_browsers_write_it() {
        // The example of the Content Security Policy recommendation, level 3.
        let policy = policy(&["doSomething();"], "");
        assert!(
            policy.contains("script-src 'sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc='"),
            "{policy}"
        );
    }
}
