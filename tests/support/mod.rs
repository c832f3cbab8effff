//! What several test programs need: the recorded cases, reports as JSON, and the list of known misses.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crashtrail::{Quiet, RuleSet, ScanOptions, report, scan};
use serde_json::Value;

pub(crate) mod logs;
pub(crate) mod stripped;

/// A recorded case: a folder with `logs/` and `label.json`.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) label: Value,
}

impl Case {
    pub(crate) fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// The year of the recording. A copy's modification time is that of the copying, so that stamps
    /// without a year are told theirs.
    fn year(&self) -> Option<i16> {
        let first = self.label["incidents"][0]["first_crash"].as_str()?;
        first.get(..4)?.parse().ok()
    }

    /// Bytes of its logs, as stored.
    pub(crate) fn bytes(&self) -> u64 {
        files_below(&self.logs())
            .iter()
            .filter_map(|path| path.metadata().ok())
            .map(|meta| meta.len())
            .sum()
    }
}

/// The folder of test data.
pub(crate) fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// All cases, by name.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = fs::read_dir(testdata().join("cases"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| {
            let folder = entry.path();
            let label = fs::read(folder.join("label.json")).unwrap();
            Case {
                name: entry.file_name().into_string().unwrap(),
                label: serde_json::from_slice(&label).unwrap(),
                folder,
            }
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!cases.is_empty());
    cases
}

/// The case of this name.
pub(crate) fn case(name: &str) -> Case {
    cases().into_iter().find(|c| c.name == name).unwrap()
}

/// All files below a folder, sorted.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The usual settings.
pub(crate) fn options() -> ScanOptions {
    ScanOptions::new().unwrap()
}

/// The usual settings without some rules.
pub(crate) fn options_without(ids: &[&str]) -> ScanOptions {
    ScanOptions::with_rules(RuleSet::builtin_without(ids).unwrap())
}

/// The report on one path, as it would be written.
pub(crate) fn report_bytes(path: &Path, options: &ScanOptions) -> Vec<u8> {
    let found = scan(&[path.to_owned()], options, &Quiet).unwrap();
    let mut out = Vec::new();
    report::write_json(&found.report, &mut out).unwrap();
    out
}

/// The report on one path.
pub(crate) fn report_on(path: &Path, options: &ScanOptions) -> Value {
    serde_json::from_slice(&report_bytes(path, options)).unwrap()
}

/// The report on a case.
pub(crate) fn report_of(case: &Case, options: &mut ScanOptions) -> Value {
    report_in(case, &case.logs(), options)
}

/// The report on other logs of a case.
pub(crate) fn report_in(case: &Case, logs: &Path, options: &mut ScanOptions) -> Value {
    options.time.year = case.year();
    report_on(logs, options)
}

/// Every object of the report that names a line of an input.
pub(crate) fn refs_of(value: &Value) -> Vec<&Value> {
    let mut refs = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                if map.contains_key("offset") && map.contains_key("cursor") {
                    refs.push(value);
                }
                open.extend(map.values());
            }
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
    refs
}

/// Fails for a miss that is not known, and for a known one that is none any more; tells of the others.
pub(crate) fn settle(suite: &str, misses: &BTreeMap<String, Vec<String>>) {
    #[derive(serde::Deserialize)]
    struct Known {
        miss: Vec<Miss>,
    }
    #[derive(serde::Deserialize)]
    struct Miss {
        suite: String,
        case: String,
        reason: String,
    }
    let text = fs::read_to_string(testdata().join("known-misses.toml")).unwrap();
    let mut known: BTreeMap<String, String> = toml::from_str::<Known>(&text)
        .unwrap()
        .miss
        .into_iter()
        .filter(|miss| miss.suite == suite)
        .map(|miss| (miss.case, miss.reason))
        .collect();
    let mut wrong = Vec::new();
    let mut told = String::new();
    for (case, said) in misses {
        match known.remove(case) {
            Some(reason) if said.is_empty() => {
                wrong.push(format!(
                    "{case}: right now; strike it from testdata/known-misses.toml ({reason})"
                ));
            }
            Some(reason) => told.push_str(&format!(
                "known miss: {suite}: {case}: {reason}\n    {}\n",
                said.join("\n    ")
            )),
            None if said.is_empty() => {}
            None => wrong.push(format!("{case}:\n    {}", said.join("\n    "))),
        }
    }
    wrong.extend(
        known
            .keys()
            .map(|case| format!("{case}: a known miss, but no case of this suite")),
    );
    // Past libtest, which would swallow it.
    let _ = std::io::stderr().write_all(told.as_bytes());
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
