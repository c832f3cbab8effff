//! A rule: what it looks for, and what a match tells.
//!
//! In: a rules file (TOML). Out: [`Rule`]s, compiled and checked. The form is described in
//! `docs/rules.md`; the built-in files lie in `src/rules/`.

use std::collections::BTreeMap;

use super::class::{Class, Trace};
use super::pack;
use super::pattern::Pattern;
use super::text::Text;
use super::written::{self, Example, Prepared, Wrong};
use crate::error::Error;

/// What a rules file holds.
#[derive(Debug, Clone)]
pub struct RuleFile {
    /// Its name, as errors are to tell it.
    pub file: String,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
    /// Ids of built-in rules that it switches off.
    pub off: Vec<String>,
    /// Globs of programs whose records quote those of others, and tell nothing of their own.
    pub quoting: Vec<String>,
}

/// A rule, compiled.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its unique name: `family.name`.
    pub id: String,
    /// The file and line in which it stands; `None` of built-in rules.
    pub place: Option<String>,
    /// Where its wording was read.
    pub source: String,
    /// The numbers of the record shapes that it reads, by the list that coverage is measured against.
    /// Built-in rules have them where they come with their examples, for no scan asks for them.
    pub entries: Vec<String>,
    /// The versions it holds for.
    pub versions: Option<String>,
    /// Globs of which one must fit the record's program; any program where there is none.
    pub program: Vec<String>,
    /// Texts of which the record's message holds at least one, braces expanded.
    pub literals: Vec<String>,
    /// What the message must match.
    pub pattern: Pattern,
    /// What a match tells.
    pub class: Class,
    /// Which sort of crash, change or cause it is.
    pub kind: Option<String>,
    /// Fields that do not come from the text.
    pub set: BTreeMap<String, String>,
    /// The ending that the name of what it is about must have, else the record tells nothing: of the
    /// units that a supervisor starts and stops only the services matter.
    pub needs: Option<String>,
    /// Globs of which one must fit a fact of the record, by the facts' names.
    pub facts: BTreeMap<String, Vec<String>>,
    /// Fields that come from facts of the record, and the names of these.
    pub take: BTreeMap<String, String>,
    names_unit: bool,
    /// How the text goes on.
    pub trace: Option<Trace>,
    /// Records that it must match.
    pub examples: Vec<Example>,
    /// Records that it must not match.
    pub counter_examples: Vec<Example>,
}

impl Rule {
    /// Whether the rule speaks of records of `program`.
    #[must_use]
    pub fn speaks_of(&self, program: Option<&str>) -> bool {
        self.program.is_empty()
            || program.is_some_and(|name| self.program.iter().any(|glob| fits(glob, name)))
    }

    /// The first fact that `text` does not have as the rule wants it.
    pub(super) fn missing_fact(&self, text: &Text<'_>) -> Option<&str> {
        let is_there = |name: &str, globs: &[String]| {
            let value = text.fact(name);
            value.is_some_and(|value| globs.iter().any(|glob| fits(glob, value)))
        };
        let missing = self
            .facts
            .iter()
            .find(|(name, globs)| !is_there(name, globs));
        missing.map(|(name, _)| name.as_str())
    }

    /// Whether the pattern captures the unit that a record is about.
    pub(super) fn names_unit(&self) -> bool {
        self.names_unit
    }
}

/// Whether `name` fits a glob of letters and `*`.
pub(super) fn fits(glob: &str, name: &str) -> bool {
    match glob.split_once('*') {
        None => glob == name,
        Some((head, tail)) => name.strip_prefix(head).is_some_and(|rest| {
            rest.char_indices()
                .map(|(at, _)| at)
                .chain([rest.len()])
                .any(|at| fits(tail, rest.get(at..).unwrap_or("")))
        }),
    }
}

/// Reads the rules of one file.
///
/// # Errors
///
/// Where the text is no rules file, or a rule cannot be used: the file, the rule, and what to do.
pub fn parse(file: &str, text: &str) -> Result<RuleFile, Error> {
    let prepared = written::prepare(text).map_err(|wrong| match wrong {
        Wrong::File(reason) => Error::RuleFile {
            file: file.to_owned(),
            reason,
        },
        Wrong::Rule(line, rule, reason) => Error::Rule {
            file: format!("{file}:{line}"),
            rule,
            reason,
        },
    })?;
    let mut rules = Vec::with_capacity(prepared.rules.len());
    for (line, prepared) in prepared.rules {
        let mut rule = Rule::from(prepared);
        rule.place = Some(format!("{file}:{line}"));
        let fail = |reason: String| Error::Rule {
            file: format!("{file}:{line}"),
            rule: rule.id.clone(),
            reason,
        };
        rule.pattern
            .check()
            .map_err(|err| fail(format!("its pattern cannot be used: {err}")))?;
        if let Some(kind) = &rule.kind
            && pack::kind(rule.class, kind).is_none()
        {
            let known = pack::kinds(rule.class).join(", ");
            let class = rule.class.name();
            return Err(fail(format!(
                "`{kind}` is no kind of the class `{class}`: use {known}"
            )));
        }
        rules.push(rule);
    }
    Ok(RuleFile {
        file: file.to_owned(),
        rules,
        off: prepared.off,
        quoting: prepared.quoting,
    })
}

impl From<Prepared> for Rule {
    fn from(prepared: Prepared) -> Self {
        let Prepared {
            written,
            literals,
            needed,
        } = prepared;
        Self {
            id: written.id,
            place: None,
            source: written.source,
            entries: written.entries,
            versions: written.versions,
            program: written.program,
            literals,
            names_unit: ["(?<unit", "(?<service"]
                .iter()
                .any(|group| written.pattern.contains(group)),
            pattern: Pattern::new(written.pattern, written.start, &needed),
            class: written.class,
            kind: written.kind,
            set: written.set,
            needs: written.needs,
            facts: written.facts,
            take: written.take,
            trace: written.trace,
            examples: written.examples,
            counter_examples: written.counter_examples,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run() {
        assert!(fits("ansible-*", "ansible-copy"));
        assert!(fits("puppet*", "puppet"));
        assert!(!fits("ansible-*", "sudo"));
        assert!(fits("*gen*", "feature-generator"));
    }

    #[test]
    fn a_bad_pattern_is_told_with_its_file_and_rule() {
        let text = r#"
            [[rule]]
            id = "x.y"
            source = "here"
            literals = ["boom"]
            pattern = "("
            class = "crash"
            examples = [{ message = "boom" }]
        "#;
        let err = parse("mine.toml", text).unwrap_err().to_string();
        assert!(err.starts_with("mine.toml:2: rule `x.y`: "), "{err}");
        assert!(err.contains("unclosed group"), "{err}");
    }
}
