//! Signatures: what stays the same from crash to crash.
//!
//! In: what a crash says, and its place in the program. Out: a [`Signature`] of many crashes: the text without
//! what varies from run to run. First numbers, addresses, ids and temporary paths are masked; then texts that
//! differ in few words become one template, as in log template mining (He et al., "Drain: An Online Log Parsing
//! Approach with Fixed Depth Tree", ICWS 2017; that masking first matters most: arXiv 2412.05254).

use std::borrow::Cow;
use std::collections::BTreeMap;

/// The most bytes a masked text keeps.
const MAX: usize = 160;
/// The part of two texts' words that must be equal for them to be of one template (Drain, section IV: `st`,
/// 0.5 in the paper's runs over most logs).
const SIMILAR: f64 = 0.5;
/// A word of a template that varies.
const ANY: &str = "*";

/// What stays the same from crash to crash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signature {
    /// The text without what varies; `*` for words that do.
    pub masked: String,
    /// Where in the program it happened, where traces tell.
    pub place: Option<String>,
}

impl Signature {
    /// Of one crash, which says `text` at `place`.
    #[must_use]
    pub fn new(text: &str, place: Option<&str>) -> Self {
        Self {
            masked: mask(text),
            place: place.map(str::to_owned),
        }
    }

    /// Of many crashes: the template that most of them share, and the place where most of these happened. Ties go
    /// to what sorts first.
    #[must_use]
    pub fn of_most(crashes: &[Self]) -> Self {
        let mut groups: Vec<(Vec<&str>, Vec<&Self>)> = Vec::new();
        for crash in crashes {
            let words: Vec<&str> = crash.masked.split(' ').collect();
            match groups
                .iter_mut()
                .find(|(template, _)| is_alike(template, &words))
            {
                Some((template, of)) => {
                    for (mine, theirs) in template.iter_mut().zip(&words) {
                        if *mine != *theirs {
                            *mine = ANY;
                        }
                    }
                    of.push(crash);
                }
                None => groups.push((words, vec![crash])),
            }
        }
        let largest = groups
            .into_iter()
            .max_by(|a, b| a.1.len().cmp(&b.1.len()).then_with(|| b.0.cmp(&a.0)));
        let Some((template, of)) = largest else {
            return Self::default();
        };
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for place in of.iter().filter_map(|crash| crash.place.as_deref()) {
            *places.entry(place).or_default() += 1;
        }
        let place = places
            .into_iter()
            .max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)));
        Self {
            masked: template.join(" "),
            place: place.map(|(place, _)| place.to_owned()),
        }
    }

    /// Whether both are the same crash: the same text but for words that vary, and not at two places. A trace that
    /// is missing or cut off says nothing against it.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.masked.split(' '), other.masked.split(' '));
        let places = self.place.as_ref().zip(other.place.as_ref());
        mine.clone().count() == theirs.clone().count()
            && mine
                .zip(theirs)
                .all(|(a, b)| a == b || a == ANY || b == ANY)
            && places.is_none_or(|(a, b)| a == b)
    }
}

/// Whether words are of a template: as many, the first the same, and half of them equal. Of short texts each
/// word says too much for one to differ.
fn is_alike(template: &[&str], words: &[&str]) -> bool {
    if template.len() != words.len() || template.first() != words.first() {
        return false;
    }
    let equal = template.iter().zip(words).filter(|(a, b)| a == b).count();
    equal == words.len() || (words.len() > 3 && equal as f64 >= SIMILAR * words.len() as f64)
}

/// Masks what varies: numbers, addresses and ids become `#`, paths below temporary folders `/tmp/#`.
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
    let word = without_instance(word);
    let mut rest = &*word;
    while !rest.is_empty() {
        let ids = [uuid, colons].iter().find_map(|id| id(rest));
        if let Some(tail) = ids {
            out.push('#');
            rest = tail;
            continue;
        }
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

/// The word without the endings that Kubernetes gives a pod's name: `-` and five characters, before it that of
/// its replica set, all of one alphabet (k8s.io/apimachinery pkg/util/rand/rand.go: no vowels, and none of 0, 1,
/// 3).
fn without_instance(word: &str) -> Cow<'_, str> {
    let is_random = |part: &str| {
        let random = |b: u8| b"bcdfghjklmnpqrstvwxz2456789".contains(&b);
        part.bytes().all(random)
    };
    let end = word
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.')
        .unwrap_or(word.len());
    let (name, rest) = word.split_at(end);
    let mut parts = name.rsplitn(3, '-');
    let (Some(pod), Some(set), Some(workload)) = (parts.next(), parts.next(), parts.next()) else {
        return Cow::Borrowed(word);
    };
    let fits = pod.len() == 5 && is_random(pod) && (6..=10).contains(&set.len()) && is_random(set);
    if fits {
        Cow::Owned(format!("{workload}-#-#{rest}"))
    } else {
        Cow::Borrowed(word)
    }
}

/// What follows a UUID at the start of the text (RFC 9562).
fn uuid(text: &str) -> Option<&str> {
    let id = text.get(..36)?;
    let fits = id.bytes().enumerate().all(|(n, b)| match n {
        8 | 13 | 18 | 23 => b == b'-',
        _ => b.is_ascii_hexdigit(),
    });
    let rest = text.get(36..)?;
    (fits && !rest.starts_with(|c: char| c.is_ascii_alphanumeric())).then_some(rest)
}

/// What follows an address of hexadecimal numbers and colons at the start of the text, or a time: two colons or
/// more, and a digit.
fn colons(text: &str) -> Option<&str> {
    let end = text
        .find(|c: char| !c.is_ascii_hexdigit() && c != ':')
        .unwrap_or(text.len());
    let (id, rest) = text.split_at(end);
    let id_end = id.trim_end_matches(':').len();
    let (id, _) = id.split_at(id_end);
    let fits = id.bytes().filter(|b| *b == b':').count() >= 2
        && id.bytes().any(|b| b.is_ascii_digit())
        && !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    if fits { text.get(id_end..) } else { None }
}

/// A number or an id: `0x` and hex digits; eight or more hex digits of which one is a decimal digit; letters and
/// numbers in turn, twice or more (`7d9f8b6c5`, but not `utf8` or `sha256sum`).
fn is_variable(token: &str) -> bool {
    let hex = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_hexdigit());
    let numbers = token
        .as_bytes()
        .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
        .filter(|run| run.first().is_some_and(u8::is_ascii_digit))
        .count();
    numbers >= 2
        || token.strip_prefix("0x").is_some_and(hex)
        || (token.len() >= 8 && hex(token) && numbers > 0)
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
        for (text, masked) in [
            (
                "TooMany { got: 236, limit: 200 }",
                "TooMany { got: #, limit: # }",
            ),
            ("segfault at 0x7f00aa ip deadbeef01", "segfault at # ip #"),
            ("open /tmp/x-81/y failed", "open /tmp/# failed"),
            ("KeyError: 'tax'", "KeyError: 'tax'"),
            (
                "job 550e8400-e29b-41d4-a716-446655440000: gone",
                "job #: gone",
            ),
            (
                "dial [fe80::1]:80 and 10.0.0.7:80",
                "dial [#]:# and #.#.#.#:#",
            ),
            ("std::vector::at utf8 x86_64", "std::vector::at utf# x#_#"),
            ("com.shop.Pod@1b2c3d4 is closed", "com.shop.Pod@# is closed"),
            ("pod pricer-7d9f8b6c5-xbqzk failed", "pod pricer-#-# failed"),
        ] {
            assert_eq!(mask(text), masked);
        }
        // However a stamp is masked, another one looks the same.
        assert_eq!(
            mask("at 2026-11-26T10:00:00.123Z"),
            mask("at 2025-01-02T23:59:01.987Z")
        );
    }

    #[test]
    fn words_that_vary_go_too() {
        let crashes: Vec<Signature> = ["alice", "bob", "carol", "dave"]
            .iter()
            .map(|user| Signature::new(&format!("no such user {user} in table users"), None))
            .chain([Signature::new("out of memory", None)])
            .collect();
        let most = Signature::of_most(&crashes);
        assert_eq!(most.masked, "no such user * in table users");
        assert!(most.is_same(&Signature::new("no such user eve in table users", None)));
        assert!(!most.is_same(&Signature::new("no such user eve in table groups", None)));
        // Of a short text each word matters.
        let keys = ["'tax'", "'fee'"].map(|key| Signature::new(&format!("KeyError: {key}"), None));
        assert_eq!(Signature::of_most(&keys).masked, "KeyError: 'fee'");
    }

    #[test]
    fn two_places_are_two_crashes_but_a_missing_trace_is_none() {
        let at = |place| Signature::new("NullPointerException", place);
        assert!(at(Some("a.B.load")).is_same(&at(None)));
        assert!(!at(Some("a.B.load")).is_same(&at(Some("a.C.save"))));
        let most = Signature::of_most(&[at(None), at(Some("a.B.load")), at(Some("a.B.load"))]);
        assert_eq!(most.place.as_deref(), Some("a.B.load"));
    }

    #[test]
    fn ids_do_not_run_parts_together() {
        assert_ne!(stable_id("", &["ab", "c"]), stable_id("", &["a", "bc"]));
    }
}
