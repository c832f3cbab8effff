//! How writers of JSON write the characters of a text.
//!
//! In: a text that a rule looks for. Out: what may stand in a line in its place.

use std::collections::BTreeSet;

/// What a writer puts in place of a character.
type Escapes = &'static [(char, &'static str)];

/// What every writer has to escape.
const ALL: [(char, &str); 2] = [('"', "\\\""), ('\\', "\\\\")];

/// What writers escape besides: nothing; `<`, `>` and `&` as Go's encoding/json does, so Docker, Kubernetes
/// and many others; the same in capitals, as .NET's System.Text.Json does; `/` as PHP's `json_encode` does.
const WRITERS: [Escapes; 4] = [
    &[],
    &[('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026")],
    &[('<', "\\u003C"), ('>', "\\u003E"), ('&', "\\u0026")],
    &[('/', "\\/")],
];

/// The other ways in which `text` may stand in a line: within a string of JSON, and where that JSON is
/// itself a string of JSON, as a container engine writes the line of a program that logs JSON.
pub(super) fn disguises(text: &str) -> BTreeSet<String> {
    if !text.contains(['"', '\\', '<', '>', '&', '/']) {
        return BTreeSet::new();
    }
    let once: BTreeSet<String> = WRITERS.iter().map(|writer| escaped(text, writer)).collect();
    let twice = once
        .iter()
        .flat_map(|text| WRITERS.iter().map(|writer| escaped(text, writer)));
    let mut all: BTreeSet<String> = twice.collect();
    all.extend(once);
    all.remove(text);
    all
}

fn escaped(text: &str, writer: Escapes) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match ALL.iter().chain(writer).find(|(plain, _)| *plain == c) {
            Some((_, escape)) => out.push_str(escape),
            None => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_to_be_escaped_may_be_so_once_or_twice() {
        let all = disguises("say \"it");
        assert_eq!(
            all.iter().map(String::as_str).collect::<Vec<_>>(),
            ["say \\\"it", "say \\\\\\\"it"]
        );
        assert!(disguises("a -> b").contains("a -\\u003e b"));
        assert!(disguises("a -> b").contains("a -\\\\u003E b"));
        assert!(disguises("/etc/app").contains("\\/etc\\/app"));
        assert!(disguises("panicked at").is_empty());
    }
}
