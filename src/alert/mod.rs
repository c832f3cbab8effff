//! Which news of incidents are worth telling somebody.
//!
//! Owns: what was told ([`Book`]). In: reports, one after the other, each on more than the one before.
//! Out: [`Alert`]s: one for the opening of an incident, one for each material change of its verdict or its
//! extent, one for its recovery, one for a relapse; never one for each crash.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::incident::Status;
use crate::loops::LoopPolicy;
use crate::report::{Change, Incident, Report, Time};
use crate::time::{Span, Timestamp};

mod text;

pub use text::{headline, render};

/// The form of an alert as JSON.
pub const SCHEMA: &str = "crashtrail.alert/1";
/// Two updates of one incident are at least this far apart, in log time.
const CALM: Span = Span::from_seconds(60);
/// A verdict that was told as certain is doubted below this probability, or this near to the second.
const DOUBT: (f64, f64) = (0.4, 0.1);
/// What nothing is heard of for this long is closed.
const FORGOTTEN: Span = Span::from_seconds(7 * 86_400);
/// On a stream that began less than this before the first loop changes may have been missed.
const SHORT: Span = Span::from_seconds(3600);

/// What happened to an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// A service crash-loops.
    Opened,
    /// The verdict or the extent is another.
    Updated,
    /// The service runs again.
    Recovered,
    /// It crashes again after a recovery.
    Relapsed,
    /// An operator stopped the service.
    Stopped,
    /// It turned out to be a part of another incident.
    Merged,
    /// A relapse would be a new incident from now on.
    Closed,
}

impl Happening {
    /// All there are.
    pub const ALL: [Self; 7] = [
        Self::Opened,
        Self::Updated,
        Self::Recovered,
        Self::Relapsed,
        Self::Stopped,
        Self::Merged,
        Self::Closed,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Recovered => "recovered",
            Self::Relapsed => "relapsed",
            Self::Stopped => "stopped",
            Self::Merged => "merged",
            Self::Closed => "closed",
        }
    }

    /// Whether the incident goes on after it.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Opened | Self::Updated | Self::Relapsed)
    }
}

/// News of an incident.
#[derive(Debug, Clone, Serialize)]
pub struct Alert {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// What happened.
    pub event: Happening,
    /// The log time of what made it.
    pub at: Time,
    /// From 1, in the order in which they were told; the same number is the same alert.
    pub number: u64,
    /// Whether it may have been told before: the program was killed while it told it.
    pub again: bool,
    /// The incident that it was merged into.
    pub into: Option<String>,
    /// As known at that moment.
    pub incident: Incident,
    /// Those that its causes name.
    pub changes: Vec<Change>,
    /// What a person should know of what could be seen.
    pub note: Option<String>,
}

/// How an incident stands as it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Open,
    Recovered,
    Stopped,
    Closed,
}

/// A loop of an incident: host, service, instance, and when it crashed, in nanoseconds since 1970.
type LoopKey = (Option<String>, String, Option<String>, i64, i64);

/// What was told of an incident's verdict and extent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Told {
    cause: String,
    certain: bool,
    services: BTreeSet<String>,
    places: usize,
    gave_up: bool,
}

/// An incident that was told of.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    id: String,
    state: State,
    loops: Vec<LoopKey>,
    /// The last crash when it was told of last, in nanoseconds since 1970.
    last: i64,
    told: Told,
    /// When it was told of last, in nanoseconds of log time since 1970.
    told_at: i64,
    /// When it was last seen in a report.
    seen_at: i64,
    /// The end that was told of last, in nanoseconds since 1970.
    #[serde(default)]
    ended: Option<i64>,
}

/// What was told of which incidents.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Book {
    entries: Vec<Entry>,
    /// How many alerts there were.
    number: u64,
    /// Those that are being told.
    #[serde(default)]
    telling: Vec<Telling>,
}

/// An alert that is being told.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Telling {
    number: u64,
    event: Happening,
    id: String,
    into: Option<String>,
    loops: Vec<LoopKey>,
}

/// What alerts are told with.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The time of the stream.
    pub now: Timestamp,
    /// What makes a loop.
    pub policy: &'a LoopPolicy,
    /// Whether it is the last report: nothing waits for a better time.
    pub at_end: bool,
    /// The command that would show more of what was before, where the stream began only now.
    pub more: Option<&'a str>,
}

impl Book {
    /// All alerts up to this one were told.
    pub fn were_told(&mut self, number: u64) {
        self.telling.retain(|alert| alert.number > number);
    }

    /// What a run before was telling as it was killed, to be told again as it is known now.
    #[must_use]
    pub fn again(&self, report: &Report, terms: Terms<'_>) -> Vec<Alert> {
        let again = |telling: &Telling| {
            let mut incidents = report.incidents.iter();
            let incident = incidents.find(|i| shares(&telling.loops, &keys(i)))?;
            Some(Alert {
                number: telling.number,
                again: true,
                into: telling.into.clone(),
                ..alert(telling.event, report, incident, &telling.id, terms)
            })
        };
        self.telling.iter().filter_map(again).collect()
    }

    /// Takes a report, and says what of it is news.
    pub fn take(&mut self, report: &Report, terms: Terms<'_>) -> Vec<Alert> {
        let now = terms.now.nanos();
        let mut alerts = Vec::new();
        let mut claimed: BTreeSet<usize> = BTreeSet::new();
        for incident in &report.incidents {
            let keys = keys(incident);
            let matching: Vec<usize> = (0..self.entries.len())
                .filter(|n| shares(&self.entries[*n].loops, &keys))
                .collect();
            let fresh: Vec<usize> = matching
                .iter()
                .copied()
                .filter(|n| !claimed.contains(n))
                .collect();
            let open = |n: &&usize| self.entries[**n].state != State::Closed;
            let first = fresh.iter().find(open).or(fresh.first()).copied();
            let mut news = Vec::new();
            let n = match (first, matching.first()) {
                (Some(n), _) => n,
                // A part of what was told as one: all of it was told.
                (None, Some(&whole)) => {
                    let mut part = self.entries[whole].clone();
                    part.id.clone_from(&incident.id);
                    part.told = told(incident);
                    self.entries.push(part);
                    self.entries.len() - 1
                }
                (None, None) => {
                    news.push(Happening::Opened);
                    self.entries.push(Entry::new(incident, now));
                    self.entries.len() - 1
                }
            };
            claimed.insert(n);
            let id = self.entries[n].id.clone();
            for &other in fresh.iter().filter(|other| **other != n) {
                claimed.insert(other);
                let other = &mut self.entries[other];
                if other.state != State::Closed {
                    other.state = State::Closed;
                    let mut alert = alert(Happening::Merged, report, incident, &other.id, terms);
                    alert.into = Some(id.clone());
                    alerts.push(alert);
                }
            }
            let ended = self.entries[n].ended;
            news.extend(self.entries[n].news(incident, keys, terms));
            for happening in news {
                let mut alert = alert(happening, report, incident, &id, terms);
                if let (Happening::Relapsed, Some(ended)) = (happening, ended) {
                    let ended = Timestamp::from_nanos(ended);
                    alert.note = Some(format!("it had ended at {ended}"));
                }
                alerts.push(alert);
            }
        }
        self.forget(&claimed, now);
        for alert in &mut alerts {
            self.number += 1;
            alert.number = self.number;
            self.telling.push(Telling {
                number: alert.number,
                event: alert.event,
                id: alert.incident.id.clone(),
                into: alert.into.clone(),
                loops: keys(&alert.incident),
            });
        }
        alerts
    }

    /// Forgets what is closed and of which nothing is kept, and what nothing was heard of for long.
    fn forget(&mut self, seen: &BTreeSet<usize>, now: i64) {
        let mut n = 0;
        self.entries.retain_mut(|entry| {
            let is_seen = seen.contains(&n);
            n += 1;
            if is_seen {
                entry.seen_at = now;
            }
            let silent = now.saturating_sub(entry.seen_at) > FORGOTTEN.nanos();
            is_seen || entry.state != State::Closed && !silent
        });
    }

    /// The id under which an incident was told.
    #[must_use]
    pub fn id_of(&self, incident: &Incident) -> Option<&str> {
        let keys = keys(incident);
        let mut entries = self.entries.iter();
        let entry = entries.find(|entry| shares(&entry.loops, &keys))?;
        Some(&entry.id)
    }

    /// How many incidents go on.
    #[must_use]
    pub fn open(&self) -> usize {
        let open = self.entries.iter().filter(|e| e.state == State::Open);
        open.count()
    }

    /// Whether time alone may bring news: an incident goes on, or is not closed yet.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.entries.iter().any(|e| e.state != State::Closed)
    }

    /// How many alerts there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.number
    }
}

impl Entry {
    fn new(incident: &Incident, now: i64) -> Self {
        Self {
            id: incident.id.clone(),
            state: State::Open,
            loops: keys(incident),
            last: last(incident),
            told: told(incident),
            told_at: now,
            seen_at: now,
            ended: None,
        }
    }

    /// What is new of the incident; notes it as told.
    fn news(
        &mut self,
        incident: &Incident,
        keys: Vec<LoopKey>,
        terms: Terms<'_>,
    ) -> Vec<Happening> {
        let mut news = Vec::new();
        let now = terms.now.nanos();
        let last = last(incident);
        self.loops = keys;
        let state = match incident.status {
            Status::Recovered => State::Recovered,
            Status::Stopped => State::Stopped,
            Status::Ongoing | Status::GaveUp => State::Open,
        };
        match (self.state, state) {
            (State::Open, State::Recovered) => news.push(Happening::Recovered),
            (State::Open, State::Stopped) => news.push(Happening::Stopped),
            // Without a further crash it is no relapse, whatever is known better now.
            (State::Recovered | State::Stopped | State::Closed, State::Open)
                if last > self.last =>
            {
                news.push(Happening::Relapsed);
            }
            (State::Open, _) if self.is_other(incident) => {
                if now.saturating_sub(self.told_at) < CALM.nanos() && !terms.at_end {
                    return news;
                }
                news.push(Happening::Updated);
            }
            _ => {}
        }
        if !news.is_empty() {
            self.state = state;
            self.told = told(incident);
            self.told_at = now;
            self.last = last;
            let end = incident.end.map(|end| end.0.nanos());
            self.ended = end.filter(|_| state != State::Open).or(self.ended);
        }
        let ended = incident.end.map_or(last, |end| end.0.nanos()).max(last);
        let is_over = matches!(self.state, State::Recovered | State::Stopped);
        if is_over && now.saturating_sub(ended) > terms.policy.relapse.nanos() {
            self.state = State::Closed;
            news.push(Happening::Closed);
        }
        news
    }

    /// Whether verdict or extent differ materially from what was told.
    fn is_other(&self, incident: &Incident) -> bool {
        let is = told(incident);
        let p = |n: usize| incident.causes.get(n).map_or(0.0, |c| c.probability);
        let same_cause = is.cause == self.told.cause;
        let verdict = match (self.told.certain, is.certain) {
            (true, true) => !same_cause,
            // On the threshold it goes to and fro.
            (true, false) => !same_cause || p(0) < DOUBT.0 || p(0) - p(1) < DOUBT.1,
            (false, true) => true,
            (false, false) => false,
        };
        verdict
            || is.gave_up != self.told.gave_up
            || !is.services.is_subset(&self.told.services)
            || is.places >= 2 * self.told.places
    }
}

/// The news as it is sent.
fn alert(
    event: Happening,
    report: &Report,
    incident: &Incident,
    id: &str,
    terms: Terms<'_>,
) -> Alert {
    let mut incident = incident.clone();
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for cause in &incident.causes {
        named.extend(cause.change.as_deref());
        named.extend(cause.enabled_by.iter().map(|e| e.change.as_str()));
    }
    named.extend(incident.recovery.as_ref().and_then(|r| r.by.as_deref()));
    let changes = report.changes.iter();
    let changes = changes.filter(|c| named.contains(c.id.as_str()));
    let changes = changes.cloned().collect();
    let begin = report.window.start.map(|start| start.0);
    let short = begin.filter(|begin| incident.onset.0.since(*begin) < SHORT);
    let note = short.zip(terms.more).map(|(begin, more)| {
        format!("changes could be seen from {begin} on only; more is shown by: {more}")
    });
    incident.id = id.to_owned();
    Alert {
        schema: SCHEMA,
        event,
        at: Time(at(event, &incident, terms.now)),
        number: 0,
        again: false,
        into: None,
        incident,
        changes,
        note,
    }
}

/// The log time of what made the alert.
fn at(event: Happening, incident: &Incident, now: Timestamp) -> Timestamp {
    let third = incident.metrics.time_to_detect_s;
    match (event, third) {
        (Happening::Opened, Some(after)) => incident.onset.0.plus(after.0).min(now),
        _ => now,
    }
}

fn keys(incident: &Incident) -> Vec<LoopKey> {
    let loops = incident.loops.iter();
    loops
        .map(|l| {
            let entity = l.entity.clone();
            (
                entity.host,
                entity.service,
                entity.instance,
                l.first.0.nanos(),
                l.last.0.nanos(),
            )
        })
        .collect()
}

/// Whether one of the loops is the same: of one service, at one time. A host may become known later, and
/// the first crashes may be forgotten.
fn shares(a: &[LoopKey], b: &[LoopKey]) -> bool {
    let same = |a: &LoopKey, b: &LoopKey| {
        (a.0 == b.0 || a.0.is_none() || b.0.is_none())
            && a.1 == b.1
            && a.2 == b.2
            && a.3 <= b.4
            && b.3 <= a.4
    };
    a.iter().any(|a| b.iter().any(|b| same(a, b)))
}

fn last(incident: &Incident) -> i64 {
    let loops = incident.loops.iter();
    loops.map(|l| l.last.0.nanos()).max().unwrap_or(0)
}

fn told(incident: &Incident) -> Told {
    let first = incident.causes.first();
    let loops = &incident.loops;
    Told {
        cause: first.map_or(String::new(), |c| {
            c.change.clone().unwrap_or_else(|| c.r#type.to_owned())
        }),
        certain: incident.certain,
        services: loops.iter().map(|l| l.entity.service.clone()).collect(),
        places: loops.len(),
        gave_up: incident.status == Status::GaveUp,
    }
}
