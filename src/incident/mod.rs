//! Loops that belong together, with their verdict.
//!
//! Owns: which loops are one incident, its root, cascade, phases and recovery. In: timeline, ledger,
//! loops. Out: [`Incident`]s by onset. Loops are one incident when they share a service and a
//! signature over hosts, or one states that it depends on the other, or one change explains both and
//! their onsets lie within ten periods.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::attribution::{Case, Index, Inputs, Naming, Verdict, Weights, judge};
use crate::ledger::Ledger;
use crate::loops::{CrashLoop, LoopPolicy, Loops};
use crate::time::{Span, Timestamp};
use crate::timeline::{Timeline, width};

mod cascade;
mod recovery;

use cascade::Grievances;
pub use cascade::Step;
pub use recovery::{Recovery, Status};

/// Onsets of one change's loops lie within this many periods.
const PERIODS: i64 = 10;
/// Onsets on the hosts of one fleet lie within this time.
const FLEET: Span = Span::from_seconds(1800);

/// Loops that belong together.
#[derive(Debug, Clone)]
pub struct Incident {
    /// Indices of loops, the root's first.
    pub loops: Vec<usize>,
    /// The first crash.
    pub onset: Timestamp,
    /// How far it may lie off.
    pub uncertainty: Span,
    /// When it ended.
    pub end: Option<Timestamp>,
    /// How it stands at the end of the logs.
    pub status: Status,
    /// Where the root's service was failing, over all its hosts.
    pub phases: Vec<(Timestamp, Timestamp)>,
    /// Who failed, first to fail first.
    pub cascade: Vec<Step>,
    /// What set it off.
    pub verdict: Verdict,
    /// How it ended.
    pub recovery: Option<Recovery>,
}

/// What incidents are made of.
pub struct Facts<'a> {
    /// All events.
    pub timeline: &'a Timeline,
    /// All changes.
    pub ledger: &'a Ledger,
    /// Where the changes and the signs of other causes are found.
    pub index: &'a Index<'a>,
    /// All services and loops.
    pub loops: &'a Loops,
    /// What was read around crashes and changes, by event.
    pub looks: &'a BTreeMap<usize, Vec<String>>,
    /// What there was to read.
    pub inputs: &'a Inputs<'a>,
    /// What makes a loop.
    pub policy: &'a LoopPolicy,
    /// The numbers of attribution.
    pub weights: &'a Weights,
    /// Which causes are told.
    pub naming: &'a Naming,
}

/// The incidents of a timeline, by onset.
#[must_use]
pub fn find(facts: &Facts<'_>) -> Vec<Incident> {
    let mut groups = group(facts);
    let mut verdicts: Vec<Verdict> = groups
        .par_iter()
        .map(|g| judge(&case(facts, g), facts.inputs))
        .collect();
    while let Some((a, b)) = same_change(facts, &groups, &verdicts) {
        let other = groups.remove(b);
        verdicts.remove(b);
        groups[a].extend(other);
        groups[a] = ordered(facts, std::mem::take(&mut groups[a]));
        verdicts[a] = judge(&case(facts, &groups[a]), facts.inputs);
    }
    let mut incidents: Vec<Incident> = groups
        .into_iter()
        .zip(verdicts)
        .map(|(g, v)| incident(facts, g, v))
        .collect();
    incidents.sort_by_key(|i| (i.onset, i.loops[0]));
    incidents
}

/// The case of a group of loops, for attribution.
fn case<'a>(facts: &Facts<'a>, group: &[usize]) -> Case<'a> {
    let loops: Vec<&CrashLoop> = group.iter().map(|&n| &facts.loops.loops[n]).collect();
    let root = loops[0];
    let fleet = loops
        .iter()
        .filter(|l| l.entity.service == root.entity.service);
    let onset = fleet.clone().map(|l| l.first).min().unwrap_or(root.first);
    let last = loops.iter().map(|l| l.last).max().unwrap_or(root.last);
    let settle = root
        .longest_gap
        .times(facts.policy.stable_gaps)
        .max(facts.policy.stable);
    Case {
        timeline: facts.timeline,
        ledger: facts.ledger,
        index: facts.index,
        all: facts.loops,
        uncertainty: uncertainty(facts, root).plus(skew(facts, &loops)),
        looks: facts.looks,
        onset,
        close: last.plus(settle),
        weights: facts.weights,
        naming: facts.naming,
        loops,
        ground: OnceCell::new(),
    }
}

/// How far the clocks of the hosts of an incident may lie apart.
fn skew(facts: &Facts<'_>, loops: &[&CrashLoop]) -> Span {
    let hosts: std::collections::BTreeSet<&str> = loops
        .iter()
        .filter_map(|l| l.entity.host.as_deref())
        .collect();
    let clocks = &facts.timeline.clocks;
    let pairs = hosts.iter().zip(hosts.iter().skip(1));
    let apart = pairs.map(|(a, b)| clocks.apart(Some(a), Some(b)));
    apart.max().unwrap_or(Span::ZERO)
}

/// The width of the first crash's stamp.
fn uncertainty(facts: &Facts<'_>, found: &CrashLoop) -> Span {
    let track = &facts.loops.tracks[found.track];
    track.ends[found.ends.clone()]
        .first()
        .and_then(|end| end.records.first().or(end.texts.first()))
        .map_or(Span::from_seconds(1), |&n| width(&facts.timeline.events[n]))
}

/// Loops joined by service and signature over hosts, and by dependence.
fn group(facts: &Facts<'_>) -> Vec<Vec<usize>> {
    let loops = &facts.loops.loops;
    let grievances: Vec<Grievances> = loops.iter().map(|l| Grievances::of(facts, l)).collect();
    let mut leader: Vec<usize> = (0..loops.len()).collect();
    for a in 0..loops.len() {
        for b in a + 1..loops.len() {
            let apart = root_of(&leader, a) != root_of(&leader, b);
            if apart
                && belong(
                    facts,
                    (&loops[a], &grievances[a]),
                    (&loops[b], &grievances[b]),
                )
            {
                let (x, y) = (root_of(&leader, a), root_of(&leader, b));
                leader[x.max(y)] = x.min(y);
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for n in 0..loops.len() {
        groups.entry(root_of(&leader, n)).or_default().push(n);
    }
    groups.into_values().map(|g| ordered(facts, g)).collect()
}

/// The first of a loop's group, followed from leader to leader.
fn root_of(leader: &[usize], mut n: usize) -> usize {
    while leader[n] != n {
        n = leader[n];
    }
    n
}

fn belong(facts: &Facts<'_>, a: (&CrashLoop, &Grievances), b: (&CrashLoop, &Grievances)) -> bool {
    let fleet = a.0.entity.service == b.0.entity.service
        && a.0.entity.host != b.0.entity.host
        && (a.0.first <= b.0.last.plus(FLEET) && b.0.first <= a.0.last.plus(FLEET));
    fleet || cascade::depends(facts, a.0, a.1, b.0) || cascade::depends(facts, b.0, b.1, a.0)
}

/// The root's loops first: those of the service that depends on none of the others, the earliest of
/// them; then by first crash.
fn ordered(facts: &Facts<'_>, mut group: Vec<usize>) -> Vec<usize> {
    let loops = &facts.loops.loops;
    if group.len() == 1 {
        return group;
    }
    let services: std::collections::BTreeSet<&str> = group
        .iter()
        .map(|n| loops[*n].entity.service.as_str())
        .collect();
    if services.len() == 1 {
        group.sort_by_key(|&n| (loops[n].first, n));
        return group;
    }
    let grievances: BTreeMap<usize, Grievances> = group
        .iter()
        .map(|n| (*n, Grievances::of(facts, &loops[*n])))
        .collect();
    let dependent = |n: &usize| {
        group.iter().any(|m| {
            loops[*n].entity.service != loops[*m].entity.service
                && cascade::depends(facts, &loops[*n], &grievances[n], &loops[*m])
        })
    };
    let root = group
        .iter()
        .min_by_key(|n| (dependent(n), loops[**n].first, **n))
        .map(|n| loops[*n].entity.service.clone())
        .unwrap_or_default();
    group.sort_by_key(|&n| (loops[n].entity.service != root, loops[n].first, n));
    group
}

/// Two groups whose first cause is the same change, near in time.
fn same_change(
    facts: &Facts<'_>,
    groups: &[Vec<usize>],
    verdicts: &[Verdict],
) -> Option<(usize, usize)> {
    let loops = &facts.loops.loops;
    for a in 0..groups.len() {
        for b in a + 1..groups.len() {
            let (x, y) = (&loops[groups[a][0]], &loops[groups[b][0]]);
            let period = x.median_period.max(y.median_period).unwrap_or(Span::ZERO);
            let near =
                x.first.since(y.first).abs() <= period.times(PERIODS).max(Span::from_seconds(60));
            let first = |v: &Verdict| {
                v.causes
                    .first()
                    .filter(|c| c.probability >= 0.5)
                    .and_then(|c| c.change)
            };
            if near && first(&verdicts[a]).is_some() && first(&verdicts[a]) == first(&verdicts[b]) {
                return Some((a, b));
            }
        }
    }
    None
}

fn incident(facts: &Facts<'_>, group: Vec<usize>, verdict: Verdict) -> Incident {
    let case = case(facts, &group);
    let (status, recovery) = recovery::of(facts, &case, &verdict);
    let end = match status {
        Status::Recovered => recovery.as_ref().map(|r| r.at),
        Status::GaveUp | Status::Stopped => case.of_service().map(|l| l.last).max(),
        Status::Ongoing => None,
    };
    Incident {
        onset: case.onset,
        uncertainty: case.uncertainty,
        end,
        status,
        phases: phases(&case),
        cascade: cascade::steps(facts, &case),
        loops: group,
        verdict,
        recovery,
    }
}

/// Failing phases over all hosts: those that overlap are one.
fn phases(case: &Case<'_>) -> Vec<(Timestamp, Timestamp)> {
    let mut all: Vec<(Timestamp, Timestamp)> = case
        .of_service()
        .flat_map(|l| l.phases.iter().copied())
        .collect();
    all.sort_unstable();
    let slack = case.root().median_period.unwrap_or(Span::ZERO);
    let mut joined: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (from, to) in all {
        match joined.last_mut() {
            Some(last) if from <= last.1.plus(slack) => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}
