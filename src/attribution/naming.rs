//! Which causes a verdict names.

use super::case::Case;
use super::describe;

/// Which causes are told; the unknown always is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Naming {
    /// The ten likeliest, from half a percent on.
    #[default]
    Likely,
    /// Those, and each change that these words stand for: its id's beginning, or a part of its description, its
    /// paths or its records, in upper or lower case.
    Also(String),
    /// All.
    All,
}

impl Naming {
    pub(super) fn names(&self, case: &Case<'_>, n: usize, instance: usize) -> bool {
        let words = match self {
            Self::Likely => return false,
            Self::All => return true,
            Self::Also(words) => words.to_lowercase(),
        };
        let change = &case.ledger.changes[n];
        let holds = |text: &str| text.to_lowercase().contains(&words);
        change.id.starts_with(&words)
            || holds(&describe(change, instance))
            || change.paths.iter().any(|path| holds(path))
            || change
                .records()
                .any(|n| holds(&case.timeline.events[n].message))
    }
}
