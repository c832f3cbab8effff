//! Who depends on whom, and who failed when.
//!
//! In: what services say of others that they need. Out: the cascade, first to fail first, each with
//! the line that tells of its dependence. The first to fail is not the loudest, nor always the
//! earliest: clients may die while what they need is still being stopped for its restart.

use std::collections::BTreeMap;

use crate::attribution::Case;
use crate::classify::Event;
use crate::loops::{CrashLoop, Entity, is_alias, plain};
use crate::time::{Span, Timestamp};

use super::Facts;

/// How often a service must speak of a failing dependency to be a part of the cascade.
const OFTEN: usize = 3;
/// A dependency goes down at most this long before who needs it, and at most this much after.
const BEFORE: Span = Span::from_seconds(60);
const AFTER: Span = Span::from_seconds(3);

/// A service of the cascade.
#[derive(Debug, Clone)]
pub struct Step {
    /// Who.
    pub entity: Entity,
    /// Its first failure in the incident.
    pub first: Timestamp,
    /// What tells that it failed because of another.
    pub because: Option<String>,
}

/// What the service of a loop complained of while it looped.
pub(super) struct Grievances {
    /// The records, at most some hundred.
    records: Vec<usize>,
    /// Whether most of its crashes come with one.
    in_crashes: bool,
    /// Whether they name any service that the logs know.
    name_any: bool,
}

/// The most complaints of one loop that are looked at.
const COMPLAINTS: usize = 200;

impl Grievances {
    pub(super) fn of(facts: &Facts<'_>, found: &CrashLoop) -> Self {
        let service = &found.entity.service;
        let mut records = complaints(
            facts,
            service,
            found.first.minus(BEFORE),
            found.last.plus(AFTER),
        );
        let in_crashes = !records.is_empty() && in_crashes(facts, found, &records);
        records.truncate(COMPLAINTS);
        let name_any = names_any(facts, &records, service);
        Self {
            records,
            in_crashes,
            name_any,
        }
    }
}

/// Whether the service of loop `a` says that it needs that of `b`, or lost a connection as `b` fell.
pub(super) fn depends(facts: &Facts<'_>, a: &CrashLoop, of_a: &Grievances, b: &CrashLoop) -> bool {
    let same_service = is_alias(&a.entity.service, &b.entity.service);
    let overlap = a.first <= b.last.plus(BEFORE.times(10)) && b.first <= a.last;
    if of_a.records.is_empty() || same_service || !overlap {
        return false;
    }
    let events = &facts.timeline.events;
    if of_a
        .records
        .iter()
        .any(|&n| names(&events[n].message, &b.entity.service))
    {
        return true;
    }
    let same_host =
        a.entity.host.is_none() || b.entity.host.is_none() || a.entity.host == b.entity.host;
    // A loop of its own long before is no consequence of the other's fall.
    let fell = b.first.since(a.first);
    same_host
        && of_a.in_crashes
        && fell <= AFTER
        && a.first.since(fall_of(facts, b)) <= BEFORE
        && !of_a.name_any
}

/// When the service of a loop first went down: its first crash, or the stop just before it.
fn fall_of(facts: &Facts<'_>, found: &CrashLoop) -> Timestamp {
    let track = &facts.loops.tracks[found.track];
    let stop = track
        .stops
        .iter()
        .map(|(t, _)| *t)
        .filter(|t| *t <= found.first)
        .max();
    stop.filter(|t| found.first.since(*t) <= BEFORE)
        .unwrap_or(found.first)
}

/// Records in which a service complains of something that it needs.
fn complaints(facts: &Facts<'_>, service: &str, from: Timestamp, to: Timestamp) -> Vec<usize> {
    let all = all_complaints(facts, from, to);
    if all.is_empty() {
        return Vec::new();
    }
    let pids = pids_of(facts, service);
    let is_by = |n: &usize| {
        let event = &facts.timeline.events[*n];
        wrote(event, service) || event.pid.is_some_and(|pid| pids.contains(&pid))
    };
    all.iter().copied().filter(is_by).collect()
}

/// Records in which anybody does.
fn all_complaints<'a>(facts: &Facts<'a>, from: Timestamp, to: Timestamp) -> &'a [usize] {
    let events = &facts.timeline.events;
    let from = events.partition_point(|e| e.at < from);
    let to = events.partition_point(|e| e.at <= to);
    facts.index.signs("dependency", from..to)
}

/// The pids under which a service's crash texts were written: its interpreter's name may be all that
/// its records bear.
fn pids_of(facts: &Facts<'_>, service: &str) -> std::collections::BTreeSet<u32> {
    let events = &facts.timeline.events;
    let tracks = facts
        .loops
        .tracks
        .iter()
        .filter(|t| t.entity.service == service);
    tracks
        .flat_map(|t| &t.ends)
        .flat_map(|e| &e.texts)
        .filter_map(|&n| events[n].pid)
        .collect()
}

fn wrote(event: &Event, service: &str) -> bool {
    [event.unit.as_deref(), event.program.as_deref()]
        .into_iter()
        .flatten()
        .any(|name| plain(name).0 == service)
}

/// Whether most of the loop's crashes come with such a complaint.
fn in_crashes(facts: &Facts<'_>, found: &CrashLoop, complaints: &[usize]) -> bool {
    let events = &facts.timeline.events;
    let ends = &facts.loops.tracks[found.track].ends[found.ends.clone()];
    let near = |at: Timestamp| {
        complaints.iter().any(|&n| {
            let lag = at.since(events[n].at);
            lag <= Span::from_seconds(10) && lag >= Span::from_seconds(-3)
        })
    };
    ends.iter().filter(|e| near(e.until)).count() * 2 >= ends.len()
}

/// Whether the complaints name any service that the logs know, their own left aside.
fn names_any(facts: &Facts<'_>, complaints: &[usize], own: &str) -> bool {
    let events = &facts.timeline.events;
    complaints.iter().take(20).any(|&n| {
        facts.loops.tracks.iter().any(|t| {
            t.entity.service != own
                && !wrote(&events[n], &t.entity.service)
                && names(&events[n].message, &t.entity.service)
        })
    })
}

/// Whether a text holds a name as a word of its own.
fn names(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    name.len() >= 3
        && text.match_indices(name).any(|(at, _)| {
            let before = text.get(..at).and_then(|t| t.chars().next_back());
            let after = text.get(at + name.len()..).and_then(|t| t.chars().next());
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
}

/// The cascade of an incident: its root, then who names one that failed before.
pub(super) fn steps(facts: &Facts<'_>, case: &Case<'_>) -> Vec<Step> {
    let events = &facts.timeline.events;
    let mut steps = vec![Step {
        entity: case.root().entity.clone(),
        first: case.onset,
        because: None,
    }];
    for found in case
        .loops
        .iter()
        .filter(|l| l.entity.service != case.service())
    {
        if steps
            .iter()
            .all(|s| s.entity.service != found.entity.service)
        {
            let from = case.onset.minus(AFTER);
            let why = complaints(facts, &found.entity.service, from, found.last.plus(AFTER))
                .first()
                .copied();
            steps.push(Step {
                entity: found.entity.clone(),
                first: why.map_or(found.first, |n| events[n].at.min(found.first)),
                because: why.map(|n| quote(&events[n])),
            });
        }
    }
    let from = case.onset.minus(AFTER);
    let mut by_writer: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for &n in all_complaints(facts, from, case.close) {
        let event = &events[n];
        if let Some(name) = event.unit.as_deref().or(event.program.as_deref()) {
            by_writer.entry(plain(name).0).or_default().push(n);
        }
    }
    loop {
        let next = by_writer
            .iter()
            .filter(|(service, _)| steps.iter().all(|s| s.entity.service != **service))
            .filter_map(|(service, all)| {
                let of_known: Vec<usize> = all
                    .iter()
                    .copied()
                    .filter(|&n| {
                        steps
                            .iter()
                            .any(|s| names(&events[n].message, &s.entity.service))
                    })
                    .collect();
                (of_known.len() >= OFTEN)
                    .then(|| (events[of_known[0]].at, service.clone(), of_known[0]))
            })
            .min();
        let Some((first, service, n)) = next else {
            break;
        };
        let host = events[n].host.as_deref().map(str::to_owned);
        steps.push(Step {
            entity: Entity {
                host,
                service,
                instance: None,
            },
            first,
            because: Some(quote(&events[n])),
        });
    }
    steps[1..].sort_by_key(|s| s.first);
    steps
}

fn quote(event: &Event) -> String {
    event
        .message
        .lines()
        .next_back()
        .unwrap_or("")
        .trim()
        .chars()
        .take(120)
        .collect()
}
