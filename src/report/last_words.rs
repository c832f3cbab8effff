//! What a service says each time before it ends, where no rule knows it.
//!
//! In: the ends of a loop, and what was read before them. Out: the message, which stands for the crashes in the
//! report: a supervisor tells of an exit code, and seldom of a reason.

use crate::classify::mask;
use crate::loops::{End, is_failure};
use crate::record::{Severity, leading_level};

use super::build::Parts;

/// So many of the last messages before an end may be the one; what comes after it is of the way down.
const LAST: usize = 5;
/// This share of the ends that were looked at has it.
const NEARLY_ALL: f64 = 0.8;
/// And so many of them at least.
const ENDS: usize = 2;

/// The message that tells of a failure before nearly all of the ends; `None` where one of them has a text that a
/// rule knows.
pub(super) fn of(parts: &Parts<'_>, ends: &[End]) -> Option<String> {
    if ends.iter().any(|end| !end.texts.is_empty()) {
        return None;
    }
    let said = |end: &End| end.records.iter().find_map(|n| parts.said.get(n));
    let looked: Vec<&Vec<String>> = ends.iter().filter_map(said).collect();
    let failures = |said: &'_ Vec<String>| -> Vec<String> {
        let last = said.iter().rev().take(LAST).filter(|text| tells(text));
        last.map(|text| mask(text)).collect()
    };
    let masked: Vec<Vec<String>> = looked.iter().map(|said| failures(said)).collect();
    let common = |text: &&String| masked.iter().filter(|all| all.contains(text)).count();
    let (most, text) = (looked.iter())
        .flat_map(|said| said.iter().rev().take(LAST))
        .filter(|text| tells(text))
        .map(|text| (common(&&mask(text)), text))
        // The first of the most common ones: it is the last before the first end.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    let enough = (NEARLY_ALL * looked.len() as f64).ceil() as usize;
    (most >= enough.max(ENDS)).then(|| text.trim().to_owned())
}

fn tells(message: &str) -> bool {
    match leading_level(message.as_bytes()) {
        Some(severity) => severity <= Severity::Error,
        None => is_failure(message),
    }
}
