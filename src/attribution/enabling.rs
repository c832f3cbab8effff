//! The second link: what made the trigger harmful.
//!
//! In: a trigger, and the changes before it. Out: earlier changes with the probability that they made
//! it harmful, given that it was the trigger. A routine that turned harmful points to what turned it;
//! a file or a flag may wake a fault that came with an earlier release.

use std::collections::BTreeSet;

use crate::ledger::Change;
use crate::time::Span;

use super::case::Case;
use super::factors::Suspect;
use super::index::words_of;
use super::series::{self, Split};
use super::tokens::tokens;

/// What all that may have enabled a trigger is measured against.
struct Trigger<'a> {
    change: &'a Change,
    instance: usize,
    split: Option<Split>,
    /// The words of what did harm and of what stands around it.
    words: BTreeSet<String>,
}

/// Earlier changes that may have enabled the trigger: (index in the ledger, probability), best first.
pub(super) fn of(case: &Case<'_>, trigger: Suspect<'_>) -> Vec<(usize, f64)> {
    let Suspect {
        change, instance, ..
    } = trigger;
    if !change.is_routine() {
        return Vec::new();
    }
    let at = change.instances[instance].at;
    let trigger = Trigger {
        change,
        instance,
        split: series::split(case, change),
        words: context_words(case, change, instance),
    };
    let none = (&BTreeSet::new(), &BTreeSet::new());
    let before = (case.index).before(at, |i| i.at <= at, (none.0, none.1, &trigger.words));
    let mut scored: Vec<(usize, f64)> = before
        .into_iter()
        .map(|n| (n, &case.ledger.changes[n]))
        .filter(|(_, c)| !std::ptr::eq(*c, change) && c.content && !c.is_routine() && c.at() <= at)
        .map(|(n, c)| (n, odds(case, &trigger, c)))
        .collect();
    // "Nothing earlier" is a rival with odds of one.
    let sum: f64 = 1.0 + scored.iter().map(|(_, s)| s.exp()).sum::<f64>();
    for (_, score) in &mut scored {
        *score = score.exp() / sum;
    }
    scored.retain(|(_, p)| *p >= 0.05);
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scored.truncate(3);
    scored
}

fn odds(case: &Case<'_>, trigger: &Trigger<'_>, change: &Change) -> f64 {
    let w = &case.weights.enabling;
    w.base
        + shared_words(case, trigger, change).min(w.words_bound)
        + producer_host(case, trigger, change)
        + host_agreement(case, trigger, change)
        + recency(case, trigger, change)
}

/// Rare words that the change shares with the trigger's harmful instance and with what stands around it.
fn shared_words(case: &Case<'_>, trigger: &Trigger<'_>, change: &Change) -> f64 {
    words_of(change, &case.timeline.events)
        .iter()
        .filter(|word| trigger.words.contains(*word))
        .map(|word| case.weights.enabling.words * case.index.rarity(word, case.close))
        .sum()
}

/// The words of an instance: of its records, of who wrote them, and of the lines before.
fn context_words(case: &Case<'_>, change: &Change, instance: usize) -> BTreeSet<String> {
    let events = &case.timeline.events;
    let records = change.instances[instance].records.iter();
    records
        .flat_map(|&n| {
            let event = &events[n];
            let mut words = tokens(&event.message);
            words.extend(tokens(event.program.as_deref().unwrap_or("")));
            words.extend(tokens(event.unit.as_deref().unwrap_or("")));
            for line in case.looks.get(&n).into_iter().flatten() {
                words.extend(tokens(line));
            }
            words
        })
        .collect()
}

/// Whether the change was made where the trigger is produced.
fn producer_host(case: &Case<'_>, trigger: &Trigger<'_>, change: &Change) -> f64 {
    let first = &trigger.change.instances[0];
    let producer = first
        .hosts
        .iter()
        .min_by_key(|(_, at)| **at)
        .map(|(host, _)| host);
    let same = producer.is_some_and(|p| !p.is_empty() && change.instances[0].hosts.contains_key(p));
    if same {
        case.weights.enabling.same_host
    } else {
        0.0
    }
}

/// A change that goes from host to host, and instances that name hosts: is an instance harmful just
/// where the host that it names had been changed?
fn host_agreement(case: &Case<'_>, trigger: &Trigger<'_>, change: &Change) -> f64 {
    let w = &case.weights.enabling;
    let hosts = &change.instances[0].hosts;
    if hosts.len() < 2 {
        return 0.0;
    }
    let routine = trigger.change;
    let Some(split) = &trigger.split else {
        return 0.0;
    };
    let mut score = 0.0;
    for (n, instance) in routine.instances.iter().enumerate() {
        let bad = split.bad.contains(&n);
        if !bad && !split.good.contains(&n) || instance.at < change.at() {
            continue;
        }
        let text = lines_around(case, routine, n);
        let named: Vec<bool> = hosts
            .iter()
            .filter(|(host, _)| text.iter().any(|line| line.contains(host.as_str())))
            .map(|(_, at)| *at <= instance.at)
            .collect();
        // Only an instance that names one host, or hosts in one state, is a witness.
        match named.as_slice() {
            [first, rest @ ..] if rest.iter().all(|r| r == first) => {
                score += if *first == bad {
                    w.host_agrees
                } else {
                    -w.host_agrees
                };
            }
            _ => {}
        }
    }
    score.clamp(-w.host_bound, w.host_bound)
}

fn lines_around(case: &Case<'_>, change: &Change, instance: usize) -> Vec<String> {
    let events = &case.timeline.events;
    let records = &change.instances[instance].records;
    let mut lines: Vec<String> = records
        .iter()
        .map(|&n| events[n].message.to_string())
        .collect();
    lines.extend(
        records
            .iter()
            .filter_map(|n| case.looks.get(n))
            .flatten()
            .cloned(),
    );
    lines
}

/// A change between the last harmless instances and the first harmful one is the likelier.
fn recency(case: &Case<'_>, trigger: &Trigger<'_>, change: &Change) -> f64 {
    let Some(split) = &trigger.split else {
        return 0.0;
    };
    let Some(period) = trigger.change.period else {
        return 0.0;
    };
    let first_bad = trigger.change.instances[trigger.instance].at;
    let lag = first_bad.since(change.at());
    let alone = split
        .good
        .iter()
        .filter(|&&n| trigger.change.instances[n].at < change.at())
        .count();
    let near = lag <= period.times(4).max(Span::from_seconds(60));
    if near && alone >= 1 {
        case.weights.enabling.recent
    } else {
        0.0
    }
}
