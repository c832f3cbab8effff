//! Failures that end a run, and warnings that a report carries.
//!
//! Out: [`Error`] (bad usage, a bad rules file: nothing is analysed) and [`Warning`] (something in the
//! input was skipped, guessed, cut or dropped: the rest is analysed).

use std::path::PathBuf;

/// What ends a run before anything is analysed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A path that the user named is not there, or may not be read.
    #[error("{path}: cannot be read")]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A glob that is none, or matches nothing.
    #[error("{pattern}: {reason}")]
    Glob {
        /// As given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A rule that cannot be used.
    #[error("{file}: rule `{rule}`: {reason}")]
    Rule {
        /// The rules file.
        file: String,
        /// The rule's id.
        rule: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A rules file that cannot be read as TOML.
    #[error("{file}: {reason}")]
    RuleFile {
        /// The rules file.
        file: String,
        /// Line and column, and what was expected.
        reason: String,
    },
    /// A list of changes with a line that cannot be understood.
    #[error("{file}:{line}: {reason}")]
    Changes {
        /// The list, as given.
        file: String,
        /// From 1.
        line: u64,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A repository that cannot be read.
    #[error("--git {folder}: {reason}")]
    Git {
        /// As given.
        folder: PathBuf,
        /// Git's reason, or why it could not be run.
        reason: String,
    },
    /// A folder for a watch's state that cannot be used.
    #[error("--state {folder}: {reason}")]
    State {
        /// As given.
        folder: PathBuf,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// What was found cannot be written.
    #[error("{0}")]
    Write(#[from] std::io::Error),
    /// A setting that makes no sense.
    #[error("{name}: {reason}")]
    Setting {
        /// The option.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// Something that was skipped, guessed, dropped or cut off; the rest was analysed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// The input it is about, as in `inputs[].path`.
    pub input: Option<String>,
    /// What happened, where, and what was done.
    pub text: String,
    /// Whether the exit status has to be 2: a named input is unreadable, or an input breaks off.
    pub fails: bool,
}

impl Warning {
    /// A warning that leaves the exit status alone.
    #[must_use]
    pub fn new(input: Option<&str>, text: impl Into<String>) -> Self {
        Self {
            input: input.map(str::to_owned),
            text: text.into(),
            fails: false,
        }
    }

    /// A warning that makes the exit status 2.
    #[must_use]
    pub fn failing(input: Option<&str>, text: impl Into<String>) -> Self {
        Self {
            fails: true,
            ..Self::new(input, text)
        }
    }
}
