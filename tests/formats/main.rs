//! A sample of every format, written in its real shape: what it is taken for, how much of it is read, its
//! first and last time, and what chosen lines tell (testdata/formats/expected.toml).

mod mixed;
mod places;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crashtrail::stages::{Frame, detect, read};
use crashtrail::{KNOWN_FORMATS, Quiet, ScanOptions, formats, scan};
use serde::Deserialize;

/// At least so much of a sample is of its format.
const SHARE: f64 = 0.99;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    sample: Vec<Sample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    file: String,
    format: String,
    /// Lines that are no records: a table's head.
    #[serde(default)]
    headers: usize,
    first: Option<String>,
    last: Option<String>,
    record: Vec<Told>,
}

/// What a line tells; what is not named is not looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    line: usize,
    host: Option<String>,
    unit: Option<String>,
    subject: Option<String>,
    program: Option<String>,
    pid: Option<u32>,
    severity: Option<String>,
    message: Option<String>,
    message_has: Option<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/formats")
}

fn expected() -> Vec<Sample> {
    let text = fs::read_to_string(folder().join("expected.toml")).unwrap();
    toml::from_str::<Expected>(&text).unwrap().sample
}

/// Tells all that is wrong at once.
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_sample_is_expected_and_every_format_has_one() {
    let samples = expected();
    let told: BTreeSet<&str> = samples.iter().map(|sample| &*sample.file).collect();
    let files: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "expected.toml")
        .collect();
    let files: BTreeSet<&str> = files.iter().map(String::as_str).collect();
    assert_eq!(told, files);
    let seen: BTreeSet<&str> = samples.iter().map(|sample| &*sample.format).collect();
    // A binary journal is no text: src/source/journal has its tests.
    let known = KNOWN_FORMATS.iter().map(|known| known.name);
    let known: BTreeSet<&str> = known.filter(|name| *name != "journal").collect();
    assert_eq!(seen, known);
}

#[test]
fn every_sample_is_taken_for_what_it_is_and_read_whole() {
    let mut wrong = Vec::new();
    for sample in expected() {
        let (taken, warnings) = formats(&[folder().join(&sample.file)], None).unwrap();
        assert!(warnings.is_empty(), "{}: {warnings:?}", sample.file);
        let taken = &taken[0];
        if taken.format.name() != sample.format {
            let (file, format) = (&sample.file, &sample.format);
            wrong.push(format!("{file}: {}, not {format}", taken.format.name()));
        }
        let evidence = &taken.evidence;
        let records = evidence.lines - sample.headers;
        if (evidence.fitting as f64) < SHARE * records as f64 {
            wrong.push(format!("{}: {evidence:?}", sample.file));
        }
    }
    none(&wrong);
}

#[test]
fn every_sample_begins_and_ends_when_it_does() {
    let mut options = ScanOptions::new().unwrap();
    options.time.zone = Some(jiff::tz::TimeZone::get("Europe/Paris").unwrap());
    options.time.year = Some(2026);
    let mut wrong = Vec::new();
    for sample in expected() {
        let found = scan(&[folder().join(&sample.file)], &options, &Quiet).unwrap();
        let input = &found.report.inputs[0];
        let text = |time: &Option<crashtrail::report::Time>| time.map(|t| t.0.to_string());
        let (first, last) = (text(&input.first), text(&input.last));
        if (&first, &last) != (&sample.first, &sample.last) {
            let Sample {
                file,
                first: a,
                last: b,
                ..
            } = &sample;
            wrong.push(format!("{file}: {first:?} to {last:?}, not {a:?} to {b:?}"));
        }
    }
    none(&wrong);
}

#[test]
fn chosen_lines_of_every_sample_are_read_as_they_are_meant() {
    let mut wrong = Vec::new();
    for sample in expected() {
        let text = fs::read(folder().join(&sample.file)).unwrap();
        let format = detect(&text);
        for told in &sample.record {
            let starts = memchr::memchr_iter(b'\n', &text).map(|at| at + 1);
            let start = [0].into_iter().chain(starts).nth(told.line - 1).unwrap();
            let end = start + memchr::memchr(b'\n', &text[start..]).unwrap();
            let frame = Frame {
                line: &text[start..end],
                before: &text[..start],
                after: &text[end + 1..],
            };
            let place = format!("{}:{}", sample.file, told.line);
            let Some(record) = read(frame, format) else {
                wrong.push(format!("{place}: no record"));
                continue;
            };
            let severity = record.severity.map(|s| format!("{s:?}").to_lowercase());
            let message = String::from_utf8_lossy(&record.message);
            let pid = |pid: Option<u32>| pid.map(|pid| pid.to_string());
            for (name, is, wanted) in [
                ("host", record.host.as_deref(), told.host.as_deref()),
                ("unit", record.unit.as_deref(), told.unit.as_deref()),
                (
                    "subject",
                    record.subject.as_deref(),
                    told.subject.as_deref(),
                ),
                (
                    "program",
                    record.program.as_deref(),
                    told.program.as_deref(),
                ),
                ("pid", pid(record.pid).as_deref(), pid(told.pid).as_deref()),
                ("severity", severity.as_deref(), told.severity.as_deref()),
                ("message", Some(&*message), told.message.as_deref()),
            ] {
                if wanted.is_some() && is != wanted {
                    wrong.push(format!("{place}: {name} {is:?}, not {wanted:?}"));
                }
            }
            if let Some(part) = &told.message_has
                && !message.contains(part.as_str())
            {
                wrong.push(format!("{place}: {message:?} lacks {part:?}"));
            }
        }
    }
    none(&wrong);
}
