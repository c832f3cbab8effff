//! Whether a report tells what was planted: each loop with its service, host, crashes, times and change,
//! and nothing else.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::corpus::story::Planted;

/// Compares a truth file with a JSON report.
pub fn check(truth: &Path, report: &Path) -> Result<()> {
    let read = |path: &Path| fs::read(path).with_context(|| path.display().to_string());
    let planted: Vec<Planted> = serde_json::from_slice(&read(truth)?)?;
    let report: Value = serde_json::from_slice(&read(report)?)?;
    let mut wrong = Vec::new();
    let mut found = 0;
    for incident in items(&report["incidents"]) {
        for told in items(&incident["loops"]) {
            found += 1;
            let service = told["entity"]["service"].as_str().unwrap_or_default();
            match planted.iter().find(|p| p.service == service) {
                Some(planted) => wrong.extend(differences(planted, told, incident, &report)),
                None => wrong.push(format!("{service}: not planted")),
            }
        }
    }
    if found != planted.len() {
        wrong.push(format!("{found} loops told, {} planted", planted.len()));
    }
    if !wrong.is_empty() {
        bail!("{}:\n{}", report_name(truth), wrong.join("\n"));
    }
    println!(
        "{}: all {found} loops told, and nothing else",
        report_name(truth)
    );
    Ok(())
}

fn differences(planted: &Planted, told: &Value, incident: &Value, report: &Value) -> Vec<String> {
    let id = &incident["causes"][0]["change"];
    let changes = items(&report["changes"]);
    let subject = changes
        .iter()
        .find(|c| &c["id"] == id)
        .map(|c| &c["subject"]);
    let seconds = |at: &Value| {
        let at: Option<jiff::Timestamp> = at.as_str().and_then(|at| at.parse().ok());
        at.map(jiff::Timestamp::as_second)
    };
    let pairs = [
        (
            "host",
            told["entity"]["host"].to_string(),
            format!("{:?}", planted.host),
        ),
        (
            "crashes",
            told["crashes"].to_string(),
            planted.crashes.to_string(),
        ),
        (
            "first",
            format!("{:?}", seconds(&told["first"])),
            format!("Some({})", planted.first),
        ),
        (
            "last",
            format!("{:?}", seconds(&told["last"])),
            format!("Some({})", planted.last),
        ),
        (
            "change",
            subject.map(ToString::to_string).unwrap_or_default(),
            planted
                .subject
                .as_ref()
                .map(|s| format!("{s:?}"))
                .unwrap_or_default(),
        ),
    ];
    pairs
        .into_iter()
        .filter(|(_, told, planted)| told != planted)
        .map(|(what, told, true_)| format!("{}: {what} {told}, not {true_}", planted.service))
        .collect()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn report_name(truth: &Path) -> String {
    truth
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
