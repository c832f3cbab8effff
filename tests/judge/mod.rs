//! Judges a report against the label of a recorded case.
//!
//! The forms of both: `testdata/README.md`. A report that breaks its own form ([`void`]) counts as none.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

/// A loop that begins this near to the labelled first crash is the labelled one, in seconds.
const NEAR_S: f64 = 120.0;
/// Later than this after the first crash a change cannot have been its trigger, in seconds.
const LATE_S: f64 = 60.0;

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    list(value).iter().filter_map(Value::as_str)
}

fn seconds(value: &Value) -> Option<f64> {
    let time: Timestamp = value.as_str()?.parse().ok()?;
    Some(time.as_nanosecond() as f64 / 1e9)
}

/// A service's name without what a supervisor adds to it.
pub(crate) fn plain(name: &str) -> String {
    let name = name.trim().to_lowercase();
    [".service", ".exe", ".scope"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(&name)
        .to_owned()
}

/// The plain names of an entity.
pub(crate) fn names_of(entity: &Value) -> BTreeSet<String> {
    ["service", "instance"]
        .iter()
        .filter_map(|key| entity[*key].as_str())
        .map(plain)
        .filter(|name| !name.is_empty())
        .collect()
}

/// The changes of a report, by id.
pub(crate) fn changes_of(report: &Value) -> BTreeMap<&str, &Value> {
    list(&report["changes"])
        .iter()
        .filter_map(|change| Some((change["id"].as_str()?, change)))
        .collect()
}

/// Why the report breaks its own form, if it does.
pub(crate) fn void(report: &Value) -> Option<String> {
    let changes = changes_of(report);
    let resolves = |id: &Value| id.as_str().is_some_and(|id| changes.contains_key(id));
    for incident in list(&report["incidents"]) {
        let causes = list(&incident["causes"]);
        if list(&incident["loops"]).is_empty() || causes.is_empty() {
            return Some("an incident without loop or cause".to_owned());
        }
        let p: Vec<f64> = causes
            .iter()
            .map(|c| c["probability"].as_f64().unwrap_or(f64::NAN))
            .collect();
        if !p.iter().all(|p| (0.0..=1.0).contains(p)) || p.windows(2).any(|w| w[0] < w[1] - 1e-9) {
            return Some(format!("probabilities out of range or unsorted: {p:?}"));
        }
        if (p.iter().sum::<f64>() - 1.0).abs() > 0.001 {
            return Some(format!("probabilities that do not sum to 1: {p:?}"));
        }
        if causes.iter().filter(|c| c["type"] == "unknown").count() != 1 {
            return Some("not exactly one unknown cause".to_owned());
        }
        for cause in causes {
            let of_change = cause["type"] == "change";
            if of_change == cause["change"].is_null() || of_change && !resolves(&cause["change"]) {
                return Some("a cause whose change does not resolve".to_owned());
            }
            let enabled = list(&cause["enabled_by"]);
            if !enabled.iter().all(|e| resolves(&e["change"])) {
                return Some("an enabling change that does not resolve".to_owned());
            }
        }
        let by = &incident["recovery"]["by"];
        if !by.is_null() && !resolves(by) {
            return Some("a recovery whose change does not resolve".to_owned());
        }
    }
    let bad = changes
        .values()
        .find(|c| !(1..=50).contains(&list(&c["records"]).len()));
    bad.map(|c| {
        format!(
            "a change without records, or with more than 50: {}",
            c["summary"]
        )
    })
}

/// The incident's loops of the labelled service, on the labelled hosts where both name one.
fn loops_of<'a>(label: &Value, incident: &'a Value) -> Vec<&'a Value> {
    let wanted: BTreeSet<String> = texts(&label["entity"]).map(plain).collect();
    let hosts: Vec<String> = match &label["host"] {
        Value::String(host) => vec![host.to_lowercase()],
        hosts => texts(hosts).map(str::to_lowercase).collect(),
    };
    list(&incident["loops"])
        .iter()
        .filter(|l| !names_of(&l["entity"]).is_disjoint(&wanted))
        .filter(|l| {
            let host = l["entity"]["host"].as_str().map(str::to_lowercase);
            hosts.is_empty() || host.is_none_or(|host| hosts.contains(&host))
        })
        .collect()
}

/// Whether the reported incident is the labelled one.
pub(crate) fn answers(label: &Value, incident: &Value) -> bool {
    let firsts: Vec<f64> = [&label["first_crash"]]
        .into_iter()
        .chain(list(&label["first_crash_also"]))
        .filter_map(seconds)
        .collect();
    loops_of(label, incident).iter().any(|l| {
        seconds(&l["first"]).is_some_and(|at| firsts.iter().any(|f| (at - f).abs() <= NEAR_S))
    })
}

fn same_file(path: &str, file: &str) -> bool {
    let ends = |long: &str, short: &str| long == short || long.ends_with(&format!("/{short}"));
    ends(path, file) || ends(file, path)
}

/// Whether the record is one of the accepted lines.
fn accepted(any_of: &Value, record: &Value) -> bool {
    let text = record["text"].as_str().unwrap_or("");
    list(any_of).iter().any(|line| {
        let Some(wanted) = line["line"].as_u64() else {
            let wanted = line["text"].as_str().unwrap_or("");
            return !wanted.is_empty() && text.contains(wanted);
        };
        let path = record["path"].as_str().unwrap_or("");
        let further = text.matches('\n').count() as u64;
        same_file(path, line["file"].as_str().unwrap_or(""))
            && record["line"]
                .as_u64()
                .is_some_and(|first| (first..=first + further).contains(&wanted))
    })
}

/// Whether the change is the labelled trigger: of its records the first that the label knows, as
/// accepted or as a decoy, is an accepted one.
fn is_trigger(label: &Value, change: &Value) -> bool {
    let crash = seconds(&label["first_crash"]);
    let in_time = seconds(&change["time"])
        .zip(crash)
        .is_some_and(|(at, crash)| at <= crash + LATE_S);
    let known = list(&change["records"]).iter().find_map(|record| {
        let text = record["text"].as_str().unwrap_or("");
        if accepted(&label["trigger"]["any_of"], record) {
            return Some(true);
        }
        let decoy = texts(&label["decoys"]).any(|d| !d.is_empty() && text.contains(d));
        decoy.then_some(false)
    });
    in_time && known == Some(true)
}

/// Whether the cause is what set the labelled incident off.
pub(crate) fn is_right(label: &Value, cause: &Value, changes: &BTreeMap<&str, &Value>) -> bool {
    if label["trigger"].is_null() {
        return cause["type"] == label["cause"];
    }
    cause["change"]
        .as_str()
        .and_then(|id| changes.get(id))
        .is_some_and(|change| is_trigger(label, change))
}

/// What is wrong with the report; nothing where all is right.
pub(crate) fn misses(label: &Value, report: &Value) -> Vec<String> {
    if let Some(why) = void(report) {
        return vec![format!("void: {why}")];
    }
    let changes = changes_of(report);
    let reported = list(&report["incidents"]);
    let labelled = list(&label["incidents"]);
    let mut answered = BTreeSet::new();
    let mut wrong = Vec::new();
    for wanted in labelled {
        let service = wanted["entity"][0].as_str().unwrap_or("?");
        let hits: Vec<usize> = (0..reported.len())
            .filter(|&n| answers(wanted, &reported[n]))
            .collect();
        // One reported incident may answer several labels, but a fresh one answers better.
        let Some(&hit) = hits.iter().min_by_key(|n| (answered.contains(*n), **n)) else {
            wrong.push(format!("{service}: not found"));
            continue;
        };
        if hits.iter().any(|n| *n != hit && !answered.contains(n)) {
            wrong.push(format!("{service}: told as several incidents"));
        }
        answered.extend(hits);
        let incident = &reported[hit];
        let crashes: u64 = loops_of(wanted, incident)
            .iter()
            .filter_map(|l| l["crashes"].as_u64())
            .sum();
        if crashes < wanted["crashes_min"].as_u64().unwrap_or(0) {
            wrong.push(format!("{service}: only {crashes} crashes"));
        }
        let first = &incident["causes"][0];
        if !is_right(wanted, first, &changes) {
            let right = match &wanted["trigger"] {
                Value::Null => wanted["cause"].to_string(),
                trigger => trigger["any_of"][0]["text"].to_string(),
            };
            wrong.push(format!(
                "{service}: blames {} at {}, not {right}",
                first["summary"], first["probability"]
            ));
        }
    }
    for (n, incident) in reported.iter().enumerate() {
        if !answered.contains(&n) {
            wrong.push(format!("one incident too many: {}", incident["summary"]));
        }
    }
    wrong
}
