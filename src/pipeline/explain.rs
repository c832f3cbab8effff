//! How one line is read: for people who write rules, and who wonder why a line tells nothing.
//!
//! In: a line, or a record of several, and the rules. Out: an [`Explained`]: the format, the parts of
//! the record, which rules were tried and what each lacks, and the events.

use crate::classify::{Candidate, Class, Event, Fit, Flood, InputName, Often, Rule, RuleSet, Text};
use crate::primitives::{ByteOffset, FileId, LineNo};
use crate::record::{Frame, detect, read};
use crate::time::Known;

/// How a line is read.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The format that it looks like.
    pub format: &'static str,
    /// The parts of the record by name, in the order in which they matter: time, host, program, ...
    pub parts: Vec<(&'static str, String)>,
    /// How many rules have none of their literals in it.
    pub without_literal: usize,
    /// The others, in the order in which they are tried.
    pub tried: Vec<Tried>,
    /// What the line tells: class, kind, rule and fields.
    pub told: Vec<Reading>,
}

/// A rule that has a literal in the line.
#[derive(Debug, Clone)]
pub struct Tried {
    /// Its id.
    pub rule: String,
    /// Why it does not fit; `None` where it does.
    pub lacks: Option<String>,
}

/// What a line tells.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The rule's id.
    pub rule: String,
    /// The class.
    pub class: &'static str,
    /// The kind, where it has one.
    pub kind: Option<&'static str>,
    /// Fields by name.
    pub fields: Vec<(String, String)>,
    /// Of a crash, what stays the same when it comes again: its text without what varies, and where in the
    /// program it happened, where a trace tells.
    pub signature: Option<String>,
}

/// Reads a line, or a record whose further lines stand below its first, as a file that holds nothing
/// else would be read. `file` is the bare name of the file that it is from, which is the program of
/// records that name none.
#[must_use]
pub fn explain(rules: &RuleSet, text: &[u8], file: Option<&str>) -> Explained {
    let format = detect(text);
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    let frame = Frame {
        line: text[..end].strip_suffix(b"\r").unwrap_or(&text[..end]),
        before: &[],
        after: text.get(end + 1..).unwrap_or_default(),
    };
    let mut explained = Explained {
        format: format.name(),
        parts: Vec::new(),
        without_literal: 0,
        tried: Vec::new(),
        told: Vec::new(),
    };
    let Some(record) = read(frame, format) else {
        return explained;
    };
    let mut part = |name: &'static str, value: Option<String>| {
        explained.parts.extend(value.map(|value| (name, value)));
    };
    part("time", record.stamp.map(|stamp| time(stamp.known)));
    part("host", record.host.as_deref().map(str::to_owned));
    part("program", record.program.as_deref().map(str::to_owned));
    part("pid", record.pid.map(|pid| pid.to_string()));
    part("unit", record.unit.as_deref().map(str::to_owned));
    part("about", record.subject.as_deref().map(str::to_owned));
    let severity = record.severity.map(|s| format!("{s:?}").to_lowercase());
    part("severity", severity);
    for (name, value) in &record.facts {
        part(name, Some(value.to_string()));
    }
    let message = String::from_utf8_lossy(&record.message).into_owned();
    part("message", Some(message));

    let program = record.program.as_deref().or(file);
    let text = Text::of(&record, program, frame.line);
    let matched = rules.matching(&text, None);
    for (n, rule) in rules.rules().iter().enumerate() {
        let lacks = match rules.fit(n, &text) {
            Fit::NoLiteral => {
                explained.without_literal += 1;
                continue;
            }
            Fit::Quoted => Some("program: its records quote those of others".to_owned()),
            Fit::OtherProgram => Some(format!("program: it speaks of {}", rule.program.join(", "))),
            Fit::OtherFact => Some(format!("facts: it wants {}", wanted(rule))),
            Fit::NoMatch => Some("pattern: does not match the message".to_owned()),
            Fit::Fits if matched.contains(&n) => None,
            Fit::Fits => Some("order: a rule before it answers the same question".to_owned()),
        };
        explained.tried.push(Tried {
            rule: rule.id.clone(),
            lacks,
        });
    }

    let input = InputName {
        file: FileId::new(0),
        stem: file,
        host: None,
        format,
    };
    let candidate = Candidate {
        frame,
        at: ByteOffset::new(0),
        no: LineNo::after(0),
        texts: None,
    };
    let mut events = Flood::new(usize::MAX, Often::default());
    rules.classify(&record, candidate, &input, &mut events);
    explained.told = events
        .finish()
        .events
        .iter()
        .map(|event| told(rules, event))
        .collect();
    // A rule may fit and still tell nothing: what the record is about has not the ending it needs.
    for tried in explained.tried.iter_mut().filter(|t| t.lacks.is_none()) {
        if explained.told.iter().all(|told| told.rule != tried.rule) {
            tried.lacks = Some("needs: what the record is about has another ending".to_owned());
        }
    }
    explained
}

/// The facts that a rule wants.
fn wanted(rule: &Rule) -> String {
    let facts = rule.facts.iter();
    let facts: Vec<String> = facts
        .map(|(name, globs)| format!("{name}={}", globs.join(" or ")))
        .collect();
    facts.join(", ")
}

fn told(rules: &RuleSet, event: &Event) -> Reading {
    let fields = event.fields.iter();
    let signature = (event.class == Class::Crash).then(|| {
        let one = crate::loops::signature_of(event);
        match one.place {
            Some(place) => format!("{} in {place}", one.masked),
            None => one.masked,
        }
    });
    Reading {
        rule: rules.rules()[event.rule].id.clone(),
        class: event.class.name(),
        kind: event.kind,
        fields: fields
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
        signature,
    }
}

/// A stamp as far as it tells.
fn time(known: Known) -> String {
    match known {
        Known::Utc { at, .. } => at.to_string(),
        Known::Local(at) => format!("{} (no zone)", at.to_string().trim_end_matches('Z')),
        Known::NoYear(at) => {
            let text = at.to_string();
            format!(
                "{} (neither year nor zone)",
                text[5..].trim_end_matches('Z')
            )
        }
    }
}
