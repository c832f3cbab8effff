//! The numbers of attribution, read from `weights.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::error::Error;

/// The numbers that hypotheses are weighed by: those that are compiled in, or others of the same form.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    pub(super) prior: Prior,
    pub(super) kind: BTreeMap<String, f64>,
    pub(super) timing: Timing,
    pub(super) scope: Scope,
    pub(super) words: Words,
    pub(super) exposure: Exposure,
    pub(super) novelty: Novelty,
    pub(super) reversal: Reversal,
    pub(super) order: Order,
    pub(super) alternation: Alternation,
    pub(super) routine: Routine,
    pub(super) explained: Explained,
    pub(super) sign: Sign,
    pub(super) enabling: Enabling,
    pub(super) local: Local,
    pub(super) unseen: Unseen,
    scale: Scale,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prior {
    pub(super) change: f64,
    pub(super) other: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unseen {
    pub(super) share: f64,
    pub(super) bound: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Timing {
    pub(super) mixture: Vec<(f64, f64)>,
    pub(super) bounds: (f64, f64),
    pub(super) untied: f64,
    pub(super) wait: f64,
    pub(super) wait_from: f64,
    pub(super) wait_bound: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scope {
    pub(super) service: f64,
    pub(super) dependency: (f64, f64),
    pub(super) host: (f64, f64),
    pub(super) other_service: (f64, f64),
    pub(super) elsewhere: (f64, f64),
    pub(super) chance: f64,
    pub(super) chance_weight: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) names_file: f64,
    pub(super) mentions_file: f64,
    pub(super) other_file: f64,
    pub(super) no_file: f64,
    pub(super) reads_file: f64,
    pub(super) word: f64,
    pub(super) of_failures: f64,
    pub(super) bound: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exposure {
    pub(super) loaded: f64,
    pub(super) healthy_after: f64,
    pub(super) healthy_bound: f64,
    pub(super) not_loaded: f64,
    pub(super) not_loaded_file: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Novelty {
    pub(super) seen_before: f64,
    pub(super) never_seen: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reversal {
    pub(super) recovered: f64,
    pub(super) went_on: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    pub(super) host_agrees: f64,
    pub(super) bound: f64,
    pub(super) unchanged: f64,
    pub(super) healthy: f64,
    pub(super) lower_bound: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alternation {
    pub(super) phase_bound: f64,
    pub(super) bound: f64,
    pub(super) separated: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Routine {
    pub(super) told_apart: f64,
    pub(super) alike: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Explained {
    pub(super) tied: f64,
    pub(super) tied_seldom: f64,
    pub(super) untied: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sign {
    pub(super) in_crash: BTreeMap<String, f64>,
    pub(super) nearby: BTreeMap<String, f64>,
    pub(super) none: f64,
    pub(super) new_bound: f64,
    pub(super) dependency_down: f64,
    pub(super) unnamed_down: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Local {
    pub(super) host: f64,
    pub(super) bound: f64,
}

/// By factor; signs in crashes by kind of cause.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scale {
    r#for: BTreeMap<String, f64>,
    against: BTreeMap<String, f64>,
    sign: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Enabling {
    pub(super) base: f64,
    pub(super) words: f64,
    pub(super) words_bound: f64,
    pub(super) same_host: f64,
    pub(super) host_agrees: f64,
    pub(super) host_bound: f64,
    pub(super) recent: f64,
}

static BUILTIN: LazyLock<Weights> = LazyLock::new(|| {
    // Cannot fail: the file is compiled in, and a test reads it.
    Weights::parse(Weights::TEXT).expect("weights.toml is well-formed")
});

impl Weights {
    /// The file that is compiled in.
    pub const TEXT: &str = include_str!("weights.toml");

    /// The weights of that file.
    #[must_use]
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// Reads weights in the form of [`Self::TEXT`].
    ///
    /// # Errors
    ///
    /// Where it is no TOML, or a number is missing, or one is there that nothing asks for.
    pub fn parse(text: &str) -> Result<Self, Error> {
        toml::from_str(text).map_err(|err| Error::Setting {
            name: "weights",
            reason: err.to_string(),
        })
    }

    /// What a factor's log-odds for or against a cause of this kind are multiplied by: the correction that was
    /// fitted.
    pub(super) fn scale(&self, kind: &str, factor: &str, log_odds: f64) -> f64 {
        let scale = match factor {
            _ if log_odds < 0.0 => self.scale.against.get(factor),
            "sign" => self.scale.sign.get(kind),
            _ => self.scale.r#for.get(factor),
        };
        scale.copied().unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prior_shares_sum_to_one() {
        let sum: f64 = Weights::builtin().prior.other.values().sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }
}
