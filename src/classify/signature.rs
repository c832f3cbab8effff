//! Signatures: what stays the same from crash to crash.
//!
//! In: the text of a crash. Out: the same text without what varies from run to run: numbers, addresses,
//! ids, temporary paths. This is the masking step of log template mining (He et al., "Drain: An Online
//! Log Parsing Approach with Fixed Depth Tree", ICWS 2017, and the finding of arXiv 2412.05254 that
//! masking first matters most).

/// The most characters a signature keeps.
const MAX: usize = 160;

/// Masks what varies: runs of digits become `#`, hexadecimal numbers and ids `#`, paths below
/// temporary folders `/tmp/#`.
#[must_use]
pub fn mask(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MAX));
    for (n, word) in text.split_whitespace().enumerate() {
        if n > 0 {
            out.push(' ');
        }
        mask_word(word, &mut out);
        if out.len() >= MAX {
            break;
        }
    }
    let cut = out
        .char_indices()
        .map(|(at, _)| at)
        .take_while(|&at| at <= MAX)
        .last()
        .unwrap_or(0);
    if out.len() > MAX {
        out.truncate(cut);
    }
    out
}

fn mask_word(word: &str, out: &mut String) {
    if let Some(at) = ["/tmp/", "/var/tmp/", "/run/user/"]
        .iter()
        .find_map(|dir| word.find(dir))
    {
        out.push_str(word.get(..at).unwrap_or(""));
        out.push_str("/tmp/#");
        return;
    }
    let mut rest = word;
    while !rest.is_empty() {
        let run = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        let (token, tail) = rest.split_at(run);
        if is_variable(token) {
            out.push('#');
        } else {
            mask_digits(token, out);
        }
        let mark = tail.chars().next().map_or(0, char::len_utf8);
        let (mark, tail) = tail.split_at(mark);
        out.push_str(mark);
        rest = tail;
    }
}

/// A number, or an id in hexadecimal: eight or more hex digits of which one is a decimal digit, or
/// `0x` and any.
fn is_variable(token: &str) -> bool {
    let hex = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_hexdigit());
    token.strip_prefix("0x").is_some_and(hex)
        || (token.len() >= 8 && hex(token) && token.bytes().any(|b| b.is_ascii_digit()))
}

/// Writes the token, each run of digits as one `#`.
fn mask_digits(token: &str, out: &mut String) {
    let mut in_digits = false;
    for c in token.chars() {
        if c.is_ascii_digit() {
            if !in_digits {
                out.push('#');
            }
            in_digits = true;
        } else {
            out.push(c);
            in_digits = false;
        }
    }
}

/// 64-bit FNV-1a of the parts, as 12 hex digits: a stable id (the hash that
/// `std::collections::hash_map` uses may change from release to release).
#[must_use]
pub fn stable_id(prefix: &str, parts: &[&str]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash ^= u64::from(byte);
            hash = hash.wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{prefix}{:012x}", hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_addresses_and_temporary_paths_go() {
        assert_eq!(
            mask("TooMany { got: 236, limit: 200 }"),
            "TooMany { got: #, limit: # }"
        );
        assert_eq!(
            mask("segfault at 0x7f00aa ip deadbeef01"),
            "segfault at # ip #"
        );
        assert_eq!(mask("open /tmp/x-81/y failed"), "open /tmp/# failed");
        assert_eq!(mask("KeyError: 'tax'"), "KeyError: 'tax'");
    }

    #[test]
    fn ids_do_not_run_parts_together() {
        assert_ne!(stable_id("", &["ab", "c"]), stable_id("", &["a", "bc"]));
    }
}
