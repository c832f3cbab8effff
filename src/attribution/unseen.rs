//! Changes of which these logs do not tell: they show by what was done for them.
//!
//! In: a [`Case`]. Out: evidence for "nothing in these logs". A service that is started, or told to read its
//! configuration, and then crashes for the first time was most likely changed; where no change of it is told
//! shortly before that start, the change is written down elsewhere, or nowhere.

use crate::classify::Class;
use crate::time::{Span, Timestamp};

use super::Evidence;
use super::case::Case;
use super::factors::{Suspect, density, in_words};

/// A start this long after the machine's own is explained by that.
const BOOT: Span = Span::from_seconds(600);

pub(super) fn change(case: &Case<'_>, suspects: &[Suspect<'_>]) -> Option<Evidence> {
    // A machine that starts does so because it fell.
    if case.root().entity.is_machine() {
        return None;
    }
    let w = &case.weights;
    let by = case.onset.plus(case.uncertainty);
    let before = |(t, n): &(Timestamp, usize)| *t <= by && !case.is_after_first_crash(*n);
    let loadings: Vec<(Timestamp, usize)> = case.ground().loadings().filter(before).collect();
    let (at, record) = loadings.iter().copied().max()?;
    if follows_boot(case, at) {
        return None;
    }
    let lag = case.onset.since(at).max(Span::ZERO);
    // How often it is started, or reads its configuration, anyway.
    let rate = loadings.len() as f64 / case.history().seconds();
    let changed = (suspects.iter().filter(|s| s.asks_for_a_start()))
        .filter(|s| {
            let apart = case.apart(&s.change.instances[s.instance]);
            s.at <= at.plus(case.uncertainty).plus(apart)
        })
        .map(|s| s.at)
        .max();
    let waited = changed.map(|changed| at.since(changed).max(Span::ZERO));
    // Whatever is told as changed a moment before is what it was started for.
    let unexplained = waited.map_or(1.0, |waited| {
        waited.seconds() / (waited.seconds() + w.timing.wait_from)
    });
    let ratio = unexplained * density(&w.timing, lag.seconds()) / rate;
    let log_odds = (1.0 - w.unseen.share + w.unseen.share * ratio).ln();
    if log_odds <= 0.0 {
        return None;
    }
    let lag = in_words(lag, case.uncertainty);
    let told = match waited {
        Some(waited) => format!("the last change of it that is told here was made {waited} before"),
        None => "no change of it is told here".to_owned(),
    };
    let text = format!(
        "{} was started {lag} before its first crash, and {told}",
        case.service()
    );
    Some(Evidence::new(
        "unseen",
        log_odds.min(w.unseen.bound),
        text,
        vec![record],
    ))
}

/// Whether the machine was started a moment before.
fn follows_boot(case: &Case<'_>, at: Timestamp) -> bool {
    let host = case.root().entity.host.as_deref();
    let events = &case.timeline.events;
    let from = events.partition_point(|e| e.at < at.minus(BOOT));
    let to = events.partition_point(|e| e.at <= at);
    let of_host = |of: Option<&str>| of.is_none() || host.is_none() || of == host;
    let mut nearby = events[from..to].iter();
    nearby.any(|e| e.class == Class::Boot && of_host(e.host.as_deref()))
}
