//! The recorded cases with every record of a supervisor taken out: loops that nobody announces.

#[allow(dead_code, reason = "each test program uses a part")]
mod judge;
#[allow(dead_code, reason = "each test program uses a part")]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crashtrail::ScanOptions;
use serde_json::Value;

use support::{Case, stripped};

/// What a scan of the stripped cases finds.
#[derive(Default)]
struct Found {
    labelled: usize,
    /// Cases of which a labelled loop was not found with its service and onset.
    missed: BTreeSet<String>,
    found: usize,
    /// Incidents that no label knows, by case.
    extra: BTreeMap<String, Vec<String>>,
    /// The same of cases without any loop.
    extra_in_quiet: usize,
    grades: BTreeMap<String, BTreeSet<String>>,
}

fn look(options: &mut ScanOptions) -> Found {
    let mut all = Found::default();
    for case in support::cases() {
        let folder = tempfile::tempdir().unwrap();
        stripped::write(&case, folder.path());
        all.add(&case, &support::report_in(&case, folder.path(), options));
    }
    all
}

impl Found {
    fn add(&mut self, case: &Case, report: &Value) {
        let none = Vec::new();
        let labels = case.label["incidents"].as_array().unwrap_or(&none);
        let reported = report["incidents"].as_array().unwrap_or(&none);
        for label in labels {
            self.labelled += 1;
            match reported.iter().find(|i| judge::answers(label, i)) {
                Some(incident) => {
                    self.found += 1;
                    for l in incident["loops"].as_array().unwrap() {
                        let grade = l["evidence"].as_str().unwrap().to_owned();
                        let grades = self.grades.entry(case.name.clone()).or_default();
                        grades.insert(grade);
                    }
                }
                None => drop(self.missed.insert(case.name.clone())),
            }
        }
        for incident in reported {
            if labels.iter().any(|label| judge::answers(label, incident)) {
                continue;
            }
            let text = incident["summary"].to_string();
            self.extra.entry(case.name.clone()).or_default().push(text);
            self.extra_in_quiet += usize::from(labels.is_empty());
        }
    }

    fn tell(&self) -> String {
        let Self {
            found, labelled, ..
        } = self;
        format!(
            "{found} of {labelled}, missed {:?}, not labelled {:#?}, grades {:?}",
            self.missed, self.extra, self.grades
        )
    }
}

#[test]
fn loops_are_found_where_no_supervisor_wrote_a_word() {
    let found = look(&mut support::options());
    // Of these no record is left that bears a time: the one could not be executed, the other's
    // own file has no stamps.
    let missed = ["22-unit-dropin-exec", "30-supervisord-fatal"];
    assert!(found.missed.iter().eq(missed.iter()), "{}", found.tell());
    assert!(found.found * 10 >= found.labelled * 8, "{}", found.tell());
    assert_eq!(found.extra_in_quiet, 0, "{}", found.tell());
    assert!(found.extra.is_empty(), "{}", found.tell());
    assert!(
        found.grades["24-watchdog-abort"].contains("inferred"),
        "{}",
        found.tell()
    );
    let supervised = found.grades.values().any(|g| g.contains("supervisor"));
    assert!(!supervised, "{}", found.tell());
}

/// The rules that read what dying processes say, and what the kernel says of them.
fn crash_rules() -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct File {
        #[serde(default)]
        rule: Vec<Rule>,
    }
    #[derive(serde::Deserialize)]
    struct Rule {
        id: String,
        class: String,
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let files = support::files_below(&folder);
    let rules = files
        .iter()
        .filter(|f| f.extension().is_some_and(|e| e == "toml"));
    rules
        .flat_map(|f| {
            toml::from_str::<File>(&fs::read_to_string(f).unwrap())
                .unwrap()
                .rule
        })
        .filter(|rule| ["crash", "oom"].contains(&&*rule.class))
        .map(|rule| rule.id)
        .collect()
}

#[test]
fn most_loops_are_found_where_no_rule_knows_the_crash_either() {
    let ids = crash_rules();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert!(ids.len() > 20, "{ids:?}");
    let found = look(&mut support::options_without(&ids));
    assert!(found.found * 10 >= found.labelled * 7, "{}", found.tell());
    assert_eq!(found.extra_in_quiet, 0, "{}", found.tell());
    // Of the service that the labelled one took down with it there is more to see than of itself.
    let extra: Vec<&String> = found.extra.keys().collect();
    assert_eq!(extra, ["05-redis-bad-directive"], "{}", found.tell());
}
