//! The factors: each a log-likelihood ratio of what was seen, if a change was the cause, against if it
//! was not.
//!
//! In: a [`Case`] and a change. Out: [`Evidence`], one for each factor that says anything. Pure
//! functions; the numbers are in `weights.toml`.

use std::collections::{BTreeMap, BTreeSet};

use crate::classify::Class;
use crate::ledger::{Change, base_name};
use crate::loops::CrashLoop;
use crate::time::{Span, Timestamp};

use super::Evidence;
use super::case::Case;
use super::series;
use super::tokens::{Rarity, is_of_failures, tokens};
use super::weights::Timing;

/// A change, and which of its instances is suspected.
#[derive(Clone, Copy)]
pub(super) struct Suspect<'a> {
    pub(super) change: &'a Change,
    pub(super) instance: usize,
}

impl Suspect<'_> {
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
pub(super) fn all(case: &Case<'_>, suspect: Suspect<'_>, rarity: &Rarity) -> Vec<Evidence> {
    let exposure = exposure_of(case, suspect);
    let mut evidence = vec![
        kind(case, suspect),
        timing(case, suspect, exposure),
        scope(case, suspect),
    ];
    evidence.extend(words(case, suspect, rarity));
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
    let at = case.effect(suspect.change, suspect.instance);
    let track = case.track(case.root());
    track
        .starts
        .iter()
        .chain(&track.loads)
        .copied()
        .filter(|&(t, _)| t >= at.minus(case.uncertainty) && t <= case.onset.plus(case.uncertainty))
        .filter(|&(_, n)| !case.is_after_first_crash(n))
        .min()
}

fn timing(case: &Case<'_>, suspect: Suspect<'_>, exposure: Option<(Timestamp, usize)>) -> Evidence {
    let at = case.effect(suspect.change, suspect.instance);
    let from = match exposure {
        // A change of the service's own, or of what it loads, bites when it is loaded.
        Some((t, _))
            if suspect.change.names_service(case.service()) || reads(case, suspect.change) =>
        {
            t.max(at)
        }
        _ => at,
    };
    let lag = case.onset.since(from).max(Span::ZERO);
    let rate = match suspect.change.period {
        Some(period) => 1.0 / period.seconds().max(1.0),
        None => {
            let begin = case.onset.minus(case.history());
            let count = case
                .ledger
                .changes
                .iter()
                // Lists and repositories may go back further than the logs.
                .filter(|c| !c.is_routine() && c.at() <= case.onset && c.at() >= begin)
                .count();
            (count as f64 + 1.0) / case.history().seconds()
        }
    };
    let (low, high) = match relation(case, suspect) {
        Relation::Service | Relation::Dependency => case.weights.timing.bounds,
        // Near in time, and tied to the service by nothing: nearness alone convicts nobody.
        _ => (case.weights.timing.bounds.0, case.weights.timing.untied),
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
fn in_words(lag: Span, uncertainty: Span) -> String {
    let finest = uncertainty.max(Span::from_seconds_f64(0.001));
    if lag < finest {
        format!("less than {finest}")
    } else {
        lag.to_string()
    }
}

/// How likely a lag of this many seconds is, a second, for a change that causes a crash loop.
fn density(timing: &Timing, lag: f64) -> f64 {
    timing
        .mixture
        .iter()
        .map(|(weight, mean)| weight / mean * (-lag / mean).exp())
        .sum()
}

/// What a change is to the service.
enum Relation {
    Service,
    Dependency,
    Host,
    OtherService,
    Elsewhere,
}

fn relation(case: &Case<'_>, suspect: Suspect<'_>) -> Relation {
    let change = suspect.change;
    let hosts = case.hosts();
    let reached = &change.instances[suspect.instance].hosts;
    let known = !hosts.is_empty() && reached.keys().any(|h| !h.is_empty());
    // Who sends something to a host may be the only one to tell of it.
    let sent = || {
        let records = &change.instances[suspect.instance].records;
        let mut events = records.iter().map(|&n| &case.timeline.events[n]);
        events.any(|e| e.field("target").is_some_and(|t| hosts.contains(t)))
    };
    let elsewhere = known && !reached.keys().any(|h| hosts.contains(h.as_str())) && !sent();
    if elsewhere && change.is_local() {
        return Relation::Elsewhere;
    }
    if change.names_service(case.service()) || reads(case, change) {
        return Relation::Service;
    }
    if case
        .loops
        .iter()
        .any(|l| change.names_service(&l.entity.service))
    {
        return Relation::Dependency;
    }
    if elsewhere {
        return Relation::Elsewhere;
    }
    let names_other = case
        .all
        .tracks
        .iter()
        .any(|t| t.entity.service != case.service() && change.names_service(&t.entity.service));
    let is_of_host =
        matches!(change.kind, "package" | "infrastructure" | "permission") && !names_other;
    if is_of_host {
        Relation::Host
    } else {
        Relation::OtherService
    }
}

/// Whether the service says that it reads one of the change's files, or its crash names one.
fn reads(case: &Case<'_>, change: &Change) -> bool {
    let events = &case.timeline.events;
    let names: BTreeSet<&str> = change
        .paths
        .iter()
        .map(|p| base_name(p))
        .filter(|n| n.len() > 3)
        .collect();
    if names.is_empty() {
        return false;
    }
    let says = |text: &str| {
        change.paths.iter().any(|p| text.contains(p.as_str()))
            || names.iter().any(|n| text.contains(n))
    };
    let track = case.track(case.root());
    let loads = track
        .loads
        .iter()
        .filter(|(t, _)| *t <= case.close)
        .take(200);
    loads.map(|&(_, n)| &*events[n].message).any(says)
        || case.crash_texts().iter().any(|(_, text)| says(text))
}

fn scope(case: &Case<'_>, suspect: Suspect<'_>) -> Evidence {
    let w = &case.weights.scope;
    let service = case.service();
    let content: Vec<&Change> = case
        .ledger
        .changes
        .iter()
        .filter(|c| c.content && c.at() <= case.onset)
        .collect();
    let named = content.iter().filter(|c| c.names_service(service)).count() as f64;
    let chance = (named + w.chance * w.chance_weight) / (content.len() as f64 + w.chance_weight);
    let rest = (1.0 - chance) / (1.0 - w.chance);
    let ratio = |(cause, chance): (f64, f64)| (cause / (chance * rest).max(0.01)).ln();
    let (log_odds, text) = match relation(case, suspect) {
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

fn words(case: &Case<'_>, suspect: Suspect<'_>, rarity: &Rarity) -> Option<Evidence> {
    let w = &case.weights.words;
    let events = &case.timeline.events;
    let change = suspect.change;
    let texts = case.crash_texts();
    for path in &change.paths {
        let names = |text: &str| text.contains(path.as_str());
        let unusable = texts.iter().find(|(n, text)| {
            names(text)
                && events
                    .get(*n)
                    .is_some_and(|e| e.kind == Some("config_error"))
        });
        if let Some((n, _)) = unusable {
            let text = format!("the crash names {path} as unusable; the change wrote it");
            return Some(Evidence::new("words", w.names_file, text, vec![*n]));
        }
        if let Some((n, _)) = texts.iter().find(|(_, text)| names(text)) {
            let text = format!("the crash names {path}; so does the change");
            return Some(Evidence::new(
                "words",
                w.mentions_file,
                text,
                known(*n, events.len()),
            ));
        }
    }
    if let Some(evidence) = names_another_file(case, change) {
        return Some(evidence);
    }
    let mut score = 0.0;
    if reads(case, change) && !change.names_service(case.service()) {
        score += w.reads_file;
    }
    let own = tokens(case.service());
    let said: BTreeSet<String> = texts.iter().flat_map(|(_, text)| tokens(text)).collect();
    let mut shared: Vec<(f64, String)> = change.instances[suspect.instance]
        .records
        .iter()
        .flat_map(|&n| tokens(&events[n].message))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .filter(|t| said.contains(t) && !own.contains(t))
        .map(|t| {
            let weight = if is_of_failures(&t) {
                w.of_failures
            } else {
                w.word
            };
            (weight * rarity.weight(&t), t)
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
    let events = &case.timeline.events;
    let (n, file) = case.crash_texts().iter().find_map(|(n, _)| {
        let event = events.get(*n).filter(|e| e.kind == Some("config_error"))?;
        Some((
            *n,
            event.field("file").filter(|f| f.contains('.'))?.to_owned(),
        ))
    })?;
    let stem = |path: &str| base_name(path).split('.').next().unwrap_or("").to_owned();
    let named = change
        .paths
        .iter()
        .chain([&change.subject])
        .any(|p| stem(p) == stem(&file));
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
    Some(Evidence::new("words", log_odds, text, vec![n]))
}

fn known(n: usize, len: usize) -> Vec<usize> {
    if n < len { vec![n] } else { vec![] }
}

/// What crashed first had begun before the change, and the logs, which tell of its starts, tell of none
/// since. Programs read new code and new settings of their unit as they start; of files and flags some look
/// for news by themselves.
fn not_loaded(case: &Case<'_>, suspect: Suspect<'_>) -> Option<Evidence> {
    let w = &case.weights.exposure;
    let at = case.effect(suspect.change, suspect.instance);
    let since = case.onset.since(at);
    // A clock that is a little off, or a record that comes late, hides a start.
    let near = since <= Span::from_seconds(5).max(case.uncertainty);
    let track = case.track(case.root());
    let ran = case.seen_for() > since;
    let unknown = near || !ran || !track.announced || suspect.change.is_routine();
    if unknown || is_put_to_work(case, suspect, at) {
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

/// Whether somebody asked, with the change or since, for a restart or a reload of the service or of what
/// starts it, and before the first crash.
fn is_put_to_work(case: &Case<'_>, suspect: Suspect<'_>, at: Timestamp) -> bool {
    let events = &case.timeline.events;
    let acts = |n: usize| {
        let event = &events[n];
        let words = [event.field("action").unwrap_or_default(), &event.message];
        event.at <= case.onset.plus(case.uncertainty)
            && words.iter().any(|text| {
                let text = text.to_lowercase();
                ["restart", "reload", "reexec", "start "]
                    .iter()
                    .any(|act| text.contains(act))
            })
    };
    let own = &suspect.change.instances[suspect.instance].records;
    let from = at.minus(Span::from_seconds(1));
    let by_others = case.ledger.changes.iter().any(|change| {
        (change.named.is_empty() || change.names_service(case.service()))
            && matches!(change.action, "restart" | "reload")
            && change.instances.iter().any(|i| {
                i.last >= from && i.records.iter().any(|&n| events[n].at >= from && acts(n))
            })
    });
    let track = case.track(case.root());
    let stops = track
        .stops
        .iter()
        .any(|(t, n)| *t >= from && !case.is_after_first_crash(*n));
    own.iter().any(|&n| acts(n)) || by_others || stops
}

/// Whether the service loaded the change just before its first crash, or long before and stayed well.
fn exposed(
    case: &Case<'_>,
    suspect: Suspect<'_>,
    exposure: Option<(Timestamp, usize)>,
) -> Option<Evidence> {
    let w = &case.weights.exposure;
    // A restart alone loads nothing new.
    if !suspect.change.content || !matches!(relation(case, suspect), Relation::Service) {
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
    let track = case.track(case.root());
    let times = track
        .starts
        .iter()
        .chain(&track.loads)
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
    let events = &case.timeline.events;
    let at = case.effect(suspect.change, suspect.instance);
    let root = case.root();
    let signature = &root.said.signature;
    for found in case
        .all
        .tracks
        .iter()
        .filter(|t| t.entity.service == root.entity.service)
    {
        let before = found
            .ends
            .iter()
            .filter(|e| !e.requested && e.at < at.minus(case.uncertainty));
        for end in before {
            let same =
                crate::loops::signature(end, events).is_some_and(|one| one.is_same(signature));
            if same {
                let refs = end
                    .texts
                    .iter()
                    .chain(&end.records)
                    .take(1)
                    .copied()
                    .collect();
                let text = format!("the same crash was there before it, at {}", end.at.clock());
                return Some(Evidence::new("novelty", w.seen_before, text, refs));
            }
        }
    }
    let span = case.seen_for();
    let seen = case
        .track(root)
        .ends
        .iter()
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
    let gap = case.root().longest_gap.max(Span::from_seconds(5)).times(3);
    let after = |t: Timestamp| t > case.onset.plus(case.uncertainty) && t <= case.close;
    let undoing: Vec<(Timestamp, usize)> = case
        .ledger
        .changes
        .iter()
        .filter(|other| undoes(other, change))
        .flat_map(|other| other.instances.iter())
        .filter(|i| after(i.at) && i.at > change.instances[suspect.instance].at)
        .filter_map(|i| i.records.first().map(|&n| (i.at, n)))
        .collect();
    // The one that the loop ended with, if any.
    let ended = undoing.iter().rev().find(|(t, _)| {
        last.since(*t) <= gap && t.since(last) <= gap.times(4).max(Span::from_seconds(120))
    });
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

/// Whether `other` may undo or mend `change`: the same file, or the same object of the same kind.
fn undoes(other: &Change, change: &Change) -> bool {
    if std::ptr::eq(other, change) {
        return false;
    }
    let same_path = other.paths.iter().any(|p| change.paths.contains(p))
        || other.paths.iter().any(|p| {
            change
                .paths
                .iter()
                .any(|q| p.starts_with(q.as_str()) || q.starts_with(p.as_str()))
        });
    let same_subject = other.subject == change.subject && !other.subject.is_empty();
    let same_name = other.content
        && other.kind == change.kind
        && other.named.iter().any(|a| {
            change
                .named
                .iter()
                .any(|b| crate::loops::plain(a).0 == crate::loops::plain(b).0)
        });
    same_path
        || same_subject
        || same_name
        || (other.action == "rollback" && other.kind == change.kind && other.actor == change.actor)
}

/// Most crashes say themselves what they died of, and it is no change.
fn explained(case: &Case<'_>, suspect: Suspect<'_>) -> Option<Evidence> {
    let w = &case.weights.explained;
    let (kind, sign) = super::other::looked_for().find_map(|kind| {
        let (with, all, signs) = case.signs_in_crashes(kind);
        (all > 0 && with * 2 >= all).then(|| (kind, signs.first().copied()))
    })?;
    let tied = matches!(
        relation(case, suspect),
        Relation::Service | Relation::Dependency
    );
    let seldom = matches!(kind, "disk" | "hardware" | "expiry" | "clock");
    let log_odds = match (tied, seldom) {
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
    let service = case.service();
    let loops: BTreeMap<&str, &CrashLoop> = case
        .of_service()
        .filter_map(|l| l.entity.host.as_deref().map(|h| (h, l)))
        .collect();
    let relevant = reached.keys().filter(|h| runs_on(case, service, h)).count();
    if loops.len() < 2 && relevant < 2 || reached.keys().all(|h| !loops.contains_key(h.as_str())) {
        return None;
    }
    let slack = case.uncertainty.max(Span::from_seconds(2));
    let (mut agree, mut against, mut unchanged) = (0, 0, 0);
    for (host, found) in &loops {
        match reached.get(*host) {
            Some(&at) if at <= found.first.plus(slack) => agree += 1,
            Some(_) => against += 1,
            None => unchanged += 1,
        }
    }
    let healthy = reached
        .keys()
        .filter(|h| !loops.contains_key(h.as_str()) && runs_on(case, service, h))
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

fn runs_on(case: &Case<'_>, service: &str, host: &str) -> bool {
    case.all
        .tracks
        .iter()
        .any(|t| t.entity.service == service && t.entity.host.as_deref() == Some(host))
}

fn spread(times: impl Iterator<Item = Timestamp>) -> Span {
    let times: Vec<Timestamp> = times.collect();
    match (times.iter().min(), times.iter().max()) {
        (Some(a), Some(b)) => b.since(*a),
        _ => Span::ZERO,
    }
}
