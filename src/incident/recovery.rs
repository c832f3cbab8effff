//! How an incident ended.
//!
//! In: the lives of its services after their last crash, and the changes after the onset. Out: a
//! [`Status`] and perhaps a [`Recovery`]. Silence is no recovery: a service has recovered when it ran,
//! from a start on, without a crash for three times the loop's longest gap, and at least 30 s, while its
//! host's log went on, and, where it is known that it writes all the time, its own lines did. Where the
//! log ends sooner, a repair and a start that lived longer than the loop's lives did are told as a recovery that is not confirmed.

use crate::attribution::{Case, Verdict};
use crate::classify::Class;
use crate::ledger::{Change, base_name};
use crate::loops::{CrashLoop, plain};
use crate::time::{Span, Timestamp};
use crate::timeline::Life;

use super::Facts;

/// A life of so many lines shows how often a service writes.
const CHATTY: u64 = 50;
/// It is silent where nothing came for so many times as long as from line to line, and for this time.
const SILENT: (i64, Span) = (50, Span::from_seconds(300));

/// How an incident stands at the end of the logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It goes on, or nothing shows that it ended.
    Ongoing,
    /// The service runs again.
    Recovered,
    /// The supervisor gave up.
    GaveUp,
    /// An operator stopped the service.
    Stopped,
}

/// That the service runs again.
#[derive(Debug, Clone)]
pub struct Recovery {
    /// The start from which it ran; over several hosts, the last one.
    pub at: Timestamp,
    /// The change that did it: index in the ledger.
    pub by: Option<usize>,
    /// How long it ran, as far as the logs go.
    pub healthy: Span,
    /// Whether that is long enough.
    pub confirmed: bool,
}

/// What one host's service did after its last crash.
enum After {
    /// Ran from this start on, to the end of the log.
    Ran {
        from: Timestamp,
        healthy: Span,
    },
    Down,
    GaveUp,
    Stopped,
}

pub(super) fn of(
    facts: &Facts<'_>,
    case: &Case<'_>,
    verdict: &Verdict,
) -> (Status, Option<Recovery>) {
    let lives: Vec<(&CrashLoop, After)> = case.of_service().map(|l| (l, after(facts, l))).collect();
    let mut at = None;
    let mut healthy = None;
    let mut status = Status::Recovered;
    let mut confirmed = true;
    let mut lives_longest = f64::INFINITY;
    for (found, life) in &lives {
        match life {
            After::Ran {
                from,
                healthy: span,
            } => {
                at = at.max(Some(*from));
                healthy = Some(healthy.map_or(*span, |h: Span| h.min(*span)));
                let need = found
                    .longest_gap
                    .times(facts.policy.stable_gaps)
                    .max(facts.policy.stable);
                confirmed &= *span >= need;
                lives_longest = lives_longest.min(outlived(facts, found, *span));
            }
            After::GaveUp => status = Status::GaveUp,
            After::Stopped => status = Status::Stopped,
            After::Down => status = Status::Ongoing,
        }
    }
    let (Some(at), Some(healthy), Status::Recovered) = (at, healthy, status) else {
        return (status, None);
    };
    let last = case.of_service().map(|l| l.last).max().unwrap_or(at);
    let by = repair(facts, case, verdict, at);
    if confirmed {
        return (
            Status::Recovered,
            Some(Recovery {
                at,
                by,
                healthy,
                confirmed,
            }),
        );
    }
    // A repair of what the trigger touched needs less time to convince than any other deed.
    let convinces = by.is_some() && lives_longest > 1.0
        || lives_longest >= 3.0 && repaired_by_hand(facts, case, last, at);
    let recovery = convinces.then_some(Recovery {
        at,
        by,
        healthy,
        confirmed,
    });
    (Status::Ongoing, recovery)
}

fn after(facts: &Facts<'_>, found: &CrashLoop) -> After {
    let track = &facts.loops.tracks[found.track];
    let ends = &track.ends[found.ends.clone()];
    let Some(end) = ends.last() else {
        return After::Down;
    };
    let next_end = track.ends.get(found.ends.end).map(|e| e.at);
    let log_end = facts
        .timeline
        .last_of(track.entity.host.as_deref())
        .unwrap_or(end.until);
    let until = next_end.unwrap_or(log_end).min(log_end);
    // By the order of records, for stamps may be coarse.
    let last = end
        .records
        .iter()
        .chain(&end.texts)
        .max()
        .copied()
        .unwrap_or(0);
    let next = track
        .ends
        .get(found.ends.end)
        .and_then(|e| e.records.iter().chain(&e.texts).min());
    let later = |n: usize| n > last && next.is_none_or(|next| n < *next);
    // That it will be started is no start, where starts are told.
    let is_start = |n: usize| {
        matches!(
            facts.timeline.events[n].class,
            Class::Start | Class::Started
        )
    };
    let told = track.starts.iter().any(|(_, n)| *n < last && is_start(*n));
    let started = track.starts.iter().any(|(_, n)| later(*n) && is_start(*n));
    let start = track
        .starts
        .iter()
        .filter(|(_, n)| later(*n) && (started || !told))
        .find_map(|(at, n)| match end.count {
            1 => Some(*at),
            // Of folded records the last one counts.
            _ => Some(facts.timeline.events[*n].until).filter(|at| *at > end.until),
        });
    let stop = track.stops.iter().find(|(_, n)| later(*n));
    match start {
        // The first start after the end, unless a give-up or a stop stands between.
        Some(from) => After::Ran {
            from,
            healthy: (silent_since(facts, found, from, until).unwrap_or(until)).since(from),
        },
        None if end.gave_up => After::GaveUp,
        None if stop.is_some() => After::Stopped,
        None => After::Down,
    }
}

/// When a service that writes all the time, as its longest life before did, wrote its last line after a start, where it
/// has been silent ever since: it may be dead. Only of processes whose lines bear their ids.
fn silent_since(
    facts: &Facts<'_>,
    found: &CrashLoop,
    from: Timestamp,
    until: Timestamp,
) -> Option<Timestamp> {
    if until.since(from) <= SILENT.1 {
        return None;
    }
    let entity = &found.entity;
    let files = facts.timeline.files.iter();
    let lives = || {
        let all = files.clone().flat_map(|file| &file.lives);
        all.filter(|life| {
            plain(&life.program).0 == entity.service
                && (entity.host.as_deref()).is_none_or(|host| *life.host == *host)
        })
    };
    let wrote = |life: &&Life| life.last.0.since(life.first.0);
    let usual = lives()
        .filter(|life| life.first.0 < found.first)
        .max_by_key(wrote)?;
    let each = wrote(&usual).nanos() / usual.lines.max(1) as i64;
    let last = lives()
        .map(|life| life.last.0)
        .filter(|at| *at >= from)
        .max()?;
    let bound = Span::from_nanos(each).times(SILENT.0).max(SILENT.1);
    (usual.lines >= CHATTY && until.since(last) > bound).then_some(last)
}

/// How many of the loop's longest lives the last life outlasts.
fn outlived(facts: &Facts<'_>, found: &CrashLoop, span: Span) -> f64 {
    let track = &facts.loops.tracks[found.track];
    let ends = &track.ends[found.ends.clone()];
    // The first life is that of the healthy service, and others may be of healthy phases: the median.
    let mut lives: Vec<Span> = ends.iter().skip(1).filter_map(|e| e.life).collect();
    lives.sort_unstable();
    let usual = lives.get(lives.len() / 2).copied().unwrap_or(Span::ZERO);
    // A start that is told as complete, where none of the loop's was, is a life of another sort.
    let completes = track
        .starts
        .iter()
        .any(|(t, n)| *t >= found.last && facts.timeline.events[*n].class == Class::Started);
    if completes && ends.iter().skip(1).all(|e| !e.was_started) {
        return f64::INFINITY;
    }
    // It says that it loaded what no life of the loop came to load.
    let events = &facts.timeline.events;
    let end = ends
        .last()
        .and_then(|e| e.records.iter().chain(&e.texts).max())
        .copied()
        .unwrap_or(0);
    let begin = ends
        .first()
        .and_then(|e| e.records.iter().chain(&e.texts).min())
        .copied()
        .unwrap_or(0);
    let in_loop = |n: usize| n > begin && n <= end;
    let new_load = track.loads.iter().any(|(_, n)| {
        let same = |m: usize| events[m].rule == events[*n].rule;
        *n > end && !track.loads.iter().any(|(_, m)| in_loop(*m) && same(*m))
    });
    if new_load {
        return f64::INFINITY;
    }
    // Stamps of whole seconds tell of no life shorter than that.
    span.seconds() / usual.seconds().max(0.2)
}

/// The change that ended it: the last one before the final start that touches what the trigger touched,
/// or what the service is; not the trigger itself.
fn repair(facts: &Facts<'_>, case: &Case<'_>, verdict: &Verdict, at: Timestamp) -> Option<usize> {
    let changes = &facts.ledger.changes;
    let trigger = verdict
        .causes
        .first()
        .and_then(|c| c.change)
        .map(|(n, _)| n);
    let slack = case.root().longest_gap.max(Span::from_seconds(60)).times(2);
    let last = case.of_service().map(|l| l.last).max().unwrap_or(at);
    let window = |t: Timestamp| {
        t > case.onset.plus(case.uncertainty)
            && t <= at.plus(Span::from_seconds(5))
            && last.since(t) <= slack
    };
    let related = |c: &Change| {
        trigger.is_some_and(|n| touches_same(c, &changes[n])) || c.names_service(case.service())
    };
    let candidates = changes
        .iter()
        .enumerate()
        .filter(|(n, _)| Some(*n) != trigger)
        .filter(|(_, c)| !c.is_routine() && c.instances.iter().any(|i| window(i.at)) && related(c));
    candidates
        .max_by_key(|(_, c)| {
            (
                c.content,
                trigger.is_some_and(|n| touches_same(c, &changes[n])),
                c.at(),
            )
        })
        .map(|(n, _)| n)
}

fn touches_same(a: &Change, b: &Change) -> bool {
    a.subject == b.subject
        || a.paths.iter().any(|p| {
            b.paths
                .iter()
                .any(|q| p == q || base_name(p) == base_name(q))
        })
        || a.kind == b.kind && a.named.iter().any(|n| b.named.contains(n))
}

/// Whether somebody did something on the host between the last crashes and the final start.
fn repaired_by_hand(facts: &Facts<'_>, case: &Case<'_>, last: Timestamp, at: Timestamp) -> bool {
    let hosts = case.hosts();
    let from = last.minus(case.root().longest_gap.max(Span::from_seconds(30)));
    facts
        .ledger
        .changes
        .iter()
        .filter(|c| !c.is_routine())
        .flat_map(|c| &c.instances)
        .any(|i| {
            i.at >= from
                && i.at > case.onset
                && i.at <= at.plus(Span::from_seconds(2))
                && (hosts.is_empty()
                    || i.hosts
                        .keys()
                        .any(|h| h.is_empty() || hosts.contains(h.as_str())))
        })
}
