//! Causes other than changes: rivals with their own evidence.
//!
//! In: a [`Case`]. Out: for each kind of cause its log-odds and evidence, and, where there is no sign,
//! what was looked at.

use std::collections::BTreeSet;

use crate::classify::{CAUSE_KINDS, Class};
use crate::loops::{CrashKind, Entity};
use crate::record::Format;
use crate::time::{Span, Timestamp};
use crate::timeline::FileTimes;

use super::case::Case;
use super::{Evidence, RuledOut};

/// The kinds that are looked for: signs of `other` sorts have nothing in common.
pub(super) fn looked_for() -> impl Iterator<Item = &'static str> {
    CAUSE_KINDS.into_iter().filter(|kind| *kind != "other")
}

/// What is said of one kind of cause.
pub(super) struct Finding {
    pub(super) kind: &'static str,
    pub(super) evidence: Vec<Evidence>,
    pub(super) summary: String,
    pub(super) ruled_out: Option<RuledOut>,
}

/// What there is to read of the inputs, for telling what could have been seen.
pub struct Inputs<'a> {
    /// Path and format of each input, in the order of the timeline's files.
    pub files: Vec<(&'a str, Format)>,
    /// Whether any line is the kernel's.
    pub kernel: bool,
}

pub(super) fn find(case: &Case<'_>, inputs: &Inputs<'_>) -> Vec<Finding> {
    looked_for()
        .map(|kind| {
            if kind == "traffic" {
                traffic(case, inputs)
            } else {
                one(case, kind, inputs)
            }
        })
        .collect()
}

fn one(case: &Case<'_>, kind: &'static str, inputs: &Inputs<'_>) -> Finding {
    let events = &case.timeline.events;
    let mut evidence = Vec::new();
    let (with, all, signs) = case.signs_in_crashes(kind);
    let mut with = with;
    if kind == "memory" {
        with = with.max(
            case.ends()
                .filter(|(_, end)| end.kind == CrashKind::Oom)
                .count(),
        );
    }
    let share = with as f64 / all.max(1) as f64;
    if with > 0 {
        let log_odds = case.weights.sign.in_crash.get(kind).copied().unwrap_or(0.0) * share;
        let quote = signs.first().map_or("killed for want of memory", |&n| {
            events[n]
                .field("what")
                .unwrap_or(first_line(&events[n].message))
        });
        let text = format!(
            "{with} of {all} crashes say so: \u{201c}{}\u{201d}",
            shorten(quote)
        );
        let refs = signs.iter().take(3).copied().collect();
        evidence.push(Evidence::new("sign", log_odds, text, refs));
    }
    let nearby: Vec<usize> = case
        .signs_nearby(kind)
        .into_iter()
        .filter(|n| !signs.contains(n))
        .collect();
    let before: Vec<usize> = nearby
        .iter()
        .copied()
        .filter(|&n| events[n].at <= case.onset.plus(case.uncertainty))
        .collect();
    if let Some(&first) = before.first() {
        let log_odds = nearby_odds(case, kind);
        let text = format!(
            "{} sign(s) of it on the host before the first crash: \u{201c}{}\u{201d}",
            before.len(),
            shorten(first_line(&events[first].message))
        );
        evidence.push(Evidence::new("nearby", log_odds, text, vec![first]));
    }
    let mut summary = summary(kind, case);
    if kind == "dependency"
        && let Some(down) = dependency_down(case, with > 0)
    {
        let name = &down.service;
        let text = format!("{name} was down from {} on", down.at.clock());
        evidence.push(Evidence::new(
            "dependency",
            down_odds(case, &down),
            text,
            vec![down.record],
        ));
        summary = format!("{name}, which {} needs, was down first", case.service());
    }
    let ruled_out = evidence.is_empty().then(|| not_seen(kind, inputs));
    if !evidence.is_empty() {
        evidence.extend(over_hosts(case, kind));
    }
    if evidence.is_empty() {
        evidence.push(Evidence::new(
            "sign",
            case.weights.sign.none,
            "no sign of it".to_owned(),
            vec![],
        ));
    }
    Finding {
        kind,
        evidence,
        summary,
        ruled_out,
    }
}

/// What is of one host alone does not come over many at once.
fn over_hosts(case: &Case<'_>, kind: &str) -> Option<Evidence> {
    let local = [
        "disk",
        "memory",
        "descriptors",
        "hardware",
        "permission",
        "port",
    ];
    let together = case
        .of_service()
        .filter(|l| l.first.since(case.onset) <= Span::from_seconds(60).max(case.uncertainty))
        .filter_map(|l| l.entity.host.as_deref())
        .collect::<BTreeSet<_>>()
        .len();
    if !local.contains(&kind) || together < 2 {
        return None;
    }
    let w = &case.weights.local;
    let log_odds = (w.host * (together as f64 - 1.0)).max(w.bound);
    let text = format!("it would have come over {together} hosts at a time");
    Some(Evidence::new("hosts", log_odds, text, vec![]))
}

/// What signs on the host before the onset count: more where there had been none for long, as a thing that
/// comes rarely is not there by chance.
fn nearby_odds(case: &Case<'_>, kind: &str) -> f64 {
    let weight = case.weights.sign.nearby.get(kind).copied().unwrap_or(0.0);
    let windows = case.quiet_before(kind).seconds() / Case::NEARBY.seconds();
    let new = (windows.max(1.0).ln() / 2.0).min(case.weights.sign.new_bound);
    weight * (1.0 + new)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("")
}

fn shorten(text: &str) -> String {
    let text = text.trim();
    if text.chars().count() <= 90 {
        text.to_owned()
    } else {
        text.chars().take(89).chain(['\u{2026}']).collect()
    }
}

fn summary(kind: &str, case: &Case<'_>) -> String {
    let service = case.service();
    match kind {
        "disk" => format!("{service} has no room on its disk, or cannot write it"),
        "memory" => format!("{service} runs out of memory"),
        "descriptors" => format!("{service} runs out of file descriptors"),
        "dependency" => format!("something that {service} needs is down"),
        "hardware" => "the host's hardware fails".to_owned(),
        "expiry" => "a certificate or licence has expired".to_owned(),
        "clock" => "the clock was set".to_owned(),
        "permission" => format!("{service} lacks a permission"),
        "port" => format!("another process has {service}'s port"),
        _ => "something else".to_owned(),
    }
}

/// A service that was down as the root's service began to fail.
struct Down {
    service: String,
    at: Timestamp,
    record: usize,
    /// The crashes name it.
    named: bool,
}

/// A service that went down before, or as, the root's service began to fail, and that it seems to need:
/// one that its crashes name; else, where they tell of a lost or refused connection or of nothing, the one
/// that went down nearest before.
fn dependency_down(case: &Case<'_>, has_sign: bool) -> Option<Down> {
    let root = case.root();
    let texts = case.crash_texts();
    let mut best: Option<(bool, Span, Down)> = None;
    for track in &case.all.tracks {
        if crate::loops::is_alias(&track.entity.service, &root.entity.service)
            || !may_serve(&track.entity, &root.entity)
        {
            continue;
        }
        let service = &track.entity.service;
        let named = texts.iter().any(|(_, text)| text.contains(service));
        let hinted = named || has_sign;
        if !hinted && !track.announced {
            continue;
        }
        let ends = track
            .ends
            .iter()
            .filter(|e| hinted || !e.requested)
            .map(|e| (e.at, e.records.first().or(e.texts.first()).copied()));
        let stops = track.stops.iter().filter(|_| hinted);
        for (at, n) in ends.chain(stops.map(|&(at, n)| (at, Some(n)))) {
            let lag = case.onset.since(at);
            let least = Span::from_seconds(if hinted { -2 } else { 0 });
            let is_before = lag >= least && lag <= Span::from_seconds(if named { 600 } else { 60 });
            // Back by the onset: it did not keep the service down.
            let back = track.starts.iter().find(|(t, _)| *t > at).map(|(t, _)| *t);
            let stayed_down = back.is_none_or(|t| t > case.onset.plus(Span::from_seconds(3)));
            if !is_before || !stayed_down {
                continue;
            }
            let Some(record) = n else { continue };
            let better = best
                .as_ref()
                .is_none_or(|(b_named, b_lag, _)| (!named, lag.abs()) < (!*b_named, b_lag.abs()));
            if better {
                let service = service.clone();
                let down = Down {
                    service,
                    at,
                    record,
                    named: hinted,
                };
                best = Some((named, lag, down));
            }
        }
    }
    best.map(|(_, _, down)| down)
}

/// What it counts that this service went down just before: of one that the crashes do not point to, the more
/// the more seldom any other service of the host goes down.
fn down_odds(case: &Case<'_>, down: &Down) -> f64 {
    let w = &case.weights.sign;
    if down.named {
        return w.dependency_down;
    }
    let root = case.root();
    let begin = case.onset.minus(case.history());
    let others = case.all.tracks.iter().filter(|track| {
        track.entity.service != root.entity.service && may_serve(&track.entity, &root.entity)
    });
    let ends = others
        .flat_map(|track| &track.ends)
        .filter(|end| !end.requested && end.at >= begin && end.at < down.at)
        .count();
    let minutes = case.history().seconds() / 60.0 / (ends as f64 + 1.0);
    (minutes.max(1.0).ln() / 2.0).min(w.unnamed_down)
}

/// Whether one could serve the other: on the same host, or either host is not known.
fn may_serve(a: &Entity, b: &Entity) -> bool {
    match (&a.host, &b.host) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

/// Nothing was found: was there a log that would have shown it?
fn not_seen(kind: &'static str, inputs: &Inputs<'_>) -> RuledOut {
    let (looked_at, text) = match kind {
        "hardware" if !inputs.kernel => (false, "hardware: no kernel log here".to_owned()),
        "memory" if !inputs.kernel => (
            true,
            "memory: no sign in the crashes; no kernel log here".to_owned(),
        ),
        "clock" => (true, "clock: no record of a step".to_owned()),
        _ => (true, format!("{kind}: no sign of it")),
    };
    RuledOut {
        kind,
        looked_at,
        text,
        refs: vec![],
    }
}

/// Requests around the onset against the hour before, from the fullest access log.
fn traffic(case: &Case<'_>, inputs: &Inputs<'_>) -> Finding {
    let measured = inputs
        .files
        .iter()
        .zip(&case.timeline.files)
        .filter(|((_, format), _)| format.is_access_log())
        .filter_map(|((path, _), file)| rates(case, file).map(|r| (*path, r)))
        .max_by_key(|(_, r)| r.before);
    let summary = "more traffic than usual".to_owned();
    let Some((path, r)) = measured else {
        let mut signs = one_sign_of_traffic(case);
        let ruled_out = signs.is_empty().then(|| RuledOut {
            kind: "traffic",
            looked_at: false,
            text: "traffic: no access log here covers the hour before".to_owned(),
            refs: vec![],
        });
        if signs.is_empty() {
            signs.push(Evidence::new(
                "sign",
                case.weights.sign.none / 2.0,
                "no sign of it".to_owned(),
                vec![],
            ));
        }
        return Finding {
            kind: "traffic",
            evidence: signs,
            summary,
            ruled_out,
        };
    };
    let ratio = r.ratio();
    let text = format!(
        "{path}: {ratio:.2} x the {} before ({} requests from {} to {}, {} from {} to {})",
        r.baseline,
        r.around,
        r.from.clock(),
        r.to.clock(),
        r.before,
        r.from.minus(r.baseline).clock(),
        r.from.clock(),
    );
    if ratio >= 1.8 {
        let log_odds = case
            .weights
            .sign
            .in_crash
            .get("traffic")
            .copied()
            .unwrap_or(0.0)
            * (ratio / 2.0).ln_1p();
        let evidence = vec![Evidence::new("traffic", log_odds, text, vec![])];
        return Finding {
            kind: "traffic",
            evidence,
            summary,
            ruled_out: None,
        };
    }
    let evidence = vec![Evidence::new(
        "traffic",
        case.weights.sign.none,
        text.clone(),
        vec![],
    )];
    let ruled_out = Some(RuledOut {
        kind: "traffic",
        looked_at: true,
        text: format!("traffic: {text}"),
        refs: vec![],
    });
    Finding {
        kind: "traffic",
        evidence,
        summary,
        ruled_out,
    }
}

fn one_sign_of_traffic(case: &Case<'_>) -> Vec<Evidence> {
    let events = &case.timeline.events;
    case.signs_nearby("traffic")
        .into_iter()
        .filter(|&n| events[n].at <= case.onset && events[n].class == Class::Cause)
        .take(1)
        .map(|n| {
            let text = format!(
                "\u{201c}{}\u{201d}",
                shorten(first_line(&events[n].message))
            );
            Evidence::new("sign", nearby_odds(case, "traffic"), text, vec![n])
        })
        .collect()
}

/// Requests around the onset and before it.
struct Rates {
    from: Timestamp,
    to: Timestamp,
    around: u64,
    baseline: Span,
    before: u64,
}

impl Rates {
    fn ratio(&self) -> f64 {
        let around = self.around as f64 / self.to.since(self.from).seconds();
        let before = self.before as f64 / self.baseline.seconds();
        around / before.max(1e-9)
    }
}

/// Requests from ten minutes before the onset to five after it, against the hour before that; `None`
/// where the file does not cover ten minutes of it.
fn rates(case: &Case<'_>, file: &FileTimes) -> Option<Rates> {
    let minute = 60_000_000_000;
    let whole = |t: Timestamp| Timestamp::from_nanos(t.nanos().div_euclid(minute) * minute);
    let from = whole(case.onset.minus(Span::from_seconds(600)));
    let to = whole(case.onset.plus(Span::from_seconds(300))).min(whole(file.last?));
    let begin = from
        .minus(Span::from_seconds(3600))
        .max(whole(file.first?.plus(Span::from_seconds(59))));
    let count =
        |a: Timestamp, b: Timestamp| file.minutes.range(a..b.max(a)).map(|(_, n)| n).sum::<u64>();
    let covers =
        from.since(begin) >= Span::from_seconds(600) && to.since(from) >= Span::from_seconds(300);
    covers.then(|| Rates {
        from,
        to,
        around: count(from, to),
        baseline: from.since(begin),
        before: count(begin, from),
    })
}
