//! The built-in rules.
//!
//! In: what `src/rules/build.rs` made of the files of `src/rules/`. Out: all rules, in the order of the
//! files' names. Within a family of classes the first rule that fits a record wins.

use crate::error::Error;

use super::class::Class;
use super::rule::Rule;
use super::written::{Example, Prepared};

/// The rules, without examples: most runs do not ask for them.
const RULES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.bin"));
/// Globs of programs whose records quote those of others.
const QUOTING: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/quoting.bin"));
/// Entries, examples and counter-examples of each rule.
const EXAMPLES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/examples.bin"));

/// Kinds of crashes.
const CRASHES: [&str; 8] = [
    "panic",
    "exception",
    "segfault",
    "abort",
    "oom",
    "config_error",
    "signal",
    "exit",
];
/// Kinds of changes, as the contract names them.
const CHANGES: [&str; 12] = [
    "config",
    "code",
    "package",
    "image",
    "unit",
    "flag",
    "migration",
    "certificate",
    "infrastructure",
    "permission",
    "operator",
    "other",
];
/// Kinds of other causes, as the contract names them.
pub const CAUSE_KINDS: [&str; 11] = [
    "disk",
    "memory",
    "descriptors",
    "dependency",
    "traffic",
    "hardware",
    "expiry",
    "clock",
    "permission",
    "port",
    "other",
];

/// All built-in rules, without their examples.
pub(super) fn rules() -> Result<Vec<Rule>, Error> {
    let prepared: Vec<Prepared> = read(RULES)?;
    Ok(prepared.into_iter().map(Rule::from).collect())
}

/// Globs of programs whose records quote those of others.
pub(super) fn quoting() -> Result<Vec<String>, Error> {
    read(QUOTING)
}

/// All built-in rules with their examples.
pub(super) fn rules_with_examples() -> Result<Vec<Rule>, Error> {
    let examples: Vec<(Vec<String>, Vec<Example>, Vec<Example>)> = read(EXAMPLES)?;
    let mut rules = rules()?;
    for (rule, (entries, examples, counter_examples)) in rules.iter_mut().zip(examples) {
        rule.entries = entries;
        rule.examples = examples;
        rule.counter_examples = counter_examples;
    }
    Ok(rules)
}

/// Reads what the build wrote.
fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    postcard::from_bytes(bytes).map_err(|err| Error::RuleFile {
        file: "built-in rules".to_owned(),
        reason: format!("{err}; crashtrail has to be built anew"),
    })
}

/// The kinds of a class.
pub(super) fn kinds(class: Class) -> &'static [&'static str] {
    match class {
        Class::Change => &CHANGES,
        Class::Cause => &CAUSE_KINDS,
        _ => &CRASHES,
    }
}

/// A kind as the rest of the program knows it; `None` where the class has none of this name.
pub(super) fn kind(class: Class, name: &str) -> Option<&'static str> {
    kinds(class).iter().copied().find(|k| *k == name)
}

/// A kind of any class.
pub(super) fn any_kind(name: &str) -> Option<&'static str> {
    let mut classes = [Class::Change, Class::Cause, Class::Crash].into_iter();
    classes.find_map(|class| kind(class, name))
}

/// A kind of changes, as the contract names it; `None` where it has none of this name.
#[must_use]
pub fn change_kind(name: &str) -> Option<&'static str> {
    kind(Class::Change, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_can_be_used() {
        for rule in rules().unwrap() {
            let checked = rule.pattern.check();
            assert!(checked.is_ok(), "{}: {checked:?}", rule.id);
        }
    }
}
