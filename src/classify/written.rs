//! Rules as they are written, and all that can be made ready of them before there is a log.
//!
//! In: the text of a rules file. Out: [`Prepared`] rules. The built-in ones are prepared when crashtrail is
//! built (`src/rules/build.rs`), for reading them takes longer than reading a small log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::braces;
use super::class::{Class, Trace};
use super::needed;

/// A rules file.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// Its rules, in order.
    #[serde(default)]
    pub(crate) rule: Vec<Written>,
}

/// A rule as written.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    pub(crate) id: String,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) entries: Vec<String>,
    #[serde(default)]
    pub(crate) versions: Option<String>,
    #[serde(default)]
    pub(crate) program: Vec<String>,
    pub(crate) literals: Vec<String>,
    pub(crate) pattern: String,
    pub(crate) class: Class,
    #[serde(default)]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) set: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) needs: Option<String>,
    #[serde(default)]
    pub(crate) trace: Option<Trace>,
    pub(crate) examples: Vec<Example>,
    #[serde(default)]
    pub(crate) counter_examples: Vec<Example>,
}

/// A record that a rule must match, or must not.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The record's program.
    #[serde(default)]
    pub program: Option<String>,
    /// The line in the file, where the message alone does not hold the rule's literal.
    #[serde(default)]
    pub line: Option<String>,
    /// The record's message.
    pub message: String,
    /// Fields that the match must yield.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

/// A rule that is checked but for its pattern.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Prepared {
    /// As written.
    pub(crate) written: Written,
    /// Its literals, braces expanded.
    pub(crate) literals: Vec<String>,
    /// Texts of which one stands in whatever its pattern matches; empty where there are none such.
    pub(crate) needed: Vec<Vec<u8>>,
}

/// What is wrong with a rules file.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// The text is none.
    File(String),
    /// A rule of this id cannot be used.
    Rule(String, String),
}

/// Reads the rules of one file.
pub(crate) fn prepare(text: &str) -> Result<Vec<Prepared>, Wrong> {
    let file: File = toml::from_str(text).map_err(|err| Wrong::File(err.to_string()))?;
    let rules = file.rule.into_iter();
    rules
        .map(|written| {
            let literals = literals(&written).map_err(|reason| {
                let id = written.id.clone();
                Wrong::Rule(id, reason.to_owned())
            })?;
            Ok(Prepared {
                needed: needed::texts(&written.pattern, &literals),
                literals,
                written,
            })
        })
        .collect()
}

/// The literals of a rule that can be used.
fn literals(written: &Written) -> Result<Vec<String>, &'static str> {
    let mut literals = Vec::new();
    for literal in &written.literals {
        literals.extend(braces::expand(literal)?);
    }
    if literals.is_empty() || literals.iter().any(|l| l.len() < 3) {
        return Err("needs `literals` of three bytes or more");
    }
    if written.examples.is_empty() {
        return Err("needs at least one example");
    }
    Ok(literals)
}
