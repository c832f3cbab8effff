//! A rule: what it looks for, and what a match tells.
//!
//! In: a rules file (TOML). Out: [`Rule`]s, compiled and checked. The form is described in
//! `docs/rules.md`; the built-in files lie in `src/rules/`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::braces;
use super::pattern::Pattern;
use crate::error::Error;

/// What a record tells.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Text of a dying process, or of the kernel about one.
    Crash,
    /// A supervisor tells of an abnormal end.
    Exit,
    /// A clean end.
    ExitOk,
    /// A start begins.
    Start,
    /// A start is complete.
    Started,
    /// Somebody asked the service to stop.
    StopRequest,
    /// The service has stopped.
    Stopped,
    /// A supervisor will start the service again.
    Restart,
    /// A supervisor waits before the next start.
    Backoff,
    /// A supervisor starts the service no more.
    GiveUp,
    /// A start failed or was refused.
    StartFail,
    /// A watchdog found the service hanging.
    Watchdog,
    /// The kernel or an agent killed the process for want of memory.
    Oom,
    /// A health check failed.
    Unhealthy,
    /// The service is asked to read its configuration anew.
    Reloading,
    /// A reload was refused; the old process runs on.
    ReloadFailed,
    /// A process says that it has read its configuration or data.
    Loaded,
    /// A supervisor sent a signal because somebody asked for it.
    KilledOnRequest,
    /// The machine starts.
    Boot,
    /// The machine stops in order.
    Shutdown,
    /// Something was changed.
    Change,
    /// A sign of a cause other than a change.
    Cause,
}

impl Class {
    /// Its name in rules and in `counts.by_class`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Exit => "exit",
            Self::ExitOk => "exit_ok",
            Self::Start => "start",
            Self::Started => "started",
            Self::StopRequest => "stop_request",
            Self::Stopped => "stopped",
            Self::Restart => "restart",
            Self::Backoff => "backoff",
            Self::GiveUp => "give_up",
            Self::StartFail => "start_fail",
            Self::Watchdog => "watchdog",
            Self::Oom => "oom",
            Self::Unhealthy => "unhealthy",
            Self::Reloading => "reloading",
            Self::ReloadFailed => "reload_failed",
            Self::Loaded => "loaded",
            Self::KilledOnRequest => "killed_on_request",
            Self::Boot => "boot",
            Self::Shutdown => "shutdown",
            Self::Change => "change",
            Self::Cause => "cause",
        }
    }

    /// Which of the three questions the class answers; a record gives one answer to each at most.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Self::Change => Family::Change,
            Self::Cause => Family::Cause,
            _ => Family::Process,
        }
    }
}

/// The three questions put to every record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// What happened to a process?
    Process,
    /// What was changed?
    Change,
    /// What else was wrong?
    Cause,
}

/// How a crash text goes on over further lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trace {
    /// The message on the next line, then a note or a backtrace.
    Rust,
    /// `File` lines, then the exception; blocks may be chained.
    Python,
    /// `at` lines.
    Node,
    /// Goroutines.
    Go,
    /// `at` lines and `Caused by`.
    Java,
    /// `at` lines and `--->`.
    Dotnet,
    /// `from` lines.
    Ruby,
    /// `#n` lines.
    Php,
    /// No further lines that matter.
    C,
}

/// A rules file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rule: Vec<Written>,
}

/// A rule as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    source: String,
    #[serde(default)]
    versions: Option<String>,
    #[serde(default)]
    program: Vec<String>,
    literals: Vec<String>,
    pattern: String,
    class: Class,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    set: BTreeMap<String, String>,
    #[serde(default)]
    needs: Option<String>,
    #[serde(default)]
    trace: Option<Trace>,
    examples: Vec<Example>,
    #[serde(default)]
    counter_examples: Vec<Example>,
}

/// A record that a rule must match, or must not.
#[derive(Debug, Clone, Deserialize)]
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

/// A rule, compiled.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its unique name: `family.name`.
    pub id: String,
    /// Where its wording was read.
    pub source: String,
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

    /// Whether the pattern captures the unit that a record is about.
    pub(super) fn names_unit(&self) -> bool {
        self.names_unit
    }
}

/// Whether `name` fits a glob of letters and `*`.
fn fits(glob: &str, name: &str) -> bool {
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
pub fn parse(file: &str, text: &str) -> Result<Vec<Rule>, Error> {
    let written: File = toml::from_str(text).map_err(|err| Error::RuleFile {
        file: file.to_owned(),
        reason: err.to_string(),
    })?;
    written
        .rule
        .into_iter()
        .map(|rule| read(file, rule))
        .collect()
}

/// Checks one rule but for its pattern.
fn read(file: &str, written: Written) -> Result<Rule, Error> {
    let fail = |reason: String| Error::Rule {
        file: file.to_owned(),
        rule: written.id.clone(),
        reason,
    };
    let mut literals = Vec::new();
    for literal in &written.literals {
        literals.extend(braces::expand(literal).map_err(|reason| fail(reason.to_owned()))?);
    }
    if literals.is_empty() || literals.iter().any(|l| l.len() < 3) {
        return Err(fail("needs `literals` of three bytes or more".to_owned()));
    }
    if written.examples.is_empty() {
        return Err(fail("needs at least one example".to_owned()));
    }
    Ok(Rule {
        id: written.id,
        source: written.source,
        versions: written.versions,
        program: written.program,
        names_unit: ["(?<unit", "(?<service"]
            .iter()
            .any(|group| written.pattern.contains(group)),
        pattern: Pattern::new(written.pattern, literals.clone()),
        literals,
        class: written.class,
        kind: written.kind,
        set: written.set,
        needs: written.needs,
        trace: written.trace,
        examples: written.examples,
        counter_examples: written.counter_examples,
    })
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
    fn a_bad_pattern_is_told_by_its_check() {
        let text = r#"
            [[rule]]
            id = "x.y"
            source = "here"
            literals = ["boom"]
            pattern = "("
            class = "crash"
            examples = [{ message = "boom" }]
        "#;
        let rules = parse("mine.toml", text).unwrap();
        let err = rules[0].pattern.check().unwrap_err().to_string();
        assert!(err.contains("unclosed group"), "{err}");
    }
}
