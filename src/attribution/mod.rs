//! What set an incident off, with probabilities.
//!
//! Owns: the hypotheses (each change before the onset, each other cause, and "nothing in these logs"),
//! their factors, and the weights. In: a [`Case`]. Out: [`Cause`]s whose probabilities sum to 1.
//!
//! A score is a sum of log-likelihood ratios on top of a published prior. A change's odds against no
//! change at all come from comparing the density of its lag with the rate at which changes come anyway,
//! so that a log full of changes blames none for being near.

use std::collections::BTreeSet;

use crate::ledger::Change;
use crate::time::{Span, Timestamp};

mod case;
mod enabling;
mod factors;
mod ground;
mod index;
mod naming;
mod other;
mod series;
mod tokens;
mod traffic;
mod unseen;
mod weights;

pub use case::Case;
pub use index::Index;
pub use naming::Naming;
pub use other::Inputs;
pub use weights::Weights;

use factors::Suspect;

/// The most causes that are told, "unknown" included.
const MAX_CAUSES: usize = 10;
/// The least probability of a cause that is told.
const LEAST: f64 = 0.005;

/// One factor of a cause.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Its name.
    pub factor: &'static str,
    /// Natural log-odds: for the cause above 0, against it below.
    pub log_odds: f64,
    /// What was seen, in words.
    pub text: String,
    /// The events that show it.
    pub refs: Vec<usize>,
    /// What is said there; where an event does not say it itself, the last words before it do.
    pub says: Option<String>,
}

impl Evidence {
    fn new(factor: &'static str, log_odds: f64, text: String, refs: Vec<usize>) -> Self {
        Self {
            factor,
            log_odds,
            text,
            refs,
            says: None,
        }
    }
}

/// What may have set the incident off.
#[derive(Debug, Clone)]
pub struct Cause {
    /// `change`, a kind of other cause, or `unknown`.
    pub kind: &'static str,
    /// Index in the ledger, and the instance that is suspected.
    pub change: Option<(usize, usize)>,
    /// That it was this.
    pub probability: f64,
    /// The natural logarithm of its share before any evidence.
    pub prior: f64,
    /// From taking effect to the first crash.
    pub lag: Option<Span>,
    /// In a sentence.
    pub summary: String,
    /// Earlier changes that made it harmful: index in the ledger, probability given this cause.
    pub enabled_by: Vec<(usize, f64)>,
    /// For and against, the strongest first.
    pub evidence: Vec<Evidence>,
}

/// A cause of which there was no sign.
#[derive(Debug, Clone)]
pub struct RuledOut {
    /// Which.
    pub kind: &'static str,
    /// Whether any input could have shown it.
    pub looked_at: bool,
    /// In words.
    pub text: String,
    /// Events.
    pub refs: Vec<usize>,
}

/// What attribution says of an incident.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Best first; the probabilities sum to 1, and exactly one is `unknown`.
    pub causes: Vec<Cause>,
    /// What was looked for and not found.
    pub ruled_out: Vec<RuledOut>,
}

/// Ranks all hypotheses of a case.
#[must_use]
pub fn judge(case: &Case<'_>, inputs: &Inputs<'_>) -> Verdict {
    let mut scored: Vec<(f64, Cause)> = Vec::new();
    let mut considered = Vec::new();
    for n in suspects(case) {
        let change = &case.ledger.changes[n];
        let Some(instance) = series::suspected(case, change) else {
            continue;
        };
        if is_only_exposure(case, change) {
            continue;
        }
        let suspect = Suspect::new(case, n, instance);
        considered.push(suspect);
        scored.push(of_change(case, n, suspect));
    }
    let prior = &case.weights.prior;
    let rest = 1.0 - prior.change;
    let share = |kind: &str| (rest * prior.other.get(kind).copied().unwrap_or(0.01)).ln();
    let mut ruled_out = Vec::new();
    for finding in other::find(case, inputs) {
        ruled_out.extend(finding.ruled_out);
        let mut evidence = finding.evidence;
        let score = share(finding.kind) + weigh(case, finding.kind, &mut evidence);
        let prior = share(finding.kind);
        scored.push((score, rival(finding.kind, prior, finding.summary, evidence)));
    }
    let unknown = (share("unknown").exp() + share("other").exp()).ln();
    let mut evidence: Vec<Evidence> = unseen::change(case, &considered).into_iter().collect();
    let score = unknown + weigh(case, "unknown", &mut evidence);
    let summary = "nothing in these logs".to_owned();
    scored.push((score, rival("unknown", unknown, summary, evidence)));
    let asked_for = |cause: &Cause| match cause.change {
        Some((n, instance)) => case.naming.names(case, n, instance),
        None => *case.naming == Naming::All,
    };
    let mut causes = normalise(scored, asked_for);
    if let Some(first) = causes.first_mut()
        && let Some((n, instance)) = first.change
    {
        first.enabled_by = enabling::of(case, Suspect::new(case, n, instance));
    }
    drop_enablers(&mut causes);
    Verdict { causes, ruled_out }
}

/// The changes that are looked at, in the ledger's order: of very many those only that something ties to the
/// incident, and of the rest the nearest. What is left out could not be told: it lies farther off than many
/// of its sort, and shares nothing.
fn suspects(case: &Case<'_>) -> BTreeSet<usize> {
    let changes = &case.ledger.changes;
    let ground = case.ground();
    let last = case.of_service().map(|l| l.last).max();
    let ending = factors::ending(case, last.unwrap_or(case.onset));
    let mut found = case.index.before(
        case.close,
        |instance| instance.at <= case.reach(instance),
        (&ground.services, &ground.files, &ground.words),
    );
    found.extend(case.index.undone(case.onset, ending));
    let asked_for = |n: &usize| {
        let mut instances = 0..changes[*n].instances.len();
        instances.any(|i| case.naming.names(case, *n, i))
    };
    if *case.naming != Naming::Likely {
        found.extend((0..changes.len()).filter(asked_for));
    }
    found
}

fn rival(kind: &'static str, prior: f64, summary: String, mut evidence: Vec<Evidence>) -> Cause {
    sort_evidence(&mut evidence);
    Cause {
        kind,
        change: None,
        probability: 0.0,
        prior,
        lag: None,
        summary,
        enabled_by: vec![],
        evidence,
    }
}

fn of_change(case: &Case<'_>, n: usize, suspect: Suspect<'_>) -> (f64, Cause) {
    let mut evidence = factors::all(case, suspect);
    let score = case.weights.prior.change.ln() + weigh(case, "change", &mut evidence);
    sort_evidence(&mut evidence);
    let cause = Cause {
        kind: "change",
        change: Some((n, suspect.instance)),
        probability: 0.0,
        prior: case.weights.prior.change.ln(),
        lag: Some(
            case.onset
                .since(case.effect(suspect.change, suspect.instance))
                .max(Span::ZERO),
        ),
        summary: describe(suspect.change, suspect.instance),
        enabled_by: vec![],
        evidence,
    };
    (score, cause)
}

/// Corrects each factor as was fitted; their sum.
fn weigh(case: &Case<'_>, kind: &str, evidence: &mut [Evidence]) -> f64 {
    for one in &mut *evidence {
        one.log_odds *= case.weights.scale(kind, one.factor, one.log_odds);
    }
    evidence.iter().map(|e| e.log_odds).sum()
}

fn sort_evidence(evidence: &mut [Evidence]) {
    evidence.sort_by(|a, b| {
        b.log_odds
            .abs()
            .total_cmp(&a.log_odds.abs())
            .then(a.factor.cmp(b.factor))
    });
}

/// A change in a line, without its time.
#[must_use]
pub fn describe(change: &Change, instance: usize) -> String {
    let mut text = format!("{} {}", change.kind, change.subject);
    if let (Some(from), Some(to)) = (&change.from, &change.to) {
        text.push_str(&format!(" {from} -> {to}"));
    } else if let Some(to) = &change.to {
        text.push_str(&format!(" {to}"));
    }
    if change.action != "apply" {
        text.push_str(&format!(" ({})", change.action));
    }
    if let Some(actor) = &change.actor {
        text.push_str(&format!(" by {actor}"));
    }
    if let Some(summary) = &change.summary {
        text.push_str(&format!(": {summary}"));
    }
    let hosts = change.instances[instance]
        .hosts
        .keys()
        .filter(|h| !h.is_empty())
        .count();
    if hosts > 1 {
        text.push_str(&format!(" on {hosts} hosts"));
    }
    text
}

/// A restart or reload that only put an earlier change to work is no rival to it.
fn is_only_exposure(case: &Case<'_>, change: &Change) -> bool {
    let since = |at: Timestamp| change.at().since(at);
    !change.content
        && change.names_service(case.service())
        && (case.ground().own_contents.iter())
            .any(|at| *at <= change.at() && since(*at) <= Span::from_seconds(3600))
}

/// Scores to probabilities; what is too unlikely to be told is left out.
fn normalise(mut scored: Vec<(f64, Cause)>, asked_for: impl Fn(&Cause) -> bool) -> Vec<Cause> {
    let top = scored
        .iter()
        .map(|(s, _)| *s)
        .fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = scored.iter().map(|(s, _)| (s - top).exp()).sum();
    for (score, cause) in &mut scored {
        cause.probability = (*score - top).exp() / sum;
    }
    let mut causes: Vec<Cause> = scored.into_iter().map(|(_, cause)| cause).collect();
    causes.sort_by(|a, b| {
        b.probability
            .total_cmp(&a.probability)
            .then_with(|| a.change.cmp(&b.change))
            .then(a.kind.cmp(b.kind))
    });
    let mut told: Vec<Cause> = Vec::new();
    for cause in causes {
        let fits = told.len() + 1 < MAX_CAUSES && cause.probability >= LEAST;
        if fits || cause.kind == "unknown" || asked_for(&cause) {
            told.push(cause);
        }
    }
    rescale(&mut told);
    told
}

fn rescale(causes: &mut [Cause]) {
    let sum: f64 = causes.iter().map(|c| c.probability).sum();
    for cause in causes.iter_mut() {
        cause.probability /= sum;
    }
}

/// What enabled the trigger is no rival of it.
fn drop_enablers(causes: &mut Vec<Cause>) {
    let Some(first) = causes.first() else { return };
    let enablers: Vec<usize> = first
        .enabled_by
        .iter()
        .filter(|(_, p)| *p >= 0.3)
        .map(|(n, _)| *n)
        .collect();
    causes.retain(|c| c.change.is_none_or(|(n, _)| !enablers.contains(&n)));
    rescale(causes);
}

/// Whether the service was started after `last` and ran well until the incident's close.
fn recovered_after(case: &Case<'_>, last: Timestamp) -> bool {
    let root = case.root();
    let mut starts = (case.ground().replicas.iter()).flat_map(|track| &track.starts);
    starts.any(|(at, _)| *at >= last.minus(case.uncertainty))
        && case
            .timeline
            .last_of(root.entity.host.as_deref())
            .is_some_and(|end| end > last)
}
