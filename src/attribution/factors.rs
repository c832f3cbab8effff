//! The factors: each a log-likelihood ratio of what was seen, if a change was the cause, against if it
//! was not.
//!
//! In: a [`Case`] and a change. Out: [`Evidence`], one for each factor that says anything. Pure
//! functions; the numbers are in `weights.toml`.

use std::collections::BTreeSet;

use crate::classify::Class;
use crate::ledger::{Change, base_name};
use crate::time::{Span, Timestamp};

use super::Evidence;
use super::case::Case;
use super::series;
use super::tokens::{is_of_failures, tokens};
use super::weights::Timing;

/// So many records of an instance are read for their words: a run of a tool may have thousands.
const RECORDS: usize = 200;

/// A change, and which of its instances is suspected.
#[derive(Clone, Copy)]
pub(super) struct Suspect<'a> {
    /// Its place in the ledger.
    n: usize,
    pub(super) change: &'a Change,
    pub(super) instance: usize,
    /// When it took effect.
    pub(super) at: Timestamp,
    /// The service says that it reads one of the change's files, or its crash names one.
    is_read: bool,
    relation: Relation,
}

impl<'a> Suspect<'a> {
    pub(super) fn new(case: &Case<'a>, n: usize, instance: usize) -> Self {
        let change = &case.ledger.changes[n];
        let is_read = case.ground().speaks_of(&change.paths);
        Self {
            n,
            change,
            instance,
            at: case.effect(change, instance),
            is_read,
            relation: relation(case, change, instance, is_read),
        }
    }

    fn is_tied(&self) -> bool {
        matches!(self.relation, Relation::Service | Relation::Dependency)
    }

    /// Whether it may be what the service was started anew for.
    pub(super) fn asks_for_a_start(&self) -> bool {
        self.change.content && (self.is_tied() || self.relation == Relation::Host)
    }

    fn refs(&self) -> Vec<usize> {
        self.change.instances[self.instance]
            .records
            .iter()
            .take(3)
            .copied()
            .collect()
    }
}

/// All factors of a suspect.
pub(super) fn all(case: &Case<'_>, suspect: Suspect<'_>) -> Vec<Evidence> {
    let exposure = exposure_of(case, suspect);
    let mut evidence = vec![
        kind(case, suspect),
        timing(case, suspect, exposure),
        scope(case, suspect),
    ];
    evidence.extend(words(case, suspect));
    evidence.extend(exposed(case, suspect, exposure));
    evidence.extend(novelty(case, suspect));
    evidence.extend(reversal(case, suspect));
    evidence.extend(order(case, suspect));
    evidence.extend(series::alternation(case, suspect));
    evidence.extend(explained(case, suspect));
    evidence.retain(|e| e.log_odds.abs() >= 0.005);
    evidence
}

fn kind(case: &Case<'_>, suspect: Suspect<'_>) -> Evidence {
    let kind = if suspect.change.content {
        suspect.change.kind
    } else {
        "operator"
    };
    let log_odds = case.weights.kind.get(kind).copied().unwrap_or(0.0);
    let how = if log_odds < 0.0 {
        "seldom cause"
    } else {
        "often cause"
    };
    Evidence::new(
        "kind",
        log_odds,
        format!("changes of this kind ({kind}) {how} crash loops"),
        vec![],
    )
}

/// When the change was first loaded by the service: its first start, reload or reading of
/// configuration at or after the change and before the first crash. (time, event).
fn exposure_of(case: &Case<'_>, suspect: Suspect<'_>) -> Option<(Timestamp, usize)> {
    // A flag is asked for as the program runs.
    if suspect.change.kind == "flag" {
        return None;
    }
    let at = suspect.at;
    case.ground()
        .loadings()
        .filter(|&(t, _)| t >= at.minus(case.uncertainty) && t <= case.onset.plus(case.uncertainty))
        .filter(|&(_, n)| !case.is_after_first_crash(n))
        .min()
}

fn timing(case: &Case<'_>, suspect: Suspect<'_>, exposure: Option<(Timestamp, usize)>) -> Evidence {
    let at = suspect.at;
    let from = match exposure {
        // A change of the service's own, or of what it loads, bites when it is loaded.
        Some((t, _)) if suspect.is_read || suspect.change.names_service(case.service()) => {
            t.max(at)
        }
        _ => at,
    };
    let lag = case.onset.since(from).max(Span::ZERO);
    let rate = match suspect.change.period {
        Some(period) => 1.0 / period.seconds().max(1.0),
        None => case.ground().rate,
    };
    let (low, high) = match suspect.is_tied() {
        true => case.weights.timing.bounds,
        // Near in time, and tied to the service by nothing: nearness alone convicts nobody.
        false => (case.weights.timing.bounds.0, case.weights.timing.untied),
    };
    let log_odds = (density(&case.weights.timing, lag.seconds()) / rate)
        .ln()
        .clamp(low, high);
    // What is made to be put to work is put to work soon: the longer it waited, the likelier another change
    // is what its start was for.
    let waited = from.since(at).max(Span::ZERO).seconds();
    let w = &case.weights.timing;
    let log_odds = log_odds + (w.wait * (waited / w.wait_from).ln_1p()).max(w.wait_bound);
    let after = from.since(case.onset.plus(case.uncertainty));
    if after > Span::ZERO {
        // Told by another clock as after the crash: that it was before is the less likely the farther
        // this is, were all differences within the bound as likely.
        let apart = case.apart(&suspect.change.instances[suspect.instance]);
        let share = 0.5 * (1.0 - after.seconds() / apart.seconds().max(after.seconds()));
        let text =
            format!("it is told {after} after the first crash, by a clock that may be {apart} off");
        let log_odds = log_odds.min(0.0) + share.max(0.05).ln();
        return Evidence::new("timing", log_odds, text, suspect.refs());
    }
    let lag = in_words(lag, case.uncertainty);
    let text = if from > at {
        let wait = in_words(from.since(at), case.uncertainty);
        format!("it was loaded {wait} after it was made, and the first crash came {lag} later")
    } else {
        format!("the first crash came {lag} after it")
    };
    Evidence::new("timing", log_odds, text, suspect.refs())
}

/// A lag, told no finer than the stamps are.
pub(super) fn in_words(lag: Span, uncertainty: Span) -> String {
    let finest = uncertainty.max(Span::from_seconds_f64(0.001));
    if lag < finest {
        format!("less than {finest}")
    } else {
        lag.to_string()
    }
}

/// How likely a lag of this many seconds is, a second, for a change that causes a crash loop.
pub(super) fn density(timing: &Timing, lag: f64) -> f64 {
    timing
        .mixture
        .iter()
        .map(|(weight, mean)| weight / mean * (-lag / mean).exp())
        .sum()
}

/// What a change is to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Service,
    Dependency,
    Host,
    OtherService,
    Elsewhere,
}

fn relation(case: &Case<'_>, change: &Change, instance: usize, is_read: bool) -> Relation {
    let hosts = &case.ground().hosts;
    let instance = &change.instances[instance];
    let reached = &instance.hosts;
    let known = !hosts.is_empty() && reached.keys().any(|h| !h.is_empty());
    // Who sends something to a host may be the only one to tell of it.
    let sent = || {
        let mut events = instance.records.iter().map(|&n| &case.timeline.events[n]);
        events.any(|e| e.field("target").is_some_and(|t| hosts.contains(t)))
    };
    let elsewhere = known && !reached.keys().any(|h| hosts.contains(h.as_str())) && !sent();
    if elsewhere && change.is_local() {
        return Relation::Elsewhere;
    }
    if is_read || change.names_service(case.service()) {
        return Relation::Service;
    }
    let mut services = case.ground().services.iter();
    if services.any(|service| change.names_service(service)) {
        return Relation::Dependency;
    }
    if elsewhere {
        return Relation::Elsewhere;
    }
    let names_other = || {
        case.all
            .tracks
            .iter()
            .any(|t| t.entity.service != case.service() && change.names_service(&t.entity.service))
    };
    // Or it is a script's run, and what that changes nobody knows.
    let mut records = instance.records.iter().map(|&n| &case.timeline.events[n]);
    let may_be_of_host = matches!(change.kind, "package" | "infrastructure" | "permission")
        || records.any(|event| event.field("extent") == Some("host"));
    if may_be_of_host && !names_other() {
        Relation::Host
    } else {
        Relation::OtherService
    }
}

fn scope(case: &Case<'_>, suspect: Suspect<'_>) -> Evidence {
    let w = &case.weights.scope;
    let service = case.service();
    let (all, named) = case.ground().contents;
    let chance = (named as f64 + w.chance * w.chance_weight) / (all as f64 + w.chance_weight);
    let rest = (1.0 - chance) / (1.0 - w.chance);
    let ratio = |(cause, chance): (f64, f64)| (cause / (chance * rest).max(0.01)).ln();
    let (log_odds, text) = match suspect.relation {
        Relation::Service => (
            (w.service / chance).ln(),
            format!("it changes {service} itself, or what {service} reads"),
        ),
        Relation::Dependency => (
            ratio(w.dependency),
            "it changes a service that fails with it".to_owned(),
        ),
        Relation::Host => (ratio(w.host), "it changes the whole host".to_owned()),
        Relation::OtherService => (
            ratio(w.other_service),
            format!("nothing ties it to {service}"),
        ),
        Relation::Elsewhere => (ratio(w.elsewhere), "it was made on other hosts".to_owned()),
    };
    Evidence::new("scope", log_odds, text, vec![])
}

fn words(case: &Case<'_>, suspect: Suspect<'_>) -> Option<Evidence> {
    let w = &case.weights.words;
    let events = &case.timeline.events;
    let change = suspect.change;
    let ground = case.ground();
    for path in &change.paths {
        let mut naming = ground.naming_file(path).peekable();
        let Some(&first) = naming.peek() else {
            continue;
        };
        let is_unusable = |n: &usize| {
            events
                .get(*n)
                .is_some_and(|e| e.kind == Some("config_error"))
        };
        let (log_odds, text, n) = match naming.find(is_unusable) {
            Some(n) => {
                let text = format!("the crash names {path} as unusable; the change wrote it");
                (w.names_file, text, n)
            }
            None => {
                let text = format!("the crash names {path}; so does the change");
                (w.mentions_file, text, first)
            }
        };
        let refs = known(n, events.len());
        return Some(Evidence {
            says: Some(path.clone()),
            ..Evidence::new("words", log_odds, text, refs)
        });
    }
    if let Some(evidence) = names_another_file(case, change) {
        return Some(evidence);
    }
    let mut score = 0.0;
    if suspect.is_read && !change.names_service(case.service()) {
        score += w.reads_file;
    }
    let mut shared: Vec<(f64, String)> = change.instances[suspect.instance]
        .records
        .iter()
        .take(RECORDS)
        .flat_map(|&n| tokens(&events[n].message))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .filter(|t| ground.words.contains(t) && !ground.own_words.contains(t))
        .map(|t| {
            let weight = if is_of_failures(&t) {
                w.of_failures
            } else {
                w.word
            };
            (weight * case.index.rarity(&t, case.close), t)
        })
        .filter(|(weight, _)| *weight > 0.0)
        .collect();
    shared.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    score += shared.iter().take(4).map(|(weight, _)| weight).sum::<f64>();
    let score = score.min(w.bound);
    if score <= 0.0 {
        return None;
    }
    let list: Vec<&str> = shared.iter().take(3).map(|(_, t)| t.as_str()).collect();
    let text = if list.is_empty() {
        format!("{} says that it reads what was changed", case.service())
    } else {
        format!(
            "crash and change share \u{201c}{}\u{201d}",
            list.join("\u{201d}, \u{201c}")
        )
    };
    Some(Evidence::new("words", score, text, vec![]))
}

/// A configuration error names the file that is unusable: a change that did not touch it is an unlikely
/// cause.
fn names_another_file(case: &Case<'_>, change: &Change) -> Option<Evidence> {
    let w = &case.weights.words;
    let (n, file) = case.ground().unusable.as_ref()?;
    // Nobody lists what a package holds.
    if change.kind == "package" && change.paths.is_empty() {
        return None;
    }
    let stem = |path: &str| base_name(path).split('.').next().unwrap_or("").to_owned();
    let named = change
        .paths
        .iter()
        .chain([&change.subject])
        .any(|p| stem(p) == stem(file));
    if named {
        return None;
    }
    let (log_odds, text) = if change.paths.is_empty() {
        (
            w.no_file,
            format!("the crash names {file} as unusable, of which this change says nothing"),
        )
    } else {
        (
            w.other_file,
            format!("the crash names {file} as unusable, which this change did not touch"),
        )
    };
    let refs = known(*n, case.timeline.events.len());
    Some(Evidence::new("words", log_odds, text, refs))
}

fn known(n: usize, len: usize) -> Vec<usize> {
    if n < len { vec![n] } else { vec![] }
}

/// What crashed first had begun before the change, and the logs, which tell of its starts, tell of none
/// since. Programs read new code and new settings of their unit as they start; of files and flags some look
/// for news by themselves.
fn not_loaded(case: &Case<'_>, suspect: Suspect<'_>) -> Option<Evidence> {
    let w = &case.weights.exposure;
    let at = suspect.at;
    let since = case.onset.since(at);
    // A clock that is a little off, or a record that comes late, hides a start.
    let near = since <= Span::from_seconds(5).max(case.uncertainty);
    let announced = case.track(case.root()).announced;
    let ran = case.seen_for() > since;
    let unknown = near || !ran || !announced || suspect.change.is_routine();
    let records = &suspect.change.instances[suspect.instance].records;
    if unknown || case.ground().is_put_to_work(case, records, at) {
        return None;
    }
    let log_odds = match suspect.change.kind {
        "code" | "package" | "image" | "unit" => w.not_loaded,
        "config" | "certificate" => w.not_loaded_file,
        _ => return None,
    };
    let text = format!(
        "{} had not started anew since, as far as the logs tell, when it first crashed",
        case.service()
    );
    Some(Evidence::new("exposure", log_odds, text, vec![]))
}

/// Whether the service loaded the change just before its first crash, or long before and stayed well.
fn exposed(
    case: &Case<'_>,
    suspect: Suspect<'_>,
    exposure: Option<(Timestamp, usize)>,
) -> Option<Evidence> {
    let w = &case.weights.exposure;
    // A restart alone loads nothing new.
    if !suspect.change.content || suspect.relation != Relation::Service {
        return None;
    }
    let Some((at, n)) = exposure else {
        return not_loaded(case, suspect);
    };
    let well = case.onset.since(at);
    let events = &case.timeline.events;
    if well <= Span::from_seconds(60).max(case.uncertainty) {
        let what = if matches!(events[n].class, Class::Loaded | Class::Reloading) {
            "read it"
        } else {
            "started with it"
        };
        let text = format!(
            "{} {what} {} before its first crash",
            case.service(),
            in_words(well, case.uncertainty)
        );
        return Some(Evidence::new("exposure", w.loaded, text, vec![n]));
    }
    if suspect.change.is_routine() {
        return None;
    }
    let times = case
        .ground()
        .loadings()
        .filter(|(t, _)| *t >= at && *t < case.onset)
        .count();
    let log_odds = (w.healthy_after * (times as f64).ln_1p() / 2.0_f64.ln()).max(w.healthy_bound);
    let text = format!(
        "{} ran well with it for {well} (weak: faults may be latent)",
        case.service()
    );
    Some(Evidence::new("exposure", log_odds, text, vec![n]))
}

fn novelty(case: &Case<'_>, suspect: Suspect<'_>) -> Option<Evidence> {
    let w = &case.weights.novelty;
    let at = suspect.at;
    let alike = case.ground().first_alike;
    if let Some(end) = alike.filter(|end| end.at < at.minus(case.uncertainty)) {
        let refs = end.texts.iter().chain(&end.records).take(1).copied();
        let text = format!("the same crash was there before it, at {}", end.at.clock());
        return Some(Evidence::new(
            "novelty",
            w.seen_before,
            text,
            refs.collect(),
        ));
    }
    let span = case.seen_for();
    let seen = (case.ground().replicas.iter())
        .flat_map(|track| &track.ends)
        .all(|e| e.at >= case.onset.minus(case.uncertainty));
    (seen && span > Span::ZERO).then(|| {
        let text = format!("this crash was never seen in the {span} before");
        Evidence::new("novelty", w.never_seen, text, vec![])
    })
}

/// Whether a later change of the same object ended the loop.
fn reversal(case: &Case<'_>, suspect: Suspect<'_>) -> Option<Evidence> {
    let w = &case.weights.reversal;
    let change = suspect.change;
    let last = case.of_service().map(|l| l.last).max()?;
    let made = change.instances[suspect.instance].at;
    let from = case.onset.plus(case.uncertainty).max(made);
    let undoing: Vec<(Timestamp, usize)> = (case.index.undoing(suspect.n, from, case.close))
        .iter()
        .filter_map(|touch| {
            let instance = &case.ledger.changes[touch.change()].instances[touch.instance()];
            Some((touch.at, *instance.records.first()?))
        })
        .collect();
    // The one that the loop ended with, if any.
    let (begin, end) = ending(case, last);
    let ended = undoing.iter().rev().find(|(t, _)| *t >= begin && *t <= end);
    if let Some(&(t, n)) = ended {
        if super::recovered_after(case, last) {
            let text = format!(
                "{} was changed again at {}, and the crashes ended",
                change.subject,
                t.clock()
            );
            return Some(Evidence::new("reversal", w.recovered, text, vec![n]));
        }
        return None;
    }
    let &(t, n) = undoing.first()?;
    let text = format!(
        "{} was changed again at {}, and the crashes went on (weak)",
        change.subject,
        t.clock()
    );
    Some(Evidence::new("reversal", w.went_on, text, vec![n]))
}

/// When an act may have ended a loop whose last crash was at `last`.
pub(super) fn ending(case: &Case<'_>, last: Timestamp) -> (Timestamp, Timestamp) {
    let gap = case.root().longest_gap.max(Span::from_seconds(5)).times(3);
    let after = gap.times(4).max(Span::from_seconds(120));
    (last.minus(gap), last.plus(after))
}

/// Most crashes say themselves what they died of, and it is no change.
fn explained(case: &Case<'_>, suspect: Suspect<'_>) -> Option<Evidence> {
    let w = &case.weights.explained;
    let (kind, sign) = case.ground().died_of?;
    let seldom = matches!(kind, "disk" | "hardware" | "expiry" | "clock");
    let log_odds = match (suspect.is_tied(), seldom) {
        (true, false) => w.tied,
        (true, true) => w.tied_seldom,
        (false, _) => w.untied,
    };
    let text = format!("most crashes say that they died of something else ({kind})");
    Some(Evidence::new(
        "explained",
        log_odds,
        text,
        sign.into_iter().collect(),
    ))
}

/// Over hosts: those changed first should crash first.
fn order(case: &Case<'_>, suspect: Suspect<'_>) -> Option<Evidence> {
    let w = &case.weights.order;
    let reached = &suspect.change.instances[suspect.instance].hosts;
    let ground = case.ground();
    let loops = &ground.loops;
    let loops_on = |host: &str| loops.contains_key(host);
    let relevant = reached
        .keys()
        .filter(|h| ground.runs_on.contains(h.as_str()))
        .count();
    if loops.len() < 2 && relevant < 2 || reached.keys().all(|h| !loops_on(h)) {
        return None;
    }
    let slack = case.uncertainty.max(Span::from_seconds(2));
    let (mut agree, mut against, mut unchanged) = (0, 0, 0);
    for (host, found) in loops {
        match reached.get(*host) {
            Some(&at) if at <= found.first.plus(slack) => agree += 1,
            Some(_) => against += 1,
            None => unchanged += 1,
        }
    }
    let healthy = reached
        .keys()
        .filter(|h| !loops_on(h) && ground.runs_on.contains(h.as_str()))
        .count();
    let spread = spread(reached.values().copied());
    let agreeing = if spread > slack.times(2) {
        w.host_agrees * (agree as f64 - 1.0).max(0.0)
    } else {
        0.1
    };
    let log_odds = (agreeing.min(w.bound)
        + w.unchanged * f64::from(unchanged + against)
        + w.healthy * healthy as f64)
        .clamp(w.lower_bound, w.bound);
    let text = format!(
        "of {} hosts that crash {agree} had it before they crashed{}",
        loops.len(),
        if healthy > 0 {
            format!("; {healthy} had it and stayed well")
        } else {
            String::new()
        }
    );
    Some(Evidence::new("order", log_odds, text, suspect.refs()))
}

fn spread(times: impl Iterator<Item = Timestamp>) -> Span {
    let times: Vec<Timestamp> = times.collect();
    match (times.iter().min(), times.iter().max()) {
        (Some(a), Some(b)) => b.since(*a),
        _ => Span::ZERO,
    }
}
