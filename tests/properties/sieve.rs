//! The sieve leaves out no line that tells something: with it and without it the reports are the same.
//!
//! Every built-in rule's examples are wrapped in several formats. What a format hides (bytes as
//! numbers, escapes, parts of lines) must be found all the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crashtrail::{RuleSet, Text};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::blocks::first_difference;
use super::generated::{mixed, render};
use super::{Bench, runner};
use crate::support;

/// A way of writing a record: time, program, message.
type Wrap = fn(Timestamp, &str, &str) -> Vec<u8>;

const WRAPS: [(&str, Wrap); 9] = [
    ("rfc3164", rfc3164),
    ("rsyslog-iso", rsyslog_iso),
    ("journal-json", journal_json),
    ("journal-json-bytes", journal_json_bytes),
    ("journal-export", journal_export),
    ("journal-export-binary", journal_export_binary),
    ("docker-json", docker_json),
    ("cri", cri),
    ("cri-parts", cri_parts),
];

fn at(time: Timestamp, format: &str) -> String {
    time.strftime(format).to_string()
}

fn rfc3164(time: Timestamp, program: &str, message: &str) -> Vec<u8> {
    format!(
        "{} web01 {program}[77]: {message}\n",
        at(time, "%b %e %H:%M:%S")
    )
    .into_bytes()
}

fn rsyslog_iso(time: Timestamp, program: &str, message: &str) -> Vec<u8> {
    let time = at(time, "%Y-%m-%dT%H:%M:%S.%6f+00:00");
    format!("{time} web01 {program}[77]: {message}\n").into_bytes()
}

fn journal(time: Timestamp, program: &str, message: Value) -> Vec<u8> {
    let entry = json!({
        "__REALTIME_TIMESTAMP": time.as_microsecond().to_string(),
        "_HOSTNAME": "web01",
        "SYSLOG_IDENTIFIER": program,
        "_PID": "77",
        "MESSAGE": message,
    });
    format!("{entry}\n").into_bytes()
}

fn journal_json(time: Timestamp, program: &str, message: &str) -> Vec<u8> {
    journal(time, program, json!(message))
}

fn journal_json_bytes(time: Timestamp, program: &str, message: &str) -> Vec<u8> {
    journal(time, program, json!(message.as_bytes()))
}

fn export_head(time: Timestamp, program: &str) -> Vec<u8> {
    let micros = time.as_microsecond();
    format!("__CURSOR=s=1;i={micros:x}\n__REALTIME_TIMESTAMP={micros}\n_HOSTNAME=web01\nSYSLOG_IDENTIFIER={program}\n_PID=77\n").into_bytes()
}

fn journal_export(time: Timestamp, program: &str, message: &str) -> Vec<u8> {
    if message.contains('\n') {
        return journal_export_binary(time, program, message);
    }
    let mut entry = export_head(time, program);
    entry.extend_from_slice(format!("MESSAGE={message}\n\n").as_bytes());
    entry
}

fn journal_export_binary(time: Timestamp, program: &str, message: &str) -> Vec<u8> {
    let mut entry = export_head(time, program);
    entry.extend_from_slice(b"MESSAGE\n");
    entry.extend_from_slice(&(message.len() as u64).to_le_bytes());
    entry.extend_from_slice(message.as_bytes());
    entry.extend_from_slice(b"\n\n");
    entry
}

/// As Go writes it, which escapes `<`, `>` and `&`.
fn docker_json(time: Timestamp, _program: &str, message: &str) -> Vec<u8> {
    let time = at(time, "%Y-%m-%dT%H:%M:%S.%9fZ");
    let log = json!(format!("{message}\n")).to_string();
    let log = log
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026");
    format!("{{\"log\":{log},\"stream\":\"stderr\",\"time\":\"{time}\"}}\n").into_bytes()
}

fn cri(time: Timestamp, _program: &str, message: &str) -> Vec<u8> {
    let time = at(time, "%Y-%m-%dT%H:%M:%S.%9fZ");
    let lines = message
        .split('\n')
        .map(|line| format!("{time} stderr F {line}\n"));
    lines.collect::<String>().into_bytes()
}

/// Each line in two parts, cut in its middle.
fn cri_parts(time: Timestamp, _program: &str, message: &str) -> Vec<u8> {
    let time = at(time, "%Y-%m-%dT%H:%M:%S.%9fZ");
    let lines = message.split('\n').map(|line| {
        let middle = (line.len() / 2..=line.len())
            .find(|&n| line.is_char_boundary(n))
            .unwrap_or(0);
        let (head, tail) = line.split_at(middle);
        format!("{time} stderr P {head}\n{time} stderr F {tail}\n")
    });
    lines.collect::<String>().into_bytes()
}

/// The examples of all rules by the program that writes them; where a rule names none, by `app`.
fn examples(rules: &RuleSet) -> BTreeMap<String, Vec<String>> {
    let mut by_program: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for rule in rules.rules() {
        for example in &rule.examples {
            let program = example.program.clone().unwrap_or_else(|| "app".to_owned());
            by_program
                .entry(program)
                .or_default()
                .push(example.message.clone());
        }
    }
    by_program
}

/// Writes the examples as files named for their programs, ten minutes between two records.
fn write(folder: &Path, examples: &BTreeMap<String, Vec<String>>, wrap: Wrap) {
    for (program, messages) in examples {
        let mut bytes = Vec::new();
        for (n, message) in messages.iter().enumerate() {
            let time = Timestamp::from_second(1_772_359_200 + 600 * n as i64).unwrap();
            bytes.extend(wrap(time, program, message));
        }
        let name = program.replace('/', "_");
        fs::write(folder.join(format!("{name}.log")), bytes).unwrap();
    }
}

#[test]
fn examples_are_found_in_every_format_with_and_without_the_sieve() {
    let mut options = support::options();
    options.time.year = Some(2026);
    let examples = examples(&options.rules);
    let mut wrong = Vec::new();
    for (name, wrap) in WRAPS {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &examples, wrap);
        options.sieve = true;
        let with = support::report_bytes(folder.path(), &options);
        options.sieve = false;
        let without = support::report_bytes(folder.path(), &options);
        if with != without {
            wrong.push(format!("{name}: {}", first_difference(&with, &without)));
            wrong.extend(
                differing(&examples, wrap, &mut options)
                    .iter()
                    .map(|e| format!("    {e}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The examples that, alone in a file, are not told alike; the first few.
fn differing(
    examples: &BTreeMap<String, Vec<String>>,
    wrap: Wrap,
    options: &mut crashtrail::ScanOptions,
) -> Vec<String> {
    let mut found = Vec::new();
    for (program, message) in examples
        .iter()
        .flat_map(|(p, all)| all.iter().map(move |m| (p, m)))
    {
        let folder = tempfile::tempdir().unwrap();
        let one = BTreeMap::from([(program.clone(), vec![message.clone()])]);
        write(folder.path(), &one, wrap);
        let mut report = |sieve| {
            options.sieve = sieve;
            support::report_bytes(folder.path(), options)
        };
        if report(true) != report(false) {
            found.push(format!("{program}: {message:?}"));
            if found.len() > 4 {
                break;
            }
        }
    }
    found
}

#[test]
fn examples_in_every_format_yield_what_their_message_tells() {
    let mut options = support::options();
    options.time.year = Some(2026);
    // Further lines of a message are read by the rules of each format; one line is one line in all.
    let mut examples = examples(&options.rules);
    for messages in examples.values_mut() {
        messages.retain(|message| !message.contains('\n') && message.trim() == *message);
    }
    let mut wanted: BTreeMap<String, u64> = BTreeMap::new();
    for (program, message) in examples
        .iter()
        .flat_map(|(p, all)| all.iter().map(move |m| (p, m)))
    {
        for n in options
            .rules
            .matching(&Text::said_by(program, message.as_bytes()), None)
        {
            *wanted
                .entry(options.rules.rules()[n].class.name().to_owned())
                .or_default() += 1;
        }
    }
    let mut wrong = Vec::new();
    for (name, wrap) in WRAPS {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &examples, wrap);
        let report = support::report_on(folder.path(), &options);
        let found: BTreeMap<String, u64> =
            serde_json::from_value(report["counts"]["by_class"].clone()).unwrap();
        for (class, count) in &wanted {
            let found = found.get(class).copied().unwrap_or(0);
            // Some messages look like a record of another format once they stand alone, and some are
            // the same twice; more than a few would be a hole.
            if found + 2 + count / 20 < *count {
                wrong.push(format!("{name}: {found} of {count} {class} events"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn generated_logs_read_the_same_without_the_sieve() {
    let bench = Bench::new();
    runner(32)
        .run(&mixed(60), |(pieces, crlf)| {
            bench.write(&render(&pieces, crlf));
            let with = bench.report(1 << 20, 2);
            bench.options.borrow_mut().sieve = false;
            let without = bench.report(1 << 20, 2);
            bench.options.borrow_mut().sieve = true;
            let same = with == without;
            proptest::prop_assert!(same, "{}", first_difference(&with, &without));
            Ok(())
        })
        .unwrap();
}

#[test]
fn recorded_cases_read_the_same_without_the_sieve() {
    let mut options = support::options();
    for case in support::cases() {
        options.sieve = true;
        let with = support::report_bytes(&case.logs(), &options);
        options.sieve = false;
        let without = support::report_bytes(&case.logs(), &options);
        let same = with == without;
        assert!(same, "{}: {}", case.name, first_difference(&with, &without));
    }
}
