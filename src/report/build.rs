//! Incidents become a report.
//!
//! In: timeline, ledger, loops and incidents, by index. Out: a [`Report`], in which every place is
//! spelled out and every id resolves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::attribution::{self, Verdict, describe};
use crate::classify::{Class, Event, stable_id};
use crate::error::Warning;
use crate::incident::{self, Status};
use crate::ledger::{self, Ledger};
use crate::loops::{CrashLoop, End, Entity, Grade, Loops, is_supervisor, plain};
use crate::time::{Span, Timestamp};
use crate::timeline::{FileTimes, Timeline};

use super::last_words;
use super::missing;
use super::model::*;
use super::text::percent;

/// The most records that are shown of one change (contract).
const CHANGE_RECORDS: usize = 50;
/// The most changes that are shown beside those which something names.
const OTHER_CHANGES: usize = 40;
/// How many crash records of a loop are shown from its start; the last follows.
const LOOP_RECORDS: usize = 8;
/// How many places an evidence shows.
const EVIDENCE_REFS: usize = 3;

/// What was new before an incident.
#[derive(Debug, Clone)]
pub struct News {
    /// Messages, those never seen before first.
    pub messages: Vec<NewMessage>,
    /// How the service wrote unlike itself.
    pub rates: Vec<Rate>,
    /// What that rests on.
    pub looked: LookedBack,
}

/// What a report is made of.
pub struct Parts<'a> {
    /// All events.
    pub timeline: &'a Timeline,
    /// All changes.
    pub ledger: &'a Ledger,
    /// All services and loops.
    pub loops: &'a Loops,
    /// What was found.
    pub incidents: &'a [incident::Incident],
    /// What was read, but for first and last time and zone.
    pub inputs: Vec<Input>,
    /// What told of changes besides logs; their files' numbers follow those of `inputs`.
    pub outside: Vec<Input>,
    /// The last words before crashes, by event.
    pub words: &'a BTreeMap<usize, Vec<Ref>>,
    /// The same as messages alone.
    pub said: &'a BTreeMap<usize, Vec<String>>,
    /// What was new before each incident.
    pub news: &'a [Option<Arc<News>>],
    /// All that was skipped, guessed, dropped or cut off.
    pub warnings: Vec<Warning>,
    /// From when to when incidents and changes are told.
    pub range: (Option<Timestamp>, Option<Timestamp>),
}

/// Spells everything out.
#[must_use]
pub fn build(parts: Parts<'_>) -> Report {
    let mut inputs = inputs(&parts);
    inputs.extend(parts.outside.iter().cloned());
    let view = View {
        paths: inputs.iter().map(|i| i.path.clone()).collect(),
        parts: &parts,
    };
    let in_range = |i: &&incident::Incident| {
        parts
            .range
            .0
            .is_none_or(|since| i.end.is_none_or(|end| end >= since))
            && parts.range.1.is_none_or(|until| i.onset <= until)
    };
    let told: Vec<&incident::Incident> = parts.incidents.iter().filter(in_range).collect();
    let news = parts.incidents.iter().zip(parts.news);
    let incidents: Vec<Incident> = news
        .filter(|(i, _)| in_range(i))
        .map(|(i, news)| view.incident(i, news.as_deref()))
        .collect();
    let changes = view.changes(&told);
    let mut by_class: BTreeMap<&'static str, u64> = BTreeMap::new();
    let all = parts.timeline.events.iter().chain(&parts.timeline.untimed);
    for event in all.filter(|e| !e.is_inferred()) {
        *by_class.entry(event.class.name()).or_default() += event.count;
    }
    let warnings: BTreeSet<Warning> = parts
        .warnings
        .iter()
        .chain(&parts.timeline.warnings)
        .cloned()
        .collect();
    Report {
        schema: "crashtrail.report/1",
        tool: Tool {
            name: "crashtrail",
            version: env!("CARGO_PKG_VERSION"),
        },
        window: Window {
            start: parts.timeline.start.map(Time),
            end: parts.timeline.end.map(Time),
        },
        ledger: Totals {
            seen: parts.ledger.changes.len(),
            shown: changes.len(),
        },
        counts: Counts {
            by_class,
            by_severity: None,
        },
        incidents,
        changes,
        warnings: warnings
            .into_iter()
            .map(|w| Note {
                input: w.input,
                text: w.text,
            })
            .collect(),
        inputs,
    }
}

fn inputs(parts: &Parts<'_>) -> Vec<Input> {
    let times = parts.timeline.files.iter();
    parts
        .inputs
        .iter()
        .zip(times)
        .map(|(input, times): (&Input, &FileTimes)| Input {
            first: times.first.map(Time),
            last: times.last.map(Time),
            zone: times.zone.clone(),
            clock: times.clock.clone(),
            skew_s: times.skew.map(Seconds),
            ..input.clone()
        })
        .collect()
}

struct View<'a> {
    parts: &'a Parts<'a>,
    paths: Vec<String>,
}

impl View<'_> {
    fn event(&self, n: usize) -> &Event {
        &self.parts.timeline.events[n]
    }

    /// All places of an event: its own, then its copies'.
    fn refs(&self, n: usize) -> Vec<Ref> {
        let event = self.event(n);
        let own = (event.place, &event.cursor, &event.text, event.at);
        let copies = event.copies.iter();
        std::iter::once(own)
            .chain(copies.map(|c| (c.place, &c.cursor, &c.text, c.at)))
            .map(|(place, cursor, text, at)| Ref {
                path: self
                    .paths
                    .get(place.file.index())
                    .cloned()
                    .unwrap_or_default(),
                line: cursor.is_none().then(|| place.line.get()),
                offset: cursor.is_none().then(|| place.offset.get()),
                cursor: cursor.as_deref().map(str::to_owned),
                time: Some(Time(at)),
                text: text.to_string(),
            })
            .collect()
    }

    fn first_refs(&self, events: &[usize], most: usize) -> Vec<Ref> {
        let mut refs: Vec<Ref> = Vec::new();
        for &n in events {
            for place in self.refs(n) {
                if refs.len() < most && !refs.contains(&place) {
                    refs.push(place);
                }
            }
        }
        refs
    }

    fn incident(&self, found: &incident::Incident, news: Option<&News>) -> Incident {
        let loops: Vec<&CrashLoop> = found
            .loops
            .iter()
            .map(|&n| &self.parts.loops.loops[n])
            .collect();
        let causes: Vec<Cause> = found
            .verdict
            .causes
            .iter()
            .enumerate()
            .map(|(n, c)| self.cause(n, c))
            .collect();
        let certain = is_certain(&found.verdict);
        let last_words: Vec<Option<&str>> = (loops.iter())
            .map(|l| {
                last_words::of(
                    self.parts,
                    &self.parts.loops.tracks[l.track].ends[l.ends.clone()],
                )
            })
            .collect();
        let root_words = last_words.first().copied().flatten();
        Incident {
            id: self.incident_id(found),
            summary: self.summary(found, certain),
            onset: Time(found.onset),
            onset_uncertainty_s: Seconds(found.uncertainty),
            end: found.end.map(Time),
            status: found.status,
            phases: found
                .phases
                .iter()
                .map(|&(a, b)| Phase {
                    start: Time(a),
                    end: Time(b),
                })
                .collect(),
            loops: (loops.iter().zip(last_words))
                .map(|(l, words)| self.crash_loop(l, words))
                .collect(),
            new_messages: news.map_or_else(Vec::new, |news| {
                // What stands for the crashes is told once.
                let is_told = |new: &&NewMessage| {
                    root_words.is_some_and(|words| new.first.text.ends_with(words))
                };
                news.messages
                    .iter()
                    .filter(|new| !is_told(new))
                    .cloned()
                    .collect()
            }),
            rates: news.map_or_else(Vec::new, |news| news.rates.clone()),
            looked_back: news.map(|news| news.looked),
            cascade: found
                .cascade
                .iter()
                .map(|s| Step {
                    entity: s.entity.clone(),
                    first_failure: Time(s.first),
                    because: s.because.clone(),
                })
                .collect(),
            verdict: found.verdict.causes.first().map_or("unknown", |c| c.kind),
            certain,
            causes,
            ruled_out: found
                .verdict
                .ruled_out
                .iter()
                .map(|r| RuledOut {
                    r#type: r.kind,
                    looked_at: r.looked_at,
                    text: r.text.clone(),
                    refs: self.first_refs(&r.refs, EVIDENCE_REFS),
                })
                .collect(),
            would_decide: missing::of(self.parts, found, root_words.is_some()),
            recovery: found.recovery.as_ref().map(|r| Recovery {
                at: Time(r.at),
                by: r.by.map(|n| self.parts.ledger.changes[n].id.clone()),
                healthy_for_s: Seconds(r.healthy),
                confirmed: r.confirmed,
            }),
            metrics: self.metrics(found, &loops),
        }
    }

    /// A hash of host, service and text of the earliest crash.
    fn incident_id(&self, found: &incident::Incident) -> String {
        let root = &self.parts.loops.loops[found.loops[0]];
        let end = &self.parts.loops.tracks[root.track].ends[root.ends.start];
        let record = end.records.first().or(end.texts.first());
        let text = record.map_or("", |&n| &*self.event(n).message);
        stable_id(
            "i",
            &[
                root.entity.host.as_deref().unwrap_or(""),
                &root.entity.service,
                text,
            ],
        )
    }

    fn summary(&self, found: &incident::Incident, certain: bool) -> String {
        let root = &self.parts.loops.loops[found.loops[0]];
        let same: Vec<&CrashLoop> = found
            .loops
            .iter()
            .map(|&n| &self.parts.loops.loops[n])
            .filter(|l| l.entity.service == root.entity.service)
            .collect();
        let hosts = same.len();
        let crashes: u64 = same.iter().map(|l| l.crashes).sum();
        let place = match (hosts, &root.entity.host) {
            (2.., _) => format!(" on {hosts} hosts"),
            (_, Some(host)) => format!(" on {host}"),
            _ => String::new(),
        };
        let end = match found.status {
            Status::Recovered => format!(
                ", recovered at {} UTC",
                found.end.unwrap_or(found.onset).clock()
            ),
            Status::GaveUp => ", its supervisor gave up".to_owned(),
            Status::Stopped => ", stopped by an operator".to_owned(),
            Status::Ongoing => String::new(),
        };
        let service = &root.entity.service;
        let head = format!(
            "{service}{place} crash-loops from {} UTC ({crashes} crashes){end}",
            found.onset.clock()
        );
        let Some(first) = found.verdict.causes.first() else {
            return head;
        };
        let percent = percent(first.probability);
        let cause = match (first.change, certain) {
            (Some((n, i)), true) => {
                let change = &self.parts.ledger.changes[n];
                let at = change.instances[i].at.clock();
                format!("likely trigger ({percent}): {} at {at}", first.summary)
            }
            (None, true) if first.kind == "unknown" => {
                format!("no change or other cause in these logs explains it ({percent})")
            }
            (None, true) => format!("no change did this: {} ({percent})", first.summary),
            (_, false) => format!(
                "cannot tell what triggered it; best guess ({percent}): {}",
                first.summary
            ),
        };
        format!("{head}; {cause}.")
    }

    fn crash_loop(&self, found: &CrashLoop, last_words: Option<&str>) -> Loop {
        let track = &self.parts.loops.tracks[found.track];
        let ends = &track.ends[found.ends.clone()];
        let lead = |e: &End| e.texts.iter().chain(&e.records).min().copied();
        let mut shown: Vec<usize> = ends.iter().take(LOOP_RECORDS).filter_map(lead).collect();
        shown.extend(ends.last().and_then(lead).filter(|n| !shown.contains(n)));
        let words = ends
            .iter()
            .flat_map(|e| e.texts.iter().chain(&e.records))
            .find_map(|n| self.parts.words.get(n).filter(|w| !w.is_empty()));
        Loop {
            entity: found.entity.clone(),
            kind: found.kind,
            evidence: found.grade,
            rests_on: self.rests_on(found, ends),
            signature: Signature {
                id: stable_id(
                    "s",
                    &[
                        &found.entity.service,
                        &found.said.signature.masked,
                        found.said.signature.place.as_deref().unwrap_or(""),
                    ],
                ),
                text: last_words.unwrap_or(&found.said.text).to_owned(),
                place: found.said.signature.place.clone(),
            },
            crashes: found.crashes,
            restarts: found.restarts,
            first: Time(found.first),
            last: Time(found.last),
            median_period_s: found.median_period.map(Seconds),
            backoff: found.backoff,
            gave_up: found.gave_up,
            final_words: words.cloned().unwrap_or_default(),
            records: self.first_refs(&shown, 2 * LOOP_RECORDS),
        }
    }

    /// Which records show that these are crashes and starts.
    fn rests_on(&self, found: &CrashLoop, ends: &[End]) -> String {
        let all = || {
            ends.iter()
                .flat_map(|end| end.records.iter().chain(&end.texts))
        };
        let count = |of: &dyn Fn(&Event) -> bool| {
            let events = all().map(|&n| self.event(n)).filter(|e| of(e));
            events.map(|e| e.count).sum::<u64>()
        };
        let inferred = count(&|e| e.is_inferred());
        let killed = count(&|e| e.class == Class::Oom);
        let said = count(&|e| e.class == Class::Crash);
        let service = &found.entity.service;
        let mut parts = Vec::new();
        match found.grade {
            Grade::Supervisor => {
                let told = count(&|e| is_supervisor(e));
                parts.push(format!("{} of its supervisor", counted(told, "record")));
                if said > 0 {
                    parts.push(format!("{} of crashes", counted(said, "text")));
                }
                return parts.join(" and ");
            }
            Grade::Process => {
                if said > 0 {
                    parts.push(format!("{} of {service} itself", counted(said, "text")));
                }
                if killed > 0 {
                    parts.push(format!("{} of the kernel", counted(killed, "record")));
                }
                if found.entity.is_machine() {
                    let boots = counted(ends.len() as u64, "boot");
                    parts.push(format!("{boots} that nothing asked for"));
                }
                if inferred > 0 {
                    parts.push(format!(
                        "{} without last words known",
                        counted(inferred, "end")
                    ));
                }
            }
            Grade::Inferred => {
                let mut records = ends.iter().flat_map(|end| &end.texts);
                let of_processes = records.all(|n| self.parts.timeline.events[*n].pid.is_some());
                parts.push(match of_processes {
                    true => format!(
                        "{inferred} processes of {service} that fell silent one after the other, after like words"
                    ),
                    false => format!(
                        "{inferred} lives of {service} that ended with like words, and each time the next one \
                         began with the same"
                    ),
                });
            }
        }
        format!("{}; no supervisor tells of it", parts.join(", "))
    }

    fn cause(&self, n: usize, cause: &crate::attribution::Cause) -> Cause {
        let changes = &self.parts.ledger.changes;
        Cause {
            rank: n + 1,
            probability: round(cause.probability, 1e6),
            r#type: cause.kind,
            prior: round(cause.prior, 1e3),
            change: cause.change.map(|(n, _)| changes[n].id.clone()),
            summary: cause.summary.clone(),
            lag_s: cause.lag.map(Seconds),
            enabled_by: cause
                .enabled_by
                .iter()
                .map(|&(n, p)| Enabler {
                    change: changes[n].id.clone(),
                    probability: round(p, 1e4),
                })
                .collect(),
            evidence: cause
                .evidence
                .iter()
                .map(|e| Evidence {
                    factor: e.factor,
                    log_odds: round(e.log_odds, 1e3),
                    text: e.text.clone(),
                    refs: self.shown(e),
                })
                .collect(),
        }
    }

    /// The records that show an evidence; where they do not say what they are to, the last words that do.
    fn shown(&self, evidence: &attribution::Evidence) -> Vec<Ref> {
        let refs = self.first_refs(&evidence.refs, EVIDENCE_REFS);
        let Some(says) = evidence.says.as_deref() else {
            return refs;
        };
        if refs.iter().any(|place| place.text.contains(says)) {
            return refs;
        }
        let mut words = (evidence.refs.iter())
            .filter_map(|n| self.parts.words.get(n))
            .flatten();
        match words.rfind(|place| place.text.contains(says)) {
            Some(place) => vec![place.clone()],
            None => refs,
        }
    }

    fn metrics(&self, found: &incident::Incident, loops: &[&CrashLoop]) -> Metrics {
        let root = loops[0];
        let of_root = || {
            loops
                .iter()
                .filter(|l| l.entity.service == root.entity.service)
        };
        let ends = &self.parts.loops.tracks[root.track].ends[root.ends.clone()];
        let down: i64 = of_root()
            .flat_map(|l| &self.parts.loops.tracks[l.track].ends[l.ends.clone()])
            .filter_map(|e| e.restarted.map(|at| at.since(e.at).nanos()))
            .sum();
        Metrics {
            crashes: of_root().map(|l| l.crashes).sum(),
            restarts: of_root().map(|l| l.restarts).sum(),
            time_to_first_crash_s: found
                .verdict
                .causes
                .first()
                .and_then(|c| c.lag)
                .map(Seconds),
            time_to_detect_s: ends.get(2).map(|e| Seconds(e.at.since(root.first))),
            time_to_recover_s: found
                .recovery
                .as_ref()
                .map(|r| Seconds(r.at.since(found.onset))),
            downtime_s: Some(Seconds(Span::from_nanos(down))),
        }
    }

    /// Those that something names, and others, the nearest to incidents first; then by time.
    fn changes(&self, told: &[&incident::Incident]) -> Vec<Change> {
        let mut instances: BTreeMap<usize, usize> = BTreeMap::new();
        let mut named: BTreeSet<usize> = BTreeSet::new();
        for found in told {
            for cause in &found.verdict.causes {
                if let Some((n, instance)) = cause.change {
                    named.insert(n);
                    instances.entry(n).or_insert(instance);
                }
                named.extend(cause.enabled_by.iter().map(|(n, _)| *n));
            }
            named.extend(found.recovery.as_ref().and_then(|r| r.by));
        }
        let changes = &self.parts.ledger.changes;
        let distance = |n: &usize| {
            told.iter()
                .map(|i| i.onset.since(changes[*n].at()).abs())
                .min()
                .unwrap_or(Span::ZERO)
        };
        let mut others: Vec<usize> = (0..changes.len()).filter(|n| !named.contains(n)).collect();
        others.sort_by_key(|n| (distance(n), *n));
        others.truncate(OTHER_CHANGES);
        let mut shown: Vec<(Timestamp, usize, usize)> = named
            .into_iter()
            .chain(others)
            .map(|n| {
                let instance = instances.get(&n).copied().unwrap_or(0);
                (changes[n].instances[instance].at, n, instance)
            })
            .collect();
        shown.sort_unstable();
        shown
            .into_iter()
            .map(|(_, n, instance)| self.change(&changes[n], instance, told))
            .collect()
    }

    fn change(
        &self,
        change: &ledger::Change,
        instance: usize,
        told: &[&incident::Incident],
    ) -> Change {
        let suspected = &change.instances[instance];
        // A routine's records are those of the instance that is unlike the harmless ones.
        let records: Vec<usize> = if change.is_routine() {
            suspected.records.clone()
        } else {
            change.records().collect()
        };
        let onset = told.iter().map(|i| i.onset).find(|o| *o >= suspected.at);
        let seen = change
            .instances
            .iter()
            .filter(|i| onset.is_none_or(|o| i.at < o))
            .count();
        Change {
            id: change.id.clone(),
            time: Time(suspected.at),
            kind: if change.content {
                change.kind
            } else {
                "operator"
            },
            action: change.action,
            targets: targets(change, instance),
            subject: change.subject.clone(),
            from: change.from.clone(),
            to: change.to.clone(),
            actor: change.actor.clone(),
            summary: describe(change, instance),
            columns: change.columns.clone(),
            routine: change.period.map(|p| Routine {
                period_s: Seconds(p),
                seen: if onset.is_some() {
                    seen.saturating_sub(1)
                } else {
                    seen
                },
            }),
            records_seen: change
                .records()
                .map(|n| 1 + self.event(n).copies.len())
                .sum(),
            records: self.first_refs(&records, CHANGE_RECORDS),
        }
    }
}

/// `1 record`, `2 records`.
fn counted(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn targets(change: &ledger::Change, instance: usize) -> Vec<Entity> {
    let hosts: Vec<Option<String>> = change.instances[instance]
        .hosts
        .keys()
        .map(|h| (!h.is_empty()).then(|| h.clone()))
        .collect();
    let names: BTreeSet<String> = change.named.iter().map(|n| plain(n).0).collect();
    let mut targets = Vec::new();
    for host in hosts {
        for service in &names {
            targets.push(Entity {
                host: host.clone(),
                service: service.clone(),
                instance: None,
            });
        }
    }
    targets.truncate(CHANGE_RECORDS);
    targets
}

fn round(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

/// The contract: the first cause at 0.5 or more, and 0.2 above the second.
fn is_certain(verdict: &Verdict) -> bool {
    let p = |n: usize| verdict.causes.get(n).map_or(0.0, |c| c.probability);
    p(0) >= 0.5 && p(0) - p(1) >= 0.2
}
