//! The built-in rules.
//!
//! In: the files of `src/rules/`, compiled in. Out: all rules, in the order of the files. Within a
//! family of classes the first rule that fits a record wins, so that files which speak of one program
//! come before files which speak of any.

use crate::error::Error;

use super::rule::{Class, Rule, parse};

include!("pack_files.rs");

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
const CAUSES: [&str; 11] = [
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

/// All built-in rules.
pub(super) fn rules() -> Result<Vec<Rule>, Error> {
    let mut rules = Vec::new();
    for (file, text) in FILES {
        rules.extend(parse(file, text)?);
    }
    Ok(rules)
}

/// A kind as the rest of the program knows it; `None` where the class has none of this name.
pub(super) fn kind(class: Class, name: &str) -> Option<&'static str> {
    let known: &[&'static str] = match class {
        Class::Change => &CHANGES,
        Class::Cause => &CAUSES,
        _ => &CRASHES,
    };
    known.iter().copied().find(|k| *k == name)
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

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".toml"))
            .collect();
        there.sort();
        let mut listed: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        listed.sort_unstable();
        assert_eq!(listed, there);
    }
}
