//! The recorded cases of `testdata/cases`: each is scanned, and its report judged against its label.
//! A new case is a new folder, without any code here.

mod judge;
#[allow(dead_code, reason = "each test program uses a part")]
mod support;

#[allow(dead_code, reason = "its `main` is that of the example")]
#[path = "../testdata/cases/cloudflare-2025-11-18/generate.rs"]
mod generate;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

/// What a report has to say beyond the case's label (`expected.toml`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    phases_at_least: Option<usize>,
    cascade_begins_with: Option<String>,
    #[serde(default)]
    looked_at: Vec<String>,
    first_cause: Option<FirstCause>,
    enabled_by: Option<EnabledBy>,
    recovery: Option<Recovery>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstCause {
    subject: String,
    at_least: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnabledBy {
    /// Stands in one of the change's records.
    text: String,
    at_least: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recovery {
    from: String,
    to: String,
}

#[test]
fn every_case_is_told_as_it_was() {
    let mut options = support::options();
    let mut misses = BTreeMap::new();
    for case in support::cases() {
        let report = support::report_of(&case, &mut options);
        let mut wrong = judge::misses(&case.label, &report);
        if let Ok(text) = fs::read_to_string(case.folder.join("expected.toml")) {
            wrong.extend(unmet(&toml::from_str(&text).unwrap(), &report));
        }
        misses.insert(case.name, wrong);
    }
    support::settle("cases", &misses);
}

/// What of the expected is not told of the first incident.
fn unmet(expected: &Expected, report: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let changes = judge::changes_of(report);
    let incident = &report["incidents"][0];
    let cause = &incident["causes"][0];
    let probability = |value: &Value| value["probability"].as_f64().unwrap_or(0.0);
    let of = |id: &Value| id.as_str().and_then(|id| changes.get(id)).copied();
    if let Some(wanted) = &expected.first_cause {
        let subject = of(&cause["change"]).map(|change| &change["subject"]);
        let names = subject
            .and_then(Value::as_str)
            .is_some_and(|s| s.contains(&wanted.subject));
        if !names || probability(cause) < wanted.at_least {
            wrong.push(format!(
                "first cause: {} at {}",
                cause["summary"], cause["probability"]
            ));
        }
    }
    if let Some(wanted) = &expected.enabled_by {
        let enablers = cause["enabled_by"].as_array().cloned().unwrap_or_default();
        let told = enablers.iter().any(|enabler| {
            let records = of(&enabler["change"]).and_then(|change| change["records"].as_array());
            probability(enabler) >= wanted.at_least
                && records.is_some_and(|records| {
                    let text = |r: &Value| r["text"].as_str().map(str::to_owned);
                    records
                        .iter()
                        .filter_map(text)
                        .any(|t| t.contains(&wanted.text))
                })
        });
        if !told {
            let named: Vec<String> = enablers
                .iter()
                .filter_map(|e| {
                    Some(format!(
                        "{} at {}",
                        of(&e["change"])?["summary"],
                        e["probability"]
                    ))
                })
                .collect();
            wrong.push(format!(
                "no {} among what enabled it: {named:?}",
                wanted.text
            ));
        }
    }
    let phases = incident["phases"].as_array().map_or(0, Vec::len);
    if expected.phases_at_least.is_some_and(|least| phases < least) {
        wrong.push(format!("only {phases} phases"));
    }
    if let Some(wanted) = &expected.cascade_begins_with {
        let first = &incident["cascade"][0]["entity"];
        if !judge::names_of(first).contains(&judge::plain(wanted)) {
            wrong.push(format!("the cascade begins with {first}"));
        }
    }
    if let Some(wanted) = &expected.recovery {
        let at = incident["recovery"]["at"].as_str().unwrap_or("");
        // RFC 3339 in UTC sorts as text; the fraction only lengthens it.
        if at < wanted.from.trim_end_matches('Z') || at > wanted.to.as_str() {
            wrong.push(format!("recovered at {at:?}"));
        }
    }
    for kind in &expected.looked_at {
        let ruled_out = incident["ruled_out"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        if !ruled_out
            .iter()
            .any(|r| r["type"] == **kind && r["looked_at"] == true)
        {
            wrong.push(format!("{kind} is not ruled out by a look"));
        }
    }
    wrong
}

#[test]
fn the_founding_case_is_what_its_generator_writes() {
    let stored = support::case("cloudflare-2025-11-18").folder;
    let fresh = tempfile::tempdir().unwrap();
    generate::write_all(fresh.path()).unwrap();
    let names = |root: &Path| -> Vec<String> {
        support::files_below(&root.join("logs"))
            .iter()
            .map(|path| {
                path.strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned()
            })
            .chain(["label.json".to_owned()])
            .collect()
    };
    assert_eq!(names(&stored), names(fresh.path()));
    for name in names(&stored) {
        let same = content(&stored.join(&name)) == content(&fresh.path().join(&name));
        assert!(same, "{name} differs");
    }
}

/// The file's bytes, decompressed: compressors may differ from version to version.
fn content(path: &Path) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    if path.extension().is_some_and(|e| e == "gz") {
        let packed = std::mem::take(&mut bytes);
        flate2::read::MultiGzDecoder::new(&packed[..])
            .read_to_end(&mut bytes)
            .unwrap();
    }
    bytes
}
