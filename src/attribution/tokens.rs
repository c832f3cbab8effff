//! Words of crashes and changes, and how rare each is.
//!
//! Rare shared words tie a crash to a change (Bhagwan et al., "Orca", OSDI 2018, weigh terms by the
//! inverse frequency of queries that hold them; here: of changes).

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

/// Words that say nothing: of English, of log lines, of paths.
const COMMON: &str = "the and for with from not was are has been this that its into had
    error err info warn warning fatal failed failure exit code status main process called value line file
    src usr lib bin sbin etc var opt root home local share conf config service system systemd invoked
    none null true false user command pwd tty run job unit started stopped version option result unwrap
    name path state mode note backtrace environment variable display rust panicked thread traceback most
    recent call last python node module import daemon server client starting start ready loaded reading reload reloading
    changed change update updated";

/// Words that crashes use to say how they failed, whatever failed: shared with a change they mean little.
/// Drawn from those that stand in the examples of three rules of crashes or more.
const OF_FAILURES: &str = "abort aborted access addr address argument assertion attempt attempted available
    bad bind bounds buffer byte bytes cannot caught caused closed connect connection connections context could
    decode denied dial dumped exceeded exceeds exception exist exists expected field fields find found
    handle handler host index integer invalid key killed large len length loading locate long many memory
    message missing must negative new nil null number object open overflow parse permission pointer port
    positive process processes properties property range read refused required reset runtime segmentation
    sequence signal small socket string tcp than timed timeout token too type unable uncaught undefined
    unexpected unhandled unknown unrecognized use used using utf valid work worker workers write";

/// Whether the word says how something failed, not what.
pub(super) fn is_of_failures(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> =
        LazyLock::new(|| OF_FAILURES.split_whitespace().collect());
    WORDS.contains(word)
}

/// The words of a text, in lower case: runs of letters and digits of three characters or more, a number
/// only from three digits on, without the common ones, and without the lines and columns of places in source
/// code (`queue.rs:212:30`, `line 212`).
pub(super) fn tokens(text: &str) -> BTreeSet<String> {
    let starts = text.char_indices().scan(' ', |last, (n, c)| {
        let before = std::mem::replace(last, c);
        Some((n, c.is_alphanumeric() && !before.is_alphanumeric()))
    });
    starts
        .filter(|(_, is_start)| *is_start)
        .map(|(n, _)| {
            let word = &text[n..];
            let end = word.find(|c: char| !c.is_alphanumeric());
            (&text[..n], &word[..end.unwrap_or(word.len())])
        })
        .filter(|(before, word)| !is_place(before, word))
        .map(|(_, word)| word)
        .filter(|w| (3..=40).contains(&w.len()))
        .flat_map(humps)
        .filter(|w| w.len() >= 3)
        .filter(|w| !is_common(w))
        .collect()
}

fn is_common(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| COMMON.split_whitespace().collect());
    WORDS.contains(word)
}

/// Whether a number is a line or a column of source code, by what stands before it.
fn is_place(before: &str, word: &str) -> bool {
    if !word.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let run = before.rsplit(char::is_whitespace).next().unwrap_or("");
    let of_file = run.ends_with(':')
        && run.split(':').next().is_some_and(|file| {
            file.contains('.') && file.ends_with(|c: char| c.is_ascii_alphabetic())
        });
    of_file || before.ends_with("line ")
}

/// `TooManyFeatures` as `too`, `many`, `features` and whole.
fn humps(word: &str) -> Vec<String> {
    let mut parts = vec![word.to_lowercase()];
    let mut part = String::new();
    let mut was_lower = false;
    for c in word.chars() {
        if c.is_uppercase() && was_lower {
            parts.push(part.to_lowercase());
            part.clear();
        }
        was_lower = c.is_lowercase();
        part.push(c);
    }
    if parts.len() > 1 {
        parts.push(part.to_lowercase());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_type_name_are_taken_apart() {
        let words = tokens("Err value: TooManyFeatures { got: 241 } in /etc/botd/features.json");
        for word in ["many", "features", "241", "botd"] {
            assert!(words.contains(word), "{word} in {words:?}");
        }
        assert!(!words.contains("etc"));
    }

    #[test]
    fn lines_and_columns_of_source_code_are_no_words() {
        let words = tokens(
            "panicked at src/queue.rs:212:301: got: 4711, File \"x.py\", line 834, pool:512",
        );
        for word in ["4711", "512", "queue"] {
            assert!(words.contains(word), "{word} in {words:?}");
        }
        for place in ["212", "301", "834"] {
            assert!(!words.contains(place), "{place} in {words:?}");
        }
    }
}
