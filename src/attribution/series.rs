//! Routines: which of their instances did harm, and what tells those apart.
//!
//! In: a change that comes again and again, and the failing phases of an incident. Out: the instance
//! that is suspected, and the evidence of alternation. A phase that begins within a lag of an instance
//! does so by chance with probability lag / period; phases multiply.

use crate::ledger::{Change, Instance};
use crate::time::{Span, Timestamp};

use super::Evidence;
use super::case::Case;
use super::factors::Suspect;

/// What a routine's instances did before the incident's close.
pub(super) struct Split {
    /// Instances after which it failed, by index.
    pub(super) bad: Vec<usize>,
    /// Instances after which it did not.
    pub(super) good: Vec<usize>,
    /// Traits that all bad ones have and no good one.
    pub(super) told_apart_by: Vec<String>,
    /// Lags from the bad instance to the phase that it began.
    pub(super) lags: Vec<Span>,
    /// How many phases began without an instance.
    pub(super) unexplained: usize,
}

/// Divides a routine's instances by what came after them.
pub(super) fn split(case: &Case<'_>, change: &Change) -> Option<Split> {
    let period = change.period?;
    let root = case.root();
    let host = root.entity.host.as_deref().unwrap_or("");
    let time = |i: &Instance| i.hosts.get(host).copied().unwrap_or(i.at);
    let instances: Vec<(usize, Timestamp)> = change
        .instances
        .iter()
        .enumerate()
        .map(|(n, i)| (n, time(i)))
        .filter(|(_, t)| *t <= case.close)
        .collect();
    let mut bad = Vec::new();
    let mut lags = Vec::new();
    let mut unexplained = 0;
    for &(start, _) in &root.phases {
        let reach = start.plus(case.uncertainty);
        match instances
            .iter()
            .rev()
            .find(|(_, t)| *t <= reach && start.since(*t) <= period.times(2))
        {
            Some(&(n, t)) => {
                bad.push(n);
                lags.push(start.since(t).max(Span::ZERO));
            }
            None => unexplained += 1,
        }
    }
    // Within a phase, an instance after which it goes on failing is bad as well.
    let crashes: Vec<Timestamp> = case.track(root).ends[root.ends.clone()]
        .iter()
        .map(|e| e.at)
        .collect();
    let mut good = Vec::new();
    for (k, &(n, at)) in instances.iter().enumerate() {
        if bad.contains(&n) {
            continue;
        }
        let next = instances.get(k + 1).map_or(case.close, |(_, t)| *t);
        // The service notices a new instance after a while: the first fifth of the time is not judged.
        let from = at.plus(Span::from_seconds_f64(
            (next.since(at).seconds() / 5.0).min(60.0),
        ));
        let fails = crashes
            .iter()
            .any(|c| *c >= from && *c < next.minus(Span::from_seconds(2)));
        if fails { bad.push(n) } else { good.push(n) }
    }
    bad.sort_unstable();
    bad.dedup();
    let told_apart_by = traits_apart(change, &bad, &good);
    Some(Split {
        bad,
        good,
        told_apart_by,
        lags,
        unexplained,
    })
}

/// Traits that all bad instances have and no good one, the place left aside where a word moves.
fn traits_apart(change: &Change, bad: &[usize], good: &[usize]) -> Vec<String> {
    let Some(&first) = bad.first() else {
        return Vec::new();
    };
    let has = |n: &usize, word: &String| change.instances[*n].traits.contains(word);
    change.instances[first]
        .traits
        .iter()
        .filter(|word| !good.iter().any(|n| has(n, word)))
        .filter(|word| {
            bad.len() == 1 || bad.iter().filter(|n| has(n, word)).count() * 5 >= bad.len() * 4
        })
        .filter(|word| bad.len() > 1 || !is_serial(word, change))
        .cloned()
        .collect()
}

/// Whether a trait is a serial number or a time: another value in nearly every instance.
fn is_serial(word: &str, change: &Change) -> bool {
    let Some((place, _)) = word.split_once(':') else {
        return false;
    };
    let values: std::collections::BTreeSet<&String> = change
        .instances
        .iter()
        .flat_map(|i| &i.traits)
        .filter(|t| t.split_once(':').is_some_and(|(p, _)| p == place))
        .collect();
    values.len() * 3 > change.instances.len() * 2
}

/// The instance of a change that is suspected: the first bad one, or the last before the onset.
pub(super) fn suspected(case: &Case<'_>, change: &Change) -> Option<usize> {
    let may_precede = |i: &Instance| i.at <= case.reach(i);
    if change.is_routine()
        && let Some(split) = split(case, change)
        && let Some(&first) = split
            .bad
            .first()
            .filter(|&&n| may_precede(&change.instances[n]))
    {
        return Some(first);
    }
    change.instances.iter().rposition(may_precede)
}

/// The evidence of a routine's good and bad instances against the failing phases.
pub(super) fn alternation(case: &Case<'_>, suspect: Suspect<'_>) -> Vec<Evidence> {
    let Some(period) = suspect.change.period else {
        return Vec::new();
    };
    let Some(split) = split(case, suspect.change) else {
        return Vec::new();
    };
    let w = &case.weights.alternation;
    let harmless = split.good.len();
    let refs = suspect.change.instances[suspect.instance]
        .records
        .iter()
        .take(2)
        .copied()
        .collect();
    let apart = !split.told_apart_by.is_empty() && !split.good.is_empty();
    let mut evidence = Vec::new();
    if split.lags.len() >= 2 || apart {
        // That the first phase began near an instance is what timing counts.
        let by_phase: f64 = split
            .lags
            .iter()
            .skip(1)
            .map(|lag| {
                (period.seconds() / lag.seconds().max(1.0))
                    .ln()
                    .clamp(0.0, w.phase_bound)
            })
            .sum::<f64>()
            - w.phase_bound * split.unexplained as f64;
        let separated = if apart { w.separated } else { 0.0 };
        let log_odds = (by_phase + separated).clamp(-w.bound, w.bound);
        let longest = split.lags.iter().max().copied().unwrap_or(Span::ZERO);
        let mut text = format!(
            "{} of {} failing phases begin within {longest} of an instance of it",
            split.lags.len(),
            split.lags.len() + split.unexplained
        );
        if apart {
            let words: Vec<&str> = split
                .told_apart_by
                .iter()
                .filter_map(|t| t.split_once(':'))
                .map(|t| t.1)
                .collect();
            let mut words = words;
            words.dedup();
            text.push_str(&format!(
                "; the harmful ones have \u{201c}{}\u{201d}, none of the {harmless} harmless ones does",
                words.first().copied().unwrap_or("")
            ));
        }
        evidence.push(Evidence::new("alternation", log_odds, text, refs));
    }
    let weight = if apart {
        case.weights.routine.told_apart
    } else {
        case.weights.routine.alike
    };
    let before = suspect
        .change
        .instances
        .iter()
        .filter(|i| i.at < case.onset)
        .count()
        .min(harmless);
    if before > 0 {
        evidence.push(Evidence::new(
            "routine",
            weight * (before as f64).ln_1p(),
            format!("it comes every {period}: {before} times before, without harm"),
            vec![],
        ));
    }
    evidence
}
