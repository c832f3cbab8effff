//! Jobs that something starts at a pace of its own, failed or not: a timer's, a cron's.
//!
//! In: a run of one service's ends, and its starts. Out: whether it is such a job, and no service that is started again
//! because it failed. A supervisor that always says so when it starts something again for its failure (systemd does:
//! "Scheduled restart job", src/core/service.c) and did not say so started it for another reason; where that is no
//! person's either, for it comes at a pace, each run is a job's.

use crate::classify::{Class, Event};
use crate::time::Span;

use super::cycle::{End, Track};
use super::{gaps, is_regular};

/// From an end to the next start at least: shorter waits are hardly a clock's.
const LEAST: Span = Span::from_seconds(45);

/// Whether the ends are those of a job's runs.
pub(super) fn is_job(track: &Track, ends: &[End], events: &[Event]) -> bool {
    let Some((first, last)) = ends.first().zip(ends.last()) else {
        return false;
    };
    let starts: Vec<usize> = (track.starts.iter())
        .filter(|(at, _)| *at > first.at && *at <= last.at)
        .map(|(_, n)| *n)
        .collect();
    let for_another_reason = |n: &usize| {
        let event = &events[*n];
        event.class == Class::Start && event.field("restarts") == Some("told")
    };
    let gaps = gaps(ends);
    let waits_long = |end: &End| {
        let wait = end.restarted.map(|again| again.since(end.until));
        wait.is_some_and(|wait| wait >= LEAST)
    };
    // What has come up is a service's, whoever starts it.
    !ends.iter().any(|end| end.was_started || end.gave_up)
        && starts.len() + 1 >= ends.len()
        && starts.iter().all(for_another_reason)
        && ends[..ends.len() - 1].iter().all(waits_long)
        && is_regular(&gaps)
}
