//! Records become events.
//!
//! Owns: the rules and what a match of one means. In: a [`Record`] and its frame. Out: [`Event`]s, at
//! most one of each [`Family`]. What is known of programs stands in `src/rules/*.toml`; nothing here
//! knows one by name.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::error::Error;
use crate::primitives::{ByteOffset, FileId, LineNo, Place};
use crate::record::{Format, Frame, Record, Severity};
use crate::time::{Span, Timestamp};

mod braces;
mod class;
mod event;
mod flood;
mod frames;
mod heads;
mod keep;
mod needed;
mod pack;
mod pattern;
mod rule;
mod signature;
mod template;
mod text;
mod thin;
mod trace;
mod written;

use written::Example;

pub use class::{Class, Family};
pub use event::{Copied, Event, Field, NO_RULE, TEXT_BYTES};
pub use flood::{Flood, Often, ROOM, THINNED, Told};
pub use keep::choose;
pub use pack::{CAUSE_KINDS, change_kind};
pub use rule::{Rule, RuleFile, parse};
pub use signature::{Signature, mask, stable_id};
pub use template::Templates;
pub use text::Text;
pub use thin::make_fewer;

/// The rules in force, ready to be asked.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    kinds: Vec<Option<&'static str>>,
    /// Built when a text is searched that no sieve has searched before.
    literals: OnceLock<Option<AhoCorasick>>,
    /// The rules that each literal belongs to.
    users: Vec<Vec<usize>>,
    texts: Vec<String>,
    /// Globs of programs whose records quote those of others.
    quoting: Vec<String>,
}

impl RuleSet {
    /// The built-in rules, without their examples.
    ///
    /// # Errors
    ///
    /// Where a built-in rule cannot be used, which the tests rule out.
    pub fn builtin() -> Result<Self, Error> {
        Ok(Self::new(pack::rules()?)?.quoting(pack::quoting()?))
    }

    /// The built-in rules with their examples.
    ///
    /// # Errors
    ///
    /// As [`RuleSet::builtin`].
    pub fn builtin_with_examples() -> Result<Self, Error> {
        Ok(Self::new(pack::rules_with_examples()?)?.quoting(pack::quoting()?))
    }

    /// The built-in rules without those of the given ids.
    ///
    /// # Errors
    ///
    /// As [`RuleSet::builtin`], and for an id that no rule has.
    pub fn builtin_without(ids: &[&str]) -> Result<Self, Error> {
        Self::builtin_and(Vec::new(), ids)
    }

    /// The rules of the user's files and the built-in ones after them, so that the user's are tried
    /// first; without the built-in ones that have an id of the user's or that a file switches off, and
    /// without those of the given ids. Of two rules of one id the first file's holds.
    ///
    /// # Errors
    ///
    /// As [`RuleSet::new`], and for an id to switch off that no rule has.
    pub fn builtin_and(own: Vec<RuleFile>, without: &[&str]) -> Result<Self, Error> {
        let builtin = pack::rules()?;
        let mut rules: Vec<Rule> = Vec::new();
        let mut off: BTreeSet<String> = BTreeSet::new();
        let mut quoting = pack::quoting()?;
        for file in own {
            for id in file.off {
                if !builtin.iter().any(|rule| rule.id == id) {
                    return Err(unknown(&file.file, id));
                }
                off.insert(id);
            }
            quoting.extend(file.quoting);
            for rule in file.rules {
                if rules.iter().all(|earlier| earlier.id != rule.id) {
                    rules.push(rule);
                }
            }
        }
        for id in without {
            if !rules.iter().chain(&builtin).any(|rule| rule.id == *id) {
                return Err(unknown("built-in rules", (*id).to_owned()));
            }
        }
        let replaced: BTreeSet<String> = rules.iter().map(|rule| rule.id.clone()).collect();
        let is_kept = |rule: &Rule| !replaced.contains(&rule.id) && !off.contains(&rule.id);
        rules.extend(builtin.into_iter().filter(is_kept));
        rules.retain(|rule| !without.contains(&rule.id.as_str()));
        Ok(Self::new(rules)?.quoting(quoting))
    }

    /// With these programs, globs, as those whose records quote others'.
    fn quoting(self, quoting: Vec<String>) -> Self {
        Self { quoting, ..self }
    }

    /// Whether records of `program` quote those of others: an alert tells again of crashes and changes that have been
    /// told, and would count as another one, of the program that tells it.
    #[must_use]
    pub fn is_quoting(&self, program: Option<&str>) -> bool {
        program.is_some_and(|name| self.quoting.iter().any(|glob| rule::fits(glob, name)))
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
        let mut users = vec![Vec::new(); texts.len()];
        for (n, rule) in rules.iter().enumerate() {
            for literal in &rule.literals {
                if let Ok(at) = texts.binary_search(literal) {
                    users[at].push(n);
                }
            }
        }
        Ok(Self {
            rules,
            kinds,
            literals: OnceLock::new(),
            users,
            texts,
            quoting: Vec::new(),
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

    /// The first rule of each family that fits, in the order of the rules. `texts` are the numbers of all
    /// literals in the line, in [`RuleSet::literals`], where they are known.
    #[must_use]
    pub fn matching(&self, text: &Text<'_>, texts: Option<&[usize]>) -> Vec<usize> {
        if self.is_quoting(text.program) {
            return Vec::new();
        }
        let Text { line, message, .. } = *text;
        let mut candidates = Vec::new();
        match texts {
            Some(texts) => candidates.extend(texts.iter().flat_map(|text| &self.users[*text])),
            None => self.search(line, &mut candidates),
        }
        // Most messages are a part of their line, and need no search of their own.
        let is_part =
            line.as_ptr_range().contains(&message.as_ptr()) && message.len() <= line.len();
        if !is_part {
            self.search(message, &mut candidates);
        }
        candidates.sort_unstable();
        candidates.dedup();
        let mut seen: Vec<Family> = Vec::new();
        candidates.retain(|&n| {
            let rule = &self.rules[n];
            let family = rule.class.family();
            let first = !seen.contains(&family)
                && rule.speaks_of(text.program)
                && rule.missing_fact(text).is_none()
                && rule.pattern.is_match(message);
            if first {
                seen.push(family);
            }
            first
        });
        candidates
    }

    /// What is wrong with rule `n` by its own examples: those that it does not match, or that an earlier
    /// rule takes, fields that are not as told, and counter-examples that it matches.
    #[must_use]
    pub fn failures(&self, n: usize) -> Vec<String> {
        let rule = &self.rules[n];
        let mut wrong = Vec::new();
        for example in &rule.examples {
            let text = Text::from(example);
            let got = self.matching(&text, None);
            if !got.contains(&n) {
                let family = rule.class.family();
                let by = got.iter().map(|&g| &self.rules[g]);
                let by = by.filter(|r| r.class.family() == family).map(|r| &r.id);
                let by: Vec<String> = by.map(|id| format!("`{id}`")).collect();
                wrong.push(match &by[..] {
                    [] => format!(
                        "example {:?}: {}",
                        example.message,
                        self.why_not(n, example)
                    ),
                    by => format!("example {:?} goes to {}", example.message, by.join(", ")),
                });
                continue;
            }
            let captures = rule.pattern.captures(text.message);
            for (name, value) in &example.fields {
                let caught = captures.as_ref().and_then(|c| {
                    let mut all = captured(rule, c);
                    all.find(|(key, _)| key == name).map(|(_, value)| value)
                });
                let found = caught
                    .map(|value| String::from_utf8_lossy(value).into_owned())
                    .or_else(|| rule.set.get(name).cloned())
                    .or_else(|| text.fact(rule.take.get(name)?).map(str::to_owned));
                if found.as_ref() != Some(value) {
                    let found = found.map_or_else(|| "missing".to_owned(), |f| format!("{f:?}"));
                    wrong.push(format!(
                        "example {:?}: field `{name}` is {found}, not {value:?}",
                        example.message
                    ));
                }
            }
        }
        for example in &rule.counter_examples {
            let got = self.matching(&Text::from(example), None);
            if got.contains(&n) {
                wrong.push(format!("takes the counter-example {:?}", example.message));
            }
        }
        wrong
    }

    fn why_not(&self, n: usize, example: &Example) -> String {
        match self.fit(n, &Text::from(example)) {
            Fit::NoLiteral => "holds none of the rule's literals".to_owned(),
            Fit::OtherProgram => "is of another program".to_owned(),
            Fit::Quoted => "is of a program whose records quote those of others".to_owned(),
            Fit::OtherFact => "has not the facts that the rule wants".to_owned(),
            Fit::NoMatch => "the pattern does not match".to_owned(),
            Fit::Fits => "an earlier rule takes it".to_owned(),
        }
    }

    /// Whether rule `n` by itself fits a record, and what it lacks where it does not.
    #[must_use]
    pub fn fit(&self, n: usize, text: &Text<'_>) -> Fit {
        let rule = &self.rules[n];
        let holds = |text: &[u8]| {
            let mut literals = rule.literals.iter();
            literals.any(|l| memchr::memmem::find(text, l.as_bytes()).is_some())
        };
        if !holds(text.line) && !holds(text.message) {
            Fit::NoLiteral
        } else if self.is_quoting(text.program) {
            Fit::Quoted
        } else if !rule.speaks_of(text.program) {
            Fit::OtherProgram
        } else if rule.missing_fact(text).is_some() {
            Fit::OtherFact
        } else if !rule.pattern.is_match(text.message) {
            Fit::NoMatch
        } else {
            Fit::Fits
        }
    }

    /// Adds the rules of which a literal stands in `text`.
    fn search(&self, text: &[u8], rules: &mut Vec<usize>) {
        let automaton = self.literals.get_or_init(|| {
            AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::DFA))
                .match_kind(MatchKind::Standard)
                .build(&self.texts)
                .ok()
        });
        match automaton {
            Some(automaton) => {
                for found in automaton.find_overlapping_iter(text) {
                    rules.extend_from_slice(&self.users[found.pattern().as_usize()]);
                }
            }
            // Too many texts for an automaton: every pattern has to be tried.
            None => rules.extend(0..self.rules.len()),
        }
    }

    /// What `record` tells: one event at most of each family, unless there were very many of the kind.
    pub fn classify(
        &self,
        record: &Record<'_>,
        candidate: Candidate<'_>,
        input: &InputName<'_>,
        out: &mut Flood,
    ) {
        let matching = |record: &Record<'_>| {
            let program = record.program.as_deref().or(input.stem);
            let line = candidate.frame.line;
            self.matching(&Text::of(record, program, line), candidate.texts)
        };
        let mut matched = matching(record);
        let own = match matched.is_empty() {
            true => record.under_own_name(),
            false => None,
        };
        if let Some(own) = &own {
            matched = matching(own);
        }
        let whole = own.as_ref().unwrap_or(record);
        self.tell(whole, &matched, &candidate, input, out);
        let is_process = |n: &usize| self.rules[*n].class.family() == Family::Process;
        if matched.iter().any(is_process) {
            return;
        }
        if let Some(below) = record.below(candidate.frame.line) {
            // What was handled is written below an error, as a part of its record.
            let calm = record.severity.is_some_and(|s| s > Severity::Error);
            let mut cries = matching(&below);
            cries.retain(|&n| {
                let rule = &self.rules[n];
                rule.class == Class::Crash && (calm || rule.kind.as_deref() != Some("exception"))
            });
            self.tell(&below, &cries, &candidate, input, out);
        }
    }

    /// Adds what the rules that fit a record tell.
    fn tell(
        &self,
        record: &Record<'_>,
        matched: &[usize],
        candidate: &Candidate<'_>,
        input: &InputName<'_>,
        out: &mut Flood,
    ) {
        let &Candidate { frame, at, no, .. } = candidate;
        let program = record.program.as_deref().or(input.stem);
        let offset = ByteOffset::new(at.get().saturating_sub(record.back as u64));
        for &n in matched {
            // An id that the census sees says when its process begins.
            if self.rules[n].class == Class::Banner
                && record.format.is_tagged()
                && record.pid.is_some_and(|pid| pid > 1)
            {
                continue;
            }
            let Some(about) = self.about(n, record) else {
                continue;
            };
            if out.told(offset, n) {
                continue;
            }
            let sort = self.sort(n, record, program, about.as_deref());
            if out.takes(sort, record.stamp.as_ref()) {
                continue;
            }
            let back = &frame.before[frame.before.len().saturating_sub(record.back)..];
            let place = Place {
                file: input.file,
                offset,
                line: no,
            };
            let mut event = self.event(n, record, frame, input, program, place);
            event.sort = sort;
            event.lines_back = memchr::memchr_iter(b'\n', back).count() as u64;
            out.keep(event);
        }
    }

    /// The unit that the record is about, by the rule's pattern or by the record; `None` where it is
    /// none of the sort that the rule needs.
    fn about<'a>(&'a self, n: usize, record: &'a Record<'_>) -> Option<Option<Cow<'a, str>>> {
        let rule = &self.rules[n];
        let captures = rule
            .names_unit()
            .then(|| rule.pattern.captures(&record.message))
            .flatten();
        let captured = |name| {
            let mut all = captured(rule, captures.as_ref()?);
            let (_, value) = all.find(|(key, _)| *key == name)?;
            Some(Cow::Owned(String::from_utf8_lossy(value).into_owned()))
        };
        if let Some(ending) = &rule.needs {
            let unit = record.subject.as_deref().map(Cow::Borrowed);
            let unit = unit.or_else(|| captured("unit"))?;
            if !unit.ends_with(ending.as_str()) {
                return None;
            }
        }
        let set = |name| rule.set.get(name).map(|value| Cow::Borrowed(&**value));
        let named = ["unit", "service"]
            .into_iter()
            .find_map(|name| captured(name).or_else(|| set(name)));
        let by_record = || record.subject.as_deref().or(record.unit.as_deref());
        Some(named.or_else(|| by_record().map(Cow::Borrowed)))
    }

    /// Events of one sort may be counted together: those of one rule, host and program, about one unit.
    /// Changes are told apart by their whole text, as hardly one is like another, and beginnings by what they say.
    fn sort(
        &self,
        n: usize,
        record: &Record<'_>,
        program: Option<&str>,
        about: Option<&str>,
    ) -> u64 {
        let class = self.rules[n].class;
        let text = match class {
            _ if class.family() == Family::Change => Some(Cow::Borrowed(&*record.message)),
            Class::Banner => {
                let text = String::from_utf8_lossy(&record.message);
                Some(Cow::Owned(mask(&text).into_bytes()))
            }
            _ => None,
        };
        // The same for the same names, in every block and every run.
        let mut hasher = DefaultHasher::new();
        (n, &record.host, program, about, text).hash(&mut hasher);
        hasher.finish()
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
        let mut fields: Vec<Field> = Vec::new();
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
            for (field, _) in rule.take.iter().filter(|(_, fact)| *fact == name) {
                fields.push((field.as_str().into(), value.as_ref().into()));
            }
        }
        if let Some(style) = rule.trace {
            let text = clean(&message);
            // A pattern sees the first line only where further ones had to be gathered.
            let is_told =
                |(name, value): &(Box<str>, Box<str>)| &**name == "what" && !value.is_empty();
            let what = trace::root(style, &text).or_else(|| {
                let missing = !fields.iter().any(is_told);
                missing.then(|| trace::headline(style, &text)).flatten()
            });
            if let Some(what) = what {
                fields.retain(|(name, _)| &**name != "what");
                fields.push(("what".into(), what.trim().into()));
            }
            let place = frames::place(style, &text);
            fields.extend(place.map(|place| ("place".into(), place.into())));
        }
        fields.sort();
        fields.dedup_by(|a, b| a.0 == b.0);
        let owned = |value: &Option<Cow<'_, str>>| value.as_deref().map(Into::into);
        Event {
            place,
            cursor: record.cursor.as_deref().map(Into::into),
            stamp: record.stamp,
            at: Timestamp::from_nanos(0),
            class: rule.class,
            rule: n,
            kind: self.kinds[n],
            host: owned(&record.host).or_else(|| input.host.map(Into::into)),
            program: program.map(Into::into),
            unit: owned(&record.unit),
            subject: owned(&record.subject),
            pid: record.pid,
            severity: record.severity,
            fields: fields.into(),
            text: text.into(),
            message: clean(&message).into(),
            covers: record.len.max(frame.line.len() + 1 + raw_end) as u64,
            lines_back: 0,
            count: 1,
            sort: 0,
            spread: Span::ZERO,
            until: Timestamp::from_nanos(0),
            copies: Vec::new(),
        }
    }
}

fn unknown(file: &str, id: String) -> Error {
    Error::Rule {
        file: file.to_owned(),
        rule: id,
        reason: "no rule has this id; `crashtrail rules` lists them".to_owned(),
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

/// Whether a rule fits a record, and what is missing where it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// None of its literals is there.
    NoLiteral,
    /// The record's program quotes those of others.
    Quoted,
    /// It speaks of other programs.
    OtherProgram,
    /// A fact that it wants is missing, or another.
    OtherFact,
    /// Its pattern does not match.
    NoMatch,
    /// It fits.
    Fits,
}

/// A line that holds a rule's text, and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The line, with what is around it.
    pub frame: Frame<'a>,
    /// Where it begins in its file.
    pub at: ByteOffset,
    /// Its number.
    pub no: LineNo,
    /// The numbers of all literals in it, where they are known.
    pub texts: Option<&'a [usize]>,
}

/// What an input is called, and how it is written.
#[derive(Debug, Clone, Copy)]
pub struct InputName<'a> {
    /// Its id.
    pub file: FileId,
    /// Its bare name: the program of records that name none; `None` for a stream.
    pub stem: Option<&'a str>,
    /// The host of records that name none, as far as the file's place tells.
    pub host: Option<&'a str>,
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
    let text = String::from_utf8_lossy(&bytes[..cut]);
    let mut text: Cow<'_, str> = match memchr::memchr(b'\r', text.as_bytes()) {
        Some(_) => text.replace("\r\n", "\n").into(),
        None => text,
    };
    while text.len() > TEXT_BYTES || text.ends_with(['\r', '\n']) {
        text.to_mut().pop();
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_keeps_its_examples() {
        let set = RuleSet::builtin_with_examples().unwrap();
        let mut wrong = Vec::new();
        for (n, rule) in set.rules().iter().enumerate() {
            let failures = set.failures(n);
            wrong.extend(failures.iter().map(|f| format!("{}: {f}", rule.id)));
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
