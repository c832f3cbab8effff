//! Whether lives that were cut by their beginnings are those of processes, by their first words.
//!
//! In: what each life said first and last ([`Voice`]s). Out: [`FirstWords`]. A job, or another try within a process
//! that goes on, begins with a line of its own as well; but hardly with the same few, nor do these say what runs.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Severity, leading_level};

use super::NEARLY_ALL;
use super::heard::commonest_of;
use super::signs::{is_end, is_failure, stable};
use super::voice::{Line, Voice};

/// Lines that are a process's first words.
const FIRST: usize = 8;
/// So many different lines all lives have to begin with: what goes on says something else each time. Where the last
/// words tell of no failure it takes more.
const ALIKE: usize = 2;
const ALIKE_IN_SILENCE: usize = 3;

/// Words of the first lines of a process, and not of a job: what runs, and where it listens.
const OF_A_PROCESS: [&str; 14] = [
    "application start",
    "daemon start",
    "jvm",
    "server start",
    "service start",
    "version",
    "listening",
    "pid",
    "boot",
    "build",
    "welcome",
    "entrypoint",
    "environment",
    "runtime",
];
/// Those of one that is to go on.
const SERVES: [&str; 5] = [
    "listening",
    "serving",
    "running on",
    "ready to accept",
    "started on port",
];
/// Words of a process that goes on, and tries once more.
const TRIES_AGAIN: [&str; 6] = [
    "retry",
    "retries",
    "reconnect",
    "attempt",
    "try again",
    "trying",
];
/// Names of numbers that count from a process's start.
const COUNTERS: [&str; 6] = ["uptime", "up", "seq", "sequence", "seqno", "tick"];

/// What the lives' first words tell.
pub(super) struct FirstWords {
    /// Half of the lives speak of another try.
    pub(super) tries_again: bool,
    /// They are alike, and say what runs; or what they count falls back.
    pub(super) are_of_a_process: bool,
    /// So many of them are alike, and of one that serves or counts, that lives are told by them that end without a
    /// word of failure: a batch job is alike each time as well.
    pub(super) are_certain: bool,
}

impl FirstWords {
    pub(super) fn of(voices: &BTreeMap<usize, Voice>) -> Self {
        let begun: Vec<&Voice> = voices.values().filter(|v| !v.first.is_empty()).collect();
        let enough = (NEARLY_ALL * begun.len() as f64).ceil().max(1.0) as usize;
        let count = |of: &dyn Fn(&Voice) -> bool| begun.iter().filter(|voice| of(voice)).count();
        let tries = |voice: &Voice| {
            // The last words are a reason to try again, where it does.
            let mut lines = voice.first.iter().take(FIRST).chain(voice.last.last());
            lines.any(|line| has_any(&line.message, &TRIES_AGAIN))
        };
        let says_what_runs = |voice: &Voice| {
            let mut lines = voice.first.iter().take(FIRST).map(|line| &line.message);
            lines.any(|text| has_any(text, &OF_A_PROCESS) || names_a_version(text))
        };
        let alike = |n: usize| {
            let lines = begun.iter().filter_map(|voice| voice.first.get(n));
            let lines = lines.map(|line| stable(&line.message, None));
            commonest_of(lines, enough).map(|(line, _)| line)
        };
        let longest = begun
            .iter()
            .map(|voice| voice.first.len())
            .max()
            .unwrap_or(0);
        let alike = (0..longest.min(FIRST))
            .filter_map(alike)
            .collect::<BTreeSet<_>>()
            .len();
        let falls = begun.windows(2).filter(|pair| falls_back(pair[0], pair[1]));
        let counts = falls.count() >= enough.saturating_sub(1).max(2);
        let serves = |voice: &Voice| {
            let mut lines = voice.first.iter().take(FIRST);
            lines.any(|line| has_any(&line.message, &SERVES))
        };
        Self {
            tries_again: count(&tries) * 2 > begun.len(),
            are_of_a_process: alike >= ALIKE && (count(&says_what_runs) >= enough || counts),
            are_certain: alike >= ALIKE_IN_SILENCE && (counts || count(&serves) >= enough),
        }
    }
}

/// Whether it tells of a failure or of an end, as a beginning does not.
pub(super) fn tells_an_end(line: &Line) -> bool {
    let level = leading_level(line.message.as_bytes());
    let is_error = level.is_some_and(|level| level <= Severity::Error);
    line.severe || is_error || is_failure(&line.message) || is_end(&line.message)
}

fn has_any(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// Whether a version stands in it: three numbers joined by dots, or two behind a `v`.
fn names_a_version(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    words.any(|word| {
        let bare = word.strip_prefix('v');
        let numbers: Vec<&str> = bare
            .unwrap_or(word)
            .trim_end_matches('.')
            .split('.')
            .collect();
        let is_number = |part: &&str| {
            (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let enough = numbers.len() == 3 || numbers.len() == 2 && bare.is_some();
        enough && numbers.iter().all(is_number)
    })
}

/// Whether a number that the life before counted up is less in this one.
fn falls_back(before: &Voice, life: &Voice) -> bool {
    let last = counters(&before.last, u64::max);
    let mut first = counters(&life.first, |known, _| known).into_iter();
    first.any(|(name, count)| last.get(&name).is_some_and(|last| count < *last))
}

/// Numbers under the names of counters, of several the one that `choose` says.
fn counters(lines: &[Line], choose: impl Fn(u64, u64) -> u64) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    let is_end = |c: char| c.is_whitespace() || ",;{}()".contains(c);
    for word in lines.iter().flat_map(|line| line.message.split(is_end)) {
        let Some((name, value)) = word.split_once(['=', ':']) else {
            continue;
        };
        let name = name.trim_matches('"').to_ascii_lowercase();
        let value = value.trim_matches('"');
        let digits = value
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(value.len());
        if COUNTERS.contains(&name.as_str())
            && let Ok(value) = value[..digits].parse()
        {
            let known = found.get(&name).copied();
            found.insert(name, known.map_or(value, |known| choose(known, value)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_told_from_addresses_and_fractions() {
        assert!(names_a_version("zorkd 4.1.0 (build 77)"));
        assert!(names_a_version("using zork v2.3"));
        assert!(names_a_version("release 1.20.3-rc1."));
        assert!(!names_a_version("listening on 10.0.0.1:80"));
        assert!(!names_a_version("took 1.25 s"));
    }
}
