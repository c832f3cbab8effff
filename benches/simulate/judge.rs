//! Sets reports beside what happened.
//!
//! In: a [`Story`] and its report. Out: a [`Verdict`]; of many, rates with intervals, and calibration.

use std::collections::BTreeMap;

use crashtrail::Weights;
use crashtrail::report::{Cause, Change, Incident, Report};

use crate::fit::{Hypothesis, Scales, probabilities};
use crate::plot::Bin;
use crate::story::{Keeper, Shape, Story};
use crate::world::{Format, SECOND};

/// How far an onset may be off.
const NEAR: i64 = 3 * SECOND;

/// One story's report, set beside the truth.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) shape: Shape,
    pub(crate) format: Format,
    pub(crate) keeper: Keeper,
    pub(crate) seed: u64,
    /// The loop was found, with service and onset.
    pub(crate) found: bool,
    /// Incidents of no truth.
    pub(crate) extra: usize,
    /// All that may have been the cause, as weighed.
    pub(crate) hypotheses: Vec<Hypothesis>,
    /// What was said, for people.
    pub(crate) said: String,
    /// Whether each baseline's answer is right.
    pub(crate) baselines: [bool; BASELINES.len()],
}

/// What simpler ways would answer: the latest change; the latest of the service; the change with the most
/// votes, which fade with its age, unless the crash was there before it (after Li et al., "Gandalf", NSDI
/// 2020); the change that shares the most words with the crash.
pub(crate) const BASELINES: [&str; 4] = [
    "latest change",
    "latest of the service",
    "vote with veto",
    "words only",
];

/// What hypotheses come to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    /// The rank of the true cause; `None` where it is not among them.
    pub(crate) rank: Option<usize>,
    /// A change is named first, with at least half.
    pub(crate) blames: bool,
    /// The first cause's probability.
    pub(crate) first: f64,
    /// The true cause's.
    pub(crate) right: f64,
    /// The sum of squared errors over the causes.
    pub(crate) brier: f64,
}

impl Answer {
    pub(crate) fn of(hypotheses: &[Hypothesis], scales: &Scales) -> Self {
        let p = probabilities(hypotheses, scales);
        let mut order: Vec<usize> = (0..p.len()).collect();
        order.sort_by(|a, b| p[*b].total_cmp(&p[*a]).then(a.cmp(b)));
        // The true change may be told in parts; it is one cause all the same.
        let (mut of_truth, mut wrong) = (0.0, 0.0);
        for (h, p) in hypotheses.iter().zip(&p) {
            match h.is_true {
                true => of_truth += p,
                false => wrong += p * p,
            }
        }
        let first = order.first().copied();
        Self {
            rank: order.iter().position(|n| hypotheses[*n].is_true),
            blames: first.is_some_and(|n| hypotheses[n].is_change && p[n] >= 0.5),
            first: first.map_or(0.0, |n| p[n]),
            right: of_truth,
            brier: (1.0 - of_truth).powi(2) + wrong,
        }
    }

    pub(crate) fn is_right(self) -> bool {
        self.rank == Some(0)
    }
}

pub(crate) fn judge(story: &Story, seed: u64, report: &Report, numbers: &Numbers) -> Verdict {
    let is_it = |incident: &&Incident| {
        let mut loops = incident.loops.iter();
        loops.any(|l| l.entity.service == story.service)
    };
    let mut matching: Vec<&Incident> = report.incidents.iter().filter(is_it).collect();
    matching.sort_by_key(|i| (micros(i) - story.onset).abs());
    let mut verdict = Verdict {
        shape: story.shape,
        format: story.format,
        keeper: story.keeper,
        seed,
        found: false,
        extra: 0,
        hypotheses: Vec::new(),
        said: String::new(),
        baselines: [false; BASELINES.len()],
    };
    if story.shape == Shape::Quiet {
        verdict.extra = report.incidents.len();
        verdict.found = true;
        return verdict;
    }
    let strays = report.incidents.iter();
    verdict.extra = strays.filter(|i| !is_it(i) && !is_part(i, story)).count();
    let Some(incident) = matching.first() else {
        return verdict;
    };
    let off = (micros(incident) - story.onset).abs();
    let slack = NEAR + incident.onset_uncertainty_s.0.nanos() / 1000;
    verdict.found = off <= slack;
    verdict.said = incident.summary.clone();
    verdict.hypotheses = (incident.causes.iter())
        .map(|cause| numbers.hypothesis(cause, is_true(story, report, cause)))
        .collect();
    verdict.baselines = baselines(report, incident, story);
    verdict
}

fn is_true(story: &Story, report: &Report, cause: &Cause) -> bool {
    match story.shape.cause() {
        Some("unknown") => matches!(cause.r#type, "unknown" | "other"),
        Some(kind) => cause.r#type == kind,
        None => (cause.change.as_deref()).is_some_and(|id| tells(report, id, &story.trigger)),
    }
}

/// Priors and scales that a report was made with.
#[derive(Debug)]
pub(crate) struct Numbers {
    pub(crate) change: f64,
    pub(crate) other: BTreeMap<String, f64>,
    pub(crate) scales: Scales,
}

/// Which scale evidence is multiplied by.
fn scale_of(kind: &str, factor: &str, log_odds: f64) -> String {
    match factor {
        _ if log_odds < 0.0 => format!("against.{factor}"),
        "sign" => format!("sign.{kind}"),
        _ => format!("for.{factor}"),
    }
}

impl Numbers {
    pub(crate) fn builtin() -> Self {
        let all: toml::Table = Weights::TEXT.parse().expect("the file is TOML");
        let number = |v: &toml::Value| v.as_float().expect("a number");
        let table = |t: &toml::Value| -> BTreeMap<String, f64> {
            let t = t.as_table().expect("a table");
            t.iter().map(|(k, v)| (k.clone(), number(v))).collect()
        };
        Self {
            change: number(&all["prior"]["change"]),
            other: table(&all["prior"]["other"]),
            scales: all["scale"]
                .as_table()
                .expect("a table")
                .iter()
                .flat_map(|(sort, list)| {
                    let named = move |(name, scale)| (format!("{sort}.{name}"), scale);
                    table(list).into_iter().map(named)
                })
                .collect(),
        }
    }

    fn hypothesis(&self, cause: &Cause, is_true: bool) -> Hypothesis {
        let share = |kind: &str| self.other.get(kind).copied().unwrap_or(0.01);
        let prior = match cause.r#type {
            "change" => self.change,
            "unknown" => (1.0 - self.change) * (share("unknown") + share("other")),
            kind => (1.0 - self.change) * share(kind),
        };
        Hypothesis {
            prior: prior.ln(),
            factors: (cause.evidence.iter())
                .map(|e| {
                    let name = scale_of(cause.r#type, e.factor, e.log_odds);
                    let scale = self.scales.get(&name).copied().unwrap_or(1.0);
                    (name, e.log_odds / scale)
                })
                .collect(),
            is_true,
            is_change: cause.change.is_some(),
        }
    }
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
    matches!(
        story.shape,
        Shape::Cascade | Shape::Dependency | Shape::Unlogged
    ) && micros(incident) >= story.onset - 10 * SECOND
}

fn baselines(report: &Report, incident: &Incident, story: &Story) -> [bool; BASELINES.len()] {
    let before: Vec<&Change> = report
        .changes
        .iter()
        .filter(|c| c.time.0 <= incident.onset.0)
        .collect();
    let named = |c: &&&Change| {
        c.targets.iter().any(|t| t.service == story.service) || c.summary.contains(&story.service)
    };
    let latest = before.iter().max_by_key(|c| c.time.0);
    let own = before.iter().filter(named).max_by_key(|c| c.time.0);
    let odds = |id: &str, factor: &str| {
        let cause = incident
            .causes
            .iter()
            .find(|c| c.change.as_deref() == Some(id))?;
        let found = cause.evidence.iter().find(|e| e.factor == factor)?;
        Some(found.log_odds)
    };
    let vote = |c: &Change| {
        let hours = incident.onset.0.since(c.time.0).seconds() / 3600.0;
        let vetoed = odds(&c.id, "novelty").is_some_and(|odds| odds < 0.0);
        let tied = if odds(&c.id, "scope").is_some_and(|odds| odds > 0.0) {
            2.0
        } else {
            1.0
        };
        if vetoed {
            0.0
        } else {
            tied * ((-hours).exp() + (-hours / 24.0).exp())
        }
    };
    let voted = before.iter().max_by(|a, b| vote(a).total_cmp(&vote(b)));
    let worded = before
        .iter()
        .filter_map(|c| Some((odds(&c.id, "words").filter(|odds| *odds > 0.0)?, c)))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c);
    [latest, own, voted, worded].map(|change| {
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
        let (from, to) = self.interval();
        let p = self.yes as f64 / self.of as f64;
        format!(
            "{:.1} % ({:.1} to {:.1})",
            100.0 * p,
            100.0 * from,
            100.0 * to
        )
    }

    fn interval(self) -> (f64, f64) {
        let (n, p) = (self.of as f64, self.yes as f64 / self.of as f64);
        let z = 1.96_f64;
        let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        ((centre - half).max(0.0), (centre + half).min(1.0))
    }
}

/// How well the first cause's probability holds, in bins of equal mass, and the expected calibration error.
pub(crate) fn calibration(answers: &[Answer], bins: usize) -> (Vec<Bin>, f64) {
    let mut all = answers.to_vec();
    all.sort_by(|a, b| a.first.total_cmp(&b.first));
    let (mut table, mut error) = (Vec::new(), 0.0);
    for n in 0..bins {
        let bin = &all[all.len() * n / bins..all.len() * (n + 1) / bins];
        if bin.is_empty() {
            continue;
        }
        let said = bin.iter().map(|b| b.first).sum::<f64>() / bin.len() as f64;
        let share = Share::of(bin.iter().map(|b| b.is_right()));
        let right = share.yes as f64 / share.of as f64;
        let (from, to) = share.interval();
        error += (said - right).abs() * bin.len() as f64 / all.len() as f64;
        table.push(Bin {
            said,
            right,
            from,
            to,
            count: bin.len(),
        });
    }
    (table, error)
}
