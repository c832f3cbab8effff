//! Factors' scales, fitted.
//!
//! In: incidents as lists of hypotheses, each with its prior and its factors' log-odds before they are scaled.
//! Out: for each factor what its log-odds are to be multiplied by.
//!
//! A conditional logit (McFadden, "Conditional logit analysis of qualitative choice behavior", 1974): the
//! probability of the true hypothesis among its rivals is as large as can be, less a penalty for each scale's
//! distance from 1, which stands for what was set by hand from what a factor means. Then all scales are multiplied by
//! one number, that with the least Brier score: the logarithm of a probability has no bound, so that a few stories
//! that nobody can tell would make all others be told too carefully.

use std::collections::BTreeMap;

use crate::judge::Answer;

/// The penalty: times half the squared distance of a scale from 1.
const RIDGE: f64 = 20.0;
/// No scale is smaller or larger: a factor neither vanishes nor rules alone because of what is simulated.
const BOUNDS: (f64, f64) = (0.3, 2.5);

/// Of an incident, what may have caused it.
#[derive(Debug, Clone)]
pub(crate) struct Hypothesis {
    /// The natural logarithm of its prior probability.
    pub(crate) prior: f64,
    /// Log-odds before they are scaled.
    pub(crate) factors: Vec<(String, f64)>,
    /// It is what happened.
    pub(crate) is_true: bool,
    pub(crate) is_change: bool,
}

/// What all scales may be multiplied by: from, to, in steps of.
const COMMON: (f64, f64, f64) = (0.8, 1.6, 0.02);

/// By factor; 1 where there is none.
pub(crate) type Scales = BTreeMap<String, f64>;

/// The hypotheses' probabilities.
pub(crate) fn probabilities(hypotheses: &[Hypothesis], scales: &Scales) -> Vec<f64> {
    let scale = |factor: &str| scales.get(factor).copied().unwrap_or(1.0);
    let score = |h: &Hypothesis| {
        h.prior
            + (h.factors.iter())
                .map(|(f, odds)| scale(f) * odds)
                .sum::<f64>()
    };
    let scores: Vec<f64> = hypotheses.iter().map(score).collect();
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = scores.iter().map(|s| (s - top).exp()).sum();
    scores.iter().map(|s| (s - top).exp() / sum).collect()
}

/// The scales under which the truth is likeliest, multiplied by what gives the least Brier score.
pub(crate) fn fit(incidents: &[&[Hypothesis]]) -> Scales {
    let told: Vec<&[Hypothesis]> = incidents
        .iter()
        .copied()
        .filter(|list| list.iter().any(|h| h.is_true))
        .collect();
    let scales = likeliest(&told);
    let by = |common: f64| -> Scales {
        let of = |scale: f64| (scale * common).clamp(BOUNDS.0, BOUNDS.1);
        scales.iter().map(|(n, s)| (n.clone(), of(*s))).collect()
    };
    let brier =
        |scales: &Scales| -> f64 { told.iter().map(|list| Answer::of(list, scales).brier).sum() };
    let steps = ((COMMON.1 - COMMON.0) / COMMON.2) as u32;
    (0..=steps)
        .map(|n| by(COMMON.0 + COMMON.2 * f64::from(n)))
        .min_by(|a, b| brier(a).total_cmp(&brier(b)))
        .unwrap_or(scales.clone())
}

/// The scales under which the truth is likeliest.
fn likeliest(told: &[&[Hypothesis]]) -> Scales {
    let mut scales: Scales = told
        .iter()
        .flat_map(|list| list.iter())
        .flat_map(|h| h.factors.iter().map(|(name, _)| (name.clone(), 1.0)))
        .collect();
    let (mut step, mut best) = (1.0 / told.len().max(1) as f64, f64::NEG_INFINITY);
    let mut last = scales.clone();
    for _ in 0..2000 {
        let (value, slope) = slope(told, &scales);
        if value < best {
            // Too far: back, and more carefully.
            scales.clone_from(&last);
            step /= 2.0;
            if step < 1e-9 {
                break;
            }
            best = f64::NEG_INFINITY;
            continue;
        }
        if value - best < 1e-6 * told.len() as f64 && best.is_finite() && step < 1e-4 {
            break;
        }
        best = value;
        last.clone_from(&scales);
        for (name, scale) in &mut scales {
            *scale = (*scale + step * slope[name.as_str()]).clamp(BOUNDS.0, BOUNDS.1);
        }
        step *= 1.05;
    }
    last
}

/// The penalised logarithm of the truth's probability, and its slope in each scale.
fn slope(told: &[&[Hypothesis]], scales: &Scales) -> (f64, Scales) {
    let mut slope: Scales = scales
        .iter()
        .map(|(n, s)| (n.clone(), -RIDGE * (s - 1.0)))
        .collect();
    let mut value: f64 = scales
        .values()
        .map(|s| -0.5 * RIDGE * (s - 1.0).powi(2))
        .sum();
    for list in told {
        let p = probabilities(list, scales);
        let of_truth: f64 = (list.iter().zip(&p))
            .filter(|(h, _)| h.is_true)
            .map(|(_, p)| p)
            .sum();
        value += of_truth.max(1e-300).ln();
        for (h, p) in list.iter().zip(&p) {
            let given_truth = if h.is_true {
                p / of_truth.max(1e-300)
            } else {
                0.0
            };
            for (factor, odds) in &h.factors {
                if let Some(slope) = slope.get_mut(factor) {
                    *slope += (given_truth - p) * odds;
                }
            }
        }
    }
    (value, slope)
}
