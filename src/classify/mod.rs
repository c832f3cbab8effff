//! Records become events.
//!
//! Owns: the rules and what a match of one means. In: a [`Record`] and its frame. Out: [`Event`]s, at
//! most one of each [`Family`]. What is known of programs stands in `src/rules/*.toml`; nothing here
//! knows one by name.

use std::borrow::Cow;
use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::error::Error;
use crate::primitives::{ByteOffset, FileId, LineNo, Place};
use crate::record::{Format, Frame, Record};
use crate::time::Timestamp;

mod braces;
mod event;
mod pack;
mod pattern;
mod rule;
mod signature;
mod trace;

pub use event::{Copied, Event, TEXT_BYTES};
pub use rule::{Class, Family, Rule};
pub use signature::{mask, stable_id};

/// The rules in force, ready to be asked.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    kinds: Vec<Option<&'static str>>,
    literals: AhoCorasick,
    /// The rules that each literal belongs to.
    users: Vec<Vec<usize>>,
    texts: Vec<String>,
}

impl RuleSet {
    /// The built-in rules.
    ///
    /// # Errors
    ///
    /// Where a built-in rule cannot be used, which the tests rule out.
    pub fn builtin() -> Result<Self, Error> {
        Self::new(pack::rules()?)
    }

    /// The built-in rules without those of the given ids.
    ///
    /// # Errors
    ///
    /// As [`RuleSet::builtin`], and for an id that no rule has.
    pub fn builtin_without(ids: &[&str]) -> Result<Self, Error> {
        let mut rules = pack::rules()?;
        for id in ids {
            if !rules.iter().any(|rule| rule.id == *id) {
                return Err(Error::Rule {
                    file: "built-in rules".to_owned(),
                    rule: (*id).to_owned(),
                    reason: "no rule has this id; `crashtrail rules` lists them".to_owned(),
                });
            }
        }
        rules.retain(|rule| !ids.contains(&rule.id.as_str()));
        Self::new(rules)
    }

    /// A set of these rules, in this order.
    ///
    /// # Errors
    ///
    /// For two rules of one id, an unknown kind, or literals that cannot be searched together.
    pub fn new(rules: Vec<Rule>) -> Result<Self, Error> {
        let mut ids = BTreeSet::new();
        let mut kinds = Vec::with_capacity(rules.len());
        for rule in &rules {
            let fail = |reason: &str| Error::Rule {
                file: "rules".to_owned(),
                rule: rule.id.clone(),
                reason: reason.to_owned(),
            };
            if !ids.insert(rule.id.clone()) {
                return Err(fail("another rule has the same id"));
            }
            kinds.push(match &rule.kind {
                None => None,
                Some(kind) => Some(
                    pack::kind(rule.class, kind)
                        .ok_or_else(|| fail("unknown kind for its class"))?,
                ),
            });
        }
        let texts: BTreeSet<&str> = rules
            .iter()
            .flat_map(|rule| rule.literals.iter().map(String::as_str))
            .collect();
        let texts: Vec<String> = texts.into_iter().map(str::to_owned).collect();
        let users = texts
            .iter()
            .map(|text| {
                (0..rules.len())
                    .filter(|&n| rules[n].literals.contains(text))
                    .collect()
            })
            .collect();
        let literals = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::Standard)
            .build(&texts)
            .map_err(|err| Error::RuleFile {
                file: "rules".to_owned(),
                reason: err.to_string(),
            })?;
        Ok(Self {
            rules,
            kinds,
            literals,
            users,
            texts,
        })
    }

    /// The rules, in their order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// All texts that rules look for, sorted, without repetition.
    #[must_use]
    pub fn literals(&self) -> &[String] {
        &self.texts
    }

    /// The first rule of each family that fits, in the order of the rules. `line` is the text as it
    /// stands in the file: it may hold a rule's literal that the message, unwrapped, holds no more.
    #[must_use]
    pub fn matching(&self, program: Option<&str>, line: &[u8], message: &[u8]) -> Vec<usize> {
        let mut candidates = Vec::new();
        // Most messages are a part of their line, and need no search of their own.
        let is_part =
            line.as_ptr_range().contains(&message.as_ptr()) && message.len() <= line.len();
        for text in [line, if is_part { b"" } else { message }] {
            for found in self.literals.find_overlapping_iter(text) {
                candidates.extend_from_slice(&self.users[found.pattern().as_usize()]);
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        let mut seen: Vec<Family> = Vec::new();
        candidates.retain(|&n| {
            let rule = &self.rules[n];
            let family = rule.class.family();
            let first = !seen.contains(&family)
                && rule.speaks_of(program)
                && rule.pattern.is_match(message);
            if first {
                seen.push(family);
            }
            first
        });
        candidates
    }

    /// What `record` tells: one event at most of each family.
    ///
    /// `line_at` and `line_no` place the frame's line in its file; `stem` is the file's bare name, the
    /// program of records that name none.
    pub fn classify(
        &self,
        record: &Record<'_>,
        frame: Frame<'_>,
        input: &InputName<'_>,
        line_at: ByteOffset,
        line_no: LineNo,
        out: &mut Vec<Event>,
    ) {
        let program = record.program.as_deref().or(input.stem);
        let matched = self.matching(program, frame.line, &record.message);
        if matched.is_empty() {
            return;
        }
        let back = &frame.before[frame.before.len().saturating_sub(record.back)..];
        let lines_back = memchr::memchr_iter(b'\n', back).count() as u64;
        let place = Place {
            file: input.file,
            offset: ByteOffset::new(line_at.get().saturating_sub(record.back as u64)),
            line: line_no,
        };
        for n in matched
            .into_iter()
            .filter(|&n| self.is_about_enough(n, record))
        {
            let mut event = self.event(n, record, frame, input, program, place);
            event.lines_back = lines_back;
            out.push(event);
        }
    }

    /// Whether what the record is about is of the sort that the rule needs.
    fn is_about_enough(&self, n: usize, record: &Record<'_>) -> bool {
        let rule = &self.rules[n];
        let Some(ending) = &rule.needs else {
            return true;
        };
        if let Some(subject) = &record.subject {
            return subject.ends_with(ending.as_str());
        }
        let names = |c: regex::bytes::Captures<'_>| {
            c.name("unit")
                .is_some_and(|unit| unit.as_bytes().ends_with(ending.as_bytes()))
        };
        rule.pattern.captures(&record.message).is_some_and(names)
    }

    /// The event that rule `n` makes of the record.
    fn event(
        &self,
        n: usize,
        record: &Record<'_>,
        frame: Frame<'_>,
        input: &InputName<'_>,
        program: Option<&str>,
        place: Place,
    ) -> Event {
        let rule = &self.rules[n];
        let mut message = record.message.to_vec();
        let mut raw_end = 0;
        if let Some(style) = rule.trace {
            let (further, reach) = trace::further_lines(style, record, frame, input.format);
            raw_end = reach;
            for line in &further {
                message.push(b'\n');
                message.extend_from_slice(line);
            }
        }
        let text = if record.unwrapped {
            clean(&unwrapped_text(record, program))
        } else {
            clean(&lines_of(record, frame))
        };
        let mut fields: Vec<(Box<str>, Box<str>)> = Vec::new();
        if let Some(captures) = rule.pattern.captures(&message) {
            for (name, value) in captured(rule, &captures) {
                fields.push((name.into(), clean(value)));
            }
        }
        for (name, value) in &rule.set {
            fields.push((name.as_str().into(), value.as_str().into()));
        }
        for (name, value) in &record.facts {
            fields.push(((*name).into(), value.as_ref().into()));
        }
        // A pattern sees the first line only where further ones had to be gathered.
        let is_told = fields
            .iter()
            .any(|(name, value)| &**name == "what" && !value.is_empty());
        if let (Some(style), false) = (rule.trace, is_told) {
            let text = clean(&message);
            fields.retain(|(name, _)| &**name != "what");
            fields.extend(
                trace::headline(style, &text).map(|what| ("what".into(), what.trim().into())),
            );
        }
        fields.sort();
        fields.dedup_by(|a, b| a.0 == b.0);
        let owned = |value: &Option<Cow<'_, str>>| value.as_deref().map(Into::into);
        Event {
            place,
            stamp: record.stamp,
            at: Timestamp::from_nanos(0),
            class: rule.class,
            rule: n,
            kind: self.kinds[n],
            host: owned(&record.host),
            program: program.map(Into::into),
            unit: owned(&record.unit),
            subject: owned(&record.subject),
            pid: record.pid,
            severity: record.severity,
            fields,
            text,
            message: clean(&message),
            covers: record.len.max(frame.line.len() + 1 + raw_end) as u64,
            lines_back: 0,
            count: 1,
            until: Timestamp::from_nanos(0),
            copies: Vec::new(),
        }
    }
}

/// What a pattern captured, by field. A name may not stand twice in a pattern: a second way to the same
/// field bears it with underscores behind.
fn captured<'r, 't>(
    rule: &'r Rule,
    captures: &'t regex::bytes::Captures<'t>,
) -> impl Iterator<Item = (&'r str, &'t [u8])> {
    let names = rule.pattern.capture_names();
    names.filter_map(|name| {
        captures
            .name(name)
            .map(|value| (name.trim_end_matches('_'), value.as_bytes()))
    })
}

/// What an input is called, and how it is written.
#[derive(Debug, Clone, Copy)]
pub struct InputName<'a> {
    /// Its id.
    pub file: FileId,
    /// Its bare name: the program of records that name none; `None` for a stream.
    pub stem: Option<&'a str>,
    /// The format of most of its lines.
    pub format: Format,
}

/// `program[pid]: message`, as journalctl's short form has it.
fn unwrapped_text(record: &Record<'_>, program: Option<&str>) -> Vec<u8> {
    let mut text = Vec::with_capacity(record.message.len() + 32);
    if let Some(program) = program {
        text.extend_from_slice(program.as_bytes());
        if let Some(pid) = record.pid {
            text.extend_from_slice(format!("[{pid}]").as_bytes());
        }
        text.extend_from_slice(b": ");
    }
    text.extend_from_slice(&record.message);
    text
}

/// The record's lines as they stand in the file.
fn lines_of(record: &Record<'_>, frame: Frame<'_>) -> Vec<u8> {
    let mut text = frame.before[frame.before.len().saturating_sub(record.back)..].to_vec();
    text.extend_from_slice(frame.line);
    let wanted = record.len.max(text.len());
    if wanted > text.len() {
        text.push(b'\n');
        let more = (wanted - text.len()).min(frame.after.len());
        text.extend_from_slice(&frame.after[..more]);
    }
    text.truncate(wanted);
    text
}

/// Text of at most [`TEXT_BYTES`], invalid UTF-8 replaced, carriage returns at line ends dropped.
fn clean(bytes: &[u8]) -> Box<str> {
    let cut = bytes.len().min(TEXT_BYTES);
    let mut text = String::from_utf8_lossy(&bytes[..cut]).replace("\r\n", "\n");
    while text.len() > TEXT_BYTES || text.ends_with(['\r', '\n']) {
        text.pop();
    }
    text.into_boxed_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_keeps_its_examples() {
        let set = RuleSet::builtin().unwrap();
        let mut wrong = Vec::new();
        for (n, rule) in set.rules().iter().enumerate() {
            for example in &rule.examples {
                let message = example.message.as_bytes();
                let line = example.line.as_deref().unwrap_or_default().as_bytes();
                let got = set.matching(example.program.as_deref(), line, message);
                if !got.contains(&n) {
                    let by = got
                        .iter()
                        .map(|&g| set.rules()[g].id.as_str())
                        .collect::<Vec<_>>();
                    wrong.push(format!(
                        "{}: example {:?} goes to {by:?}",
                        rule.id, example.message
                    ));
                    continue;
                }
                let captures = rule.pattern.captures(message).unwrap();
                for (name, value) in &example.fields {
                    let found = captured(rule, &captures)
                        .find(|(key, _)| key == name)
                        .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
                        .or_else(|| rule.set.get(name).cloned());
                    if found.as_ref() != Some(value) {
                        wrong.push(format!(
                            "{}: field {name} is {found:?}, not {value:?}",
                            rule.id
                        ));
                    }
                }
            }
            for example in &rule.counter_examples {
                if set
                    .matching(example.program.as_deref(), b"", example.message.as_bytes())
                    .contains(&n)
                {
                    wrong.push(format!("{}: takes {:?}", rule.id, example.message));
                }
            }
            if rule.counter_examples.is_empty() {
                wrong.push(format!("{}: has no counter-example", rule.id));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} wrong:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
}
