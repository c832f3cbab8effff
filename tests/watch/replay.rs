//! What a watch has told in the end is what a scan tells.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fixture::Fixture;
use crate::support;

/// Counts of a loop whose records were folded may be off by this part of them: records of one crash
/// are folded by sort, and a crash on the edge may be counted with its neighbours, or by itself.
const FOLDED: f64 = 0.02;

/// What has to be the same: status, verdict, first cause, and for each loop who, from when to when.
fn told(incident: &Value) -> (Vec<String>, Vec<f64>) {
    let cause = &incident["causes"][0];
    let mut loops: Vec<(String, f64)> = incident["loops"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| {
            let who = format!("{} {} {}", l["entity"], l["first"], l["last"]);
            (who, l["crashes"].as_f64().unwrap())
        })
        .collect();
    loops.sort_by(|a, b| a.0.cmp(&b.0));
    let mut all: Vec<String> = ["status", "verdict", "certain", "onset", "end"]
        .iter()
        .map(|key| format!("{key} {}", incident[*key]))
        .collect();
    all.push(format!("{} {}", cause["type"], cause["summary"]));
    let (who, crashes): (Vec<String>, Vec<f64>) = loops.into_iter().unzip();
    all.extend(who);
    (all, crashes)
}

fn differences(scanned: &[Value], watched: &[Value]) -> Vec<String> {
    if scanned.len() != watched.len() {
        let (a, b) = (scanned.len(), watched.len());
        return vec![format!("{a} incidents scanned, {b} watched")];
    }
    let mut wrong = Vec::new();
    for (a, b) in scanned.iter().zip(watched) {
        let ((said, crashes), (also, counted)) = (told(a), told(b));
        wrong.extend(
            said.iter()
                .zip(&also)
                .filter(|(a, b)| a != b)
                .map(|(a, b)| format!("{a}; watched: {b}")),
        );
        if said.len() != also.len() {
            wrong.push(format!("{} loops; watched: {}", said.len(), also.len()));
        }
        for (a, b) in crashes.iter().zip(&counted) {
            // Only floods are folded.
            let slack = if *a > 64.0 { a * FOLDED } else { 0.0 };
            if (a - b).abs() > slack {
                wrong.push(format!("{a} crashes; watched: {b}"));
            }
        }
        let p = |i: &Value| i["causes"][0]["probability"].as_f64().unwrap();
        if (p(a) - p(b)).abs() > 0.05 {
            wrong.push(format!("probability {}; watched: {}", p(a), p(b)));
        }
    }
    wrong
}

#[test]
fn the_last_word_on_every_case_is_that_of_a_scan() {
    let fixture = Fixture::new();
    let mut wrong = BTreeMap::new();
    for case in support::cases() {
        let logs = case.logs();
        let logs = logs.to_str().unwrap();
        let year = case.label["incidents"][0]["first_crash"].as_str();
        let year = year.map_or("2026", |first| &first[..4]).to_owned();
        let scan = ["scan", "--quiet", "--format", "json", "--year", &year, logs];
        let scanned = fixture.run(&scan).incidents();
        let run = fixture.run(&[
            "watch",
            "--quiet",
            "--format",
            "json",
            "--year",
            &year,
            "--backfill",
            "all",
            "--once-idle",
            "100ms",
            logs,
        ]);
        run.ends_with(0);
        let mut last: BTreeMap<String, Value> = BTreeMap::new();
        for line in run.stdout.lines() {
            let alert: Value = serde_json::from_str(line).unwrap();
            assert_eq!(alert["schema"], "crashtrail.alert/1");
            let incident = alert["incident"].clone();
            last.insert(incident["id"].to_string(), incident);
        }
        let mut watched: Vec<Value> = last.into_values().collect();
        watched.sort_by_key(|incident| incident["onset"].to_string());
        let differ = differences(&scanned, &watched);
        if !differ.is_empty() {
            wrong.insert(case.name, differ);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
