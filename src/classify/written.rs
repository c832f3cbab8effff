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
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Ids of built-in rules that are not to be used.
    #[serde(default)]
    off: Vec<String>,
    /// Globs of programs whose records quote those of others.
    #[serde(default)]
    quoting: Vec<String>,
    /// Its rules, in order, with their places.
    #[serde(default)]
    rule: Vec<toml::Spanned<Written>>,
}

/// A rules file whose rules are checked but for their patterns.
#[derive(Debug)]
pub(crate) struct PreparedFile {
    /// Ids of built-in rules that are not to be used.
    #[allow(dead_code, reason = "built-in files switch nothing off")]
    pub(crate) off: Vec<String>,
    /// Globs of programs whose records quote those of others, and tell nothing of their own.
    pub(crate) quoting: Vec<String>,
    /// Its rules, in order, each with the line on which it begins, from 1.
    pub(crate) rules: Vec<(u64, Prepared)>,
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
    /// Whether the pattern is bound to the start of the message, or to what stands behind its head.
    #[serde(default)]
    pub(crate) start: bool,
    pub(crate) pattern: String,
    pub(crate) class: Class,
    #[serde(default)]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) set: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) needs: Option<String>,
    /// Globs of which one must fit a fact of the record, by the facts' names.
    #[serde(default)]
    pub(crate) facts: BTreeMap<String, Vec<String>>,
    /// Fields that come from facts of the record, and the names of these.
    #[serde(default)]
    pub(crate) take: BTreeMap<String, String>,
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
    /// Facts that the record's format gives by name.
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
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
    /// A rule cannot be used: the line on which it begins, its id, and why.
    Rule(u64, String, String),
}

/// Reads the rules of one file.
pub(crate) fn prepare(text: &str) -> Result<PreparedFile, Wrong> {
    let file: File = toml::from_str(text).map_err(|err| Wrong::File(err.to_string()))?;
    let mut rules: Vec<(u64, Prepared)> = Vec::with_capacity(file.rule.len());
    // The rules stand in the order of the text.
    let (mut line, mut from) = (1, 0);
    for rule in file.rule {
        let at = rule.span().start;
        let between = text.as_bytes().get(from..at).unwrap_or_default();
        line += memchr::memchr_iter(b'\n', between).count() as u64;
        from = from.max(at);
        let written = rule.into_inner();
        let wrong = |reason: &str| Wrong::Rule(line, written.id.clone(), reason.to_owned());
        if rules.iter().any(|(_, r)| r.written.id == written.id) {
            return Err(wrong("another rule of this file has the same id"));
        }
        let literals = literals(&written).map_err(wrong)?;
        let prepared = Prepared {
            needed: needed::texts(&written.pattern, &literals),
            literals,
            written,
        };
        rules.push((line, prepared));
    }
    Ok(PreparedFile {
        off: file.off,
        quoting: file.quoting,
        rules,
    })
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
