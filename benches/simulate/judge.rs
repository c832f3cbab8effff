//! Sets reports beside what happened.
//!
//! In: a [`Story`] and its report. Out: a [`Verdict`]; of many, rates with intervals, and calibration.

use crashtrail::report::{Incident, Report};

use crate::story::{Shape, Story};
use crate::world::{Format, SECOND};

/// How far an onset may be off.
const NEAR: i64 = 3 * SECOND;

/// One story's report, judged.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) shape: Shape,
    pub(crate) format: Format,
    pub(crate) seed: u64,
    /// The loop was found, with service and onset.
    pub(crate) found: bool,
    /// Incidents of no truth.
    pub(crate) extra: usize,
    /// The rank of the true cause; `None` where it is not told.
    pub(crate) rank: Option<usize>,
    /// A change is named first, with at least half.
    pub(crate) blames: bool,
    /// The first cause's probability.
    pub(crate) first: f64,
    /// The sum of squared errors over the causes.
    pub(crate) brier: f64,
    /// What was said, for people.
    pub(crate) said: String,
    /// Whether each baseline's answer is right: the latest change, the latest of the service.
    pub(crate) baselines: [bool; 2],
}

pub(crate) fn judge(story: &Story, seed: u64, report: &Report) -> Verdict {
    let is_it = |incident: &&Incident| {
        incident
            .loops
            .iter()
            .any(|l| l.entity.service == story.service)
    };
    let mut matching: Vec<&Incident> = report.incidents.iter().filter(is_it).collect();
    matching.sort_by_key(|i| (micros(i) - story.onset).abs());
    let mut verdict = Verdict {
        shape: story.shape,
        format: story.format,
        seed,
        found: false,
        extra: 0,
        rank: None,
        blames: false,
        first: 0.0,
        brier: 2.0,
        said: String::new(),
        baselines: [false; 2],
    };
    if story.shape == Shape::Quiet {
        verdict.extra = report.incidents.len();
        verdict.found = true;
        return verdict;
    }
    let strays = report
        .incidents
        .iter()
        .filter(|i| !is_it(i) && !is_part(i, story));
    verdict.extra = strays.count();
    let Some(incident) = matching.first() else {
        return verdict;
    };
    let off = (micros(incident) - story.onset).abs();
    let slack = NEAR + incident.onset_uncertainty_s.0.nanos() / 1000;
    verdict.found = off <= slack;
    let is_true = |n: usize| {
        let cause = &incident.causes[n];
        match story.shape.cause() {
            Some("unknown") => matches!(cause.r#type, "unknown" | "other"),
            Some(kind) => cause.r#type == kind,
            None => cause
                .change
                .as_deref()
                .is_some_and(|id| tells(report, id, &story.trigger)),
        }
    };
    verdict.rank = (0..incident.causes.len()).find(|n| is_true(*n));
    verdict.said = incident.summary.clone();
    // The true change may be told in parts; it is one cause all the same.
    let (mut of_truth, mut wrong) = (0.0, 0.0);
    for (n, cause) in incident.causes.iter().enumerate() {
        match is_true(n) {
            true => of_truth += cause.probability,
            false => wrong += cause.probability.powi(2),
        }
    }
    verdict.brier = (1.0_f64 - of_truth).powi(2) + wrong;
    if let Some(cause) = incident.causes.first() {
        verdict.first = cause.probability;
        verdict.blames = cause.change.is_some() && cause.probability >= 0.5;
    }
    verdict.baselines = baselines(report, incident, story);
    verdict
}

fn micros(incident: &Incident) -> i64 {
    incident.onset.0.nanos() / 1000
}

/// Whether the change's records are among these.
fn tells(report: &Report, id: &str, texts: &[String]) -> bool {
    let change = report.changes.iter().find(|c| c.id == id);
    change.is_some_and(|change| {
        change
            .records
            .iter()
            .any(|r| texts.iter().any(|text| r.text.contains(plain(text))))
    })
}

/// A record's text without the name that the module gives itself.
fn plain(text: &str) -> &str {
    text.trim().trim_start_matches("ansible-copy ")
}

/// Services that fail because of it are no incident of their own, but no wrong one either.
fn is_part(incident: &Incident, story: &Story) -> bool {
    matches!(story.shape, Shape::Cascade | Shape::Dependency)
        && micros(incident) >= story.onset - 10 * SECOND
}

/// The latest change before the onset, and the latest that names the service.
fn baselines(report: &Report, incident: &Incident, story: &Story) -> [bool; 2] {
    let before = |c: &&crashtrail::report::Change| c.time.0 <= incident.onset.0;
    let named = |c: &&crashtrail::report::Change| {
        c.targets.iter().any(|t| t.service == story.service) || c.summary.contains(&story.service)
    };
    let latest = report
        .changes
        .iter()
        .filter(before)
        .max_by_key(|c| c.time.0);
    let own = report
        .changes
        .iter()
        .filter(before)
        .filter(named)
        .max_by_key(|c| c.time.0);
    [latest, own].map(|change| {
        change.is_some_and(|c| story.shape.is_change() && tells(report, &c.id, &story.trigger))
    })
}

/// A share, with its 95 % interval after Wilson (JASA 1927).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Share {
    pub(crate) yes: usize,
    pub(crate) of: usize,
}

impl Share {
    pub(crate) fn of(items: impl Iterator<Item = bool>) -> Self {
        let mut share = Self::default();
        for item in items {
            share.of += 1;
            share.yes += usize::from(item);
        }
        share
    }

    pub(crate) fn text(self) -> String {
        if self.of == 0 {
            return "-".to_owned();
        }
        let (n, p) = (self.of as f64, self.yes as f64 / self.of as f64);
        let z = 1.96_f64;
        let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        format!(
            "{:.1} % ({:.1} to {:.1})",
            100.0 * p,
            100.0 * (centre - half).max(0.0),
            100.0 * (centre + half).min(1.0)
        )
    }
}

/// How well the first cause's probability holds, in bins of equal mass: mean probability, share of right
/// ones, and how many; and the expected calibration error.
pub(crate) fn calibration(verdicts: &[Verdict], bins: usize) -> (Vec<(f64, f64, usize)>, f64) {
    let mut all: Vec<(f64, bool)> = verdicts
        .iter()
        .filter(|v| v.found && v.shape != Shape::Quiet)
        .map(|v| (v.first, v.rank == Some(0)))
        .collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut table, mut error) = (Vec::new(), 0.0);
    for n in 0..bins {
        let bin = &all[all.len() * n / bins..all.len() * (n + 1) / bins];
        if bin.is_empty() {
            continue;
        }
        let count = bin.len() as f64;
        let said = bin.iter().map(|b| b.0).sum::<f64>() / count;
        let right = bin.iter().filter(|b| b.1).count() as f64 / count;
        error += (said - right).abs() * count / all.len() as f64;
        table.push((said, right, bin.len()));
    }
    (table, error)
}
