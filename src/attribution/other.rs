//! Causes other than changes: rivals with their own evidence.
//!
//! In: a [`Case`]. Out: for each kind of cause its log-odds and evidence, and, where there is no sign,
//! what was looked at.

use std::collections::BTreeSet;

use crate::classify::CAUSE_KINDS;
use crate::loops::{CrashKind, Entity};
use crate::record::Format;
use crate::time::{Span, Timestamp};

use super::case::Case;
use super::traffic::traffic;
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
pub(super) fn nearby_odds(case: &Case<'_>, kind: &str) -> f64 {
    let weight = case.weights.sign.nearby.get(kind).copied().unwrap_or(0.0);
    let windows = case.quiet_before(kind).seconds() / Case::NEARBY.seconds();
    let new = (windows.max(1.0).ln() / 2.0).min(case.weights.sign.new_bound);
    weight * (1.0 + new)
}

pub(super) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("")
}

pub(super) fn shorten(text: &str) -> String {
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
