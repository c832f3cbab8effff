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

/// The message that tells of a failure before nearly all of the ends, and not already before the last messages of the
/// first life, which was well for a while; `None` where one of the ends has a text that a rule knows.
pub(super) fn of<'p>(parts: &Parts<'p>, ends: &[End]) -> Option<&'p str> {
    if ends.iter().any(|end| !end.texts.is_empty()) {
        return None;
    }
    let said = |end: &End| end.records.iter().find_map(|n| parts.said.get(n));
    let looked: Vec<&Vec<String>> = ends.iter().filter_map(said).collect();
    let (before, _) = last_of(looked.first()?);
    let chatter: Vec<String> = before.iter().map(|text| mask(text)).collect();
    let failures: Vec<Vec<(String, &str)>> = looked
        .iter()
        .map(|said| {
            let last = last_of(said).1.iter().rev().filter(|text| tells(text));
            let masked = last.map(|text| (mask(text), text.trim()));
            masked.filter(|(mask, _)| !chatter.contains(mask)).collect()
        })
        .collect();
    let is_in = |all: &[(String, &str)], mask: &String| all.iter().any(|(other, _)| other == mask);
    let (most, text) = (failures.iter().flatten())
        .map(|(mask, text)| {
            (
                failures.iter().filter(|all| is_in(all, mask)).count(),
                *text,
            )
        })
        // The first of the most common ones: it is the last before the first end.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    let enough = (NEARLY_ALL * looked.len() as f64).ceil() as usize;
    (most >= enough.max(ENDS)).then_some(text)
}

/// The messages before the last ones, and these.
fn last_of(said: &[String]) -> (&[String], &[String]) {
    said.split_at(said.len().saturating_sub(LAST))
}

fn tells(message: &str) -> bool {
    match leading_level(message.as_bytes()) {
        Some(severity) => severity <= Severity::Error,
        None => is_failure(message),
    }
}
